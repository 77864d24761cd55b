"""Tables over HTTP: added with a code that works, renamed, removed; who sits there is not sent away by it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.orders import test_seating
from tests.orders.conftest import OTHER_TABLE, TABLE, waiter
from tests.orders.test_seating import Floor, manager

floor = test_seating.floor
MANAGER = manager()


async def add(floor: Floor, key: str = "", **given: Any) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {floor.tokens.issue(MANAGER, 60)}",
        "Idempotency-Key": key or str(uuid4()),
    }
    return await floor.client.post("/api/tables", headers=headers, json={"name": "Window 1"} | given)


async def names(floor: Floor) -> list[str]:
    return [table["name"] for table in (await floor.do(waiter(), "GET", "/api/tables"))["items"]]


async def code_of(floor: Floor, name: str) -> str:
    codes = await floor.do(manager(), "GET", "/api/tables/codes")
    return next(str(each["url"].partition("table=")[2]) for each in codes if each["table"] == name)


async def audited(floor: Floor) -> list[tuple[str, dict[str, Any]]]:
    rows = await floor.desk.owner.fetch("SELECT action, detail FROM staff.audit ORDER BY id")
    return [(row["action"], row["detail"]) for row in rows]


async def test_a_new_table_stands_last_and_its_code_seats_guests(floor: Floor) -> None:
    answer = await add(floor, area="Window", seats=2)
    assert answer.status_code == 201, answer.text
    table = answer.json()
    assert (table["name"], table["area"], table["seats"]) == ("Window 1", "Window", 2)
    assert await names(floor) == ["Table 1", "Table 2", "Window 1"]
    guest, state = await floor.scan(await code_of(floor, "Window 1"))
    assert (state, str(guest.table_id)) == ("seated", table["id"])
    assert await audited(floor) == [("table.added", {"table": "Window 1"})]


async def test_one_table_for_one_key_and_one_name(floor: Floor) -> None:
    first, again = await add(floor, "k"), await add(floor, "k")
    assert first.content == again.content
    for name in ("Window 1", "window 1"):
        taken = await add(floor, name=name)
        assert (taken.status_code, taken.json()["type"]) == (409, "/problems/table-name-taken")
    together = await asyncio.gather(*(add(floor, name="Bar") for _ in range(4)))
    assert sorted(answer.status_code for answer in together) == [201, 409, 409, 409]
    assert await names(floor) == ["Table 1", "Table 2", "Window 1", "Bar"]


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": " x"}, {"name": "a\nb"}, {"seats": 0}, {"seats": 201}, {"code": "t9"}]
)
async def test_what_is_no_table_is_refused(floor: Floor, given: dict[str, Any]) -> None:
    assert (await add(floor, **given)).status_code == 422
    assert (await floor.ask(manager(), "PATCH", f"/api/tables/{TABLE}", given)).status_code == 422


async def test_there_is_an_end_to_tables(floor: Floor) -> None:
    await floor.desk.owner.execute(
        """INSERT INTO orders.dining_table (outlet_id, code, name, qr_hash)
        SELECT 1, n::text, 'Number ' || n, sha256(n::text::bytea) FROM generate_series(1, 498) n"""
    )
    answer = await add(floor)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-tables")


async def test_a_table_is_renamed_under_its_guests(floor: Floor) -> None:
    code = await floor.code()
    guest, _ = await floor.scan(code)
    path = f"/api/tables/{TABLE}"
    changed = await floor.do(manager(), "PATCH", path, {"name": "Corner", "seats": 6})
    assert (changed["name"], changed["seats"], changed["area"]) == ("Corner", 6, "")
    assert await floor.do(manager(), "PATCH", path, {"name": "Corner"}) == changed
    assert (await floor.at())["name"] == "Corner"
    assert await floor.state(guest) == "seated"
    taken = await floor.ask(manager(), "PATCH", path, {"name": "table 2"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/table-name-taken")
    assert (await floor.ask(manager(), "PATCH", path, {"name": "CORNER"})).status_code == 200, "its own name"
    detail = {"name": {"from": "Table 1", "to": "Corner"}, "seats": {"from": 4, "to": 6}}
    assert ("table.changed", detail) in await audited(floor)
    assert (await floor.scan(code))[0].table_id == TABLE, "the code is the same"


async def test_a_table_is_removed_with_its_code_once_it_is_free(floor: Floor) -> None:
    code = await floor.code()
    await floor.scan(code)
    path = f"/api/tables/{TABLE}"
    taken = await floor.ask(manager(), "DELETE", path)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/table-in-use")
    assert (await floor.clear()).status_code == 200
    assert (await floor.do(manager(), "DELETE", path))["name"] == "Table 1"
    assert await names(floor) == ["Table 2"]
    assert (await floor.ask(None, "POST", "/api/sessions", {"table_code": code})).status_code == 404
    for method, body in (("DELETE", None), ("PATCH", {"name": "X"})):
        gone = await floor.ask(manager(), method, path, body)
        assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-table")
    assert (await add(floor, name="Table 1")).status_code == 201, "the name is free again"


async def test_nobody_else_sets_tables_up(floor: Floor) -> None:
    stranger = manager()
    stranger = type(stranger)(
        kind="staff", id=uuid4(), outlet_id=2, role="owner", session_id=uuid4(), name="Other"
    )
    for who, status in ((waiter(), 403), (stranger, 404), (None, 401)):
        for method, body in (("DELETE", None), ("PATCH", {"name": "X"})):
            answer = await floor.ask(who, method, f"/api/tables/{OTHER_TABLE}", body)
            assert answer.status_code == status, (who, method)
    assert (await floor.ask(waiter(), "POST", "/api/tables", {"name": "X"})).status_code == 403
    assert await names(floor) == ["Table 1", "Table 2"]


@pytest.mark.parametrize("round_", range(6))
async def test_either_it_is_removed_or_the_party_sits(floor: Floor, round_: int) -> None:
    code = await floor.code()

    async def later() -> httpx.Response:
        await asyncio.sleep(round_ * 0.002)
        return await floor.ask(manager(), "DELETE", f"/api/tables/{TABLE}")

    scanned, removed = await asyncio.gather(
        floor.ask(None, "POST", "/api/sessions", {"table_code": code}), later()
    )
    assert (scanned.status_code, removed.status_code) in ((201, 409), (404, 200)), (
        scanned.text,
        removed.text,
    )


async def test_a_party_is_never_out_of_sight(floor: Floor) -> None:
    """Whatever became of the table: who sits there is on the floor plan."""
    await floor.scan(await floor.code())
    await floor.desk.owner.execute("UPDATE orders.dining_table SET active = false WHERE id = $1", TABLE)
    assert (await floor.at())["state"] == "occupied"
