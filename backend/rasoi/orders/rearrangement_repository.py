"""SQL of moves, a function per question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders.domain import Bill
from rasoi.orders.rearrangement_schemas import Detail, Rearrangement
from rasoi.orders.rows import SittingRow
from rasoi.orders.schemas import NamedTable
from rasoi.platform.auth import Principal


def _view(row: Any) -> Rearrangement:
    return msgspec.convert(dict(row) | row["detail"] | {"by": row["by_name"]}, Rearrangement)


async def add(
    tx: Any, principal: Principal, kind: str, sitting_id: UUID | None, detail: Detail
) -> Rearrangement:
    """Keep what was done, and who did it."""
    row = await tx.fetchrow(
        """INSERT INTO orders.rearrangement (outlet_id, kind, sitting_id, by, by_name, detail)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING *""",
        *(principal.outlet_id, kind, sitting_id, principal.id, principal.name, detail),
    )
    return _view(row)


async def locked(tx: Any, outlet_id: int, id: UUID) -> Rearrangement | None:
    """One of them, locked until the transaction ends."""
    sql = "SELECT * FROM orders.rearrangement WHERE outlet_id = $1 AND id = $2 FOR UPDATE"
    row = await tx.fetchrow(sql, outlet_id, id)
    return None if row is None else _view(row)


async def mark_undone(tx: Any, principal: Principal, id: UUID) -> Rearrangement:
    """It was undone just now."""
    row = await tx.fetchrow(
        """UPDATE orders.rearrangement SET undone_at = clock_timestamp(), undone_by = $3
        WHERE outlet_id = $1 AND id = $2 RETURNING *""",
        *(principal.outlet_id, id, principal.name),
    )
    return _view(row)


async def find(
    conn: Any, outlet_id: int, *, sitting_id: UUID | None, before: UUID | None, limit: int
) -> list[Rearrangement]:
    """What was done, newest first; of one party where it is named."""
    rows = await conn.fetch(
        """SELECT * FROM orders.rearrangement WHERE outlet_id = $1 AND ($2::uuid IS NULL OR sitting_id = $2)
        AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
        *(outlet_id, sitting_id, before, limit),
    )
    return [_view(row) for row in rows]


async def newer(tx: Any, outlet_id: int, sitting_id: UUID, id: UUID) -> bool:
    """Whether something was done with the party after this, and stands."""
    sql = """SELECT EXISTS (SELECT FROM orders.rearrangement
      WHERE outlet_id = $1 AND sitting_id = $2 AND id > $3 AND undone_at IS NULL)"""
    return await tx.fetchval(sql, outlet_id, sitting_id, id)  # type: ignore[no-any-return]


async def lock_bills_to_move(tx: Any, outlet_id: int, sitting_id: UUID) -> list[UUID]:
    """A locked party's bills that are open, or of which the kitchen still has an order; locked, in one order for all."""
    rows = await tx.fetch(
        """SELECT id FROM orders.bill b WHERE outlet_id = $1 AND sitting_id = $2 AND (status = 'open' OR EXISTS (
          SELECT FROM orders.orders o WHERE o.outlet_id = b.outlet_id AND o.bill_id = b.id
          AND o.status IN ('confirmed', 'preparing', 'ready', 'served'))) ORDER BY id FOR UPDATE""",
        *(outlet_id, sitting_id),
    )
    return [row["id"] for row in rows]


async def save_table_of_sitting(tx: Any, row: SittingRow) -> None:
    """Where a locked party sits from now on."""
    sql = "UPDATE orders.sitting SET table_id = $3, table_name = $4 WHERE outlet_id = $1 AND id = $2"
    await tx.execute(sql, row.outlet_id, row.id, row.table_id, row.table_name)


async def save_table_of_bill(tx: Any, bill: Bill) -> None:
    """Where a locked bill and the orders that changed with it are from now on."""
    row = bill.row
    await tx.execute(
        """WITH bill AS (
          UPDATE orders.bill SET table_id = $3, table_name = $4 WHERE outlet_id = $1 AND id = $2)
        UPDATE orders.orders SET table_id = $3, table_name = $4 WHERE outlet_id = $1 AND id = ANY ($5)""",
        *(row.outlet_id, row.id, row.table_id, row.table_name, list(bill.changed_orders)),
    )


async def move_sessions(tx: Any, outlet_id: int, sitting_id: UUID, old: NamedTable, new: NamedTable) -> None:
    """The party's phones belong to the new table, whatever code they scanned; who had to scan again still has to."""
    await tx.execute(
        """UPDATE orders.guest_session g SET table_id = n.id,
          qr_generation = CASE WHEN g.qr_generation = o.qr_generation THEN n.qr_generation ELSE 0 END
        FROM orders.dining_table o, orders.dining_table n
        WHERE g.outlet_id = $1 AND g.sitting_id = $2 AND o.outlet_id = $1 AND o.id = $3 AND n.outlet_id = $1 AND n.id = $4""",
        *(outlet_id, sitting_id, old.id, new.id),
    )
