"""The tables, and the ledger as a state machine that gets any news in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from rasoi.payments.domain import (
    ATTEMPT,
    OPEN,
    PAYMENT,
    REFUND,
    KnownAttempt,
    Mismatch,
    PaymentRow,
    ProviderPayment,
    RefundTooLarge,
    difference,
)
from rasoi.payments.ledger import Ledger
from rasoi.platform.transitions import IllegalTransition, is_stale, route

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DUE = 10_000


def fresh() -> Ledger:
    row = PaymentRow(
        outlet_id=1,
        id=uuid4(),
        bill_id=uuid4(),
        order_id=None,
        amount_paise=DUE,
        business_day=date(2026, 11, 21),
        created_at=NOW,
        expires_at=NOW,
    )
    ledger = Ledger(row, [], [], NOW, date(2026, 11, 21))
    ledger.begin()
    ledger.process("razorpay", "order_1", NOW)
    return ledger


def seen(status: str, found: str = "pay_1", **more: object) -> ProviderPayment:
    values = {
        "id": found,
        "order_id": "order_1",
        "amount_paise": DUE,
        "currency": "INR",
        "status": status,
        "method": "upi",
    }
    return ProviderPayment(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [PAYMENT, ATTEMPT, REFUND])
def test_a_route_takes_legal_steps_only(table: dict[str, frozenset[str]]) -> None:
    for start in table:
        for end in table:
            try:
                way = [start, *route(table, start, end)]
            except IllegalTransition:
                continue
            assert all(then in table[now] for now, then in pairwise(way))


def test_nothing_leaves_a_state_of_paid_money() -> None:
    assert PAYMENT["completed"] == ATTEMPT["captured"] == REFUND["processed"] == frozenset()
    for table, end in ((PAYMENT, "completed"), (ATTEMPT, "captured"), (REFUND, "processed")):
        for other in table:
            if other != end:
                with pytest.raises(IllegalTransition):
                    route(table, end, other)


def test_a_failed_attempt_may_be_captured_and_never_fails_again() -> None:
    assert route(ATTEMPT, "failed", "captured") == ["captured"]
    assert is_stale(ATTEMPT, "captured", "failed")
    assert is_stale(ATTEMPT, "authorized", "failed")
    assert not is_stale(ATTEMPT, "failed", "authorized")
    assert is_stale(REFUND, "processed", "to_hand_out")


@pytest.mark.parametrize("wrong", [{"order_id": "order_2"}, {"currency": "USD"}])
def test_what_is_not_ours_is_refused_and_changes_nothing(wrong: dict[str, Any]) -> None:
    ledger = fresh()
    with pytest.raises(Mismatch):
        ledger.observe(seen("captured", **wrong))
    assert ledger.attempts == []
    assert ledger.row.captured_paise == 0


@given(st.lists(st.sampled_from(["created", "failed", "authorized", "captured"]), max_size=12))
def test_seen_in_any_order_it_is_captured_once_and_ends_at_the_furthest(statuses: list[str]) -> None:
    ledger, captures = fresh(), 0
    for status in statuses:
        attempt = ledger.observe(seen(status))
        if attempt is not None:
            captures += 1
            ledger.fulfil(attempt)
    rank = ["created", "failed", "authorized", "captured"]
    assert captures == ("captured" in statuses)
    assert ledger.row.captured_paise == DUE * captures
    if statuses:
        assert ledger.attempts[0].status == max(statuses, key=rank.index)


class Books(RuleBasedStateMachine):
    """Attempts, captures, cash, refunds and their ends, in any order."""

    refunds = Bundle("refunds")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = fresh()
        self.usable = True

    @rule(
        found=st.sampled_from(["pay_1", "pay_2", "pay_3"]),
        status=st.sampled_from(["created", "failed", "authorized", "captured"]),
    )
    def provider_says(self, found: str, status: str) -> None:
        attempt = self.ledger.observe(seen(status, found))
        if attempt is not None:
            self._use(attempt)

    @precondition(lambda self: self.ledger.row.status in OPEN)
    @rule(extra=st.integers(0, 5000))
    def cash(self, extra: int) -> None:
        self._use(self.ledger.take("cash", uuid4(), "Asha", tendered_paise=DUE + extra))

    def _use(self, attempt: object) -> None:
        if self.ledger.row.status != "completed" and self.usable:
            self.ledger.fulfil(attempt)  # type: ignore[arg-type]
        else:
            self.ledger.refund_unusable(attempt, "second")  # type: ignore[arg-type]

    @rule(usable=st.booleans())
    def bill_changes(self, usable: bool) -> None:
        self.usable = usable

    @precondition(lambda self: self.ledger.row.status in OPEN)
    @rule(status=st.sampled_from(["expired", "failed", "cancelled"]))
    def close_unpaid(self, status: str) -> None:
        self.ledger.close_unpaid(status)

    @rule(target=refunds, paise=st.integers(1, 2 * DUE))
    def ask_refund(self, paise: int) -> UUID | None:
        left = self.ledger.refundable_paise
        try:
            attempt = self.ledger.attempt_with(paise)
        except RefundTooLarge:
            assert paise > left
            return None
        return self.ledger.request_refund(attempt, paise, "cold", (uuid4(), "Ravi")).id

    @rule(refund_id=refunds, status=st.sampled_from(["pending", "unknown", "processed", "to_hand_out"]))
    def refund_goes_on(self, refund_id: UUID | None, status: str) -> None:
        for refund in self.ledger.refunds:
            if refund.id == refund_id:
                before = refund.status
                self.ledger.advance_refund(refund, status)
                assert before != "processed" or refund.status == "processed"

    @invariant()
    def sums_are_right(self) -> None:
        ledger = self.ledger
        captured = sum(a.amount_paise for a in ledger.attempts if a.status == "captured")
        refunded = sum(r.amount_paise for r in ledger.refunds)
        assert ledger.row.captured_paise == captured
        assert ledger.row.refunded_paise == refunded <= captured
        for attempt in ledger.attempts:
            mine = sum(r.amount_paise for r in ledger.refunds if r.attempt_id == attempt.id)
            assert attempt.refunded_paise == mine <= attempt.amount_paise
        assert sum(t.captured_paise for t in ledger.totals) == captured
        assert sum(t.refunded_paise for t in ledger.totals) == sum(
            r.amount_paise for r in ledger.refunds if r.status == "processed"
        )

    @invariant()
    def one_attempt_pays_and_the_others_go_back(self) -> None:
        paying = [a for a in self.ledger.attempts if a.on_bill]
        assert len(paying) == (self.ledger.row.status == "completed")
        for attempt in self.ledger.attempts:
            if attempt.status == "captured" and not attempt.on_bill:
                assert any(r.attempt_id == attempt.id for r in self.ledger.refunds)

    @invariant()
    def events_are_gapless_and_follow_the_table(self) -> None:
        assert [c.version for c in self.ledger.events] == list(range(1, self.ledger.row.version + 1))
        status = "pending"
        for change in self.ledger.events[1:]:
            path = change.payload.path or [status]
            assert path[0] == status
            assert all(then in PAYMENT[now] for now, then in pairwise(path))
            status = path[-1]
            assert change.payload.status == status


Books.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestBooks = Books.TestCase


KNOWN = {"status": "captured", "amount_paise": 6300, "refunded_paise": 0}


@pytest.mark.parametrize(
    ("found", "known", "words"),
    [
        ({}, KNOWN, None),
        ({}, None, "captured, unknown here"),
        ({"status": "authorized"}, None, "authorized, unknown here"),
        ({"status": "failed"}, None, None),
        ({"status": "returned", "refunded_paise": 6300}, None, None),
        ({"status": "returned", "refunded_paise": 6300}, KNOWN | {"status": "returned"}, None),
        ({"status": "returned"}, KNOWN | {"status": "authorized"}, "returned there, authorized here"),
        ({}, KNOWN | {"status": "failed"}, "captured there, failed here"),
        ({"status": "created"}, KNOWN | {"status": "authorized"}, None),
        ({"status": "failed"}, KNOWN, "failed there, captured here"),
        ({"refunded_paise": 100}, KNOWN, "₹1.00 refunded there, ₹0.00 here"),
        ({}, KNOWN | {"refunded_paise": 6300}, "₹0.00 refunded there, ₹63.00 here"),
        ({"refunded_paise": 100}, KNOWN | {"refunded_paise": 100}, None),
    ],
)
def test_what_differs_from_the_providers_books(
    found: dict[str, Any], known: dict[str, Any] | None, words: str | None
) -> None:
    values: dict[str, Any] = {
        "id": "pay_1",
        "order_id": "order_1",
        "amount_paise": 6300,
        "currency": "INR",
        "status": "captured",
    }
    assert difference(ProviderPayment(**(values | found)), KnownAttempt(**known) if known else None) == words
