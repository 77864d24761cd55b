"""Wake signals: who waits for work is told that there is some, instead of asking for it all the time.

A signal is a hint only: who waits looks again after `timeout` whether one came or not.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress


class WakeSignal:
    """One waiting task's signal."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        """Drop a signal for what is done already."""
        self._event.clear()

    async def wait(self, timeout: float | None) -> None:
        """Until it is set, or `timeout` seconds have passed; used up afterwards.
        (Python 3.11's wait_for may swallow a cancellation; timeout won't.)"""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()


class LogWakeSignals:
    """Wakes the readers of the logs that were written in this process, and counts the writes of each log."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self._waiting: dict[str, set[WakeSignal]] = defaultdict(set)

    def __call__(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            self.written[room] += 1
            for signal in self._waiting[room]:
                signal.set()

    def listen(self, room: str) -> WakeSignal:
        """A signal that is set whenever that room's log is written."""
        signal = WakeSignal()
        self._waiting[room].add(signal)
        return signal
