"""The bill as a state machine: whatever happens in whatever order, the tables and the sums hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from rasoi.contracts import orders as contracts
from rasoi.orders.domain import (
    TOKEN_PREFIX,
    Bill,
    IllegalChange,
    initial_path,
    needs_approval,
    path_to,
    payment_of,
    status_from_tickets,
)
from rasoi.orders.pricing import rounded
from rasoi.orders.rows import BillRow, OrderRow, Progress
from rasoi.orders.states import AT_KITCHEN, TERMINATED, TRANSITIONS, WAITING

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def bill_row(**more: Any) -> BillRow:
    given: dict[str, Any] = {
        "outlet_id": 1,
        "id": uuid4(),
        "type": "dine_in",
        "payment": "pay_later",
        "sitting_id": None,
        "walked_out_at": None,
        "table_id": None,
        "table_name": None,
        "status": "open",
        "business_day": date(2026, 11, 21),
        "customer_name": None,
        "session_ids": [],
        "net_paise": 0,
        "total_paise": 0,
        "paid_paise": 0,
        "refunded_paise": 0,
        "attention": None,
        "attention_since": None,
        "opened_at": NOW,
        "closed_at": None,
        "version": 0,
    }
    return BillRow(**(given | more))


def order_row(bill: BillRow, status: str, total: int, **more: Any) -> OrderRow:
    given: dict[str, Any] = {
        "outlet_id": 1,
        "id": uuid4(),
        "bill_id": bill.id,
        "session_id": None,
        "number": 1,
        "token": None,
        "type": "dine_in",
        "status": status,
        "table_id": None,
        "table_name": None,
        "customer_name": None,
        "note": None,
        "allergies": [],
        "business_day": date(2026, 11, 21),
        "payment": "prepaid" if status == "awaiting_payment" else "pay_later",
        "subtotal_paise": total,
        "discount_paise": 0,
        "taxable_paise": total,
        "taxes": [],
        "total_paise": total,
        "held_courses": [],
        "cancel_requested": False,
        "reason": None,
        "placed_at": NOW,
        "expires_at": None,
        "confirmed_at": None,
        "ready_at": None,
        "served_at": None,
        "completed_at": None,
        "version": 1,
    }
    return OrderRow(**(given | more))


def tickets(*states: str) -> list[Progress]:
    return [Progress(station=f"s{i}", ticket_id=uuid4(), state=state) for i, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "order"),
    [
        (["queued", "held"], "confirmed"),
        (["cooking", "queued"], "preparing"),
        (["ready", "queued"], "preparing"),
        (["ready", "ready", "voided"], "ready"),
        (["served", "ready"], "ready"),
        (["served", "served"], "served"),
        (["voided"], None),
        ([], None),
    ],
)
def test_an_order_is_as_far_as_its_tickets(states: list[str], order: str | None) -> None:
    assert status_from_tickets(tickets(*states)) == order


def test_a_recall_goes_back_through_preparing_by_legal_steps() -> None:
    line = ["confirmed", "preparing", "ready", "served"]
    for start in line:
        for end in line:
            status = start
            for step in path_to(start, end):
                assert step in TRANSITIONS[status], (start, end)
                status = step
            assert status == end or (end == "confirmed" and status == "preparing")


def test_an_illegal_step_raises_and_names_the_present_state() -> None:
    row = bill_row()
    order = order_row(row, "served", 100)
    bill = Bill(row, [order], NOW)
    with pytest.raises(IllegalChange, match="served can't become cancelled"):
        bill.terminate(order, "cancelled")
    assert order.status == "served" and not bill.pending_events


def test_paying_a_prepaid_bill_confirms_closes_and_numbers_it() -> None:
    row = bill_row()
    order = order_row(row, "awaiting_payment", 52395)
    row.net_paise, row.total_paise = 52395, rounded(52395)
    bill = Bill(row, [order], NOW)
    row.paid_paise = 52400
    bill.confirm_paid()
    bill.record_bill_event()
    bill.close_or_void()
    assert (order.status, row.status, row.payment_status) == ("confirmed", "closed", "paid")
    assert [c.payload.event_type for c in bill.pending_events] == [
        "rasoi.order.confirmed.v1",
        "rasoi.bill.changed.v1",
        "rasoi.bill.closed.v1",
    ]


@pytest.mark.parametrize("end", ["cancelled", "rejected", "expired"])
def test_however_a_paid_order_ends_the_bill_tells_what_is_too_much(end: str) -> None:
    row = bill_row(net_paise=10000, total_paise=10000, paid_paise=10000)
    order = order_row(row, "confirmed" if end == "cancelled" else "placed", 10000)
    bill = Bill(row, [order], NOW)
    bill.terminate(order, end)
    assert [type(change.payload) for change in bill.pending_events] == [
        contracts.OrderCancelled,
        contracts.BillChanged,
    ]
    told = bill.pending_events[-1].payload
    assert isinstance(told, contracts.BillChanged) and told.payment_status == "overpaid"


def bill_of(*orders: tuple[str, int]) -> Bill:
    """An open bill with orders given as (status, paise)."""
    row = bill_row()
    rows = [order_row(row, status, paise) for status, paise in orders]
    row.net_paise = sum(order.total_paise for order in rows if order.status not in TERMINATED)
    row.total_paise = rounded(row.net_paise)
    return Bill(row, rows, NOW)


@pytest.mark.parametrize("paise", [0, 30, 49])
def test_a_bill_that_comes_to_nothing_closes_when_all_is_served(paise: int) -> None:
    bill = bill_of(("ready", paise), ("served", 0))
    bill.close_or_void()
    assert bill.row.status == "open", "one is still to be brought"
    bill.orders[0].progress = tickets("served")
    bill.apply_progress(bill.orders[0])
    bill.close_or_void()
    assert (bill.row.status, bill.row.payment_status) == ("closed", "paid")
    assert {order.status for order in bill.orders} == {"completed"}


def test_a_free_dish_closes_the_bill_once_the_paid_one_beside_it_is_cancelled() -> None:
    bill = bill_of(("served", 0), ("confirmed", 10000))
    bill.close_or_void()
    assert bill.row.status == "open"
    bill.terminate(bill.orders[1], "cancelled")
    bill.close_or_void()
    assert (bill.row.status, bill.orders[0].status) == ("closed", "completed")


@pytest.mark.parametrize("waiting", ["placed", "awaiting_payment", "confirmed", "preparing", "ready"])
def test_a_bill_of_nothing_waits_for_what_is_under_way(waiting: str) -> None:
    bill = bill_of(("served", 0), (waiting, 0))
    assert not bill.is_settled


def test_a_bill_without_an_order_that_counts_is_void_and_not_settled() -> None:
    bill = bill_of(("cancelled", 10000), ("expired", 0))
    assert not bill.is_settled
    bill.close_or_void()
    assert (bill.row.status, bill.row.payment_status) == ("voided", "unpaid")


@pytest.mark.parametrize(
    ("payment", "total", "path"),
    [
        ("pay_later", 10000, ["placed", "confirmed"]),
        ("prepaid", 10000, ["placed", "awaiting_payment"]),
        ("prepaid", 50, ["placed", "awaiting_payment"]),
        ("prepaid", 49, ["placed", "confirmed"]),
        ("prepaid", 0, ["placed", "confirmed"]),
    ],
)
def test_a_prepaid_order_waits_for_its_money_where_it_comes_to_any(
    payment: str, total: int, path: list[str]
) -> None:
    assert initial_path(payment, total) == path
    assert all(b in TRANSITIONS[a] for a, b in pairwise(path))


@pytest.mark.parametrize(
    ("kind", "by_guest", "payment", "approval"),
    [
        ("dine_in", True, "prepaid", True),
        ("dine_in", False, "pay_later", False),
        ("takeaway", True, "pay_later", False),
        ("takeaway", False, "pay_later", False),
    ],
)
def test_the_outlet_says_when_an_order_is_paid_and_whether_a_guests_is_approved(
    kind: str, by_guest: bool, payment: str, approval: bool
) -> None:
    outlet: Any = SimpleNamespace(
        dine_in_payment="prepaid", takeaway_payment="pay_later", approve_first_order=True
    )
    assert payment_of(outlet, kind, by_guest) == payment
    assert needs_approval(outlet, kind, by_guest) == approval
    outlet.approve_first_order = False
    assert not needs_approval(outlet, kind, by_guest)


class Sitting(RuleBasedStateMachine):
    """A bill with orders being placed, cooked, paid, cancelled and recalled in any order."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.row = bill_row()
        self.bill = Bill(self.row, [], NOW)
        self.history: dict[Any, list[str]] = {}

    @rule(
        target=orders,
        status=st.sampled_from(["placed", "awaiting_payment", "confirmed"]),
        total=st.integers(0, 10**6),
    )
    def place(self, status: str, total: int) -> OrderRow:
        order = order_row(self.row, status, total)
        if self.row.status == "open":
            self.bill.orders.append(order)
            self.row.net_paise += total
            self.row.total_paise = rounded(self.row.net_paise)
            self.history[order.id] = [status]
        return order

    @rule(order=orders, status=st.sampled_from(["cancelled", "rejected", "expired"]))
    def terminate(self, order: OrderRow, status: str) -> None:
        self.attempt(order, lambda: self.bill.terminate(order, status))

    @rule(
        order=orders,
        states=st.lists(
            st.sampled_from(["held", "queued", "cooking", "ready", "served", "voided"]), max_size=4
        ),
    )
    def cook(self, order: OrderRow, states: list[str]) -> None:
        order.progress = tickets(*states)
        self.attempt(order, lambda: self.bill.apply_progress(order))

    @rule(share=st.sampled_from([1, 2, 3]))
    def pay(self, share: int) -> None:
        if self.row.status == "open":
            self.row.paid_paise += self.row.due_paise // share
            self.bill.confirm_paid()
            self.bill.record_bill_event()
        self.close_or_void()

    @rule()
    def refund_excess(self) -> None:
        held = self.row.paid_paise - self.row.refunded_paise
        self.row.refunded_paise += max(0, held - self.row.total_paise)
        self.close_or_void()

    @rule(order=orders)
    def late_payment(self, order: OrderRow) -> None:
        if self.row.status == "open" and order.status == "expired":
            self.attempt(order, lambda: self.bill.reinstate(order))

    def attempt(self, order: OrderRow, work: Any) -> None:
        if order.id not in self.history:
            return
        before = (order.status, order.version, len(self.bill.pending_events))
        try:
            work()
        except IllegalChange:
            assert (order.status, order.version, len(self.bill.pending_events)) == before
        self.close_or_void()

    def close_or_void(self) -> None:
        if self.bill.orders:
            self.bill.close_or_void()

    @invariant()
    def every_event_took_legal_steps_and_the_next_version(self) -> None:
        versions: dict[str, int] = {}
        for change in self.bill.pending_events:
            if isinstance(change.payload, contracts.OrderState):
                path = change.payload.path
                for a, b in pairwise(path):
                    assert b in TRANSITIONS[a], path
            first = 1 if isinstance(change.payload, contracts.OrderState) else 0
            assert change.version == versions.get(change.subject, first) + 1
            versions[change.subject] = change.version

    @invariant()
    def the_sums_hold(self) -> None:
        row = self.row
        assert row.net_paise == sum(o.total_paise for o in self.bill.orders if o.status not in TERMINATED)
        assert row.total_paise == rounded(row.net_paise)
        assert 0 <= row.refunded_paise <= row.paid_paise
        assert (row.payment_status == "overpaid") == (row.paid_paise - row.refunded_paise > row.total_paise)

    @invariant()
    def a_closed_bill_owes_nothing_and_a_voided_one_holds_nothing(self) -> None:
        if self.row.status == "closed":
            assert self.row.due_paise == 0
            assert not any(o.status == "served" for o in self.bill.orders), "served and settled is completed"
        if self.row.status == "voided":
            assert self.row.paid_paise == self.row.refunded_paise and all(
                o.status in TERMINATED for o in self.bill.orders
            )


