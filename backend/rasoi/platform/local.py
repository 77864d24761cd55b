"""The local transport: each consuming room reads the other rooms' logs in this process.

The same order per key, inbox, retry and parking as over Kafka. Writers in this process wake the readers after their
commit; a slow poll finds what other processes wrote.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress

import structlog

from rasoi.platform import events, jobs
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.inbox import Inbox
from rasoi.platform.janitor import prune
from rasoi.platform.leader import Leadership
from rasoi.platform.log import Position, Tail, end_of
from rasoi.platform.rooms import Room
from rasoi.platform.watch import measure

log = structlog.get_logger(__name__)

POLL_S = 1.0
SAVE_S = 0.5
LOAD = "SELECT position, gaps FROM {room}.reader WHERE log = $1"
SAVE = """INSERT INTO {room}.reader (log, position, gaps) VALUES ($1, $2, $3)
ON CONFLICT (log) DO UPDATE SET position = excluded.position, gaps = excluded.gaps"""


async def saved_position(db: Database, room: str, reader: str) -> Position:
    """Where `room`'s reader of that name stopped last."""
    row = await db.fetchrow(LOAD.format(room=room), reader)
    return (
        Position() if row is None else Position(row["position"], {int(k): v for k, v in row["gaps"].items()})
    )


class Wakes:
    """Tells waiting readers which rooms' logs were written, and counts how often."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def __call__(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            self.written[room] += 1
            for event in self._waiting[room]:
                event.set()

    def listen(self, room: str) -> asyncio.Event:
        event = asyncio.Event()
        self._waiting[room].add(event)
        return event


async def woken(event: asyncio.Event, timeout: float = POLL_S) -> None:
    """Until woken from now on, or the poll's time has come: for who has just found that all was read, with no await between.
    (Python 3.11's wait_for may swallow a cancellation; timeout won't.)"""
    event.clear()  # it was set by what has been read
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await event.wait()


class Reader:
    """One consuming room's reader of one log, while it leads."""

    def __init__(
        self,
        ctx: Context,
        room: Room,
        source: str,
        wakes: Wakes,
        leadership: Leadership,
        tail: Tail | None = None,
    ) -> None:
        self.ctx = ctx
        self.tail = tail or Tail(source, wakes.written)
        self.inbox = Inbox(ctx, room, source)
        self.room = room.name
        self.log = source
        self.wake = wakes.listen(source)
        self.patience_s = room.patience_s
        self.leadership = leadership
        self.saved = Position()
        self.saved_at = 0.0

    async def run(self) -> None:
        """For ever: lead, read from the saved position, handle, save."""
        while True:
            await self.leadership.held.wait()
            try:
                await self._follow(await self.load())
            except Exception as error:  # a reader never ends: most likely the database is away
                log.warning("reader begins again", room=self.room, log=self.log, reason=repr(error))
                await asyncio.sleep(0.5)

    async def load(self) -> Position:
        """Where this reader stopped last."""
        await self.inbox.load()
        return await saved_position(self.ctx.db, self.room, self.log)

    async def _follow(self, position: Position) -> None:
        self.saved = position
        while self.leadership.sure:
            position = await self.step(position)
            if self.tail.at_end(position):
                await woken(self.wake)
            await asyncio.sleep(self.patience_s)

    async def step(self, position: Position) -> Position:
        """Read once and handle what came. The position is saved after the effects, and not every time:
        a crash repeats events, which the inbox knows, and never skips any."""
        entries, after = await self.tail.read(self.ctx.db, position)
        if entries:
            await self.inbox.handle([each for each in entries if self.inbox.wants(each.event)])
        if after != self.saved and (not entries or time.monotonic() - self.saved_at > SAVE_S):
            await self.ctx.db.execute(SAVE.format(room=self.room), self.log, after.at, after.saved())
            self.saved, self.saved_at = after, time.monotonic()
        return after


class Follower:
    """Every event of some logs from now on, without inbox: for the bridge and for caches."""

    def __init__(
        self, ctx: Context, rooms: list[Room], source: str, wakes: Wakes, tail: Tail | None = None
    ) -> None:
        self.ctx = ctx
        self.tail = tail or Tail(source, wakes.written)
        self.log = source
        self.wake = wakes.listen(source)
        self.handlers = [
            (cls.event_type, fn)
            for room in rooms
            for cls, fn in room.snapshot_handlers.items()
            if cls.event_room == source
        ]
        self.position: Position | None = None

    async def start(self) -> None:
        self.position = await end_of(self.ctx.db, self.log)

    async def run(self) -> None:
        """For ever, in log order."""
        while True:
            try:
                if await self._step():
                    await woken(self.wake)
            except Exception as error:  # it never ends: most likely the database is away
                log.warning("follower begins again", log=self.log, reason=repr(error))
                await asyncio.sleep(0.5)

    async def _step(self) -> bool:
        """Hand on what came. Was that all?"""
        if self.position is None:
            await self.start()
        assert self.position is not None
        entries, self.position = await self.tail.read(self.ctx.db, self.position)
        for each in entries:
            for event_type, handler in self.handlers:
                if each.event.type == event_type:
                    try:
                        await handler(self.ctx, each.event, events.decode(each.event))
                    except Exception:
                        log.exception("follower's handler failed", type=each.event.type)
        return self.tail.at_end(self.position)


class LocalTransport:
    """All readers, followers and jobs of the rooms in this process."""

    def __init__(self, ctx: Context, rooms: list[Room], url: str, wakes: Wakes) -> None:
        self.ctx = ctx
        self.leaderships = [Leadership(url, "platform")]
        leader = self.leaderships[0]
        followed = sorted({cls.event_room for room in rooms for cls in room.snapshot_handlers})
        tails = {
            source: Tail(source, wakes.written)
            for source in {*followed, *(s for room in rooms for s in room.logs)}
        }
        self.readers = [
            Reader(ctx, room, source, wakes, leader, tails[source]) for room in rooms for source in room.logs
        ]
        self.followers = [Follower(ctx, rooms, source, wakes, tails[source]) for source in followed]
        self.jobs = [(room, job) for room in rooms for job in room.jobs]
        self.jobs += [(room, prune(room)) for room in rooms if room.routes]
        self.jobs += [
            (room, measure(room, {source: source for source in room.logs}))
            for room in rooms
            if room.logs or room.routes
        ]
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for follower in self.followers:
            await follower.start()
        for leadership in self.leaderships:
            leadership.start()
        running = [reader.run() for reader in self.readers]
        running += [follower.run() for follower in self.followers]
        running += [jobs.repeat(self.ctx, room, job, self.leaderships[0]) for room, job in self.jobs]
        self.tasks = [asyncio.create_task(each) for each in running]

    async def stop(self) -> None:
        """End at a safe point: what is half done rolls back and is done again at the next start."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for leadership in self.leaderships:
            await leadership.stop()
