"""Use-cases of an outlet's tables: adding, changing and removing them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from msgspec import UNSET
from uuid_utils.compat import uuid7

from rasoi.orders import seating_repository as rows
from rasoi.orders import table_repository as db
from rasoi.orders import tables
from rasoi.orders.table_schemas import NewTable, TablePatch, TableSetUp
from rasoi.orders.tables import UnknownTable
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict
from rasoi.staff.api import audit

MOST = 500  # of one outlet


class TableNameTaken(Conflict):
    slug, title = "table-name-taken", "Another table has this name"


class TooManyTables(Conflict):
    slug, title = "too-many-tables", "There are too many tables"


class TableInUse(Conflict):
    slug, title = "table-in-use", "A party sits at this table"


async def add(ctx: Context, principal: Principal, new: NewTable, key: IdempotencyKey) -> Response[bytes]:
    """A table with a code of its own, after those that there are; once per key."""

    async def work(tx: Tx) -> tuple[int, TableSetUp]:
        outlet_id, table_id = principal.outlet_id, uuid7()
        there = await db.lock_tables(tx, outlet_id)
        if len(there) >= MOST:
            raise TooManyTables(f"There are {MOST} already; remove one that is not needed.")
        _require_free(there, new.name)
        code = tables.qr_code(ctx.settings.table_code_key, outlet_id, table_id, 1)
        await db.add_table(tx, outlet_id, table_id, new, tables.qr_hash(code))
        await audit(tx, principal, "table.added", f"table:{table_id}", {"table": new.name})
        return 201, TableSetUp(table_id, new.name, new.area, new.seats)

    return await idempotent(ctx, "orders", principal, key, work)


async def change(ctx: Context, principal: Principal, table_id: UUID, patch: TablePatch) -> TableSetUp:
    """Another name, area or number of seats; who sits there and the code stay. Raises UnknownTable, TableNameTaken."""
    async with ctx.db.transaction("orders") as tx:
        there = await db.lock_tables(tx, principal.outlet_id)
        before = _of(there, table_id)
        given: dict[str, Any] = {
            name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET
        }
        after = msgspec.structs.replace(before, **given)
        if after == before:
            return before
        _require_free([each for each in there if each.id != table_id], after.name)
        await db.save_table(tx, principal.outlet_id, after)
        detail = {name: {"from": getattr(before, name), "to": value} for name, value in given.items()}
        await audit(tx, principal, "table.changed", f"table:{table_id}", detail)
    return after


async def remove(ctx: Context, principal: Principal, table_id: UUID) -> TableSetUp:
    """The table is gone, and its code with it; its bills and orders stay. Raises UnknownTable, TableInUse."""
    async with ctx.db.transaction("orders") as tx:
        found = _of(await db.lock_tables(tx, principal.outlet_id), table_id)
        await db.remove_table(tx, principal.outlet_id, table_id)
        # asked after that: who seats a party there holds the row until it is seen
        if await rows.open_sitting(tx, principal.outlet_id, table_id) is not None:
            raise TableInUse("Clear the table first.")
        await audit(tx, principal, "table.removed", f"table:{table_id}", {"table": found.name})
    return found


def _of(there: list[TableSetUp], table_id: UUID) -> TableSetUp:
    found = next((each for each in there if each.id == table_id), None)
    if found is None:
        raise UnknownTable()
    return found


def _require_free(there: list[TableSetUp], name: str) -> None:
    if any(each.name.casefold() == name.casefold() for each in there):
        raise TableNameTaken(f"There is a table called {name} already.")
