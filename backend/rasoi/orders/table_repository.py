"""SQL of setting up tables, a function per question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rasoi.orders.table_schemas import NewTable, TableSetUp


async def lock_tables(tx: Any, outlet_id: int) -> list[TableSetUp]:
    """An outlet's tables; who else sets some up there waits for the transaction's end."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('orders.dining_table', $1))", outlet_id)
    rows = await tx.fetch(
        "SELECT id, name, area, seats FROM orders.dining_table WHERE outlet_id = $1 AND active ORDER BY sort, name",
        outlet_id,
    )
    return [TableSetUp(**dict(row)) for row in rows]


async def add_table(tx: Any, outlet_id: int, table_id: UUID, new: NewTable, qr_hash: bytes) -> None:
    """Add a table after all others, known to imports by its id."""
    await tx.execute(
        """INSERT INTO orders.dining_table (outlet_id, id, code, name, area, seats, sort, qr_hash)
        SELECT $1, $2, $2::uuid::text, $3, $4, $5, coalesce(max(sort), -1) + 1, $6
        FROM orders.dining_table WHERE outlet_id = $1""",
        *(outlet_id, table_id, new.name, new.area, new.seats, qr_hash),
    )


async def save_table(tx: Any, outlet_id: int, row: TableSetUp) -> None:
    await tx.execute(
        "UPDATE orders.dining_table SET name = $3, area = $4, seats = $5 WHERE outlet_id = $1 AND id = $2",
        *(outlet_id, row.id, row.name, row.area, row.seats),
    )


async def remove_table(tx: Any, outlet_id: int, table_id: UUID) -> None:
    """Its row stays for the bills that name it; its code works no more."""
    sql = "UPDATE orders.dining_table SET active = false WHERE outlet_id = $1 AND id = $2"
    await tx.execute(sql, outlet_id, table_id)


async def hold_table(tx: Any, outlet_id: int, table_id: UUID) -> bool:
    """Whether there is such a table; it can't be removed before the transaction ends."""
    sql = "SELECT true FROM orders.dining_table WHERE outlet_id = $1 AND id = $2 AND active FOR SHARE"
    return bool(await tx.fetchval(sql, outlet_id, table_id))
