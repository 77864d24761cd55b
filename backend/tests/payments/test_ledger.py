"""Each step of a payment's ledger by example: the rows after it, the events it notes, the day's totals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.contracts import payments as contracts
from rasoi.payments.domain import (
    ATTEMPT,
    OPEN,
    PAYMENT,
    REFUND,
    AttemptRow,
    Mismatch,
    PaymentRow,
    ProviderPayment,
    RefundTooLarge,
)
from rasoi.payments.ledger import DayTotal, Ledger
from rasoi.platform.transitions import IllegalTransition, is_stale, route

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
DAY, YESTERDAY = date(2026, 11, 21), date(2026, 11, 20)
DUE = 10_000
ASHA = uuid4()


def requested() -> Ledger:
    row = PaymentRow(
        outlet_id=7,
        id=uuid4(),
        bill_id=uuid4(),
        order_id=uuid4(),
        amount_paise=DUE,
        business_day=YESTERDAY,
        created_at=NOW,
        expires_at=NOW,
        poll_at=NOW,
    )
    return Ledger(row, [], [], NOW, DAY)


def processing() -> Ledger:
    ledger = requested()
    ledger.process("razorpay", "order_1", LATER)
    ledger.events.clear()
    return ledger


def seen(status: str, found: str = "pay_1", **more: Any) -> ProviderPayment:
    values: dict[str, Any] = {
        "id": found,
        "order_id": "order_1",
        "amount_paise": DUE,
        "currency": "INR",
        "status": status,
        "method": "upi",
    }
    return ProviderPayment(**(values | more))


def captured(ledger: Ledger, found: str = "pay_1") -> AttemptRow:
    attempt = ledger.observe(seen("captured", found))
    assert attempt is not None
    return attempt


def paid() -> tuple[Ledger, AttemptRow]:
    ledger = processing()
    attempt = captured(ledger)
    ledger.fulfil(attempt)
    ledger.events.clear()
    ledger.changed_attempts.clear()
    ledger.totals.clear()
    return ledger, attempt


def told(ledger: Ledger) -> list[tuple[type, str, list[str], int]]:
    """Each event's type, state, path and version."""
    return [
        (type(each.payload), each.payload.status, each.payload.path, each.version) for each in ledger.events
    ]


def test_the_tables_are_these() -> None:
    assert {
        "pending": {"processing"},
        "processing": {"completed", "failed", "expired", "cancelled"},
        "failed": {"completed"},
        "expired": {"completed"},
        "cancelled": {"completed"},
        "completed": set(),
    } == PAYMENT
    assert {
        "created": {"authorized", "failed", "unknown", "returned"},
        "authorized": {"captured", "unknown", "returned"},
        "unknown": {"authorized", "captured", "failed", "returned"},
        "failed": {"authorized", "captured", "returned"},
        "captured": set(),
        "returned": set(),
    } == ATTEMPT
    assert {
        "requested": {"pending", "unknown", "to_hand_out"},
        "pending": {"processed", "to_hand_out", "unknown"},
        "unknown": {"pending", "processed", "to_hand_out"},
        "to_hand_out": {"pending", "processed"},
        "processed": set(),
    } == REFUND
    assert {"pending", "processing"} == OPEN


def test_the_shortest_way_is_taken_and_a_loop_ends() -> None:
    assert route(PAYMENT, "pending", "completed") == ["processing", "completed"]
    assert route(ATTEMPT, "created", "captured") == ["authorized", "captured"]
    assert route(REFUND, "unknown", "processed") == ["processed"]
    for table, now, target in ((ATTEMPT, "captured", "failed"), (REFUND, "pending", "requested")):
        with pytest.raises(IllegalTransition, match=f"{now} can't become {target}"):
            route(table, now, target)


def test_old_news_is_what_lies_before_and_not_also_behind() -> None:
    assert is_stale(ATTEMPT, "authorized", "authorized")
    assert is_stale(ATTEMPT, "captured", "created")
    assert not is_stale(ATTEMPT, "unknown", "authorized"), "from unknown it may become authorized again"
    assert not is_stale(ATTEMPT, "created", "captured")


