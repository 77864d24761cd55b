"""The rules of payments: states, what may follow what, and the rows that have them. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from rasoi.platform.problems import Conflict
from rasoi.platform.transitions import Transitions

PAYMENT: Transitions = {
    "pending": frozenset({"processing"}),
    "processing": frozenset({"completed", "failed", "expired", "cancelled"}),
    "failed": frozenset({"completed"}),
    "expired": frozenset({"completed"}),
    "cancelled": frozenset({"completed"}),
    "completed": frozenset(),
}
ATTEMPT: Transitions = {
    "created": frozenset({"authorized", "failed", "unknown"}),
    "authorized": frozenset({"captured", "unknown"}),
    "unknown": frozenset({"authorized", "captured", "failed"}),
    "failed": frozenset({"authorized", "captured"}),
    "captured": frozenset(),
}
REFUND: Transitions = {
    "requested": frozenset({"pending", "unknown", "failed"}),
    "pending": frozenset({"processed", "failed", "unknown"}),
    "unknown": frozenset({"pending", "processed", "failed"}),
    "processed": frozenset(),
    "failed": frozenset(),
}
OPEN = frozenset({"pending", "processing"})
METHODS = ("cash", "upi", "card", "netbanking", "wallet")


class RefundTooLarge(Conflict):
    slug, title = "refund-too-large", "That is more than can be given back"


class Mismatch(Exception):
    """The provider speaks of another order, amount or currency than ours."""


class PaymentRow(msgspec.Struct, kw_only=True):
    """A row of payments.payment: an amount due on a bill."""

    outlet_id: int
    id: UUID
    bill_id: UUID
    order_id: UUID | None
    amount_paise: int
    currency: str = "INR"
    status: str = "pending"
    method: str | None = None
    captured_paise: int = 0
    refunded_paise: int = 0
    provider: str | None = None
    provider_order_id: str | None = None
    business_day: date
    created_at: datetime
    expires_at: datetime | None
    poll_at: datetime | None = None
    poll_count: int = 0
    version: int = 0


class AttemptRow(msgspec.Struct, kw_only=True):
    """A row of payments.attempt: one try to collect it. `on_bill`: its money settled the bill."""

    outlet_id: int
    id: UUID
    payment_id: UUID
    provider: str
    provider_payment_id: str | None = None
    method: str | None = None
    status: str = "created"
    amount_paise: int
    refunded_paise: int = 0
    tendered_paise: int | None = None
    change_paise: int | None = None
    waiter_id: UUID | None = None
    waiter_name: str | None = None
    on_bill: bool = False
    error: str | None = None
    business_day: date | None = None
    created_at: datetime
    captured_at: datetime | None = None
    poll_at: datetime | None = None

    @property
    def refundable_paise(self) -> int:
        return self.amount_paise - self.refunded_paise if self.status == "captured" else 0


class RefundRow(msgspec.Struct, kw_only=True):
    """A row of payments.refund. `on_bill`: the bill was told, since its money was on it."""

    outlet_id: int
    id: UUID
    payment_id: UUID
    attempt_id: UUID
    amount_paise: int
    method: str | None
    status: str = "requested"
    reason: str
    automatic: bool
    on_bill: bool
    requested_by: UUID | None = None
    requested_by_name: str | None = None
    provider_refund_id: str | None = None
    error: str | None = None
    tries: int = 0
    next_try_at: datetime | None = None
    business_day: date | None = None
    created_at: datetime
    settled_at: datetime | None = None


class ProviderPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's payment as it says that it is."""

    id: str
    order_id: str
    amount_paise: int
    currency: str
    status: str
    method: str | None = None
    error: str | None = None
    reason: str | None = None
