"""`rasoi rebuild reports`: fold the logs once more, from their beginnings, beside whatever runs."""

from __future__ import annotations

import asyncio

from rasoi.platform import event_log, events
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.event_log import Position
from rasoi.reports import ROOM
from rasoi.settings import Settings


def main(settings: Settings) -> int:
    """Rebuild, and say how much there was to read. Returns the exit status."""
    from rasoi.embedded import reachable_database

    with reachable_database(settings) as url:
        count = asyncio.run(_rebuild_in(settings, url))
    print(f"The reports hold what {count} events in the logs tell.")
    return 0


async def _rebuild_in(settings: Settings, url: str) -> int:
    db = await Database.connect(url, role=f"rasoi_{ROOM.name}", size=2)
    try:
        return await rebuild(Context(settings, db))
    finally:
        await db.close()


async def rebuild(ctx: Context) -> int:
    """Hand every event of the logs to its handler again; what is newer stays. Returns how many there were."""
    types = {cls.event_type: handler for cls, handler in ROOM.handlers.items()}
    count = 0
    for source in ROOM.logs:
        entries, position = await event_log.read(ctx.db, source, Position())
        while entries:
            known = [each.event for each in entries if each.event.type in types]
            async with ctx.db.transaction(ROOM.name) as tx:
                for event in known:
                    await types[event.type](ctx, tx, event, events.decode(event))
            count += len(known)
            entries, position = await event_log.read(ctx.db, source, position)
    return count
