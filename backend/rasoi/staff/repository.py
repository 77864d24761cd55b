"""SQL of the staff room, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.platform.auth import Principal, SigningKey
from rasoi.staff.domain import Failures, PersonRow, SessionRow
from rasoi.staff.schemas import AuditEntry, Outlet, Workplace

PERSON = """outlet_id, id, name, username, password_hash, pin_hash, role, active, version, created_at, EXISTS (
  SELECT FROM staff.authenticator a WHERE (a.outlet_id, a.person_id) = (person.outlet_id, person.id)
  AND a.proven_at IS NOT NULL) AS has_authenticator, (SELECT count(*) FROM staff.passkey k
  WHERE (k.outlet_id, k.person_id) = (person.outlet_id, person.id)) AS passkeys"""
SESSION = "outlet_id, id, person_id, refresh_hash, previous_hash, expires_at, revoked_at, version, device_id"


def _person(row: Mapping[str, Any] | None) -> PersonRow | None:
    return None if row is None else PersonRow(**dict(row))


def _columns(row: PersonRow) -> tuple[Any, ...]:
    secrets = (row.password_hash, row.pin_hash)
    return (row.outlet_id, row.id, row.name, row.username, *secrets, row.role, row.active, row.version)


async def now(conn: Any) -> datetime:
    """The database's clock."""
    return await conn.fetchval("SELECT clock_timestamp()")  # type: ignore[no-any-return]


async def now_and_business_day(conn: Any, outlet_id: int) -> tuple[datetime, date]:
    """The database's clock, and the day that the outlet's books are on."""
    row = await conn.fetchrow("SELECT clock_timestamp() AS now, staff.business_day($1) AS today", outlet_id)
    return row["now"], row["today"]


async def lock_day(tx: Any, outlet_id: int, day: date) -> bool:
    """Lock an outlet's books through this day; False where they are. Whoever books waits until the transaction ends."""
    return await tx.fetchval("SELECT staff.lock_day($1, $2)", outlet_id, day)  # type: ignore[no-any-return]


async def hold_day(tx: Any, outlet_id: int, day: date) -> None:
    """Keep a day from being locked until the transaction ends. One that has been meanwhile fails as a serialisation does."""
    await tx.execute("SELECT staff.hold_days($1, $2)", outlet_id, [day])


async def day_began(conn: Any, outlet_id: int) -> datetime:
    """When the business day began that the outlet's books are on."""
    return await conn.fetchval("SELECT staff.day_began($1)", outlet_id)  # type: ignore[no-any-return]


async def any_outlet(conn: Any) -> bool:
    """Whether there is an outlet at all."""
    return await conn.fetchval("SELECT EXISTS (SELECT FROM staff.outlet)")  # type: ignore[no-any-return]


async def outlet_ids(conn: Any) -> list[int]:
    """All outlets, the first one first."""
    return await conn.fetchval("SELECT staff.outlet_ids()")  # type: ignore[no-any-return]


async def read_outlet(conn: Any, outlet_id: int) -> Outlet | None:
    """An outlet's settings."""
    found = await conn.fetchval("SELECT staff.read_outlet($1)", outlet_id)
    return None if found is None else msgspec.convert(found, Outlet)


async def lock_outlet(tx: Any, outlet_id: int) -> Outlet | None:
    """The same, locked until the transaction ends."""
    await tx.fetchval("SELECT 1 FROM staff.outlet WHERE id = $1 FOR NO KEY UPDATE", outlet_id)
    return await read_outlet(tx, outlet_id)


async def add_outlet(tx: Any, outlet_id: int, name: str) -> None:
    """Add an outlet with the default settings."""
    await tx.execute("INSERT INTO staff.outlet (id, name) VALUES ($1, $2)", outlet_id, name)


async def next_outlet_id(tx: Any) -> int:
    """The number of an outlet that is added now; others who add one wait for the transaction's end."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('staff.outlet', 0))")
    return await tx.fetchval("SELECT coalesce(max(id), 0) + 1 FROM staff.outlet")  # type: ignore[no-any-return]


async def outlet_is_open(tx: Any, outlet_id: int) -> bool:
    """Whether the outlet is open; it can't be closed before the transaction ends."""
    return bool(await tx.fetchval("SELECT staff.hold_open($1)", outlet_id))


async def open_outlets(conn: Any) -> list[int]:
    """The outlets that are not closed, the first one first."""
    return await conn.fetchval("SELECT staff.open_outlets()")  # type: ignore[no-any-return]


