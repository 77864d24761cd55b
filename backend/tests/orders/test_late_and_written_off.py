"""A locked bill: an expired order that its money may still bring back, a bill that is given up, and what events tell of both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from rasoi.contracts import orders as contracts
from rasoi.orders.domain import Bill, IllegalChange, late_due
from rasoi.orders.rows import OrderRow
from tests.orders.test_domain import LATER, NOW, bill_row, bill_with, calls, order_row

TODAY = date(2026, 11, 21)
GRACE = timedelta(minutes=10)


def expired(**more: Any) -> tuple[Bill, OrderRow]:
    """A prepaid bill whose order expired when its outlet's grace is just over now."""
    row = bill_row(payment="prepaid", status="voided", closed_at=NOW)
    given: dict[str, Any] = {"approved": True, "payment": "prepaid", "expires_at": NOW - GRACE} | more
    order = order_row(row, given.pop("status", "expired"), 10_000, **given)
    return Bill(row, [order], NOW), order


def test_an_expired_order_may_come_back_to_the_very_end_of_its_grace() -> None:
    bill, order = expired()
    assert bill.late_order(TODAY, GRACE) is order
    assert bill.late_order(TODAY, GRACE - timedelta(microseconds=1)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"approved": False},
        {"status": "cancelled"},
        {"status": "awaiting_payment"},
        {"business_day": TODAY - timedelta(days=1)},
        {"expires_at": None},
    ],
)
def test_no_other_order_comes_back(more: dict[str, Any]) -> None:
    bill, _ = expired(**more)
    assert bill.late_order(TODAY, GRACE) is None


@pytest.mark.parametrize(
    ("net", "paid", "refunded", "due"),
    [
        (0, 0, 0, 10_000),
        (0, 4_000, 1_000, 7_000),
        (5_040, 0, 0, 15_000),
        (5_050, 0, 0, 15_100),
        (0, 10_000, 0, 0),
        (0, 12_000, 0, 0),
    ],
)
def test_what_is_due_for_an_order_that_comes_back(net: int, paid: int, refunded: int, due: int) -> None:
    bill, order = expired()
    bill.row.net_paise, bill.row.paid_paise, bill.row.refunded_paise = net, paid, refunded
    assert late_due(bill.row, order) == due


def test_an_order_to_be_paid_later_does_not_come_back() -> None:
    bill, _ = expired()
    bill.row.payment = "pay_later"
    assert bill.late_order(TODAY, GRACE) is None


def test_a_bill_that_was_not_voided_keeps_its_state_when_an_order_comes_back() -> None:
    bill, order = expired()
    bill.row.status, bill.row.closed_at = "closed", LATER
    bill.reinstate(order)
    assert (bill.row.status, bill.row.closed_at) == ("closed", LATER)
    bill, order = expired()
    bill.reinstate(order)
    assert (bill.row.status, bill.row.closed_at) == ("open", None)


def test_an_order_that_waits_for_no_approval_is_not_approved() -> None:
    # it could go on to both states, were it not for this
    for status in ("awaiting_payment", "expired"):
        bill = bill_with(status)
        bill.orders[0].approved = False
        with pytest.raises(IllegalChange, match="does not wait for approval"):
            bill.approve(bill.orders[0], GRACE)
        assert not bill.orders[0].approved and bill.pending_events == []


def test_a_reason_stays_until_there_is_another() -> None:
    bill, order = expired(reason="not paid in time")
    bill.reinstate(order)
    assert order.reason == "not paid in time"
    bill.terminate(order, "cancelled", "sold out")
    assert order.reason == "sold out"


def test_only_a_completed_order_has_the_time_of_its_completion() -> None:
    bill = bill_with("placed")
    bill.transition(bill.orders[0], "awaiting_payment", event=contracts.OrderProgressed)
    assert bill.orders[0].completed_at is None
    bill.transition(bill.orders[0], "expired", event=contracts.OrderCancelled)
    assert bill.orders[0].completed_at is None


def test_a_bill_that_nobody_pays_is_given_up() -> None:
    bill = bill_with("served", "cancelled", paid=2_000)
    bill.row.attention, bill.row.attention_since = "help", NOW
    bill.write_off()
    assert (bill.row.status, bill.row.closed_at) == ("written_off", NOW)
    assert not calls(bill)
    assert [order.status for order in bill.orders] == ["completed", "cancelled"]
    told, progressed = (event.payload for event in bill.pending_events)
    assert isinstance(told, contracts.BillWrittenOff) and told.due_paise == 0
    assert isinstance(progressed, contracts.OrderProgressed)


@pytest.mark.parametrize("status", ["closed", "voided", "written_off"])
def test_only_an_open_bill_is_given_up(status: str) -> None:
    bill = bill_with("completed")
    bill.row.status = status
    with pytest.raises(IllegalChange, match=f"This bill is {status.replace('_', ' ')}") as refused:
        bill.write_off()
    assert refused.value.extensions == {"status_now": status}
    assert bill.row.status == status


def test_no_bill_is_given_up_while_the_kitchen_has_any_of_it() -> None:
    bill = bill_with("served", "preparing")
    with pytest.raises(IllegalChange, match="kitchen"):
        bill.write_off()
    assert (bill.row.status, bill.pending_events) == ("open", [])


def test_events_tell_the_bills_payment_and_its_document() -> None:
    bill = bill_with("served", paid=10_000)
    document = cast(Any, type("Issued", (), {"id": uuid4(), "kind": "tax_invoice", "number": "R1-26-1"})())
    event = cast(Any, "the event")
    bill.add_document(document, cast(Any, "the row"), event)
    assert bill.row.documents == [document]
    assert cast(list[str], bill.new_documents) == ["the row"]
    assert [(each.payload, each.subject, each.version) for each in bill.pending_events] == [
        (event, str(document.id), 1)
    ]
    bill.record_bill_event()
    bill.transition(bill.orders[0], "completed", event=contracts.OrderProgressed)
    of_bill, of_order = (cast(Any, each.payload) for each in bill.pending_events[1:])
    assert (of_bill.invoice_number, of_bill.payment_status) == (bill.row.invoice_number, "paid")
    assert of_bill.invoice_number == "R1-26-1"
    assert of_order.payment_status == "paid"
