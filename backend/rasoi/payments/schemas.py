"""What payments look like over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from rasoi.payments.domain import METHODS, AttemptRow, RefundRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.providers import CheckoutAction
from rasoi.payments.queue import OpenWebhook
from rasoi.platform.description import one_of
from rasoi.staff.api import TenderName

Paise = Annotated[int, msgspec.Meta(ge=1, le=10_000_000_00)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Method = Annotated[str, one_of(METHODS)]
PaymentStatus = Annotated[
    str, one_of(("pending", "processing", "completed", "failed", "expired", "cancelled"))
]
AttemptStatus = Annotated[str, one_of(("created", "authorized", "captured", "failed", "unknown", "returned"))]
RefundKind = Annotated[str, one_of(("refund", "dispute"))]
RefundStatus = Annotated[str, one_of(("requested", "pending", "unknown", "to_hand_out", "processed"))]


class DueRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which bill: named by itself, or by an order on it."""

    order_id: UUID | None = None
    bill_id: UUID | None = None


class CashRequest(DueRequest, forbid_unknown_fields=True, kw_only=True):
    amount_paise: Paise
    tendered_paise: Paise


class TenderRequest(DueRequest, forbid_unknown_fields=True, kw_only=True):
    """`reference` is what the guest or the machine shows: a slip's number, the bank's UTR, a voucher's number."""

    amount_paise: Paise
    tender: TenderName
    reference: (
        Annotated[
            str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9 /._-]*$(?!\n)")
        ]
        | None
    ) = None


class CheckoutRequest(DueRequest, forbid_unknown_fields=True, kw_only=True):
    """`provider` is the name of one that the installation has; its first when left out."""

    provider: Reference | None = None


class VerifyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`reply` is what the provider's checkout handed to the browser, as it is."""

    payment_id: UUID
    reply: Annotated[
        dict[Reference, Annotated[str, msgspec.Meta(max_length=500)]], msgspec.Meta(max_length=20)
    ]


class VerifyRazorpayRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What Razorpay's checkout handed to the browser."""

    payment_id: UUID
    razorpay_payment_id: Reference
    razorpay_order_id: Reference
    razorpay_signature: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

    @property
    def reply(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__struct_fields__ if name != "payment_id"}


class RefundRequest(msgspec.Struct, forbid_unknown_fields=True):
    amount_paise: Paise
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class DismissRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Why it doesn't matter."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class HandOutRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How it was paid out; `reference` is the bank's or the voucher's number, where there is one."""

    method: Method = "cash"
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class Checkout(msgspec.Struct):
    """What the browser needs to let the guest pay. `name` is the outlet's."""

    payment_id: UUID
    provider: str
    amount_paise: int
    currency: str
    name: str
    simulated: bool
    expires_at: datetime | None
    action: CheckoutAction


class OnlinePayment(msgspec.Struct):
    provider: str
    available: bool


class Waiter(msgspec.Struct):
    id: UUID
    name: str


class Attempt(msgspec.Struct):
    """One try to collect it. `waiter` and `reference` are told to staff only."""

    id: UUID
    provider: str
    method: Method | None
    status: AttemptStatus
    amount_paise: int
    provider_payment_id: str | None
    tendered_paise: int | None
    change_paise: int | None
    waiter: Waiter | None
    reference: str | None
    created_at: datetime
    captured_at: datetime | None
    business_day: date | None


class Refund(msgspec.Struct):
    """Money on its way back, or gone back. `kind`: given back by the house or the provider, or taken back by the guest's
    bank after a dispute. Its error, its tries and the persons are told to staff only."""

    id: UUID
    kind: RefundKind
    amount_paise: int
    status: RefundStatus
    method: Method | None
    reason: str
    error: str | None
    requested_by: str | None
    approved_by: str | None
    handed_by: str | None
    reference: str | None
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    settled_at: datetime | None
    business_day: date | None


class RefundTask(Refund):
    """A refund with whose it is: "Table 4", "Takeaway T12"."""

    payment_id: UUID
    bill_id: UUID
    label: str


class RefundTasks(msgspec.Struct):
    items: list[RefundTask]
    next: UUID | None


class Payment(msgspec.Struct):
    """`awaits_bank`: a try is under way whose end is not known; nothing can be said of it yet."""

    id: UUID
    bill_id: UUID
    order_id: UUID | None
    amount_paise: int
    currency: str
    status: PaymentStatus
    method: Method | None
    captured_paise: int
    refunded_paise: int
    awaits_bank: bool
    attempts: list[Attempt]
    refunds: list[Refund]
    business_day: date
    created_at: datetime
    expires_at: datetime | None
    version: int


class Payments(msgspec.Struct):
    items: list[Payment]
    next: UUID | None


class ListedRefund(msgspec.Struct, kw_only=True):
    """A refund as managers see it; `business_day` is the day whose totals count it, null until it is made."""

    id: UUID
    kind: RefundKind
    payment_id: UUID
    bill_id: UUID
    amount_paise: int
    method: Method | None
    status: RefundStatus
    reason: str
    automatic: bool
    requested_by: str | None
    approved_by: str | None
    error: str | None
    created_at: datetime
    settled_at: datetime | None
    business_day: date | None