async def workplaces(conn: Any, person_id: UUID) -> list[Workplace]:
    """Where somebody works, and as what; the first outlet first."""
    rows = await conn.fetch(
        """SELECT o.id, o.name, p.role, o.closed_at FROM staff.person p JOIN staff.outlet o ON o.id = p.outlet_id
        WHERE p.id = $1 AND p.active ORDER BY o.id""",
        person_id,
    )
    return [Workplace(**dict(row)) for row in rows]


async def save_outlet(tx: Any, outlet_id: int, settings: Mapping[str, Any], steps: int = 1) -> int:
    """Change settings (names are checked columns), `steps` versions on; returns the new version."""
    sets = ", ".join(f"{name} = ${n + 3}" for n, name in enumerate(settings))
    sql = f"UPDATE staff.outlet SET {sets}, version = version + $2 WHERE id = $1 RETURNING version"
    return await tx.fetchval(sql, outlet_id, steps, *settings.values())  # type: ignore[no-any-return]


async def person_by_username(conn: Any, username: str) -> PersonRow | None:
    """Somebody of any outlet, also one who left."""
    return _person(await conn.fetchrow(f"SELECT {PERSON} FROM staff.person WHERE username = $1", username))


async def person(conn: Any, outlet_id: int, person_id: UUID, lock: str = "") -> PersonRow | None:
    """Somebody of the outlet; `lock` is "FOR SHARE" or "FOR UPDATE"."""
    sql = f"SELECT {PERSON} FROM staff.person WHERE outlet_id = $1 AND id = $2 {lock}"
    return _person(await conn.fetchrow(sql, outlet_id, person_id))


async def pin_hashes(conn: Any, outlet_id: int) -> list[tuple[str, bytes]]:
    """The names of active people who have a PIN, with what is kept of it."""
    rows = await conn.fetch(
        "SELECT name, pin_hash FROM staff.person WHERE outlet_id = $1 AND active AND pin_hash IS NOT NULL",
        outlet_id,
    )
    return [(row["name"], row["pin_hash"]) for row in rows]


async def note_public(tx: Any, outlet_id: int) -> None:
    """What the outlet's people have now is known to everybody."""
    await tx.execute(
        """INSERT INTO staff.public_credential (outlet_id, person_id, pin_hash, password_hash)
        SELECT outlet_id, id, pin_hash, password_hash FROM staff.person WHERE outlet_id = $1
        ON CONFLICT DO NOTHING""",
        outlet_id,
    )


async def demo_works(conn: Any) -> bool:
    """Whether something that `note_public` noted still signs somebody in."""
    return bool(await conn.fetchval("SELECT staff.demo_works()"))


async def person_everywhere(conn: Any, person_id: UUID, lock: str = "") -> list[PersonRow]:
    """Somebody's rows at all outlets, the first one first; `lock` is "FOR SHARE" or "FOR UPDATE", in this order."""
    sql = f"SELECT {PERSON} FROM staff.person WHERE id = $1 ORDER BY outlet_id {lock}"
    return [PersonRow(**dict(row)) for row in await conn.fetch(sql, person_id)]


async def home_of(conn: Any, person_id: UUID) -> int | None:
    """The outlet where somebody's user name stands."""
    sql = "SELECT outlet_id FROM staff.person WHERE id = $1 AND username IS NOT NULL"
    return await conn.fetchval(sql, person_id)  # type: ignore[no-any-return]


async def other_home(tx: Any, outlet_id: int, person_id: UUID) -> str | None:
    """The name of the other outlet where somebody's user name and password stand; none where they stand here or nowhere."""
    return await tx.fetchval(  # type: ignore[no-any-return]
        """SELECT o.name FROM staff.person p JOIN staff.outlet o ON o.id = p.outlet_id
        WHERE p.id = $2 AND p.outlet_id <> $1 AND p.username IS NOT NULL""",
        outlet_id,
        person_id,
    )


async def owners(conn: Any) -> list[PersonRow]:
    """Active owners of any outlet who sign in by a user name; each once."""
    rows = await conn.fetch(
        f"""SELECT {PERSON} FROM staff.person WHERE username IS NOT NULL AND EXISTS (
          SELECT FROM staff.person o WHERE o.id = person.id AND o.role = 'owner' AND o.active) ORDER BY id"""
    )
    return [PersonRow(**dict(row)) for row in rows]


