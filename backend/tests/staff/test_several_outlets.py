"""People who work in several outlets: one id, a role and a PIN at each, one sign-in, and what ends where."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.platform.auth import Principal, Tokens
from rasoi.staff import repository
from rasoi.staff.api import Revocations
from rasoi.staff.domain import NotYours, PersonRow, require_owner_elsewhere
from tests.staff.conftest import Desk
from tests.staff.test_authenticators import OWN, PASSWORDS, set_up

NEW = {"name": "Bandra", "timezone": "Asia/Kolkata"}


@dataclass
class Chain:
    """Two outlets of Asha's; she is signed in at the first."""

    desk: Desk
    token: str

    async def call(self, method: str, path: str, json: Any = None, token: str = "") -> Any:
        return await self.desk.call(method, path, token or self.token, json)

    async def works(self, who: str, role: str | None, **more: Any) -> Any:
        path = f"/api/staff/people/{self.desk.ids[who]}/outlets/2"
        return await self.call("PUT", path, {"role": role} | more)

    async def switch(self, token: str, outlet_id: int) -> Any:
        return await self.desk.call("POST", "/api/staff/switch", token, {"outlet_id": outlet_id})

    def principal(self, token: str) -> Principal:
        return self.desk.ctx.get(Tokens).read(token)

    async def alive(self, token: str) -> bool:
        await self.desk.ctx.get(Revocations).load(self.desk.ctx.db)
        return bool((await self.desk.call("GET", "/api/staff/me", token)).status_code == 200)


@pytest.fixture
async def chain(desk: Desk) -> Chain:
    token = await desk.token("owner")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    assert (await desk.client.post("/api/outlets", headers=headers, json=NEW)).status_code == 201
    return Chain(desk, token)


async def test_an_owner_goes_on_at_the_other_outlet(chain: Chain) -> None:
    answer = await chain.switch(chain.token, 2)
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert (session["outlet"]["name"], session["person"]["role"]) == ("Bandra", "owner")
    there = chain.principal(session["access_token"])
    assert (there.outlet_id, there.id) == (2, chain.desk.ids["owner"])
    assert not await chain.alive(chain.token), "the session before has ended"
    assert (await chain.call("GET", "/api/staff/outlet", token=session["access_token"])).json()["id"] == 2
    ends = "SELECT expires_at FROM staff.session ORDER BY id DESC LIMIT 2"
    assert len({row[0] for row in await chain.desk.ctx.db.fetch(ends)}) == 1, "switching prolongs nothing"
    row = await chain.desk.ctx.db.fetchrow(
        "SELECT outlet_id, actor_name, detail FROM staff.audit WHERE action = 'session.switched'"
    )
    assert tuple(row) == (2, "Asha", {"from": 1, "to": 2})
    refreshed = await chain.desk.client.post(
        "/api/staff/refresh", json={"refresh_token": session["refresh_token"]}
    )
    assert refreshed.json()["outlet"]["id"] == 2
    back = await chain.switch(refreshed.json()["access_token"], 1)
    assert (back.status_code, back.json()["outlet"]["name"]) == (200, "Rasoi")


async def test_nobody_goes_where_they_do_not_work(chain: Chain) -> None:
    manager = await chain.desk.token("manager")
    for outlet_id in (2, 99):
        refused = await chain.switch(manager, outlet_id)
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/unknown-outlet")
    assert await chain.alive(manager)
    await chain.works("manager", "waiter")
    went = await chain.switch(manager, 2)
    assert went.json()["person"]["role"] == "waiter"
    assert (
        await chain.call("GET", "/api/staff/people", token=went.json()["access_token"])
    ).status_code == 403
    again = await chain.switch(manager, 2)
    assert (again.status_code, again.json()["type"]) == (401, "/problems/unauthenticated"), "an ended session"


async def test_a_session_of_a_paired_device_stays_there(chain: Chain) -> None:
    assert (await chain.works("waiter", "waiter", pin="4444")).status_code == 200
    token = await chain.desk.token("waiter")
    refused = await chain.switch(token, 2)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/at-device")
    assert await chain.alive(token)


