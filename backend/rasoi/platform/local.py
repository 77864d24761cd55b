"""The local transport: each consuming room reads the other rooms' logs in this process.

The same order per key, inbox, retry and parking as over Kafka. Writers in this process wake the readers after their
commit; a slow poll finds what other processes wrote.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from rasoi.cancelling import cancel_all
from rasoi.platform import events, jobs
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.event_log import Position, SharedLogReader, end_of
from rasoi.platform.inbox import Inbox
from rasoi.platform.janitor import prune
from rasoi.platform.leader import Leadership
from rasoi.platform.rooms import Room
from rasoi.platform.wake import LogWakeSignals
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


class Reader:
    """One consuming room's reader of one log, while it leads."""

    def __init__(
        self,
        ctx: Context,
        room: Room,
        source: str,
        wake_signals: LogWakeSignals,
        leadership: Leadership,
        shared_log: SharedLogReader | None = None,
    ) -> None:
        self.ctx = ctx
        self.shared_log = shared_log or SharedLogReader(source, wake_signals.written)
        self.inbox = Inbox(ctx, room, source)
        self.room = room.name
        self.log = source
        self.wake = wake_signals.listen(source)
        self.linger_s = room.linger_s
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
        while self.leadership.confirmed:
            position = await self.step(position)
            if self.shared_log.at_end(position):
                self.wake.clear()  # it was set by what has been read; there is no await in between
                await self.wake.wait(POLL_S)
            await asyncio.sleep(self.linger_s)

    async def step(self, position: Position) -> Position:
        """Read once and handle what came. The position is saved after the effects, and not every time:
        a crash repeats events, which the inbox knows, and never skips any."""
        entries, after = await self.shared_log.read(self.ctx.db, position)
        if entries:
            await self.inbox.handle([each for each in entries if self.inbox.wants(each.event)])
        if after != self.saved and (not entries or time.monotonic() - self.saved_at > SAVE_S):
            await self.ctx.db.execute(SAVE.format(room=self.room), self.log, after.at, after.saved())
            self.saved, self.saved_at = after, time.monotonic()
        return after


class BroadcastReader:
    """Every event of some logs from now on, without inbox: for the bridge and for caches."""

    def __init__(
        self,
        ctx: Context,
        rooms: list[Room],
        source: str,
        wake_signals: LogWakeSignals,
        shared_log: SharedLogReader | None = None,
    ) -> None:
        self.ctx = ctx
        self.shared_log = shared_log or SharedLogReader(source, wake_signals.written)
        self.log = source
        self.wake = wake_signals.listen(source)
        self.handlers = [
            (cls.event_type, fn)
            for room in rooms
            for cls, fn in room.broadcast_handlers.items()
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
                    self.wake.clear()
                    await self.wake.wait(POLL_S)
            except Exception as error:  # it never ends: most likely the database is away
                log.warning("broadcast reader begins again", log=self.log, reason=repr(error))
                await asyncio.sleep(0.5)

    async def _step(self) -> bool:
        """Hand on what came. Was that all?"""
        if self.position is None:
            await self.start()
        assert self.position is not None
        entries, self.position = await self.shared_log.read(self.ctx.db, self.position)
        for each in entries:
            for event_type, handler in self.handlers:
                if each.event.type == event_type:
                    try:
                        await handler(self.ctx, each.event, events.decode(each.event))
                    except Exception:
                        log.exception("broadcast handler failed", type=each.event.type)
        return self.shared_log.at_end(self.position)


class LocalTransport:
    """All readers, broadcast readers and jobs of the rooms in this process."""

    def __init__(self, ctx: Context, rooms: list[Room], url: str, wake_signals: LogWakeSignals) -> None:
        self.ctx = ctx
        self.leaderships = [Leadership(url, "platform")]
        leader = self.leaderships[0]
        broadcast_logs = sorted({cls.event_room for room in rooms for cls in room.broadcast_handlers})
        shared_logs = {
            source: SharedLogReader(source, wake_signals.written)
            for source in {*broadcast_logs, *(s for room in rooms for s in room.logs)}
        }
        self.readers = [
            Reader(ctx, room, source, wake_signals, leader, shared_logs[source])
            for room in rooms
            for source in room.logs
        ]
        self.broadcast_readers = [
            BroadcastReader(ctx, rooms, source, wake_signals, shared_logs[source])
            for source in broadcast_logs
        ]
        self.jobs = [(room, job) for room in rooms for job in room.jobs]
        self.jobs += [(room, prune(room)) for room in rooms if room.routes]
        self.jobs += [
            (room, measure(room, {source: source for source in room.logs}))
            for room in rooms
            if room.logs or room.routes
        ]
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for reader in self.broadcast_readers:
            await reader.start()
        for leadership in self.leaderships:
            leadership.start()
        running = [reader.run() for reader in self.readers]
        running += [reader.run() for reader in self.broadcast_readers]
        running += [jobs.repeat(self.ctx, room, job, self.leaderships[0]) for room, job in self.jobs]
        self.tasks = [asyncio.create_task(each) for each in running]

    async def stop(self) -> None:
        """End at a safe point: what is half done rolls back and is done again at the next start."""
        await cancel_all(self.tasks)
        for leadership in self.leaderships:
            await leadership.stop()
