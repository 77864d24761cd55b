"""Keys that sign-ins are signed with: which there are, and `rasoi keys`, which begins another one."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import msgspec

from rasoi.platform.auth import LONGEST_S
from rasoi.platform.database import Database
from rasoi.staff import api

NOTICE_S = 30  # until a new key signs: every process has looked for new ones many times by then


class KeyRow(msgspec.Struct, frozen=True):
    """A key as `rasoi keys list` shows it; no secret."""

    kid: str
    begins_at: datetime
    ends_at: datetime | None


async def listed(conn: Any) -> list[KeyRow]:
    """All that are known, the oldest first."""
    rows = await conn.fetch("SELECT kid, begins_at, ends_at FROM staff.signing_key ORDER BY begins_at, kid")
    return [KeyRow(**dict(row)) for row in rows]


async def rotate(db: Database, *, at_once: bool = False) -> str:
    """Begin another key. Tokens of the old ones are good until their own end; with `at_once` for no moment longer."""
    kid = secrets.token_hex(4)
    async with db.transaction("staff") as tx:
        await tx.execute("LOCK TABLE staff.signing_key IN SHARE ROW EXCLUSIVE MODE")
        await tx.execute("DELETE FROM staff.signing_key WHERE ends_at < now() - interval '30 days'")
        await tx.execute(
            """UPDATE staff.signing_key SET ends_at = least(ends_at, now() + make_interval(secs => $1))
            WHERE ends_at IS NULL OR ends_at > now()""",
            0 if at_once else NOTICE_S + LONGEST_S,
        )
        await tx.execute(
            """INSERT INTO staff.signing_key (kid, salt, begins_at)
            VALUES ($1, $2, now() + make_interval(secs => $3))""",
            kid,
            secrets.token_bytes(32),
            0 if at_once else NOTICE_S,
        )
        for outlet_id in await api.outlet_ids(tx):
            await api.audit_job(tx, outlet_id, "keys.rotated", f"key:{kid}", {"at_once": at_once})
    return kid
