"""The simulator's HTTP side: a table of routes, Basic auth, the request log, and the faults."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from razorpay_simulator.bank import Bank
from razorpay_simulator.controls import Controls
from razorpay_simulator.entities import ApiError, public
from razorpay_simulator.faults import Fault, Faults
from razorpay_simulator.http import (
    Answer,
    Call,
    Headers,
    Send,
    answer,
    collection,
    cut,
    half_close,
    parse_count,
    trickle,
)
from razorpay_simulator.qr_codes import close_qr_code, create_qr_code, qr_code
from razorpay_simulator.refunds import create_refund
from razorpay_simulator.store import Doc
from razorpay_simulator.webhooks import Deliverer

STATIC = Path(__file__).parent / "static"
LOOPBACK = {"127.0.0.1", "::1"}
MAX_BODY = 1_000_000
ERRORS = {
    "too_many": (429, "BAD_REQUEST_ERROR", "Request failed. Please try after sometime."),
    "gateway_error": (
        502,
        "GATEWAY_ERROR",
        "Payment processing failed because of incorrect response of the bank.",
    ),
    "server_error": (
        500,
        "SERVER_ERROR",
        "We are facing some trouble completing your request at the moment.",
    ),
}


def in_flight() -> Answer:
    text = "Request failed because another request is in progress with the same Idempotency Header."
    return answer(ApiError(text, status=409).body, 409)


class Server:
    """The ASGI application."""

    def __init__(self, bank: Bank, deliverer: Deliverer, key_id: str) -> None:
        self.bank = bank
        self.deliverer = deliverer
        self.key_id = key_id
        self.faults = Faults()
        self.static = {path.name: path.read_bytes() for path in STATIC.iterdir()}
        self.controls = Controls(bank, deliverer, self.faults)
        table = [*self._api(), *self.controls.routes(), *self._checkout()]
        self.routes = [(method, re.compile(pattern + r"\Z"), handler) for method, pattern, handler in table]

    def _api(self) -> list[tuple[str, str, Callable[[Call], Answer]]]:
        bank = self.bank
        return [
            ("POST", r"/v1/orders", lambda c: answer(public(bank.create_order(c.body)))),
            ("GET", r"/v1/orders", self.list_orders),
            ("GET", r"/v1/orders/(\w+)", lambda c: answer(public(bank.order(c.parts[0])))),
            ("GET", r"/v1/orders/(\w+)/payments", self.payments_of_order),
            ("POST", r"/v1/payments/qr_codes", lambda c: answer(create_qr_code(bank, c.body))),
            ("GET", r"/v1/payments/qr_codes", lambda c: answer(collection(self.page(c, "qr_code")))),
            ("GET", r"/v1/payments/qr_codes/(\w+)", lambda c: answer(qr_code(bank, c.parts[0]))),
            ("POST", r"/v1/payments/qr_codes/(\w+)/close", lambda c: answer(close_qr_code(bank, c.parts[0]))),
            ("GET", r"/v1/payments/qr_codes/(\w+)/payments", self.payments_of_qr_code),
            ("GET", r"/v1/payments", lambda c: answer(collection(self.page(c, "payment")))),
            ("GET", r"/v1/payments/(\w+)", lambda c: answer(public(bank.payment(c.parts[0])))),
            (
                "POST",
                r"/v1/payments/(\w+)/capture",
                lambda c: answer(public(bank.capture(c.parts[0], c.body))),
            ),
            ("POST", r"/v1/payments/(\w+)/refund", self.create_refund),
            ("GET", r"/v1/payments/(\w+)/refunds", self.refunds_of_payment),
            ("GET", r"/v1/payments/\w+/refunds/(\w+)", lambda c: answer(bank.existing("refund", c.parts[0]))),
            ("GET", r"/v1/refunds", lambda c: answer(collection(self.page(c, "refund")))),
            ("GET", r"/v1/refunds/(\w+)", lambda c: answer(bank.existing("refund", c.parts[0]))),
            ("GET", r"/v1/disputes", lambda c: answer(collection(self.page(c, "dispute")))),
            ("GET", r"/v1/disputes/(\w+)", lambda c: answer(bank.existing("dispute", c.parts[0]))),
        ]

    def _checkout(self) -> list[tuple[str, str, Callable[[Call], Answer]]]:
        return [
            ("GET", r"/checkout\.js", lambda c: self.file("checkout.js")),
            ("GET", r"/checkout/?", self.checkout_page),
            ("GET", r"/checkout/(frame\.js|frame\.css)", lambda c: self.file(c.parts[0])),
            ("GET", r"/", lambda c: self.file("index.html")),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        call = await self.read(scope, receive)
        if call is None:
            return
        fault = self.faults.take(f"{call.method} {call.path}")
        if fault is not None and fault.kind in ("refuse", "hang"):
            self.log(call, 0, fault)
            await asyncio.sleep(fault.seconds if fault.kind == "hang" else 0)
            await cut(send)
            return
        found = self.broken(fault) or self.handle(call)
        if fault is not None and fault.kind == "in_flight_after":
            found = in_flight()
        self.log(call, found.status, fault)
        if fault is not None and fault.kind == "hang_after":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "cut_after":
            await cut(send)
            return
        headers = [
            (b"content-type", found.media_type.encode()),
            (b"content-length", str(len(found.body)).encode()),
            *found.headers,
        ]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        if fault is not None and fault.kind == "half_closed":
            await half_close(send, found.body, fault.seconds)
            return
        if fault is not None and fault.kind == "trickle":
            await trickle(send, found.body, fault.seconds)
            return
        await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else found.body})

    async def lifespan(self, receive: Any, send: Send) -> None:
        """Webhooks are delivered as long as the server runs."""
        await receive()
        task = asyncio.create_task(self.deliverer.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await send({"type": "lifespan.shutdown.complete"})

    async def read(self, scope: Any, receive: Any) -> Call | None:
        """The whole request. None if its sender went away before the end: half a refund is not a refund of everything."""
        raw, more = b"", True
        while more and len(raw) <= MAX_BODY:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        return Call(scope["method"], scope["path"], query, headers, (scope.get("client") or ("",))[0], raw)

    def broken(self, fault: Fault | None) -> Answer | None:
        """The answer of a fault that does nothing."""
        kind = fault.kind if fault is not None else ""
        if kind == "bad_gateway":
            return Answer(b"<html><h1>502 Bad Gateway</h1></html>", 502, "text/html")
        if kind == "in_flight":
            return in_flight()
        if kind in ERRORS:
            status, code, text = ERRORS[kind]
            return answer(ApiError(text, status=status, code=code).body, status)
        return None

    def handle(self, call: Call) -> Answer:
        """Find the route, check who asks, and answer."""
        try:
            if len(call.raw) > MAX_BODY:
                raise ApiError("The request is too large.", status=413)
            handler = self.route(call)
            self.check(call)
            return handler(call)
        except ApiError as error:
            return answer(error.body, error.status)

    def route(self, call: Call) -> Callable[[Call], Answer]:
        found = [
            (method, handler, match)
            for method, pattern, handler in self.routes
            if (match := pattern.match(call.path))
        ]
        for method, handler, match in found:
            if method == ("GET" if call.method == "HEAD" else call.method):
                call.parts = match.groups()
                return handler
        text = (
            "The requested URL was not found on the server."
            if not found
            else "The method is not allowed here."
        )
        raise ApiError(text, status=405 if found else 404)

    def check(self, call: Call) -> None:
        """The API wants key and secret; the controls too, unless asked from this machine; the checkout is open."""
        open_paths = ("/_simulator/pay", "/_simulator/orders/")
        local = call.path.startswith("/_simulator/") and (
            call.client in LOOPBACK or call.path.startswith(open_paths)
        )
        if local or not call.path.startswith(("/v1/", "/_simulator/")):
            return
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        right = f"{self.key_id}:{self.bank.key_secret}".encode()
        if scheme.lower() != "basic" or not hmac.compare_digest(given, right):
            raise ApiError("Authentication failed", status=401)

    def log(self, call: Call, status: int, fault: Fault | None) -> None:
        if call.path.startswith("/v1/"):
            path = call.path + (
                "?" + "&".join(f"{k}={v}" for k, v in call.query.items()) if call.query else ""
            )
            key = call.headers.get("x-refund-idempotency")
            text = call.raw.decode("utf-8", "replace")
            self.bank.store.log(
                time.time(), call.method, path, key, text, status, fault.kind if fault else None
            )

    # the API

    def page(self, call: Call, kind: str) -> list[Doc]:
        """A page of a list, 10 long unless asked, 100 at most; `from` and `to` are times of making."""
        asked = call.query
        return self.bank.store.all(
            kind,
            parse_count(asked.get("count"), 10, 100),
            parse_count(asked.get("skip"), 0, 2**40),
            parse_count(asked.get("from"), 0, 2**40),
            parse_count(asked.get("to"), 2**40, 2**40),
        )

    def list_orders(self, call: Call) -> Answer:
        if receipt := call.query.get("receipt"):
            found = self.bank.store.with_receipt(receipt)
            return answer(collection([found] if found else []))
        return answer(collection(self.page(call, "order")))

    def payments_of_order(self, call: Call) -> Answer:
        order = self.bank.order(call.parts[0])
        return answer(collection(self.bank.store.children("payment", order["id"])))

    def payments_of_qr_code(self, call: Call) -> Answer:
        code = qr_code(self.bank, call.parts[0])
        return answer(collection(self.bank.store.children("payment", code["id"])))

    def create_refund(self, call: Call) -> Answer:
        key = call.headers.get("x-refund-idempotency")
        return answer(create_refund(self.bank, call.parts[0], call.body, key))

    def refunds_of_payment(self, call: Call) -> Answer:
        """Newest first; `count` and `skip` as everywhere."""
        payment, asked = self.bank.payment(call.parts[0]), call.query
        skip = parse_count(asked.get("skip"), 0, 2**40)
        count = parse_count(asked.get("count"), 10, 100)
        return answer(collection(self.bank.store.children("refund", payment["id"])[skip : skip + count]))

    # the checkout

    def checkout_page(self, call: Call) -> Answer:
        """In the colours of the page around it: a frame of another scheme would not be see-through."""
        page = self.file("checkout.html")
        if call.query.get("theme") == "dark":
            page.body = page.body.replace(b'<html lang="en">', b'<html lang="en" data-theme="dark">')
        return page

    def file(self, name: str) -> Answer:
        kinds = {
            ".js": "text/javascript; charset=utf-8",
            ".css": "text/css; charset=utf-8",
            ".html": "text/html; charset=utf-8",
        }
        headers: Headers = [
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (
                b"content-security-policy",
                b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
            ),
        ]
        return Answer(self.static[name], 200, kinds[Path(name).suffix], headers)
