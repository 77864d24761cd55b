"""The days' statistics: by method and hour, as answers and as a file, and made anew from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from rasoi.payments import schemas
from rasoi.payments import statistics_repository as db
from rasoi.platform import csv_cells
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.csv_cells import Amount
from rasoi.platform.money import half_up
from rasoi.platform.problems import Unprocessable
from rasoi.staff.api import now_and_business_day
from rasoi.staff.api import outlet as read_outlet

MOST_DAYS = 366
COUNTED = ("captured_count", "captured_paise", "refunded_count", "refunded_paise", "failed_count")
CSV_HEAD = (
    "business_day",
    "method",
    "gross",
    "refunds",
    "net",
    "average",
    "payments",
    "refunds_made",
    "failed_tries",
)


async def daily_stats(
    ctx: Context, principal: Principal, first: date | None, last: date | None, *, hours: bool = False
) -> schemas.DailyStats:
    """Totals by method for each business day from `first` to `last`; the last 7 days when not said."""
    last = last or (await now_and_business_day(ctx.db, principal.outlet_id))[1]
    first = first or last - timedelta(days=min(6, (last - date.min).days))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Unprocessable(f"Ask for 1 to {MOST_DAYS} days, the earlier one first.")
    rows = await db.daily(ctx.db, principal.outlet_id, first, last)
    by_hour = await db.hourly(ctx.db, principal.outlet_id, first, last) if hours else []
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return schemas.DailyStats(
        outlet.timezone,
        [
            schemas.Day(
                day,
                [_method(row) for row in rows if row["business_day"] == day],
                total([row for row in rows if row["business_day"] == day]),
                [_hour(row) for row in by_hour if row["business_day"] == day],
            )
            for day in days
        ],
        [
            schemas.MethodTotals(**_figures([row for row in rows if row["method"] == method]), method=method)
            for method in sorted({row["method"] for row in rows})
        ],
        total(rows),
    )


def total(rows: Iterable[Any]) -> schemas.Totals:
    """Roll-up rows added up."""
    return schemas.Totals(**_figures(list(rows)))


def _figures(rows: list[Any]) -> dict[str, int]:
    sums = {name: int(sum(row[name] for row in rows)) for name in COUNTED}
    count = sums["captured_count"]
    return sums | {
        "net_paise": sums["captured_paise"] - sums["refunded_paise"],
        "average_paise": half_up(sums["captured_paise"], count) if count else 0,
    }


def _method(row: Any) -> schemas.MethodTotals:
    return schemas.MethodTotals(**_figures([row]), method=row["method"])


def _hour(row: Any) -> schemas.HourTotals:
    return schemas.HourTotals(**_figures([row]), hour=row["hour"], method=row["method"])


def as_csv(stats: schemas.DailyStats, *, hours: bool = False) -> str:
    """The statistics as a file: a row per day and method, or per day, hour and method; amounts in rupees."""
    if hours:
        head = (CSV_HEAD[0], "hour", *CSV_HEAD[1:])
        rows = [
            (day.business_day, row.hour, row.method, *_cells(row)) for day in stats.days for row in day.hours
        ]
        return csv_cells.write(head, rows)
    return csv_cells.write(
        CSV_HEAD, [(day.business_day, row.method, *_cells(row)) for day in stats.days for row in day.methods]
    )


def _cells(row: schemas.Totals) -> tuple[int, ...]:
    amounts = (row.captured_paise, row.refunded_paise, row.net_paise, row.average_paise)
    return (*map(Amount, amounts), row.captured_count, row.refunded_count, row.failed_count)