def test_an_amount_is_due() -> None:
    ledger = requested()
    ledger.begin()
    [event] = ledger.events
    assert told(ledger) == [(contracts.PaymentRequested, "pending", ["pending"], 1)]
    row, state = ledger.row, event.payload
    assert (state.payment_id, state.bill_id, state.order_id) == (row.id, row.bill_id, row.order_id)
    assert (state.amount_paise, state.currency, state.method) == (DUE, "INR", None)
    assert (state.captured_paise, state.refunded_paise) == (0, 0)
    assert (state.business_day, state.expires_at) == (YESTERDAY, NOW)


def test_the_provider_knows_of_it_and_a_second_order_with_it_is_no_new_state() -> None:
    ledger = requested()
    ledger.process("razorpay", "order_1", LATER)
    ledger.process("razorpay", "order_2", NOW)
    assert told(ledger) == [
        (contracts.PaymentChanged, "processing", ["pending", "processing"], 1),
        (contracts.PaymentChanged, "processing", [], 2),
    ]
    assert (ledger.row.provider, ledger.row.provider_order_id, ledger.row.poll_at) == (
        "razorpay",
        "order_2",
        NOW,
    )


def test_an_event_names_the_payment_s_own_currency() -> None:
    ledger = requested()
    ledger.row.currency = "NPR"
    ledger.process("razorpay", "order_1", LATER)
    assert [each.payload.currency for each in ledger.events] == ["NPR"]


def test_a_guest_who_is_still_at_it_gets_time() -> None:
    ledger = processing()
    ledger.extend(LATER)
    assert told(ledger) == [(contracts.PaymentChanged, "processing", [], 2)]
    assert ledger.row.expires_at == LATER == ledger.events[0].payload.expires_at


@pytest.mark.parametrize("end", ["expired", "failed", "cancelled"])
def test_given_up_it_is_looked_for_only_where_a_provider_may_hold_money(end: str) -> None:
    known, unknown = processing(), requested()
    for ledger in (known, unknown):
        ledger.close_unpaid(end)
    assert told(known) == [(contracts.PaymentExpired, end, ["processing", end], 2)]
    assert told(unknown) == [(contracts.PaymentExpired, end, ["pending", "processing", end], 1)]
    assert (known.row.poll_at, unknown.row.poll_at) == (LATER, None)


def test_a_try_that_is_seen_first_becomes_an_attempt_of_this_payment() -> None:
    ledger = requested()
    ledger.row.provider, ledger.row.provider_order_id = "razorpay", "order_1"
    assert ledger.observe(seen("authorized", error="slow", method="card")) is None
    [attempt] = ledger.attempts
    assert (attempt.outlet_id, attempt.payment_id, attempt.provider) == (7, ledger.row.id, "razorpay")
    assert (attempt.provider_payment_id, attempt.amount_paise, attempt.created_at) == ("pay_1", DUE, NOW)
    assert (attempt.status, attempt.method, attempt.error) == ("authorized", "card", "slow")
    assert ledger.changed_attempts == {attempt.id: attempt}
    assert told(ledger) == [(contracts.PaymentChanged, "processing", ["pending", "processing"], 1)]
    assert (ledger.row.captured_paise, ledger.totals) == (0, [])


def test_news_of_a_known_try_changes_that_one_and_old_news_nothing() -> None:
    ledger = processing()
    ledger.observe(seen("failed", "pay_0"))
    ledger.observe(seen("authorized"))
    first, second = ledger.attempts
    second.poll_at = LATER
    ledger.events.clear()
    assert ledger.observe(seen("created")) is None and ledger.observe(seen("authorized")) is None
    assert ledger.events == [] and second.poll_at is not None
    assert ledger.observe(seen("captured")) is second
    assert [first.status, second.status] == ["failed", "captured"] and ledger.attempts == [first, second]
    assert msgspec.structs.asdict(second)["poll_at"] is None
    assert ledger.events == [], "what it is used for is told afterwards"


def test_captured_money_is_counted_on_the_day_it_came() -> None:
    ledger = processing()
    attempt = captured(ledger)
    assert (attempt.captured_at, attempt.business_day) == (NOW, DAY)
    assert ledger.row.captured_paise == DUE
    assert ledger.totals == [DayTotal(DAY, NOW, "upi", captured_count=1, captured_paise=DUE)]
    assert ledger.observe(seen("captured")) is None, "once"
    ledger.observe(seen("captured", "pay_2", method=None))
    assert ledger.row.captured_paise == 2 * DUE
    assert ledger.totals[1] == DayTotal(DAY, NOW, "card", captured_count=1, captured_paise=DUE)


