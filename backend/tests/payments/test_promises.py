"""Refunds that we promised and refunds that the provider made by itself: the same money never goes twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from rasoi.contracts import payments as contracts
from rasoi.payments.domain import AttemptRow, RefundRow
from rasoi.payments.ledger import DayTotal, Ledger
from tests.payments.test_ledger import DAY, DUE, NOW, captured, paid, processing, seen


def promise(ledger: Ledger, attempt: AttemptRow, paise: int, **more: Any) -> RefundRow:
    refund = ledger.request_refund(attempt, paise, "cold")
    for name, value in more.items():
        setattr(refund, name, value)
    ledger.events.clear()
    ledger.changed_refunds.clear()
    return refund


def with_promises(*amounts: int) -> tuple[Ledger, AttemptRow, list[RefundRow]]:
    ledger, attempt = paid()
    return ledger, attempt, [promise(ledger, attempt, paise) for paise in amounts]


def amounts_told(ledger: Ledger) -> list[int]:
    payloads = [event.payload for event in ledger.events]
    return [each.refund_paise for each in payloads if isinstance(each, contracts.RefundChanged)]


@pytest.mark.parametrize(
    ("paise", "kept", "left"),
    [
        (5_000, 0, [3_000, 2_000]),  # just what is left beside the promises
        (5_001, 0, [2_999, 2_000]),
        (7_999, 0, [1, 2_000]),
        (8_000, 1, [3_000, 2_000]),
        (9_000, 1, [3_000, 1_000]),
        (9_999, 1, [3_000, 1]),
        (10_000, 2, [3_000, 2_000]),
    ],
)
def test_what_the_provider_gave_back_keeps_promises_whole_ones_first_made_first(
    paise: int, kept: int, left: list[int]
) -> None:
    ledger, attempt, promises = with_promises(3_000, 2_000)
    assert ledger.keep_promises(attempt, paise) == promises[:kept]
    assert [each.amount_paise for each in promises] == left
    assert attempt.refunded_paise == ledger.row.refunded_paise == sum(left)
    shrunk = [
        each for each, before in zip(promises, (3_000, 2_000), strict=True) if each.amount_paise < before
    ]
    assert amounts_told(ledger) == [each.amount_paise for each in shrunk]
    assert list(ledger.changed_refunds.values()) == shrunk


def test_one_that_shrinks_leaves_the_later_ones_whole() -> None:
    ledger, attempt, promises = with_promises(3_000, 2_000, 1_000)
    assert ledger.keep_promises(attempt, 4_001) == []
    assert [each.amount_paise for each in promises] == [2_999, 2_000, 1_000]


@pytest.mark.parametrize(
    "state",
    [
        {"status": "requested", "provider_refund_id": "rfnd_1"},
        {"status": "pending", "provider_refund_id": None},
        {"status": "unknown", "provider_refund_id": None},
        {"status": "processed", "provider_refund_id": "rfnd_1"},
    ],
)
def test_what_the_provider_may_know_of_is_kept_by_nothing_else(state: dict[str, Any]) -> None:
    ledger, attempt = paid()
    known = promise(ledger, attempt, 3_000, **state)
    waiting = promise(ledger, attempt, 2_000)
    assert ledger.keep_promises(attempt, 7_000) == [waiting]
    assert known.amount_paise == 3_000


def test_a_task_is_kept_whatever_the_provider_knew_of_it() -> None:
    ledger, attempt = paid()
    task = promise(ledger, attempt, 3_000, status="to_hand_out", provider_refund_id="rfnd_1")
    assert ledger.keep_promises(attempt, 10_000) == [task]


def two_captures() -> tuple[Ledger, AttemptRow, AttemptRow]:
    ledger, first = paid()
    second = captured(ledger, "pay_2")
    ledger.events.clear()
    return ledger, first, second


def test_the_promises_of_another_try_stay() -> None:
    ledger, first, second = two_captures()
    other = promise(ledger, first, 3_000)
    mine = promise(ledger, second, 2_000)
    assert ledger.keep_promises(second, 10_000) == [mine]
    assert other.amount_paise == 3_000
    assert ledger.promised(second, 3_000) is None


@pytest.mark.parametrize(
    ("status", "known", "may_be_it"),
    [
        ("requested", None, True),
        ("unknown", None, True),
        ("requested", "rfnd_1", False),
        ("unknown", "rfnd_1", False),
        ("pending", None, False),
        ("processed", None, False),
    ],
)
def test_one_that_we_are_about_to_ask_for_may_be_it_when_no_other_fits(
    status: str, known: str | None, may_be_it: bool
) -> None:
    ledger, attempt = paid()
    asked = promise(ledger, attempt, 6_000, status=status, provider_refund_id=known)
    assert ledger.promised(attempt, 6_000) is (asked if may_be_it else None)


def test_where_just_enough_is_left_it_is_another_one() -> None:
    ledger, attempt = paid()
    promise(ledger, attempt, 5_000)
    assert ledger.promised(attempt, 5_000) is None


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ({"status": "pending", "provider_refund_id": "rfnd_1"}, 3_000),
        ({"status": "processed", "provider_refund_id": "rfnd_1"}, 3_000),
        ({"status": "requested", "provider_refund_id": "rfnd_1"}, 0),
        ({"status": "unknown", "provider_refund_id": "rfnd_1"}, 0),
        ({"status": "to_hand_out", "provider_refund_id": "rfnd_1"}, 0),
        ({"status": "processed", "provider_refund_id": None}, 0),
        ({"status": "processed", "provider_refund_id": "rfnd_1", "handed_by": uuid4()}, 0),
    ],
)
def test_what_went_back_through_the_provider(more: dict[str, Any], counted: int) -> None:
    ledger, attempt = paid()
    promise(ledger, attempt, 3_000, **more)
    assert ledger.refunded_at_provider(attempt) == counted


def test_what_went_back_of_another_try_is_not_this_ones() -> None:
    ledger, first, second = two_captures()
    promise(ledger, first, 3_000, status="processed", provider_refund_id="rfnd_1")
    assert (ledger.refunded_at_provider(first), ledger.refunded_at_provider(second)) == (3_000, 0)


@pytest.mark.parametrize(
    ("status", "had", "told", "then"),
    [
        ("to_hand_out", None, None, "to_hand_out"),
        ("to_hand_out", "rfnd_1", "rfnd_1", "to_hand_out"),
        ("to_hand_out", "rfnd_1", "rfnd_2", "pending"),
        ("to_hand_out", None, "rfnd_1", "pending"),
        ("requested", None, None, "pending"),
        ("unknown", None, None, "pending"),
    ],
)
def test_a_task_is_under_way_again_only_by_a_refund_that_is_new(
    status: str, had: str | None, told: str | None, then: str
) -> None:
    ledger, attempt = paid()
    refund = promise(ledger, attempt, 3_000, status=status, provider_refund_id=had)
    ledger.advance_refund(refund, "pending", provider_refund_id=told)
    assert (refund.status, refund.provider_refund_id) == (then, told or had)


def test_a_try_fails_once_and_counts_once() -> None:
    ledger = processing()
    ledger.observe(seen("failed", method=None))
    [attempt] = ledger.attempts
    assert (attempt.failed_at, attempt.failed_day) == (NOW, DAY)
    assert ledger.totals == [DayTotal(DAY, NOW, "card", failed_count=1)]
    attempt.status = "unknown"  # looked up again, and failed it is
    ledger.observe(seen("failed"))
    assert len(ledger.totals) == 1


def test_the_payments_day_is_that_of_its_first_capture() -> None:
    ledger, _ = paid()
    first = ledger.row.business_day
    ledger.today = first.replace(day=first.day + 1)
    captured(ledger, "pay_2")
    assert (ledger.row.business_day, ledger.row.captured_paise) == (first, 2 * DUE)
    assert ledger.attempts[-1].business_day == ledger.today
