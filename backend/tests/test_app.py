"""The whole application in one process: who may do what, what bad input is answered, what it says of itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, get_args
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from uuid_utils.compat import uuid7

from rasoi import app, hosting
from rasoi.orders.tables import new_guest
from rasoi.platform import http
from rasoi.platform.api_page import CONTRACT
from rasoi.platform.auth import Permit, Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.rights import PERMISSIONS
from rasoi.settings import Settings
from rasoi.staff.service_tokens import Scope

G, W, K, M, O, S = "guest", "waiter", "kitchen", "manager", "owner", "service"  # noqa: E741
Who = set[str | None]
STAFF: Who = {W, K, M, O}
FLOOR: Who = {W, M, O}
MANAGERS: Who = {M, O}
ANYONE: Who = {G, W, K, M, O}
PUBLIC: Who = {*ANYONE, S, None}
GUEST_AND_FLOOR: Who = {G, W, M, O}

MATRIX: dict[tuple[str, str], Who] = {
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/api/build"): PUBLIC,
    ("GET", "/api/asyncapi.json"): PUBLIC,
    ("POST", "/api/staff/login"): PUBLIC,
    ("POST", "/api/staff/login/pin"): PUBLIC,
    ("POST", "/api/staff/refresh"): PUBLIC,
    ("GET", "/api/staff/login/people"): PUBLIC,
    ("POST", "/api/setup"): PUBLIC,
    ("POST", "/api/setup/link"): PUBLIC,
    ("POST", "/api/staff/devices/code"): PUBLIC,
    ("POST", "/api/staff/devices/token"): PUBLIC,
    ("GET", "/api/staff/devices"): MANAGERS,
    ("POST", "/api/staff/devices"): MANAGERS,
    ("DELETE", "/api/staff/devices/{device_id:uuid}"): MANAGERS,
    ("GET", "/api/staff/sign-ins"): MANAGERS,
    ("GET", "/api/staff/service-tokens"): MANAGERS,
    ("POST", "/api/staff/service-tokens"): MANAGERS,
    ("DELETE", "/api/staff/service-tokens/{token_id:uuid}"): MANAGERS,
    ("POST", "/api/sessions"): PUBLIC,
    ("POST", "/api/payments/webhook/{provider:str}"): PUBLIC,
    ("POST", "/api/staff/logout"): STAFF,
    ("GET", "/api/staff/me"): STAFF,
    ("GET", "/api/staff/me/authenticator"): MANAGERS,
    ("POST", "/api/staff/me/authenticator"): MANAGERS,
    ("POST", "/api/staff/me/authenticator/confirm"): MANAGERS,
    ("POST", "/api/staff/me/authenticator/recovery-codes"): MANAGERS,
    ("POST", "/api/staff/me/authenticator/remove"): MANAGERS,
    ("DELETE", "/api/staff/people/{person_id:uuid}/authenticator"): MANAGERS,
    ("POST", "/api/staff/login/passkey/challenge"): PUBLIC,
    ("POST", "/api/staff/login/passkey"): PUBLIC,
    ("GET", "/api/staff/me/passkeys"): MANAGERS,
    ("POST", "/api/staff/me/passkeys"): MANAGERS,
    ("POST", "/api/staff/me/passkeys/challenge"): MANAGERS,
    ("DELETE", "/api/staff/me/passkeys/{passkey_id:uuid}"): MANAGERS,
    ("DELETE", "/api/staff/people/{person_id:uuid}/passkeys"): MANAGERS,
    ("GET", "/api/staff/people"): MANAGERS,
    ("POST", "/api/staff/people"): MANAGERS,
    ("PATCH", "/api/staff/people/{person_id:uuid}"): MANAGERS,
    ("GET", "/api/staff/outlet"): STAFF,
    ("PATCH", "/api/staff/outlet"): MANAGERS,
    ("GET", "/api/staff/audit"): MANAGERS,
    ("GET", "/api/staff/people/{person_id:uuid}/outlets"): {O},
    ("PUT", "/api/staff/people/{person_id:uuid}/outlets/{outlet_id:int}"): {O},
    ("POST", "/api/staff/switch"): STAFF,
    ("GET", "/api/outlets"): STAFF,
    ("POST", "/api/outlets"): {O},
    ("GET", "/api/outlets/{outlet_id:int}"): {O},
    ("PATCH", "/api/outlets/{outlet_id:int}"): {O},
    ("POST", "/api/outlets/{outlet_id:int}/close"): {O},
    ("POST", "/api/outlets/{outlet_id:int}/reopen"): {O},
    ("GET", "/api/staff/lifts/people"): STAFF,
    ("POST", "/api/staff/lifts"): STAFF,
    ("GET", "/api/staff/rights"): {O},
    ("PUT", "/api/staff/rights"): {O},
    ("GET", "/api/menu"): {*ANYONE, S},
    ("PUT", "/api/menu/items/{item_id:uuid}/availability"): STAFF,
    ("PUT", "/api/menu/modifiers/{modifier_id:uuid}/availability"): STAFF,
    ("PATCH", "/api/menu/items/{item_id:uuid}"): MANAGERS,
    ("PATCH", "/api/menu/variants/{variant_id:uuid}"): MANAGERS,
    ("POST", "/api/menu/items"): MANAGERS,
    ("POST", "/api/menu/categories"): MANAGERS,
    ("GET", "/api/inventory/stock"): {*STAFF, S},
    ("GET", "/api/inventory/stock/{stock_id:uuid}/movements"): STAFF,
    ("POST", "/api/inventory/receipts"): MANAGERS,
    ("POST", "/api/inventory/waste"): MANAGERS,
    ("POST", "/api/inventory/counts"): MANAGERS,
    ("POST", "/api/sessions/refresh"): {G},
    ("GET", "/api/sessions/current"): {G},
    ("POST", "/api/sessions/{session_id:uuid}/admit"): GUEST_AND_FLOOR,
    ("POST", "/api/sessions/{session_id:uuid}/refuse"): GUEST_AND_FLOOR,
    ("POST", "/api/orders/quote"): GUEST_AND_FLOOR,
    ("POST", "/api/orders"): GUEST_AND_FLOOR,
    ("GET", "/api/orders"): {*ANYONE, S},
    ("GET", "/api/orders/{order_id:uuid}"): {*ANYONE, S},
    ("POST", "/api/orders/{order_id:uuid}/cancel"): GUEST_AND_FLOOR,
    ("POST", "/api/orders/{order_id:uuid}/approve"): FLOOR,
    ("POST", "/api/orders/{order_id:uuid}/reject"): FLOOR,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/void"): FLOOR,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/discount"): MANAGERS,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/complimentary"): MANAGERS,
    ("POST", "/api/bills/{bill_id:uuid}/discounts"): MANAGERS,
    ("DELETE", "/api/bills/{bill_id:uuid}/discounts/{discount_id:uuid}"): FLOOR,
    ("GET", "/api/bills"): {*ANYONE, S},
    ("GET", "/api/bills/{bill_id:uuid}"): {*ANYONE, S},
    ("POST", "/api/bills/{bill_id:uuid}/attention"): GUEST_AND_FLOOR,
    ("DELETE", "/api/bills/{bill_id:uuid}/attention"): FLOOR,
    ("PUT", "/api/bills/{bill_id:uuid}/buyer"): GUEST_AND_FLOOR,
    ("GET", "/api/documents"): {*MANAGERS, S},
    ("GET", "/api/documents/{document_id:uuid}"): FLOOR,
    ("POST", "/api/documents/{document_id:uuid}/reprint"): FLOOR,
    ("GET", "/documents/{token:str}"): PUBLIC,
    ("POST", "/api/bills/{bill_id:uuid}/write-off"): MANAGERS,
    ("GET", "/api/tables"): STAFF,
    ("POST", "/api/tables"): MANAGERS,
    ("PATCH", "/api/tables/{table_id:uuid}"): MANAGERS,
    ("DELETE", "/api/tables/{table_id:uuid}"): MANAGERS,
    ("POST", "/api/tables/{table_id:uuid}/seat"): FLOOR,
    ("POST", "/api/tables/{table_id:uuid}/clear"): FLOOR,
    ("POST", "/api/tables/{table_id:uuid}/walk-out"): MANAGERS,
    ("POST", "/api/tables/{table_id:uuid}/move"): FLOOR,
    ("GET", "/api/tables/rearrangements"): FLOOR,
    ("POST", "/api/tables/rearrangements/{rearrangement_id:uuid}/undo"): FLOOR,
    ("GET", "/api/tables/codes"): MANAGERS,
    ("POST", "/api/tables/{table_id:uuid}/code"): MANAGERS,
    ("POST", "/api/payments/checkout"): GUEST_AND_FLOOR,
    ("GET", "/api/payments/online"): GUEST_AND_FLOOR,
    ("POST", "/api/payments/create-razorpay-order"): GUEST_AND_FLOOR,
    ("POST", "/api/payments/verify"): GUEST_AND_FLOOR,
    ("POST", "/api/payments/verify-razorpay"): GUEST_AND_FLOOR,
    ("POST", "/api/payments/confirm-cash"): FLOOR,
    ("POST", "/api/payments/confirm-tender"): FLOOR,
    ("POST", "/api/payments/{payment_id:uuid}/refund"): MANAGERS,
    ("GET", "/api/payments"): {*FLOOR, S},
    ("GET", "/api/payments/{payment_id:uuid}"): GUEST_AND_FLOOR,
    ("GET", "/api/payments/stats/daily"): MANAGERS,
    ("GET", "/api/payments/refunds"): MANAGERS,
    ("GET", "/api/payments/refund-tasks"): FLOOR,
    ("POST", "/api/payments/refunds/{refund_id:uuid}/hand-out"): FLOOR,
    ("POST", "/api/payments/{payment_id:uuid}/look"): GUEST_AND_FLOOR,
    ("POST", "/api/payments/callback/{outlet_id:int}/{payment_id:uuid}"): PUBLIC,
    ("GET", "/api/payments/webhooks"): MANAGERS,
    ("POST", "/api/payments/webhooks/{event_id:str}/replay"): MANAGERS,
    ("POST", "/api/payments/webhooks/{event_id:str}/dismiss"): MANAGERS,
    ("GET", "/api/payments/unmatched"): MANAGERS,
    ("POST", "/api/payments/unmatched/{provider:str}/{provider_payment_id:str}/settle"): MANAGERS,
    ("GET", "/api/shifts/own"): FLOOR,
    ("GET", "/api/shifts"): MANAGERS,
    ("POST", "/api/shifts"): FLOOR,
    ("POST", "/api/shifts/{shift_id:uuid}/movements"): FLOOR,
    ("POST", "/api/shifts/{shift_id:uuid}/count"): FLOOR,
    ("POST", "/api/shifts/{shift_id:uuid}/approve"): MANAGERS,
    ("GET", "/api/days/open"): MANAGERS,
    ("POST", "/api/days/close"): MANAGERS,
    ("GET", "/api/days"): MANAGERS,
    ("GET", "/api/days/{report_id:uuid}"): MANAGERS,
    ("GET", "/api/reports/sales"): {*MANAGERS, S},
    ("GET", "/api/reports/times"): {*MANAGERS, S},
    ("GET", "/api/kitchen/stations"): STAFF,
    ("GET", "/api/kitchen/boards/{station:str}"): STAFF,
    ("GET", "/api/kitchen/boards/{station:str}/recent"): STAFF,
    ("GET", "/api/kitchen/pass"): STAFF,
    ("GET", "/api/kitchen/ready"): STAFF,
    ("POST", "/api/kitchen/actions"): STAFF,
    ("GET", "/api/offers"): MANAGERS,
    ("POST", "/api/offers"): MANAGERS,
    ("PUT", "/api/offers/{offer_id:uuid}"): MANAGERS,
    ("POST", "/api/offers/{offer_id:uuid}/pause"): MANAGERS,
    ("POST", "/api/offers/{offer_id:uuid}/resume"): MANAGERS,
    ("POST", "/api/offers/{offer_id:uuid}/end"): MANAGERS,
    ("GET", "/api/notifications"): ANYONE,
    ("POST", "/api/notifications/{message_id:uuid}/delivered"): ANYONE,
    ("POST", "/api/notifications/{message_id:uuid}/read"): ANYONE,
}


@dataclass
class Running:
    """The platform behind an HTTP client, and tokens for any role."""

    ctx: Context
    client: httpx.AsyncClient
    services: dict[tuple[str, ...], str] = field(default_factory=dict)

    async def service(self, *scopes: str) -> dict[str, str]:
        """An integration with these scopes, or all."""
        if scopes not in self.services:
            body = {"name": "Accounts", "scopes": scopes or get_args(Scope)}
            made = await self.ask("POST", "/api/staff/service-tokens", O, json=body)
            assert made.status_code == 201, made.text
            self.services[scopes] = made.json()["token"]
        return {"Authorization": f"Bearer {self.services[scopes]}"}

    def headers(self, role: str | None, **more: str) -> dict[str, str]:
        if role is None:
            return more
        principal = (
            new_guest(1, None)
            if role == G
            else Principal(kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name="T")
        )
        return {"Authorization": f"Bearer {self.ctx.get(Tokens).issue(principal, 60)}", **more}

    async def ask(
        self, method: str, path: str, role: str | None = None, key: str | None = "k", **more: Any
    ) -> httpx.Response:
        given = more.pop("headers", {})
        who = await self.service() if role == S else self.headers(role)
        headers = who | ({"Idempotency-Key": key} if key else {}) | given
        return await self.client.request(method, path, headers=headers, **more)


@pytest.fixture
async def running(database_url: str, settings: Settings, redis_url: str) -> AsyncIterator[Running]:
    async with app.platform(settings, database_url, redis_url) as platform:
        transport = httpx.ASGITransport(app=platform.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.url) as client:
            yield Running(platform.ctx, client)


def routes_of(application: Litestar) -> set[tuple[str, str]]:
    found = set()
    for route in application.routes:
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                if not route.path.startswith("/schema"):
                    found.add((str(method), route.path))
    return found


def all_routes(settings: Settings) -> Litestar:
    ctx = Context(settings, None)  # type: ignore[arg-type]
    ctx.register(Tokens("x" * 32))
    return http.application(ctx, [*app.routes_of(app.ROOMS), *hosting.build_routes("")], version="1")


def test_every_route_stands_in_the_matrix_and_nothing_else(settings: Settings) -> None:
    assert routes_of(all_routes(settings)) == set(MATRIX)


async def test_the_matrix_of_route_and_role(running: Running) -> None:
    wrong = []
    for (method, template), allowed in MATRIX.items():
        path = re.sub(r"\{\w+:uuid\}", str(uuid7()), template).replace("{station:str}", "tandoor")
        path = path.replace("{outlet_id:int}", "2")
        for role in (None, G, W, K, M, O, S):
            body: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
            answer = await running.ask(method, path, role, json=body)
            expected = "in" if role in allowed else "401" if role is None else "403"
            got = str(answer.status_code) if answer.status_code in (401, 403) else "in"
            if template.startswith("/api/staff/login") or template.endswith(("/refresh", "/razorpay", "/me")):
                got = "in" if got == "401" and role in allowed else got
            if got != expected or answer.status_code >= 500:
                wrong.append((method, template, role, answer.status_code, answer.text[:200]))
    assert wrong == []


def permissions_of(application: Litestar) -> dict[tuple[str, str], str]:
    """Which permission a route's guard asks for."""
    return {
        (method, route.path): guard.permission
        for route in application.routes
        for handler in getattr(route, "route_handlers", [])
        for guard in handler.resolve_guards()
        if isinstance(guard, Permit)
        for method in handler.http_methods - {"OPTIONS"}
    }


