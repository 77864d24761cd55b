"""`rasoi events parked` and `rasoi events replay`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rasoi.embedded import reachable_database
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.inbox import PARKED_ROWS, Inbox
from rasoi.platform.rooms import Room
from rasoi.settings import Settings

T = TypeVar("T")


def parked(settings: Settings, rooms: list[Room]) -> int:
    """List what was set aside."""

    async def show(inbox: Inbox) -> int:
        rows = await inbox.ctx.db.fetch(PARKED_ROWS.format(room=inbox.room.name), inbox.log, None)
        for row in rows:
            event = row["event"]
            print(
                f"{inbox.room.name} ← {inbox.log}  {row['parked_at']:%Y-%m-%d %H:%M:%S}  "
                f"{event['type']}  {row['subject']}  {row['reason']}"
            )
        return len(rows)

    total = sum(asyncio.run(_each(settings, rooms, None, None, show)))
    print(f"{total} events are parked." if total else "Nothing is parked.")
    return 0


def replay(
    settings: Settings, rooms: list[Room], *, room: str | None, log: str | None, subject: str | None
) -> int:
    """Hand in again what was set aside; exit status 1 when something failed again."""

    async def again(inbox: Inbox) -> tuple[int, list[str]]:
        return await inbox.replay(subject)

    results = asyncio.run(_each(settings, rooms, room, log, again))
    faults = [fault for _, found in results for fault in found]
    print(f"{sum(handled for handled, _ in results)} events handled, {len(faults)} keys still parked.")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


async def _each(
    settings: Settings,
    rooms: list[Room],
    only_room: str | None,
    only_log: str | None,
    work: Callable[[Inbox], Awaitable[T]],
) -> list[T]:
    with reachable_database(settings) as url:
        db = await Database.connect(url, size=2)
        ctx = Context(settings, db)
        try:
            for room in rooms:
                if room.start:
                    await room.start(ctx)
            return [
                await work(Inbox(ctx, room, source))
                for room in rooms
                if only_room in (None, room.name)
                for source in room.logs
                if only_log in (None, source)
            ]
        finally:
            await db.close()
