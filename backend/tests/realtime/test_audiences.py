"""What guests are shown is a part of the events' contracts, under the same names and types."""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec
import pytest

from rasoi.contracts import notifications, orders, payments
from rasoi.realtime import audiences

SOURCES: list[tuple[type[msgspec.Struct], tuple[type[msgspec.Struct], ...]]] = [
    (audiences.GuestModifier, (orders.ModifierState,)),
    (audiences.GuestLine, (orders.LineState,)),
    (audiences.GuestOrder, (orders.OrderState,)),
    (audiences.GuestBill, (orders.BillState,)),
    (audiences.GuestPayment, (payments.PaymentState, payments.RefundChanged)),
    (audiences.GuestNotification, (notifications.NotificationChanged,)),
]
SHOWN_AS = {
    list[orders.ModifierState]: list[audiences.GuestModifier],
    list[orders.LineState]: list[audiences.GuestLine],
}


def shown(kind: Any) -> set[Any]:
    """The type, and the type or None where a field is not of every event."""
    kind = SHOWN_AS.get(kind, kind)
    return {kind, kind | None}


@pytest.mark.parametrize(("guest", "contracts"), SOURCES)
def test_every_field_is_one_of_the_contract(
    guest: type[msgspec.Struct], contracts: tuple[type[msgspec.Struct], ...]
) -> None:
    known: dict[str, Any] = {}
    for contract in contracts:
        known |= get_type_hints(contract)
    wrong = {
        name: kind
        for name, kind in get_type_hints(guest).items()
        if name not in known or kind not in shown(known[name])
    }
    assert not wrong
