"""The composition root: the only file that knows all rooms."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import structlog
import uvicorn
import uvloop
from litestar import Litestar
from redis.asyncio import Redis

from rasoi import demo, hosting, payments, realtime, staff
from rasoi.cancelling import cancel_all
from rasoi.demo import first_start
from rasoi.demo import people as demo_people
from rasoi.embedded import ChildFailed, Embedded
from rasoi.orders.api import table_links
from rasoi.platform import asyncapi as asyncapi_document
from rasoi.platform import http, janitor, migrate, observability, problems, static_files, tracing
from rasoi.platform.auth import Tokens
from rasoi.platform.bounded_http import raise_descriptors
from rasoi.platform.compression import Compression
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.description import complete
from rasoi.platform.fast_path import FastPath
from rasoi.platform.local import LocalTransport
from rasoi.platform.rooms import Job, Room
from rasoi.platform.wake import LogWakeSignals
from rasoi.platform.watch import watching
from rasoi.settings import Settings, SettingsError, is_loopback
from rasoi.staff.api import Revocations
from rasoi.staff.first_run import FirstRun

log = structlog.get_logger(__name__)
ROOMS = hosting.every_room()
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


@dataclass
class Platform:
    """A running set of rooms over one database."""

    ctx: Context
    transport: LocalTransport
    asgi: Any


def routes_of(rooms: list[Room]) -> list[Any]:
    return [route for room in rooms for route in room.routes]


async def _begin(ctx: Context) -> None:
    """An empty database gets the demo where DEMO=1 says so, and on this machine alone unless DEMO=0 does; else its owner sets
    it up. Raises SettingsError where others could come in by the demo."""
    settings = ctx.settings
    if await first_start.is_empty(ctx) and (settings.at_home if settings.demo is None else settings.demo):
        await first_start.load(ctx)
        await ctx.get(Revocations).load(ctx.db)
    await demo_people.refuse_beyond_home(ctx)


@asynccontextmanager
async def platform(settings: Settings, database_url: str, redis_url: str | None) -> AsyncIterator[Platform]:
    """All rooms on one database, until the block ends. Children and migrations are the caller's."""
    wake_signals = LogWakeSignals()
    db = await Database.connect(database_url, size=settings.pool_size)
    db.on_written = wake_signals
    redis = Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5) if redis_url else None
    ctx = Context(settings, db, redis)
    revocations = Revocations()
    ctx.register(revocations)
    ctx.register(hosting.tokens_of(settings, revocations))
    assets = static_files.load(settings.screens)
    build = static_files.build_of(assets)
    ctx.register(static_files.Build(build))
    ctx.register(hosting.unfinished_work())
    ctx.register(payments.build_providers(settings))
    for room in ROOMS:
        if room.start:
            await room.start(ctx)
    ctx.register(demo_people.self_pairing(settings))
    await _begin(ctx)
    transport = LocalTransport(ctx, ROOMS, database_url, wake_signals)
    transport.jobs.append((staff.ROOM, Job("keep partitions", janitor.DAILY_S, janitor.keep_partitions)))
    await transport.start()
    app = http.application(ctx, [*routes_of(ROOMS), *hosting.build_routes(build)], version=version("rasoi"))
    served = static_files.StaticFiles(
        app, assets, static_files.policy(settings.checkout_origin, settings.url)
    )
    try:
        async with watching(ctx):
            ways = FastPath(realtime.mount(ctx, served), {ctx: routes_of(ROOMS)})
            yield Platform(ctx, transport, http.RequestContextMiddleware(Compression(ways), settings))
    finally:
        await transport.stop()
        for room in reversed(ROOMS):
            if room.stop:
                await room.stop(ctx)
        if ctx.redis is not None:
            await ctx.redis.aclose()
        await db.close()


@asynccontextmanager
async def handler_context(settings: Settings, url: str) -> AsyncIterator[Context]:
    """All that the rooms' handlers need, with no reader, job or server beside them: for `rasoi events replay`."""
    db = await Database.connect(url, size=4)
    settings = hosting.with_simulator_secrets(settings)
    ctx, revocations = Context(settings, db), Revocations()
    ctx.register(revocations)
    ctx.register(hosting.tokens_of(settings, revocations))
    ctx.register(payments.build_providers(settings))
    rooms = [room for room in ROOMS if room.handlers]
    try:
        for room in rooms:
            if room.start:
                await room.start(ctx)
        yield ctx
    finally:
        for room in reversed(rooms):
            if room.stop:
                await room.stop(ctx)
        await db.close()


