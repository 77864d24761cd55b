"""What is tidied as time goes by: answers to duplicates, handled events, the logs' monthly partitions."""

from __future__ import annotations

from rasoi.platform.context import Context
from rasoi.platform.migrate import ensure_partitions
from rasoi.platform.rooms import Job, Room

EVERY_S = 3600.0
DAILY_S = 86400.0
PRUNE = (
    "DELETE FROM {room}.idempotency WHERE created_at < now() - interval '72 hours'",
    "DELETE FROM {room}.inbox WHERE handled_at < now() - interval '14 days'",
)


async def keep_partitions(ctx: Context) -> None:
    """New months for the logs, and none beyond their keeping. Needs the owner's rights."""
    async with ctx.db.pool.acquire() as conn:
        await ensure_partitions(conn, months=ctx.settings.outbox_months)


def prune(room: Room) -> Job:
    """The room's own pruning; nothing that could still be read or asked again is touched."""

    async def run(ctx: Context) -> None:
        for sql in PRUNE:
            await ctx.db.execute(sql.format(room=room.name))

    return Job("prune", EVERY_S, run)
