"""What is told to whom, and how delivery moves on."""

from datetime import UTC, date, datetime, timedelta
from string import Formatter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from uuid_utils.compat import uuid7

from rasoi.contracts import inventory, kitchen, orders, payments
from rasoi.notifications.domain import (
    PROGRESS,
    RULES,
    TEMPLATES,
    TRANSITIONS,
    Draft,
    IllegalDelivery,
    MessageRow,
    advance,
    overlapping,
    quantity,
    render,
    rupees,
    sessions_of,
)
from rasoi.platform.events import Contract

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "order_id": uuid7(),
    "bill_id": uuid7(),
    "session_id": uuid7(),
    "number": 12,
    "type": "dine_in",
    "table": "Table 4",
    "business_day": date(2026, 11, 21),
    "placed_at": NOON,
    "payment": "pay_later",
    "total_paise": 50_000,
    "lines": [],
}
PAYMENT: dict[str, Any] = {
    "payment_id": uuid7(),
    "bill_id": uuid7(),
    "amount_paise": 50_000,
    "status": "completed",
    "captured_paise": 50_000,
    "refunded_paise": 0,
    "business_day": date(2026, 11, 21),
}
BILL: dict[str, Any] = {
    "bill_id": uuid7(),
    "type": "dine_in",
    "status": "open",
    "table": "Table 4",
    "total_paise": 123_456_50,
    "paid_paise": 0,
    "refunded_paise": 0,
    "due_paise": 123_456_50,
    "payment_status": "unpaid",
}
STOCK: dict[str, Any] = {
    "stock_id": uuid7(),
    "name": "Paneer",
    "kind": "estimated",
    "unit": "g",
    "on_hand_milli": 900_000,
    "reserved_milli": 0,
    "available_milli": 900_000,
    "reorder_level_milli": 1_500_000,
    "low": True,
}


def messages_of(data: Contract) -> list[tuple[str, str, str, str]]:
    drafts: list[Draft] = RULES[type(data)](data)
    return [
        (TEMPLATES[draft.kind].audience, draft.kind, *render(draft.kind, draft.values)) for draft in drafts
    ]


@pytest.mark.parametrize("status", ["confirmed", "placed", "awaiting_payment"])
def test_a_placed_order(status: str) -> None:
    expected = {
        "confirmed": [
            ("guest", "order_received", "The kitchen has your order", "Order 12 is with the kitchen.")
        ],
        "placed": [("staff", "order_to_approve", "Table 4: approve", "Order 12 waits for approval.")],
        "awaiting_payment": [],
    }
    assert messages_of(orders.OrderPlaced(**ORDER, status=status)) == expected[status]


def test_a_confirmed_order() -> None:
    assert [each[1] for each in messages_of(orders.OrderConfirmed(**ORDER, status="confirmed"))] == [
        "order_received"
    ]


@pytest.mark.parametrize(("complete", "what"), [(True, "All"), (False, "A part")])
def test_what_the_pass_lets_go_is_told_to_whoever_carries_it(complete: bool, what: str) -> None:
    gone = kitchen.HandedOver(order_id=ORDER["order_id"], order_number=12, table="Table 4", complete=complete)
    assert messages_of(gone) == [
        ("staff", "handed_over", "Table 4: on its way", f"{what} of order 12 has left the pass.")
    ]
    assert RULES[kitchen.HandedOver](gone)[0].order_id == ORDER["order_id"]


def test_what_was_only_marked_as_served_too_early_calls_nobody_again() -> None:
    back: dict[str, Any] = {"status": "ready", "path": ["served", "preparing", "ready"]}
    assert messages_of(orders.OrderProgressed(**ORDER, **back)) == []


def test_a_refusal_to_cancel_says_why() -> None:
    refused = orders.OrderCancelRefused(**ORDER, status="ready", reason="it is on the table")
    assert messages_of(refused)[0][3] == "Order 12 can't be cancelled any more: it is on the table."


