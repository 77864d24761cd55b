"""One effect and one answer per Idempotency-Key, however often the request arrives.

The record commits with the work. A duplicate waits for the first on an advisory lock, then gets its answer;
a refused request leaves no record and may be tried again with the same key. Records are kept 72 hours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import BadRequest, Busy, Unprocessable

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
FIND = "SELECT body_hash, status, body FROM {room}.idempotency WHERE (outlet_id, principal, route, key) = ($1, $2, $3, $4)"
STORE = """INSERT INTO {room}.idempotency (outlet_id, principal, route, key, body_hash, status, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (outlet_id, principal, route, key) DO UPDATE SET status = excluded.status, body = excluded.body"""


class KeyReused(Unprocessable):
    slug, title = "idempotency-key-reused", "This Idempotency-Key was used for another request"


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key with the route and the hash of the canonical body. `outlet`, `principal` come at use."""

    value: str
    route: str
    body_hash: bytes


@dataclass(frozen=True)
class Stored:
    """What the first request was answered."""

    status: int
    body: bytes

    def response(self) -> Response[bytes]:
        headers = {"Idempotency-Replayed": "true"}
        return Response(self.body, status_code=self.status, media_type="application/json", headers=headers)


async def provide_key(request: Request[Any, Any, Any]) -> IdempotencyKey:
    """The header of a Litestar request."""
    headers = dict(request.scope["headers"])
    return key_of(headers, f"{request.method} {request.url.path}", await request.body())


def key_of(headers: dict[bytes, bytes], route: str, body: bytes) -> IdempotencyKey:
    """The header, required: BadRequest when it is missing or oversized."""
    value = headers.get(b"idempotency-key", b"").decode("latin-1")
    if not 1 <= len(value) <= 200 or not value.isprintable():
        raise BadRequest("This request needs an Idempotency-Key header of 1 to 200 characters.")
    return IdempotencyKey(value, route, body_hash(body))


def body_hash(body: bytes) -> bytes:
    """SHA-256 of the body in canonical JSON, so that white space and key order do not matter."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):  # none, or unreadable: the handler will refuse it
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    return hashlib.sha256(body).digest()


def lock_of(room: str, scope: tuple[Any, ...]) -> str:
    """What a request and its duplicates lock by."""
    return f"{room}|" + "|".join(map(str, scope))


async def claim(tx: Tx, principal: Principal, key: IdempotencyKey) -> Stored | None:
    """Wait for an earlier request with this key, and return its answer. 409 while its outcome is unknown."""
    scope = (principal.outlet_id, principal.key, key.route, key.value)
    await tx.execute(LOCK, lock_of(tx.room, scope))
    row = await tx.fetchrow(FIND.format(room=tx.room), *scope)
    if row is None:
        return None
    if row["body_hash"] != key.body_hash:
        raise KeyReused("The same key came with another body; use a new key for a new request.")
    if row["status"] is None:
        raise Busy("The first request with this key is still under way.")
    return Stored(row["status"], row["body"])


async def store(
    tx: Tx, principal: Principal, key: IdempotencyKey, status: int | None, body: bytes | None
) -> None:
    """Keep the answer. `status` None records an intent whose outcome is not known yet."""
    scope = (principal.outlet_id, principal.key, key.route, key.value)
    await tx.execute(STORE.format(room=tx.room), *scope, key.body_hash, status, body)


async def idempotent(
    ctx: Context,
    room: str,
    principal: Principal,
    key: IdempotencyKey,
    work: Callable[[Tx], Awaitable[tuple[int, Any]]],
) -> Response[bytes]:
    """Do `work` once in a transaction of `room`; it returns the status and the struct to answer with."""
    async with ctx.db.transaction(room) as tx:
        if stored := await claim(tx, principal, key):
            return stored.response()
        status, result = await work(tx)
        body = msgspec.json.encode(result)
        await store(tx, principal, key, status, body)
    return Response(body, status_code=status, media_type="application/json")
