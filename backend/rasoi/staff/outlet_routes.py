"""HTTP of outlets."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.roles import OWNERS, STAFF
from rasoi.staff import outlets
from rasoi.staff.schemas import NewOutlet, Outlet, OutletPatch, Workplaces

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


ROUTES = (list_outlets, add_outlet, read_outlet, change_outlet, close_outlet, reopen_outlet)
