"""The rooms' sign-ins at PostgreSQL, where each room's service has a password of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable

import asyncpg

from rasoi.platform.migrate import MigrationError

ITERATIONS = 4096  # PostgreSQL's own default
ALTER = "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)"


async def set_passwords(url: str, passwords: Iterable[tuple[str, str]]) -> None:
    """Let `rasoi_<room>` sign in with this password. Raises MigrationError for a room without a role."""
    wanted = list(passwords)
    if not wanted:
        return
    conn = await asyncpg.connect(url, timeout=10)
    try:
        for room, password in wanted:
            role = f"rasoi_{room}"
            if not await conn.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
                raise MigrationError(f"there is a password for the room {room}, and no such room")
            await conn.execute(await conn.fetchval(ALTER, role, verifier(password)))
    finally:
        await conn.close()


def verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL keeps of a password (RFC 5803); made here, so that no log of statements shows the password."""
    salt = secrets.token_bytes(16) if salt is None else salt
    prepared = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", prepared, salt, ITERATIONS)
    client, server = (hmac.digest(salted, label, "sha256") for label in (b"Client Key", b"Server Key"))
    stored = hashlib.sha256(client).digest()
    parts = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(ITERATIONS, *parts)
