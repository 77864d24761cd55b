"""SQL of the notifications room, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rasoi.notifications.domain import MessageRow

COLUMNS = ", ".join(MessageRow.__struct_fields__)
RETENTION = "90 days"


async def now(conn: Any) -> datetime:
    """The database's clock."""
    return await conn.fetchval("SELECT clock_timestamp()")  # type: ignore[no-any-return]


async def add(tx: Any, rows: Sequence[MessageRow]) -> set[UUID]:
    """Write messages, and return whose are new: their audience was not told of their cause before."""
    added = await tx.fetch(
        f"""INSERT INTO notifications.message ({COLUMNS})
        SELECT {COLUMNS} FROM jsonb_populate_recordset(NULL::notifications.message, $1)
        ON CONFLICT (outlet_id, cause, audience) DO NOTHING RETURNING id""",
        rows,
    )
    return {row["id"] for row in added}


async def add_sessions(tx: Any, rows: Sequence[tuple[int, UUID, UUID]]) -> None:
    """Remember whose guests a bill has: (outlet, session, bill)."""
    await tx.execute(
        """INSERT INTO notifications.bill_session (outlet_id, session_id, bill_id)
        SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[]) ON CONFLICT DO NOTHING""",
        *zip(*rows, strict=True),
    )


async def for_staff(
    conn: Any, outlet_id: int, *, after: UUID | None, before: UUID | None, limit: int
) -> list[MessageRow]:
    """Staff's messages, newest first."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM notifications.message WHERE outlet_id = $1 AND audience = 'staff'
        AND ($2::uuid IS NULL OR id > $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
        outlet_id,
        after,
        before,
        limit,
    )
    return [MessageRow(**dict(row)) for row in rows]


async def for_guest(
    conn: Any, outlet_id: int, session_id: UUID, *, after: UUID | None, before: UUID | None, limit: int
) -> list[MessageRow]:
    """A guest session's messages, newest first: its own, and those to everyone on its bills."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM notifications.message WHERE outlet_id = $1 AND audience = 'guest'
        AND bill_id = ANY (ARRAY(SELECT bill_id FROM notifications.bill_session
                                 WHERE outlet_id = $1 AND session_id = $2))
        AND (session_id = $2 OR session_id IS NULL)
        AND ($3::uuid IS NULL OR id > $3) AND ($4::uuid IS NULL OR id < $4) ORDER BY id DESC LIMIT $5""",
        outlet_id,
        session_id,
        after,
        before,
        limit,
    )
    return [MessageRow(**dict(row)) for row in rows]


async def lock(tx: Any, outlet_id: int, message_id: UUID) -> MessageRow | None:
    """A message, locked until the transaction ends."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM notifications.message WHERE outlet_id = $1 AND id = $2 FOR UPDATE",
        outlet_id,
        message_id,
    )
    return None if row is None else MessageRow(**dict(row))


async def on_bill(conn: Any, outlet_id: int, session_id: UUID, bill_id: UUID | None) -> bool:
    """Is this guest's session on the bill?"""
    return await conn.fetchval(  # type: ignore[no-any-return]
        """SELECT EXISTS (SELECT FROM notifications.bill_session
        WHERE outlet_id = $1 AND session_id = $2 AND bill_id = $3)""",
        outlet_id,
        session_id,
        bill_id,
    )


async def save(tx: Any, row: MessageRow) -> None:
    """Write how far delivery got."""
    await tx.execute(
        """UPDATE notifications.message SET state = $3, delivered_at = $4, read_at = $5, version = $6
        WHERE outlet_id = $1 AND id = $2""",
        row.outlet_id,
        row.id,
        row.state,
        row.delivered_at,
        row.read_at,
        row.version,
    )


async def prune(conn: Any) -> None:
    """Drop what is older than 90 days."""
    for table in ("message", "bill_session"):
        await conn.execute(
            f"DELETE FROM notifications.{table} WHERE created_at < now() - interval '{RETENTION}'"
        )
