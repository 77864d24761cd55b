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

from razorpay_simulator.bank import ApiError, Bank, public
from razorpay_simulator.faults import KINDS, Fault, Faults
from razorpay_simulator.http import Answer, Call, Headers, Send, answer, collection, cut, parse_count, trickle
from razorpay_simulator.store import Doc
from razorpay_simulator.webhooks import Deliverer, WebhookFaults

STATIC = Path(__file__).parent / "static"
LOOPBACK = {"127.0.0.1", "::1"}
MAX_BODY = 1_000_000


class Server:
    """The ASGI application."""

    def __init__(self, bank: Bank, deliverer: Deliverer, key_id: str) -> None:
        self.bank = bank
        self.deliverer = deliverer
        self.key_id = key_id
        self.faults = Faults()
        self.static = {path.name: path.read_bytes() for path in STATIC.iterdir()}
        table: list[tuple[str, str, Callable[[Call], Answer]]] = [
            ("POST", r"/v1/orders", self.create_order),
            ("GET", r"/v1/orders", self.list_orders),
            ("GET", r"/v1/orders/(\w+)", lambda c: answer(public(bank.order(c.parts[0])))),
            ("GET", r"/v1/orders/(\w+)/payments", self.payments_of_order),
            ("GET", r"/v1/payments", lambda c: answer(collection(self.page(c, "payment")))),
            ("GET", r"/v1/payments/(\w+)", lambda c: answer(bank.payment(c.parts[0]))),
            ("POST", r"/v1/payments/(\w+)/capture", lambda c: answer(bank.capture(c.parts[0], c.body))),
            ("POST", r"/v1/payments/(\w+)/refund", self.create_refund),
            ("GET", r"/v1/payments/(\w+)/refunds", self.refunds_of_payment),
            ("GET", r"/v1/payments/\w+/refunds/(\w+)", lambda c: answer(bank.refund(c.parts[0]))),
            ("GET", r"/v1/refunds", lambda c: answer(collection(self.page(c, "refund")))),
            ("GET", r"/v1/refunds/(\w+)", lambda c: answer(bank.refund(c.parts[0]))),
            ("GET", r"/_simulator/books", self.books),
            ("DELETE", r"/_simulator/books", self.clear_books),
            ("GET", r"/_simulator/requests", self.requests),
            ("GET", r"/_simulator/webhooks", lambda c: answer({"items": bank.store.webhooks()})),
            ("POST", r"/_simulator/faults", self.set_faults),
            ("DELETE", r"/_simulator/faults", self.clear_faults),
            ("POST", r"/_simulator/late", self.settle_late),
            (
                "POST",
                r"/_simulator/refunds/(\w+)",
                lambda c: answer(bank.settle_refund(c.parts[0], str(c.body.get("status")))),
            ),
            ("POST", r"/_simulator/pay", self.pay),
            ("GET", r"/_simulator/orders/(\w+)", self.order_for_checkout),
            ("GET", r"/checkout\.js", lambda c: self.file("checkout.js")),
            ("GET", r"/checkout/?", self.checkout_page),
            ("GET", r"/checkout/(frame\.js|frame\.css)", lambda c: self.file(c.parts[0])),
            ("GET", r"/", lambda c: self.file("index.html")),
        ]
        self.routes = [(method, re.compile(pattern + r"\Z"), handler) for method, pattern, handler in table]

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        call = await self.read(scope, receive)
        fault = self.faults.take(f"{call.method} {call.path}")
        if fault is not None and fault.kind in ("refuse", "hang"):
            self.log(call, 0, fault)
            await asyncio.sleep(fault.seconds if fault.kind == "hang" else 0)
            await cut(send)
            return
        found = self.broken(fault) or self.handle(call)
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

    async def read(self, scope: Any, receive: Any) -> Call:
        raw, more = b"", True
        while more and len(raw) <= MAX_BODY:
            message = await receive()
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        return Call(scope["method"], scope["path"], query, headers, (scope.get("client") or ("",))[0], raw)

    def broken(self, fault: Fault | None) -> Answer | None:
        """The answer of a fault that does nothing."""
        if fault is not None and fault.kind == "bad_gateway":
            return Answer(b"<html><h1>502 Bad Gateway</h1></html>", 502, "text/html")
        if fault is not None and fault.kind == "too_many":
            return answer(ApiError("Request failed. Please try after sometime.").body, 429)
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

    def create_order(self, call: Call) -> Answer:
        return answer(public(self.bank.create_order(call.body)))

    def page(self, call: Call, kind: str) -> list[Doc]:
        return self.bank.store.all(
            kind, parse_count(call.query.get("count"), 10, 100), parse_count(call.query.get("skip"), 0, 2**40)
        )

    def list_orders(self, call: Call) -> Answer:
        if receipt := call.query.get("receipt"):
            found = self.bank.store.with_receipt(receipt)
            return answer(collection([found] if found else []))
        return answer(collection(self.page(call, "order")))

    def payments_of_order(self, call: Call) -> Answer:
        order = self.bank.order(call.parts[0])
        return answer(collection(self.bank.store.children("payment", order["id"])))

    def create_refund(self, call: Call) -> Answer:
        return answer(
            self.bank.create_refund(call.parts[0], call.body, call.headers.get("x-refund-idempotency"))
        )

    def refunds_of_payment(self, call: Call) -> Answer:
        payment = self.bank.payment(call.parts[0])
        return answer(collection(self.bank.store.children("refund", payment["id"])))

    # the checkout

    def pay(self, call: Call) -> Answer:
        """A person paid, or did not: the signed reply, or the error that the shop's page hears of."""
        asked = call.body
        payment = self.bank.pay(
            str(asked.get("order_id")), str(asked.get("method", "upi")), str(asked.get("outcome", "success"))
        )
        if payment["status"] in ("captured", "authorized"):
            return answer(self.bank.signed(payment))
        about = {
            name: payment[f"error_{name}"] for name in ("code", "description", "source", "step", "reason")
        }
        metadata = {"payment_id": payment["id"], "order_id": payment["order_id"]}
        return answer({"razorpay_payment_id": payment["id"], "error": about | {"metadata": metadata}})

    def order_for_checkout(self, call: Call) -> Answer:
        order = self.bank.order(call.parts[0])
        return answer({name: order[name] for name in ("id", "amount", "currency", "status")})

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

    # controls for tests

    def books(self, call: Call) -> Answer:
        return answer(
            {
                kind + "s": [public(doc) for doc in self.bank.store.all(kind)]
                for kind in ("order", "payment", "refund")
            }
        )

    def clear_books(self, call: Call) -> Answer:
        self.bank.store.clear()
        return self.clear_faults(call)

    def requests(self, call: Call) -> Answer:
        return answer({"items": self.bank.store.requests(parse_count(call.query.get("after"), 0, 2**40))})

    def set_faults(self, call: Call) -> Answer:
        """`calls`: fields of Fault; `webhooks`: of WebhookFaults; `refunds`: processed, pending, failed; `receipts`:
        strict, same."""
        asked = call.body
        try:
            calls = [Fault(**fault) for fault in asked.get("calls", [])]
            webhook_faults = (
                WebhookFaults(**asked["webhooks"]) if "webhooks" in asked else self.deliverer.faults
            )
        except TypeError as wrong:
            raise ApiError(f"No such fault: {wrong}") from None
        if any(fault.kind not in KINDS for fault in calls):
            raise ApiError(f"A fault is one of {', '.join(KINDS)}.")
        self.faults.waiting += calls
        self.deliverer.faults = webhook_faults
        self.bank.settle_refunds = asked.get("refunds", self.bank.settle_refunds)
        self.bank.same_order_for_receipt = (
            asked.get("receipts", "same" if self.bank.same_order_for_receipt else "strict") == "same"
        )
        self.deliverer.url = asked.get("webhook_url", self.deliverer.url)
        return answer({"ok": True})

    def clear_faults(self, call: Call) -> Answer:
        self.faults.waiting.clear()
        self.deliverer.faults = WebhookFaults()
        self.bank.settle_refunds, self.bank.same_order_for_receipt = "processed", False
        return answer({"ok": True})

    def settle_late(self, call: Call) -> Answer:
        capture = call.body.get("capture") is not False
        return answer(self.bank.settle_late(str(call.body.get("payment_id")), capture=capture))
