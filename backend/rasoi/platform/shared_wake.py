"""Wake signals across processes: a debounced NOTIFY on a connection of its own names the rooms whose logs were written.

Never inside an order's transaction, where it would take a global lock. A hint only: who misses it polls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import asyncpg
import structlog

from rasoi.cancelling import cancel_all
from rasoi.platform.wake import LogWakeSignals

log = structlog.get_logger(__name__)
CHANNEL = "rasoi_written"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', room) FROM unnest($1::text[]) room"
DEBOUNCE_S = 0.002
PING_S = 5.0


class SharedLogWakeSignals(LogWakeSignals):
    """Wakes the readers of this process, and those of others. `led_here`: whether this process leads a room, whose
    readers are then here and need no NOTIFY."""

    def __init__(self, url: str, led_here: Callable[[str], bool] = lambda room: False) -> None:
        super().__init__()
        self.url = url
        self.led_here = led_here
        self._unsent: set[str] = set()
        self._has_unsent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __call__(self, rooms: Iterable[str]) -> None:
        rooms = set(rooms)
        super().__call__(rooms)
        if others := {room for room in rooms if not self.led_here(room)}:
            self._unsent |= others
            self._has_unsent.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="wake signals")

    async def stop(self) -> None:
        if self._task:
            await cancel_all([self._task])

    async def _run(self) -> None:
        while True:
            try:
                await self._exchange()
            except Exception as error:  # whatever a dying connection raises: it must begin again
                log.warning("wake signals wait for the database", reason=repr(error))
            await asyncio.sleep(1.0)

    async def _exchange(self) -> None:
        """Listen, and send what was written here: what gathers during one round trip goes with the next."""
        settings = {"application_name": "rasoi wake signals"}
        conn = await asyncpg.connect(self.url, server_settings=settings, timeout=3, command_timeout=3)
        try:
            await conn.add_listener(
                CHANNEL, lambda _conn, _pid, _channel, room: LogWakeSignals.__call__(self, [room])
            )
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PING_S):
                        await self._has_unsent.wait()
                self._has_unsent.clear()
                rooms, self._unsent = self._unsent, set()
                await conn.execute(NOTIFY, list(rooms))
                await asyncio.sleep(DEBOUNCE_S)
        finally:
            conn.terminate()
