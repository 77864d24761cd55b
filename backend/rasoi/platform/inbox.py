"""Handling events once, in the order of each key; a key that keeps failing is parked, the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import asyncpg
import msgspec
import structlog

from rasoi.platform import events, tracing
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.event_log import LogEntry
from rasoi.platform.events import Event
from rasoi.platform.metrics import EVENT_LAG, HANDLED, RETRIED
from rasoi.platform.rooms import Room

log = structlog.get_logger(__name__)

BATCH_SIZE = 32
SPLIT_BELOW = 4
PARALLEL_KEYS = 8
TRIES = 5
FIRST_PAUSE_S = 0.05
DATABASE_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,
)

NEW = """INSERT INTO {room}.inbox (log, event_id) SELECT $1, unnest($2::uuid[])
ON CONFLICT DO NOTHING RETURNING event_id"""
KEY_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))"
IS_PARKED = "SELECT EXISTS (SELECT FROM {room}.parked WHERE log = $1 AND subject = $2)"
# not what another process of this consumer has handled meanwhile
PARK = """INSERT INTO {room}.parked (log, position, subject, event, reason)
SELECT $1, $2::bigint, $3, $4::jsonb, $5 WHERE NOT EXISTS (SELECT FROM {room}.inbox WHERE log = $1 AND event_id = $6)
ON CONFLICT DO NOTHING"""
PARKED_KEYS = "SELECT DISTINCT subject FROM {room}.parked WHERE log = $1"
PARKED_ROWS = """SELECT position, subject, event, reason, parked_at FROM {room}.parked
WHERE log = $1 AND ($2::text IS NULL OR subject = $2) ORDER BY position"""
UNPARK = "DELETE FROM {room}.parked WHERE log = $1 AND position = $2"


def split_by_key(entries: Iterable[LogEntry], count: int = PARALLEL_KEYS) -> list[list[LogEntry]]:
    """Entries split by key, the order within a key kept."""
    split: list[list[LogEntry]] = [[] for _ in range(count)]
    for each in entries:
        split[hash(each.event.subject) % count].append(each)
    return [part for part in split if part]


class Inbox:
    """One consuming room's side of one log."""

    def __init__(self, ctx: Context, room: Room, source: str) -> None:
        self.ctx = ctx
        self.room = room
        self.log = source
        self.types = {cls.event_type: fn for cls, fn in room.handlers.items() if cls.event_room == source}
        self.batch_handler = room.batch_handler[1] if room.batch_handler else None
        contracts = room.batch_handler[0] if room.batch_handler else ()
        self.batch_types = {cls.event_type for cls in contracts if cls.event_room == source}
        self.parked: set[str] = set()

    async def load(self) -> None:
        """Learn which keys are parked."""
        rows = await self.ctx.db.fetch(PARKED_KEYS.format(room=self.room.name), self.log)
        self.parked = {row["subject"] for row in rows}

    def wants(self, event: Event) -> bool:
        return event.type in self.types

    async def handle(self, entries: list[LogEntry]) -> None:
        """Handle entries in order: many in one transaction; where that fails, fewer, at last one by one by key."""
        for start in range(0, len(entries), BATCH_SIZE):
            await self._handle_batch(entries[start : start + BATCH_SIZE])

    async def _handle_batch(self, entries: list[LogEntry]) -> None:
        if await self._in_one_transaction(entries):
            return
        if len(entries) <= SPLIT_BELOW:
            await asyncio.gather(*(self._one_by_one(part) for part in split_by_key(entries)))
            return
        middle = len(entries) // 2
        await self._handle_batch(entries[:middle])
        await self._handle_batch(entries[middle:])

    async def _in_one_transaction(self, entries: list[LogEntry]) -> bool:
        if any(each.event.subject in self.parked for each in entries):
            return False
        batch = [each.event for each in entries]
        try:
            if self.batch_handler and all(
                event.type in self.batch_types and not tracing.is_recorded(event) for event in batch
            ):
                await self.batch_handler(self.ctx, batch)
            else:
                async with self.ctx.db.transaction(self.room.name) as tx:
                    await self._apply(tx, batch)
        except Exception as error:  # whatever it was, each event is tried again by itself
            log.info("batch split", room=self.room.name, log=self.log, reason=repr(error))
            return False
        self._count(entries)
        return True

    async def _one_by_one(self, entries: list[LogEntry]) -> None:
        for each in entries:
            await self._with_retries(each)

    def _count(self, entries: list[LogEntry]) -> None:
        HANDLED.labels(self.room.name, self.log).inc(len(entries))
        EVENT_LAG.labels(self.room.name, self.log).observe(entries[-1].event.age())

    async def _apply(self, tx: Tx, batch: list[Event]) -> None:
        """The inbox rows, then the effect of each event that is new, under the event's own ids."""
        rows = await tx.fetch(NEW.format(room=self.room.name), self.log, [event.id for event in batch])
        new = {row["event_id"] for row in rows}
        for event in batch:
            if event.id in new:
                new.discard(event.id)  # a batch may hold an event twice
                tokens = events.bind(event)
                try:
                    with tracing.handling(event, self.room.name, self.log):
                        await self.types[event.type](self.ctx, tx, event, events.decode(event))
                    await tx.flush()  # before what the next one may write by SQL for the same key
                finally:
                    events.reset(tokens)

    async def _with_retries(self, each: LogEntry) -> None:
        pause, tries = FIRST_PAUSE_S, 0
        while True:
            try:
                if await self._once(each):
                    self._count([each])
                return
            except (
                DATABASE_UNAVAILABLE
            ) as error:  # the database's fault, not the event's: wait as long as it takes
                log.warning("database unavailable", room=self.room.name, reason=str(error))
            except Exception as error:
                tries += 1
                RETRIED.labels(self.room.name, self.log).inc()
                log.warning(
                    "handler failed",
                    room=self.room.name,
                    type=each.event.type,
                    event_id=str(each.event.id),
                    tries=tries,
                    reason=repr(error),
                )
                if tries >= TRIES:
                    await self.park(each, error)
                    return
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    async def _once(self, each: LogEntry) -> bool:
        async with self.ctx.db.transaction(self.room.name) as tx:
            if each.event.subject in self.parked and await self._still_parked(tx, each.event.subject):
                await self._insert_parked(tx, each, "waits behind a parked event")
                return False
            await self._apply(tx, [each.event])
        return True

    async def _still_parked(self, tx: Tx, subject: str) -> bool:
        await tx.execute(KEY_LOCK, f"{self.room.name}|{self.log}|{subject}")
        if await tx.fetchval(IS_PARKED.format(room=self.room.name), self.log, subject):
            return True
        self.parked.discard(subject)
        return False

    async def park(self, each: LogEntry, error: Exception) -> None:
        """Park the event and its key, with the alarm."""
        log.error(
            "event parked",
            room=self.room.name,
            type=each.event.type,
            event_id=str(each.event.id),
            subject=each.event.subject,
            reason=repr(error),
        )
        async with self.ctx.db.transaction(self.room.name) as tx:
            await tx.execute(KEY_LOCK, f"{self.room.name}|{self.log}|{each.event.subject}")
            await self._insert_parked(tx, each, f"{type(error).__name__}: {error}")
        self.parked.add(each.event.subject)

    async def _insert_parked(self, tx: Tx, each: LogEntry, reason: str) -> None:
        event = msgspec.Raw(msgspec.json.encode(each.event))
        await tx.execute(
            PARK.format(room=self.room.name),
            self.log,
            each.position,
            each.event.subject,
            event,
            reason[:2000],
            each.event.id,
        )

    async def replay(self, subject: str | None = None) -> tuple[int, list[str]]:
        """Handle what was parked, oldest first; a key stops at its first failure. Returns (handled, faults)."""
        handled, faults, stuck = 0, [], set[str]()
        while rows := await self._to_replay(subject, stuck):
            for row in rows:
                if row["subject"] in stuck:
                    continue
                try:
                    await self._replay_one(row)
                    handled += 1
                except Exception as error:
                    stuck.add(row["subject"])
                    faults.append(f"{row['subject']}: {error!r}")
        return handled, faults

    async def _to_replay(self, subject: str | None, stuck: set[str]) -> list[Any]:
        rows = await self.ctx.db.fetch(PARKED_ROWS.format(room=self.room.name), self.log, subject)
        return [row for row in rows if row["subject"] not in stuck]

    async def _replay_one(self, row: Any) -> None:
        event = msgspec.json.decode(msgspec.json.encode(row["event"]), type=Event)
        async with self.ctx.db.transaction(self.room.name) as tx:
            await tx.execute(KEY_LOCK, f"{self.room.name}|{self.log}|{event.subject}")
            await self._apply(tx, [event])
            await tx.execute(UNPARK.format(room=self.room.name), self.log, row["position"])