async def load_demo(settings: Settings, url: str) -> list[str]:
    """With DEMO=1 fill an empty database with the demo restaurant. Returns what to tell of what is there."""
    db = await Database.connect(url, size=2)
    try:
        ctx = Context(settings, db)
        empty = await first_start.is_empty(ctx)
        if not settings.demo:
            return (
                ["It has no restaurant yet: `rasoi init` sets one up, DEMO=1 takes the demo's."]
                if empty
                else []
            )
        if empty:
            await first_start.load(ctx)
        lines = ["The database was empty; it has the demo restaurant now.", ""] if empty else []
        return [*lines, *await demo_lines(ctx)]
    finally:
        await db.close()


async def first_run_lines(ctx: Context) -> list[str]:
    """How a platform without a restaurant is set up. Nothing once there is one."""
    if not await first_start.is_empty(ctx):
        return []
    settings = ctx.settings
    by_command = "`rasoi init` sets up the first outlet and its owner."
    if not (settings.host in EVERYWHERE or is_loopback(settings.host)):
        return [f"There is no restaurant yet. {by_command}"]
    scheme, host = "https" if settings.tls_cert else "http", "[::1]" if ":" in settings.host else "127.0.0.1"
    link = f"{scheme}://{host}:{settings.port}/setup#{ctx.get(FirstRun).begin()}"
    return [
        "There is no restaurant yet. Open this link on this machine within the hour to set it up; it works once:",
        "",
        f"  {link}",
        "",
        f"Or, while the platform is stopped: {by_command}",
    ]


async def demo_lines(ctx: Context) -> list[str]:
    """The demo's people with what everybody knows of them, and what each table's QR code says. Nothing elsewhere: what
    lets somebody in is not for a log."""
    people = await demo_people.lines(ctx)
    if not people:
        return []
    tables = [f"  {name:<16}{link}" for name, link in await table_links(ctx, demo.OUTLET)]
    return [*people, "", "Tables (what their QR codes say):", *tables]


def run(settings: Settings) -> int:
    """Start everything on this machine, and serve until SIGINT or SIGTERM."""
    if settings.events != "local":
        raise SettingsError(
            "`rasoi run` is one process with EVENTS=local; for EVENTS=kafka use `rasoi serve ROOM…`"
        )
    observability.configure(settings)
    raise_descriptors()
    started = time.monotonic()
    listener = hosting.take_port(settings, backlog=2048)
    settings = replace(settings, port=listener.getsockname()[1])
    with Embedded(settings) as box, tracing.exporting(settings):
        settings = _with_razorpay(settings, box)
        return uvloop.run(_serve(settings, box, listener, started))


def _with_razorpay(settings: Settings, box: Embedded) -> Settings:
    """Without keys, start the simulator and use its."""
    if not settings.simulated:
        return settings
    derived = hosting.simulator_secrets(settings)
    port = settings.simulator_port or _simulator_port(settings)
    scheme = "https" if settings.tls_cert else "http"
    argv = [
        sys.executable, "-m", "razorpay_simulator", "--host", settings.simulator_host, "--port", str(port),
        "--key-id", payments.SIMULATOR_KEY_ID, "--data", str(settings.data / "razorpay_simulator.sqlite"),
        "--webhook-url", f"{scheme}://127.0.0.1:{settings.port}/api/payments/webhook/razorpay",
    ]  # fmt: skip
    if settings.tls_cert:
        argv += ["--tls-cert", str(settings.tls_cert), "--tls-key", str(settings.tls_key)]
    secrets = {
        "SIMULATOR_KEY_SECRET": derived[0],
        "SIMULATOR_WEBHOOK_SECRET": derived[1],
    }  # argv is for all to see
    box.spawn_child(argv, {**os.environ, **secrets}, "razorpay_simulator")
    return replace(
        settings, simulator_port=port, simulator_key_secret=derived[0], razorpay_webhook_secrets=(derived[1],)
    )


def _simulator_port(settings: Settings) -> int:
    """The port of the last start where it is free, since open pages allow that address; else any free one."""
    kept = settings.data / "razorpay_simulator.port"
    wanted = int(kept.read_text()) if kept.is_file() and kept.read_text().isdigit() else 0
    with socket.socket(socket.AF_INET6 if ":" in settings.simulator_host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.simulator_host, wanted))
        except OSError:
            probe.bind((settings.simulator_host, 0))
        port = int(probe.getsockname()[1])
    kept.write_text(str(port))
    return port


