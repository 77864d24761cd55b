"""Wire shapes of the orders room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.contracts.kitchen import State as TicketState
from rasoi.contracts.orders import LineDiscount, SoldLine, TaxState
from rasoi.menu.api import ALLERGENS
from rasoi.orders.states import TRANSITIONS
from rasoi.platform.description import one_of

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+\Z")]
# what somebody must not eat, by the codes of the menu's allergens
Allergies = Annotated[
    list[Annotated[str, Meta(max_length=40), one_of(ALLERGENS)]], Meta(max_length=len(ALLERGENS))
]
LINE = r"^[^\x00-\x1f]+\Z"  # text on one line
DOCUMENT_KINDS = ("tax_invoice", "bill_of_supply", "receipt", "liquor_invoice", "credit_note")
OrderType = Literal["dine_in", "takeaway"]
AttentionReason = Literal["cash", "help"]
# texts of answers
Type = Annotated[str, one_of(get_args(OrderType))]
OrderStatus = Annotated[str, one_of(TRANSITIONS)]
BillStatus = Annotated[str, one_of(("open", "closed", "voided", "written_off"))]
LineStatus = Annotated[str, one_of(("active", "voided"))]
PaymentStatus = Annotated[
    str, one_of(("unpaid", "partly_paid", "paid", "overpaid", "partly_refunded", "refunded"))
]
PaymentTiming = Annotated[str, one_of(("pay_later", "prepaid"))]
DiscountKind = Annotated[str, one_of(("manual", "complimentary", "offer", "coupon"))]
SessionState = Annotated[str, one_of(("seated", "takeaway", "waiting", "refused", "ended", "renewed"))]
Admission = Annotated[str, one_of(("waiting", "admitted", "refused"))]
SittingStatus = Annotated[str, one_of(("open", "ended"))]
DocumentKind = Annotated[str, one_of(DOCUMENT_KINDS)]


class SessionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`table_code` comes from the QR at the table; none means takeaway, from `outlet_id` or else from the first that is open."""

    table_code: Annotated[str, Meta(min_length=8, max_length=64)] | None = None
    outlet_id: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class NamedOutlet(msgspec.Struct):
    id: int
    name: str
    timezone: str  # all times are told in it


class NamedTable(msgspec.Struct):
    id: UUID
    name: str


class GuestSession(msgspec.Struct):
    token: str
    expires_in: int
    session_id: UUID
    outlet: NamedOutlet
    table: NamedTable | None
    type: OrderType
    payment: PaymentTiming
    state: SessionState


class Joiner(msgspec.Struct):
    """A guest who has scanned the code of a table where somebody sits, and waits to be let in."""

    session_id: UUID
    since: datetime


class SessionView(msgspec.Struct):
    """What a guest's session may do: order (seated, takeaway), wait (waiting, refused), or only read its own bills (ended;
    renewed, where the table has a new code). `waiting` may be let in by it."""

    session_id: UUID
    state: SessionState
    sitting_id: UUID | None
    table: NamedTable | None  # where its party sits now
    waiting: list[Joiner]


class Joining(msgspec.Struct):
    session_id: UUID
    admission: Admission


class LineRequest(msgspec.Struct, forbid_unknown_fields=True):
    variant_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=99)]
    modifiers: Annotated[list[UUID], Meta(max_length=30)] = []
    allergies: Allergies = []
    note: Text | None = None
    course: Annotated[int, Meta(ge=1, le=9)] = 1


class QuoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    type: OrderType
    lines: Annotated[list[LineRequest], Meta(min_length=1, max_length=60)]
    bill_id: UUID | None = None


class PlaceRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`expected_total_paise` is what the guest saw: another price is refused, never charged. `bill_id` names the bill that
    an order to be paid later is added to; one that is paid beforehand is a bill of its own, whatever is named. `allergies`
    are those of the whole party, a line's those of who eats it."""

    type: OrderType
    lines: Annotated[list[LineRequest], Meta(min_length=1, max_length=60)]
    expected_total_paise: Annotated[int, Meta(ge=0, le=10**12)]
    bill_id: UUID | None = None
    table_id: UUID | None = None
    held_courses: Annotated[list[Annotated[int, Meta(ge=2, le=9)]], Meta(max_length=8)] = []
    allergies: Allergies = []
    note: Text | None = None
    customer_name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00]+\Z")] | None = None


