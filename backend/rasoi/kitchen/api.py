"""What orders may ask of the kitchen, inside its own transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID


async def stage_of(conn: Any, outlet_id: int, order_id: UUID, line_id: UUID) -> str | None:
    """How far it is with what is left of an order's line, as an item's state; None where it has no ticket for it."""
    sql = "SELECT kitchen.stage_of($1, $2, $3)"
    return await conn.fetchval(sql, outlet_id, order_id, line_id)  # type: ignore[no-any-return]
