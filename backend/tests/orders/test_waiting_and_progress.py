"""A locked bill: guests who say that they will pay in cash, and news of tickets in any order."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from rasoi.contracts import orders as contracts
from rasoi.orders.domain import Bill
from rasoi.orders.rows import OrderRow, Progress
from tests.orders.test_domain import LATER, NOW, bill_row, order_row

LONGER = timedelta(minutes=30)
SOON, LATE = NOW + timedelta(minutes=5), NOW + timedelta(hours=1)


def waiting(
    status: str, payment: str = "prepaid", expires_at: datetime | None = None
) -> tuple[Bill, OrderRow]:
    row = bill_row(payment=payment)
    order = order_row(row, status, 10_000, payment=payment, expires_at=expires_at)
    return Bill(row, [order], NOW), order


@pytest.mark.parametrize(
    ("expires_at", "until"),
    [(SOON, NOW + LONGER), (LATE, LATE), (NOW + LONGER, NOW + LONGER), (None, NOW + LONGER)],
)
def test_an_order_waits_longer_for_cash_and_never_shorter(
    expires_at: datetime | None, until: datetime
) -> None:
    bill, order = waiting("awaiting_payment", expires_at=expires_at)
    bill.ask_cash(LONGER)
    assert (order.cash_asked_at, order.expires_at) == (NOW, until)
    assert [type(event.payload) for event in bill.pending_events] == [contracts.OrderProgressed]


def test_what_waits_for_approval_has_its_time_from_then_on() -> None:
    bill, order = waiting("placed")
    bill.ask_cash(LONGER)
    assert (order.cash_asked_at, order.expires_at) == (NOW, None)


@pytest.mark.parametrize(
    ("status", "payment"),
    [("expired", "prepaid"), ("confirmed", "prepaid"), ("cancelled", "prepaid"), ("placed", "pay_later")],
)
def test_no_other_order_is_asked_cash_for(status: str, payment: str) -> None:
    bill, order = waiting(status, payment, SOON)
    bill.ask_cash(LONGER)
    assert (order.cash_asked_at, order.expires_at, bill.pending_events) == (None, SOON, [])


def test_who_says_it_again_does_not_wait_longer_again() -> None:
    bill, order = waiting("awaiting_payment", expires_at=SOON)
    bill.ask_cash(LONGER)
    again = Bill(bill.row, [order], LATER)
    again.ask_cash(LONGER)
    assert (order.cash_asked_at, order.expires_at, again.pending_events) == (NOW, NOW + LONGER, [])


def ticket(number: int, state: str, version: int, station: str = "tandoor") -> Progress:
    return Progress(station=station, ticket_id=UUID(int=number), state=state, version=version)


def test_only_newer_news_of_a_ticket_is_taken() -> None:
    bill, order = waiting("confirmed")
    for state, version in (("queued", 2), ("cooking", 2), ("held", 1)):
        bill.take_progress(order, ticket(1, state, version))
        assert [(each.state, each.version) for each in order.progress] == [("queued", 2)]
    bill.take_progress(order, ticket(1, "ready", 3))
    assert [(each.state, each.version) for each in order.progress] == [("ready", 3)]


def test_tickets_stand_by_station() -> None:
    bill, order = waiting("confirmed")
    for each in (ticket(2, "queued", 1), ticket(1, "queued", 1), ticket(3, "queued", 1, station="bar")):
        bill.take_progress(order, each)
    assert [(each.station, each.ticket_id.int) for each in order.progress] == [
        ("bar", 3),
        ("tandoor", 1),
        ("tandoor", 2),
    ]