async def test_who_comes_in_follows_the_owners_table_at_every_route_that_asks_for_a_permission(
    running: Running, settings: Settings
) -> None:
    asked = permissions_of(all_routes(settings))
    in_use_cases = {"cancel_made", "void_begun"}
    assert set(asked.values()) | in_use_cases == set(PERMISSIONS)
    for version, allowed in enumerate((False, True)):
        rights = [
            {"role": role, "permission": each.name, "allowed": allowed}
            for each in PERMISSIONS.values()
            for role in each.open_to
        ]
        changed = await running.ask(
            "PUT", "/api/staff/rights", O, json={"version": version, "rights": rights}
        )
        assert changed.status_code == 200, changed.text
        wrong = []
        for (method, template), permission in asked.items():
            path = re.sub(r"\{\w+:uuid\}", str(uuid7()), template)
            for role in (W, K, M, O):
                body: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
                answer = await running.ask(method, path, role, json=body)
                open_to = PERMISSIONS[permission].open_to
                expected = "in" if role == O or (allowed and role in open_to) else "out"
                refused = answer.status_code == 403
                if refused and role in open_to:
                    assert answer.json()["type"] == "/problems/not-permitted", answer.text
                    assert answer.json()["permission"] == permission
                if ("out" if refused else "in") != expected or answer.status_code >= 500:
                    wrong.append((method, template, role, allowed, answer.status_code, answer.text[:200]))
        assert wrong == []


