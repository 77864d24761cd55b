"""A device's network, which a test cuts, slows and blocks: its sockets and its requests apart."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Page, Route, WebSocketRoute

Way = Literal["open", "silent", "closed", "failing"]
API, SOCKET = re.compile(r"/api/"), re.compile("/socket.io/")
# what a browser and the tests' watch say of all this
NOISE = ("WebSocket", "net::ERR_", "failed: ", "503: ")


@dataclass
class Network:
    """`silent` answers nothing and says nothing, `closed` refuses, `failing` answers 503."""

    sockets: Way = "open"
    requests: Way = "open"
    open_sockets: list[WebSocketRoute] = field(default_factory=list)
    held: list[Route] = field(default_factory=list)

    async def attach(self, page: Page) -> None:
        await page.route_web_socket(SOCKET, self._socket)
        await page.route(API, self._request)

    async def cut_sockets(self, way: Way = "closed") -> None:
        self.sockets = way
        if way == "closed":
            for socket in self.open_sockets:
                await socket.close()
        self.open_sockets.clear()

    async def mend(self) -> None:
        self.sockets = self.requests = "open"
        held, self.held = self.held, []
        await asyncio.gather(*(route.abort() for route in held), return_exceptions=True)

    async def _request(self, route: Route) -> None:
        if self.requests == "open":
            await route.continue_()
        elif self.requests == "failing":
            await route.fulfill(
                status=503, json={"type": "/problems/unavailable", "title": "No", "status": 503}
            )
        elif self.requests == "closed":
            await route.abort()
        else:
            self.held.append(route)

    async def _socket(self, socket: WebSocketRoute) -> None:
        if self.sockets == "closed":
            await socket.close()
        elif self.sockets == "open":
            self.open_sockets.append(socket)
            server = socket.connect_to_server()
            socket.on_message(lambda message: self._pass_on(server, message))
            server.on_message(lambda message: self._pass_on(socket, message))

    def _pass_on(self, to: WebSocketRoute, message: str | bytes) -> None:
        if self.sockets == "open":
            to.send(message)
