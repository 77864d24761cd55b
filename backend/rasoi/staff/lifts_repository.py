"""SQL of lifts, and of the people who may give one. `conn` is a Database or a Tx."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from rasoi.staff.device_schemas import DevicePerson


class Approver(msgspec.Struct, frozen=True):
    """Whose PIN let somebody else do what his role may not."""

    id: UUID
    name: str
    role: str


async def people_with_pins(conn: Any, outlet_id: int) -> list[DevicePerson]:
    """Everybody who has a PIN, by name."""
    rows = await conn.fetch(
        """SELECT id, name, role FROM staff.person WHERE outlet_id = $1 AND active AND pin_hash IS NOT NULL
        ORDER BY name, id""",
        outlet_id,
    )
    return [DevicePerson(**dict(row)) for row in rows]


async def is_at_device(tx: Any, outlet_id: int, session_id: UUID, device_id: UUID) -> bool:
    """Whether the session was opened on that device and is not over."""
    return bool(
        await tx.fetchval(
            """SELECT true FROM staff.session WHERE outlet_id = $1 AND id = $2 AND device_id = $3
            AND revoked_at IS NULL AND expires_at > clock_timestamp()""",
            outlet_id,
            session_id,
            device_id,
        )
    )


async def add(
    tx: Any,
    outlet_id: int,
    token_hash: bytes,
    session_id: UUID,
    permission: str,
    subject: str,
    paise: int,
    approver_id: UUID,
    seconds: int,
) -> None:
    await tx.execute(
        """INSERT INTO staff.lift
          (outlet_id, token_hash, session_id, permission, subject, amount_paise, approver_id, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8))""",
        outlet_id,
        token_hash,
        session_id,
        permission,
        subject,
        paise,
        approver_id,
        seconds,
    )


async def use(
    tx: Any, outlet_id: int, session_id: UUID, token_hash: bytes, permission: str, subject: str, paise: int
) -> Approver | None:
    """Use a lift up with the caller's transaction; None where there is none for this act."""
    row = await tx.fetchrow(
        "SELECT id, name, role FROM staff.use_lift($1, $2, $3, $4, $5, $6)",
        outlet_id,
        session_id,
        token_hash,
        permission,
        subject,
        paise,
    )
    return None if row is None else Approver(**dict(row))


async def prune(conn: Any) -> None:
    """Drop what was good a day ago; the audit log keeps who gave it."""
    await conn.execute("DELETE FROM staff.lift WHERE expires_at < now() - interval '1 day'")
