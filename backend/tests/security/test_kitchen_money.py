"""The kitchen's role reads no amount on any route that it may call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.security.test_cost import Open, one, uncounted, world  # noqa: F401 - world is a fixture
from tests.test_app import MATRIX, K

LEFT_OUT = ("/api/asyncapi.json", "/api/staff/logout")  # no data; and the end of the cook's session


def amounts(value: Any, path: str = "") -> Iterator[str]:
    """The places of all amounts in an answer."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name.endswith("paise"):
                yield f"{path}.{name}"
            yield from amounts(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from amounts(each, path)


async def test_no_route_tells_the_kitchen_an_amount(world: Open) -> None:  # noqa: F811 - the fixture
    dish = (await uncounted(world))[0]
    table = (await world.ask(world.staff("waiter"), "GET", "/api/tables")).json()["items"][0]
    placed = await world.order(world.staff("waiter"), [one(dish)], type="dine_in", table_id=table["id"])
    order = placed.json()
    stock = (await world.ask(world.staff("owner"), "GET", "/api/inventory/stock")).json()
    known = {
        "order_id": order["id"],
        "bill_id": order["bill_id"],
        "item_id": dish["id"],
        "stock_id": (stock["items"] if isinstance(stock, dict) else stock)[0]["id"],
        "station": dish.get("station", "tandoor"),
    }
    told, priced, answered = {}, set(), set()
    cook, owner = world.staff(K), world.staff("owner")
    for (method, template), allowed in MATRIX.items():
        if K not in allowed or not template.startswith("/api/") or template in LEFT_OUT:
            continue
        path = template
        for name, value in known.items():
            path = path.replace(f"{{{name}:uuid}}", str(value)).replace(f"{{{name}:str}}", str(value))
        if "{" in path:
            path = path.replace("{modifier_id:uuid}", order["id"]).replace("{message_id:uuid}", order["id"])
        body = None if method == "GET" else {"available": True} if method == "PUT" else {}
        answer = await world.ask(cook, method, path, body=body)
        if answer.headers.get("content-type", "").endswith("json"):
            if answer.status_code < 300:
                answered.add(template)
            if found := sorted(set(amounts(answer.json()))):
                told[method, template] = found
        if method == "GET" and None not in allowed:
            other = await world.ask(owner, method, path)
            if list(amounts(other.json())):
                priced.add(template)
    assert told == {}
    assert priced <= answered
    assert {
        "/api/orders",
        "/api/orders/{order_id:uuid}",
        "/api/bills",
        "/api/bills/{bill_id:uuid}",
        "/api/tables",
    } <= priced
