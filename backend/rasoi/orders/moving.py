"""Moving a party to another table, and undoing that. No ticket is opened, closed or sent again: those that the kitchen has
name the new table. Guests keep their session and their bills."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from litestar import Response

from rasoi.contracts import orders as contracts
from rasoi.orders import rearrangement_repository as db
from rasoi.orders import rearrangement_schemas as schemas
from rasoi.orders import repository, seating, service
from rasoi.orders import seating_repository as sittings
from rasoi.orders.domain import Bill, IllegalChange
from rasoi.orders.rows import SittingRow
from rasoi.orders.schemas import NamedTable
from rasoi.orders.states import TERMINATED
from rasoi.orders.table_repository import hold_table
from rasoi.orders.tables import UnknownTable
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict, NotFound
from rasoi.staff.api import audit

OVER = TERMINATED | {"completed"}


class TableTaken(Conflict):
    slug, title = "table-taken", "Somebody sits at that table"


class UnknownRearrangement(NotFound):
    slug, title = "unknown-rearrangement", "There is nothing to undo under this id"


class CantUndo(Conflict):
    slug, title = "cant-undo", "This can't be undone any more"


def rehome(bill: Bill, table: NamedTable) -> None:
    """A locked bill is at another table, and so is what of its orders is not over."""
    bill.row.table_id, bill.row.table_name = table.id, table.name
    for order in bill.orders:
        if order.status not in OVER:
            order.table_id, order.table_name = table.id, table.name
            bill.record_event(order, contracts.OrderMoved)
    bill.record_bill_event()


async def move_party(
    ctx: Context, principal: Principal, table_id: UUID, to: UUID, key: IdempotencyKey
) -> Response[bytes]:
    """A whole party to a free table, with all its bills, once by the key. Raises NobodySeated, TableTaken, UnknownTable."""

    async def work(tx: Tx) -> tuple[int, schemas.Rearrangement]:
        if await repository.table(tx, principal.outlet_id, table_id) is None:
            raise UnknownTable()
        if table_id == to:
            raise IllegalChange("They sit there already.")
        row, table = await _free(tx, principal, table_id, to)
        old = NamedTable(row.table_id, row.table_name)
        await _carry(tx, row, table)
        detail = schemas.Detail(from_table=old, to_table=table)
        done = await db.add(tx, principal, "move", row.id, detail)
        await audit(tx, principal, "sitting.move", str(row.id), {"from": old.name, "to": table.name})
        return 200, done

    return await idempotent(ctx, "orders", principal, key, work)


async def undo(ctx: Context, principal: Principal, id: UUID, key: IdempotencyKey) -> Response[bytes]:
    """Back to where they sat, with all that they ordered since. Raises UnknownRearrangement, CantUndo, TableTaken."""

    async def work(tx: Tx) -> tuple[int, schemas.Rearrangement]:
        done = await db.locked(tx, principal.outlet_id, id)
        if done is None or done.sitting_id is None:
            raise UnknownRearrangement()
        if done.undone_at is not None:
            raise CantUndo("It was undone already.")
        row, table = await _free(tx, principal, done.to_table.id, done.from_table.id, done.sitting_id)
        if await db.newer(tx, principal.outlet_id, row.id, id):
            raise CantUndo("They were moved again since. Undo that first.")
        await _carry(tx, row, table)
        await audit(
            tx, principal, "sitting.undo_move", str(row.id), {"from": done.to_table.name, "to": table.name}
        )
        return 200, await db.mark_undone(tx, principal, id)

    return await idempotent(ctx, "orders", principal, key, work)


async def _free(
    tx: Tx, principal: Principal, table_id: UUID, to: UUID, sitting_id: UUID | None = None
) -> tuple[SittingRow, NamedTable]:
    """Who sits at a table, locked, and the free table where they go. `sitting_id`: only if it is still that party."""
    seated = await sittings.seated_at(tx, principal.outlet_id, [table_id, to])
    row = seated.get(table_id)
    if sitting_id is not None and (row is None or row.id != sitting_id):
        raise CantUndo("They have left that table.")
    if row is None:
        raise seating.NobodySeated()
    table = await repository.table(tx, principal.outlet_id, to)
    if table is None or not await hold_table(tx, principal.outlet_id, to):
        raise UnknownTable("This table is not in use.")
    if to in seated:
        raise TableTaken(f"Somebody sits at {table['name']}.", table_id=str(to))
    return row, NamedTable(to, table["name"])


async def _carry(tx: Tx, row: SittingRow, table: NamedTable) -> None:
    """A locked party, its phones and its bills are at the free table from now on."""
    old = NamedTable(row.table_id, row.table_name)
    row.table_id, row.table_name = table.id, table.name
    try:
        await db.save_table_of_sitting(tx, row)
    except asyncpg.UniqueViolationError:  # somebody sat down there this very moment
        raise TableTaken(f"Somebody has just sat down at {table.name}.", table_id=str(table.id)) from None
    await db.move_sessions(tx, row.outlet_id, row.id, old, table)
    for bill_id in await db.lock_bills_to_move(tx, row.outlet_id, row.id):
        bill = await service.lock_bill(tx, row.outlet_id, bill_id)
        rehome(bill, table)
        await db.save_table_of_bill(tx, bill)
        await service.close_if_settled(tx, bill)
    await seating.tell(tx, row)
