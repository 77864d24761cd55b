"""The bridge's only question to the database."""

from __future__ import annotations

from uuid import UUID

from rasoi.platform.database import Database


async def session_may_see(db: Database, outlet_id: int, session_id: UUID, kind: str, id: UUID) -> bool:
    """Whether the bill or order belongs to the guest's session. Answered by the orders room."""
    return bool(
        await db.fetchval("SELECT orders.session_may_see($1, $2, $3, $4)", outlet_id, session_id, kind, id)
    )
