"""Channels that carry the whole outlet send at most four frames a second, however fast the kitchen works.

What comes within a quarter of a second of a frame goes out together in the next one, in order: nothing is dropped, nothing
waits longer, and a tablet on a weak network is not buried. A station's own channel is not held up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rasoi.realtime.channels import Channel

FRAME_S = 0.25
KINDS = frozenset({"floor", "manage"})

Send = Callable[[Channel, str, bytes], None]


class Frames:
    """`send(channel, event, payload)` is the broadcast; `change` carries one change, `changes` a list of them."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.waiting: dict[Channel, list[bytes]] = {}
        self.timers: dict[Channel, asyncio.TimerHandle] = {}

    def add(self, channel: Channel, change: bytes) -> None:
        """Send a change now, or with those that come right after the last frame."""
        if channel in self.waiting:
            self.waiting[channel].append(change)
        else:
            self._frame(channel, [change])

    def close(self) -> None:
        for timer in self.timers.values():
            timer.cancel()
        self.timers.clear()
        self.waiting.clear()

    def _frame(self, channel: Channel, changes: list[bytes]) -> None:
        self.waiting[channel] = []
        self.timers[channel] = asyncio.get_running_loop().call_later(FRAME_S, self._next, channel)
        if len(changes) == 1:
            self.send(channel, "change", changes[0])
        else:
            self.send(channel, "changes", b"[" + b",".join(changes) + b"]")

    def _next(self, channel: Channel) -> None:
        del self.timers[channel]
        if changes := self.waiting.pop(channel):
            self._frame(channel, changes)