Sitting.TestCase.settings = hypothesis_settings(max_examples=150, stateful_step_count=25)
test_sitting = Sitting.TestCase


# each step by example: what it changes, what it leaves, and what it tells

LATER = NOW.replace(hour=23)


def bill_with(*statuses: str, each: int = 10_000, paid: int = 0, refunded: int = 0) -> Bill:
    counted = each * sum(status not in TERMINATED for status in statuses)
    row = bill_row(net_paise=counted, total_paise=rounded(counted), paid_paise=paid, refunded_paise=refunded)
    return Bill(row, [order_row(row, status, each) for status in statuses], NOW)


def times(order: OrderRow) -> tuple[datetime | None, datetime | None]:
    return order.ready_at, order.served_at


def calls(bill: Bill) -> bool:
    """Whether the table calls for somebody."""
    return bill.row.attention is not None or bill.row.attention_since is not None


def test_the_steps_are_these() -> None:
    assert {
        "placed": {"awaiting_payment", "confirmed", "rejected", "expired", "cancelled"},
        "awaiting_payment": {"confirmed", "expired", "cancelled"},
        "confirmed": {"preparing", "cancelled"},
        "preparing": {"ready", "cancelled"},
        "ready": {"preparing", "served", "cancelled"},
        "served": {"preparing", "completed"},
        "expired": {"confirmed"},
        "completed": set(),
        "cancelled": set(),
        "rejected": set(),
    } == TRANSITIONS
    assert {"rejected", "expired", "cancelled"} == TERMINATED
    assert {"placed", "awaiting_payment"} == WAITING
    assert {"confirmed", "preparing", "ready", "served"} == AT_KITCHEN
    assert TOKEN_PREFIX == {"takeaway": "T"}


