"""HTTP of outlets."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.roles import OWNERS, STAFF
from rasoi.staff import outlets
from rasoi.staff.schemas import NewOutlet, Outlet, OutletPatch, Work, Workplaces

TAGS = ["staff"]
added = {201: ResponseSpec(Outlet, generate_examples=False)}
OutletId = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


@get("/api/outlets", guards=[STAFF], tags=TAGS)
async def list_outlets(principal: Principal, ctx: Context) -> Workplaces:
    """The outlets where the caller works, and as what."""
    return await outlets.workplaces(ctx, principal)


@post("/api/outlets", guards=[OWNERS], tags=TAGS, responses=added)
async def add_outlet(
    data: JSONBody[NewOutlet], principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Add an outlet; the platform gives it its number, and the caller is its owner."""
    return await outlets.add(ctx, principal, data, key)


@get("/api/outlets/{outlet_id:int}", guards=[OWNERS], tags=TAGS)
async def read_outlet(outlet_id: OutletId, principal: Principal, ctx: Context) -> Outlet:
    """The settings of an outlet of the caller's."""
    return await outlets.read(ctx, principal, outlet_id)


@patch("/api/outlets/{outlet_id:int}", guards=[OWNERS], tags=TAGS)
async def change_outlet(
    outlet_id: OutletId, data: JSONBody[OutletPatch], principal: Principal, ctx: Context
) -> Outlet:
    """Change settings of an outlet of the caller's."""
    return await outlets.change(ctx, principal, outlet_id, data)


@post("/api/outlets/{outlet_id:int}/close", guards=[OWNERS], status_code=200, tags=TAGS)
async def close_outlet(outlet_id: OutletId, principal: Principal, ctx: Context) -> Outlet:
    """Take no guests and no orders any more. 409 while tables are taken, bills open or orders under way."""
    return await outlets.close(ctx, principal, outlet_id)


@post("/api/outlets/{outlet_id:int}/reopen", guards=[OWNERS], status_code=200, tags=TAGS)
async def reopen_outlet(outlet_id: OutletId, principal: Principal, ctx: Context) -> Outlet:
    """Take guests and orders again."""
    return await outlets.reopen(ctx, principal, outlet_id)


@get("/api/staff/people/{person_id:uuid}/outlets", guards=[OWNERS], tags=TAGS)
async def person_outlets(person_id: UUID, principal: Principal, ctx: Context) -> Workplaces:
    """Where somebody of the outlet works, of the outlets that are the caller's."""
    return await outlets.workplaces_of(ctx, principal, person_id)


@put("/api/staff/people/{person_id:uuid}/outlets/{outlet_id:int}", guards=[OWNERS], tags=TAGS)
async def set_person_outlet(
    person_id: UUID, outlet_id: OutletId, data: JSONBody[Work], principal: Principal, ctx: Context
) -> Workplaces:
    """Have somebody of the outlet work at another of the caller's, in a role of its own there, or no more."""
    return await outlets.set_work(ctx, principal, person_id, outlet_id, data)


ROUTES = (
    list_outlets,
    add_outlet,
    read_outlet,
    change_outlet,
    close_outlet,
    reopen_outlet,
    person_outlets,
    set_person_outlet,
)
