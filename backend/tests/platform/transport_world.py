"""What the transport's contract suite plays with: processes of rooms over one database, on either transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from uuid_utils.compat import uuid7

from rasoi.cancelling import cancel_all
from rasoi.contracts.staff import SessionRevoked
from rasoi.platform.cluster import Cluster
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.events import Event
from rasoi.platform.kafka import KafkaTransport
from rasoi.platform.local import LocalTransport
from rasoi.platform.rooms import Hosted, Job, Room
from rasoi.platform.shared_wake import SharedLogWakeSignals
from rasoi.platform.wake import LogWakeSignals
from rasoi.settings import Settings

KEEP = """INSERT INTO kitchen.idempotency (outlet_id, principal, route, key, body_hash)
VALUES (1, $1, nextval('kitchen.handled')::text, $2, convert_to($3, 'UTF8'))"""
KEPT = """SELECT principal || '/' || key AS name, convert_from(body_hash, 'UTF8') AS process
FROM kitchen.idempotency ORDER BY route::bigint"""


@dataclass
class Handler:
    """Keeps what one process handled in a table (so that it rolls back too), and fails where it is told to."""

    process: str
    fail: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def __call__(self, ctx: Context, tx: Tx, event: Event, data: Any) -> None:
        name = f"{event.subject}/{event.aggregateversion}"
        self.calls.append(name)
        await tx.execute(KEEP, event.subject, str(event.aggregateversion), self.process)
        if self.gate is not None:
            await self.gate.wait()
        if name in self.fail:
            raise RuntimeError(f"can't handle {name}")


@dataclass
class Process:
    """One process: it hosts `staff`, which publishes, `kitchen`, which consumes, and a follower."""

    name: str
    transport: Any
    handler: Handler
    followed: list[str]
    database: Database
    jobs: list[str]

    async def stop(self) -> None:
        await self.transport.stop()
        await self.database.close()

    async def crash(self) -> None:
        """End without finishing or committing anything; leadership goes as the session does."""
        tasks = [*self.transport.tasks, *getattr(self.transport, "ending", [])]
        tasks += [leadership._task for leadership in self.transport.leaderships]
        await cancel_all(tasks)
        if isinstance(self.transport, KafkaTransport):
            await self.transport.broadcasts.stop()
            await self.transport.wake_signals.stop()
        await self.database.close()


@dataclass
class World:
    """Starts processes, writes events, and tells what was handled."""

    kind: str
    url: str
    settings: Settings
    cluster: Cluster | None
    writer: Database
    processes: list[Process] = field(default_factory=list)
    linger_s: float = 0.0

    async def start(self, name: str = "one", **handler: Any) -> Process:
        process = await self.make(name, **handler)
        await process.transport.start()
        return process

    async def make(self, name: str, **given: Any) -> Process:
        handler, followed, done = Handler(name, **given), [], []

        async def follow(ctx: Context, event: Event, data: Any) -> None:
            followed.append(f"{event.subject}/{event.aggregateversion}")

        async def work(ctx: Context) -> None:
            done.append(name)

        staff = Room("staff", jobs=(Job("test", 0.05, work),))
        kitchen = Room(
            "kitchen",
            handlers={SessionRevoked: handler},
            broadcast_handlers={SessionRevoked: follow},
            linger_s=self.linger_s,
        )
        database = await Database.connect(self.url, size=12)
        ctx = Context(self.settings, database)
        if self.cluster is None:
            wake_signals = LogWakeSignals()
            transport: Any = LocalTransport(ctx, [staff, kitchen], self.url, wake_signals)
        else:
            wake_signals = SharedLogWakeSignals(self.url)
            transport = KafkaTransport(
                [Hosted(staff, ctx), Hosted(kitchen, ctx)], self.url, wake_signals, self.cluster
            )
        database.on_written = wake_signals
        self.processes.append(process := Process(name, transport, handler, followed, database, done))
        return process

    async def emit(self, *names: str, by: Process | None = None) -> None:
        """Write these events in one transaction, as "key/version"; by no process: only a poll finds them."""
        database = by.database if by else self.writer
        async with database.transaction("staff") as tx:
            for name in names:
                subject, _, version = name.partition("/")
                tx.emit(
                    SessionRevoked(session_id=uuid7()), subject=subject, outlet_id=1, version=int(version)
                )

    async def kept(self) -> list[str]:
        return [row["name"] for row in await self.writer.fetch(KEPT)]

    async def kept_by(self) -> set[str]:
        return {row["process"] for row in await self.writer.fetch(KEPT)}

    async def until_kept(self, count: int, seconds: float = 30) -> list[str]:
        """What was handled, once it is `count` events."""
        await eventually(lambda: self._has(count), seconds)
        return await self.kept()

    async def _has(self, count: int) -> bool:
        return len(await self.kept()) >= count

    async def stop(self) -> None:
        for process in self.processes:
            if not process.database.pool.is_closing():
                await process.stop()


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait until `true()`; fails the test when it takes too long."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.05)


def in_order(names: list[str]) -> dict[str, list[int]]:
    """The versions of each key as they were handled."""
    found: dict[str, list[int]] = {}
    for name in names:
        subject, _, version = name.partition("/")
        found.setdefault(subject, []).append(int(version))
    return found
