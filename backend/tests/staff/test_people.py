"""People and outlet settings over HTTP: who may, what is refused, what it ends."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rasoi.staff import service
from rasoi.staff.schemas import NewPerson
from tests.staff.conftest import PEOPLE, PINS, Desk

GSTIN = "27AAPFU0939F1ZV"


async def events(desk: Desk, subject: object) -> list[tuple[str, int]]:
    rows = await desk.ctx.db.fetch(
        "SELECT type, aggregate_version FROM staff.outbox WHERE subject = $1 ORDER BY id", str(subject)
    )
    return [(row["type"].split(".")[2], row["aggregate_version"]) for row in rows]


SENIOR_ROUTES = [
    ("GET", "people"),
    ("POST", "people"),
    ("PATCH", f"people/{UUID(int=1)}"),
    ("PATCH", "outlet"),
    ("GET", "audit"),
]
STAFF_ROUTES = [("GET", "me"), ("POST", "logout"), ("GET", "outlet")]


@pytest.mark.parametrize("role", ["waiter", "kitchen"])
async def test_juniors_may_not(desk: Desk, role: str) -> None:
    token = await desk.token(role)
    for method, path in SENIOR_ROUTES:
        body: dict[str, object] | None = {} if method != "GET" else None
        assert (await desk.call(method, f"/api/staff/{path}", token, body)).status_code == 403, (method, path)


async def test_nobody_without_a_token(desk: Desk) -> None:
    for method, path in SENIOR_ROUTES + STAFF_ROUTES:
        answer = await desk.client.request(method, f"/api/staff/{path}", json={})
        assert answer.status_code == 401, (method, path)


async def test_listing_in_pages(desk: Desk) -> None:
    token = await desk.token("manager")
    first = (await desk.call("GET", "/api/staff/people?limit=3", token)).json()
    second = (await desk.call("GET", f"/api/staff/people?limit=3&cursor={first['next']}", token)).json()
    assert [p["name"] for p in first["items"] + second["items"]] == [p.name for p in PEOPLE]
    assert second["next"] is None
    assert not any("hash" in name for name in first["items"][0])
    assert (await desk.call("GET", "/api/staff/people?limit=0", token)).status_code in (400, 422)


async def test_a_manager_hires_a_waiter(desk: Desk) -> None:
    body = {"name": "Esha", "role": "waiter", "pin": "1002"}
    answer = await desk.call("POST", "/api/staff/people", await desk.token("manager"), body)
    assert answer.status_code == 201
    assert answer.json()["has_pin"] is True
    assert (await desk.pin("1002", UUID(answer.json()["id"]))).json()["person"]["name"] == "Esha"
    assert await events(desk, answer.json()["id"]) == [("person_changed", 1)]


@pytest.mark.parametrize("role", ["manager", "owner"])
async def test_only_an_owner_hires_seniors(desk: Desk, role: str) -> None:
    body = {"name": "Esha", "role": role, "username": "esha", "password": "long enough"}
    assert (
        await desk.call("POST", "/api/staff/people", await desk.token("manager"), body)
    ).status_code == 403
    assert (await desk.call("POST", "/api/staff/people", await desk.token("owner"), body)).status_code == 201


@pytest.mark.parametrize("who", ["manager", "owner"])
async def test_a_manager_does_not_touch_seniors(desk: Desk, who: str) -> None:
    manager = await desk.token("manager")
    for change in ({"name": "X"}, {"role": "waiter"}, {"active": False}, {"pin": "5555"}):
        answer = await desk.call("PATCH", f"/api/staff/people/{desk.ids[who]}", manager, change)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/owner-only")


async def test_a_manager_does_not_promote(desk: Desk) -> None:
    path = f"/api/staff/people/{desk.ids['waiter']}"
    assert (
        await desk.call("PATCH", path, await desk.token("manager"), {"role": "manager"})
    ).status_code == 403
    assert (await desk.call("PATCH", path, await desk.token("owner"), {"role": "manager"})).status_code == 200


IMPOSSIBLE_PEOPLE: list[Any] = [
    {"name": "Esha", "role": "waiter"},
    {"name": "Esha", "role": "waiter", "password": "long enough"},
    {"name": "Esha", "role": "waiter", "username": "esha"},
    {"name": "Esha", "role": "waiter", "pin": "12"},
    {"name": "", "role": "waiter", "pin": "1002"},
    {"name": "   ", "role": "waiter", "pin": "1002"},
    {"name": "Esha", "role": "guest", "pin": "1002"},
    {"name": "Esha", "role": "waiter", "pin": "1002", "outlet_id": 2},
    {"name": "Esha", "role": "waiter", "username": "Not A Name", "password": "long enough"},
    {"name": "Esha", "role": "waiter", "username": "esha", "password": "short"},
    {"name": "Esha", "role": "waiter", "username": "esha\n", "password": "long enough"},
    {"name": "Es\x00ha", "role": "waiter", "pin": "1002"},
    {"name": "Esha\n", "role": "waiter", "pin": "1002"},
    [],
    "x",
    None,
]


async def test_people_that_can_not_be(desk: Desk) -> None:
    owner = await desk.token("owner")
    for body in IMPOSSIBLE_PEOPLE:
        answer = await desk.call("POST", "/api/staff/people", owner, body)
        assert answer.status_code in (400, 422), answer.text
        assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.person") == len(PEOPLE)


@pytest.mark.parametrize(
    ("body", "path"),
    [({"username": "asha", "password": "long enough"}, "username")],
)
async def test_taken(desk: Desk, body: dict[str, str], path: str) -> None:
    answer = await desk.call(
        "POST", "/api/staff/people", await desk.token("owner"), {"name": "E", "role": "waiter", **body}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/taken")
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("role", ["owner", "manager"])
async def test_setting_a_pin_tells_nothing_of_others(desk: Desk, role: str) -> None:
    """Every PIN is taken, whoever has it already, and each of two who have the same one signs in as themselves."""
    caller = await desk.token(role)
    answers = [
        await desk.call(
            "POST", "/api/staff/people", caller, {"name": f"Esha {pin}", "role": "waiter", "pin": pin}
        )
        for pin in (*PINS.values(), "7777")
    ]
    assert {answer.status_code for answer in answers} == {201}
    cook = f"/api/staff/people/{desk.ids['kitchen']}"
    found = [await desk.call("PATCH", cook, caller, {"pin": pin}) for pin in (*PINS.values(), "7777")]
    assert {(answer.status_code, len(answer.json())) for answer in found} == {(200, len(answers[0].json()))}
    esha = next(each.json()["id"] for each in answers if each.json()["name"] == f"Esha {PINS['waiter']}")
    both = [await desk.pin(PINS["waiter"], who) for who in (UUID(esha), "waiter")]
    assert [answer.json()["person"]["name"] for answer in both] == [f"Esha {PINS['waiter']}", "Chitra"]


async def test_who_left_does_not_sign_in(desk: Desk) -> None:
    owner = await desk.token("owner")
    path = f"/api/staff/people/{desk.ids['waiter']}"
    assert (await desk.call("PATCH", path, owner, {"active": False})).json()["active"] is False
    assert (await desk.pin(PINS["waiter"])).status_code == 401
    assert (await desk.call("PATCH", path, owner, {"active": True})).status_code == 200
    assert (await desk.pin(PINS["waiter"])).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"role": "kitchen"},
        {"active": False},
        {"pin": "1009"},
        {"username": "chitra", "password": "long enough"},
    ],
)
async def test_what_ends_sessions(desk: Desk, change: dict[str, Any]) -> None:
    sessions = [(await desk.pin(PINS["waiter"])).json() for _ in range(2)]
    other = await desk.token("kitchen")
    path = f"/api/staff/people/{desk.ids['waiter']}"
    assert (await desk.call("PATCH", path, await desk.token("owner"), change)).status_code == 200
    for session in sessions:
        assert (await desk.call("GET", "/api/staff/me", session["access_token"])).status_code == 401
        body = {"refresh_token": session["refresh_token"]}
        assert (await desk.client.post("/api/staff/refresh", json=body)).status_code == 401
        assert await events(desk, session["refresh_token"].split(".")[1]) == [("session_revoked", 1)]
    assert (await desk.call("GET", "/api/staff/me", other)).status_code == 200


@pytest.mark.parametrize(
    "change", [{"name": "Chitra K"}, {"role": "waiter"}, {"pin": "1001"}, {"active": True}, {}]
)
async def test_what_does_not_end_sessions(desk: Desk, change: dict[str, Any]) -> None:
    token = await desk.token("waiter")
    path = f"/api/staff/people/{desk.ids['waiter']}"
    assert (await desk.call("PATCH", path, await desk.token("owner"), change)).status_code == 200
    assert (await desk.call("GET", "/api/staff/me", token)).status_code == 200
    versions = [version for _, version in await events(desk, desk.ids["waiter"])]
    assert versions == ([1, 2] if change == {"name": "Chitra K"} else [1])


async def test_a_sign_in_under_way_does_not_outlive_a_deactivation(desk: Desk) -> None:
    owner = await desk.token("owner")
    path = f"/api/staff/people/{desk.ids['waiter']}"
    for _ in range(5):
        results = await asyncio.gather(
            *(desk.pin(PINS["waiter"]) for _ in range(3)), desk.call("PATCH", path, owner, {"active": False})
        )
        for answer in results[:3]:
            if answer.status_code == 200:
                token = answer.json()["access_token"]
                assert (await desk.call("GET", "/api/staff/me", token)).status_code == 401
        assert (
            await desk.ctx.db.fetchval(
                "SELECT count(*) FROM staff.session WHERE person_id = $1 AND revoked_at IS NULL",
                desk.ids["waiter"],
            )
            == 0
        )
        await desk.call("PATCH", path, owner, {"active": True})
        await desk.ctx.db.execute("DELETE FROM staff.login_failure")


@pytest.mark.parametrize("change", [{"active": False}, {"role": "manager"}])
async def test_the_last_owner_stays(desk: Desk, change: dict[str, Any]) -> None:
    path = f"/api/staff/people/{desk.ids['owner']}"
    answer = await desk.call("PATCH", path, await desk.token("owner"), change)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-owner")


async def test_two_owners_can_not_remove_each_other(desk: Desk) -> None:
    owner = await desk.token("owner")
    body = {"name": "Esha", "role": "owner", "pin": "9003"}
    other = (await desk.call("POST", "/api/staff/people", owner, body)).json()["id"]
    answers = await asyncio.gather(
        *(
            desk.call("PATCH", f"/api/staff/people/{each}", owner, {"active": False})
            for each in (other, desk.ids["owner"])
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 409]


async def test_nobody_loses_every_way_to_sign_in(desk: Desk) -> None:
    path = f"/api/staff/people/{desk.ids['waiter']}"
    answer = await desk.call("PATCH", path, await desk.token("owner"), {"pin": None})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/no-sign-in")


IMPOSSIBLE_CHANGES: list[Any] = [
    {"name": None},
    {"role": "chef"},
    {"version": 1},
    {"pin": "1"},
    {"id": "x"},
    [],
]


async def test_changes_that_can_not_be(desk: Desk) -> None:
    owner = await desk.token("owner")
    path = f"/api/staff/people/{desk.ids['waiter']}"
    for change in IMPOSSIBLE_CHANGES:
        assert (await desk.call("PATCH", path, owner, change)).status_code in (400, 422)


async def test_people_of_another_outlet_do_not_exist(desk: Desk) -> None:
    async with desk.ctx.db.transaction("staff") as tx:
        await service.ensure_outlet(tx, 2, "Elsewhere")
        person = NewPerson(name="Esha", role="waiter", pin="1001")
        theirs = await service.ensure_person(tx, desk.ctx.settings.pin_key, 2, person)
    owner = await desk.token("owner")
    for person_id in (theirs, uuid7()):
        assert (
            await desk.call("PATCH", f"/api/staff/people/{person_id}", owner, {"name": "X"})
        ).status_code == 404
    assert (await desk.call("PATCH", "/api/staff/people/x", owner, {"name": "X"})).status_code in (
        400,
        404,
        422,
    )


async def test_ensuring_again_changes_nothing(desk: Desk) -> None:
    before = await desk.ctx.db.fetch("SELECT * FROM staff.person ORDER BY id")
    async with desk.ctx.db.transaction("staff") as tx:
        assert not await service.ensure_outlet(tx, 1, "Another name")
        for person in PEOPLE:
            found = await service.ensure_person(tx, desk.ctx.settings.pin_key, 1, person)
            assert found == desk.ids[person.role]
    assert await desk.ctx.db.fetch("SELECT * FROM staff.person ORDER BY id") == before
    assert await events(desk, "outlet:1") == [("outlet_changed", 1)]


async def test_settings(desk: Desk) -> None:
    owner = await desk.token("owner")
    before = (await desk.call("GET", "/api/staff/outlet", await desk.token("waiter"))).json()
    assert (before["version"], before["day_cutoff_minutes"], before["gst_regime"]) == (1, 240, "none")
    change = {"gstin": GSTIN, "gst_regime": "regular", "state_code": "27", "amber_s": 300, "version": 1}
    after = (await desk.call("PATCH", "/api/staff/outlet", owner, change)).json()
    assert after == before | change | {"version": 2}
    assert (await desk.call("GET", "/api/staff/outlet", owner)).json() == after
    assert await events(desk, "outlet:1") == [("outlet_changed", 1), ("outlet_changed", 2)]
    stale = await desk.call("PATCH", "/api/staff/outlet", owner, {"amber_s": 60, "version": 1})
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/stale")
    assert (await desk.call("PATCH", "/api/staff/outlet", owner, {"amber_s": 300})).json()["version"] == 2


IMPOSSIBLE_SETTINGS: list[Any] = [
    {"timezone": "Asia/Atlantis"},
    {"timezone": "EST5EDT,M3.2.0,M11.1.0"},
    {"gstin": GSTIN},
    {"gstin": "27AAPFU0939F1ZX", "state_code": "27"},
    {"gst_regime": "regular"},
    {"gst_regime": "special"},
    {"amber_s": 900},
    {"amber_s": -1},
    {"day_cutoff_minutes": 721},
    {"currency": "USD"},
    {"name": ""},
    {"name": None},
    {"fssai": "123"},
    {"payment_timeout_s": 10**12},
    {"approve_first_order": "yes"},
    {"phone": "ring me"},
    {"phone": "+91 22 1234\n"},
    {"fssai": "12345678901234\n"},
    {"id": 2},
]


async def test_settings_that_can_not_be(desk: Desk) -> None:
    owner = await desk.token("owner")
    for change in IMPOSSIBLE_SETTINGS:
        answer = await desk.call("PATCH", "/api/staff/outlet", owner, change)
        assert answer.status_code in (400, 422), answer.text
        assert await desk.ctx.db.fetchval("SELECT version FROM staff.outlet") == 1


async def test_an_address_that_can_not_be(desk: Desk) -> None:
    answer = await desk.call("PATCH", "/api/staff/outlet", await desk.token("owner"), {"address": "a\x00b"})
    assert answer.status_code == 422


async def test_the_audit_log_names_who_did_what_and_no_secret(desk: Desk) -> None:
    owner = await desk.token("owner")
    await desk.call(
        "PATCH", f"/api/staff/people/{desk.ids['waiter']}", owner, {"pin": "7531", "role": "kitchen"}
    )
    await desk.call("PATCH", "/api/staff/outlet", await desk.token("manager"), {"name": "New Rasoi"})
    log = (await desk.call("GET", "/api/staff/audit", owner)).json()
    assert [(e["actor_name"], e["action"]) for e in log["items"]] == [
        ("Binod", "outlet.changed"),
        ("Asha", "person.changed"),
    ]
    assert log["items"][0]["detail"] == {"name": {"from": "Rasoi", "to": "New Rasoi"}}
    assert log["items"][1]["detail"] == {"person": "Chitra", "role": "kitchen", "changed": ["pin", "role"]}
    page = (await desk.call("GET", "/api/staff/audit?limit=1", owner)).json()
    rest = (await desk.call("GET", f"/api/staff/audit?cursor={page['next']}", owner)).json()
    assert page["items"] + rest["items"] == log["items"]
