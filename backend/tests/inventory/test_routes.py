"""Stock over HTTP: receipts, waste, counts, and what they tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi.inventory.routes import router
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from tests.inventory.conftest import LAMB, ONION, RAAN, RAAN_ITEM, Store
from tests.support import asgi_transport


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    store.ctx.register(Tokens(store.ctx.settings.secret_key))
    transport = asgi_transport(http.application(store.ctx, [router], version="0"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def bearer(store: Store, role: str = "manager", outlet_id: int = 1) -> dict[str, str]:
    kind = "guest" if role == "guest" else "staff"
    who = Principal(
        kind=kind, id=UUID(int=7), outlet_id=outlet_id, role=role, session_id=uuid7(), name="Asha"
    )
    return {"Authorization": f"Bearer {store.ctx.get(Tokens).issue(who, 60)}"}


async def book(
    client: httpx.AsyncClient, store: Store, kind: str, quantity: Any, *, key: str = "", **more: Any
) -> httpx.Response:
    body = {"stock_id": str(more.pop("stock", LAMB)), "quantity_milli": quantity, **more}
    headers = bearer(store) | {"Idempotency-Key": key or str(uuid4())}
    return await client.post(f"/api/inventory/{kind}", json=body, headers=headers)


async def test_receipt_waste_count(client: httpx.AsyncClient, store: Store) -> None:
    received = await book(client, store, "receipts", 3000, reason="morning delivery")
    assert (received.status_code, received.json()["on_hand_milli"]) == (201, 8000)
    assert (await book(client, store, "waste", 1000, reason="dropped")).json()["on_hand_milli"] == 7000
    assert (await book(client, store, "counts", 1500)).json()["available_milli"] == 1500
    assert (await book(client, store, "counts", 1500)).json()["available_milli"] == 1500
    ledger = (await client.get(f"/api/inventory/stock/{LAMB}/movements", headers=bearer(store))).json()[
        "items"
    ]
    assert [(row["kind"], row["quantity_milli"]) for row in ledger] == [
        ("count", 0),
        ("count", -5500),
        ("waste", -1000),
        ("receipt", 3000),
        ("count", 5000),
    ]
    assert (ledger[3]["reason"], ledger[3]["actor_name"]) == ("morning delivery", "Asha")
    assert await store.kinds() == ["depleted"]
    await store.check()


async def test_a_key_books_once(client: httpx.AsyncClient, store: Store) -> None:
    first = await book(client, store, "receipts", 3000, key="k")
    second = await book(client, store, "receipts", 3000, key="k")
    assert first.content == second.content
    assert (await book(client, store, "receipts", 4000, key="k")).status_code == 422
    assert await store.level(LAMB) == (8000, 0)
    whole = {"stock_id": str(LAMB), "quantity_milli": 1000}
    bare = await client.post("/api/inventory/receipts", json=whole, headers=bearer(store))
    assert bare.status_code == 400


async def test_a_true_count_below_what_is_promised_names_the_orders_at_risk(
    client: httpx.AsyncClient, store: Store
) -> None:
    orders = [uuid7() for _ in range(5)]
    for order in orders:
        await store.reserve(order, (RAAN, 1))
    await store.db.execute("DELETE FROM inventory.outbox")
    await store.db.execute("UPDATE inventory.stock SET version = 0")
    after = (await book(client, store, "counts", 3000)).json()
    assert (after["on_hand_milli"], after["reserved_milli"], after["available_milli"]) == (3000, 5000, -2000)
    ((kind, _, data),) = await store.log()
    assert (kind, sorted(data["order_ids"])) == ("shortage", sorted(map(str, orders[3:])))
    assert await store.reserve(uuid7(), (RAAN, 1)) == [{"source_id": str(RAAN), "available": 0}]
    assert (await book(client, store, "receipts", 5000)).json()["available_milli"] == 3000
    assert str(RAAN_ITEM) in (await store.log())[-1][2]["affected_item_ids"]
    await store.check()


async def test_waste_beyond_what_is_there(client: httpx.AsyncClient, store: Store) -> None:
    refused = await book(client, store, "waste", 6000)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/more-than-on-hand")
    assert "Only 5 on hand" in refused.json()["detail"]
    assert (await book(client, store, "waste", 6000, stock=ONION)).json()["on_hand_milli"] == -5000
    await store.check()


async def test_lists(client: httpx.AsyncClient, store: Store) -> None:
    first = (await client.get("/api/inventory/stock?limit=2", headers=bearer(store, "kitchen"))).json()
    rest = (
        await client.get(f"/api/inventory/stock?limit=2&cursor={first['next']}", headers=bearer(store))
    ).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == ["Cola", "Leg of lamb", "Onion"]
    assert rest["next"] is None
    await store.reserve(uuid7(), (RAAN, 4))
    low = (await client.get("/api/inventory/stock?low=true", headers=bearer(store, "waiter"))).json()["items"]
    assert [(row["code"], row["low"], row["available_milli"]) for row in low] == [("lamb", True, 1000)]


@pytest.mark.parametrize("quantity", [-1, 0, 10**13, 1.5, "many", None])
async def test_bad_quantities(client: httpx.AsyncClient, store: Store, quantity: Any) -> None:
    answer = await book(client, store, "receipts", quantity)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid"


async def test_who_may(client: httpx.AsyncClient, store: Store) -> None:
    body = {"stock_id": str(LAMB), "quantity_milli": 1}
    for role in ("guest", "waiter", "kitchen"):
        headers = bearer(store, role) | {"Idempotency-Key": "x"}
        for kind in ("receipts", "waste", "counts"):
            assert (
                await client.post(f"/api/inventory/{kind}", json=body, headers=headers)
            ).status_code == 403
    assert (await client.get("/api/inventory/stock", headers=bearer(store, "guest"))).status_code == 403
    other = bearer(store, "owner", outlet_id=2) | {"Idempotency-Key": "x"}
    assert (await client.post("/api/inventory/receipts", json=body, headers=other)).status_code == 404
    assert (await client.get(f"/api/inventory/stock/{LAMB}/movements", headers=other)).status_code == 404


async def test_the_ledger_is_append_only(store: Store) -> None:
    for change in ("UPDATE inventory.movement SET quantity_milli = 1", "DELETE FROM inventory.movement"):
        with pytest.raises(asyncpg.RaiseError):
            await store.db.execute(change)
