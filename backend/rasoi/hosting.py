"""What every process that hosts rooms has in common, whichever rooms these are. It imports none before it is asked to."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import msgspec
import uvicorn
from litestar import get

from rasoi.platform import asyncapi
from rasoi.platform.auth import Tokens, public
from rasoi.platform.bounded_http import BoundedHttp, Bounds, Doors, bounded
from rasoi.platform.context import Context
from rasoi.platform.rooms import Room
from rasoi.platform.tls import Listener
from rasoi.room_list import NAMES
from rasoi.settings import Settings, SettingsError
from rasoi.staff.api import Revocations, UnfinishedWork, first_outlet

GRACE_S = 5  # how long requests under way may take when the process ends
FIRST_REQUEST_S = 0.05  # for the requests of connections that were accepted last
LAST_HANDSHAKES_S = 1  # for their TLS


def room(name: str) -> Room:
    """The room of this name, imported now if it was not yet, with its events, which it may write by SQL only."""
    if find_spec(contracts := f"rasoi.contracts.{name}"):
        import_module(contracts)
    found: Room = import_module(f"rasoi.{name}").ROOM
    return found


def every_room() -> list[Room]:
    """All rooms, in the order of their starting."""
    return [room(name) for name in NAMES]


def tokens_of(settings: Settings, revocations: Revocations) -> Tokens:
    return Tokens(settings.secret_key, revocations.is_revoked)


def unfinished_work() -> UnfinishedWork:
    """Of orders, whose code the staff room's own process reads only when it is asked."""

    async def ask(tx: Any, outlet_id: int) -> Any:
        return await import_module("rasoi.orders.api").unfinished(tx, outlet_id)

    return UnfinishedWork(ask)


class BuildView(msgspec.Struct):
    build: str
    razorpay_simulated: bool
    outlet_name: str
    demo: bool


def build_routes(build: str) -> Any:
    """What screens ask first: which build is served, and whether money is real."""

    @get("/api/build", guards=[public], tags=["platform"])
    async def build_info(ctx: Context) -> BuildView:
        """The build of the screens, whether the Razorpay simulator stands in, and whether everybody can sign in by what is
        known of the demo."""
        named = await first_outlet(ctx.db)
        return BuildView(build, ctx.settings.simulated, named.name, ctx.get(Revocations).demo)

    @get("/api/asyncapi.json", guards=[public], tags=["platform"])
    async def asyncapi_route() -> dict[str, Any]:
        """The events, as AsyncAPI."""
        rooms = await asyncio.to_thread(every_room)
        return asyncapi.document(rooms, version("rasoi"))

    return [build_info, asyncapi_route]


def take_port(settings: Settings, *, backlog: int = 0) -> socket.socket:
    """Take the port before anything else is touched; with a `backlog` also let callers in."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        if backlog:
            listener.listen(backlog)
    except OSError as error:
        raise SettingsError(
            f"can't listen on {settings.host} port {settings.port}: {error.strerror}; set HOST or PORT"
        ) from None
    return listener


def simulator_secrets(settings: Settings) -> tuple[str, str]:
    """The simulator's key and webhook secrets, which follow from the installation's own."""
    return settings.derived_key("simulator key")[:32], settings.derived_key("simulator webhooks")[:32]


def with_simulator_secrets(settings: Settings) -> Settings:
    """Without Razorpay's keys, the simulator's."""
    if not settings.simulated:
        return settings
    key, webhook = simulator_secrets(settings)
    return replace(settings, simulator_key_secret=key, razorpay_webhook_secrets=(webhook,))


def server_config(
    settings: Settings, asgi: Any, *, websockets: Any, bounds: Bounds | None = None
) -> uvicorn.Config:
    """How every process that hosts rooms serves them."""
    doors = Doors(bounds or Bounds(), settings.is_proxy)
    return uvicorn.Config(
        asgi,
        http=bounded(doors),
        ws=websockets,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_max_size=64 * 1024,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=2048,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


class Server(uvicorn.Server):
    """SIGINT and SIGTERM end the serving, and nothing more: what follows cleans up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        context, backlog = self.config.ssl, self.config.backlog
        await super().startup([] if context else sockets)
        if context:
            listeners: list[Any] = [
                Listener(each, backlog, context, self._protocol) for each in sockets or []
            ]
            self.servers = listeners

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Who connected before the listeners closed is still answered; uvicorn alone would cut off those whose request has
        not come yet."""
        duplicates = [listener.dup() for listener in sockets or []]
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await asyncio.sleep(0)  # now the loop accepts no more, and what the kernel let in since is ours
        for server, duplicate in zip(self.servers, duplicates, strict=True):
            for late, peer in _accepted(duplicate):
                if isinstance(server, Listener):
                    server.agree(late, peer)
                else:
                    await asyncio.get_running_loop().connect_accepted_socket(self._protocol, late)
        for server in self.servers:
            if isinstance(server, Listener):
                await server.settle(LAST_HANDSHAKES_S)
        await asyncio.sleep(FIRST_REQUEST_S)
        await super().shutdown(sockets)

    def _protocol(self) -> BoundedHttp:
        made: BoundedHttp = self.config.http_protocol_class(  # type: ignore[call-arg,assignment]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def _accepted(listener: socket.socket) -> list[tuple[socket.socket, Any]]:
    """All connections that wait at it, and their addresses; it is closed then."""
    listener.setblocking(False)
    found = []
    with listener, suppress(BlockingIOError):
        while True:
            found.append(listener.accept())
    for each, _ in found:
        each.setblocking(False)
    return found


def freeze_gc() -> None:
    """Before serving: what stands now stays, so no collection walks it again; what starting left is given back."""
    gc.collect()
    gc.freeze()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's
        trim(0)
