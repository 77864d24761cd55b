"""Events of the orders room. Subjects: the order's id, the bill's for `bill.*`, the sitting's for `sitting.*`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from rasoi.platform.events import Contract, contract


class ModifierState(Contract, frozen=True, kw_only=True):
    id: UUID
    name: str
    price_paise: int


class TaxState(Contract, frozen=True, kw_only=True):
    name: str
    rate_bp: int
    paise: int


class LineDiscount(Contract, frozen=True, kw_only=True):
    """What makes a line cheaper, before tax: `manual`, `complimentary`, `offer` or `coupon`. One that concerns several lines
    has the same id on each, with its share."""

    id: UUID
    kind: str
    name: str
    paise: int


class SoldLine(Contract, frozen=True, kw_only=True):
    """What every shape of an order's line has: the row, the event and the answer."""

    id: UUID
    item_id: UUID
    variant_id: UUID
    name: str
    variant: str | None
    quantity: int
    modifiers: list[ModifierState]
    allergens: list[str]
    allergies: list[str] = []  # of who eats it; not in the earliest events
    note: str | None
    course: int
    station: str
    unit_price_paise: int
    discounts: Sequence[LineDiscount] = ()  # not in the earliest events
    total_paise: int
    status: str = "active"


class LineState(SoldLine, frozen=True, kw_only=True):
    """One line, frozen as it was sold."""

    taxable_paise: int | None = None  # not in the earliest events


class OrderState(Contract, frozen=True, kw_only=True):
    """An order's public state after the change. `path` lists the states passed through in this change,
    the one before it first (empty when the state did not change)."""

    order_id: UUID
    bill_id: UUID
    session_id: UUID | None = None
    number: int
    token: str | None = None
    type: str
    status: str
    path: list[str] = []
    table_id: UUID | None = None
    table: str | None = None
    note: str | None = None
    allergies: list[str] = []  # of the whole party
    business_day: date
    placed_at: datetime
    payment: str
    payment_status: str = "unpaid"
    expires_at: datetime | None = None
    total_paise: int
    held_courses: list[int] = []
    cancel_requested: bool = False
    reason: str | None = None
    lines: list[LineState]


@contract("rasoi.order.placed.v1", "orders")
class OrderPlaced(OrderState, frozen=True, kw_only=True):
    """A new order; `status` says how far it went at once: placed, awaiting_payment or confirmed."""


@contract("rasoi.order.confirmed.v1", "orders")
class OrderConfirmed(OrderState, frozen=True, kw_only=True):
    """The kitchen may cook it: approved, or paid for."""


@contract("rasoi.order.progressed.v1", "orders")
class OrderProgressed(OrderState, frozen=True, kw_only=True):
    """Preparing, ready, served or completed; also back, by recall."""


@contract("rasoi.order.cancelled.v1", "orders")
class OrderCancelled(OrderState, frozen=True, kw_only=True):
    """Cancelled, rejected or expired (see `status`): nothing more will be made of it."""


@contract("rasoi.order.cancel_requested.v1", "orders")
class OrderCancelRequested(OrderState, frozen=True, kw_only=True):
    """The kitchen has it already, and whoever is to decide is asked. `asked_by` is a role."""

    asked_by: str | None = None


@contract("rasoi.order.cancel_refused.v1", "orders")
class OrderCancelRefused(OrderState, frozen=True, kw_only=True):
    """The kitchen goes on with it."""


@contract("rasoi.order.line_voided.v1", "orders")
class OrderLineVoided(OrderState, frozen=True, kw_only=True):
    """Somebody took back a quantity of a line. The lines are what is left; `voided_paise` is what that made less.
    `begun`: the kitchen had started it, so that it is waste."""

    line_id: UUID
    voided_quantity: int
    voided_paise: int
    void_reason: str
    begun: bool
    voided_by: UUID


@contract("rasoi.order.discounted.v1", "orders")
class OrderDiscounted(OrderState, frozen=True, kw_only=True):
    """Staff took something off an order's lines, before tax, or took that back: then `off_paise` is negative."""

    discount_id: UUID
    discount_kind: str
    off_paise: int
    discount_reason: str | None
    changed_by: UUID | None


@contract("rasoi.order.moved.v1", "orders")
class OrderMoved(OrderState, frozen=True, kw_only=True):
    """Its party or its bill has another table: `table` is where it is carried to from now on."""


class SittingState(Contract, frozen=True, kw_only=True):
    """One party at a table, after the change: `state` is open or ended, `ending` cleared, timed_out or walk_out. `waiting` is
    how many guests wait to be let in; `ended_session_ids` are the guests' sessions that this change ended."""

    sitting_id: UUID
    table_id: UUID
    table: str
    state: str
    covers: int | None = None
    opened_by: str
    opened_at: datetime
    ended_at: datetime | None = None
    ending: str | None = None
    waiting: int = 0
    ended_session_ids: list[UUID] = []


@contract("rasoi.sitting.opened.v1", "orders")
class SittingOpened(SittingState, frozen=True, kw_only=True):
    """A party sat down."""


@contract("rasoi.sitting.changed.v1", "orders")
class SittingChanged(SittingState, frozen=True, kw_only=True):
    """Somebody wants to join or was answered, the covers or the table are others, or the table's code was renewed."""


@contract("rasoi.sitting.ended.v1", "orders")
class SittingEnded(SittingState, frozen=True, kw_only=True):
    """The party is gone; the next one begins anew."""


class BillState(Contract, frozen=True, kw_only=True):
    """A bill's public state after the change."""

    bill_id: UUID
    type: str
    status: str
    payment: str = "pay_later"
    sitting_id: UUID | None = None
    walked_out_at: datetime | None = None
    table_id: UUID | None = None
    table: str | None = None
    session_ids: list[UUID] = []
    order_ids: list[UUID] = []
    total_paise: int
    paid_paise: int
    refunded_paise: int
    due_paise: int
    payment_status: str
    invoice_number: str | None = None
    attention: str | None = None
    attention_since: datetime | None = None


@contract("rasoi.bill.changed.v1", "orders")
class BillChanged(BillState, frozen=True, kw_only=True):
    """Money came or went, the guests want a waiter, or the bill has another table."""


@contract("rasoi.bill.closed.v1", "orders")
class BillClosed(BillState, frozen=True, kw_only=True):
    """Settled; `invoice_number` is its document's."""


@contract("rasoi.bill.voided.v1", "orders")
class BillVoided(BillState, frozen=True, kw_only=True):
    """Nothing on it is owed any more: every order was cancelled, rejected or expired."""


@contract("rasoi.bill.document_issued.v1", "orders")
class DocumentIssued(Contract, frozen=True, kw_only=True):
    """A bill's document, or a credit note that corrects one (`corrects`). Subject: the document's id; it has this one
    event, since it never changes. `hash` covers its text and the document before it."""

    document_id: UUID
    bill_id: UUID
    kind: str
    number: str
    financial_year: int
    sequence: int
    issued_at: datetime
    business_day: date
    corrects: UUID | None = None
    taxable_paise: int
    taxes: list[TaxState]
    round_off_paise: int
    total_paise: int
    hash: str


@contract("rasoi.bill.written_off.v1", "orders")
class BillWrittenOff(BillState, frozen=True, kw_only=True):
    """Its party left without paying, and a manager gave it up."""
