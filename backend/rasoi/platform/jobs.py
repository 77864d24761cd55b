"""A room's jobs, done by whoever leads it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import structlog

from rasoi.platform.context import Context
from rasoi.platform.leader import Leadership
from rasoi.platform.metrics import ROW_FAILURES
from rasoi.platform.rooms import Job, Room

log = structlog.get_logger(__name__)
T = TypeVar("T")


async def repeat(ctx: Context, room: Room, job: Job, leadership: Leadership) -> None:
    """For ever, while this process leads: do the job, wait, again; a fault is logged and tried again."""
    while True:
        await leadership.held.wait()
        try:
            await job.run(ctx)
        except Exception as error:
            log.warning("job failed", room=room.name, job=job.name, reason=repr(error))
        await asyncio.sleep(job.every_s)


async def for_each(rows: Iterable[T], work: Callable[[T], Awaitable[Any]], what: str) -> int:
    """Work on each row of a round; the trouble of one is counted and no trouble of the others. Returns how many failed."""
    failed = 0
    for row in rows:
        try:
            await work(row)
        except Exception as error:
            failed += 1
            ROW_FAILURES.labels(what).inc()
            log.warning("a row could not be worked on", what=what, row=repr(row)[:200], reason=repr(error))
    return failed
