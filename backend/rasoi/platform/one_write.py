"""uvicorn writes the head and the body of an answer apart, at a system call and a wake-up of the caller each. Here what is
written in one go leaves in one go. It overrides two methods of uvicorn's own class; tests/platform/test_one_write.py
holds them to what they rely on."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Gathering:
    """A transport that sends what was written since the loop's last turn."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
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


class OneWrite(HttpToolsProtocol):
    """uvicorn's HTTP protocol over a gathering transport; a WebSocket gets the bare one."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]

    def handle_websocket_upgrade(self) -> None:
        gathering: Any = self.transport
        gathering.flush()
        self.transport = gathering.transport
        super().handle_websocket_upgrade()
