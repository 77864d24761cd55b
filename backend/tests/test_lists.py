"""Every list, page by page: each row once, in one order, and the last page says that it is the last."""

from __future__ import annotations

import asyncio
import inspect
import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rasoi import app
from rasoi.platform.paging import read_page
from rasoi.settings import Settings
from tests import test_app
from tests.payments.closed_days import keep_report
from tests.test_app import M, Running, W, order_for

running, dish = test_app.running, test_app.dish
LEAST = 3  # rows in each list, so that there are pages between the first and the last
PLACED = 3
STOCK = "a stock's id"
NEEDED = {
    "/api/payments/refund-tasks": {"status": "to_hand_out"},
    "/api/staff/lifts/people": {"permission": "refund"},
}  # parameters that a list can't do without
# what is asked for to have rows, beside orders and the cash for them
FILLED: list[tuple[str, dict[str, Any]]] = [
    ("/api/inventory/receipts", {"stock_id": STOCK, "quantity_milli": 1000, "reason": "bought"}),
    ("/api/offers", {"name": "Happy hour", "kind": "percent", "percent_bp": 1000}),
]  # of each list


def lists() -> dict[str, Any]:
    """The paths that answer page by page, with the schema of their answers, as OpenAPI has them."""
    document = json.loads(app.openapi(Settings()))
    found = {}
    for path, methods in document["paths"].items():
        parameters = {each["name"] for each in methods.get("get", {}).get("parameters", [])}
        if "cursor" in parameters:
            answer = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            found[path] = document["components"]["schemas"][answer.rpartition("/")[2]], parameters
    return found


def test_every_list_has_the_same_shape() -> None:
    found = lists()
    assert len(found) >= 8
    for path, (schema, parameters) in found.items():
        assert {"cursor", "limit"} <= parameters, path
        assert set(schema["properties"]) == {"items", "next"}, path
        choices = schema["properties"]["next"]["oneOf"]
        assert choices == [{"type": "string", "format": "uuid"}, {"type": "null"}], (path, choices)


async def place(running: Running, dish: dict[str, Any], number: int) -> None:
    """An order, the cash for it, and a part of that to be given back."""
    asked = {k: v for k, v in order_for(dish).items() if k != "expected_total_paise"}
    quote = (await running.ask("POST", "/api/orders/quote", W, json=asked)).json()
    body = asked | {"expected_total_paise": quote["totals"]["total_paise"]}
    placed = await running.ask("POST", "/api/orders", W, key=f"order {number}", json=body)
    assert placed.status_code == 201, placed.text
    cash = {
        "order_id": placed.json()["id"],
        "amount_paise": quote["bill"]["payable_paise"],
        "tendered_paise": 1_000_00,
    }
    paid = await running.ask("POST", "/api/payments/confirm-cash", W, key=f"cash {number}", json=cash)
    assert paid.status_code == 201, paid.text
    path = f"/api/payments/{paid.json()['id']}/refund"
    back = {"amount_paise": 100, "reason": "cold"}
    refund = await running.ask("POST", path, M, key=f"refund {number}", json=back)
    assert refund.status_code == 202, refund.text


@pytest.fixture
async def busy(running: Running, dish: dict[str, Any]) -> dict[str, str]:
    """Rows in all the lists. Returns what fills the paths."""
    for number in range(PLACED):
        await place(running, dish, number)
    stock = (await running.ask("GET", "/api/inventory/stock", M)).json()["items"][0]["id"]
    for path, given in FILLED:
        body = {name: stock if value == STOCK else value for name, value in given.items()}
        for number in range(LEAST):
            answer = await running.ask("POST", path, M, key=f"{path} {number}", json=body)
            assert answer.status_code == 201, answer.text
    for number in range(LEAST):
        await keep_report(running.ctx.db, number + 1, date(2026, 1, number + 1))
    for drawer in ("Main drawer", "Second drawer", "Bar drawer"):
        begun = {"drawer": drawer, "float_paise": 0}
        answer = await running.ask("POST", "/api/shifts", W, key=drawer, json=begun)
        assert answer.status_code == 201, answer.text
    for _ in range(LEAST):
        await pair(running)
    await move_about(running)
    return {"{stock_id}": stock, "{station}": await bump_all(running)}


async def pair(running: Running) -> None:
    """A device, which the demo lets in by itself, and a try to sign in."""
    answer = await running.ask("POST", "/api/staff/devices/code", key=None)
    assert answer.status_code == 200, answer.text
    wrong = {"username": "manager", "password": "not this one"}
    answer = await running.ask("POST", "/api/staff/login", key=None, json=wrong)
    assert answer.status_code == 401, answer.text