@pytest.mark.parametrize("wrong", [{"order_id": "order_2"}, {"currency": "USD"}])
def test_another_order_or_currency_is_refused(wrong: dict[str, Any]) -> None:
    ledger = processing()
    with pytest.raises(Mismatch):
        ledger.observe(seen("captured", **wrong))
    assert (ledger.attempts, ledger.events) == ([], [])


def test_a_fee_that_the_customer_bears_is_not_ours() -> None:
    ledger = processing()
    attempt = ledger.observe(seen("captured", amount_paise=DUE + 236, received_paise=DUE))
    assert attempt is not None and attempt.amount_paise == DUE == ledger.row.captured_paise


def test_what_was_returned_uncaptured_is_an_end_and_holds_no_money() -> None:
    ledger = processing()
    ledger.observe(seen("authorized"))
    assert ledger.observe(seen("returned", refunded_paise=DUE)) is None
    [attempt] = ledger.attempts
    assert (attempt.status, attempt.refundable_paise, ledger.row.captured_paise, ledger.totals) == (
        "returned",
        0,
        0,
        [],
    )
    for old in ("created", "authorized", "failed"):
        assert ledger.observe(seen(old)) is None
    assert attempt.status == "returned"
    with pytest.raises(IllegalTransition):
        paid()[0].observe(seen("returned"))


@pytest.mark.parametrize(
    ("found", "plain"),
    [
        (seen("captured"), True),
        (seen("authorized"), True),
        (seen("captured", amount_paise=DUE - 1), False),
        (seen("authorized", amount_paise=DUE + 1), False),
        (seen("captured", refunded_paise=1), False),
        (seen("failed", amount_paise=DUE - 1), True),
        (seen("returned", refunded_paise=DUE), True),
    ],
)
def test_a_snapshot_that_does_not_tell_all_is_looked_up(found: ProviderPayment, plain: bool) -> None:
    assert processing().is_plain(found) is plain


def test_refunds_that_we_know_of_need_no_look() -> None:
    ledger, attempt = paid()
    refund = ledger.request_refund(attempt, 4_000, "cold")
    assert not ledger.is_plain(seen("captured", refunded_paise=4_000)), "asked for, not known there"
    ledger.advance_refund(refund, "processed", provider_refund_id="rfnd_1")
    assert ledger.is_plain(seen("captured", refunded_paise=4_000))
    assert ledger.is_plain(seen("captured")), "a snapshot from before"
    assert not ledger.is_plain(seen("captured", refunded_paise=4_001))


def test_what_is_to_be_looked_up_is_asked_about_at_once_and_books_nothing() -> None:
    ledger = processing()
    attempt = ledger.look_up(seen("captured", amount_paise=DUE - 500))
    assert (attempt.status, attempt.poll_at, attempt.method) == ("created", NOW, "upi")
    assert (ledger.row.captured_paise, ledger.totals) == (0, [])
    assert told(ledger) == [(contracts.PaymentChanged, "processing", [], 2)]
    assert ledger.look_up(seen("captured")) is attempt and len(ledger.events) == 1


def test_a_capture_without_a_clear_answer_is_unknown() -> None:
    ledger = processing()
    ledger.observe(seen("authorized"))
    [attempt] = ledger.attempts
    ledger.events.clear()
    ledger.changed_attempts.clear()
    ledger.mark_unknown(attempt)
    assert (attempt.status, ledger.changed_attempts) == ("unknown", {attempt.id: attempt})
    assert told(ledger) == [(contracts.PaymentChanged, "processing", [], 3)]
    captured(ledger)
    with pytest.raises(IllegalTransition):
        ledger.mark_unknown(attempt)


def test_cash_is_taken_by_a_named_waiter_who_gives_change() -> None:
    ledger = requested()
    attempt = ledger.take("cash", ASHA, "Asha", tendered_paise=12_000)
    assert ledger.attempts == [attempt] and ledger.changed_attempts == {attempt.id: attempt}
    assert (attempt.outlet_id, attempt.payment_id, attempt.created_at) == (7, ledger.row.id, NOW)
    assert (attempt.provider, attempt.method, attempt.status) == ("counter", "cash", "captured")
    assert (attempt.amount_paise, attempt.tendered_paise, attempt.change_paise) == (DUE, 12_000, 2_000)
    assert (attempt.waiter_id, attempt.waiter_name, attempt.business_day) == (ASHA, "Asha", DAY)
    assert ledger.row.captured_paise == DUE and ledger.totals == [
        DayTotal(DAY, NOW, "cash", captured_count=1, captured_paise=DUE)
    ]