class ReasonRequest(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text | None = None


class VoidRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is one of the outlet's, `note` what else there is to say."""

    quantity: Annotated[int, Meta(ge=1, le=99)]
    reason: Text
    note: Text | None = None


class DiscountRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Either `percent_bp` (1000 is 10 %) or `amount_paise`, before tax where prices are. `reason` is one of the outlet's."""

    reason: Text
    percent_bp: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    amount_paise: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    note: Text | None = None


class ComplimentaryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is one of the outlet's for discounts."""

    quantity: Annotated[int, Meta(ge=1, le=99)]
    reason: Text
    note: Text | None = None


class GivenReason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text


class SeatRequest(msgspec.Struct, forbid_unknown_fields=True):
    covers: Annotated[int, Meta(ge=1, le=200)]


class AttentionRequest(msgspec.Struct, forbid_unknown_fields=True):
    reason: AttentionReason


class Discount(LineDiscount, frozen=True, kw_only=True):
    """What makes a line cheaper. Of one that was given by hand staff are told why, by whom, who approved it, and when."""

    kind: DiscountKind
    reason: str | None = None
    note: str | None = None
    by: str | None = None
    approved_by: str | None = None
    at: datetime | None = None


class Line(SoldLine, frozen=True, kw_only=True):
    discounts: Sequence[Discount] = ()
    taxable_paise: int
    taxes: list[TaxState]
    status: LineStatus = "active"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """An order's sums. `subtotal_paise` is before discount, as the menu shows it."""

    subtotal_paise: int
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int


class QuotedBill(msgspec.Struct):
    """What the guest would then owe: earlier orders, this one, and the one round-off."""

    previous_paise: int
    round_off_paise: int
    payable_paise: int


class Quote(msgspec.Struct):
    """`waiter_confirms`: it is so much that a waiter is asked before it is made."""

    lines: list[Line]
    totals: Totals
    bill: QuotedBill
    waiter_confirms: bool


class TicketProgress(msgspec.Struct):
    station: str
    ticket_id: UUID
    state: TicketState


class OrderFacts(msgspec.Struct, kw_only=True):
    """What an order's row and its answer have in common."""

    id: UUID
    number: int
    token: str | None
    bill_id: UUID
    outlet_id: int
    type: Type
    status: OrderStatus
    customer_name: str | None
    note: str | None
    allergies: list[str]
    business_day: date
    placed_at: datetime
    confirmed_at: datetime | None
    ready_at: datetime | None
    served_at: datetime | None
    completed_at: datetime | None
    payment: PaymentTiming
    expires_at: datetime | None
    cash_asked_at: datetime | None = None  # its guest first said so then: cash, for which it waits longer
    cancel_requested: bool
    reason: str | None
    version: int


class Void(msgspec.Struct, kw_only=True):
    """A quantity of a line that was taken back, and what it had come to; the line and all sums are without it. `begun`: the
    kitchen had started it. Guests are told neither `note` nor `by`."""

    id: UUID
    line_id: UUID
    quantity: int
    reason: str
    note: str | None
    by: str | None
    begun: bool
    at: datetime
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int


class Order(OrderFacts, kw_only=True):
    """A line of which nothing is left is voided, with quantity 0; what became of it stands in `voids`."""

    table: NamedTable | None
    payment_status: PaymentStatus
    lines: list[Line]
    voids: list[Void]
    totals: Totals
    progress: list[TicketProgress]


class Missing(msgspec.Struct):
    """What an expired order needs and can't be had any more; `available` portions are left."""

    item_id: UUID | None
    name: str
    available: int


class ListedOrder(Order, kw_only=True):
    """`missing` stands against bringing the order back; the counter's list alone asks for it."""

    missing: list[Missing]


class Orders(msgspec.Struct):
    items: list[ListedOrder]
    next: UUID | None


class Seller(msgspec.Struct):
    name: str
    legal_name: str | None
    gstin: str | None
    fssai: str | None
    address: str | None


class Buyer(msgspec.Struct, frozen=True):
    """Who a document is made out to."""

    name: str
    gstin: str | None = None
    address: str | None = None


class BillDocument(msgspec.Struct, kw_only=True):
    """A document of a bill; `url` is its page, which needs no sign-in and can't be guessed."""

    id: UUID
    kind: DocumentKind
    number: str
    issued_at: datetime
    total_paise: int
    url: str


class BillTotals(msgspec.Struct):
    taxable_paise: int
    taxes: list[TaxState]
    round_off_paise: int
    total_paise: int


class Attention(msgspec.Struct):
    reason: Annotated[str, one_of(get_args(AttentionReason))]
    since: datetime


class BillFacts(msgspec.Struct, kw_only=True):
    """What a bill's row and its answer have in common."""

    id: UUID
    type: Type
    payment: PaymentTiming
    status: BillStatus
    business_day: date
    paid_paise: int
    refunded_paise: int
    opened_at: datetime
    closed_at: datetime | None
    sitting_id: UUID | None
    walked_out_at: datetime | None
    version: int


class BillView(BillFacts, kw_only=True):
    """`allergies` are all that its orders that count and their lines name. `counter_due_paise`: what may be paid in cash
    still, of an order that expired unpaid today; 0 where there is none."""

    table: NamedTable | None
    orders: list[Order]
    allergies: list[str]
    totals: BillTotals
    due_paise: int
    counter_due_paise: int
    payment_status: PaymentStatus
    seller: Seller
    buyer: Buyer | None
    buyer_required: bool
    documents: list[BillDocument]
    attention: Attention | None


class Bills(msgspec.Struct):
    items: list[BillView]
    next: UUID | None


class TableBill(msgspec.Struct):
    id: UUID
    payment: PaymentTiming
    total_paise: int
    due_paise: int
    payment_status: PaymentStatus
    opened_at: datetime


class Sitting(msgspec.Struct, kw_only=True):
    """One party at a table."""

    id: UUID
    table: NamedTable
    state: SittingStatus
    covers: int | None
    opened_by: Annotated[str, one_of(("guest", "staff"))]
    opened_at: datetime
    ended_at: datetime | None
    ending: Annotated[str, one_of(("cleared", "timed_out", "walk_out"))] | None
    waiting: list[Joiner]


class Table(msgspec.Struct, kw_only=True):
    """A table on the floor plan. `bill` is the one that its pay-later orders share, `bills` are all that are open;
    `paid`: who sits there has paid, and nothing is open."""

    id: UUID
    code: str
    name: str
    area: str
    seats: int
    state: Literal["free", "occupied", "attention"]
    sitting: Sitting | None
    bill: TableBill | None
    bills: list[TableBill]
    paid: bool
    attention: Attention | None
    to_approve: int
    ready: int


class Tables(msgspec.Struct):
    items: list[Table]
    next: UUID | None


class TableCode(msgspec.Struct):
    table: str
    url: str
