"""SQL of sittings and of the guests' sessions that belong to them, a function per question."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts.orders import SittingState
from rasoi.orders.rows import SittingRow

LISTED_JOINERS = 20


class SessionRow(msgspec.Struct, kw_only=True):
    """A row of orders.guest_session."""

    id: UUID
    table_id: UUID | None
    sitting_id: UUID | None
    qr_generation: int | None
    admission: str
    created_at: datetime


def _sitting(row: Any) -> SittingRow | None:
    return None if row is None else msgspec.convert(dict(row), SittingRow)


async def open_sitting(conn: Any, outlet_id: int, table_id: UUID, *, lock: bool = False) -> SittingRow | None:
    """Who sits at a table, locked until the transaction ends when `lock`."""
    suffix = " FOR UPDATE" if lock else ""
    sql = f"SELECT * FROM orders.sitting WHERE outlet_id = $1 AND table_id = $2 AND ended_at IS NULL{suffix}"
    return _sitting(await conn.fetchrow(sql, outlet_id, table_id))


async def sitting(conn: Any, outlet_id: int, sitting_id: UUID, *, lock: bool = False) -> SittingRow | None:
    """One sitting, over or not."""
    suffix = " FOR UPDATE" if lock else ""
    sql = f"SELECT * FROM orders.sitting WHERE outlet_id = $1 AND id = $2{suffix}"
    return _sitting(await conn.fetchrow(sql, outlet_id, sitting_id))


async def open_sittings(conn: Any, outlet_id: int) -> dict[UUID, SittingRow]:
    """Who sits where, by table."""
    rows = await conn.fetch(
        "SELECT * FROM orders.sitting WHERE outlet_id = $1 AND ended_at IS NULL", outlet_id
    )
    return {row["table_id"]: msgspec.convert(dict(row), SittingRow) for row in rows}


async def add_sitting(
    tx: Any, outlet_id: int, table_id: UUID, table_name: str, opened_by: str, covers: int | None = None
) -> SittingRow | None:
    """A party sits down; None when another has sat down there meanwhile."""
    row = await tx.fetchrow(
        """INSERT INTO orders.sitting (outlet_id, table_id, table_name, opened_by, covers) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (outlet_id, table_id) WHERE ended_at IS NULL DO NOTHING RETURNING *""",
        *(outlet_id, table_id, table_name, opened_by, covers),
    )
    return _sitting(row)


async def save_sitting(tx: Any, row: SittingRow) -> None:
    """Write a locked sitting's covers, end and version."""
    await tx.execute(
        """UPDATE orders.sitting SET covers = $3, ended_at = $4, ending = $5, version = $6
        WHERE outlet_id = $1 AND id = $2""",
        *(row.outlet_id, row.id, row.covers, row.ended_at, row.ending, row.version),
    )


async def seated_at(tx: Any, outlet_id: int, table_ids: list[UUID]) -> dict[UUID, SittingRow]:
    """Who sits at each of these tables, locked in one order for all until the transaction ends."""
    rows = await tx.fetch(
        """SELECT * FROM orders.sitting WHERE outlet_id = $1 AND table_id = ANY ($2) AND ended_at IS NULL
        ORDER BY id FOR UPDATE""",
        *(outlet_id, table_ids),
    )
    return {row["table_id"]: msgspec.convert(dict(row), SittingRow) for row in rows}


async def now(tx: Any) -> datetime:
    return await tx.fetchval("SELECT clock_timestamp()")  # type: ignore[no-any-return]


async def session(conn: Any, outlet_id: int, session_id: UUID, *, lock: bool = False) -> SessionRow | None:
    """A guest's session."""
    suffix = " FOR UPDATE" if lock else ""
    sql = f"SELECT * FROM orders.guest_session WHERE outlet_id = $1 AND id = $2{suffix}"
    row = await conn.fetchrow(sql, outlet_id, session_id)
    return None if row is None else msgspec.convert(dict(row), SessionRow)


