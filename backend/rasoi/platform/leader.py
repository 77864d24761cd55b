"""Leadership: one process at a time does a room's reading and its jobs.

The holder keeps an advisory lock on a session of its own and pings it every second. The server ends that session
when the pings stop for 3 seconds, so a stopped holder loses the lock; it finds out before its next batch.
"""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from rasoi.cancelling import cancel_all
from rasoi.platform.metrics import LEADERSHIPS, LEADING

log = structlog.get_logger(__name__)
PING_S = 1.0
SESSION_S = 3.0  # the server ends a session that has been silent for that long
CONFIRMED_S = 2.5  # so for less than that, nobody else can have the lock


class Leadership:
    """`held` is set while this process leads under `name`."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.held = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._confirmed_at = 0.0
        self._room = name.removeprefix("room:")
        LEADING.labels(self._room).set(0)

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"leader {self.name}")

    @property
    def confirmed(self) -> bool:
        """Held, and confirmed by the server so lately that nobody else can have it yet."""
        return self.held.is_set() and asyncio.get_running_loop().time() - self._confirmed_at < CONFIRMED_S

    async def stop(self) -> None:
        """Give it up at once."""
        if self._task:
            await cancel_all([self._task])

    async def _keep(self) -> None:
        while True:
            try:
                await self._lead()
            except Exception as lost:  # whatever a dying connection raises: it must be taken up again
                log.warning("leadership lost", name=self.name, reason=repr(lost))
            await asyncio.sleep(PING_S)

    async def _lead(self) -> None:
        settings = {
            "idle_session_timeout": f"{SESSION_S:.0f}s",
            "application_name": f"rasoi leader {self.name}",
        }
        conn = await asyncpg.connect(self.url, server_settings=settings, timeout=3, command_timeout=2)
        loop = asyncio.get_running_loop()
        try:
            while True:
                asked = loop.time()
                if self.held.is_set():
                    await conn.execute("SELECT 1")
                    self._confirmed_at = asked
                elif await conn.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 1))", self.name):
                    self._confirmed_at = asked
                    self.held.set()
                    LEADING.labels(self._room).set(1)
                    LEADERSHIPS.labels(self._room).inc()
                await asyncio.sleep(PING_S)
        finally:
            self.held.clear()
            LEADING.labels(self._room).set(0)
            conn.terminate()