class Refunds(msgspec.Struct):
    items: list[ListedRefund]
    next: UUID | None


class Totals(msgspec.Struct, kw_only=True):
    """`captured_paise` is gross, `average_paise` of a capture. A capture counts on the business day of the provider's
    time of it, a refund on the day it is made, so that `net_paise` may be negative; `failed_count` are failed tries."""

    captured_count: int
    captured_paise: int
    refunded_count: int
    refunded_paise: int
    failed_count: int
    net_paise: int
    average_paise: int


class MethodTotals(Totals, kw_only=True):
    method: Method


class HourTotals(MethodTotals, kw_only=True):
    """`hour` of the outlet's clock, 0 to 23."""

    hour: int


class Day(msgspec.Struct):
    """`hours` is empty unless asked for."""

    business_day: date
    methods: list[MethodTotals]
    total: Totals
    hours: list[HourTotals]


class DailyStats(msgspec.Struct):
    """`methods` and `total` are of all days together."""

    timezone: str
    days: list[Day]
    methods: list[MethodTotals]
    total: Totals


class Webhooks(msgspec.Struct):
    """Those that wait, or are parked for a person; newest first."""

    items: list[OpenWebhook]


class WebhookReplayed(msgspec.Struct):
    state: Annotated[str, one_of(("waiting", "parked", "applied", "superseded", "dismissed"))]


class Unmatched(msgspec.Struct):
    """Money that was captured at the provider and fits no payment of ours; in paise of its currency."""

    provider: str
    provider_payment_id: str
    provider_order_id: str
    amount_paise: int
    currency: str
    reason: str
    seen_at: datetime


class UnmatchedList(msgspec.Struct):
    items: list[Unmatched]


def unmatched_view(row: Any) -> Unmatched:
    return Unmatched(**{name: row[name] for name in Unmatched.__struct_fields__})


class Received(msgspec.Struct):
    status: str = "ok"


def payment_view(ledger: Ledger, *, staff: bool) -> Payment:
    """A payment for staff, or for the guests whose bill it is."""
    row = ledger.row
    return Payment(
        id=row.id,
        bill_id=row.bill_id,
        order_id=row.order_id,
        amount_paise=row.amount_paise,
        currency=row.currency,
        status=row.status,
        method=row.method,
        captured_paise=row.captured_paise,
        refunded_paise=row.refunded_paise,
        awaits_bank=ledger.awaits_bank,
        attempts=[_attempt(attempt, staff) for attempt in ledger.attempts],
        refunds=[refund_view(refund, staff=staff) for refund in ledger.refunds],
        business_day=row.business_day,
        created_at=row.created_at,
        expires_at=row.expires_at,
        version=row.version,
    )


def _attempt(row: AttemptRow, staff: bool) -> Attempt:
    waiter = Waiter(row.waiter_id, row.waiter_name or "") if staff and row.waiter_id else None
    return Attempt(
        id=row.id,
        provider=row.provider,
        method=row.method,
        status=row.status,
        amount_paise=row.amount_paise,
        provider_payment_id=row.provider_payment_id,
        tendered_paise=row.tendered_paise,
        change_paise=row.change_paise,
        waiter=waiter,
        reference=row.reference if staff else None,
        created_at=row.created_at,
        captured_at=row.captured_at,
        business_day=row.business_day,
    )


def refund_view(row: RefundRow, *, staff: bool) -> Refund:
    """What a manager wrote as the reason stays with the staff."""
    return Refund(**_refund(row, staff))


def refund_task(row: RefundRow, bill_id: UUID) -> RefundTask:
    return RefundTask(**_refund(row, True), payment_id=row.payment_id, bill_id=bill_id, label=row.label)


def listed_refund(row: RefundRow, bill_id: UUID) -> ListedRefund:
    return ListedRefund(
        id=row.id,
        kind=row.kind,
        payment_id=row.payment_id,
        bill_id=bill_id,
        amount_paise=row.amount_paise,
        method=row.method,
        status=row.status,
        reason=row.reason,
        automatic=row.automatic,
        requested_by=row.requested_by_name,
        approved_by=row.approved_by_name,
        error=row.error,
        created_at=row.created_at,
        settled_at=row.settled_at,
        business_day=row.business_day,
    )


def _refund(row: RefundRow, staff: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "amount_paise": row.amount_paise,
        "status": row.status,
        "method": row.method,
        "reason": row.reason if staff or row.automatic else "",
        "error": row.error if staff else None,
        "requested_by": row.requested_by_name if staff else None,
        "approved_by": row.approved_by_name if staff else None,
        "handed_by": row.handed_by_name if staff else None,
        "reference": row.reference if staff else None,
        "tries": row.tries if staff else 0,
        "created_at": row.created_at,
        "next_try_at": row.next_try_at if staff else None,
        "settled_at": row.settled_at,
        "business_day": row.business_day,
    }
