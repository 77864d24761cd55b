"""The pool, and the transaction that writes its events before it commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import msgspec

from rasoi.platform import tracing
from rasoi.platform.events import Contract, Event, new_event
from rasoi.platform.metrics import POOLS

SETTINGS = {
    "application_name": "rasoi",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",  # for arrays and logs it would plan anew each time, which takes longer than the work
    # a plan made while the tables were small is kept, and would go on to read them whole: everything is found by its key
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "2s",
    "transaction_timeout": "5s",
    "idle_in_transaction_session_timeout": "3s",
}
EMIT = """INSERT INTO {room}.outbox
  (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::bigint[],
  $6::text[], $7::text[], $8::text[], $9::json[])"""

Record = asyncpg.Record


def _encode_json(value: Any) -> bytes:
    return bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + _encode_json(value)


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(value[1:])


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A pooled connection that is not reset between uses: all that we set or lock ends with its transaction."""

    def get_reset_query(self) -> str:
        return ""


async def prepare(conn: asyncpg.Connection) -> None:
    """JSON columns speak plain Python values."""
    for name, encode, decode in (
        ("json", _encode_json, msgspec.json.decode),
        ("jsonb", _encode_jsonb, _decode_jsonb),
    ):
        await conn.set_type_codec(name, schema="pg_catalog", encoder=encode, decoder=decode, format="binary")


class Tx:
    """One transaction of one room. Events given to `emit` are written just before the commit."""

    def __init__(self, conn: Any, room: str) -> None:
        self.room = room
        self.conn = conn
        self.fetch: Callable[..., Any] = conn.fetch
        self.fetchrow: Callable[..., Any] = conn.fetchrow
        self.fetchval: Callable[..., Any] = conn.fetchval
        self.execute: Callable[..., Any] = conn.execute
        self.executemany: Callable[..., Any] = conn.executemany
        self.events: list[Event] = []
        self.written_logs: set[str] = set()
        self.commit_hooks: list[Callable[[], object]] = []
        # what its rooms have read of rows that it holds locked, by keys of theirs
        self.held: dict[object, Any] = {}
        self.deferred: dict[Callable[[Tx, list[Any]], Awaitable[None]], list[Any]] = {}

    def emit(self, payload: Contract, *, subject: str, outlet_id: int, version: int) -> None:
        """Queue an event for this room's log. The aggregate's row must be locked by this transaction."""
        if payload.event_room != self.room:
            raise ValueError(f"{payload.event_type} belongs to {payload.event_room}, not to {self.room}")
        self.events.append(new_event(payload, subject=subject, outlet_id=outlet_id, version=version))

    def mark_written(self, room: str) -> None:
        """An SQL function wrote the log of `room` in this transaction: its readers are woken after the commit."""
        self.written_logs.add(room)

    def on_commit(self, hook: Callable[..., object], *args: Any) -> None:
        """Call `hook` with `args` once this transaction has committed, and never if it rolls back."""
        self.commit_hooks.append(partial(hook, *args))

    def defer_write(self, write: Callable[[Tx, list[Any]], Awaitable[None]], row: Any) -> None:
        """Leave `row` to `write`, which gets all such rows of this transaction at once, just before the commit."""
        self.deferred.setdefault(write, []).append(row)

    async def write_deferred(self) -> None:
        """Write what was deferred so far: for whoever reads it in this transaction, and before the commit."""
        while self.deferred:
            write, rows = self.deferred.popitem()
            await write(self, rows)

    async def flush(self) -> None:
        """Write the queued events."""
        if not self.events:
            return
        events, self.events = self.events, []
        columns = zip(
            *(
                (
                    e.id,
                    e.type,
                    e.subject,
                    e.outletid,
                    e.aggregateversion,
                    e.correlationid,
                    e.causationid,
                    e.traceparent,
                    e.data,
                )
                for e in events
            ),
            strict=True,
        )
        await self.conn.execute(EMIT.format(room=self.room), *(list(column) for column in columns))
        self.written_logs.add(self.room)


class Database:
    """A pool of connections, all under one role. `on_written` is called after a commit with the rooms whose logs it
    wrote."""

    def __init__(self, pool: Any, on_written: Callable[[set[str]], None] | None = None) -> None:
        self.pool = pool
        self.on_written = on_written or (lambda rooms: None)
        self.fetch: Callable[..., Any] = pool.fetch
        self.fetchrow: Callable[..., Any] = pool.fetchrow
        self.fetchval: Callable[..., Any] = pool.fetchval
        self.execute: Callable[..., Any] = pool.execute

    @classmethod
    async def connect(
        cls, url: str, *, role: str | None = None, size: int = 10, settings: dict[str, str] | None = None
    ) -> Database:
        """Open the pool. `url` is a PostgreSQL URI; `role` is taken on by every connection."""
        as_role = {"role": role, "application_name": f"rasoi {role.removeprefix('rasoi_')}"} if role else {}
        options = SETTINGS | as_role | (settings or {})
        pool = await asyncpg.create_pool(
            url, min_size=min(2, size), max_size=size, init=prepare, server_settings=options, command_timeout=10,
            connection_class=Connection,
        )  # fmt: skip
        database = cls(pool)
        POOLS.add(database, role)
        return database

    @asynccontextmanager
    async def transaction(self, room: str) -> AsyncIterator[Tx]:
        """Commit on leaving, roll back on any error; readers are woken after the commit only."""
        async with tracing.transaction(room), self.pool.acquire() as conn:
            async with conn.transaction():
                tx = Tx(conn, room)
                yield tx
                await tx.write_deferred()
                await tx.flush()
        for hook in tx.commit_hooks:
            hook()
        if tx.written_logs:
            self.on_written(tx.written_logs)

    async def call(self, sql: str, *args: Any, wrote: Sequence[str] = ()) -> Any:
        """The rows of one statement that is its own transaction, such as a function that writes the logs `wrote` itself."""
        rows = await self.pool.fetch(sql, *args)
        if wrote:
            self.on_written(set(wrote))
        return rows

    async def close(self) -> None:
        await self.pool.close()
