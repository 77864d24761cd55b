"""A gateway as small as can be, for tests of services without nginx: by path to the room that answers, sockets too."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence

import aiohttp
from aiohttp import WSMsgType, web
from litestar import Router

from rasoi.app import ROOMS

HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "content-encoding",
    "host",
}
TRIES = 100


def prefixes() -> dict[str, str]:
    """`/api/orders` → `orders` and so on, from the rooms' own routes."""
    found = {}
    for room in ROOMS:
        for route in Router("/", route_handlers=list(room.routes)).routes if room.routes else ():
            found["/".join(route.path.split("/")[:3])] = room.name
    return found | {"/socket.io": "realtime"}


class Gateway:
    """Hands each request to a replica of its room; to the next one while a replica refuses connections."""

    def __init__(self, port: int, replicas: Mapping[str, Sequence[int]]) -> None:
        self.port = port
        self.prefixes = prefixes()
        self.turns = {room: itertools.cycle(ports) for room, ports in replicas.items()}
        self.replicas = replicas

    async def __aenter__(self) -> Gateway:
        self.session = aiohttp.ClientSession(
            auto_decompress=False, connector=aiohttp.TCPConnector(limit=0, force_close=True)
        )
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()
        await self.session.close()

    def room(self, path: str) -> str:
        return self.prefixes.get("/".join(path.rstrip("/").split("/")[:3]), next(iter(self.replicas)))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        room, body = self.room(request.path), await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        for _ in range(TRIES):
            url = f"http://127.0.0.1:{next(self.turns[room])}{request.raw_path}"
            try:
                if request.headers.get("upgrade", "").lower() == "websocket":
                    return await self._socket(request, url, headers)
                async with self.session.request(
                    request.method, url, headers=headers, data=body, allow_redirects=False
                ) as got:
                    kept = {
                        k: v for k, v in got.headers.items() if k.lower() not in HOP - {"content-encoding"}
                    }
                    return web.Response(status=got.status, headers=kept, body=await got.read())
            except (aiohttp.ClientConnectionError, aiohttp.WSServerHandshakeError):
                await asyncio.sleep(0.05)  # as nginx would, the next replica; POSTs carry an Idempotency-Key
        return web.Response(status=502)

    async def _socket(self, request: web.Request, url: str, headers: dict[str, str]) -> web.WebSocketResponse:
        kept = {
            k: v
            for k, v in headers.items()
            if not k.lower().startswith("sec-websocket") and k.lower() != "origin"
        }
        async with self.session.ws_connect(url, headers=kept, max_msg_size=2**20) as inner:
            outer = web.WebSocketResponse()
            await outer.prepare(request)

            async def pipe(source: object, target: object) -> None:
                async for message in source:  # type: ignore[attr-defined]
                    if message.type is WSMsgType.TEXT:
                        await target.send_str(message.data)  # type: ignore[attr-defined]
                    elif message.type is WSMsgType.BINARY:
                        await target.send_bytes(message.data)  # type: ignore[attr-defined]

            pipes = [asyncio.create_task(pipe(inner, outer)), asyncio.create_task(pipe(outer, inner))]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
            for task in pipes:
                task.cancel()
            await outer.close()
            return outer