def test_an_order_keeps_the_times_of_its_states() -> None:
    bill = bill_with("awaiting_payment")
    [order] = bill.orders
    order.expires_at = LATER
    bill.transition(order, "confirmed", event=contracts.OrderConfirmed)
    assert order.confirmed_at == NOW and order.expires_at is None
    bill.now = LATER
    bill.transition(order, "preparing", "ready", event=contracts.OrderProgressed)
    assert (order.confirmed_at, order.ready_at, order.served_at) == (NOW, LATER, None)
    bill.transition(order, "served", event=contracts.OrderProgressed)
    assert times(order) == (LATER, LATER) and order.completed_at is None
    bill.transition(order, "preparing", event=contracts.OrderProgressed)
    assert times(order) == (None, None), "recalled"
    bill.transition(order, "ready", "served", "completed", event=contracts.OrderProgressed)
    assert order.completed_at == LATER


def test_a_late_payment_leaves_the_time_of_the_first_confirmation() -> None:
    bill = bill_with("expired")
    [order] = bill.orders
    bill.reinstate(order)
    assert (order.status, order.confirmed_at) == ("confirmed", NOW)
    assert (bill.row.net_paise, bill.row.total_paise) == (10_000, 10_000), "it is owed again"
    bill.now, order.status = LATER, "expired"
    bill.reinstate(order)
    assert order.confirmed_at == NOW