def liftable(application: Litestar) -> set[tuple[str, str]]:
    """The routes that one approval may open."""
    return {
        (method, route.path)
        for route in application.routes
        for handler in getattr(route, "route_handlers", [])
        for guard in handler.resolve_guards()
        if isinstance(guard, Permit) and guard.liftable
        for method in handler.http_methods - {"OPTIONS"}
    }


async def test_an_approval_opens_the_routes_that_take_one_and_no_other(
    running: Running, settings: Settings
) -> None:
    """Where nobody looks at it, the header alone would let everybody in."""
    application = all_routes(settings)
    asked, with_approval = permissions_of(application), liftable(application)
    opened = set()
    for at, permission in asked.items():
        if W in MATRIX[at] or W not in PERMISSIONS[permission].open_to:
            continue
        path = re.sub(r"\{\w+:uuid\}", str(uuid7()), at[1])
        body: dict[str, Any] | None = None if at[0] in ("GET", "DELETE") else {}
        answer = await running.ask(at[0], path, W, json=body, headers={"Manager-Approval": "x" * 43})
        if answer.status_code != 403 or answer.json()["type"] != "/problems/not-permitted":
            opened.add(at)
    assert opened == {at for at in with_approval if W not in MATRIX[at]} != set()


async def test_an_integration_reads_what_its_scopes_say_and_nothing_else(running: Running) -> None:
    places = {scope: "/api/" + scope.removesuffix(":read") for scope in get_args(Scope)}
    places |= {"stock:read": "/api/inventory/stock", "reports:read": "/api/reports/sales"}
    for scope in get_args(Scope):
        headers = await running.service(scope)
        opened = [
            each
            for each, path in places.items()
            if (await running.client.get(path, headers=headers)).status_code == 200
        ]
        assert opened == [scope]