async def _serve(settings: Settings, box: Embedded, listener: socket.socket, started: float) -> int:
    url = box.database_url
    await migrate.prepare(url, ROOMS, months=settings.outbox_months)
    async with platform(settings, url, box.redis_url) as running:
        config = hosting.server_config(settings, running.asgi, websockets=realtime.WS)
        server = hosting.Server(config)
        watch = asyncio.create_task(_watch(server, box))
        _announce_when_up(server, running.ctx, box, started)
        hosting.freeze_gc()
        await server.serve(sockets=[listener])
        await cancel_all([watch])
        return 1 if box.failed else 0


async def _watch(server: uvicorn.Server, box: Embedded) -> None:
    """Bring back a child that ended; give up, with one line, when it can't be brought back."""
    while True:
        await asyncio.sleep(0.5)
        try:
            await asyncio.to_thread(box.revive)
        except ChildFailed as error:
            print(f"rasoi: {error}", file=sys.stderr)
            server.should_exit = True


def _announce_when_up(server: uvicorn.Server, ctx: Context, box: Embedded, started: float) -> None:
    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        print(await addresses(ctx, box, time.monotonic() - started), flush=True)

    asyncio.get_running_loop().create_task(announce())


async def addresses(ctx: Context, box: Embedded, seconds: float) -> str:
    """What the person who started it wants to know."""
    settings = ctx.settings
    url = settings.url
    lines = [
        "",
        f"Rasoi is ready after {seconds:.1f} s. Stop it with Ctrl-C; data stay in {settings.data}.",
        "",
    ]
    lines += [f"  {name:<16}{url}{path}" for name, path in SCREENS]
    told = await demo_lines(ctx)
    lines += ["", *told, *await first_run_lines(ctx), ""]
    if settings.simulated:
        lines.append("No RAZORPAY_KEY_ID is set: payments go to the built-in simulator, no real money moves.")
    if box.redis_url is None:
        lines.append("No Redis here: the platform runs without rate limits shared between processes.")
    if settings.host == "127.0.0.1":
        lines.append("Only this machine can reach it. To let tablets and phones on your network in:")
        demo = "DEMO=1 " if told else ""  # without it, the demo's people are refused there
        lines.append(f"  {demo}HOST=0.0.0.0 PUBLIC_URL=http://<this machine's address>:8000 make run")
    if not settings.screens.is_dir():
        lines.append("The screens are not built; `make run` builds them.")
    return "\n".join(lines)


SCREENS = (
    ("Guests", "/order"),
    ("Kitchen", "/kitchen"),
    ("Pass", "/expo"),
    ("Pickup", "/pickup"),
    ("Waiters", "/waiter"),
    ("Managers", "/manage"),
    ("API", "/schema"),
)


def openapi(settings: Settings) -> str:
    """The OpenAPI document, without any running part."""
    ctx = Context(settings, None, None)  # type: ignore[arg-type]
    ctx.register(Tokens("x" * 32))
    app: Litestar = http.application(
        ctx, [*routes_of(ROOMS), *hosting.build_routes("")], version=version("rasoi")
    )
    document = complete(app, realtime.PAYLOADS)
    return json.dumps(document, indent=2, sort_keys=True)


def asyncapi(settings: Settings) -> str:
    """The AsyncAPI document."""
    return json.dumps(asyncapi_document.document(ROOMS, version("rasoi")), indent=2, sort_keys=True)


PROBLEMS_HEAD = """# Problems

What the HTTP interface refuses, it answers as RFC 9457 problem details. `type` names the kind for good; a caller decides
by it, shows `title` or `detail`, and after `Retry-After` seconds may ask again where that header is given. Bodies of 422
`/problems/invalid` list the fields in `errors`. Made by `make generated` from the classes themselves; two can't share a type.

| status | type | title | from |
| --- | --- | --- | --- |"""


def problems_table() -> str:
    """Every type of problem that a caller may get, as docs/problems.md."""
    rows = sorted(
        (cls.status, slug, cls.title, cls.__module__.split(".")[1])
        for slug, cls in problems.TYPES.items()
        if cls.__module__.startswith("rasoi.")
    )
    lines = [f"| {status} | `/problems/{slug}` | {title} | {room} |" for status, slug, title, room in rows]
    return "\n".join([PROBLEMS_HEAD, *lines])
