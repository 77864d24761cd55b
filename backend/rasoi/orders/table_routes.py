"""HTTP of setting up tables."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, delete, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.orders import table_setup
from rasoi.orders.table_schemas import NewTable, TablePatch, TableSetUp
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.roles import permit

added = {201: ResponseSpec(TableSetUp, generate_examples=False)}


@post("/api/tables", guards=[permit("manage_tables")], responses=added)
async def add_table(
    ctx: Context, principal: Principal, data: JSONBody[NewTable], key: IdempotencyKey
) -> Response[bytes]:
    """Add a table, with a QR code of its own."""
    return await table_setup.add(ctx, principal, data, key)


@patch("/api/tables/{table_id:uuid}", guards=[permit("manage_tables")])
async def change_table(
    ctx: Context, principal: Principal, table_id: UUID, data: JSONBody[TablePatch]
) -> TableSetUp:
    """Change a table's name, area or seats; its code stays."""
    return await table_setup.change(ctx, principal, table_id, data)


@delete("/api/tables/{table_id:uuid}", guards=[permit("manage_tables")], status_code=200)
async def remove_table(ctx: Context, principal: Principal, table_id: UUID) -> TableSetUp:
    """Remove a table and its code. 409 while a party sits there."""
    return await table_setup.remove(ctx, principal, table_id)


ROUTES = (add_table, change_table, remove_table)
