"""What hangs on the state of a payment or of a try alone, and what its rows begin with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rasoi.payments.domain import (
    AttemptRow,
    KnownAttempt,
    Mismatch,
    PaymentRow,
    ProviderPayment,
    RefundRow,
    difference,
)
from rasoi.payments.ledger import DayTotal, Ledger
from tests.payments.test_ledger import DUE, NOW, YESTERDAY, processing, requested, seen


def test_rows_begin_with_nothing_counted() -> None:
    counted = {
        PaymentRow: ("captured_paise", "refunded_paise", "poll_count", "version"),
        AttemptRow: ("refunded_paise",),
        RefundRow: ("tries",),
        ProviderPayment: ("refunded_paise",),
        DayTotal: (
            *("captured_count", "captured_paise", "refunded_count", "refunded_paise"),
            *("failed_count",),
        ),
    }
    for row, names in counted.items():
        values = dict(zip(reversed(row.__struct_fields__), reversed(row.__struct_defaults__), strict=False))
        assert {name: values[name] for name in names} == dict.fromkeys(names, 0), row


@pytest.mark.parametrize(
    ("status", "amount", "refunded", "received", "given_back"),
    [
        ("captured", 100, 100, None, True),
        ("captured", 100, 101, None, True),
        ("captured", 100, 99, None, False),
        ("captured", 120, 100, 100, True),
        ("captured", 1, 1, None, True),
        ("captured", 0, 0, None, False),
        ("authorized", 100, 100, None, False),
        ("returned", 100, 100, None, False),
    ],
)
def test_what_was_given_back_before_we_counted_it(
    status: str, amount: int, refunded: int, received: int | None, given_back: bool
) -> None:
    found = seen(status, amount_paise=amount, refunded_paise=refunded, received_paise=received)
    assert found.is_given_back is given_back


@pytest.mark.parametrize(
    ("found", "known", "words"),
    [
        ("created", None, None),
        ("failed", None, None),
        ("returned", None, None),
        ("authorized", None, "authorized, unknown here"),
        ("captured", None, "captured, unknown here"),
        ("captured", "captured", None),
        ("failed", "failed", None),
        ("created", "authorized", None),
        ("captured", "authorized", "captured there, authorized here"),
        ("failed", "captured", "failed there, captured here"),
    ],
)
def test_what_the_books_say_of_each_other(found: str, known: str | None, words: str | None) -> None:
    ours = None if known is None else KnownAttempt(status=known, amount_paise=DUE, refunded_paise=0)
    assert difference(seen(found), ours) == words


def with_attempts(*statuses: str, status: str = "processing") -> Ledger:
    ledger = processing()
    ledger.row.status = status
    for number, each in enumerate(statuses):
        ledger.observe(seen("created", f"pay_{number}"))
        ledger.attempts[-1].status = each
    return ledger


@pytest.mark.parametrize("status", ["created", "authorized", "unknown"])
def test_a_try_without_an_end_waits_for_the_bank(status: str) -> None:
    assert with_attempts(status).awaits_bank
    assert with_attempts("failed", status).awaits_bank, "one of several is enough"
    assert not with_attempts(status, status="completed").awaits_bank
    assert not with_attempts(status, status="expired").awaits_bank


@pytest.mark.parametrize("statuses", [(), ("failed",), ("captured",), ("returned", "failed")])
def test_without_a_try_under_way_nobody_waits(statuses: tuple[str, ...]) -> None:
    assert not with_attempts(*statuses).awaits_bank


def test_what_is_to_be_looked_up_is_of_this_payment_and_begins_it_once() -> None:
    ledger = processing()
    with pytest.raises(Mismatch):
        ledger.look_up(seen("captured", order_id="order_2"))
    assert ledger.attempts == []
    ledger = requested()
    ledger.row.provider, ledger.row.provider_order_id = "razorpay", "order_1"
    attempt = ledger.look_up(seen("captured", amount_paise=DUE + 200))
    assert (ledger.row.status, attempt.status, attempt.poll_at) == ("processing", "created", NOW)
    ledger = processing()
    assert ledger.look_up(seen("captured")).poll_at == NOW
    assert ledger.row.status == "processing"


@pytest.mark.parametrize(
    ("minutes", "believed"), [(-6, False), (-5, True), (-4, True), (0, True), (1, False)]
)
def test_a_time_of_capture_that_can_not_be_is_not_believed(minutes: int, believed: bool) -> None:
    ledger = processing()
    ledger.captured_day = YESTERDAY
    at = NOW + timedelta(minutes=minutes)
    attempt = ledger.observe(seen("captured", captured_at=at))
    assert attempt is not None
    assert attempt.captured_at == (at if believed else NOW)
    assert (attempt.business_day == YESTERDAY) is believed


def test_without_the_day_of_the_providers_time_it_is_ours() -> None:
    ledger = processing()
    attempt = ledger.observe(seen("captured", captured_at=NOW - timedelta(minutes=1)))
    assert attempt is not None
    assert (attempt.captured_at, attempt.business_day) == (NOW, ledger.today)
