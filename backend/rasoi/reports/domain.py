"""How events become figures: pure, without I/O, clock or SQL.

Each event carries its aggregate's whole state, so the newest version says all, in whatever order and however often
events come.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import TicketChanged
from rasoi.contracts.orders import DocumentIssued, LineState, OrderState
from rasoi.platform.money import half_up

NOT_SOLD = frozenset({"cancelled", "rejected", "expired"})
# after these, and only these, a ticket may have become ready, or be so no more
TIMED_ACTIONS = frozenset({"bump", "recall", "void", "void_line", "accept_cancel"})


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of reports.sale_line; a voided line is worth nothing."""

    line_id: UUID
    item_id: UUID
    name: str
    quantity: int
    taxable_paise: int | None
    total_paise: int


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A row of reports.sale, with its lines. Sums are before the bill's round-off."""

    outlet_id: int
    order_id: UUID
    business_day: date
    placed_at: datetime
    type: str
    counted: bool
    quantity: int
    taxable_paise: int | None
    total_paise: int
    version: int
    lines: tuple[SaleLine, ...]

    @property
    def key(self) -> tuple[int, UUID]:
        return self.outlet_id, self.order_id


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """A row of reports.preparation: one ticket from the stove's call to ready."""

    outlet_id: int
    order_id: UUID
    ticket_id: UUID
    station: str
    fired_at: datetime
    ready_at: datetime | None
    version: int

    @property
    def key(self) -> tuple[int, UUID]:
        return self.outlet_id, self.ticket_id


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A row of reports.document."""

    outlet_id: int
    document_id: UUID
    business_day: date
    kind: str
    taxable_paise: int
    total_paise: int


def paper_of(outlet_id: int, document: DocumentIssued) -> Paper:
    """What a document adds to its day, or a credit note takes away."""
    return Paper(
        outlet_id=outlet_id,
        document_id=document.document_id,
        business_day=document.business_day,
        kind=document.kind,
        taxable_paise=document.taxable_paise,
        total_paise=document.total_paise,
    )


def sale_of(outlet_id: int, version: int, order: OrderState) -> Sale:
    """What an order sells, as it stands at this version. It counts from being placed on, as on its bill."""
    lines = tuple(_line(line) for line in order.lines)
    taxable = [line.taxable_paise for line in lines if line.taxable_paise is not None]
    return Sale(
        outlet_id=outlet_id,
        order_id=order.order_id,
        business_day=order.business_day,
        placed_at=order.placed_at,
        type=order.type,
        counted=order.status not in NOT_SOLD,
        quantity=sum(line.quantity for line in lines),
        taxable_paise=sum(taxable) if len(taxable) == len(lines) else None,
        total_paise=sum(line.total_paise for line in lines),
        version=version,
        lines=lines,
    )


def _line(line: LineState) -> SaleLine:
    sold = line.status == "active"
    return SaleLine(
        line_id=line.id,
        item_id=line.item_id,
        name=line.name,
        quantity=line.quantity if sold else 0,
        taxable_paise=line.taxable_paise if sold else 0,
        total_paise=line.total_paise if sold else 0,
    )


def preparation_of(outlet_id: int, change: TicketChanged) -> Preparation | None:
    """How long a ticket took, as it stands after the change; None where the change can't have moved that."""
    ticket = change.ticket
    if change.action not in TIMED_ACTIONS:
        return None
    return Preparation(
        outlet_id=outlet_id,
        order_id=ticket.order_id,
        ticket_id=ticket.id,
        station=ticket.station,
        fired_at=ticket.fired_at or ticket.placed_at,
        ready_at=ticket.ready_at,
        version=ticket.version,
    )


class Versioned(Protocol):
    @property
    def key(self) -> tuple[int, UUID]: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def newest(rows: Iterable[V]) -> list[V]:
    """The newest of each key, in the order of keys: writers that lock in one order never wait in a circle."""
    kept: dict[tuple[int, UUID], V] = {}
    for row in rows:
        if row.key not in kept or kept[row.key].version <= row.version:
            kept[row.key] = row
    return [kept[key] for key in sorted(kept)]


def average(total_paise: int, orders: int) -> int:
    """Paise per order, rounded half up; 0 without orders."""
    return half_up(total_paise, orders) if orders else 0
