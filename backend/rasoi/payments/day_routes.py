"""HTTP of closing days."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.payments import day_repository as db
from rasoi.payments import day_schemas as schemas
from rasoi.payments import days
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.roles import permit

TAGS = ["days"]
CLOSED = {201: ResponseSpec(schemas.DayReport, generate_examples=False)}
READ = {200: ResponseSpec(schemas.DayReport, generate_examples=False)}


@get("/api/days/open", guards=[permit("close_day")], tags=TAGS)
async def open_day(ctx: Context, principal: Principal) -> schemas.OpenDay:
    """The day that is to be closed next, with what is not settled of it."""
    return await days.open_day(ctx, principal)


@post("/api/days/close", guards=[permit("close_day")], status_code=201, responses=CLOSED, tags=TAGS)
async def close_day(
    ctx: Context, principal: Principal, data: JSONBody[schemas.CloseRequest], key: IdempotencyKey
) -> Response[bytes]:
    """Close the day. Its report never changes, and nothing is booked onto the day any more."""
    return await days.close(ctx, principal, data, key)


@get("/api/days", guards=[permit("close_day")], tags=TAGS)
async def list_days(
    ctx: Context, principal: Principal, cursor: UUID | None = None, limit: Limit = 50
) -> schemas.ClosedDays:
    """The closed days, the last one first."""
    find = partial(db.find, ctx.db, principal.outlet_id, before=cursor)
    return schemas.ClosedDays(*await read_page(limit, lambda most: find(limit=most)))


@get("/api/days/{report_id:uuid}", guards=[permit("close_day")], responses=READ, tags=TAGS)
async def day_report(ctx: Context, principal: Principal, report_id: UUID) -> schemas.DayReport:
    """The report of a closed day, as it was when it was closed."""
    found = await db.report_of(ctx.db, principal.outlet_id, report_id)
    if found is None:
        raise days.DayNotClosed()
    return found


ROUTES = [open_day, close_day, list_days, day_report]