async def other_owners(tx: Any, outlet_id: int, person_id: UUID) -> int:
    """How many active owners there are besides this one. The outlet's lock keeps it true."""
    return await tx.fetchval(  # type: ignore[no-any-return]
        "SELECT count(*) FROM staff.person WHERE outlet_id = $1 AND id <> $2 AND role = 'owner' AND active",
        outlet_id,
        person_id,
    )


async def people(conn: Any, outlet_id: int, after: UUID | None, limit: int) -> list[PersonRow]:
    """People in the order in which they joined."""
    rows = await conn.fetch(
        f"""SELECT {PERSON} FROM staff.person WHERE outlet_id = $1 AND ($2::uuid IS NULL OR id > $2)
        ORDER BY id LIMIT $3""",
        outlet_id,
        after,
        limit,
    )
    return [PersonRow(**dict(row)) for row in rows]


async def person_named(conn: Any, outlet_id: int, name: str) -> UUID | None:
    """A person of the outlet without a username, by name."""
    sql = "SELECT id FROM staff.person WHERE outlet_id = $1 AND name = $2 AND username IS NULL"
    return await conn.fetchval(sql, outlet_id, name)  # type: ignore[no-any-return]


async def people_called(conn: Any, name: str) -> list[PersonRow]:
    """People who work in some outlet and have this user name, or this name where nobody has the user name. Of who works in
    several, the row with the user name."""
    rows = await conn.fetch(
        f"""SELECT {PERSON} FROM staff.person WHERE EXISTS (
          SELECT FROM staff.person o WHERE o.id = person.id AND o.active)
        AND (username IS NOT NULL OR active AND NOT EXISTS (
          SELECT FROM staff.person o WHERE o.id = person.id AND o.username IS NOT NULL))
        AND (username = lower($1) OR name = $1 AND NOT EXISTS (
          SELECT FROM staff.person u JOIN staff.person o ON o.id = u.id WHERE u.username = lower($1) AND o.active))
        ORDER BY outlet_id, id""",
        name,
    )
    return [PersonRow(**dict(row)) for row in rows]


async def add_person(tx: Any, row: PersonRow) -> None:
    await tx.execute(
        """INSERT INTO staff.person
          (outlet_id, id, name, username, password_hash, pin_hash, role, active, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        *_columns(row),
    )


async def save_person(tx: Any, row: PersonRow) -> None:
    await tx.execute(
        """UPDATE staff.person SET name = $3, username = $4, password_hash = $5, pin_hash = $6, role = $7,
          active = $8, version = $9 WHERE outlet_id = $1 AND id = $2""",
        *_columns(row),
    )


async def add_session(
    tx: Any,
    outlet_id: int,
    session_id: UUID,
    person_id: UUID,
    refresh_hash: bytes,
    expires_at: datetime,
    device_id: UUID | None,
) -> None:
    await tx.execute(
        """INSERT INTO staff.session (outlet_id, id, person_id, refresh_hash, expires_at, device_id)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        outlet_id,
        session_id,
        person_id,
        refresh_hash,
        expires_at,
        device_id,
    )


async def lock_session(tx: Any, outlet_id: int, session_id: UUID) -> SessionRow | None:
    """A session, locked until the transaction ends."""
    sql = f"SELECT {SESSION} FROM staff.session WHERE outlet_id = $1 AND id = $2 FOR UPDATE"
    row = await tx.fetchrow(sql, outlet_id, session_id)
    return None if row is None else SessionRow(**dict(row))


async def rotate(tx: Any, outlet_id: int, session_id: UUID, refresh_hash: bytes) -> None:
    """Give the session its next refresh token."""
    await tx.execute(
        """UPDATE staff.session SET previous_hash = refresh_hash, refresh_hash = $3
        WHERE outlet_id = $1 AND id = $2""",
        outlet_id,
        session_id,
        refresh_hash,
    )


async def live_sessions(tx: Any, outlet_id: int, person_id: UUID) -> list[UUID]:
    """Sessions of a person that are not ended, locked."""
    rows = await tx.fetch(
        """SELECT id FROM staff.session WHERE outlet_id = $1 AND person_id = $2 AND revoked_at IS NULL
        AND expires_at > now() ORDER BY id FOR UPDATE""",
        outlet_id,
        person_id,
    )
    return [row["id"] for row in rows]


