"""A room's jobs, done by whoever leads it."""

from __future__ import annotations

import asyncio

import structlog

from rasoi.platform.context import Context
from rasoi.platform.leader import Leadership
from rasoi.platform.rooms import Job, Room

log = structlog.get_logger(__name__)


async def repeat(ctx: Context, room: Room, job: Job, leadership: Leadership) -> None:
    """For ever, while this process leads: do the job, wait, again; a fault is logged and tried again."""
    while True:
        await leadership.held.wait()
        try:
            await job.run(ctx)
        except Exception as error:
            log.warning("job failed", room=room.name, job=job.name, reason=repr(error))
        await asyncio.sleep(job.every_s)
