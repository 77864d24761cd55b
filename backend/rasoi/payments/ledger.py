"""A payment's own ledger: its attempts and refunds, and the events that tell of them. No I/O, no clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.contracts import payments as contracts
from rasoi.payments.domain import (
    ATTEMPT,
    COUNTER,
    LEAST_ONLINE_PAISE,
    OPEN,
    PAYMENT,
    REFUND,
    AttemptRow,
    Mismatch,
    PaymentRow,
    ProviderPayment,
    RefundRow,
    RefundTooLarge,
)
from rasoi.platform.transitions import is_stale, route

CLOCKS_APART = timedelta(minutes=5)


class LedgerEvent(msgspec.Struct, frozen=True):
    """An event that a change calls for."""

    payload: contracts.PaymentState
    version: int


class DayTotal(msgspec.Struct, frozen=True):
    """What a change adds to the totals of a day and of an hour of it, by method."""

    day: date
    at: datetime
    method: str
    captured_count: int = 0
    captured_paise: int = 0
    refunded_count: int = 0
    refunded_paise: int = 0
    failed_count: int = 0


class Ledger:
    """A locked payment with its attempts and refunds: the aggregate. Methods change rows and note events."""

    def __init__(
        self,
        row: PaymentRow,
        attempts: list[AttemptRow],
        refunds: list[RefundRow],
        now: datetime,
        today: date,
        captured_day: date | None = None,
    ) -> None:
        self.row = row
        self.stored: tuple[Any, ...] | None = None  # the row's values as the database has them
        self.loaded_version = row.version
        self.attempts = attempts
        self.refunds = refunds
        self.now = now
        self.today = today
        self.captured_day = (
            captured_day  # the business day of the provider's time of capture, where it told one
        )
        self.label = ""
        self.events: list[LedgerEvent] = []
        self.changed_attempts: dict[UUID, AttemptRow] = {}
        self.changed_refunds: dict[UUID, RefundRow] = {}
        self.totals: list[DayTotal] = []

    @property
    def has_changed(self) -> bool:
        """Whether anything has been noted since it was loaded."""
        return self.row.version != self.loaded_version

    @property
    def awaits_bank(self) -> bool:
        """A try has begun whose end the provider does not know either: nobody may say that nothing was charged."""
        return self.row.status in OPEN and any(
            attempt.status in ("created", "authorized", "unknown") for attempt in self.attempts
        )

    # the payment

    def begin(self) -> None:
        """An amount is due."""
        self.record_event(contracts.PaymentRequested, [self.row.status])

    def process(self, provider: str, provider_order_id: str, poll_at: datetime) -> None:
        """The provider knows of it: it may be paid now."""
        self.row.provider, self.row.provider_order_id, self.row.poll_at = provider, provider_order_id, poll_at
        self.record_event(
            contracts.PaymentChanged, self.move("processing") if self.row.status == "pending" else []
        )

    def extend(self, expires_at: datetime) -> None:
        """The guest is still at it."""
        self.row.expires_at = expires_at
        self.record_event(contracts.PaymentChanged)

    def close_unpaid(self, status: str) -> None:
        """Expired, failed or cancelled; money that comes later is still dealt with, and looked for where there may be some."""
        if self.row.provider_order_id is None:
            self.row.poll_at = None
        self.record_event(contracts.PaymentExpired, self.move(status))

    def move(self, target: str) -> list[str]:
        """Take the payment to `target` by legal steps; returns the path, the present state first."""
        path = [self.row.status, *route(PAYMENT, self.row.status, target)]
        self.row.status = target
        return path

    def record_event(
        self, event: type[contracts.PaymentState], path: list[str] | None = None, **more: Any
    ) -> None:
        """Note an event under the payment's next version."""
        self.row.version += 1
        self.events.append(
            LedgerEvent(event(**payment_state(self.row), path=path or [], **more), self.row.version)
        )

    # attempts

    def attempt_of(self, provider_payment_id: str) -> AttemptRow | None:
        return next((a for a in self.attempts if a.provider_payment_id == provider_payment_id), None)

    def observe(self, found: ProviderPayment) -> AttemptRow | None:
        """Take in what the provider says, forward only. Returns the attempt when it was captured just now."""
        self.check(found)
        attempt = self.attempt_of(found.id)
        if attempt is None:
            attempt = self._new_attempt(found)
        elif is_stale(ATTEMPT, attempt.status, found.status):
            return None
        else:
            route(ATTEMPT, attempt.status, found.status)
        # what we knew as authorized or failed was captured after the guest paid: now, as far as can be told
        captured_at = found.captured_at if attempt.status == "created" else None
        attempt.status, attempt.method, attempt.error = found.status, found.method, found.error
        attempt.poll_at = None
        self.changed_attempts[attempt.id] = attempt
        if found.status == "captured":
            attempt.amount_paise = found.effective_paise
            self._captured(attempt, captured_at)
            return attempt
        if found.status == "failed":
            self._failed(attempt)
        path = self.move("processing") if self.row.status == "pending" else []
        self.record_event(contracts.PaymentChanged, path)
        return None

    def check(self, found: ProviderPayment) -> None:
        """Order and currency are the ones that we asked for, or it is none of ours."""
        mine = (self.row.provider_order_id, self.row.currency)
        if (found.order_id, found.currency) != mine:
            raise Mismatch(f"payment {self.row.id} is not what {found.id} is for")

    def is_plain(self, found: ProviderPayment) -> bool:
        """Whether a webhook's snapshot tells all that is to be booked: the amount that was asked for, and no refund that
        we don't know of."""
        if found.status not in ("authorized", "captured"):
            return True
        attempt = self.attempt_of(found.id)
        if attempt is not None and attempt.status == "captured":
            return found.refunded_paise <= self.refunded_at_provider(attempt)
        return found.amount_paise == self.row.amount_paise and found.refunded_paise == 0

    def has_booked(self, found: ProviderPayment) -> bool:
        """Whether its money is booked, and what the provider tells of it is no news. Raises Mismatch."""
        self.check(found)
        attempt = self.attempt_of(found.id)
        return (
            attempt is not None
            and attempt.status == "captured"
            and is_stale(ATTEMPT, attempt.status, found.status)
            and self.is_plain(found)
        )

    def look_up(self, found: ProviderPayment) -> AttemptRow:
        """Have the provider asked about it at once, before anything is booked."""
        self.check(found)
        attempt = self.attempt_of(found.id)
        if attempt is None:
            attempt = self._new_attempt(found)
            attempt.method = found.method
            self.record_event(
                contracts.PaymentChanged, self.move("processing") if self.row.status == "pending" else []
            )
        attempt.poll_at = self.now
        self.changed_attempts[attempt.id] = attempt
        return attempt

    def _new_attempt(self, found: ProviderPayment) -> AttemptRow:
        attempt = AttemptRow(
            outlet_id=self.row.outlet_id,
            id=uuid7(),
            payment_id=self.row.id,
            provider=self.row.provider or "",
            provider_payment_id=found.id,
            amount_paise=found.amount_paise,
            created_at=self.now,
        )
        self.attempts.append(attempt)
        return attempt

    def mark_unknown(self, attempt: AttemptRow) -> None:
        """We asked for its capture and had no clear answer."""
        route(ATTEMPT, attempt.status, "unknown")
        attempt.status = "unknown"
        self.changed_attempts[attempt.id] = attempt
        self.record_event(contracts.PaymentChanged)

    def take(
        self,
        tender: str,
        waiter_id: UUID,
        waiter_name: str,
        *,
        tendered_paise: int | None = None,
        reference: str | None = None,
    ) -> AttemptRow:
        """A named person took the whole amount; of cash `tendered_paise` was given, and the rest is change."""
        attempt = AttemptRow(
            outlet_id=self.row.outlet_id,
            id=uuid7(),
            payment_id=self.row.id,
            provider=COUNTER,
            method=tender,
            status="captured",
            amount_paise=self.row.amount_paise,
            tendered_paise=tendered_paise,
            change_paise=None if tendered_paise is None else tendered_paise - self.row.amount_paise,
            reference=reference,
            waiter_id=waiter_id,
            waiter_name=waiter_name,
            created_at=self.now,
        )
        self.attempts.append(attempt)
        self.changed_attempts[attempt.id] = attempt
        self._captured(attempt)
        return attempt

    def _captured(self, attempt: AttemptRow, at: datetime | None = None) -> None:
        """Its day is that of the provider's time of capture, where that can be: not before we asked, nor to come."""
        at, day = (at, self.captured_day) if at and self.captured_day else (self.now, self.today)
        if not self.row.created_at - CLOCKS_APART <= at <= self.now:
            at, day = self.now, self.today
        attempt.captured_at, attempt.business_day = at, day
        if not self.row.captured_paise:
            self.row.business_day = day
        self.row.captured_paise += attempt.amount_paise
        method = attempt.method or "card"
        self.totals.append(DayTotal(day, at, method, captured_count=1, captured_paise=attempt.amount_paise))

    def _failed(self, attempt: AttemptRow) -> None:
        if attempt.failed_at is None:
            attempt.failed_at, attempt.failed_day = self.now, self.today
            self.totals.append(DayTotal(self.today, self.now, attempt.method or "card", failed_count=1))

    def fulfil(self, attempt: AttemptRow) -> None:
        """Its money is on the bill: the payment is completed."""
        attempt.on_bill = True
        path = self.move("completed")
        self.row.method = attempt.method
        if self.row.provider_order_id is None or (attempt.provider != COUNTER and len(self.attempts) == 1):
            self.row.poll_at = None
        self.record_event(contracts.PaymentCompleted, path)

    def set_aside(self) -> None:
        """Captured money can't be used: an open payment ends without it."""
        if self.row.status in OPEN:
            self.record_event(contracts.PaymentExpired, self.move("cancelled"))
        else:
            self.record_event(contracts.PaymentChanged)

    def refund_unusable(self, attempt: AttemptRow, reason: str) -> RefundRow:
        """Captured money that can't be used goes back, whole."""
        self.set_aside()
        return self.request_refund(attempt, attempt.refundable_paise, reason)

    # refunds

    def refunded_at_provider(self, attempt: AttemptRow) -> int:
        """What went back, or is on its way, through the provider itself."""
        return sum(
            refund.amount_paise
            for refund in self.refunds
            if refund.attempt_id == attempt.id
            and refund.provider_refund_id is not None
            and refund.handed_by is None
            and refund.status in ("pending", "processed")
        )

    @property
    def refundable_paise(self) -> int:
        return max((attempt.refundable_paise for attempt in self.attempts), default=0)

    @property
    def asked_back_paise(self) -> int:
        """What people have had given back of it."""
        return sum(refund.amount_paise for refund in self.refunds if not refund.automatic)

    def attempt_with(self, paise: int) -> AttemptRow:
        """The captured attempt that so much can be given back of, the one on the bill first."""
        fitting = [a for a in self.attempts if a.refundable_paise >= paise]
        if not fitting:
            left = self.refundable_paise
            raise RefundTooLarge(f"At most ₹{left / 100:.2f} can still be given back.", refundable_paise=left)
        return max(fitting, key=lambda a: a.on_bill)

    def request_refund(
        self,
        attempt: AttemptRow,
        paise: int,
        reason: str,
        by: tuple[UUID, str | None] | None = None,
        *,
        refund_id: UUID | None = None,
        dispute_id: str | None = None,
    ) -> RefundRow:
        """Promise money back; nobody is asked yet. `by` is the person who wants it, None for the platform itself.
        What a person took, and what is too little for a provider, is for a person to hand out; what a dispute took is gone."""
        by_hand = attempt.provider == COUNTER or paise < LEAST_ONLINE_PAISE
        if not 0 < paise <= attempt.refundable_paise:
            raise RefundTooLarge(refundable_paise=attempt.refundable_paise)
        refund = RefundRow(
            outlet_id=self.row.outlet_id,
            id=refund_id or uuid7(),
            payment_id=self.row.id,
            attempt_id=attempt.id,
            amount_paise=paise,
            method=attempt.method,
            status="to_hand_out" if by_hand else "requested",
            label=self.label,
            reason=reason,
            automatic=by is None,
            reference=dispute_id,
            on_bill=attempt.on_bill,
            requested_by=by[0] if by else None,
            requested_by_name=by[1] if by else None,
            created_at=self.now,
            next_try_at=None if by_hand else self.now,
        )
        self.refunds.append(refund)
        self._book(refund, attempt, paise)
        self._record_refund_event(refund)
        return refund

    def advance_refund(
        self,
        refund: RefundRow,
        status: str,
        *,
        provider_refund_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Take in how a refund goes, forward only, one event per step."""
        is_new = provider_refund_id not in (None, refund.provider_refund_id)
        refund.provider_refund_id = provider_refund_id or refund.provider_refund_id
        self.changed_refunds[refund.id] = refund
        if is_stale(REFUND, refund.status, status) or (
            refund.status == "to_hand_out" and status == "pending" and not is_new
        ):
            return
        refund.error = error
        for step in route(REFUND, refund.status, status):
            refund.status = step
            if step == "processed":
                refund.business_day, refund.settled_at = self.today, self.now
                method = refund.method or "card"
                self.totals.append(
                    DayTotal(
                        self.today, self.now, method, refunded_count=1, refunded_paise=refund.amount_paise
                    )
                )
            refund.next_try_at = (
                None if step in ("processed", "to_hand_out") else refund.next_try_at or self.now
            )
            self._record_refund_event(refund)

    def delay_refund(self, refund: RefundRow, error: str) -> None:
        """The provider refused it for a reason that may pass: it is asked again."""
        if refund.error != error:
            refund.error = error
            self.changed_refunds[refund.id] = refund
            self._record_refund_event(refund)

    def hand_out(self, refund: RefundRow, by: UUID, name: str, method: str, reference: str | None) -> None:
        """A named person has paid it out."""
        refund.handed_by, refund.handed_by_name = by, name
        refund.method, refund.reference = method, reference
        self.advance_refund(refund, "processed", error=refund.error)

    def promised(self, attempt: AttemptRow, paise: int) -> RefundRow | None:
        """A refund of this amount that we promised and the provider does not know, or could not pay out: what it made by
        itself may be that one. One that we are about to ask for only when there is not enough left for another."""
        waiting = [
            refund
            for refund in self.refunds
            if refund.attempt_id == attempt.id and refund.amount_paise == paise
        ]
        tasks = [refund for refund in waiting if refund.status == "to_hand_out"]
        asked = [
            refund
            for refund in waiting
            if refund.status in ("requested", "unknown") and refund.provider_refund_id is None
        ]
        return next(iter(tasks or (asked if attempt.refundable_paise < paise else [])), None)

    def keep_promises(self, attempt: AttemptRow, paise: int) -> list[RefundRow]:
        """The provider gave back more than is left beside what we promised and it was not asked for. The same money can't
        go twice: this one keeps those promises, whole ones, and one that it leaves a part for shrinks. Returns those kept."""
        lacking, kept = paise - attempt.refundable_paise, list[RefundRow]()
        for refund in self.refunds:
            waits = refund.status == "to_hand_out" or (
                refund.status == "requested" and refund.provider_refund_id is None
            )
            if refund.attempt_id != attempt.id or not waits or lacking <= 0:
                continue
            if refund.amount_paise <= lacking:
                kept.append(refund)
                lacking -= refund.amount_paise
            else:
                refund.amount_paise -= lacking
                self._book(refund, attempt, -lacking)
                self._record_refund_event(refund)
                lacking = 0
        return kept

    def _book(self, refund: RefundRow, attempt: AttemptRow, paise: int) -> None:
        attempt.refunded_paise += paise
        self.row.refunded_paise += paise
        self.changed_attempts[attempt.id] = attempt
        self.changed_refunds[refund.id] = refund

    def _record_refund_event(self, refund: RefundRow) -> None:
        about: dict[str, Any] = {
            "refund_id": refund.id,
            "refund_paise": refund.amount_paise,
            "refund_status": refund.status,
            "refund_kind": refund.kind,
            "reason": refund.reason,
        }
        self.record_event(contracts.RefundChanged, **about)


def payment_state(row: PaymentRow) -> dict[str, Any]:
    """The public state that payment events carry: nobody's name."""
    return {
        "payment_id": row.id,
        "bill_id": row.bill_id,
        "order_id": row.order_id,
        "amount_paise": row.amount_paise,
        "currency": row.currency,
        "status": row.status,
        "method": row.method,
        "captured_paise": row.captured_paise,
        "refunded_paise": row.refunded_paise,
        "business_day": row.business_day,
        "expires_at": row.expires_at,
    }
