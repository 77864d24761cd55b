"""The HTTP application around the rooms' routes: identity, correlation, errors, health, metrics, screens."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from uuid_utils import uuid7

from rasoi.platform import problems, tracing
from rasoi.platform.api_page import ApiContract, ApiPage
from rasoi.platform.auth import AuthMiddleware, Principal, principal_of, public
from rasoi.platform.context import Context
from rasoi.platform.events import correlation_id, traceparent
from rasoi.platform.front_door import FrontDoor, refuse
from rasoi.platform.idempotency import IdempotencyKey, provide_key
from rasoi.platform.metrics import REQUEST_SECONDS, REQUESTS, method_of
from rasoi.platform.strict_json import StrictJsonPlugin
from rasoi.platform.unpriced import WithoutAmounts
from rasoi.settings import Settings

log = structlog.get_logger(__name__)
MAX_BODY = 256 * 1024
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
Checks = Mapping[str, Callable[[], Awaitable[Any]]]
ONE_AT_A_TIME = asyncio.Lock()
HSTS = (b"strict-transport-security", b"max-age=31536000")
NOT_KEPT = (b"cache-control", b"no-store")  # answers hold tokens and what is one person's
PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


class RequestContextMiddleware:
    """The outermost layer: ids, timing, log line and safe headers for every request."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app, self.door = app, FrontDoor(settings)
        self.headers = [*HEADERS, HSTS] if settings.tls_cert else HEADERS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        named = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = named if SAFE_ID.match(named) else str(uuid7())
        correlation_id.set(request_id)
        traceparent.set(tracing.parse(headers.get(b"traceparent", b"")))
        span = tracing.request(scope)
        status = 500

        async def send_on(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message["headers"])
                message["headers"] = [
                    *given,
                    *_missing(given),
                    *self.headers,
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            if refused := self.door.check(scope, headers):
                await refuse(refused, scope, receive, send_on)
            else:
                await self.app(scope, receive, send_on)
        finally:
            route = scope.get("path_template") or ("screen" if status < 400 else "unknown")
            seconds = time.perf_counter() - started
            method = method_of(scope["method"])
            answered, took = _meters(method, route, status)
            answered.inc()
            took.observe(seconds)
            if span is not None:
                tracing.end_request(span, method, route, status)
            log.debug(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 2),
            )


def _missing(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What an answer that does not say otherwise says of keeping it, and a page of what it may load."""
    given = {name.lower(): value for name, value in headers}
    kept = [] if b"cache-control" in given else [NOT_KEPT]
    page = (
        given.get(b"content-type", b"").startswith(b"text/html") and b"content-security-policy" not in given
    )
    return [*kept, PAGE_POLICY] if page else kept


@cache
def _meters(method: str, route: str, status: int) -> tuple[Any, Any]:
    """The counter and the histogram of such answers; looking them up costs more than counting."""
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route)


@get("/health/live", guards=[public], tags=["platform"])
async def live() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@get(
    "/health/ready",
    guards=[public],
    responses={503: ResponseSpec(dict[str, Any], generate_examples=False)},
    tags=["platform"],
)
async def ready(
    ctx: Context, request: Request[Any, Any, Any], more_checks: Checks
) -> Response[dict[str, Any]]:
    """503 while PostgreSQL is away; without the other dependencies orders are taken all the same. The inside gets each by
    name."""
    checks = {"postgresql": await _check(ctx.db.fetchval("SELECT 1"))}
    checks["redis"] = "not configured" if ctx.redis is None else await _check(ctx.redis.ping())
    checks |= {name: await _check(ask()) for name, ask in more_checks.items()}
    fine = checks["postgresql"] == "ok"
    said: dict[str, Any] = {"status": "ok" if fine else "unavailable"}
    if FrontDoor(ctx.settings).is_inside(dict(request.scope["headers"])):
        said["checks"] = checks
    return Response(said, status_code=200 if fine else 503)


async def _check(asked: Any) -> str:
    try:
        async with asyncio.timeout(2):
            await asked
    except Exception as error:
        return f"{type(error).__name__}"
    return "ok"


@get("/metrics", guards=[public], media_type=MediaType.TEXT, include_in_schema=False)
async def metrics() -> Response[bytes]:
    """For Prometheus. Made in a thread, one at a time: thousands of lines would hold up the loop for long."""
    async with ONE_AT_A_TIME:
        text = await asyncio.to_thread(generate_latest)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    return principal_of(request)


@dataclass(frozen=True, slots=True)
class RequestScope:
    """Context, caller, key and address as one dependency: for hot routes, since several are resolved as a group of tasks."""

    ctx: Context
    principal: Principal
    key: IdempotencyKey
    address: str


def provide_address(request: Request[Any, Any, Any]) -> str:
    """The caller's address, as the server in front of us reports it."""
    return address_of(request.scope)


def address_of(scope: Any) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def of_room(ctx: Context, routes: Sequence[Any]) -> Router:
    """A room's routes, bound to that room's own context."""
    return Router("/", route_handlers=list(routes), dependencies=_bound(ctx))


def _bound(ctx: Context) -> dict[str, Provide]:
    """What handlers reach by a context."""

    async def provide_request_scope(request: Request[Any, Any, Any]) -> RequestScope:
        return RequestScope(ctx, principal_of(request), await provide_key(request), provide_address(request))

    return {
        "ctx": Provide(lambda: ctx, sync_to_thread=False, use_cache=True),
        "request_scope": Provide(provide_request_scope),
    }


def application(
    ctx: Context,
    routes: Sequence[Any],
    *,
    version: str,
    checks: Checks | None = None,
    on_startup: Sequence[Callable[..., Any]] = (),
    on_shutdown: Sequence[Callable[..., Any]] = (),
) -> Litestar:
    """The Litestar application for these routes, without the outermost layer. `checks` are reported by /health/ready."""
    return Litestar(
        route_handlers=[live, ready, metrics, *routes],
        middleware=[AuthMiddleware(ctx), WithoutAmounts()],
        exception_handlers={Exception: problems.handle},
        dependencies={
            **_bound(ctx),
            "principal": Provide(provide_principal),
            "key": Provide(provide_key),
            "more_checks": Provide(lambda: checks or {}, sync_to_thread=False),
            "caller_address": Provide(provide_address, sync_to_thread=False),
        },
        signature_namespace={
            "Context": Context,
            "Principal": Principal,
            "IdempotencyKey": IdempotencyKey,
            "RequestScope": RequestScope,
        },
        openapi_config=OpenAPIConfig(
            title="Rasoi",
            version=version,
            description="Restaurant ordering with a realtime kitchen display.",
            path="/schema",
            render_plugins=[ApiPage(), ApiContract()],
        ),
        request_max_body_size=MAX_BODY,
        on_startup=list(on_startup),
        on_shutdown=list(on_shutdown),
        logging_config=None,
        plugins=[StrictJsonPlugin()],
    )
