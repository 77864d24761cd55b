"""The menu over HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.menu.routes import router
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from tests.menu.conftest import item, staff_member
from tests.support import asgi_transport


@pytest.fixture
async def client(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    ctx.register(Tokens(ctx.settings.secret_key))
    transport = asgi_transport(http.application(ctx, [router], version="0"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def bearer(ctx: Context, role: str) -> dict[str, str]:
    who = staff_member(role)
    if role == "guest":
        who = Principal(kind="guest", id=uuid7(), outlet_id=1, role="guest", session_id=uuid7())
    return {"Authorization": f"Bearer {ctx.get(Tokens).issue(who, 60)}"}


async def test_menu_is_read_with_etag_and_gzip(client: httpx.AsyncClient, ctx: Context) -> None:
    guest = bearer(ctx, "guest")
    answer = await client.get("/api/menu", headers=guest | {"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    menu = answer.json()
    assert [found["name"] for found in menu["categories"][0]["items"]] == ["Naan", "Roti"]
    naan = menu["categories"][0]["items"][0]
    assert naan["tax_rate_bp"] == 500
    assert [variant["price_paise"] for variant in naan["variants"]] == [5500, 7505]
    assert naan["modifier_groups"][0]["min"] == 1
    again = await client.get("/api/menu", headers=guest | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    zipped = await client.get("/api/menu", headers=guest | {"Accept-Encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.json() == menu
    assert len(gzip.compress(zipped.content)) < len(zipped.content)


async def test_86_is_seen_at_once(client: httpx.AsyncClient, ctx: Context) -> None:
    guest, naan = bearer(ctx, "guest"), await item(ctx.db, "Naan")
    before = await client.get("/api/menu", headers=guest)
    path = f"/api/menu/items/{naan}/availability"
    assert (
        await client.put(path, json={"available": False}, headers=bearer(ctx, "kitchen"))
    ).status_code == 200
    after = await client.get("/api/menu", headers=guest | {"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert [found["available"] for found in after.json()["categories"][0]["items"]] == [False, True]


async def test_a_manager_edits(client: httpx.AsyncClient, ctx: Context) -> None:
    manager, guest = bearer(ctx, "manager"), bearer(ctx, "guest")
    category = (await client.post("/api/menu/categories", json={"name": "Sweets"}, headers=manager)).json()[
        "id"
    ]
    new = {
        "category_id": category,
        "name": "Jalebi",
        "diet": "veg",
        "station": "tandoor",
        "tax_code": "food",
        "variants": [{"price_paise": 9000}],
        "allergens": ["gluten"],
    }
    created = await client.post("/api/menu/items", json=new, headers=manager)
    assert created.status_code == 201
    jalebi = created.json()["id"]
    assert (await client.post("/api/menu/items", json=new, headers=manager)).status_code == 409
    assert (
        await client.patch(f"/api/menu/items/{jalebi}", json={"name": "Hot Jalebi"}, headers=manager)
    ).status_code == 200
    menu = (await client.get("/api/menu", headers=guest)).json()
    found = menu["categories"][1]["items"][0]
    assert (found["name"], found["code"]) == ("Hot Jalebi", "jalebi")
    variant = found["variants"][0]["id"]
    priced = await client.patch(f"/api/menu/variants/{variant}", json={"price_paise": 9900}, headers=manager)
    assert priced.json()["price_paise"] == 9900
    assert (await client.get("/api/menu", headers=guest)).json()["version"] == menu["version"] + 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/api/menu/items/{id}", {}, 422),
        ("PATCH", "/api/menu/items/{id}", {"name": "  "}, 422),
        ("PATCH", "/api/menu/items/{id}", {"station": "bar"}, 422),
        ("PATCH", "/api/menu/items/{id}", {"diet": "fruit"}, 422),
        ("PATCH", "/api/menu/items/{id}", {"price": 1}, 422),
        ("PATCH", "/api/menu/items/{id}", {"description": "x"}, 404),
        ("PATCH", "/api/menu/variants/{id}", {"price_paise": -1}, 422),
        ("PATCH", "/api/menu/variants/{id}", {"price_paise": 10**12}, 422),
        ("PATCH", "/api/menu/variants/{id}", {"price_paise": 1}, 404),
        ("PUT", "/api/menu/items/{id}/availability", {"available": "maybe"}, 422),
        ("PUT", "/api/menu/items/{id}/availability", {"available": True}, 404),
        ("PUT", "/api/menu/items/naan/availability", {"available": True}, 404),
        ("POST", "/api/menu/categories", {"name": "मिठाई"}, 422),
    ],
)
async def test_bad_input(
    client: httpx.AsyncClient, ctx: Context, method: str, path: str, body: Any, status: int
) -> None:
    answer = await client.request(
        method, path.format(id=uuid4()), content=msgspec.json.encode(body), headers=bearer(ctx, "owner")
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("role", ["guest", "waiter", "kitchen"])
async def test_only_managers_edit(client: httpx.AsyncClient, ctx: Context, role: str) -> None:
    answer = await client.patch(
        f"/api/menu/variants/{uuid4()}", json={"price_paise": 1}, headers=bearer(ctx, role)
    )
    assert answer.status_code == 403
    answer = await client.get("/api/menu")
    assert answer.status_code == 401