def test_a_ready_order_calls_guest_and_staff() -> None:
    ready: dict[str, Any] = {"status": "ready", "path": ["preparing", "ready"]}
    assert messages_of(orders.OrderProgressed(**ORDER, **ready)) == [
        ("guest", "order_ready", "Your food is ready", "Order 12 is on its way to Table 4."),
        ("staff", "pick_up", "Table 4: pick up", "Order 12 is ready."),
    ]
    takeaway = ORDER | {"table": None, "type": "takeaway", "token": "7"}
    assert messages_of(orders.OrderProgressed(**takeaway, **ready))[0] == (
        "guest",
        "token_called",
        "Token 7 is ready",
        "Please collect order 12 at the counter.",
    )


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ("preparing", ["confirmed", "preparing"]),
        ("served", ["ready", "served"]),
        ("completed", []),
        ("ready", []),
    ],
)
def test_other_progress_is_not_told(status: str, path: list[str]) -> None:
    assert messages_of(orders.OrderProgressed(**ORDER, status=status, path=path)) == []


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        ("cancelled", None, "Order 12 was cancelled."),
        ("cancelled", "guest left.", "Order 12 was cancelled: guest left."),
        ("rejected", "closed {now}", "Order 12 was not accepted: closed {now}."),
        ("expired", None, "Order 12 has expired; nothing will be made."),
    ],
)
def test_an_order_that_ended(status: str, reason: str | None, text: str) -> None:
    assert messages_of(orders.OrderCancelled(**ORDER, status=status, reason=reason))[0][3] == text


def test_a_call_for_the_waiter_is_one_thing_however_often_the_bill_changes() -> None:
    call = BILL | {"attention": "cash", "attention_since": NOON}
    first = RULES[orders.BillChanged](orders.BillChanged(**call))
    second = RULES[orders.BillChanged](orders.BillChanged(**call | {"paid_paise": 1}))
    later = RULES[orders.BillChanged](
        orders.BillChanged(**call | {"attention_since": NOON + timedelta(minutes=1)})
    )
    assert first[0].dedupe_key == second[0].dedupe_key != later[0].dedupe_key
    assert render(first[0].kind, first[0].values) == (
        "Table 4: cash",
        "The guests want to pay ₹1,23,456.50 in cash.",
    )
    assert messages_of(orders.BillChanged(**BILL)) == []
    assert messages_of(orders.BillClosed(**call)) == []


def test_a_payment() -> None:
    paid = payments.PaymentCompleted(**PAYMENT, method="upi")
    assert messages_of(paid) == [
        ("guest", "payment_received", "Payment received", "₹500 paid by UPI. Thank you!")
    ]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("requested", ["refund_started"]),
        ("pending", []),
        ("processed", ["refund_paid"]),
        ("unknown", []),
        ("to_hand_out", ["refund_to_collect", "refund_to_hand_out"]),
    ],
)
def test_a_refund(status: str, kinds: list[str]) -> None:
    change = payments.RefundChanged(**PAYMENT, refund_id=uuid7(), refund_paise=2_050, refund_status=status)
    assert [each[1] for each in messages_of(change)] == kinds
    assert all("₹20.50" in each[3] for each in messages_of(change))


@pytest.mark.parametrize("status", ["requested", "pending", "processed", "to_hand_out"])
def test_what_a_bank_took_after_a_dispute_is_not_told_as_a_refund_of_ours(status: str) -> None:
    """Told once, when it is booked, and nobody is sent to collect it."""
    change = payments.RefundChanged(
        **PAYMENT, refund_id=uuid7(), refund_paise=2_050, refund_status=status, refund_kind="dispute"
    )
    told = (
        "guest",
        "refund_by_bank",
        "Returned by your bank",
        "₹20.50 was returned by your bank after a dispute.",
    )
    assert messages_of(change) == ([told] if status == "processed" else [])


def test_stock() -> None:
    assert messages_of(inventory.StockLow(**STOCK))[0][2:] == (
        "Paneer runs low",
        "900 g left; reorder at 1.5 kg.",
    )
    assert messages_of(inventory.StockDepleted(**STOCK))[0][2] == "Paneer ran out"
    short = STOCK | {"available_milli": -2_000, "unit": "portion", "order_ids": [uuid7()]}
    assert (
        messages_of(inventory.StockShortage(**short))[0][3] == "2 portion missing for 1 order already taken."
    )


