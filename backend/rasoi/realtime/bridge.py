"""The Socket.IO bridge: who is connected, which channels they hear, and what is sent there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter, Gauge
from socketio.exceptions import ConnectionRefusedError as Refused

from rasoi.cancelling import cancel_all
from rasoi.orders.api import session_may_see
from rasoi.platform import tracing
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.events import Contract, Event
from rasoi.platform.front_door import is_own_origin
from rasoi.platform.problems import Unauthenticated
from rasoi.realtime.channels import PERMISSION, Channel
from rasoi.realtime.fast import FastServer
from rasoi.realtime.frames import KINDS, Frames
from rasoi.realtime.table import ROUTES

log = structlog.get_logger(__name__)

PATH = "/socket.io"
CHANNELS_PER_SCREEN = 100
MESSAGE_LIMIT = 16 * 1024
PING_EVERY_S, PONG_WITHIN_S = 4, 3  # a screen that hears no ping for 7 s knows that its connection is dead
SCREENS = Gauge("rasoi_connected_screens", "Connected screens", ["kind"])
CONNECTED = Counter("rasoi_screen_connections_total", "Screens that connected", ["kind"])
ENDED = Counter("rasoi_screen_disconnections_total", "Screens that left, and why", ["kind", "reason"])
REFUSED = Counter("rasoi_screen_refusals_total", "Screens that were not let in")
REASONS = frozenset({"server disconnect", "client disconnect", "ping timeout", "transport close", "refused"})
SENT = Counter("rasoi_screen_messages_total", "Messages handed to screens", ["channel"])


class Change(msgspec.Struct):
    """What `change` carries. `version` is the subject's: a screen drops what is older and refetches on a gap."""

    channel: str
    type: str
    subject: str
    version: int
    time: datetime
    data: msgspec.Raw


@dataclass(slots=True)
class Screen:
    """One connection, and how many channels it has joined."""

    principal: Principal
    channels: int = 0


