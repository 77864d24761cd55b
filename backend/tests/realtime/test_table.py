"""Where every event goes and what is shown of it there, on a sample of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from rasoi.contracts import inventory, kitchen, menu, notifications, orders, payments
from rasoi.platform.events import Contract, Event, decode
from rasoi.realtime import audiences
from rasoi.realtime.channels import Channel
from rasoi.realtime.table import ROUTES, bill_and_order
from tests.contracts.samples import DIRECTORY

BILL = "62696c6c-5f69-642d-2d2d-2d2d2d2d2d2d"
SITTING = "73697474-696e-675f-6964-2d2d2d2d2d2d"
ORDER = "6f726465-725f-6964-2d2d-2d2d2d2d2d2d"
STAFF = ["floor:7", "manage:7"]
Shown = list[tuple[list[str], type | str]]


def about(key: str, *guests: str) -> Shown:
    return [(STAFF, key), (list(guests), key)]


BOTH = (f"bill:{BILL}", f"order:{ORDER}")
OF_ORDER, OF_PAYMENT = about("order", *BOTH), about("payment", *BOTH)
OF_TICKET: Shown = [
    (["kitchen:7:station"], audiences.BoardStep),
    (["pass:7"], audiences.BoardStep),
    (STAFF, audiences.FloorTicket),
]
OF_STOCK: Shown = [(["manage:7"], "stock")]
EXPECTED: dict[type[Contract], Shown] = {
    orders.OrderPlaced: OF_ORDER,
    orders.OrderConfirmed: OF_ORDER,
    orders.OrderProgressed: OF_ORDER,
    orders.OrderCancelled: OF_ORDER,
    orders.OrderLineVoided: OF_ORDER,
    orders.OrderDiscounted: OF_ORDER,
    orders.OrderMoved: OF_ORDER,
    orders.OrderCancelRequested: OF_ORDER,
    orders.OrderCancelRefused: OF_ORDER,
    orders.BillChanged: about("bill", f"bill:{BILL}"),
    orders.BillClosed: about("bill", f"bill:{BILL}"),
    orders.BillVoided: about("bill", f"bill:{BILL}"),
    orders.BillWrittenOff: about("bill", f"bill:{BILL}"),
    orders.SittingOpened: about("sitting", f"sitting:{SITTING}"),
    orders.SittingChanged: about("sitting", f"sitting:{SITTING}"),
    orders.SittingEnded: about("sitting", f"sitting:{SITTING}"),
    payments.PaymentRequested: OF_PAYMENT,
    payments.PaymentChanged: OF_PAYMENT,
    payments.PaymentCompleted: OF_PAYMENT,
    payments.PaymentExpired: OF_PAYMENT,
    payments.RefundChanged: OF_PAYMENT,
    payments.ShiftChanged: [(["manage:7"], "shift")],
    notifications.NotificationChanged: about("notification", *BOTH),
    kitchen.TicketOpened: OF_TICKET,
    kitchen.TicketChanged: OF_TICKET,
    menu.AvailabilityChanged: [(["menu:7"], audiences.ItemAvailability)],
    menu.MenuRepublished: [(["menu:7"], audiences.MenuVersion)],
    inventory.StockLow: OF_STOCK,
    inventory.StockDepleted: OF_STOCK,
    inventory.StockRestocked: OF_STOCK,
    inventory.StockShortage: OF_STOCK,
}


def sample(contract: type[Contract], **changes: Any) -> tuple[Event, Any]:
    """The stored message of that type, and its payload with changes."""
    event = msgspec.json.decode((DIRECTORY / f"{contract.event_type}.1.json").read_bytes(), type=Event)
    data = msgspec.structs.replace(decode(event), **changes)  # type: ignore[type-var]
    return event, data


def names(channels: Any) -> list[str]:
    return [channel.name for channel in channels]


def test_every_event_for_screens_is_named_here() -> None:
    assert set(ROUTES) == set(EXPECTED)


@pytest.mark.parametrize("contract", EXPECTED, ids=lambda contract: contract.event_type)
def test_where_an_event_goes_and_what_is_shown(contract: type[Contract]) -> None:
    changes: dict[str, Any] = {"audience": "guest"} if contract is notifications.NotificationChanged else {}
    if issubclass(contract, orders.BillState):
        changes = {"order_ids": []}
    event, data = sample(contract, **changes)
    for (where, show), (channels, expected) in zip(ROUTES[contract], EXPECTED[contract], strict=True):
        assert set(names(where(event, data))) == set(channels)
        assert {channel.outlet_id for channel in where(event, data)} == {7}
        if isinstance(expected, str):
            assert list(show(event, data)) == [expected]
        else:
            assert type(show(event, data)) is expected


def test_staff_see_an_event_as_it_is_and_guests_their_part() -> None:
    event, data = sample(payments.PaymentRequested)
    (_, for_staff), (_, for_guests) = ROUTES[payments.PaymentRequested]
    assert for_staff(event, data) == {"payment": event.data}
    shown = for_guests(event, data)["payment"]
    assert type(shown) is audiences.GuestPayment and str(shown.payment_id) == str(data.payment_id)


@pytest.mark.parametrize(
    ("contract", "guests"),
    [(orders.OrderPlaced, audiences.GuestOrder), (orders.BillChanged, audiences.GuestBill)],
)
def test_guests_see_a_struct_of_their_own(contract: type[Contract], guests: type) -> None:
    event, data = sample(contract)
    [shown] = ROUTES[contract][1][1](event, data).values()
    assert type(shown) is guests


def test_what_staff_are_told_reaches_no_guest() -> None:
    show = audiences.for_guests("notification")
    event, told = sample(notifications.NotificationChanged, audience="guest")
    assert type(show(event, told)["notification"]) is audiences.GuestNotification
    for audience in ("staff", "manager"):
        event, told = sample(notifications.NotificationChanged, audience=audience)
        assert show(event, told) is None


def test_a_bill_is_told_to_each_of_its_orders() -> None:
    ids = [uuid4(), uuid4()]
    event, bill = sample(orders.BillChanged, order_ids=ids)
    [_, (guests, _)] = ROUTES[orders.BillChanged]
    assert names(guests(event, bill)) == [f"bill:{BILL}", *(f"order:{id}" for id in ids)]


def test_only_what_is_named_gets_a_channel() -> None:
    event, _ = sample(payments.PaymentRequested)
    bill, order = uuid4(), uuid4()
    for bill_id, order_id, expected in (
        (bill, None, [Channel.of("bill", 7, bill)]),
        (None, order, [Channel.of("order", 7, order)]),
        (None, None, []),
    ):
        assert bill_and_order(event, SimpleNamespace(bill_id=bill_id, order_id=order_id)) == expected


def test_a_screen_applies_the_change_after_the_one_before() -> None:
    event, data = sample(kitchen.TicketChanged, sequence=9, hash=11)
    step = audiences.board_step(event, data)
    assert (step.sequence, step.hash, step.ticket, step.action_id) == (9, 11, data.ticket, data.action_id)
    assert audiences.ticket(event, data).ticket == data.ticket