async def add_session(
    conn: Any,
    outlet_id: int,
    session_id: UUID,
    table_id: UUID | None = None,
    sitting_id: UUID | None = None,
    qr_generation: int | None = None,
    admission: str = "admitted",
) -> None:
    """A guest's new session: for takeaway, or for a table's sitting by a generation of the table's code."""
    await conn.execute(
        """INSERT INTO orders.guest_session (outlet_id, id, table_id, sitting_id, qr_generation, admission)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        *(outlet_id, session_id, table_id, sitting_id, qr_generation, admission),
    )


async def renew_session(tx: Any, outlet_id: int, session_id: UUID, qr_generation: int) -> None:
    """The guest has scanned the table's present code."""
    sql = "UPDATE orders.guest_session SET qr_generation = $3 WHERE outlet_id = $1 AND id = $2"
    await tx.execute(sql, outlet_id, session_id, qr_generation)


async def answer_session(tx: Any, outlet_id: int, session_id: UUID, admission: str) -> None:
    """Somebody let the guest in, or did not."""
    sql = "UPDATE orders.guest_session SET admission = $3 WHERE outlet_id = $1 AND id = $2"
    await tx.execute(sql, outlet_id, session_id, admission)


async def session_state(conn: Any, outlet_id: int, session_id: UUID, *, lock: bool = False) -> str | None:
    """What a session may do; its sitting can't end before the transaction does when `lock`."""
    sql = "SELECT orders.session_state($1, $2, $3)"
    return await conn.fetchval(sql, outlet_id, session_id, lock)  # type: ignore[no-any-return]


async def joiners(conn: Any, outlet_id: int, sitting_ids: list[UUID]) -> dict[UUID, list[SessionRow]]:
    """Who waits to be let in at each sitting, the first to come first."""
    rows = await conn.fetch(
        """SELECT g.* FROM orders.guest_session g
        JOIN orders.dining_table t ON t.outlet_id = g.outlet_id AND t.id = g.table_id AND t.qr_generation = g.qr_generation
        WHERE g.outlet_id = $1 AND g.sitting_id = ANY ($2) AND g.admission = 'waiting' ORDER BY g.created_at, g.id""",
        outlet_id,
        sitting_ids,
    )
    found: dict[UUID, list[SessionRow]] = {}
    for row in rows:
        waiting = found.setdefault(row["sitting_id"], [])
        if len(waiting) < LISTED_JOINERS:
            waiting.append(msgspec.convert(dict(row), SessionRow))
    return found


async def sessions_of(conn: Any, outlet_id: int, sitting_id: UUID) -> list[UUID]:
    """All sessions that belong to a sitting."""
    sql = "SELECT id FROM orders.guest_session WHERE outlet_id = $1 AND sitting_id = $2"
    return [row["id"] for row in await conn.fetch(sql, outlet_id, sitting_id)]


async def phones_of(conn: Any, outlet_id: int, sitting_id: UUID) -> int:
    """How many sessions a sitting has, but for those that were not let in."""
    sql = "SELECT count(*) FROM orders.guest_session WHERE outlet_id = $1 AND sitting_id = $2 AND admission <> 'refused'"
    return await conn.fetchval(sql, outlet_id, sitting_id)  # type: ignore[no-any-return]


async def hold_sitting(tx: Any, outlet_id: int, sitting_id: UUID) -> bool:
    """Whether a sitting is not over; it can't end before the transaction does."""
    return await tx.fetchval("SELECT orders.hold_sitting($1, $2)", outlet_id, sitting_id)  # type: ignore[no-any-return]


async def open_bills(conn: Any, outlet_id: int, sitting_id: UUID) -> list[tuple[UUID, int]]:
    """The sitting's open bills, with what is due on each."""
    rows = await conn.fetch(
        """SELECT id, greatest(0, total_paise - paid_paise + refunded_paise) AS due FROM orders.bill
        WHERE outlet_id = $1 AND sitting_id = $2 AND status = 'open' ORDER BY id""",
        outlet_id,
        sitting_id,
    )
    return [(row["id"], row["due"]) for row in rows]


async def idle_sittings(conn: Any, outlet_id: int, timeout_s: int) -> list[UUID]:
    """Sittings with all bills closed and no order under way, whose last payment (or beginning, where nothing was to be
    paid) was `timeout_s` ago or longer."""
    rows = await conn.fetch(
        """SELECT s.id FROM orders.sitting s WHERE s.outlet_id = $1 AND s.ended_at IS NULL
        AND s.opened_at < now() - make_interval(secs => $2)
        AND NOT EXISTS (SELECT FROM orders.bill b WHERE b.outlet_id = s.outlet_id AND b.sitting_id = s.id
          AND (b.status = 'open' OR b.closed_at >= now() - make_interval(secs => $2)))
        AND NOT EXISTS (SELECT FROM orders.bill b JOIN orders.orders o ON o.outlet_id = b.outlet_id AND o.bill_id = b.id
          WHERE b.outlet_id = s.outlet_id AND b.sitting_id = s.id AND o.status IN ('confirmed', 'preparing', 'ready'))
        ORDER BY s.opened_at LIMIT 100""",
        outlet_id,
        float(timeout_s),
    )
    return [row["id"] for row in rows]


async def outlets_with_sittings(conn: Any) -> list[int]:
    """Outlets where somebody sits."""
    rows = await conn.fetch("SELECT DISTINCT outlet_id FROM orders.sitting WHERE ended_at IS NULL")
    return [row["outlet_id"] for row in rows]


def sitting_state(row: SittingRow, waiting: int = 0, ended: list[UUID] | None = None) -> dict[str, Any]:
    """The public state that a sitting's events carry."""
    same = {name: getattr(row, name) for name in SittingState.__struct_fields__ if hasattr(row, name)}
    return same | {
        "sitting_id": row.id,
        "table": row.table_name,
        "state": row.state,
        "waiting": waiting,
        "ended_session_ids": ended or [],
    }
