"""What stands behind the gateway in its tests: real uvicorn servers that tell what they were asked, and faulty ones."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn

from rasoi import hosting
from rasoi.embedded.postgres import free_port
from tests.gateway import HOST


class Uvicorn(hosting.Server):
    """Signals are the tests' own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Replica:
    """An ASGI application that answers with what reached it, and echoes what sockets send. `pause` delays answers."""

    def __init__(self, room: str, port: int = 0) -> None:
        self.room, self.port = room, port or free_port()
        self.asked: list[str] = []
        self.pause = 0.0
        self.sockets = 0
        self.body = b""

    async def start(self) -> None:
        """Serve as rasoi.serve does."""
        config = uvicorn.Config(
            self, http="httptools", ws="wsproto", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=5, proxy_headers=True,
        )  # fmt: skip
        listener = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY on such only
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        self.server = Uvicorn(config)
        self.serving = asyncio.create_task(self.server.serve(sockets=[listener]))
        while not self.server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """As SIGTERM does: no new connections, kept ones closed, what is under way answered."""
        self.server.should_exit = True
        await self.serving

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._echo(receive, send)
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        self.asked.append(f"{scope['method']} {scope['path']}")
        await asyncio.sleep(self.pause)
        told = self.body or json.dumps(
            {
                "room": self.room, "port": self.port, "path": scope["raw_path"].decode(), "client": scope["client"][0],
                "scheme": scope["scheme"], "headers": {k.decode(): v.decode() for k, v in scope["headers"]},
                "length": len(body),
            }
        ).encode()  # fmt: skip
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(told)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.sockets += 1
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{self.port} {message['text']}"})


@asynccontextmanager
async def serving(*replicas: Replica) -> AsyncIterator[None]:
    """These run until the block ends."""
    for replica in replicas:
        await replica.start()
    try:
        yield
    finally:
        await asyncio.gather(*(replica.stop() for replica in replicas))


class Dying:
    """A replica that takes requests whole and dies over them; the first `answered` of each connection it answers."""

    def __init__(self, answered: int = 0) -> None:
        self.asked: list[str] = []
        self.answered = answered

    async def __aenter__(self) -> Dying:
        self.server = await asyncio.start_server(self._take, HOST, 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            for _ in range(self.answered):
                await self._read(reader)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await self._read(reader)
        writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
        length = next((line[15:] for line in lines if line.startswith("content-length")), "0")
        await reader.readexactly(int(length))
        self.asked.append(lines[0])
