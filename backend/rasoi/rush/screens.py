"""A screen's socket: it joins its channels, follows them, and comes back after every cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import socketio

from rasoi.rush.client import Caller, NoAnswer, Refused

Json = dict[str, Any]
PAUSE_S = 0.3
CUT = (socketio.exceptions.SocketIOError, aiohttp.ClientError, OSError, TimeoutError, NoAnswer, Refused)


class Screen:
    """One connection. `on_joined` runs after each joining, `on_change` for each message."""

    def __init__(
        self,
        caller: Caller,
        channel: str,
        *,
        on_joined: Callable[[], Awaitable[None]],
        on_change: Callable[[Json], None],
        on_cut: Callable[[], None] = lambda: None,
    ) -> None:
        self.caller, self.channel = caller, channel
        self.on_joined, self.on_change, self.on_cut = on_joined, on_change, on_cut
        self.cuts = 0
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            async with aiohttp.ClientSession() as http:
                with suppress(*CUT):
                    await self._follow(http)
            self.cuts += 1
            self.on_cut()
            await asyncio.sleep(PAUSE_S)

    async def _follow(self, http: aiohttp.ClientSession) -> None:
        """Until the connection ends."""
        sio = socketio.AsyncClient(reconnection=False, http_session=http)
        sio.on("change", self._change)
        try:
            await self._connect(sio)
            await self.on_joined()
            self.ready.set()
            await sio.wait()
        finally:
            with suppress(*CUT):
                await sio.disconnect()

    async def _connect(self, sio: Any) -> None:
        build = (await self.caller.get("/api/build"))["build"]
        await self.caller.get("/api/staff/me")  # signs in again where the token has run out
        auth = {"token": self.caller.token, "build": build}
        url = self.caller.client.url
        await sio.connect(url, headers={"Origin": url}, transports=["websocket"], auth=auth, wait_timeout=5)
        answer = await sio.call("join", {"channel": self.channel}, timeout=5)
        if not answer.get("ok"):
            raise ConnectionError(f"{self.channel}: {answer.get('reason')}")

    async def _change(self, change: Json) -> None:
        self.on_change(change)