async def move_about(running: Running) -> None:
    """A party that goes from table to table."""
    tables = [each["id"] for each in (await running.ask("GET", "/api/tables", M)).json()["items"]]
    seated = await running.ask("POST", f"/api/tables/{tables[0]}/seat", W, key="seat", json={"covers": 2})
    assert seated.status_code == 200, seated.text
    for number, (old, new) in enumerate(pairwise(tables[: LEAST + 1])):
        body = {"table_id": new}
        moved = await running.ask("POST", f"/api/tables/{old}/move", W, key=f"move {number}", json=body)
        assert moved.status_code == 200, moved.text


async def bump_all(running: Running) -> str:
    """What was placed becomes ready; returns the station."""
    async with asyncio.timeout(30):
        while len(tickets := (await running.ask("GET", "/api/kitchen/pass", M)).json()["tickets"]) < PLACED:
            await asyncio.sleep(0.1)
    actions = [{"action_id": str(uuid4()), "action": "bump", "ticket_id": each["id"]} for each in tickets]
    answer = await running.ask("POST", "/api/kitchen/actions", M, json={"actions": actions})
    assert {each["applied"] for each in answer.json()["results"]} == {True}
    [station] = {each["station"] for each in tickets}
    return str(station)


async def page(running: Running, path: str, **query: Any) -> dict[str, Any]:
    query = NEEDED.get(path, {}) | query
    given = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    answer: httpx.Response = await running.ask("GET", f"{path}?{given}", M)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_each_row_is_on_one_page(running: Running, busy: dict[str, str]) -> None:
    """Also while others come: messages follow from events, some of them later than the page that was read first."""
    for template in lists():
        path = template
        for place_holder, value in busy.items():
            path = path.replace(place_holder, value)
        async with asyncio.timeout(30):
            while len((whole := await page(running, path, limit=200))["items"]) < LEAST:
                await asyncio.sleep(0.1)
        ids = [row["id"] for row in whole["items"]]
        assert (whole["next"], len(set(ids))) == (None, len(ids)), path
        for limit in (1, 2, len(ids) - 1, len(ids)):
            seen, cursor = [], None
            while True:
                part = await page(running, path, limit=limit, cursor=cursor)
                seen += [row["id"] for row in part["items"]]
                assert len(part["items"]) == limit or part["next"] is None, path
                assert len(set(seen)) == len(seen), (path, limit)
                cursor = part["next"]
                if cursor is None:
                    break
            assert [each for each in seen if each in ids] == ids, (path, limit)


async def test_a_page_of_all_there_is_has_no_next() -> None:
    asked: list[int] = []

    async def read(most: int) -> list[dict[str, Any]]:
        asked.append(most)
        return [{"id": n} for n in range(min(most, 3))]

    pages = [await read_page(limit, read) for limit in (2, 3, 4)]
    assert [([row["id"] for row in rows], more) for rows, more in pages] == [
        ([0, 1], 1),
        ([0, 1, 2], None),
        ([0, 1, 2], None),
    ]
    assert asked == [3, 4, 5]


async def test_a_page_is_read_with_as_many_queries_as_a_row(
    running: Running, busy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a page is: not a query more for each row."""
    db = running.ctx.db
    asked: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval"):
        real = getattr(db, name)
        assert inspect.ismethod(real)

        async def counting(*args: Any, real: Any = real, **more: Any) -> Any:
            if asyncio.current_task() is here:
                asked.append(args[0])
            return await real(*args, **more)

        monkeypatch.setattr(db, name, counting)
    here = asyncio.current_task()
    for template in lists():
        path = template
        for place_holder, value in busy.items():
            path = path.replace(place_holder, value)
        counts = []
        for limit in (1, LEAST):
            await page(running, path, limit=limit)
            asked.clear()
            await page(running, path, limit=limit)
            counts.append(len(asked))
        assert counts[0] == counts[1] > 0, (path, counts, asked)


async def test_a_year_of_payments_at_once(running: Running) -> None:
    """The statistics of one answer."""
    last = date(2026, 12, 1)
    for days, status in ((1, 200), (366, 200), (367, 422), (0, 422)):
        first = last - timedelta(days=days - 1)
        answer = await running.ask("GET", f"/api/payments/stats/daily?from={first}&to={last}", M)
        assert answer.status_code == status, (days, answer.text)
        assert status != 200 or len(answer.json()["days"]) == days