def test_a_change_is_told_with_the_path_under_the_next_version() -> None:
    bill = bill_with("confirmed", "confirmed")
    order, _ = bill.orders
    order.table_name, order.token = "Table 4", "T7"
    bill.transition(order, "preparing", "ready", event=contracts.OrderProgressed, reason="quick")
    [event] = bill.pending_events
    told = event.payload
    assert isinstance(told, contracts.OrderProgressed)
    assert (event.subject, event.version, order.version) == (str(order.id), 2, 2)
    assert (told.order_id, told.bill_id, told.table, told.token) == (order.id, bill.row.id, "Table 4", "T7")
    assert (told.path, told.status, told.reason) == (["confirmed", "preparing", "ready"], "ready", "quick")
    assert (told.payment_status, told.total_paise, told.lines) == ("unpaid", 10_000, [])
    assert bill.changed_orders == {order.id: order}


def test_what_is_told_of_a_line_is_what_its_contract_says() -> None:
    from tests.orders import papers  # which takes its bills from here

    bill = bill_with("confirmed")
    [order] = bill.orders
    order.lines = [papers.line(4500, 2, papers.GST[0])]
    bill.transition(order, "preparing", event=contracts.OrderProgressed)
    [told] = bill.pending_events[0].payload.lines  # type: ignore[attr-defined]
    assert type(told) is contracts.LineState and (told.quantity, told.unit_price_paise) == (2, 4500)


def test_a_bill_tells_what_is_due_under_its_next_version() -> None:
    bill = bill_with("served", "served", paid=15_000, refunded=1_000)
    bill.row.table_name = "Table 4"
    bill.record_bill_event()
    bill.record_bill_event()
    first, second = bill.pending_events
    told = first.payload
    assert isinstance(told, contracts.BillChanged)
    assert (first.subject, first.version, second.version, bill.row.version) == (str(bill.row.id), 1, 2, 2)
    assert (told.bill_id, told.table, told.order_ids) == (bill.row.id, "Table 4", [o.id for o in bill.orders])
    assert (told.due_paise, told.payment_status, told.total_paise) == (6_000, "partly_paid", 20_000)
    assert (told.paid_paise, told.refunded_paise) == (15_000, 1_000)