@pytest.fixture
async def dish(running: Running) -> dict[str, Any]:
    menu = (await running.ask("GET", "/api/menu", W)).json()
    plain = (
        i for c in menu["categories"] for i in c["items"] if not any(g["min"] for g in i["modifier_groups"])
    )
    return next(plain)


def order_for(dish: dict[str, Any], **changes: Any) -> dict[str, Any]:
    line = {"variant_id": dish["variants"][0]["id"], "quantity": 1}
    return {"type": "takeaway", "lines": [line], "expected_total_paise": 1} | changes


async def test_bad_input_is_a_problem_with_a_reason_and_writes_nothing(
    running: Running, dish: dict[str, Any]
) -> None:
    line = order_for(dish)["lines"][0]
    cases: list[tuple[dict[str, Any], int]] = [
        ({"content": b"{not json"}, 400),
        ({"content": b"\xff\xfe"}, 400),
        ({"content": b""}, 422),
        ({"json": []}, 422),
        ({"json": "order"}, 422),
        ({"json": order_for(dish, type="delivery")}, 422),
        ({"json": order_for(dish, lines=[])}, 422),
        ({"json": order_for(dish, lines=[line] * 61)}, 422),
        ({"json": order_for(dish, lines=[line | {"quantity": 0}])}, 422),
        ({"json": order_for(dish, lines=[line | {"quantity": -1}])}, 422),
        ({"json": order_for(dish, lines=[line | {"quantity": 10**30}])}, 422),
        ({"json": order_for(dish, lines=[line | {"quantity": 1.5}])}, 422),
        ({"json": order_for(dish, lines=[line | {"quantity": "1"}])}, 422),
        ({"json": order_for(dish, lines=[line | {"variant_id": str(uuid7())}])}, 422),
        ({"json": order_for(dish, lines=[line | {"variant_id": "x"}])}, 422),
        ({"json": order_for(dish, lines=[line | {"modifiers": [str(uuid7())]}])}, 422),
        ({"json": order_for(dish, lines=[line | {"note": "x" * 201}])}, 422),
        ({"json": order_for(dish, lines=[line | {"note": "nul \u0000 byte"}])}, 422),
        ({"json": order_for(dish, note="nul \u0000 byte")}, 422),
        ({"json": order_for(dish, expected_total_paise=-1)}, 422),
        ({"json": order_for(dish, surprise=True)}, 422),
        ({"json": order_for(dish, expected_total_paise=10**40)}, 422),
        ({"json": order_for(dish, bill_id=str(uuid7()))}, 409),
        ({"json": order_for(dish), "content_type": "text/plain"}, 415),
        ({"content": b'{"type":"' + b"x" * 300_000 + b'"}'}, 413),
    ]
    for given, status in cases:
        given = dict(given)
        headers = {"Content-Type": given.pop("content_type", "application/json")}
        answer = await running.ask("POST", "/api/orders", G, headers=headers, **given)
        assert answer.headers["content-type"] == "application/problem+json", (given, answer.text)
        problem = answer.json()
        assert answer.status_code == status, (str(given)[:200], problem)
        assert problem["type"].startswith("/problems/") and problem["detail"] and problem["status"] == status
        assert "Traceback" not in answer.text
    assert await running.ctx.db.fetchval("SELECT count(*) FROM orders.bill") == 0
    assert await running.ctx.db.fetchval("SELECT count(*) FROM orders.idempotency") == 0


