"""Who cooks reads no money: whatever a route answers, the kitchen's role gets it without amounts."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from rasoi.platform.auth import Principal

PRICELESS = frozenset({"kitchen"})
AMOUNT = "paise"  # how every name of an amount ends


def without_amounts(value: Any) -> Any:
    """A decoded JSON value without the fields that are amounts."""
    if isinstance(value, dict):
        return {name: without_amounts(each) for name, each in value.items() if not name.endswith(AMOUNT)}
    return [without_amounts(each) for each in value] if isinstance(value, list) else value


class WithoutAmounts(ASGIMiddleware):
    """Behind authentication, which says who asks. Only an answer that names an amount is read again."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        user = scope.get("user")
        if not isinstance(user, Principal) or user.role not in PRICELESS:
            await next_app(scope, receive, send)
            return
        # what is kept packed can't be read again; packing comes after this
        scope["headers"] = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        head: Any = None
        body = b""

        async def cut(message: Any) -> None:
            nonlocal head, body
            if message["type"] == "http.response.start":
                head = message
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            if b'paise"' in body and b"json" in dict(head["headers"]).get(b"content-type", b""):
                body = msgspec.json.encode(without_amounts(msgspec.json.decode(body)))
                kept = [(name, each) for name, each in head["headers"] if name.lower() != b"content-length"]
                head["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
            await send(head)
            message["body"] = body
            await send(message)

        await next_app(scope, receive, cut)
