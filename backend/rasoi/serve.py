"""`rasoi serve ROOM…`: some rooms as a process of their own, over Kafka and an external PostgreSQL.

Each room works under its own database role. A room's leader (relay, jobs) is one process of all that host it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, NoReturn

import uvicorn
import uvloop

from rasoi import hosting, staff
from rasoi.optional_packages import hide_optional_packages
from rasoi.platform import http, observability, static_files, tracing
from rasoi.platform.bounded_http import raise_descriptors
from rasoi.platform.cluster import Cluster
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.fast_path import FastPath
from rasoi.platform.kafka import KafkaTransport
from rasoi.platform.rooms import Hosted, Room
from rasoi.platform.shared_wake import SharedLogWakeSignals
from rasoi.platform.watch import watching
from rasoi.room_list import NAMES
from rasoi.settings import Settings, SettingsError
from rasoi.staff.api import Revocations
from rasoi.staff.devices import SelfPairing


@dataclass
class RunningRooms:
    """Some rooms, running."""

    hosted: list[Hosted]
    transport: KafkaTransport
    asgi: Any


def serve(settings: Settings, rooms: list[Room]) -> int:
    """Host these rooms until SIGINT or SIGTERM, then drain."""
    observability.configure(settings)
    raise_descriptors()
    for library in ("aiokafka", "asyncpg"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # our own lines say it once
    started = time.monotonic()
    listener = hosting.take_port(
        settings
    )  # nobody is let in before all is ready: a gateway tries the next replica
    settings = hosting.with_simulator_secrets(replace(settings, port=listener.getsockname()[1]))
    with tracing.exporting(settings, [room.name for room in rooms]):
        return uvloop.run(_serve(settings, rooms, listener, started))


def select_rooms(settings: Settings, names: Sequence[str]) -> list[Room]:
    """The rooms of these names, in their order of starting. Raises SettingsError for what can't work."""
    wanted = set(NAMES) if "all" in names else set(names)
    if unknown := sorted(wanted - set(NAMES)):
        raise SettingsError(f"there is no room {unknown[0]}; the rooms are {', '.join(NAMES)}")
    if settings.events != "kafka":
        raise SettingsError(
            "`rasoi serve` needs EVENTS=kafka; with EVENTS=local all rooms are one process: `rasoi run`"
        )
    given = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.given_secret_key,
    }
    if missing := [name for name, value in given.items() if not value]:
        raise SettingsError(f"`rasoi serve` needs {' and '.join(missing)}, the same for every service")
    simulator = settings.razorpay_simulator_url or settings.simulator_port
    if "payments" in wanted and not (simulator if settings.simulated else settings.razorpay_key_secret):
        raise SettingsError(
            "payments need RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET, or RAZORPAY_SIMULATOR_URL or SIMULATOR_PORT"
        )
    return [hosting.room(name) for name in NAMES if name in wanted]


async def _contexts(
    settings: Settings, rooms: list[Room], wake_signals: SharedLogWakeSignals, stack: AsyncExitStack
) -> list[Hosted]:
    """A context for each room: its own pool under its own role, and parts in common."""
    redis = None
    if settings.redis_url:
        with hide_optional_packages():
            from redis.asyncio import Redis

        redis = Redis.from_url(settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)
        stack.push_async_callback(redis.aclose)
    hosted: list[Hosted] = []
    for room in rooms:
        db = await Database.connect(settings.database_url, role=f"rasoi_{room.name}", size=settings.pool_size)
        stack.push_async_callback(db.close)
        db.on_written = wake_signals
        hosted.append(
            Hosted(room, hosted[0].ctx.with_database(db) if hosted else Context(settings, db, redis))
        )
    return hosted


def _staff_broadcasts(hosted: list[Hosted]) -> list[Hosted]:
    """The staff room's broadcasts concern every process and every context: ended sessions, changed settings."""
    listening = Room(staff.ROOM.name, broadcast_handlers=staff.ROOM.broadcast_handlers)
    return [Hosted(listening, each.ctx) for each in hosted if each.room is not staff.ROOM]