async def test_other_faults_of_a_caller(running: Running, dish: dict[str, Any]) -> None:
    expectations = [
        (await running.ask("POST", "/api/orders", G, key=None, json=order_for(dish)), 400, "bad-request"),
        (
            await running.ask("POST", "/api/orders", G, key="x" * 201, json=order_for(dish)),
            400,
            "bad-request",
        ),
        (await running.ask("POST", "/api/orders", json=order_for(dish)), 401, "unauthenticated"),
        (
            await running.ask("GET", "/api/orders", headers={"Authorization": "Bearer forged"}),
            401,
            "unauthenticated",
        ),
        (
            await running.ask("GET", "/api/orders", headers={"Authorization": "Basic eA=="}),
            401,
            "unauthenticated",
        ),
        (await running.ask("DELETE", "/api/orders", G), 405, "method-not-allowed"),
        (await running.ask("GET", "/api/nothing", G), 404, "not-found"),
        (await running.ask("GET", "/api/orders/not-a-uuid", G), 404, "not-found"),
        (await running.ask("GET", f"/api/orders/{uuid7()}", G), 404, "unknown-order"),
        (await running.ask("GET", "/api/orders?limit=0", W), 422, "invalid"),
        (await running.ask("GET", "/api/orders?limit=1000000", W), 422, "invalid"),
        (await running.ask("GET", "/api/orders?status=eaten", W), 422, "invalid"),
        (await running.ask("GET", "/api/orders?q=99999999999999999999", W), 422, "invalid"),
        (await running.ask("GET", "/api/orders?business_day=2026-13-45", W), 422, "invalid"),
        (
            await running.ask("POST", "/api/sessions", json={"table_code": "guessed-code"}),
            404,
            "unknown-table-code",
        ),
        (await running.ask("POST", "/api/sessions", json={"table_code": 7}), 422, "invalid"),
        (await running.ask("GET", "/api/kitchen/boards/no%00such", K), 422, "invalid"),
    ]
    for answer, status, slug in expectations:
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text


