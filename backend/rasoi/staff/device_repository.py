"""SQL of devices and of the log of sign-ins. `conn` is a Database or a Tx."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from rasoi.staff.device_schemas import Device, DevicePerson, SignIn

STATE = """CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN code IS NULL THEN 'paired' ELSE 'waiting' END AS state"""
DEVICE = f"id, name, {STATE}, paired_at, last_seen, build, revoked_at"
JUNIOR = "active AND pin_hash IS NOT NULL AND role IN ('waiter', 'kitchen')"


class DeviceRow(msgspec.Struct, frozen=True):
    """A paired device."""

    outlet_id: int
    id: UUID
    name: str


async def add(tx: Any, outlet_id: int, name: str, code: str, seconds: int, paired_by: UUID | None) -> Device:
    """Let in the device that shows `code`. A code that was typed twice breaks its unique index."""
    row = await tx.fetchrow(
        f"""INSERT INTO staff.device (outlet_id, name, code, code_expires_at, paired_by)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5) RETURNING {DEVICE}""",
        outlet_id,
        name,
        code,
        seconds,
        paired_by,
    )
    return Device(**dict(row))


async def claim(tx: Any, code: str, token_hash: bytes) -> DeviceRow | None:
    """The device that was let in under `code` takes its token; once."""
    row = await tx.fetchrow(
        """UPDATE staff.device SET code = NULL, code_expires_at = NULL, token_hash = $2, paired_at = now(), last_seen = now()
        WHERE code = $1 AND code_expires_at > now() AND revoked_at IS NULL RETURNING outlet_id, id, name""",
        code,
        token_hash,
    )
    return None if row is None else DeviceRow(**dict(row))


async def by_token(conn: Any, token_hash: bytes) -> DeviceRow | None:
    """The device with this token, unless it was revoked."""
    sql = "SELECT outlet_id, id, name FROM staff.device WHERE token_hash = $1 AND revoked_at IS NULL"
    row = await conn.fetchrow(sql, token_hash)
    return None if row is None else DeviceRow(**dict(row))


async def hold(tx: Any, device: DeviceRow) -> bool:
    """Whether it is still paired; it stays so until the transaction ends."""
    sql = "SELECT true FROM staff.device WHERE outlet_id = $1 AND id = $2 AND revoked_at IS NULL FOR SHARE"
    return bool(await tx.fetchval(sql, device.outlet_id, device.id))


async def saw(conn: Any, device: DeviceRow, build: str | None) -> None:
    """It was here, with these screens; written at most once a minute."""
    await conn.execute(
        """UPDATE staff.device SET last_seen = now(), build = coalesce($3, build) WHERE outlet_id = $1 AND id = $2
        AND (last_seen < now() - interval '1 minute' OR build IS DISTINCT FROM coalesce($3, build))""",
        device.outlet_id,
        device.id,
        build,
    )


async def saw_session(tx: Any, outlet_id: int, session_id: UUID) -> None:
    """The device of this session was here; for a session of no device, nothing."""
    await tx.execute(
        """UPDATE staff.device SET last_seen = now() WHERE outlet_id = $1
        AND id = (SELECT device_id FROM staff.session WHERE outlet_id = $1 AND id = $2)""",
        outlet_id,
        session_id,
    )


async def revoke(tx: Any, outlet_id: int, device_id: UUID) -> Device | None:
    """The device, revoked now or before."""
    row = await tx.fetchrow(
        f"""UPDATE staff.device SET revoked_at = coalesce(revoked_at, now()) WHERE outlet_id = $1 AND id = $2
        RETURNING {DEVICE}""",
        outlet_id,
        device_id,
    )
    return None if row is None else Device(**dict(row))


async def live_sessions(tx: Any, outlet_id: int, device_id: UUID) -> list[UUID]:
    """Sessions that were opened on the device and are not ended, locked."""
    rows = await tx.fetch(
        """SELECT id FROM staff.session WHERE outlet_id = $1 AND device_id = $2 AND revoked_at IS NULL
        AND expires_at > now() ORDER BY id FOR UPDATE""",
        outlet_id,
        device_id,
    )
    return [row["id"] for row in rows]


async def devices(conn: Any, outlet_id: int, before: UUID | None, limit: int) -> list[Device]:
    """An outlet's devices, the newest first."""
    rows = await conn.fetch(
        f"""SELECT {DEVICE} FROM staff.device WHERE outlet_id = $1 AND ($2::uuid IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3""",
        outlet_id,
        before,
        limit,
    )
    return [Device(**dict(row)) for row in rows]


async def people_with_pins(conn: Any, outlet_id: int) -> list[DevicePerson]:
    """Who may sign in by PIN, by name. Owners and managers sign in by password."""
    rows = await conn.fetch(
        f"SELECT id, name, role FROM staff.person WHERE outlet_id = $1 AND {JUNIOR} ORDER BY name, id",
        outlet_id,
    )
    return [DevicePerson(**dict(row)) for row in rows]


async def record_sign_in(
    tx: Any, outlet_id: int, person_id: UUID, method: str, outcome: str, network: str, device_id: UUID | None
) -> None:
    await tx.execute(
        """INSERT INTO staff.sign_in (outlet_id, person_id, method, outcome, network, device_id)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        outlet_id,
        person_id,
        method,
        outcome,
        network,
        device_id,
    )


async def came_from(conn: Any, outlet_id: int, person_id: UUID, network: str) -> bool:
    """Whether somebody signed in from there within 30 days."""
    return await conn.fetchval(  # type: ignore[no-any-return]
        """SELECT EXISTS (SELECT FROM staff.sign_in WHERE outlet_id = $1 AND person_id = $2 AND network = $3
          AND outcome = 'ok' AND at > now() - interval '30 days')""",
        outlet_id,
        person_id,
        network,
    )


async def sign_ins(conn: Any, outlet_id: int, before: UUID | None, limit: int) -> list[SignIn]:
    """An outlet's sign-ins, the newest first."""
    rows = await conn.fetch(
        """SELECT s.id, s.at, s.person_id, p.name AS person_name, s.method, s.outcome, s.network, d.name AS device_name
        FROM staff.sign_in s JOIN staff.person p ON (p.outlet_id, p.id) = (s.outlet_id, s.person_id)
        LEFT JOIN staff.device d ON (d.outlet_id, d.id) = (s.outlet_id, s.device_id)
        WHERE s.outlet_id = $1 AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3""",
        outlet_id,
        before,
        limit,
    )
    return [SignIn(**dict(row)) for row in rows]


async def prune(conn: Any) -> None:
    """Drop devices that never came for their token, and sign-ins of more than a year ago."""
    await conn.execute("DELETE FROM staff.device WHERE code_expires_at < now() - interval '1 hour'")
    await conn.execute("DELETE FROM staff.sign_in WHERE at < now() - interval '400 days'")
