"""The owner's table of rights over HTTP: read, changed with its version, heard by every process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rasoi.platform.auth import Tokens
from rasoi.platform.database import Database
from rasoi.platform.rights import PERMISSIONS, ROLES
from rasoi.staff.api import Revocations, learn_rights
from tests.conftest import AsRoom
from tests.staff.conftest import Desk, make_context

PATH = "/api/staff/rights"
REFUND = {"role": "waiter", "permission": "refund", "allowed": True, "limit_paise": 500_00}


async def put(desk: Desk, *rights: dict[str, Any], version: int = 0, by: str = "owner") -> Any:
    body = {"version": version, "rights": list(rights)}
    return await desk.call("PUT", PATH, await desk.token(by), body)


def cell(view: dict[str, Any], role: str, permission: str) -> tuple[bool, int | None]:
    [found] = [e for e in view["rights"] if (e["role"], e["permission"]) == (role, permission)]
    return found["allowed"], found["limit_paise"]


async def test_a_fresh_outlet_shows_the_defaults(desk: Desk) -> None:
    view = (await desk.call("GET", PATH, await desk.token("owner"))).json()
    assert view["version"] == 0
    assert [each["name"] for each in view["permissions"]] == list(PERMISSIONS)
    assert len(view["rights"]) == len(PERMISSIONS) * len(ROLES)
    for each in view["rights"]:
        assert each["allowed"] == (each["role"] in PERMISSIONS[each["permission"]].given), each


async def test_an_owner_changes_it_and_the_change_is_stored_told_and_written_down(desk: Desk) -> None:
    answer = await put(desk, REFUND)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["version"], cell(answer.json(), "waiter", "refund")) == (1, (True, 500_00))
    assert (await desk.call("GET", PATH, await desk.token("owner"))).json() == answer.json()
    [kept] = await desk.ctx.db.fetch(
        "SELECT actor_id, subject, detail FROM staff.audit WHERE action = 'rights.changed'"
    )
    change = {
        "from": {"allowed": False, "limit_paise": None},
        "to": {"allowed": True, "limit_paise": 500_00},
    }
    assert tuple(kept.values()) == (desk.ids["owner"], "rights:1", {"waiter refund": change})
    told = await desk.ctx.db.fetchval(
        "SELECT data ->> 'rights_version' FROM staff.outbox WHERE type LIKE '%rights_changed%'"
    )
    assert told == "1"


async def test_what_is_left_out_goes_back_to_its_default_and_no_change_writes_nothing(desk: Desk) -> None:
    assert (await put(desk, REFUND)).json()["version"] == 1
    again = await put(desk, REFUND, version=1)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    back = await put(desk, version=1)
    assert (back.json()["version"], cell(back.json(), "waiter", "refund")) == (2, (False, None))
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.audit WHERE action = 'rights.changed'") == 2


async def test_of_two_owners_who_change_it_at_once_one_is_told_to_look_again(desk: Desk) -> None:
    answers = await asyncio.gather(put(desk, REFUND), put(desk, REFUND | {"limit_paise": 1}))
    assert sorted(each.status_code for each in answers) == [200, 409]
    stale = next(each for each in answers if each.status_code == 409)
    assert stale.json()["type"] == "/problems/stale"
    assert (await put(desk, REFUND, version=7)).status_code == 409


@pytest.mark.parametrize("role", ["manager", "waiter", "kitchen"])
async def test_nobody_but_an_owner_reads_or_changes_it(desk: Desk, role: str) -> None:
    assert (await desk.call("GET", PATH, await desk.token(role))).status_code == 403
    assert (await put(desk, REFUND, by=role)).status_code == 403
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.rights") == 0


@pytest.mark.parametrize(
    ("faulty", "path", "slug"),
    [
        ({"permission": "fly"}, "rights[1].permission", "wrong-right"),
        ({"role": "kitchen", "limit_paise": None}, "rights[1].role", "wrong-right"),
        ({"permission": "take_cash"}, "rights[1].limit_paise", "wrong-right"),
        ({"role": "manager", "allowed": False}, "rights[1].limit_paise", "wrong-right"),
        ({}, "rights[1].permission", "wrong-right"),
        ({"role": "owner"}, "", "invalid"),
        ({"limit_paise": -1}, "", "invalid"),
        ({"limit_paise": 10**18}, "", "invalid"),
    ],
)
async def test_what_can_not_be_is_refused_by_its_field(
    desk: Desk, faulty: dict[str, Any], path: str, slug: str
) -> None:
    answer = await put(desk, REFUND, REFUND | faulty)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}"), answer.text
    if path:
        assert [each["path"] for each in answer.json()["errors"]] == [path]
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.rights") == 0


async def test_me_says_what_my_role_may_do(desk: Desk) -> None:
    token = await desk.token("waiter")
    before = (await desk.call("GET", "/api/staff/me", token)).json()["rights"]
    assert {each["permission"] for each in before} == {
        each.name for each in PERMISSIONS.values() if "waiter" in each.given
    }
    await put(desk, REFUND)
    after = (await desk.call("GET", "/api/staff/me", token)).json()["rights"]
    assert {"permission": "refund", "limit_paise": 500_00} in after and len(after) == len(before) + 1
    owner = (await desk.call("GET", "/api/staff/me", await desk.token("owner"))).json()["rights"]
    assert [each["permission"] for each in owner] == list(PERMISSIONS)


async def test_the_guard_follows_it_at_once(desk: Desk) -> None:
    manager, audit = await desk.token("manager"), "/api/staff/audit"
    assert (await desk.call("GET", audit, manager)).status_code == 200
    await put(desk, {"role": "manager", "permission": "see_log", "allowed": False})
    refused = await desk.call("GET", audit, manager)
    assert (refused.status_code, refused.json()["permission"]) == (403, "see_log")
    assert (await desk.call("GET", audit, await desk.token("owner"))).status_code == 200


async def test_another_process_learns_it_by_event_or_poll_under_any_rooms_role(
    desk: Desk, as_room: AsRoom, database: Database
) -> None:
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (2, 'The other house')")
    other = await make_context(await as_room("orders"), desk.ctx.settings)
    rights = other.get(Tokens).rights
    await learn_rights(other.db, other.get(Tokens))
    assert rights.versions == {}
    await put(desk, REFUND)
    assert not rights.of(1, "waiter", "refund").allowed
    await other.get(Revocations).start(other.db, other.get(Tokens))
    await other.get(Revocations).stop()
    assert rights.of(1, "waiter", "refund").limit_paise == 500_00
    assert not rights.of(2, "waiter", "refund").allowed
    await put(desk, REFUND | {"limit_paise": 1}, version=1)
    await learn_rights(other.db, other.get(Tokens))
    assert (rights.versions, rights.of(1, "waiter", "refund").limit_paise) == ({1: 2}, 1)
