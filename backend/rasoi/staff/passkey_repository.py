"""SQL of passkeys. `conn` is a Database or a Tx."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.staff.passkey_schemas import Passkey

SHOWN = "id, name, created_at, last_used_at"


class PasskeyRow(msgspec.Struct, frozen=True):
    """What a sign-in by a passkey is checked by."""

    outlet_id: int
    id: UUID
    person_id: UUID
    public_key: bytes
    sign_count: int


async def by_credential(conn: Any, credential_id: bytes) -> PasskeyRow | None:
    """The passkey with this id, of any outlet."""
    row = await conn.fetchrow(
        "SELECT outlet_id, id, person_id, public_key, sign_count FROM staff.passkey WHERE credential_id = $1",
        credential_id,
    )
    return None if row is None else PasskeyRow(**dict(row))


async def add(
    tx: Any,
    outlet_id: int,
    person_id: UUID,
    name: str,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
) -> Passkey:
    row = await tx.fetchrow(
        f"""INSERT INTO staff.passkey (outlet_id, person_id, name, credential_id, public_key, sign_count)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING {SHOWN}""",
        outlet_id,
        person_id,
        name,
        credential_id,
        public_key,
        sign_count,
    )
    return Passkey(**dict(row))


async def used(tx: Any, row: PasskeyRow, sign_count: int) -> bool:
    """Note the use. False where the passkey is gone, or its count did not go up: a copy of it was used."""
    return bool(
        await tx.fetchval(
            """UPDATE staff.passkey SET sign_count = $3, last_used_at = now() WHERE outlet_id = $1 AND id = $2
            AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0)) RETURNING true""",
            row.outlet_id,
            row.id,
            sign_count,
        )
    )


async def of_person(conn: Any, outlet_id: int, person_id: UUID) -> list[Passkey]:
    """Somebody's passkeys, the newest first."""
    rows = await conn.fetch(
        f"SELECT {SHOWN} FROM staff.passkey WHERE outlet_id = $1 AND person_id = $2 ORDER BY id DESC",
        outlet_id,
        person_id,
    )
    return [Passkey(**dict(row)) for row in rows]


async def credential_ids(conn: Any, outlet_id: int, person_id: UUID) -> list[bytes]:
    rows = await conn.fetch(
        "SELECT credential_id FROM staff.passkey WHERE outlet_id = $1 AND person_id = $2 ORDER BY id",
        outlet_id,
        person_id,
    )
    return [row["credential_id"] for row in rows]


async def remove(tx: Any, outlet_id: int, person_id: UUID, passkey_id: UUID | None = None) -> list[str]:
    """Remove one of somebody's passkeys, or all; the names of those that were there."""
    rows = await tx.fetch(
        """DELETE FROM staff.passkey WHERE outlet_id = $1 AND person_id = $2 AND ($3::uuid IS NULL OR id = $3)
        RETURNING name""",
        outlet_id,
        person_id,
        passkey_id,
    )
    return [row["name"] for row in rows]


async def spend(tx: Any, challenge_hash: bytes, expires_at: datetime) -> bool:
    """Whether the challenge is answered for the first time; another who answers it waits for the transaction's end."""
    return bool(
        await tx.fetchval(
            """INSERT INTO staff.used_challenge (hash, expires_at) VALUES ($1, $2)
            ON CONFLICT (hash) DO NOTHING RETURNING true""",
            challenge_hash,
            expires_at,
        )
    )


async def prune(conn: Any) -> None:
    """Forget challenges that are over."""
    await conn.execute("DELETE FROM staff.used_challenge WHERE expires_at < now() - interval '1 hour'")
