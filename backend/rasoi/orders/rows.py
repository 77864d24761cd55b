"""Rows of the orders room's tables, and what is computed from one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from rasoi.contracts.orders import LineDiscount, LineState, TaxState
from rasoi.orders.schemas import BillFacts, Buyer, OrderFacts, Seller
from rasoi.orders.states import BEGUN


class DiscountRow(LineDiscount, frozen=True, kw_only=True):
    """A discount of a line: `paise` is what it takes off what is left, `given_paise` what it took off `given_quantity` portions
    when it was given. The rest says who gave it by hand, and why."""

    given_paise: int
    given_quantity: int
    reason: str | None = None
    note: str | None = None
    by: UUID | None = None
    by_name: str | None = None
    approved_by: str | None = None
    at: datetime | None = None


class LineRow(LineState, frozen=True, kw_only=True):
    """A row of orders.line, without its outlet and order. `tax_inclusive`: its price contains the tax."""

    position: int
    discounts: Sequence[DiscountRow] = ()
    tax_inclusive: bool
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxState]
    tax_class: str
    tax_version: int


# of orders.line after its outlet and order, in the table's order: a value of its type is read by place
LINE_COLUMNS = (
    *("id", "item_id", "variant_id", "name", "variant", "quantity", "modifiers", "note", "course", "station"),
    *(
        "unit_price_paise",
        "total_paise",
        "status",
        "allergens",
        "taxable_paise",
        "position",
        "discount_paise",
    ),
    *("taxes", "tax_class", "tax_version", "allergies", "discounts", "tax_inclusive"),
)


def stock_sources(lines: Iterable[LineRow]) -> list[tuple[UUID, UUID, int]]:
    """What the lines take of stock: (line, variant or modifier, quantity)."""
    return [
        (line.id, source, line.quantity)
        for line in lines
        if line.status == "active"
        for source in (line.variant_id, *(modifier.id for modifier in line.modifiers))
    ]


class VoidCause(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes back how many of a line, and why. `stage` is how far the kitchen is with it; None where it has not got it."""

    quantity: int
    reason: str
    note: str | None
    stage: str | None
    by: UUID
    by_name: str | None

    @property
    def begun(self) -> bool:
        """Whether the kitchen has started it, so that it is waste."""
        return self.stage in BEGUN


class VoidRow(VoidCause, frozen=True, kw_only=True):
    """A quantity of a line that was taken back, with what it had come to."""

    id: UUID
    line_id: UUID
    at: datetime
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int


class Progress(msgspec.Struct, kw_only=True):
    """How far one ticket is."""

    station: str
    ticket_id: UUID
    state: str
    version: int = 0


class OrderRow(OrderFacts, kw_only=True):
    """A row of orders.orders with its lines and its tickets' progress."""

    session_id: UUID | None
    table_id: UUID | None
    table_name: str | None
    subtotal_paise: int
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int
    held_courses: list[int]
    approved: bool = True  # may be cooked once it is paid: staff let it through, or need not
    lines: list[LineRow] = []
    progress: list[Progress] = []
    voids: list[VoidRow] = []


def payment_status(total_paise: int, held_paise: int) -> str:
    """What the money held on a bill is to its total. Computed from the ledger, never set."""
    if held_paise > total_paise:
        return "overpaid"
    if held_paise == 0:
        return "unpaid"
    return "paid" if held_paise == total_paise else "partly_paid"


class BillPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Money that was put on a bill; `cashier` is who took it by hand."""

    payment_id: UUID
    method: str
    paise: int
    at: datetime
    cashier: str | None = None


class IssuedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A bill's document in short, with its seller as of the issue. `token` is its link's."""

    id: UUID
    kind: str
    number: str
    token: str
    issued_at: datetime
    total_paise: int
    seller: Seller


def settled_status(total_paise: int, paid_paise: int, held_paise: int) -> str:
    """The same of a closed bill, where money that is not held any more was refunded."""
    if held_paise > total_paise:
        return "overpaid"
    if held_paise == 0 and paid_paise > 0:
        return "refunded"
    return "paid" if held_paise == total_paise else "partly_refunded"


class SittingRow(msgspec.Struct, kw_only=True):
    """A row of orders.sitting."""

    outlet_id: int
    id: UUID
    table_id: UUID
    table_name: str
    covers: int | None
    opened_by: str
    opened_at: datetime
    ended_at: datetime | None
    ending: str | None
    version: int

    @property
    def state(self) -> str:
        return "open" if self.ended_at is None else "ended"


class BillRow(BillFacts, kw_only=True):
    """A row of orders.bill, with its documents."""

    outlet_id: int
    table_id: UUID | None
    table_name: str | None
    customer_name: str | None
    session_ids: list[UUID]
    net_paise: int
    total_paise: int
    attention: str | None
    attention_since: datetime | None
    payments: list[BillPayment] = []
    buyer: Buyer | None = None
    covers: int | None = None
    party_left: bool = False  # its sitting has ended
    documents: list[IssuedDocument] = []

    @property
    def invoice_number(self) -> str | None:
        """The number of its first document."""
        return self.documents[0].number if self.documents else None

    @property
    def buyer_or_guest(self) -> Buyer | None:
        """Who its documents are for, where that is known."""
        return self.buyer or (Buyer(self.customer_name) if self.customer_name else None)

    @property
    def held_paise(self) -> int:
        """What was paid and not given back."""
        return self.paid_paise - self.refunded_paise

    @property
    def due_paise(self) -> int:
        """A closed bill stays paid, whatever was refunded of it since; one that was written off is asked for no more."""
        return 0 if self.status in ("closed", "written_off") else max(0, self.total_paise - self.held_paise)

    @property
    def payment_status(self) -> str:
        if self.status == "closed":
            return settled_status(self.total_paise, self.paid_paise, self.held_paise)
        return payment_status(self.total_paise, self.held_paise)
