"""`rasoi events parked` and `rasoi events replay`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from rasoi.embedded import reachable_database
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.inbox import PARKED_ROWS, Inbox
from rasoi.platform.rooms import Room
from rasoi.settings import Settings

T = TypeVar("T")
OpenContext = Callable[[Settings, str], AbstractAsyncContextManager[Context]]


def parked(settings: Settings, rooms: list[Room]) -> int:
    """List what was set aside."""

    async def show() -> int:
        async with _database(settings) as ctx:
            return sum([_print(inbox, await _rows(inbox)) for inbox in _inboxes(ctx, rooms)])

    total = asyncio.run(show())
    print(f"{total} events are parked." if total else "Nothing is parked.")
    return 0


def replay(
    settings: Settings,
    rooms: list[Room],
    open_context: OpenContext,
    *,
    room: str | None,
    log: str | None,
    subject: str | None,
) -> int:
    """Hand in again what was set aside; exit status 1 when something failed again."""

    async def again() -> tuple[int, list[str]]:
        handled, faults = 0, list[str]()
        with reachable_database(settings) as url:
            async with open_context(settings, url) as ctx:
                for inbox in _inboxes(ctx, rooms, room, log):
                    some, found = await inbox.replay(subject)
                    handled += some
                    faults += found
        return handled, faults

    handled, faults = asyncio.run(again())
    print(f"{handled} events handled, {len(faults)} keys still parked.")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Context]:
    """What reading takes; no room is started."""
    with reachable_database(settings) as url:
        db = await Database.connect(url, size=2)
        try:
            yield Context(settings, db)
        finally:
            await db.close()


def _inboxes(
    ctx: Context, rooms: list[Room], room: str | None = None, log: str | None = None
) -> Iterator[Inbox]:
    """Those of this room and log, or of all."""
    for each in rooms:
        for source in each.logs:
            if room in (None, each.name) and log in (None, source):
                yield Inbox(ctx, each, source)


async def _rows(inbox: Inbox) -> list[Any]:
    rows: list[Any] = await inbox.ctx.db.fetch(PARKED_ROWS.format(room=inbox.room.name), inbox.log, None)
    return rows


def _print(inbox: Inbox, rows: list[Any]) -> int:
    for row in rows:
        event = row["event"]
        print(
            f"{inbox.room.name} ← {inbox.log}  {row['parked_at']:%Y-%m-%d %H:%M:%S}  "
            f"{event['type']}  {row['subject']}  {row['reason']}"
        )
    return len(rows)