@asynccontextmanager
async def service(settings: Settings, rooms: list[Room]) -> AsyncIterator[RunningRooms]:
    """These rooms on their databases and Kafka, until the block ends; then all is drained."""
    async with AsyncExitStack() as stack:
        wake_signals = SharedLogWakeSignals(settings.database_url)
        hosted = await _contexts(settings, rooms, wake_signals, stack)
        ctx = hosted[0].ctx
        revocations = Revocations()
        ctx.register(revocations)
        ctx.register(hosting.tokens_of(settings, revocations))
        assets = static_files.load(settings.screens)
        ctx.register(static_files.Build(static_files.build_of(assets)))
        ctx.register(hosting.unfinished_work())
        if any(room.name == "payments" for room in rooms):
            from rasoi import payments

            ctx.register(payments.build_providers(settings))
        ctx.register(_self_pairing(settings, rooms))
        started = hosted if rooms[0] is staff.ROOM else [Hosted(staff.ROOM, ctx), *hosted]
        if staff.ROOM in rooms:
            from rasoi.demo import people

            await people.refuse_beyond_home(ctx)
        for each in started:
            if each.room.stop:
                stack.push_async_callback(each.room.stop, each.ctx)
            if each.room.start:
                await each.room.start(each.ctx)
        cluster = Cluster(settings.kafka_bootstrap, settings.kafka_replicas, settings.kafka_retention_days)
        transport = KafkaTransport(
            hosted, settings.database_url, wake_signals, cluster, _staff_broadcasts(hosted)
        )
        stack.push_async_callback(transport.stop)
        await transport.start()
        await stack.enter_async_context(watching(ctx, {"kafka": transport.check}))
        yield RunningRooms(hosted, transport, _asgi(settings, hosted, transport, assets))


def _self_pairing(settings: Settings, rooms: list[Room]) -> SelfPairing:
    """The demo's, where it can be."""
    if staff.ROOM not in rooms or not settings.at_home:
        return SelfPairing()
    from rasoi.demo import people

    return people.self_pairing(settings)


def _asgi(
    settings: Settings, hosted: list[Hosted], transport: KafkaTransport, assets: dict[str, static_files.Asset]
) -> Any:
    ctx = hosted[0].ctx
    routes = [http.of_room(each.ctx, each.room.routes) for each in hosted if each.room.routes]
    routes += hosting.build_routes(ctx.get(static_files.Build).name)
    served: Any = http.application(ctx, routes, version=version("rasoi"), checks={"kafka": transport.check})
    served = static_files.StaticFiles(
        served, assets, static_files.policy(settings.checkout_origin, settings.url)
    )
    for each in hosted:
        if each.room.name == "realtime":
            from rasoi import realtime

            served = realtime.mount(each.ctx, served)
    return http.RequestContextMiddleware(
        FastPath(served, {each.ctx: each.room.routes for each in hosted}), settings
    )


def _websockets(rooms: list[Room]) -> Any:
    """What uvicorn speaks WebSocket with; nothing where no screens connect."""
    if not any(room.name == "realtime" for room in rooms):
        return "none"
    from rasoi import realtime

    return realtime.WS


async def _serve(settings: Settings, rooms: list[Room], listener: socket.socket, started: float) -> int:
    async with service(settings, rooms) as running:
        config = hosting.server_config(settings, running.asgi, websockets=_websockets(rooms))
        server = hosting.Server(config)
        announcing = asyncio.create_task(_announce(server, settings, rooms, started))
        hosting.freeze_gc()
        await server.serve(sockets=[listener])
        announcing.cancel()
    return 0


async def _announce(server: uvicorn.Server, settings: Settings, rooms: list[Room], started: float) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    names = ", ".join(room.name for room in rooms)
    scheme, host = "https" if settings.tls_cert else "http", settings.host
    print(
        f"{names} on {scheme}://{host}:{settings.port} after {time.monotonic() - started:.1f} s", flush=True
    )


def simulator(settings: Settings) -> NoReturn:
    """Become the Razorpay simulator for services that have the same SECRET_KEY."""
    if not settings.simulated:
        raise SettingsError("RAZORPAY_KEY_ID is set: payments go to Razorpay, and no simulator is started")
    if not settings.given_secret_key or not settings.simulator_port:
        raise SettingsError(
            "`rasoi simulator` needs SECRET_KEY, the same as the services', and SIMULATOR_PORT"
        )
    from rasoi import payments

    settings.data.mkdir(parents=True, exist_ok=True)
    key, webhook = hosting.simulator_secrets(settings)
    argv = [
        sys.executable, "-m", "razorpay_simulator", "--host", settings.host, "--port", str(settings.simulator_port),
        "--key-id", payments.SIMULATOR_KEY_ID, "--data", str(settings.data / "razorpay_simulator.sqlite"),
        "--webhook-url", f"{settings.simulator_webhook_url or settings.url}/api/payments/webhook/razorpay",
    ]  # fmt: skip
    if settings.tls_cert:
        argv += ["--tls-cert", str(settings.tls_cert), "--tls-key", str(settings.tls_key)]
    secrets = {"SIMULATOR_KEY_SECRET": key, "SIMULATOR_WEBHOOK_SECRET": webhook}  # argv is for all to see
    os.execve(sys.executable, argv, {**os.environ, **secrets})  # noqa: S606