async def test_a_person_of_another_outlet_sees_nothing_of_this_one(
    running: Running, dish: dict[str, Any]
) -> None:
    quote = (
        await running.ask(
            "POST",
            "/api/orders/quote",
            W,
            json={k: v for k, v in order_for(dish).items() if k != "expected_total_paise"},
        )
    ).json()
    placed = await running.ask(
        "POST", "/api/orders", W, json=order_for(dish, expected_total_paise=quote["totals"]["total_paise"])
    )
    assert placed.status_code == 201, placed.text
    order = placed.json()
    stranger = Principal(kind="staff", id=uuid7(), outlet_id=2, role="owner", session_id=uuid7(), name="S")
    headers = {"Authorization": f"Bearer {running.ctx.get(Tokens).issue(stranger, 60)}"}
    for method, path in (
        ("GET", f"/api/orders/{order['id']}"),
        ("POST", f"/api/orders/{order['id']}/cancel"),
        ("POST", f"/api/orders/{order['id']}/approve"),
        ("GET", f"/api/bills/{order['bill_id']}"),
        ("PUT", f"/api/menu/items/{dish['id']}/availability"),
        ("PATCH", f"/api/menu/items/{dish['id']}"),
    ):
        body = (
            None
            if method == "GET"
            else {"available": False}
            if method == "PUT"
            else {"name": "Mine"}
            if method == "PATCH"
            else {}
        )
        answer = await running.ask(method, path, headers=headers, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await running.ask("GET", "/api/orders", headers=headers)).json()["items"] == []


