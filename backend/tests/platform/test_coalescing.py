"""What uvicorn writes in one go leaves in one go, and nothing is lost by that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
import websockets

from rasoi.embedded.postgres import free_port
from rasoi.platform import coalescing
from rasoi.platform.bounded_http import Bounds, Doors, bounded


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        return
    body = scope["path"].encode() * 20_000
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What reached the transport below."""
    seen: list[bytes] = []
    real = coalescing.CoalescingTransport.flush

    def flush(self: coalescing.CoalescingTransport) -> None:
        if self.held:
            seen.append(b"".join(self.held))
        real(self)

    monkeypatch.setattr(coalescing.CoalescingTransport, "flush", flush)
    return seen


@pytest.fixture
async def port() -> AsyncIterator[int]:
    number = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=number, http=bounded(Doors(Bounds())), log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(5):
        while not server.started:
            await asyncio.sleep(0.01)
    yield number
    server.should_exit = True
    await task


async def test_head_and_body_leave_together(port: int, writes: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in ("/a", "/b"):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(40_000) == path.encode() * 20_000
    assert [(len(each) > 40_000, each.startswith(b"HTTP/1.1 200")) for each in writes] == [(True, True)] * 2
    writer.close()


async def test_an_answer_before_the_end_of_a_connection_is_whole(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.read()).endswith(b"/c" * 20_000)
    writer.close()


async def test_nonsense_is_told(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"NONSENSE\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_a_websocket_gets_the_bare_transport(port: int, writes: list[bytes]) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
    assert writes == []