def test_what_ends_is_owed_no_more_and_the_wish_to_cancel_is_answered() -> None:
    bill = bill_with("confirmed", "placed", each=10_049)
    order, other = bill.orders
    order.cancel_requested = True
    bill.terminate(order, "cancelled", "sold out")
    assert (order.reason, order.cancel_requested, other.reason) == ("sold out", False, None)
    assert (bill.row.net_paise, bill.row.total_paise) == (10_049, 10_000)
    assert [type(each.payload) for each in bill.pending_events] == [contracts.OrderCancelled]


def test_prepaid_orders_go_to_the_kitchen_once_nothing_is_due_and_no_others() -> None:
    owing = bill_with("awaiting_payment", paid=9_999)
    owing.confirm_paid()
    assert owing.orders[0].status == "awaiting_payment"
    bill = bill_with("awaiting_payment", "placed", "preparing", paid=30_000)
    bill.confirm_paid()
    assert [order.status for order in bill.orders] == ["confirmed", "placed", "preparing"]


@pytest.mark.parametrize(
    ("statuses", "each", "paid", "settled"),
    [
        (["served"], 10_000, 10_000, True),
        (["confirmed"], 10_000, 10_000, True),
        (["served"], 10_000, 9_999, False),
        (["served", "placed"], 10_000, 20_000, False),
        (["served", "awaiting_payment"], 10_000, 20_000, False),
        (["served", "cancelled"], 10_000, 10_000, True),
        (["served"], 0, 0, True),
        (["served", "ready"], 0, 0, False),
        (["cancelled"], 0, 0, False),
    ],
)
def test_a_bill_is_settled_when_all_is_paid_and_nothing_waits(
    statuses: list[str], each: int, paid: int, settled: bool
) -> None:
    assert bill_with(*statuses, each=each, paid=paid).is_settled is settled


def test_a_bill_is_void_when_all_has_ended_and_no_money_is_held() -> None:
    assert bill_with("cancelled", "rejected").is_void
    assert bill_with("expired", paid=500, refunded=500).is_void
    assert not bill_with("cancelled", "served").is_void
    assert not bill_with("expired", paid=500).is_void
    closed = bill_with("cancelled")
    closed.row.status = "closed"
    assert not closed.is_void


def test_a_settled_bill_closes_once_and_completes_what_was_served() -> None:
    bill = bill_with("served", "ready", paid=20_000)
    bill.row.attention, bill.row.attention_since = "cash", NOW
    bill.close_or_void()
    assert (bill.row.status, bill.row.closed_at) == ("closed", NOW)
    assert not calls(bill)
    assert [order.status for order in bill.orders] == ["completed", "ready"]
    assert [type(each.payload) for each in bill.pending_events] == [
        contracts.BillClosed,
        contracts.OrderProgressed,
    ]
    bill.close_or_void()
    assert len(bill.pending_events) == 2


def test_a_void_bill_is_told() -> None:
    bill = bill_with("cancelled")
    bill.row.attention, bill.row.attention_since = "help", NOW
    bill.close_or_void()
    assert (bill.row.status, bill.row.closed_at) == ("voided", NOW)
    assert not calls(bill)
    assert [type(each.payload) for each in bill.pending_events] == [contracts.BillVoided]
    owing = bill_with("served")
    owing.close_or_void()
    assert (owing.row.status, owing.pending_events) == ("open", [])


def test_an_order_follows_its_tickets_only_while_the_kitchen_has_it() -> None:
    bill = bill_with("confirmed", "cancelled", "confirmed", "completed")
    at_work, gone, untold, completed = bill.orders
    for order in (at_work, gone, completed):
        order.progress = tickets("ready", "ready")
    for order in bill.orders:
        bill.apply_progress(order)
    assert [order.status for order in bill.orders] == ["ready", "cancelled", "confirmed", "completed"]
    assert untold.version == 1 and len(bill.pending_events) == 1
    bill.apply_progress(at_work)
    assert len(bill.pending_events) == 1, "no news"