def test_its_money_on_the_bill_completes_it() -> None:
    ledger = processing()
    attempt = captured(ledger)
    ledger.fulfil(attempt)
    assert told(ledger) == [(contracts.PaymentCompleted, "completed", ["processing", "completed"], 2)]
    assert (attempt.on_bill, ledger.row.method, ledger.row.poll_at) == (True, "upi", None)
    assert (ledger.events[0].payload.method, ledger.events[0].payload.captured_paise) == ("upi", DUE)


def test_a_completed_payment_is_looked_for_while_another_try_may_hold_money() -> None:
    cash_only, beside_cash, beside_another = requested(), processing(), processing()
    cash_only.fulfil(cash_only.take("cash", ASHA, "Asha", tendered_paise=DUE))
    beside_cash.fulfil(beside_cash.take("cash", ASHA, "Asha", tendered_paise=DUE))
    beside_another.observe(seen("failed", "pay_0"))
    beside_another.fulfil(captured(beside_another))
    assert [ledger.row.poll_at for ledger in (cash_only, beside_cash, beside_another)] == [None, LATER, LATER]


def test_captured_money_that_is_of_no_use_goes_back_whole() -> None:
    ledger = processing()
    refund = ledger.refund_unusable(captured(ledger), "the order is gone")
    assert [event[:3] for event in told(ledger)] == [
        (contracts.PaymentExpired, "cancelled", ["processing", "cancelled"]),
        (contracts.RefundChanged, "cancelled", []),
    ]
    assert (refund.amount_paise, refund.automatic, refund.on_bill) == (DUE, True, False)
    assert (refund.requested_by, refund.requested_by_name, refund.reason) == (None, None, "the order is gone")
    assert isinstance(refund.id, UUID), "one of its own, where none is given"


def test_a_second_capture_goes_back_and_the_payment_stays_completed() -> None:
    ledger, first = paid()
    second = captured(ledger, "pay_2")
    refund = ledger.refund_unusable(second, "paid twice")
    assert [event[:3] for event in told(ledger)] == [
        (contracts.PaymentChanged, "completed", []),
        (contracts.RefundChanged, "completed", []),
    ]
    assert (refund.attempt_id, first.refundable_paise, second.refundable_paise) == (second.id, DUE, 0)
    assert (ledger.row.captured_paise, ledger.row.refunded_paise) == (2 * DUE, DUE)


def test_money_is_promised_back_by_a_person() -> None:
    ledger, attempt = paid()
    wanted = uuid4()
    refund = ledger.request_refund(attempt, 4_000, "cold", (ASHA, "Asha"), refund_id=wanted)
    assert (refund.id, refund.outlet_id, refund.payment_id, refund.attempt_id) == (
        wanted,
        7,
        ledger.row.id,
        attempt.id,
    )
    assert (refund.amount_paise, refund.method, refund.reason, refund.status) == (
        4_000,
        "upi",
        "cold",
        "requested",
    )
    assert (refund.automatic, refund.on_bill, refund.requested_by, refund.requested_by_name) == (
        False,
        True,
        ASHA,
        "Asha",
    )
    assert (refund.created_at, refund.next_try_at) == (NOW, NOW)
    assert ledger.refunds == [refund]
    assert ledger.changed_refunds == {refund.id: refund} and ledger.changed_attempts == {attempt.id: attempt}
    assert (attempt.refunded_paise, ledger.row.refunded_paise) == (4_000, 4_000)
    [event] = ledger.events
    told_of = event.payload
    assert isinstance(told_of, contracts.RefundChanged) and told_of.refunded_paise == 4_000
    assert (told_of.refund_id, told_of.refund_paise, told_of.refund_status, told_of.reason) == (
        wanted,
        4_000,
        "requested",
        "cold",
    )


