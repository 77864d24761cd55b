"""HTTP of shifts."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.payments import shift_repository as db
from rasoi.payments import shift_schemas as schemas
from rasoi.payments import shifts
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.roles import FLOOR, permit

TAGS = ["shifts"]
SHIFT = {200: ResponseSpec(schemas.Shift, generate_examples=False)}
MADE = {201: ResponseSpec(schemas.Shift, generate_examples=False)}


@get("/api/shifts/own", guards=[FLOOR], tags=TAGS)
async def own_shift(ctx: Context, principal: Principal) -> schemas.OwnShift:
    """The caller's open shift, and what is needed to begin one."""
    return await shifts.own_shift(ctx, principal)


@get("/api/shifts", guards=[permit("settle_shifts")], tags=TAGS)
async def list_shifts(
    ctx: Context,
    principal: Principal,
    status: Literal["open", "to_approve", "closed"] | None = None,
    business_day: date | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Shifts:
    """Shifts, newest first; of a business day those that were counted on it."""
    find = partial(db.find, ctx.db, principal.outlet_id, status=status, day=business_day, before=cursor)
    found, more = await read_page(limit, lambda most: find(limit=most))
    return schemas.Shifts(await shifts.views(ctx.db, principal.outlet_id, found), more)


@post("/api/shifts", guards=[permit("take_cash")], status_code=201, responses=MADE, tags=TAGS)
async def begin_shift(
    ctx: Context, principal: Principal, data: JSONBody[schemas.ShiftRequest], key: IdempotencyKey
) -> Response[bytes]:
    """The caller has this drawer from now on. 409 when somebody else has it, or the caller has another."""
    return await shifts.begin(ctx, principal, data, key)


@post("/api/shifts/{shift_id:uuid}/movements", guards=[FLOOR], status_code=201, responses=MADE, tags=TAGS)
async def move_cash(
    ctx: Context,
    principal: Principal,
    shift_id: UUID,
    data: JSONBody[schemas.MovementRequest],
    key: IdempotencyKey,
) -> Response[bytes]:
    """Cash is put into the drawer or taken out of it, for one of the outlet's reasons."""
    return await shifts.move_cash(ctx, principal, shift_id, data, key)


@post("/api/shifts/{shift_id:uuid}/count", guards=[FLOOR], status_code=200, responses=SHIFT, tags=TAGS)
async def count_shift(
    ctx: Context,
    principal: Principal,
    shift_id: UUID,
    data: JSONBody[schemas.CountRequest],
    key: IdempotencyKey,
) -> Response[bytes]:
    """What is in the drawer, counted without knowing what should be. The shift is over, or waits for a manager."""
    return await shifts.count(ctx, principal, shift_id, data, key)


@post(
    "/api/shifts/{shift_id:uuid}/approve",
    guards=[permit("settle_shifts")],
    status_code=200,
    responses=SHIFT,
    tags=TAGS,
)
async def approve_shift(
    ctx: Context,
    principal: Principal,
    shift_id: UUID,
    data: JSONBody[schemas.ApproveRequest],
    key: IdempotencyKey,
) -> Response[bytes]:
    """A manager has seen the difference."""
    return await shifts.approve(ctx, principal, shift_id, data, key)


ROUTES = [own_shift, list_shifts, begin_shift, move_cash, count_shift, approve_shift]
