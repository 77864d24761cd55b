"""A screen of the rush ends when it is told to, also while messages rain in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from aiohttp import web

from rasoi.cancelling import cancel_all
from rasoi.rush.client import Caller, Client
from rasoi.rush.screens import Screen

ROUNDS = 25  # of one cancellation each; up to half of them were dropped
ENDED_S = 20.0


@asynccontextmanager
async def chattering() -> AsyncIterator[str]:
    """A server that tells each screen of a change every half millisecond; its address."""
    sio = socketio.AsyncServer(async_mode="aiohttp")
    app = web.Application()
    sio.attach(app)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"build": "of the test"})

    async def join(_sid: str, _data: Any) -> dict[str, bool]:
        return {"ok": True}

    async def chatter() -> None:
        while True:
            await sio.emit("change", {"data": {}})
            await asyncio.sleep(0.0005)

    sio.on("join", join)
    app.router.add_get("/api/build", answer)
    app.router.add_get("/api/staff/me", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    chatting = asyncio.create_task(chatter())
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await cancel_all([chatting])
        await runner.cleanup()


async def test_a_screen_ends_in_the_midst_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasoi.cancelling.AGAIN_S", 0.05)

    async def joined() -> None: ...

    async def sign_in() -> str:
        return "token"

    async with chattering() as url, Client(url) as client:
        for number in range(ROUNDS):
            heard = asyncio.Event()
            screen = Screen(
                Caller(client, sign_in),
                "floor:1",
                on_joined=joined,
                on_change=lambda _, heard=heard: heard.set(),  # type: ignore[misc]
            )
            running = asyncio.create_task(screen.run())
            async with asyncio.timeout(ENDED_S):
                await heard.wait()
                await asyncio.sleep(0.0137 * number)
                await cancel_all([running])
            assert running.cancelled()