def test_cash_is_given_back_by_hand_and_no_provider_is_asked() -> None:
    ledger = requested()
    attempt = ledger.take("cash", ASHA, "Asha", tendered_paise=DUE)
    ledger.fulfil(attempt)
    refund = ledger.request_refund(attempt, 1, "a paisa")
    assert (refund.next_try_at, refund.status) == (None, "to_hand_out")
    ledger.hand_out(refund, ASHA, "Asha", "cash", None)
    assert (refund.status, refund.handed_by, refund.handed_by_name) == ("processed", ASHA, "Asha")
    assert (refund.settled_at, refund.business_day, ledger.totals[-1]) == (
        NOW,
        DAY,
        DayTotal(DAY, NOW, "cash", refunded_count=1, refunded_paise=1),
    )


def test_too_little_for_a_provider_is_handed_out() -> None:
    ledger, attempt = paid()
    assert ledger.request_refund(attempt, 99, "a little").status == "to_hand_out"
    assert ledger.request_refund(attempt, 100, "a rupee").status == "requested"


def test_no_more_is_given_back_than_an_attempt_has_left() -> None:
    ledger, attempt = paid()
    ledger.request_refund(attempt, 4_000, "cold")
    for paise in (6_001, 0, -1):
        with pytest.raises(RefundTooLarge) as refusal:
            ledger.request_refund(attempt, paise, "more")
        assert refusal.value.extensions["refundable_paise"] == 6_000
    assert ledger.row.refunded_paise == 4_000 and len(ledger.refunds) == 1
    ledger.request_refund(attempt, 6_000, "the rest")
    assert ledger.refundable_paise == 0 == attempt.refundable_paise


def test_an_attempt_is_found_that_has_so_much_the_one_on_the_bill_first() -> None:
    ledger = processing()
    assert ledger.refundable_paise == 0
    ledger.observe(seen("failed", "pay_0"))
    early, late = captured(ledger, "pay_1"), captured(ledger, "pay_2")
    ledger.fulfil(late)
    assert ledger.attempt_with(DUE) is late
    ledger.request_refund(late, 1, "a paisa")
    assert ledger.attempt_with(DUE - 1) is late and ledger.attempt_with(DUE) is early
    assert ledger.refundable_paise == DUE
    with pytest.raises(RefundTooLarge, match="At most ₹100.00 can still") as refusal:
        ledger.attempt_with(DUE + 1)
    assert refusal.value.extensions["refundable_paise"] == DUE


def test_a_refund_goes_its_way_one_event_a_step_and_counts_on_the_day_it_is_processed() -> None:
    ledger, attempt = paid()
    refund = ledger.request_refund(attempt, 4_000, "cold")
    ledger.events.clear()
    ledger.changed_refunds.clear()
    ledger.advance_refund(refund, "processed", provider_refund_id="rfnd_1", error="slow")
    assert [
        event.payload.refund_status
        for event in ledger.events
        if isinstance(event.payload, contracts.RefundChanged)
    ] == [
        "pending",
        "processed",
    ]
    assert (refund.provider_refund_id, refund.error, refund.business_day) == ("rfnd_1", "slow", DAY)
    assert (refund.settled_at, refund.next_try_at) == (NOW, None)
    assert ledger.totals == [DayTotal(DAY, NOW, "upi", refunded_count=1, refunded_paise=4_000)]
    assert ledger.changed_refunds == {refund.id: refund} and ledger.row.refunded_paise == 4_000
    ledger.events.clear()
    ledger.advance_refund(refund, "pending")
    assert (ledger.events, refund.status, refund.provider_refund_id) == ([], "processed", "rfnd_1")
    ledger.advance_refund(refund, "to_hand_out")
    assert refund.status == "processed", "what came to its end stays there"


def test_a_refund_that_waits_is_not_settled() -> None:
    ledger, attempt = paid()
    refund = ledger.request_refund(attempt, 4_000, "cold")
    refund.method = None
    ledger.advance_refund(refund, "unknown", error="no answer")
    assert (refund.settled_at, refund.next_try_at, refund.business_day) == (None, NOW, None)
    assert (ledger.totals, ledger.row.refunded_paise) == ([], 4_000)
    ledger.advance_refund(refund, "processed")
    assert ledger.totals == [DayTotal(DAY, NOW, "card", refunded_count=1, refunded_paise=4_000)]


