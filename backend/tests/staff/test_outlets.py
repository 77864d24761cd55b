"""Outlets by their owners: added, configured, closed and reopened; nobody else's are there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.database import Database
from rasoi.staff import api
from tests.staff.conftest import PINS, Desk

NEW = {"name": "Rasoi Bandra", "timezone": "Asia/Kolkata"}


async def add(desk: Desk, token: str, key: str = "", **settings: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid4())}
    return await desk.client.post("/api/outlets", headers=headers, json=NEW | settings)


async def audited(desk: Desk, outlet_id: int) -> list[str]:
    sql = "SELECT action FROM staff.audit WHERE outlet_id = $1 ORDER BY id"
    return [row["action"] for row in await desk.ctx.db.fetch(sql, outlet_id)]


async def told(desk: Desk, outlet_id: int) -> list[int]:
    sql = "SELECT aggregate_version FROM staff.outbox WHERE subject = $1 ORDER BY id"
    return [row[0] for row in await desk.ctx.db.fetch(sql, f"outlet:{outlet_id}")]


async def test_an_owner_adds_one_and_is_its_owner(desk: Desk) -> None:
    token = await desk.token("owner")
    answer = await add(desk, token, dine_in_payment="prepaid")
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert (added["id"], added["name"], added["dine_in_payment"]) == (2, "Rasoi Bandra", "prepaid")
    assert added["closed_at"] is None
    mine = (await desk.call("GET", "/api/outlets", token)).json()["items"]
    assert [(one["id"], one["name"], one["role"]) for one in mine] == [
        (1, "Rasoi", "owner"),
        (2, "Rasoi Bandra", "owner"),
    ]
    assert (await desk.call("GET", "/api/outlets/2", token)).json() == added
    assert (await audited(desk, 2), await told(desk, 2)) == (["outlet.added"], [1])
    assert [(await add(desk, token)).json()["id"], (await add(desk, token)).json()["id"]] == [3, 4]


async def test_one_outlet_for_one_key(desk: Desk) -> None:
    token = await desk.token("owner")
    first, again = await add(desk, token, "k"), await add(desk, token, "k")
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await add(desk, token, "k", name="Another")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.outlet") == 2


@pytest.mark.parametrize(
    ("given", "kind", "path"),
    [
        ({"timezone": "Mars/Olympus"}, "wrong-setting", "timezone"),
        ({"gst_regime": "regular"}, "wrong-setting", "gstin"),
        ({"amber_s": 900, "red_s": 900}, "wrong-setting", "red_s"),
        ({"name": ""}, "invalid", "name"),
        ({"id": 7}, "invalid", ""),
        ({"closed_at": None}, "invalid", ""),
    ],
)
async def test_settings_are_checked_as_for_a_change(
    desk: Desk, given: dict[str, Any], kind: str, path: str
) -> None:
    answer = await add(desk, await desk.token("owner"), **given)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{kind}"), answer.text
    assert path in {each["path"] for each in answer.json().get("errors", [{"path": ""}])} | {""}
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.outlet") == 1


async def test_an_outlet_without_a_name_is_refused(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {await desk.token('owner')}", "Idempotency-Key": "k"}
    assert (await desk.client.post("/api/outlets", headers=headers, json={})).status_code == 422


async def test_there_is_an_end_to_outlets(desk: Desk, database: Database) -> None:
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (200, 'The last')")
    answer = await add(desk, await desk.token("owner"))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-outlets")


@pytest.mark.parametrize("role", ["manager", "waiter", "kitchen"])
async def test_who_is_no_owner_sees_where_they_work_and_no_more(desk: Desk, role: str) -> None:
    token = await desk.token(role)
    mine = (await desk.call("GET", "/api/outlets", token)).json()["items"]
    assert [(one["id"], one["role"]) for one in mine] == [(1, role)]
    assert (await add(desk, token)).status_code == 403
    for method, path in (("GET", "1"), ("PATCH", "1"), ("POST", "1/close"), ("POST", "1/reopen")):
        assert (await desk.call(method, f"/api/outlets/{path}", token, {})).status_code == 403


WITH_ONE = [("GET", ""), ("PATCH", ""), ("POST", "/close"), ("POST", "/reopen")]


@pytest.mark.parametrize("there", ["nobody", "a manager", "an owner who left"])
async def test_an_outlet_of_others_is_not_there(desk: Desk, database: Database, there: str) -> None:
    """The same words as for an outlet that does not exist."""
    token = await desk.token("owner")
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (2, 'The other house')")
    if there != "nobody":
        await database.execute(
            "INSERT INTO staff.person (outlet_id, id, name, role, active) VALUES (2, $1, 'Asha', $2, $3)",
            desk.ids["owner"],
            "manager" if there == "a manager" else "owner",
            there == "a manager",
        )
    for method, path in WITH_ONE:
        body = {"name": "Mine"} if method == "PATCH" else None
        other = await desk.call(method, f"/api/outlets/2{path}", token, body)
        none = await desk.call(method, f"/api/outlets/99{path}", token, body)
        assert other.status_code == none.status_code == 404, (method, path)
        assert other.json() | {"instance": ""} == none.json() | {"instance": ""}
    row = await database.fetchrow("SELECT name, closed_at, version FROM staff.outlet WHERE id = 2")
    assert tuple(row) == ("The other house", None, 1)
    assert (await desk.call("GET", "/api/outlets/99999999999", token)).status_code == 422


async def test_an_owner_configures_it_from_elsewhere(desk: Desk) -> None:
    token = await desk.token("owner")
    await add(desk, token)
    answer = await desk.call("PATCH", "/api/outlets/2", token, {"name": "Bandra West", "version": 1})
    assert (answer.status_code, answer.json()["name"], answer.json()["version"]) == (200, "Bandra West", 2)
    stale = await desk.call("PATCH", "/api/outlets/2", token, {"name": "Bandra East", "version": 1})
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/stale")
    assert (await desk.call("PATCH", "/api/outlets/2", token, {"timezone": "x"})).status_code == 422
    assert (await api.outlet(desk.ctx.db, 1)).name == "Rasoi"
    assert (await audited(desk, 2), await told(desk, 2)) == (["outlet.added", "outlet.changed"], [1, 2])


async def test_closed_and_opened_again(desk: Desk) -> None:
    token = await desk.token("owner")
    await add(desk, token)
    closed = await desk.call("POST", "/api/outlets/2/close", token)
    assert (closed.status_code, closed.json()["version"]) == (200, 2), closed.text
    assert closed.json()["closed_at"] is not None
    assert (await desk.call("POST", "/api/outlets/2/close", token)).json() == closed.json()
    listed = (await desk.call("GET", "/api/outlets", token)).json()["items"]
    assert [one["closed_at"] is None for one in listed] == [True, False]
    assert (await api.outlet(desk.ctx.db, 2)).closed_at is not None
    assert (await api.first_outlet(desk.ctx.db)).id == 1
    opened = await desk.call("POST", "/api/outlets/2/reopen", token)
    assert (opened.json()["closed_at"], opened.json()["version"]) == (None, 3)
    assert (await desk.call("POST", "/api/outlets/2/reopen", token)).json() == opened.json()
    assert await audited(desk, 2) == ["outlet.added", "outlet.closed", "outlet.reopened"]
    assert await told(desk, 2) == [1, 2, 3]


UNFINISHED = {
    "a table with guests": """INSERT INTO orders.sitting (outlet_id, table_id, table_name, opened_by)
        VALUES ({}, uuidv7(), 'T1', 'guest')""",
    "an open bill": "INSERT INTO orders.bill (outlet_id, type, business_day) VALUES ({}, 'takeaway', now())",
}


@pytest.mark.parametrize("what", list(UNFINISHED))
async def test_not_while_work_is_not_over(desk: Desk, database: Database, what: str) -> None:
    token = await desk.token("owner")
    await database.execute(UNFINISHED[what].format(1))
    answer = await desk.call("POST", "/api/outlets/1/close", token)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/outlet-in-use")
    said = {"a table with guests": "1 table with guests", "an open bill": "1 open bill"}[what]
    assert answer.json()["detail"] == f"Rasoi still has {said}. Finish them first."
    assert sorted(answer.json()[name] for name in ("sittings", "bills", "orders")) == [0, 0, 1]
    assert await database.fetchval("SELECT closed_at FROM staff.outlet") is None
    assert await audited(desk, 1) == []


async def test_others_work_does_not_keep_it_open(desk: Desk, database: Database) -> None:
    for sql in UNFINISHED.values():
        await database.execute(sql.format(2))
    assert (await desk.call("POST", "/api/outlets/1/close", await desk.token("owner"))).status_code == 200


async def test_nobody_signs_in_at_a_closed_outlets_devices(desk: Desk) -> None:
    await desk.token("waiter")
    owner = await desk.token("owner")
    assert (await desk.call("POST", "/api/outlets/1/close", owner)).status_code == 200
    shown = await desk.client.get("/api/staff/login/people", headers={"X-Device-Token": desk.device})
    assert (shown.status_code, shown.json()["people"]) == (200, [])
    refused = await desk.pin(PINS["waiter"])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/outlet-closed")
    assert (await desk.password("owner")).status_code == 200  # its figures and documents stay theirs to read
    await desk.call("POST", "/api/outlets/1/reopen", owner)
    assert (await desk.pin(PINS["waiter"])).status_code == 200


async def test_the_user_name_stays_where_it_is(desk: Desk) -> None:
    """The new outlet's row has none, needs none, and gets none; a PIN is its own."""
    await add(desk, await desk.token("owner"))
    there = Principal(
        kind="staff", id=desk.ids["owner"], outlet_id=2, role="owner", session_id=uuid7(), name="Asha"
    )
    token, path = desk.ctx.get(Tokens).issue(there, 60), f"/api/staff/people/{desk.ids['owner']}"
    named = await desk.call("PATCH", path, token, {"name": "Asha Rao"})
    assert (named.status_code, named.json()["name"]) == (200, "Asha Rao"), named.text
    for change in ({"username": "asha2"}, {"username": "asha2", "password": "another password"}):
        refused = await desk.call("PATCH", path, token, change)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/sign-in-elsewhere")
        assert refused.json()["detail"].endswith("they are changed at Rasoi.")
    assert (await desk.call("PATCH", path, token, {"pin": "7777"})).json()["has_pin"] is True
    assert (await desk.call("PATCH", path, token, {"pin": None})).json()["has_pin"] is False
    last = await desk.call("PATCH", path, token, {"active": False})
    assert (last.status_code, last.json()["type"]) == (409, "/problems/last-owner")
    assert (await desk.password("owner")).status_code == 200


async def test_who_is_no_person_any_more_adds_nothing(desk: Desk) -> None:
    ghost = Principal(kind="staff", id=uuid7(), outlet_id=1, role="owner", session_id=uuid7(), name="G")
    answer = await add(desk, desk.ctx.get(Tokens).issue(ghost, 60))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/session-ended")


async def test_the_first_outlet_is_the_first_that_is_open(desk: Desk, database: Database) -> None:
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (5, 'The fifth')")
    assert (await api.first_outlet(database)).id == 1
    await database.execute("UPDATE staff.outlet SET closed_at = now() WHERE id = 1")
    async with database.transaction("staff") as tx:
        assert (await api.first_outlet(tx)).id == 5
    await database.execute("UPDATE staff.outlet SET closed_at = now()")
    async with database.transaction("staff") as tx:
        assert (await api.first_outlet(tx)).id == 1
