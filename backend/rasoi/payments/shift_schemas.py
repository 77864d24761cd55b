"""What shifts look like over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.payments.shift_domain import DENOMINATIONS, Counted, ShiftRow, Sums
from rasoi.platform.description import one_of

Float = Annotated[int, Meta(ge=0, le=10_000_000_00)]
Amount = Annotated[int, Meta(ge=1, le=10_000_000_00)]
Word = Annotated[str, Meta(min_length=1, max_length=60)]
Note = Annotated[str, Meta(min_length=1, max_length=200)]
Denomination = Literal[200000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100]
ShiftStatus = Annotated[str, one_of(("open", "to_approve", "closed"))]
MovementKind = Annotated[str, one_of(("in", "out"))]


class ShiftRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`drawer` is one of the outlet's list, `float_paise` what is in it."""

    drawer: Word
    float_paise: Float


class MovementRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`reason` is one of the outlet's list."""

    kind: Literal["in", "out"]
    amount_paise: Amount
    reason: Word
    note: Note | None = None


class CountOf(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """So many notes or coins of one denomination."""

    denomination_paise: Denomination
    quantity: Annotated[int, Meta(ge=0, le=100_000)]


class CountRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is in the drawer. A denomination that is left out is not there; an empty drawer has none."""

    counts: Annotated[list[CountOf], Meta(max_length=len(DENOMINATIONS))]
    note: Note | None = None


class ApproveRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    note: Note | None = None


class CashMovement(msgspec.Struct, kw_only=True):
    id: UUID
    kind: MovementKind
    amount_paise: int
    reason: str
    note: str | None
    by_name: str
    at: datetime


class ShiftSums(msgspec.Struct, frozen=True):
    """What a shift took of guests and gave back in cash, and what was put in and taken out."""

    taken_paise: int
    refunded_paise: int
    in_paise: int
    out_paise: int


class Shift(msgspec.Struct, kw_only=True):
    """What is expected and how that comes about is told once it is counted, to nobody before."""

    id: UUID
    drawer: str
    person_id: UUID
    person_name: str
    status: ShiftStatus
    float_paise: int
    business_day: date
    opened_at: datetime
    movements: list[CashMovement]
    counts: list[Counted]
    counted_paise: int | None
    expected_paise: int | None
    difference_paise: int | None
    sums: ShiftSums | None
    closed_day: date | None
    closed_at: datetime | None
    closed_by_name: str | None
    approved_at: datetime | None
    approved_by_name: str | None
    note: str | None


class OwnShift(msgspec.Struct):
    """The caller's open shift; null where there is none. `drawers` has those that nobody has now, `reasons` why cash is put
    in or taken out. `required`: whether cash needs a shift here."""

    shift: Shift | None
    drawers: list[str]
    reasons: list[str]
    required: bool


class Shifts(msgspec.Struct):
    items: list[Shift]
    next: UUID | None


def shift_view(row: ShiftRow, movements: Iterable[CashMovement], sums: Sums) -> Shift:
    """A shift as it is shown."""
    counted = row.status != "open"
    return Shift(
        id=row.id,
        drawer=row.drawer,
        person_id=row.person_id,
        person_name=row.person_name,
        status=row.status,
        float_paise=row.float_paise,
        business_day=row.business_day,
        opened_at=row.opened_at,
        movements=list(movements),
        counts=row.counts,
        counted_paise=row.counted_paise,
        expected_paise=row.expected_paise,
        difference_paise=row.difference_paise,
        sums=ShiftSums(*msgspec.structs.astuple(sums)) if counted else None,
        closed_day=row.closed_day,
        closed_at=row.closed_at,
        closed_by_name=row.closed_by_name,
        approved_at=row.approved_at,
        approved_by_name=row.approved_by_name,
        note=row.note,
    )
