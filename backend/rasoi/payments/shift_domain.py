"""The rules of shifts: what a count comes to, and when a difference is for a manager. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from rasoi.platform.problems import Conflict, Unprocessable
from rasoi.platform.transitions import Transitions

SHIFT: Transitions = {
    "open": frozenset({"to_approve", "closed"}),
    "to_approve": frozenset({"closed"}),
    "closed": frozenset(),
}
DENOMINATIONS = tuple(rupees * 100 for rupees in (2000, 500, 200, 100, 50, 20, 10, 5, 2, 1))


class CountedTwice(Unprocessable):
    slug, title = "counted-twice", "A denomination stands twice in the count"


class NoOpenShift(Conflict):
    slug, title = "no-open-shift", "Cash needs an open shift here"


class ShiftIsOver(Conflict):
    slug, title = "shift-is-over", "This shift has been counted"


class Counted(msgspec.Struct, frozen=True):
    """So many notes or coins of one denomination."""

    denomination_paise: int
    quantity: int


class Sums(msgspec.Struct, frozen=True):
    """What a shift took and gave, in paise."""

    taken_paise: int = 0
    refunded_paise: int = 0
    in_paise: int = 0
    out_paise: int = 0


class ShiftRow(msgspec.Struct, kw_only=True):
    """A row of payments.shift: a person's time with a drawer."""

    outlet_id: int
    id: UUID
    drawer: str
    person_id: UUID
    person_name: str
    status: str = "open"
    float_paise: int
    business_day: date
    opened_at: datetime
    counts: list[Counted] = []
    counted_paise: int | None = None
    expected_paise: int | None = None
    closed_day: date | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = None
    closed_by_name: str | None = None
    approved_at: datetime | None = None
    approved_by: UUID | None = None
    approved_by_name: str | None = None
    note: str | None = None
    version: int = 0

    @property
    def difference_paise(self) -> int | None:
        """Positive where there is more in the drawer than there should be; None until it is counted."""
        if self.counted_paise is None or self.expected_paise is None:
            return None
        return self.counted_paise - self.expected_paise


def total(counts: Iterable[Counted]) -> int:
    """What a count comes to, in paise. Raises CountedTwice."""
    seen = set[int]()
    paise = 0
    for each in counts:
        if each.denomination_paise in seen:
            raise CountedTwice(f"₹{each.denomination_paise // 100} is there twice.")
        seen.add(each.denomination_paise)
        paise += each.denomination_paise * each.quantity
    return paise


def expected(float_paise: int, sums: Sums) -> int:
    """What must be in the drawer: what it began with, and what came and went since. Paise."""
    return float_paise + sums.taken_paise - sums.refunded_paise + sums.in_paise - sums.out_paise


def after_count(difference_paise: int, limit_paise: int) -> str:
    """The status of a shift that was counted."""
    return "to_approve" if abs(difference_paise) > limit_paise else "closed"
