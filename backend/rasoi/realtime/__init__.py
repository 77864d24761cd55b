"""Live screens over Socket.IO: `mount(ctx, app)` takes /socket.io, everything else goes on to `app`.

The room's `start` makes the bridge from the context's `Tokens` and `screens.Build`; `mount` comes after it. Serve with
uvicorn, `ws=realtime.WS`, `ws_per_message_deflate=False`, `ws_ping_interval=None` (Engine.IO has its own pings).
"""

from __future__ import annotations

from typing import Any

from rasoi.contracts.orders import SittingChanged, SittingEnded, SittingState
from rasoi.contracts.staff import PersonChanged, RightsChanged, SessionRevoked
from rasoi.platform.auth import Tokens
from rasoi.platform.context import Context
from rasoi.platform.events import Contract, Event
from rasoi.platform.rooms import Room
from rasoi.platform.static_files import Build
from rasoi.realtime.audiences import PAYLOADS as PAYLOADS
from rasoi.realtime.bridge import Bridge
from rasoi.realtime.connection import ScreenConnection
from rasoi.realtime.table import ROUTES
from rasoi.staff.api import learn_rights

WS = ScreenConnection  # wsproto's: as fast as websockets-sansio and lighter by an eighth: bench/sockets.py


def build(ctx: Context, tokens: Tokens, name: str = "") -> Bridge:
    """The bridge, put into the context. `name` is the build of the screens."""
    bridge = Bridge(ctx, tokens, name)
    ctx.register(bridge)
    return bridge


def mount(ctx: Context, app: Any) -> Any:
    """`app` with the sockets in front of it."""
    return ctx.get(Bridge).asgi(app)


async def start(ctx: Context) -> None:
    await build(ctx, ctx.get(Tokens), ctx.get(Build).name).start()


async def stop(ctx: Context) -> None:
    await ctx.get(Bridge).stop()


async def publish(ctx: Context, event: Event, data: Contract) -> None:
    ctx.get(Bridge).publish(event, data)


async def on_sitting(ctx: Context, event: Event, data: SittingState) -> None:
    """Its screens hear of it; those whose sessions it ended hear nothing more."""
    ctx.get(Bridge).publish(event, data)
    for session_id in data.ended_session_ids:
        await ctx.get(Bridge).end_session(session_id)


async def on_session_revoked(ctx: Context, event: Event, data: SessionRevoked) -> None:
    await ctx.get(Bridge).end_session(data.session_id)


async def on_rights_changed(ctx: Context, event: Event, data: RightsChanged) -> None:
    await learn_rights(ctx.db, ctx.get(Tokens))
    await ctx.get(Bridge).apply_rights(event.outletid)


async def on_person_changed(ctx: Context, event: Event, data: PersonChanged) -> None:
    await ctx.get(Bridge).end_person(event.outletid, data.person_id, data.role if data.active else None)


ROOM = Room(
    name="realtime",
    broadcast_handlers={
        **dict.fromkeys(ROUTES, publish),
        SittingChanged: on_sitting,
        SittingEnded: on_sitting,
        SessionRevoked: on_session_revoked,
        PersonChanged: on_person_changed,
        RightsChanged: on_rights_changed,
    },
    start=start,
    stop=stop,
)
