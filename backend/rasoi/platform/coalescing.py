"""An answer's head and body in one system call. uvicorn writes them apart, and uvloop sends each at once: two calls, and two
wake-ups of the caller."""

from __future__ import annotations

import asyncio
from typing import Any


class CoalescingTransport:
    """Sends what was written since the last flush: when an answer is whole, or at the loop's next turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self.held: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self.held:
            self.loop.call_soon(self.flush)
        self.held.append(data)

    def flush(self) -> None:
        data = b"".join(self.held)
        self.held.clear()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)
