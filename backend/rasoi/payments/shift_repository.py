"""SQL of shifts, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from rasoi.payments.shift_domain import ShiftRow, Sums
from rasoi.payments.shift_schemas import CashMovement

COLUMNS = ShiftRow.__struct_fields__
CHANGING = [name for name in COLUMNS if name not in ("outlet_id", "id", "opened_at")]


def _row(record: Any) -> ShiftRow:
    return msgspec.convert({name: record[name] for name in COLUMNS}, ShiftRow)


async def add(tx: Any, row: ShiftRow) -> bool:
    """Begin a shift; False where the drawer or the person has an open one."""
    sql = """INSERT INTO payments.shift (outlet_id, id, drawer, person_id, person_name, float_paise, business_day, opened_at,
      version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id"""
    found = await tx.fetchval(
        sql,
        row.outlet_id,
        row.id,
        row.drawer,
        row.person_id,
        row.person_name,
        row.float_paise,
        row.business_day,
        row.opened_at,
        row.version,
    )
    return found is not None


async def save(tx: Any, row: ShiftRow) -> None:
    """Write what became of a locked shift."""
    changes = ", ".join(f"{name} = ${at}" for at, name in enumerate(CHANGING, 3))
    values = [getattr(row, name) for name in CHANGING]
    values[CHANGING.index("counts")] = msgspec.to_builtins(row.counts)
    await tx.execute(
        f"UPDATE payments.shift SET {changes} WHERE outlet_id = $1 AND id = $2",
        row.outlet_id,
        row.id,
        *values,
    )


async def lock(tx: Any, outlet_id: int, shift_id: UUID) -> ShiftRow | None:
    """A shift, locked until the transaction ends: nobody takes cash for it meanwhile."""
    sql = "SELECT * FROM payments.shift WHERE outlet_id = $1 AND id = $2 FOR UPDATE"
    found = await tx.fetchrow(sql, outlet_id, shift_id)
    return None if found is None else _row(found)


async def hold_of(tx: Any, outlet_id: int, person_id: UUID) -> UUID | None:
    """The open shift of a person, which stays open until the transaction ends."""
    sql = (
        "SELECT id FROM payments.shift WHERE outlet_id = $1 AND person_id = $2 AND status = 'open' FOR SHARE"
    )
    return await tx.fetchval(sql, outlet_id, person_id)  # type: ignore[no-any-return]


async def open_of(conn: Any, outlet_id: int, person_id: UUID) -> ShiftRow | None:
    """The open shift of a person."""
    sql = "SELECT * FROM payments.shift WHERE outlet_id = $1 AND person_id = $2 AND status = 'open'"
    found = await conn.fetchrow(sql, outlet_id, person_id)
    return None if found is None else _row(found)


async def open_drawers(conn: Any, outlet_id: int) -> dict[str, str]:
    """The drawers that somebody has now, and who."""
    sql = "SELECT drawer, person_name FROM payments.shift WHERE outlet_id = $1 AND status = 'open'"
    return {row["drawer"]: row["person_name"] for row in await conn.fetch(sql, outlet_id)}


async def find(
    conn: Any, outlet_id: int, *, status: str | None, day: date | None, before: UUID | None, limit: int
) -> list[ShiftRow]:
    """Shifts, newest first; of a business day those that were counted on it."""
    rows = await conn.fetch(
        """SELECT * FROM payments.shift WHERE outlet_id = $1 AND ($2::text IS NULL OR status = $2)
        AND ($3::date IS NULL OR closed_day = $3) AND ($4::uuid IS NULL OR id < $4) ORDER BY id DESC LIMIT $5""",
        *(outlet_id, status, day, before, limit),
    )
    return [_row(row) for row in rows]


async def sums_of(conn: Any, outlet_id: int, shift_ids: Sequence[UUID]) -> dict[UUID, Sums]:
    """What shifts took and gave, by shift."""
    rows = await conn.fetch(
        "SELECT id, s.* FROM unnest($2::uuid[]) id, payments.shift_sums($1, id) s", outlet_id, list(shift_ids)
    )
    return {row["id"]: Sums(*(row[name] for name in Sums.__struct_fields__)) for row in rows}


async def add_movement(
    tx: Any, outlet_id: int, shift_id: UUID, movement: CashMovement, by: tuple[UUID, str]
) -> None:
    """Cash put into the drawer or taken out of it."""
    await tx.execute(
        """INSERT INTO payments.cash_movement (outlet_id, id, shift_id, kind, amount_paise, reason, note, by_id, by_name, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        *(outlet_id, movement.id, shift_id, movement.kind, movement.amount_paise, movement.reason),
        *(movement.note, *by, movement.at),
    )


async def movements_of(
    conn: Any, outlet_id: int, shift_ids: Sequence[UUID]
) -> dict[UUID, list[CashMovement]]:
    """What was put into the drawers and taken out, oldest first, by shift."""
    rows = await conn.fetch(
        """SELECT shift_id, id, kind, amount_paise, reason, note, by_name, at FROM payments.cash_movement
        WHERE outlet_id = $1 AND shift_id = ANY ($2) ORDER BY id""",
        outlet_id,
        list(shift_ids),
    )
    found: dict[UUID, list[CashMovement]] = {each: [] for each in shift_ids}
    for row in rows:
        found[row["shift_id"]].append(
            CashMovement(**{name: row[name] for name in CashMovement.__struct_fields__})
        )
    return found