async def test_from_order_to_screen_and_back(running: Running, dish: dict[str, Any]) -> None:
    """The walking skeleton: placed over HTTP, on the board, bumped there, seen by the guest."""
    guest = running.headers(G)
    asked = {k: v for k, v in order_for(dish).items() if k != "expected_total_paise"}
    quote = (await running.ask("POST", "/api/orders/quote", headers=guest, json=asked)).json()
    placed = await running.ask(
        "POST",
        "/api/orders",
        headers=guest,
        json=order_for(dish, expected_total_paise=quote["totals"]["total_paise"]),
    )
    order = placed.json()
    assert order["status"] == "awaiting_payment" and order["token"] == f"T{order['number']}"
    cash = {
        "order_id": order["id"],
        "amount_paise": quote["bill"]["payable_paise"],
        "tendered_paise": 1_000_00,
    }
    paid = await running.ask("POST", "/api/payments/confirm-cash", W, json=cash)
    assert paid.status_code == 201, paid.text
    ticket = await eventually(lambda: board(running, dish["station"]))
    await act(running, "bump", ticket)
    ready = await eventually(lambda: order_if(running, guest, order["id"], "ready"))
    assert [p["state"] for p in ready["progress"]] == ["ready"]
    await act(running, "serve", ticket)
    done = await eventually(lambda: order_if(running, guest, order["id"], "completed"))
    assert done["payment_status"] == "paid"


async def board(running: Running, station: str) -> Any:
    tickets = (await running.ask("GET", f"/api/kitchen/boards/{station}", K)).json()["tickets"]
    return tickets[0] if tickets else None


async def act(running: Running, action: str, ticket: dict[str, Any]) -> None:
    body = {"actions": [{"action_id": str(uuid7()), "action": action, "ticket_id": ticket["id"]}]}
    result = (await running.ask("POST", "/api/kitchen/actions", K, json=body)).json()["results"][0]
    assert result["applied"], result


async def order_if(running: Running, headers: dict[str, str], order_id: str, status: str) -> Any:
    order = (await running.ask("GET", f"/api/orders/{order_id}", headers=headers)).json()
    return order if order["status"] == status else None


