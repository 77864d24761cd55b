"""What a day to be closed and a closed day look like over HTTP; a Z report is kept as it is shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from rasoi.orders.api import DayTax, OpenThing, PaperSum
from rasoi.platform.description import one_of

CHECKS = (
    "open_sittings",
    "open_bills",
    "open_orders",
    "open_shifts",
    "shifts_to_approve",
    "refunds_to_hand_out",
    "refunds_under_way",
    "payments_under_way",
)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What is not settled yet. `blocking`: the day can't be closed before; the rest falls on a later day."""

    name: Annotated[str, one_of(CHECKS)]
    blocking: bool
    items: list[OpenThing]


class OpenDay(msgspec.Struct, kw_only=True):
    """The day that is to be closed next. `ready`: it has begun, and nothing blocks it."""

    business_day: date
    ready: bool
    checks: list[Check]


class CloseRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The day that was looked at: 409 where another one is to be closed."""

    business_day: date


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """What came in and went back by one method."""

    method: str
    captured_count: int
    captured_paise: int
    refunded_count: int
    refunded_paise: int


class DrawerSum(msgspec.Struct, frozen=True, kw_only=True):
    """A shift that was counted on the day."""

    shift_id: UUID
    drawer: str
    person_name: str
    float_paise: int
    expected_paise: int
    counted_paise: int
    difference_paise: int
    approved_by_name: str | None


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """A closed day, as it was when it was closed. `sales_paise`: its documents less its credit notes, `captured_paise` less
    `refunded_paise` its money. `cash_without_shift_paise`: cash taken less cash handed out that no shift answers for."""

    id: UUID
    number: int
    outlet_id: int
    outlet_name: str
    legal_name: str | None
    gstin: str | None
    address: str | None
    timezone: str
    business_day: date
    closed_at: datetime
    closed_by_name: str
    documents: list[PaperSum]
    taxes: list[DayTax]
    sales_paise: int
    orders: int
    orders_paise: int
    cancelled: int
    covers: int
    discount_paise: int
    voids: int
    voided_paise: int
    tenders: list[Tender]
    captured_paise: int
    refunded_paise: int
    shifts: list[DrawerSum]
    difference_paise: int
    cash_without_shift_paise: int
    left_over: list[Check]


class ClosedDay(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the list of closed days."""

    id: UUID
    number: int
    business_day: date
    closed_at: datetime
    closed_by_name: str


class ClosedDays(msgspec.Struct):
    items: list[ClosedDay]
    next: UUID | None
