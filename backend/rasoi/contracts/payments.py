"""Events of the payments room. Subject: the payment's id."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from rasoi.platform.events import Contract, contract


class PaymentState(Contract, frozen=True, kw_only=True):
    """A payment's public state after the change. `path` as in OrderState."""

    payment_id: UUID
    bill_id: UUID
    order_id: UUID | None = None
    amount_paise: int
    currency: str = "INR"
    status: str
    path: list[str] = []
    method: str | None = None
    captured_paise: int
    refunded_paise: int
    business_day: date
    expires_at: datetime | None = None


@contract("rasoi.payment.requested.v1", "payments")
class PaymentRequested(PaymentState, frozen=True, kw_only=True):
    """An amount is due."""


@contract("rasoi.payment.changed.v1", "payments")
class PaymentChanged(PaymentState, frozen=True, kw_only=True):
    """Processing, failed, or an attempt changed."""


@contract("rasoi.payment.completed.v1", "payments")
class PaymentCompleted(PaymentState, frozen=True, kw_only=True):
    """Captured, or confirmed as cash."""


@contract("rasoi.payment.expired.v1", "payments")
class PaymentExpired(PaymentState, frozen=True, kw_only=True):
    """Given up, expired or cancelled (see `status`); may still be captured late."""


@contract("rasoi.payment.refund_changed.v1", "payments")
class RefundChanged(PaymentState, frozen=True, kw_only=True):
    """A refund was requested, or its state changed. `refund_kind`: `refund`, or `dispute` where the guest's bank took it."""

    refund_id: UUID
    refund_paise: int
    refund_status: str
    refund_kind: str = "refund"
    reason: str | None = None


@contract("rasoi.shift.changed.v1", "payments")
class ShiftChanged(Contract, frozen=True, kw_only=True):
    """A shift was begun, counted or approved. Subject: the shift's id. What was expected is told once it is counted."""

    shift_id: UUID
    drawer: str
    person_id: UUID
    status: str
    business_day: date
    opened_at: datetime
    counted_paise: int | None = None
    difference_paise: int | None = None