class Bridge:
    """Mount it with `asgi(app)`; feed it with `publish`; `start` and `stop` it with the process."""

    def __init__(self, ctx: Context, tokens: Tokens, build: str) -> None:
        self.tokens, self.build = tokens, build
        self.own_origin = ctx.settings.url
        self.may_see = partial(session_may_see, ctx.db)
        self.screens: dict[str, Screen] = {}
        self.watch: asyncio.Task[None] | None = None
        self.sio = FastServer(
            {"join": self.on_join, "leave": self.on_leave},
            self._is_own,
            max_http_buffer_size=MESSAGE_LIMIT,
            ping_interval=PING_EVERY_S,
            ping_timeout=PONG_WITHIN_S,
        )
        self.frames = Frames(self._send)
        self.sio.on("connect", self.on_connect)
        self.sio.on("disconnect", self.on_disconnect)

    def asgi(self, app: Any) -> Any:
        """An ASGI application that takes PATH itself and leaves the rest to `app`. Keep it outermost for
        websockets: a wrapped `send` costs the fast way."""

        async def routed(scope: Any, receive: Any, send: Any) -> None:
            path = scope.get("path", "")
            ours = scope["type"] in ("http", "websocket") and (path == PATH or path.startswith(f"{PATH}/"))
            await (self.sio.eio.serve if ours else app)(scope, receive, send)

        return routed

    async def start(self) -> None:
        self.watch = asyncio.create_task(self._watch_expiry())

    async def stop(self) -> None:
        if self.watch:
            await cancel_all([self.watch])
        self.frames.close()
        await self.sio.shutdown()

    def _is_own(self, origin: str, host: str) -> bool:
        """Browsers may connect from this server's own pages only."""
        return is_own_origin(origin, self.own_origin, host)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            principal = self.tokens.read(token if isinstance(token, str) else "")
        except Unauthenticated as refused:
            REFUSED.inc()
            raise Refused(refused.detail) from None
        self.screens[sid] = Screen(principal)
        SCREENS.labels(principal.role).inc()
        CONNECTED.labels(principal.role).inc()
        self.sio.start_background_task(self.sio.emit, "hello", {"build": self.build}, to=sid)

    async def on_disconnect(self, sid: str, reason: str | None = None) -> None:
        screen = self.screens.pop(sid, None)
        if screen:
            SCREENS.labels(screen.principal.role).dec()
            ENDED.labels(screen.principal.role, reason if reason in REASONS else "other").inc()

    async def on_join(self, sid: str, name: Any) -> dict[str, Any]:
        screen = self.screens.get(sid)
        if screen is None:
            return {"ok": False, "reason": "not connected"}
        channel = Channel.parse(name, screen.principal)
        if channel is None:
            return {"ok": False, "reason": "no such channel"}
        if screen.channels >= CHANNELS_PER_SCREEN:
            return {"ok": False, "reason": "too many channels"}
        try:
            allowed = await channel.may_join(screen.principal, self.may_see, self.tokens.rights)
        except Exception as error:
            log.warning("could not look up who may join", reason=repr(error))
            return {"ok": False, "reason": "not now"}
        if not allowed:
            return {"ok": False, "reason": "not allowed"}
        if sid in self.screens and channel.room not in self.sio.rooms(sid):
            await self.sio.enter_room(sid, channel.room)
            screen.channels += 1
        return {"ok": True}

    async def on_leave(self, sid: str, name: Any) -> dict[str, Any]:
        screen = self.screens.get(sid)
        if screen is None:
            return {"ok": False, "reason": "not connected"}
        channel = Channel.parse(name, screen.principal)
        if channel is None or channel.room not in self.sio.rooms(sid):
            return {"ok": False, "reason": "no such channel"}
        await self.sio.leave_room(sid, channel.room)
        screen.channels -= 1
        return {"ok": True}

    def publish(self, event: Event, data: Contract) -> None:
        """Send an event to every channel that the table names for it, encoded once per channel."""
        for where, audience in ROUTES[type(data)]:
            channels = [each for each in where(event, data) if self.sio.has_members(each.room)]
            shown = audience(event, data) if channels else None
            if shown is None:
                continue
            body = msgspec.Raw(msgspec.json.encode(shown))
            for channel in channels:
                change = Change(
                    channel.name, event.type, event.subject, event.aggregateversion, event.time, body
                )
                encoded = msgspec.json.encode(change)
                with tracing.emitting(event, channel.name, channel.kind):
                    if channel.kind in KINDS:
                        self.frames.add(channel, encoded)
                    else:
                        self._send(channel, "change", encoded)

    def _send(self, channel: Channel, event: str, payload: bytes) -> None:
        SENT.labels(channel.kind).inc(self.sio.broadcast(channel.room, event, payload))

    async def end(self, whom: Callable[[Principal], bool], reason: str) -> None:
        """Disconnect the screens of some principals, telling them why: `revoked` or `expired`."""
        for sid in [sid for sid, screen in self.screens.items() if whom(screen.principal)]:
            try:
                await self.sio.hang_up(sid, reason)
            except Exception as error:
                log.warning("could not end a screen", sid=sid, reason=repr(error))

    async def apply_rights(self, outlet_id: int) -> None:
        """What roles may do has changed: a screen in a channel that its role has lost comes in anew, and is refused there."""

        def has_lost(sid: str, principal: Principal) -> bool:
            lost = [each for each in needing if not each.is_permitted(principal, self.tokens.rights)]
            return principal.outlet_id == outlet_id and any(each.room in self.sio.rooms(sid) for each in lost)

        needing = [Channel.of_outlet(kind, outlet_id) for kind in PERMISSION]
        put_out = {
            screen.principal for sid, screen in self.screens.items() if has_lost(sid, screen.principal)
        }
        await self.end(lambda principal: principal in put_out, "expired")

    async def end_session(self, session_id: UUID) -> None:
        """The session was signed out or revoked."""
        await self.end(lambda principal: principal.session_id == session_id, "revoked")

    async def end_person(self, outlet_id: int, person_id: UUID, role: str | None) -> None:
        """The person was deactivated at the outlet (no role), or has another role there than the token says."""

        def concerned(principal: Principal) -> bool:
            return (principal.outlet_id, principal.id) == (outlet_id, person_id) and principal.role != role

        await self.end(concerned, "revoked")

    async def _watch_expiry(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self.end(lambda principal: principal.expires <= time.time(), "expired")
