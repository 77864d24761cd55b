"""Stock over HTTP."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.inventory import repository, schemas, service
from rasoi.inventory.domain import UnknownStock
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.roles import STAFF, permit

booked = {201: ResponseSpec(schemas.StockView, generate_examples=False)}


@get("/stock", guards=[STAFF.and_scope("stock:read")])
async def list_stock(
    principal: Principal, ctx: Context, low: bool = False, limit: Limit = 200, cursor: UUID | None = None
) -> schemas.StockList:
    """What is there, by name; `low=true` for what should be bought."""
    rows, more = await read_page(
        limit, partial(repository.list_stock, ctx.db, principal.outlet_id, low, cursor)
    )
    return schemas.StockList([service.stock_view(row) for row in rows], more)


@get("/stock/{stock_id:uuid}/movements", guards=[STAFF])
async def list_movements(
    stock_id: UUID, principal: Principal, ctx: Context, limit: Limit = 50, cursor: UUID | None = None
) -> schemas.MovementList:
    """The ledger of one stock, newest first."""
    if await repository.get_stock(ctx.db, principal.outlet_id, stock_id) is None:
        raise UnknownStock("There is no such stock in this outlet.")
    rows, more = await read_page(
        limit, partial(repository.movements, ctx.db, principal.outlet_id, stock_id, cursor)
    )
    return schemas.MovementList([schemas.MovementView(**row) for row in rows], more)


async def _book(
    ctx: Context, principal: Principal, key: IdempotencyKey, kind: str, data: schemas.Movement | schemas.Count
) -> Response[bytes]:
    return await idempotent(
        ctx, "inventory", principal, key, lambda tx: service.correct(tx, principal, kind, data)
    )


@post("/receipts", guards=[permit("manage_stock")], responses=booked)
async def receive(
    data: JSONBody[schemas.Movement], principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Goods came in."""
    return await _book(ctx, principal, key, "receipt", data)


@post("/waste", guards=[permit("manage_stock")], responses=booked)
async def waste(
    data: JSONBody[schemas.Movement], principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Something was thrown away."""
    return await _book(ctx, principal, key, "waste", data)


@post("/counts", guards=[permit("manage_stock")], responses=booked)
async def count(
    data: JSONBody[schemas.Count], principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Somebody counted: this is what there is."""
    return await _book(ctx, principal, key, "count", data)


router = Router(
    "/api/inventory", route_handlers=[list_stock, list_movements, receive, waste, count], tags=["inventory"]
)
