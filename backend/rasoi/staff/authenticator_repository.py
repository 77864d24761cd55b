"""SQL of authenticator apps. `conn` is a Database or a Tx."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rasoi.staff.totp import Authenticator

COLUMNS = "secret, created_at, proven_at, last_step, recovery_hashes"


async def find(conn: Any, outlet_id: int, person_id: UUID, lock: str = "") -> Authenticator | None:
    """Somebody's app, in use or being set up; `lock` is "FOR UPDATE"."""
    sql = f"SELECT {COLUMNS} FROM staff.authenticator WHERE outlet_id = $1 AND person_id = $2 {lock}"
    row = await conn.fetchrow(sql, outlet_id, person_id)
    if row is None:
        return None
    return Authenticator(**dict(row) | {"recovery_hashes": tuple(row["recovery_hashes"])})


async def begin(tx: Any, outlet_id: int, person_id: UUID, secret: bytes) -> None:
    """An app that is being set up, in place of one that was."""
    await tx.execute(
        """INSERT INTO staff.authenticator (outlet_id, person_id, secret) VALUES ($1, $2, $3)
        ON CONFLICT (outlet_id, person_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
        WHERE authenticator.proven_at IS NULL""",
        outlet_id,
        person_id,
        secret,
    )


async def save(tx: Any, outlet_id: int, person_id: UUID, kept: Authenticator) -> None:
    await tx.execute(
        """UPDATE staff.authenticator SET proven_at = $3, last_step = $4, recovery_hashes = $5
        WHERE outlet_id = $1 AND person_id = $2""",
        outlet_id,
        person_id,
        kept.proven_at,
        kept.last_step,
        list(kept.recovery_hashes),
    )


async def remove(tx: Any, outlet_id: int, person_id: UUID) -> None:
    sql = "DELETE FROM staff.authenticator WHERE outlet_id = $1 AND person_id = $2"
    await tx.execute(sql, outlet_id, person_id)


async def prune(conn: Any) -> None:
    """Drop what was begun and never proven."""
    await conn.execute(
        "DELETE FROM staff.authenticator WHERE proven_at IS NULL AND created_at < now() - interval '1 hour'"
    )