async def test_two_switches_at_once_make_one_session(chain: Chain) -> None:
    answers = await asyncio.gather(*(chain.switch(chain.token, 2) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    live = "SELECT count(*) FROM staff.session WHERE person_id = $1 AND revoked_at IS NULL"
    assert await chain.desk.ctx.db.fetchval(live, chain.desk.ids["owner"]) == 1


async def test_an_owner_says_who_works_where(chain: Chain) -> None:
    listed = await chain.works("manager", "owner")
    assert [(one["id"], one["role"]) for one in listed.json()["items"]] == [(1, "manager"), (2, "owner")]
    listed = await chain.works("manager", "waiter")
    assert [(one["id"], one["role"]) for one in listed.json()["items"]] == [(1, "manager"), (2, "waiter")]
    listed = await chain.works("manager", None)
    assert [one["id"] for one in listed.json()["items"]] == [1]
    assert [one["id"] for one in (await chain.works("manager", None)).json()["items"]] == [1]
    sql = "SELECT action FROM staff.audit WHERE outlet_id = 2 AND subject = $1 ORDER BY id"
    rows = await chain.desk.ctx.db.fetch(sql, f"person:{chain.desk.ids['manager']}")
    assert [row["action"] for row in rows] == ["person.added", "person.changed", "person.changed"]
    told = "SELECT data->>'role' AS role FROM staff.outbox WHERE outlet_id = 2 AND subject = $1 ORDER BY id"
    rows = await chain.desk.ctx.db.fetch(told, str(chain.desk.ids["manager"]))
    assert [row["role"] for row in rows] == ["owner", "waiter", "waiter"]


async def test_who_has_no_user_name_needs_a_pin_of_the_outlet(chain: Chain) -> None:
    refused = await chain.works("waiter", "waiter")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no-sign-in")
    assert (await chain.works("waiter", "kitchen", pin="4444")).status_code == 200
    hashes = await chain.desk.ctx.db.fetch(
        "SELECT pin_hash FROM staff.person WHERE id = $1", chain.desk.ids["waiter"]
    )
    assert len({bytes(row[0]) for row in hashes}) == 2
    assert (await chain.works("waiter", None)).status_code == 200
    assert (await chain.works("waiter", "waiter", pin="5555")).status_code == 200


async def test_the_last_owner_of_an_outlet_stays(chain: Chain) -> None:
    for role in ("manager", None):
        refused = await chain.works("owner", role)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-owner")
    await chain.works("manager", "owner")
    assert (await chain.works("owner", None)).status_code == 200
    gone = await chain.works("waiter", "waiter", pin="4444")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-outlet"), "it is not hers now"


async def test_people_of_others_are_not_there(chain: Chain) -> None:
    for person in (uuid4(), UUID(int=0)):
        path = f"/api/staff/people/{person}/outlets"
        assert (await chain.call("GET", path)).status_code == 404
        assert (await chain.call("PUT", f"{path}/2", {"role": "waiter", "pin": "4444"})).status_code == 404
    path = f"/api/staff/people/{chain.desk.ids['waiter']}/outlets"
    assert (await chain.call("PUT", f"{path}/99", {"role": "waiter"})).status_code == 404
    manager = await chain.desk.token("manager")
    assert (await chain.call("GET", path, token=manager)).status_code == 403
    assert (await chain.call("PUT", f"{path}/2", {"role": "waiter"}, token=manager)).status_code == 403


async def test_an_outlet_that_is_not_the_callers_is_not_told_of(chain: Chain) -> None:
    """Asha is an owner at both, Binod at the first only: he does not see that Chitra works at the second."""
    await chain.works("waiter", "waiter", pin="4444")
    await chain.call("PATCH", f"/api/staff/people/{chain.desk.ids['manager']}", {"role": "owner"})
    binod = await chain.desk.token("manager")
    path = f"/api/staff/people/{chain.desk.ids['waiter']}/outlets"
    assert [one["id"] for one in (await chain.call("GET", path, token=binod)).json()["items"]] == [1]
    assert [one["id"] for one in (await chain.call("GET", path)).json()["items"]] == [1, 2]


async def test_leaving_one_outlet_ends_its_sessions_only(chain: Chain) -> None:
    await chain.works("manager", "manager")
    at_first = await chain.desk.token("manager")
    at_second = (await chain.switch(await chain.desk.token("manager"), 2)).json()["access_token"]
    assert (await chain.works("manager", None)).status_code == 200
    assert (await chain.alive(at_first), await chain.alive(at_second)) == (True, False)
    refused = await chain.switch(at_first, 2)
    assert refused.status_code == 404


async def test_a_new_password_ends_all(chain: Chain) -> None:
    await chain.works("manager", "manager")
    at_first = await chain.desk.token("manager")
    at_second = (await chain.switch(await chain.desk.token("manager"), 2)).json()["access_token"]
    path = f"/api/staff/people/{chain.desk.ids['manager']}"
    assert (await chain.call("PATCH", path, {"pin": "8888"})).status_code == 200
    assert (await chain.alive(at_first), await chain.alive(at_second)) == (False, True), (
        "a PIN is the outlet's"
    )
    assert (await chain.call("PATCH", path, {"password": "another password"})).status_code == 200
    assert not await chain.alive(at_second)


async def test_who_left_the_outlet_of_their_user_name_signs_in_at_another(chain: Chain) -> None:
    await chain.works("manager", "manager")
    path = f"/api/staff/people/{chain.desk.ids['manager']}"
    assert (await chain.call("PATCH", path, {"active": False})).status_code == 200
    answer = await chain.desk.password("manager")
    assert (answer.status_code, answer.json()["outlet"]["id"]) == (200, 2)
    assert (await chain.works("manager", None)).status_code == 200
    assert (await chain.desk.password("manager")).status_code == 401


async def test_a_device_of_another_outlet_is_no_fault(chain: Chain) -> None:
    """Whoever signs in by password at a device of another outlet than their own has a session without it."""
    await chain.desk.token("waiter")
    path = f"/api/staff/people/{chain.desk.ids['manager']}"
    await chain.works("manager", "manager")
    await chain.call("PATCH", path, {"active": False})
    body = {"username": "binod", "password": "binod's password"}
    headers = {"X-Device-Token": chain.desk.device}
    answer = await chain.desk.client.post("/api/staff/login", json=body, headers=headers)
    assert (answer.status_code, answer.json()["outlet"]["id"]) == (200, 2), answer.text


async def test_only_an_owner_of_all_changes_how_somebody_signs_in(chain: Chain) -> None:
    """Else a manager of one outlet would come in at another, where he is nobody, by a waiter's new password."""
    body = {"name": "Esha", "role": "waiter", "username": "esha", "password": "esha's password"}
    esha = (await chain.call("POST", "/api/staff/people", body)).json()["id"]
    path = f"/api/staff/people/{esha}"
    manager = await chain.desk.token("manager")
    changes: tuple[dict[str, Any], ...] = ({"password": "stolen password"}, {"username": "esha2"})
    assert (await chain.call("PATCH", path, {"password": "first password"}, token=manager)).status_code == 200
    assert (await chain.call("PUT", f"{path}/outlets/2", {"role": "owner"})).status_code == 200
    for change in changes:
        refused = await chain.call("PATCH", path, change, token=manager)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/owner-only"), change
        assert (await chain.call("PATCH", path, change)).status_code == 200, "hers to change"
    assert (await chain.call("PATCH", path, {"name": "Esha R"}, token=manager)).status_code == 200


async def test_a_password_is_changed_while_somebody_goes_on(chain: Chain) -> None:
    """No session outlives the new password, whichever comes first."""
    await chain.works("manager", "manager")
    path = f"/api/staff/people/{chain.desk.ids['manager']}"
    body = {"username": "binod", "password": "binod's password"}
    for round_ in range(6):
        signed_in = await chain.desk.client.post("/api/staff/login", json=body)
        token = signed_in.json()["access_token"]
        body["password"] = f"password {round_}"
        went, changed = await asyncio.gather(
            chain.switch(token, 2), chain.call("PATCH", path, {"password": body["password"]})
        )
        assert changed.status_code == 200 and went.status_code in (200, 401)
        live = "SELECT count(*) FROM staff.session WHERE person_id = $1 AND revoked_at IS NULL"
        assert await chain.desk.ctx.db.fetchval(live, chain.desk.ids["manager"]) == 0


async def test_going_on_waits_for_a_new_password(chain: Chain) -> None:
    """Also where it stands at neither of the two outlets."""
    person = chain.desk.ids["manager"]
    headers = {"Authorization": f"Bearer {chain.token}", "Idempotency-Key": str(uuid4())}
    third = await chain.desk.client.post("/api/outlets", headers=headers, json={"name": "Third"})
    assert third.json()["id"] == 3
    await chain.works("manager", "manager")
    await chain.call("PUT", f"/api/staff/people/{person}/outlets/3", {"role": "manager"})
    at_second = (await chain.switch(await chain.desk.token("manager"), 2)).json()["access_token"]
    async with chain.desk.ctx.db.transaction("staff") as tx:
        await repository.person(tx, 1, person, "FOR UPDATE")
        going = asyncio.create_task(chain.switch(at_second, 3))
        done, _ = await asyncio.wait({going}, timeout=0.5)
        assert not done
    assert (await going).status_code == 200


async def test_the_app_is_one_at_all_outlets(chain: Chain) -> None:
    """Seen and renewed from the other outlet; asked for where the user name stands."""
    app = await set_up(chain.desk)
    there = (await chain.switch(app.token, 2)).json()["access_token"]
    assert (await chain.call("GET", OWN, token=there)).json()["since"] is not None
    again = await chain.call("POST", OWN, {"password": PASSWORDS["owner"]}, token=there)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/authenticator-in-use")
    renewed = await chain.call("POST", f"{OWN}/recovery-codes", {"password": PASSWORDS["owner"]}, token=there)
    assert renewed.status_code == 200, renewed.text
    code = renewed.json()["recovery_codes"][0]
    assert (await app.sign_in(None)).status_code == 401
    assert (await app.sign_in(code)).status_code == 200


async def test_the_app_of_who_owns_another_outlet_is_not_taken_away(chain: Chain) -> None:
    await set_up(chain.desk, "manager")
    path = f"/api/staff/people/{chain.desk.ids['manager']}/authenticator"
    await chain.works("manager", "owner")
    refused = await chain.call("DELETE", path)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/owner-only"), refused.text
    await chain.works("manager", "manager")
    assert (await chain.call("DELETE", path)).status_code == 204


def test_who_may_change_how_somebody_signs_in() -> None:
    places_of_mine = [(1, "owner", True), (2, "owner", True), (3, "owner", False), (4, "manager", True)]
    actor, person = UUID(int=1), UUID(int=2)

    def rows(who: UUID, *places: tuple[int, str, bool]) -> list[Any]:
        return [
            PersonRow(
                outlet_id=outlet_id,
                id=who,
                name="X",
                username=None,
                password_hash=None,
                pin_hash=None,
                role=role,
                active=active,
                version=1,
                created_at=None,  # type: ignore[arg-type]
            )
            for outlet_id, role, active in places
        ]

    mine = rows(actor, *places_of_mine)
    for outlet_id, active, right in (
        (2, True, True),
        (3, True, False),
        (4, True, False),
        (5, True, False),
        (5, False, True),
    ):
        theirs = rows(person, (1, "waiter", True), (outlet_id, "waiter", active))
        if right:
            require_owner_elsewhere(mine, theirs, 1)
        else:
            with pytest.raises(NotYours):
                require_owner_elsewhere(mine, theirs, 1)
    require_owner_elsewhere(mine, mine, 1)
