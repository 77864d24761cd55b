"""Closing a business day: what is not settled yet, the report, and the lock that keeps the day's figures as they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from litestar import Response
from uuid_utils.compat import uuid7

from rasoi.orders import api as orders
from rasoi.payments import day_repository as db
from rasoi.payments import day_schemas as schemas
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict, NotFound
from rasoi.staff.api import audit, lock_day, now_and_business_day
from rasoi.staff.api import outlet as read_outlet

# what would change the day's figures after all, or is nobody's any more once everybody has gone home
BLOCKING = frozenset(
    {"open_sittings", "open_bills", "open_orders", "open_shifts", "shifts_to_approve", "payments_under_way"}
)


class AnotherDay(Conflict):
    slug, title = "another-day", "Another day is to be closed"


class DayNotSettled(Conflict):
    slug, title = "day-not-settled", "The day is not settled yet"


class DayNotClosed(NotFound):
    slug, title = "day-not-closed", "This day is not closed"


async def _look(tx: Tx, outlet_id: int, day: date) -> tuple[orders.DayFigures, list[schemas.Check]]:
    """A day's figures, and what is not settled, in the order of the checklist. No order is placed on it meanwhile."""
    figures = await orders.day_figures(tx, outlet_id, day)
    things = await db.open_things(tx, outlet_id)
    things["open_sittings"] = figures.open_sittings
    things["open_bills"] = figures.open_bills
    things["open_orders"] = figures.open_orders
    found = [
        schemas.Check(name=name, blocking=name in BLOCKING, items=things[name])
        for name in schemas.CHECKS
        if things.get(name)
    ]
    return figures, found


def has_begun(day: date, now: datetime, timezone: str, cutoff_minutes: int) -> bool:
    """Whether a business day has come by the clock: nobody closes the day after to-day's early close, too."""
    return day <= (now.astimezone(ZoneInfo(timezone)) - timedelta(minutes=cutoff_minutes)).date()


async def _next(tx: Tx, outlet_id: int) -> tuple[date, bool]:
    """The day that is to be closed next, and whether it has begun."""
    outlet = await read_outlet(tx, outlet_id)
    now, today = await now_and_business_day(tx, outlet_id)
    day = await db.next_to_close(tx, outlet_id, today)
    return day, has_begun(day, now, outlet.timezone, outlet.day_cutoff_minutes)


async def open_day(ctx: Context, principal: Principal) -> schemas.OpenDay:
    """The day that is to be closed next, and what is not settled of it."""
    async with ctx.db.transaction("payments") as tx:
        day, begun = await _next(tx, principal.outlet_id)
        _, checks = await _look(tx, principal.outlet_id, day)
    ready = begun and not any(check.blocking for check in checks)
    return schemas.OpenDay(business_day=day, ready=ready, checks=checks)


async def close(
    ctx: Context, principal: Principal, request: schemas.CloseRequest, key: IdempotencyKey
) -> Response[bytes]:
    """Close the day, the first one that is open. Its report is numbered and never changes; what is booked from now on falls
    on a later day. Raises AnotherDay and DayNotSettled."""

    async def work(tx: Tx) -> tuple[int, schemas.DayReport]:
        outlet_id, day = principal.outlet_id, request.business_day
        expected, begun = await _next(tx, outlet_id)
        if day != expected:
            raise AnotherDay(f"{expected:%d %B %Y} is to be closed now.", business_day=str(expected))
        if not begun:
            raise AnotherDay("This day has not begun yet.", business_day=str(expected))
        # whoever places holds the day's counter before the outlet
        await orders.day_figures(tx, outlet_id, day)
        if not await lock_day(tx, outlet_id, day):
            raise AnotherDay("Somebody has just closed it.", business_day=str(day))
        # what was booked until the lock is there now
        figures, checks = await _look(tx, outlet_id, day)
        if blocking := [check.name for check in checks if check.blocking]:
            raise DayNotSettled("Please settle what the list names, then close.", checks=blocking)
        report = await _report(tx, principal, day, figures, checks)
        await db.add(tx, report, principal.id)
        detail = {"business_day": str(day), "number": report.number}
        await audit(tx, principal, "day.closed", str(day), detail)
        return 201, report

    return await idempotent(ctx, "payments", principal, key, work)


async def _report(
    tx: Tx, principal: Principal, day: date, figures: orders.DayFigures, checks: list[schemas.Check]
) -> schemas.DayReport:
    outlet = await read_outlet(tx, principal.outlet_id)
    now, _ = await now_and_business_day(tx, outlet.id)
    tenders = await db.tenders(tx, outlet.id, day)
    drawers = await db.drawers(tx, outlet.id, day)
    sales = sum(each.total_paise * (-1 if each.kind == "credit_note" else 1) for each in figures.documents)
    return schemas.DayReport(
        id=uuid7(),
        number=await db.next_number(tx, outlet.id),
        outlet_id=outlet.id,
        outlet_name=outlet.name,
        legal_name=outlet.legal_name,
        gstin=outlet.gstin,
        address=outlet.address,
        timezone=outlet.timezone,
        business_day=day,
        closed_at=now,
        closed_by_name=principal.name or "",
        documents=figures.documents,
        taxes=figures.taxes,
        sales_paise=sales,
        orders=figures.orders,
        orders_paise=figures.orders_paise,
        cancelled=figures.cancelled,
        covers=figures.covers,
        discount_paise=figures.discount_paise,
        voids=figures.voids,
        voided_paise=figures.voided_paise,
        tenders=tenders,
        captured_paise=sum(each.captured_paise for each in tenders),
        refunded_paise=sum(each.refunded_paise for each in tenders),
        shifts=drawers,
        difference_paise=sum(each.difference_paise for each in drawers),
        cash_without_shift_paise=await db.cash_without_shift(tx, outlet.id, day),
        left_over=checks,
    )