async def eventually(look: Any, seconds: float = 5) -> Any:
    """What `look` finds, within some seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, "it did not come"
        await asyncio.sleep(0.01)
    return found


async def test_it_says_how_it_is(running: Running) -> None:
    ready = (await running.ask("GET", "/health/ready")).json()
    assert ready == {"status": "ok", "checks": {"postgresql": "ok", "redis": "ok"}}
    assert "rasoi_http_requests_total" in (await running.ask("GET", "/metrics")).text
    page = await running.ask("GET", "/schema")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    described = (await running.ask("GET", "/schema/openapi.json")).json()
    assert described == json.loads(CONTRACT.read_bytes()), "the whole contract, and nothing less"
    assert described["paths"]["/api/orders/{order_id}"]["get"]["security"]
    events = (await running.ask("GET", "/api/asyncapi.json")).json()
    assert "rasoi.order.placed.v1" in events["components"]["messages"]


async def test_every_answer_has_a_request_id_and_events_carry_it(
    running: Running, dish: dict[str, Any]
) -> None:
    answer = await running.ask("GET", "/api/build", headers={"X-Request-ID": "from-the-caller"})
    assert answer.headers["x-request-id"] == "from-the-caller"
    assert UUID(
        (await running.ask("GET", "/api/build", headers={"X-Request-ID": "no good\x7f"})).headers[
            "x-request-id"
        ]
    )
    headers = running.headers(W, **{"X-Request-ID": "dinner-1"})
    asked = {k: v for k, v in order_for(dish).items() if k != "expected_total_paise"}
    total = (await running.ask("POST", "/api/orders/quote", W, json=asked)).json()["totals"]["total_paise"]
    table = (await running.ask("GET", "/api/tables", W)).json()["items"][0]
    body = order_for(dish, expected_total_paise=total, type="dine_in", table_id=table["id"])
    placed = await running.ask("POST", "/api/orders", headers=headers, json=body)
    assert placed.status_code == 201, placed.text
    await eventually(lambda: board(running, dish["station"]))
    for log in ("orders", "kitchen"):
        ids = await running.ctx.db.fetch(
            f"SELECT DISTINCT correlation_id FROM {log}.outbox WHERE type LIKE '%placed%' OR type LIKE '%opened%'"
        )
        assert [row["correlation_id"] for row in ids] == ["dinner-1"], log


def test_a_generated_description_is_whole(settings: Settings) -> None:
    document = msgspec.json.decode(app.openapi(settings))
    described = {(m.upper(), p) for p, methods in document["paths"].items() for m in methods}
    expected = {(m, re.sub(r":\w+\}", "}", p)) for m, p in MATRIX if p != "/metrics"}
    assert described == expected


async def test_what_the_matrix_is_answered_is_documented(running: Running, settings: Settings) -> None:
    """Each call with a fitting body, an empty one, none, no JSON, another media type, a foreign page and too much: the
    status, the media type and the type of the problem stand in the document."""
    document, untold = msgspec.json.decode(app.openapi(settings)), set()
    ways: list[dict[str, Any]] = [
        {"json": {}},
        {"json": {"surprise": 1}},
        {},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"x", "headers": {"Content-Type": "text/plain"}},
        {"json": {}, "headers": {"Origin": "https://elsewhere.example"}},
        {"json": {}, "key": None},
        {"content": b'{"a":"' + b"x" * 300_000 + b'"}', "headers": {"Content-Type": "application/json"}},
    ]
    for method, template in MATRIX:
        if template == "/metrics":
            continue
        told = document["paths"][re.sub(r":\w+\}", "}", template)][method.lower()]["responses"]
        path = re.sub(r"\{\w+:uuid\}", str(uuid7()), template).replace("{station:str}", "tandoor")
        path = path.replace("{outlet_id:int}", "1")
        for role in (None, G, W, K, M, O, S):
            for way in ways if method != "GET" else ({}, {"headers": {"Authorization": "Bearer x"}}):
                answer = await running.ask(method, path, role, **way)
                kind = answer.headers.get("content-type", "").partition(";")[0]
                named = answer.json().get("type") if kind == "application/problem+json" else None
                if not _is_told(told, answer.status_code, kind, named):
                    untold.add((method, template, answer.status_code, kind, named))
    assert untold == set()


def _is_told(told: dict[str, Any], status: int, kind: str, named: str | None) -> bool:
    content = told.get(str(status), {}).get("content", {})
    if named is None:
        return str(status) in told and (kind in content or not (content or kind))
    types = content.get(kind, {}).get("schema", {}).get("allOf", [{}, {}])[1].get("properties", {})
    return named in types.get("type", {}).get("enum", ())
