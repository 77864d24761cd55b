"""What somebody whom nobody knows can cost the house: food, tickets, portions, sessions and calls to the provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi import app
from rasoi.platform.auth import Principal, Tokens
from rasoi.settings import Settings

HOME, CAFE = "203.0.113.7", "198.51.100.9"
Json = dict[str, Any]


@dataclass
class Open:
    """A platform on the open internet, without Redis, and who comes to it from where."""

    platform: Any
    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, who: str | None, method: str, path: str, address: str = HOME, body: Any = None
    ) -> Any:
        transport = httpx.ASGITransport(app=self.platform.asgi, client=(address, 4000))
        headers = {"Idempotency-Key": str(uuid7())}
        if who is not None:
            headers["Authorization"] = f"Bearer {who}"
        async with httpx.AsyncClient(transport=transport, base_url=self.url) as client:
            return await client.request(method, path, headers=headers, json=body)

    def staff(self, role: str) -> str:
        who = Principal(kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name="Ravi")
        return self.platform.ctx.get(Tokens).issue(who, 600)  # type: ignore[no-any-return]

    async def sit(self, table: int | None = None, address: str = HOME) -> httpx.Response:
        body: Json = {}
        if table is not None:
            codes = (await self.ask(self.staff("owner"), "GET", "/api/tables/codes")).json()
            body["table_code"] = parse_qs(urlsplit(codes[table]["url"]).query)["table"][0]
        return await self.ask(None, "POST", "/api/sessions", address, body)  # type: ignore[no-any-return]

    async def guest(self, table: int | None = None, address: str = HOME) -> str:
        return str((await self.sit(table, address)).json()["token"])

    async def limit(self, **limits: int) -> None:
        answer = await self.ask(
            self.staff("owner"), "PATCH", "/api/staff/outlet", body={"guest_limits": limits}
        )
        assert answer.status_code == 200, answer.text

    async def dishes(self) -> list[Json]:
        menu = (await self.ask(self.staff("waiter"), "GET", "/api/menu")).json()
        items = [item for category in menu["categories"] for item in category["items"] if item["available"]]
        return [item for item in items if not any(group["min"] for group in item["modifier_groups"])]

    async def order(self, who: str, lines: list[Json], address: str = HOME, **more: Any) -> httpx.Response:
        kind = more.pop("type", "takeaway")
        quote = await self.ask(
            self.staff("waiter"), "POST", "/api/orders/quote", address, {"type": kind, "lines": lines}
        )
        paise = quote.json()["totals"]["total_paise"]
        body = {"type": kind, "lines": lines, "expected_total_paise": paise} | more
        return await self.ask(who, "POST", "/api/orders", address, body)  # type: ignore[no-any-return]

    async def tickets(self) -> int:
        sql = "SELECT count(*) FROM orders.orders WHERE status = 'confirmed'"
        return int(await self.platform.ctx.db.fetchval(sql))


@pytest.fixture
async def world(database_url: str, settings: Settings) -> AsyncIterator[Open]:
    async with app.platform(settings, database_url, None) as platform:
        opened = Open(platform, settings.url)
        await opened.limit()  # the demo's are wider
        yield opened


def one(dish: Json, quantity: int = 1) -> Json:
    return {"variant_id": dish["variants"][0]["id"], "quantity": quantity}


async def test_a_huge_order_is_made_by_nobody_before_a_waiter_has_seen_it(world: Open) -> None:
    everything = [one(dish, 99) for dish in (await uncounted(world))[:60]]
    who = await world.guest(table=0)
    quote = await world.ask(who, "POST", "/api/orders/quote", body={"type": "dine_in", "lines": everything})
    assert quote.json()["waiter_confirms"] is True
    placed = (await world.order(who, everything, type="dine_in")).json()
    assert placed["totals"]["total_paise"] > 2_00_000_00 and placed["status"] == "placed"
    assert await world.tickets() == 0
    away = await world.order(await world.guest(), everything)
    assert (away.status_code, away.json()["type"]) == (422, "/problems/too-much")


async def counted(world: Open) -> set[str]:
    sql = "SELECT DISTINCT item_id FROM inventory.recipe WHERE outlet_id = 1 AND kind = 'counted' AND item_id IS NOT NULL"
    return {str(row["item_id"]) for row in await world.platform.ctx.db.fetch(sql)}


async def uncounted(world: Open) -> list[Json]:
    scarce = await counted(world)
    return [dish for dish in await world.dishes() if dish["id"] not in scarce]


async def test_hundreds_of_orders_of_one_phone_are_a_few_tickets(world: Open) -> None:
    dish = (await uncounted(world))[0]
    who = await world.guest(table=0)
    said = [(await world.order(who, [one(dish)], type="dine_in")) for _ in range(40)]
    states = Counter(answer.json().get("status", 0) for answer in said)
    assert states == {"confirmed": 12, "placed": 12, 409: 16}
    assert await world.tickets() == 12


async def test_hundreds_of_phones_of_one_address_are_no_more(world: Open) -> None:
    dish = (await uncounted(world))[0]
    await world.limit(address_orders=12)
    said = [(await world.order(await world.guest(), [one(dish)])).status_code for _ in range(30)]
    assert Counter(said) == {201: 12, 409: 18}
    assert (await world.order(await world.guest(address=CAFE), [one(dish)], CAFE)).status_code == 201


async def test_a_dish_is_not_sold_out_by_those_who_do_not_pay(world: Open) -> None:
    scarce = await counted(world)
    dish = next(dish for dish in await world.dishes() if dish["id"] in scarce)
    attacks = [await world.order(await world.guest(), [one(dish, 8)]) for _ in range(20)]
    held = sum(8 for answer in attacks if answer.status_code == 201)
    assert held <= 40
    await world.platform.ctx.db.execute(
        "UPDATE inventory.stock SET on_hand_milli = reserved_milli WHERE reserved_milli > 0"
    )
    tables = (await world.ask(world.staff("waiter"), "GET", "/api/tables")).json()["items"]
    served = await world.order(world.staff("waiter"), [one(dish)], type="dine_in", table_id=tables[1]["id"])
    assert (served.status_code, served.json().get("status")) == (201, "confirmed")


async def test_sessions_are_made_sparingly_and_without_redis(world: Open) -> None:
    await world.limit(address_phones=20, table_phones=5)
    at_table = [(await world.sit(table=0)).status_code for _ in range(8)]
    assert Counter(at_table) == {201: 5, 409: 3}
    said = [(await world.sit()).status_code for _ in range(40)]
    assert Counter(said) == {201: 12, 429: 28}
    assert (await world.sit(address=CAFE)).status_code == 201
    guessed = await world.ask(None, "POST", "/api/sessions", HOME, {"table_code": "guessed-code"})
    assert guessed.status_code == 429


async def test_the_provider_is_asked_little_for_one_phone(world: Open) -> None:
    who, other = await world.guest(), await world.guest()
    body = {"bill_id": str(uuid7())}
    said = [
        (await world.ask(who, "POST", "/api/payments/checkout", body=body)).status_code for _ in range(40)
    ]
    assert Counter(said) == {404: 30, 429: 10}
    look = f"/api/payments/{uuid7()}/look"
    assert (await world.ask(who, "POST", look)).status_code == 429
    assert (await world.ask(other, "POST", look)).status_code == 404
    assert (await world.ask(world.staff("waiter"), "POST", look)).status_code == 404
