"""Reading payments and the day's totals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.capture import UnknownPayment
from rasoi.payments.ledger import Ledger
from rasoi.payments.repository import Ref
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.problems import Unprocessable
from rasoi.staff.api import now_and_business_day
from rasoi.staff.api import outlet as read_outlet

MOST_DAYS = 366


async def readable(ctx: Context, principal: Principal, payment_id: UUID) -> Ledger:
    """A payment of the caller's outlet; a guest's own bill's only. Anything else does not exist for them."""
    ledger = await db.load(ctx.db, Ref(principal.outlet_id, payment_id))
    if ledger is None:
        raise UnknownPayment()
    if principal.kind == "guest":
        due = await orders.due(ctx.db, principal.outlet_id, bill_id=ledger.row.bill_id)
        if principal.session_id not in due.session_ids:
            raise UnknownPayment()
    return ledger


async def daily_stats(
    ctx: Context, principal: Principal, first: date | None, last: date | None
) -> schemas.DailyStats:
    """Totals by method for each business day from `first` to `last`; the last 7 days when not said."""
    last = last or (await now_and_business_day(ctx.db, principal.outlet_id))[1]
    first = first or last - timedelta(days=min(6, (last - date.min).days))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Unprocessable(f"Ask for 1 to {MOST_DAYS} days, the earlier one first.")
    rows = await db.daily(ctx.db, principal.outlet_id, first, last)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    found = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return schemas.DailyStats(
        outlet.timezone, [_day(day, [r for r in rows if r["business_day"] == day]) for day in found]
    )


def _day(day: date, rows: list[Any]) -> schemas.Day:
    names = ("captured_count", "captured_paise", "refunded_count", "refunded_paise")
    methods = [
        schemas.MethodTotals(
            **{name: row[name] for name in names},
            net_paise=row["captured_paise"] - row["refunded_paise"],
            method=row["method"],
        )
        for row in rows
    ]
    total = {name: sum(row[name] for row in rows) for name in names}
    return schemas.Day(
        day, methods, schemas.Totals(**total, net_paise=total["captured_paise"] - total["refunded_paise"])
    )
