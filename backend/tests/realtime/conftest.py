"""A real server with real sockets, in this test's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
import socketio
import uvicorn

from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.realtime import WS
from rasoi.realtime.bridge import Bridge
from rasoi.settings import Settings

STAFF = ("waiter", "kitchen", "manager", "owner")


def principal(role: str, *, outlet_id: int = 1) -> Principal:
    kind = "guest" if role == "guest" else "staff"
    return Principal(kind=kind, id=uuid4(), outlet_id=outlet_id, role=role, session_id=uuid4())


@dataclass
class Client:
    """A python-socketio client that keeps what it hears."""

    sio: socketio.AsyncClient
    principal: Principal
    heard: list[tuple[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def on_any(self, event: str, data: Any = None) -> None:
        self.heard.append((event, data))
        self.news.set()

    async def wait(self, condition: Callable[[Client], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition(self):
                self.news.clear()
                await self.news.wait()

    async def wait_for(self, event: str, count: int = 1) -> list[Any]:
        await self.wait(lambda c: len(c.of(event)) >= count)
        return self.of(event)

    def of(self, event: str) -> list[Any]:
        return [data for name, data in self.heard if name == event]

    async def join(self, channel: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.sio.call("join", {"channel": channel}, timeout=5)
        return answer


@dataclass
class Rig:
    """The bridge on a port, its tokens, and what guests may see."""

    bridge: Bridge
    tokens: Tokens
    port: int
    revoked: set[UUID]
    seen: set[tuple[int, UUID, str, UUID]] = field(default_factory=set)
    clients: list[socketio.AsyncClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connect(
        self, who: Principal | str, *, seconds: int = 3600, token: str | None = None, **more: str
    ) -> Client:
        who = principal(who) if isinstance(who, str) else who
        sio = socketio.AsyncClient(reconnection=False)
        client = Client(sio, who)
        sio.on("*", client.on_any)
        sio.on("disconnect", lambda reason=None: client.on_any("disconnect", reason))
        self.clients.append(sio)
        auth = {"token": token if token is not None else self.tokens.issue(who, seconds), "build": "b"}
        headers = {"Origin": self.url, **more}
        await sio.connect(self.url, headers=headers, auth=auth, transports=["websocket"], wait_timeout=5)
        return client


Serve = Callable[..., Awaitable[Rig]]


@pytest.fixture
async def serve(settings: Settings) -> AsyncIterator[Serve]:
    """`await serve()`: a server with the bridge on it."""
    running: list[tuple[uvicorn.Server, asyncio.Task[None], Rig]] = []

    async def start() -> Rig:
        revoked: set[UUID] = set()
        tokens = Tokens(settings.secret_key, revoked.__contains__)
        bridge = Bridge(Context(settings, None), tokens, "build-1")  # type: ignore[arg-type]
        listener = socket.create_server(("127.0.0.1", 0))
        rig = Rig(bridge, tokens, listener.getsockname()[1], revoked)

        async def may_see(outlet_id: int, session_id: UUID, kind: str, id: UUID) -> bool:
            return (outlet_id, session_id, kind, id) in rig.seen

        bridge.may_see = may_see  # type: ignore[assignment]
        config = uvicorn.Config(
            bridge.asgi(_nothing_else),
            ws=WS,
            lifespan="off",
            log_config=None,
            ws_per_message_deflate=False,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        await bridge.start()
        running.append((server, task, rig))
        return rig

    yield start
    for server, task, rig in running:
        for sio in rig.clients:
            with contextlib.suppress(Exception):
                await sio.disconnect()
        await rig.bridge.stop()
        server.should_exit = server.force_exit = True
        await task


async def _nothing_else(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})
