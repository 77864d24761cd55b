"""Orders as they stand at the pass, placed and moved by the API."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests.e2e.browser import House, Json

BOTH = {"lachha_paratha": 2, "tomato_shorba": 1}  # tandoor and chinese


async def tickets(house: House, order: Json) -> dict[str, Json]:
    """What the pass has of an order, by station."""
    async with asyncio.timeout(10):
        while True:
            view = await house.get("/api/kitchen/pass", who="cook")
            found = {each["station"]: each for each in view["tickets"] if each["order_id"] == order["id"]}
            if found:
                return found
            await asyncio.sleep(0.1)


async def bump_all(house: House, order: Json) -> None:
    await house.act("bump", *(each["id"] for each in (await tickets(house, order)).values()))


async def status_is(house: House, order: Json, status: str) -> None:
    async with asyncio.timeout(10):
        while (await house.get(f"/api/orders/{order['id']}"))["status"] != status:
            await asyncio.sleep(0.1)


async def takeaway(house: House, **portions: int) -> Json:
    variants = {house.item(code.replace("_", "-"))["variants"][0]["id"]: n for code, n in portions.items()}
    lines = [{"variant_id": id, "quantity": n, "modifiers": []} for id, n in variants.items()]
    asked = {"type": "takeaway", "lines": lines}
    quote = await house.post("/api/orders/quote", asked)
    placed = asked | {"expected_total_paise": quote["totals"]["total_paise"]}
    order: Json = await house.post("/api/orders", placed)
    if order["status"] == "awaiting_payment":
        due = quote["bill"]["payable_paise"]
        cash = {"order_id": order["id"], "amount_paise": due, "tendered_paise": due}
        await house.post("/api/payments/confirm-cash", cash)
    return order


async def act_on(house: House, action: str, order: Json, who: str = "cook", **more: Any) -> Json:
    asked = {"action_id": str(uuid4()), "action": action, "order_id": order["id"], **more}
    [result] = (await house.post("/api/kitchen/actions", {"actions": [asked]}, who=who))["results"]
    return dict(result)


async def held_order(house: House) -> Json:
    """Two courses, the second on hold."""
    first, second = (house.item(code)["variants"][0]["id"] for code in ("missi-roti", "tomato-shorba"))
    lines = [
        {"variant_id": first, "quantity": 1, "modifiers": [], "course": 1},
        {"variant_id": second, "quantity": 1, "modifiers": [], "course": 2},
    ]
    asked = {"type": "dine_in", "lines": lines}
    total = (await house.post("/api/orders/quote", asked))["totals"]["total_paise"]
    at = next(each for each in (await house.get("/api/tables"))["items"] if each["name"] == "Table 10")
    placed = {**asked, "table_id": at["id"], "expected_total_paise": total, "held_courses": [2]}
    return dict(await house.post("/api/orders", placed))


async def a_guests_order(house: House, table: str) -> Json:
    """By a guest's phone at the table, under the token `guest` of the house."""
    code = house.links[table].split("table=")[1]
    session = await house.post("/api/sessions", {"table_code": code}, who=None)
    house.tokens["guest"] = session["token"]
    variants = {house.item(code.replace("_", "-"))["variants"][0]["id"]: n for code, n in BOTH.items()}
    lines = [{"variant_id": id, "quantity": n, "modifiers": []} for id, n in variants.items()]
    asked = {"type": "dine_in", "lines": lines}
    total = (await house.post("/api/orders/quote", asked, who="guest"))["totals"]["total_paise"]
    order = await house.post("/api/orders", asked | {"expected_total_paise": total}, who="guest")
    if order["status"] == "placed":
        await house.post(f"/api/orders/{order['id']}/approve", {})
    return dict(order)
