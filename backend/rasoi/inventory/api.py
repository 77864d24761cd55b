"""What orders may ask of stock, inside their own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rasoi.platform.database import Tx


async def reserve(
    tx: Tx, outlet_id: int, order_id: UUID, wanted: Sequence[tuple[UUID, UUID, int]]
) -> list[dict[str, Any]]:
    """Hold counted stock for (line, source, quantity), all or nothing; a source is a variant or a modifier.
    Returns what is sold out: {source_id, available} in portions."""
    lines, sources, quantities = [list(column) for column in zip(*wanted, strict=True)]
    refused = await tx.fetchval(
        "SELECT inventory.reserve($1, $2, $3, $4, $5)", outlet_id, order_id, lines, sources, quantities
    )
    tx.mark_written("inventory")
    return refused["sold_out"] if refused else []


async def release(tx: Tx, outlet_id: int, order_id: UUID) -> None:
    """Give back what an order still holds."""
    await tx.execute("SELECT inventory.release($1, $2)", outlet_id, order_id)
    tx.mark_written("inventory")
