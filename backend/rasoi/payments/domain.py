"""The rules of payments: states, what may follow what, and the rows that have them. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from rasoi.platform.problems import Conflict
from rasoi.platform.transitions import Transitions, is_stale

PAYMENT: Transitions = {
    "pending": frozenset({"processing"}),
    "processing": frozenset({"completed", "failed", "expired", "cancelled"}),
    "failed": frozenset({"completed"}),
    "expired": frozenset({"completed"}),
    "cancelled": frozenset({"completed"}),
    "completed": frozenset(),
}
ATTEMPT: Transitions = {
    "created": frozenset({"authorized", "failed", "unknown", "returned"}),
    "authorized": frozenset({"captured", "unknown", "returned"}),
    "unknown": frozenset({"authorized", "captured", "failed", "returned"}),
    "failed": frozenset({"authorized", "captured", "returned"}),
    "captured": frozenset(),
    "returned": frozenset(),  # the provider gave it back without capturing it: never ours
}
REFUND: Transitions = {
    "requested": frozenset({"pending", "unknown", "to_hand_out"}),
    "pending": frozenset({"processed", "unknown", "to_hand_out"}),
    "unknown": frozenset({"pending", "processed", "to_hand_out"}),
    "to_hand_out": frozenset({"pending", "processed"}),  # by a person; or the provider did it after all
    "processed": frozenset(),
}
UNDER_WAY = ("requested", "pending", "unknown")
OPEN = frozenset({"pending", "processing"})
LEAST_ONLINE_PAISE = 100  # providers neither take nor give back less
ONLINE = ("upi", "card", "netbanking", "wallet")


class Tender(msgspec.Struct, frozen=True):
    """A way of paying that a named person confirms. `words` end “Paid …”; `reference` is what is written down of it, if
    anything, and whether it has to be."""

    words: str
    reference: str | None = None
    needs_reference: bool = False


TENDERS = {
    "cash": Tender("in cash"),
    "card_machine": Tender("on the card machine", "the number on its slip"),
    "house_upi": Tender("by UPI to the house", "the bank's reference (UTR)", True),
    "voucher": Tender("with a voucher", "the voucher's number", True),
}
METHODS = (*TENDERS, *ONLINE)
COUNTER = "counter"  # the provider of what a named person has taken


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
    failed_at: datetime | None = None
    failed_day: date | None = None
    shift_id: UUID | None = None
    reference: str | None = None

    @property
    def refundable_paise(self) -> int:
        return self.amount_paise - self.refunded_paise if self.status == "captured" else 0


class RefundRow(msgspec.Struct, kw_only=True):
    """A row of payments.refund. `on_bill`: the bill was told, since its money was on it. `label` is whose it is, for people;
    `handed_by` paid it out by hand, `reference` says how; without such a person it is the dispute that took the money."""

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
    approved_by: UUID | None = None
    approved_by_name: str | None = None
    label: str = ""
    handed_by: UUID | None = None
    handed_by_name: str | None = None
    reference: str | None = None
    provider_refund_id: str | None = None
    error: str | None = None
    tries: int = 0
    next_try_at: datetime | None = None
    business_day: date | None = None
    created_at: datetime
    settled_at: datetime | None = None
    shift_id: UUID | None = None

    @property
    def dispute_id(self) -> str | None:
        """The provider's dispute by which the guest's bank took this money back."""
        return self.reference if self.handed_by is None else None

    @property
    def kind(self) -> str:
        return "dispute" if self.dispute_id else "refund"


class ProviderPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's payment as it says that it is. `amount_paise` is what the guest paid, `refunded_paise` what went back of
    it, `received_paise` what its order got of it, where that is another amount: a fee borne by the customer."""

    id: str
    order_id: str
    amount_paise: int
    currency: str
    status: str
    method: str | None = None
    error: str | None = None
    reason: str | None = None
    captured_at: datetime | None = None  # by the provider's clock, where it tells
    refunded_paise: int = 0
    received_paise: int | None = None
    outlet_id: int | None = None  # that our own notes on it name

    @property
    def effective_paise(self) -> int:
        return self.amount_paise if self.received_paise is None else self.received_paise

    @property
    def is_given_back(self) -> bool:
        """Captured, and refunded whole before we ever counted it."""
        return self.status == "captured" and self.refunded_paise >= self.effective_paise > 0


class KnownAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What our books say of a provider's payment. `refunded_paise` is what went back through the provider."""

    status: str
    amount_paise: int
    refunded_paise: int


def difference(found: ProviderPayment, known: KnownAttempt | None) -> str | None:
    """What the provider's books say that ours don't, in words; None when they agree or hold no money."""
    if known is None:
        return None if found.status in ("created", "failed", "returned") else f"{found.status}, unknown here"
    if not is_stale(ATTEMPT, known.status, found.status):
        return f"{found.status} there, {known.status} here"
    if known.status == "captured" and found.status != "captured":
        return f"{found.status} there, captured here"
    if known.status == "captured" and found.refunded_paise != known.refunded_paise:
        return f"₹{found.refunded_paise / 100:.2f} refunded there, ₹{known.refunded_paise / 100:.2f} here"
    return None
