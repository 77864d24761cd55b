"""Wire shapes of the reports' routes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec


class SalesSums(msgspec.Struct, kw_only=True):
    """Orders that were not cancelled, rejected or expired. `total_paise` includes taxes and is before bills are
    rounded; `taxable_paise` is what it comes to without taxes, null where that is not known of every order."""

    orders: int
    quantity: int
    taxable_paise: int | None
    total_paise: int
    average_paise: int


class DocumentSums(msgspec.Struct, kw_only=True):
    """Documents issued on these business days, and credit notes; with taxes and round-off."""

    issued: int
    issued_paise: int
    credited: int
    credited_paise: int
    net_paise: int


class DaySales(SalesSums, kw_only=True):
    business_day: date
    documents: DocumentSums


class HourSales(SalesSums, kw_only=True):
    """By the outlet's clock; `hour` is 0 to 23."""

    hour: int


class TypeSales(SalesSums, kw_only=True):
    type: str


class ItemSales(msgspec.Struct, kw_only=True):
    item_id: UUID
    name: str
    quantity: int
    taxable_paise: int | None
    total_paise: int


class SalesReport(msgspec.Struct, kw_only=True):
    """`days` has every day asked for, `hours` those with sales, `items` the largest takings first (500 at most)."""

    timezone: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    total: SalesSums
    documents: DocumentSums
    days: list[DaySales]
    hours: list[HourSales]
    types: list[TypeSales]
    items: list[ItemSales]


class PreparationTimes(msgspec.Struct, kw_only=True):
    """Seconds from fired to ready: half of the tickets took up to `p50_s`, nine of ten up to `p90_s`."""

    tickets: int
    p50_s: int
    p90_s: int
    longest_s: int


class StationHour(PreparationTimes, kw_only=True):
    """Tickets fired in this hour of the outlet's clock."""

    hour: int


class StationTimes(PreparationTimes, kw_only=True):
    station: str
    hours: list[StationHour]


class TimesReport(msgspec.Struct, kw_only=True):
    timezone: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    stations: list[StationTimes]