def test_every_template_can_be_filled_by_what_uses_it() -> None:
    known = {
        "number",
        "place",
        "because",
        "amount",
        "method",
        "name",
        "available",
        "level",
        "missing",
        "orders",
        "what",
    }
    for template in TEMPLATES.values():
        for text in (template.title, template.text):
            assert {name for _, name, _, _ in Formatter().parse(text) if name} <= known


@given(st.integers(-(10**15), 10**15))
def test_rupees_can_be_read_back(paise: int) -> None:
    sign = -1 if rupees(paise).startswith("-") else 1
    whole, _, rest = rupees(paise).lstrip("-").removeprefix("₹").replace(",", "").partition(".")
    assert sign * (int(whole) * 100 + int(rest or 0)) == paise


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "₹0"),
        (99, "₹0.99"),
        (100_000, "₹1,000"),
        (10_000_000, "₹1,00,000"),
        (123_456_789_05, "₹12,34,56,789.05"),
    ],
)
def test_rupees(paise: int, text: str) -> None:
    assert rupees(paise) == text


@pytest.mark.parametrize(
    ("milli", "unit", "text"),
    [
        (500_000, "g", "500 g"),
        (2_000_000, "ml", "2 l"),
        (3_000, "portion", "3 portion"),
        (1_500, "piece", "1.5 piece"),
        (1_250_000, "g", "1.3 kg"),
        (1_249_000, "g", "1.2 kg"),
        (1_249_999, "g", "1.2 kg"),
        (1_000_000, "g", "1 kg"),
        (250, "piece", "0.3 piece"),
        (-1_250, "piece", "-1.3 piece"),
        (999_999, "g", "1000 g"),
        (-3_000_000, "ml", "-3 l"),
        (0, "g", "0 g"),
    ],
)
def test_quantities(milli: int, unit: str, text: str) -> None:
    assert quantity(milli, unit) == text


def test_whose_guests() -> None:
    placed = orders.OrderPlaced(**ORDER, status="confirmed")
    assert sessions_of(placed) == (ORDER["bill_id"], [ORDER["session_id"]])
    guests = [uuid7(), uuid7()]
    assert sessions_of(orders.BillChanged(**BILL, session_ids=guests)) == (BILL["bill_id"], guests)
    assert sessions_of(payments.PaymentCompleted(**PAYMENT)) == (None, [])


def test_reading_on_begins_a_little_earlier() -> None:
    message = uuid7()
    assert timedelta(milliseconds=((message.int >> 80) - (overlapping(message).int >> 80))) == timedelta(
        seconds=5
    )
    assert overlapping(UUID(int=0)) == UUID(int=0)


def queued() -> MessageRow:
    return MessageRow(
        outlet_id=1,
        id=uuid7(),
        cause="x",
        audience="staff",
        kind="pick_up",
        title="",
        text="",
        order_id=None,
        bill_id=None,
        session_id=None,
        table_name=None,
        state="queued",
        created_at=NOON,
    )


class Delivery(RuleBasedStateMachine):
    """Whatever screens report, in whatever order: forward only, along the table, with its times."""

    def __init__(self) -> None:
        super().__init__()
        self.row = queued()
        self.now = NOON

    @rule(state=st.sampled_from(PROGRESS))
    def reported(self, state: str) -> None:
        before, self.now = self.row.state, self.now + timedelta(seconds=1)
        try:
            moved = advance(self.row, state, self.now)
        except IllegalDelivery:
            assert state not in TRANSITIONS[before]
            assert self.row.state == before
            return
        assert (self.row.state == state) if moved else (self.row.state == before)
        assert not moved or state in TRANSITIONS[before]

    @invariant()
    def times_fit(self) -> None:
        reached = PROGRESS.index(self.row.state)
        times = (self.row.sent_at, self.row.delivered_at, self.row.read_at)
        assert [at is not None for at in times] == [reached >= step for step in (1, 2, 3)]
        assert list(filter(None, times)) == sorted(filter(None, times))


TestDelivery = Delivery.TestCase
