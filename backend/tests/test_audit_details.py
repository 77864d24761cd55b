"""An entry of the audit log says by itself what was done to what: its id is for programs, not for who reads."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests import test_app
from tests.test_app import M, O, Running, W, order_for

running, dish = test_app.running, test_app.dish


async def logged(
    running: Running, method: str, path: str, role: str, body: Any
) -> tuple[str, dict[str, Any]]:
    """What the log says of an act that was let through."""
    answer = await running.ask(method, path, role, key=str(uuid4()), json=body)
    assert answer.status_code < 300, answer.text
    newest = (await running.ask("GET", "/api/staff/audit?limit=1", O)).json()["items"][0]
    return newest["action"], newest["detail"]


async def test_dishes_choices_and_stock_by_name(running: Running, dish: dict[str, Any]) -> None:
    name, item = dish["name"], f"/api/menu/items/{dish['id']}"
    assert await logged(running, "PUT", f"{item}/availability", M, {"available": False}) == (
        "menu.availability", {"dish": name, "available": False, "reason": None},
    )  # fmt: skip
    assert await logged(running, "PATCH", item, M, {"name": "Another"}) == (
        "menu.item", {"dish": name, "name": "Another"},
    )  # fmt: skip
    variant = dish["variants"][0]
    action, detail = await logged(
        running,
        "PATCH",
        f"/api/menu/variants/{variant['id']}",
        M,
        {"price_paise": variant["price_paise"] + 100},
    )
    assert (action, detail["dish"], detail["portion"]) == ("menu.price", "Another", variant["name"])
    choice = await running.ctx.db.fetchrow("SELECT id, name FROM menu.modifier WHERE active LIMIT 1")
    path = f"/api/menu/modifiers/{choice['id']}/availability"
    assert await logged(running, "PUT", path, M, {"available": False}) == (
        "menu.availability", {"choice": choice["name"], "available": False, "reason": None},
    )  # fmt: skip
    stock = (await running.ask("GET", "/api/inventory/stock", M)).json()["items"][0]
    receipt = {"stock_id": stock["id"], "quantity_milli": 1000, "reason": "bought"}
    assert await logged(running, "POST", "/api/inventory/receipts", M, receipt) == (
        "inventory.receipt", {"stock": stock["name"], "quantity_milli": 1000, "reason": "bought"},
    )  # fmt: skip


async def test_orders_by_number(running: Running, dish: dict[str, Any]) -> None:
    await running.ctx.db.execute("UPDATE staff.outlet SET approve_first_order = true, version = version + 1")
    asked = {k: v for k, v in order_for(dish).items() if k != "expected_total_paise"}
    total = (await running.ask("POST", "/api/orders/quote", W, json=asked)).json()["totals"]["total_paise"]
    code = (await running.ask("GET", "/api/tables/codes", M)).json()[0]["url"].partition("table=")[2]
    session = (await running.ask("POST", "/api/sessions", json={"table_code": code})).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    body = asked | {"type": "dine_in", "expected_total_paise": total}
    placed = await running.ask("POST", "/api/orders", key=str(uuid4()), headers=headers, json=body)
    assert (placed.status_code, placed.json()["status"]) == (201, "placed"), placed.text
    order = placed.json()
    assert await logged(running, "POST", f"/api/orders/{order['id']}/reject", W, {"reason": "closed"}) == (
        "order.reject", {"reason": "closed", "number": order["number"]},
    )  # fmt: skip


async def test_people_by_name_and_no_secret(running: Running) -> None:
    new = {"name": "Dev Patel", "role": "waiter", "pin": "4711"}
    assert await logged(running, "POST", "/api/staff/people", O, new) == (
        "person.added", {"person": "Dev Patel", "role": "waiter"},
    )  # fmt: skip
    people = (await running.ask("GET", "/api/staff/people?limit=200", O)).json()["items"]
    [person] = [each for each in people if each["name"] == "Dev Patel"]
    path = f"/api/staff/people/{person['id']}"
    assert await logged(running, "PATCH", path, O, {"name": "Dev P", "pin": "4712"}) == (
        "person.changed", {"person": "Dev Patel", "changed": ["name", "pin"]},
    )  # fmt: skip
