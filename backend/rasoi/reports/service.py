"""Use-cases of reports: what a manager asks about a range of business days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.problems import Unprocessable
from rasoi.reports import repository, schemas
from rasoi.reports.domain import average
from rasoi.staff.api import now_and_business_day
from rasoi.staff.api import outlet as read_outlet

MOST_DAYS = 92
MOST_ITEMS = 500
SUMS = ("orders", "quantity", "taxable_paise", "total_paise")
TIMES = ("tickets", "p50_s", "p90_s", "longest_s")
NO_DOCUMENTS = schemas.DocumentSums(issued=0, issued_paise=0, credited=0, credited_paise=0, net_paise=0)
NOTHING = {"orders": 0, "quantity": 0, "taxable_paise": 0, "total_paise": 0, "average_paise": 0}


async def _period(
    ctx: Context, outlet_id: int, first: date | None, last: date | None
) -> tuple[date, date, str]:
    """The days asked for, today when not said, and the outlet's timezone."""
    timezone = (await read_outlet(ctx.db, outlet_id)).timezone
    last = last or (await now_and_business_day(ctx.db, outlet_id))[1]
    first = first or last
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Unprocessable(f"Ask for 1 to {MOST_DAYS} days, the earlier one first.")
    return first, last, timezone


async def sales(
    ctx: Context, principal: Principal, first: date | None, last: date | None
) -> schemas.SalesReport:
    """What was sold from `first` to `last`, in all and by day, hour, type and item."""
    outlet_id = principal.outlet_id
    first, last, timezone = await _period(ctx, outlet_id, first, last)
    rows = await repository.sales(ctx.db, outlet_id, first, last, timezone)
    items = await repository.items(ctx.db, outlet_id, first, last, MOST_ITEMS)
    papers = {
        row["business_day"]: _papers(row)
        for row in await repository.documents(ctx.db, outlet_id, first, last)
    }
    days = {row["business_day"]: _sums(row) for row in rows if row["business_day"]}
    asked = (first + timedelta(days=n) for n in range((last - first).days + 1))
    overall = next(r for r in rows if (r["business_day"], r["hour"], r["type"]) == (None, None, None))
    return schemas.SalesReport(
        timezone=timezone,
        first=first,
        last=last,
        total=schemas.SalesSums(**_sums(overall)),
        documents=papers[None],
        days=[
            schemas.DaySales(
                business_day=day, documents=papers.get(day, NO_DOCUMENTS), **days.get(day, NOTHING)
            )
            for day in asked
        ],
        hours=[schemas.HourSales(hour=row["hour"], **_sums(row)) for row in rows if row["hour"] is not None],
        types=[schemas.TypeSales(type=row["type"], **_sums(row)) for row in rows if row["type"]],
        items=[schemas.ItemSales(**dict(row)) for row in items],
    )


def _papers(row: Any) -> schemas.DocumentSums:
    sums = {name: row[name] for name in ("issued", "issued_paise", "credited", "credited_paise")}
    return schemas.DocumentSums(**sums, net_paise=row["issued_paise"] - row["credited_paise"])


def _sums(row: Any) -> dict[str, Any]:
    sums = {name: row[name] for name in SUMS}
    return sums | {"average_paise": average(sums["total_paise"], sums["orders"])}


async def times(
    ctx: Context, principal: Principal, first: date | None, last: date | None
) -> schemas.TimesReport:
    """How long the stations took for the orders of these business days."""
    first, last, timezone = await _period(ctx, principal.outlet_id, first, last)
    rows = await repository.times(ctx.db, principal.outlet_id, first, last, timezone)
    hours = [row for row in rows if row["hour"] is not None]
    return schemas.TimesReport(
        timezone=timezone,
        first=first,
        last=last,
        stations=[
            schemas.StationTimes(
                station=row["station"], hours=_hours(hours, row["station"]), **{n: row[n] for n in TIMES}
            )
            for row in rows
            if row["hour"] is None
        ],
    )


def _hours(rows: list[Any], station: str) -> list[schemas.StationHour]:
    return [
        schemas.StationHour(hour=row["hour"], **{n: row[n] for n in TIMES})
        for row in rows
        if row["station"] == station
    ]
