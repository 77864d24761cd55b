"""HTTP of moves: a party goes to another table, what was done, and undoing it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.orders import moving
from rasoi.orders import rearrangement_repository as db
from rasoi.orders import rearrangement_schemas as schemas
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.roles import FLOOR, permit

DONE = {200: ResponseSpec(schemas.Rearrangement, generate_examples=False)}


@post("/api/tables/{table_id:uuid}/move", guards=[permit("rearrange")], status_code=200, responses=DONE)
async def move_party(
    ctx: Context,
    principal: Principal,
    table_id: UUID,
    key: IdempotencyKey,
    data: JSONBody[schemas.MoveRequest],
) -> Response[bytes]:
    """Who sits there goes to a free table, with their bills and phones. 409 where somebody sits there already."""
    return await moving.move_party(ctx, principal, table_id, data.table_id, key)


@get("/api/tables/rearrangements", guards=[FLOOR])
async def list_rearrangements(
    ctx: Context,
    principal: Principal,
    sitting_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Rearrangements:
    """What was moved, newest first."""
    find = partial(db.find, ctx.db, principal.outlet_id, sitting_id=sitting_id, before=cursor)
    found, more = await read_page(limit, lambda most: find(limit=most))
    return schemas.Rearrangements(found, more)


@post(
    "/api/tables/rearrangements/{rearrangement_id:uuid}/undo",
    guards=[permit("rearrange")],
    status_code=200,
    responses=DONE,
)
async def undo_rearrangement(
    ctx: Context, principal: Principal, rearrangement_id: UUID, key: IdempotencyKey
) -> Response[bytes]:
    """As it was before, with all that was ordered since. 409 once it can't be undone, with the reason."""
    return await moving.undo(ctx, principal, rearrangement_id, key)


ROUTES = (move_party, list_rearrangements, undo_rearrangement)