async def live_sessions_elsewhere(tx: Any, outlet_id: int, person_id: UUID) -> list[tuple[int, UUID]]:
    """Sessions of a person at the other outlets that are not ended, with those, locked."""
    rows = await tx.fetch(
        """SELECT outlet_id, id FROM staff.session WHERE outlet_id <> $1 AND person_id = $2 AND revoked_at IS NULL
        AND expires_at > now() ORDER BY outlet_id, id FOR UPDATE""",
        outlet_id,
        person_id,
    )
    return [(row["outlet_id"], row["id"]) for row in rows]


async def revoke(tx: Any, outlet_id: int, session_ids: list[UUID], reason: str) -> list[tuple[UUID, int]]:
    """End sessions; those that were live, with their new versions."""
    rows = await tx.fetch(
        """UPDATE staff.session SET revoked_at = clock_timestamp(), revoked_for = $3, version = version + 1
        WHERE outlet_id = $1 AND id = ANY ($2) AND revoked_at IS NULL RETURNING id, version""",
        outlet_id,
        session_ids,
        reason,
    )
    return [(row["id"], row["version"]) for row in rows]


async def revoked_sessions(conn: Any, seconds: int) -> list[UUID]:
    """Sessions ended within the last `seconds`, of all outlets."""
    rows = await conn.fetch("SELECT r.id FROM staff.revoked_sessions($1) AS r (id)", seconds)
    return [row["id"] for row in rows]


async def signing_keys(conn: Any) -> list[SigningKey]:
    """Those whose tokens are good."""
    rows = await conn.fetch("SELECT kid, salt, begins, ends FROM staff.signing_keys()")
    return [SigningKey(row["kid"], bytes(row["salt"]), row["begins"], row["ends"]) for row in rows]


async def note_uses(conn: Any, tokens: list[UUID]) -> None:
    """These service tokens were used just now."""
    await conn.execute("SELECT staff.note_uses($1)", tokens)


async def service_principals(conn: Any) -> dict[bytes, Principal]:
    """Integrations whose tokens are good, by the token's hash."""
    rows = await conn.fetch(
        "SELECT outlet_id, id, name, token_hash, scopes, expires FROM staff.service_tokens()"
    )
    return {
        bytes(row["token_hash"]): Principal(
            kind="service",
            id=row["id"],
            outlet_id=row["outlet_id"],
            role="service",
            session_id=row["id"],
            name=row["name"],
            expires=int(row["expires"]),
            scopes=tuple(row["scopes"]),
        )
        for row in rows
    }


async def lock_failures(tx: Any, key: bytes) -> tuple[Failures | None, datetime]:
    """Wrong sign-ins under a key, and the time; others with this key wait for the transaction's end."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", key.hex())
    row = await tx.fetchrow(
        """SELECT clock_timestamp() AS now, f.failures, f.last_at, f.locked_until
        FROM (SELECT $1::bytea AS key) k LEFT JOIN staff.login_failure f USING (key)""",
        key,
    )
    found = (
        None if row["failures"] is None else Failures(row["failures"], row["last_at"], row["locked_until"])
    )
    return found, row["now"]


async def save_failures(tx: Any, key: bytes, found: Failures) -> None:
    await tx.execute(
        """INSERT INTO staff.login_failure (key, failures, last_at, locked_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at,
          locked_until = excluded.locked_until""",
        key,
        found.failures,
        found.last_at,
        found.locked_until,
    )


async def forget_failures(conn: Any, key: bytes) -> None:
    await conn.execute("DELETE FROM staff.login_failure WHERE key = $1", key)


async def record_audit(
    conn: Any,
    outlet_id: int,
    actor: UUID | None,
    name: str | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> None:
    await conn.execute(
        "SELECT staff.record_audit($1, $2, $3, $4, $5, $6)", outlet_id, actor, name, action, subject, detail
    )


async def audit_log(conn: Any, outlet_id: int, before: UUID | None, limit: int) -> list[AuditEntry]:
    """What was done, newest first."""
    rows = await conn.fetch(
        """SELECT id, at, actor_id, actor_name, action, subject, detail FROM staff.audit
        WHERE outlet_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3""",
        outlet_id,
        before,
        limit,
    )
    return [AuditEntry(**dict(row)) for row in rows]


async def prune(conn: Any) -> None:
    """Drop sessions a week past their end, and wrong sign-ins that no longer count."""
    await conn.execute("DELETE FROM staff.session WHERE expires_at < now() - interval '7 days'")
    await conn.execute(
        "DELETE FROM staff.login_failure WHERE last_at < now() - interval '7 days' AND key <> $1", bytes(32)
    )