def test_a_refund_that_the_provider_can_not_make_is_a_task_and_stays_promised() -> None:
    ledger, attempt = paid()
    refund = ledger.request_refund(attempt, 4_000, "cold")
    ledger.advance_refund(refund, "pending", provider_refund_id="rfnd_1")
    ledger.advance_refund(refund, "to_hand_out", provider_refund_id="rfnd_1", error="closed account")
    assert (refund.status, refund.error, refund.settled_at, refund.next_try_at) == (
        "to_hand_out",
        "closed account",
        None,
        None,
    )
    assert (ledger.row.refunded_paise, attempt.refundable_paise, ledger.totals) == (4_000, 6_000, [])
    ledger.advance_refund(refund, "pending", provider_refund_id="rfnd_1")
    assert refund.status == "to_hand_out", "an older snapshot of the same refund"
    ledger.advance_refund(refund, "pending")
    assert refund.status == "to_hand_out", "and one that names no refund is no new one"
    ledger.hand_out(refund, ASHA, "Asha", "cash", "slip 7")
    assert (refund.method, refund.reference, refund.error) == ("cash", "slip 7", "closed account")
    assert ledger.totals == [DayTotal(DAY, NOW, "cash", refunded_count=1, refunded_paise=4_000)]
    assert ledger.refunded_at_provider(attempt) == 0


def test_a_refund_made_in_the_dashboard_may_be_one_that_we_promised() -> None:
    ledger, attempt = paid()
    task = ledger.request_refund(attempt, 3_000, "cold")
    ledger.advance_refund(task, "to_hand_out", error="closed account")
    asked = ledger.request_refund(attempt, 6_000, "more")
    assert ledger.promised(attempt, 3_000) is task
    assert ledger.promised(attempt, 2_000) is None
    assert ledger.promised(attempt, 6_000) is asked, "there is not enough left for another of this amount"
    ledger.advance_refund(task, "pending", provider_refund_id="rfnd_9")
    assert (task.status, task.next_try_at) == ("pending", NOW)
    assert ledger.promised(attempt, 3_000) is None
    small, other = paid()
    small.request_refund(other, 3_000, "cold")
    assert small.promised(other, 3_000) is None, "enough is left: it is another one"


def test_a_refund_made_in_the_dashboard_is_none_that_was_promised_of_another_payment() -> None:
    ledger, first = paid()
    second = captured(ledger, "pay_2")
    task = ledger.request_refund(first, 3_000, "cold")
    ledger.advance_refund(task, "to_hand_out", error="closed account")
    assert ledger.promised(second, 3_000) is None
    assert ledger.promised(first, 3_000) is task


def test_a_refusal_that_may_pass_is_told_and_changes_nothing_else() -> None:
    ledger, attempt = paid()
    refund = ledger.request_refund(attempt, 3_000, "cold")
    ledger.events.clear()
    for _ in range(3):
        ledger.delay_refund(refund, "not enough balance")
    assert (refund.status, refund.error, len(ledger.events)) == ("requested", "not enough balance", 1)


def test_only_captured_money_can_be_given_back() -> None:
    row = AttemptRow(
        outlet_id=1,
        id=UUID(int=1),
        payment_id=UUID(int=2),
        provider="razorpay",
        amount_paise=DUE,
        created_at=NOW,
    )
    refundable = {}
    for status in ATTEMPT:
        row.status = status
        refundable[status] = row.refundable_paise
    assert refundable == {**dict.fromkeys(ATTEMPT, 0), "captured": DUE}


def test_what_is_booked_of_captured_money_is_no_news() -> None:
    ledger, _ = paid()
    for status in ("authorized", "captured", "failed"):
        assert ledger.has_booked(seen(status))
    with pytest.raises(Mismatch):
        ledger.has_booked(seen("captured", order_id="order_2"))


def test_money_that_is_not_booked_yet_is_news() -> None:
    assert not processing().has_booked(seen("authorized"))
    waiting = processing()
    waiting.observe(seen("authorized"))
    for status in ("authorized", "captured", "failed"):
        assert not waiting.has_booked(seen(status))
    ledger, _ = paid()
    assert not ledger.has_booked(seen("captured", "pay_2"))
    assert not ledger.has_booked(seen("captured", refunded_paise=1))
    assert not ledger.has_booked(seen("returned"))
