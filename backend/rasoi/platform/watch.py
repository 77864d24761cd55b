"""What is measured on a timer: the event loop, what this process works with, and what a room's leader reads from the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rasoi.cancelling import cancel_all
from rasoi.platform.context import Context
from rasoi.platform.metrics import DEPENDENCY, LOOP_LAG, OUTBOX_BYTES, OUTBOX_LAG, PARKED
from rasoi.platform.rooms import Job, Room

TICK_S = 0.25
ASK_S = 5.0
ANSWER_S = 2.0
LAG = """SELECT 'lag' AS what, {reader!r} AS log, coalesce(extract(epoch FROM clock_timestamp() - (
  SELECT created_at FROM {source}.outbox WHERE id > coalesce(
    (SELECT position FROM {room}.reader WHERE log = {reader!r}), 0) ORDER BY id LIMIT 1)), 0)::float8 AS value"""
KEYS = "SELECT 'parked', log, count(DISTINCT subject)::float8 FROM {room}.parked GROUP BY log"
BYTES = """SELECT 'bytes', '', coalesce(sum(pg_total_relation_size(relid)), 0)::float8
FROM pg_partition_tree(to_regclass('{room}.outbox'))"""
Checks = Mapping[str, Callable[[], Awaitable[Any]]]


@asynccontextmanager
async def watching(ctx: Context, more: Checks | None = None) -> AsyncIterator[None]:
    """Measure this process until the block ends. `more` are further dependencies, by name."""
    checks: dict[str, Callable[[], Awaitable[Any]]] = {"postgresql": lambda: ctx.db.fetchval("SELECT 1")}
    if ctx.redis is not None:
        checks["redis"] = ctx.redis.ping
    checks |= more or {}
    tasks = [
        asyncio.create_task(_watch_loop()),
        *(asyncio.create_task(_ask(*each)) for each in checks.items()),
    ]
    try:
        yield
    finally:
        await cancel_all(tasks)


async def _watch_loop() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK_S
        await asyncio.sleep(TICK_S)
        LOOP_LAG.observe(max(0.0, loop.time() - due))


async def _ask(name: str, check: Callable[[], Awaitable[Any]]) -> None:
    gauge = DEPENDENCY.labels(name)
    while True:
        try:
            async with asyncio.timeout(ANSWER_S):
                await check()
            gauge.set(1)
        except Exception:
            gauge.set(0)
        await asyncio.sleep(ASK_S)


def measure(room: Room, readers: Mapping[str, str]) -> Job:
    """What the room's leader reports of its events. `readers`: which room's log each of its readers reads."""
    parts = [LAG.format(room=room.name, reader=name, source=source) for name, source in readers.items()]
    if room.handlers:
        parts.append(KEYS.format(room=room.name))
    sql = " UNION ALL ".join([*parts, BYTES.format(room=room.name)])

    async def run(ctx: Context) -> None:
        found: dict[str, dict[str, float]] = {"lag": {}, "parked": dict.fromkeys(room.logs, 0.0), "bytes": {}}
        for what, log, value in await ctx.db.fetch(sql):
            found[what][log] = value
        OUTBOX_LAG.report({(room.name, log): value for log, value in found["lag"].items()}, room.name)
        PARKED.report({(room.name, log): value for log, value in found["parked"].items()}, room.name)
        OUTBOX_BYTES.report({(room.name,): sum(found["bytes"].values())}, room.name)

    return Job("measure", ASK_S, run)
