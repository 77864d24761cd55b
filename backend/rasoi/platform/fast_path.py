"""The fast path to a hot route: the handler as Litestar knows it, with the same guards, body, dependency and errors, but
without the framework's steps in between, which cost more than placing an order's pricing does.

A handler asks for it with `opt=FAST_PATH`. It is a POST to a fixed path that takes `request_scope` and `data` and
returns bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

from litestar import Request, Response
from litestar.exceptions import ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler

from rasoi.platform import problems
from rasoi.platform.auth import AuthMiddleware, principal_of
from rasoi.platform.context import Context
from rasoi.platform.http import MAX_BODY, RequestScope, address_of
from rasoi.platform.idempotency import key_of
from rasoi.platform.strict_json import decoder_of

FAST_PATH = {"fast_path": True}


class Caller(NamedTuple):
    """As much of a connection as a guard looks at; a whole Request costs more."""

    scope: Any


class FastRoute:
    """One handler, bound to its room's context."""

    def __init__(self, ctx: Context, handler: HTTPRouteHandler) -> None:
        self.ctx, self.handler = ctx, handler
        self.guards = list(handler.guards or ())
        self.decode = decoder_of(get_type_hints(handler.fn)["data"])
        self.auth = AuthMiddleware(ctx)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = scope["path"]
        scope.setdefault("state", {})
        await self.auth.identify(scope)
        try:
            response = await self._answer(Caller(scope), receive)
        except Exception as error:
            response = problems.handle(Request(scope, receive, send), error)
        await problems.send(response, send)

    async def _answer(self, caller: Caller, receive: Any) -> Response[bytes]:
        for guard in self.guards:
            await guard(caller, self.handler)  # type: ignore[arg-type, misc]
        body = await _body(receive)
        if not body:
            raise ValidationException(extra=[{"key": "", "message": problems.NO_BODY}])
        data = self.decode(body)
        key = key_of(dict(caller.scope["headers"]), f"POST {caller.scope['path']}", body)
        principal = principal_of(caller)  # type: ignore[arg-type]
        asked = RequestScope(self.ctx, principal, key, address_of(caller.scope))
        return await self.handler.fn(asked, data)  # type: ignore[no-any-return]


async def _body(receive: Any) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise problems.BadRequest("The request ended before it was whole.")
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
        size += len(parts[-1])
        if size > MAX_BODY:
            raise RequestEntityTooLarge
    return parts[0] if len(parts) == 1 else b"".join(parts)


class FastPath:
    """Takes the requests of routes that have a fast path, and leaves the rest to `app`."""

    def __init__(self, app: Any, routes: Mapping[Context, Sequence[Any]]) -> None:
        self.app = app
        self.routes = {
            ("POST", path): FastRoute(ctx, handler)
            for ctx, handlers in routes.items()
            for handler in handlers
            if isinstance(handler, HTTPRouteHandler) and handler.opt.get("fast_path")
            for path in handler.paths
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        route = self.routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (route or self.app)(scope, receive, send)
