"""SQL of the tables of rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


async def changed(conn: Any, known: Mapping[int, int]) -> list[tuple[int, int, dict[str, Any]]]:
    """Outlet, version and table of those that are newer than what is `known` by outlet."""
    rows = await conn.fetch(
        "SELECT outlet_id, version, granted FROM staff.changed_rights($1)",
        {str(outlet_id): version for outlet_id, version in known.items()},
    )
    return [(row["outlet_id"], row["version"], row["granted"]) for row in rows]


async def read(conn: Any, outlet_id: int) -> tuple[int, dict[str, Any]]:
    """The version and the stored table of an outlet; 0 and nothing where its owner has changed nothing."""
    row = await conn.fetchrow("SELECT version, granted FROM staff.rights WHERE outlet_id = $1", outlet_id)
    return (row["version"], row["granted"]) if row else (0, {})


async def save(tx: Any, outlet_id: int, version: int, granted: Mapping[str, Any]) -> None:
    await tx.execute(
        """INSERT INTO staff.rights (outlet_id, version, granted) VALUES ($1, $2, $3)
        ON CONFLICT (outlet_id) DO UPDATE SET version = excluded.version, granted = excluded.granted""",
        outlet_id,
        version,
        granted,
    )
