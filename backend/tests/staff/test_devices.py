"""Devices over HTTP: shown codes, letting in, PINs that work on them only, and shutting them out."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rasoi.platform import rate_limit
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.problems import TooManyRequests
from rasoi.staff import devices, pairing, service
from rasoi.staff.devices import SelfPairing
from rasoi.staff.schemas import NewPerson
from tests.staff.conftest import PINS, Desk

HEADER = "X-Device-Token"


async def shown_code(desk: Desk) -> Any:
    answer = await desk.client.post("/api/staff/devices/code")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def state_of(desk: Desk, code: Any) -> Any:
    body = {"device_code": code["device_code"]}
    answer = await desk.client.post("/api/staff/devices/token", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def let_in(desk: Desk, typed: str, name: str = "Tablet 1") -> Any:
    return await desk.call("POST", "/api/staff/devices", await desk.manager(), {"code": typed, "name": name})


async def at(desk: Desk, token: str | None) -> Any:
    headers = {HEADER: token} if token is not None else {}
    return await desk.client.get("/api/staff/login/people?build=b1", headers=headers)


async def sign_in(desk: Desk, token: str | None, who: object, pin: str) -> Any:
    headers = {HEADER: token} if token is not None else {}
    body = {"person_id": str(who), "pin": pin}
    return await desk.client.post("/api/staff/login/pin", json=body, headers=headers)


async def listed(desk: Desk) -> list[Any]:
    answer = await desk.call("GET", "/api/staff/devices", await desk.manager())
    return answer.json()["items"]  # type: ignore[no-any-return]


async def test_a_manager_enters_the_code_and_the_device_has_its_token(desk: Desk) -> None:
    code = await shown_code(desk)
    assert await state_of(desk, code) == {"state": "waiting", "token": None}
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.device") == 0, "who asks leaves no row"
    entered = await let_in(desk, code["code"].lower(), "Tandoor screen")
    assert (entered.status_code, entered.json()["state"]) == (201, "waiting")
    paired = await state_of(desk, code)
    assert paired["state"] == "paired"
    [device] = await listed(desk)
    assert (device["name"], device["state"]) == ("Tandoor screen", "paired")
    here = (await at(desk, paired["token"])).json()
    assert (here["name"], here["outlet"]["name"]) == ("Tandoor screen", "Rasoi")
    assert [(each["name"], each["role"]) for each in here["people"]] == [
        ("Chitra", "waiter"),
        ("Dev", "kitchen"),
    ], "owners and managers sign in by password"
    assert (await listed(desk))[0]["build"] == "b1"


async def test_a_lost_answer_is_given_again_to_the_same_device_only(desk: Desk) -> None:
    code = await shown_code(desk)
    await let_in(desk, code["code"])
    first, again = await state_of(desk, code), await state_of(desk, code)
    assert first == again
    assert (first["state"], len(await listed(desk))) == ("paired", 1)
    key = desk.ctx.settings.derived_key("device pairing")
    other = {"device_code": pairing.device_code(key, code["code"], 2_000_000_000)}
    assert (await state_of(desk, other))["state"] == "waiting", "another with this code gets nothing"


async def test_codes_that_nobody_shows_or_that_are_over(desk: Desk) -> None:
    assert (await let_in(desk, "BCD FGH JKL")).json()["type"] == "/problems/unknown-pairing-code"
    code = await shown_code(desk)
    await let_in(desk, code["code"])
    assert (await let_in(desk, code["code"])).status_code == 409
    await desk.ctx.db.execute("UPDATE staff.device SET code_expires_at = now()")
    assert (await state_of(desk, code))["state"] == "waiting"
    assert (await state_of(desk, {"device_code": "x.1.y.z"}))["state"] == "over"


@pytest.mark.parametrize("role", ["waiter", "kitchen"])
async def test_juniors_let_nobody_in(desk: Desk, role: str) -> None:
    code = await shown_code(desk)
    body = {"code": code["code"], "name": "Mine"}
    assert (await desk.call("POST", "/api/staff/devices", await desk.token(role), body)).status_code == 403
    assert (await state_of(desk, code))["state"] == "waiting"


async def test_a_person_and_a_pin_on_a_paired_device(desk: Desk) -> None:
    token, device = await desk.pair()
    answer = await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["person"]["role"] == "waiter"
    stored = await desk.ctx.db.fetchval("SELECT device_id FROM staff.session WHERE device_id IS NOT NULL")
    assert str(stored) == device
    assert (await sign_in(desk, token, desk.ids["kitchen"], PINS["waiter"])).status_code == 401


@pytest.mark.parametrize("role", ["owner", "manager"])
async def test_seniors_do_not_sign_in_by_pin(desk: Desk, role: str) -> None:
    token, _ = await desk.pair()
    assert (await sign_in(desk, token, desk.ids[role], PINS[role])).status_code == 401


async def test_no_pin_without_a_device(desk: Desk) -> None:
    token, _ = await desk.pair()
    for given in (None, "", "rasoi-device-x", token[:-1], token.upper()):
        answer = await sign_in(desk, given, desk.ids["waiter"], PINS["waiter"])
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unknown-device"), given
        assert (await at(desk, given)).status_code == 401
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.sign_in WHERE method = 'pin'") == 0


async def test_five_wrong_pins_slow_that_person_on_that_device_only(desk: Desk) -> None:
    (here, _), (there, _) = await desk.pair(), await desk.pair("Tablet 2")
    waiter, cook = desk.ids["waiter"], desk.ids["kitchen"]
    for _ in range(5):
        assert (await sign_in(desk, here, waiter, "0000")).status_code == 401
    locked = await sign_in(desk, here, waiter, PINS["waiter"])
    assert (locked.status_code, locked.json()["type"]) == (429, "/problems/locked-out")
    assert 29 <= int(locked.headers["retry-after"]) <= 31
    assert (await sign_in(desk, here, cook, PINS["kitchen"])).status_code == 200
    assert (await sign_in(desk, there, waiter, PINS["waiter"])).status_code == 200


async def test_many_guesses_at_once_on_a_device_are_no_better(desk: Desk) -> None:
    token, _ = await desk.pair()
    tries = (sign_in(desk, token, desk.ids["waiter"], f"{n:04}") for n in range(12))
    assert sorted(a.status_code for a in await asyncio.gather(*tries)) == [401] * 5 + [429] * 7


async def test_invented_people_leave_no_row(desk: Desk) -> None:
    token, _ = await desk.pair()
    before = await desk.ctx.db.fetchval("SELECT count(*) FROM staff.login_failure")
    for _ in range(7):
        assert (await sign_in(desk, token, uuid7(), "0000")).status_code == 401
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.login_failure") == before


async def test_a_device_belongs_to_one_outlet(desk: Desk) -> None:
    async with desk.ctx.db.transaction("staff") as tx:
        await service.ensure_outlet(tx, 2, "Elsewhere")
        person = NewPerson(name="Esha", role="waiter", pin="1001")
        theirs = await service.ensure_person(tx, desk.ctx.settings.pin_key, 2, person)
    token, _ = await desk.pair()
    assert str(theirs) not in str((await at(desk, token)).json())
    assert (await sign_in(desk, token, theirs, "1001")).status_code == 401


async def test_a_revoked_device_and_who_is_on_it_are_out_at_once(desk: Desk) -> None:
    (token, device), (other, _) = await desk.pair(), await desk.pair("Tablet 2")
    session = (await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])).json()
    elsewhere = (await sign_in(desk, other, desk.ids["waiter"], PINS["waiter"])).json()
    answer = await desk.call("DELETE", f"/api/staff/devices/{device}", await desk.manager())
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert (await desk.call("GET", "/api/staff/me", session["access_token"])).status_code == 401
    body = {"refresh_token": session["refresh_token"]}
    assert (await desk.client.post("/api/staff/refresh", json=body)).status_code == 401
    assert (await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])).status_code == 401
    assert (await at(desk, token)).status_code == 401
    assert (await desk.call("GET", "/api/staff/me", elsewhere["access_token"])).status_code == 200
    unknown = await desk.call("DELETE", f"/api/staff/devices/{UUID(int=5)}", await desk.manager())
    assert unknown.status_code == 404


async def test_when_it_was_shut_out_stays_said(desk: Desk) -> None:
    _, device = await desk.pair()
    path = f"/api/staff/devices/{device}"
    first, again = [await desk.call("DELETE", path, await desk.manager()) for _ in range(2)]
    assert first.json()["revoked_at"] == again.json()["revoked_at"]


async def test_who_left_or_has_no_pin_is_not_offered(desk: Desk) -> None:
    token, _ = await desk.pair()
    assert [each["name"] for each in (await at(desk, token)).json()["people"]] == ["Chitra", "Dev"]
    await desk.ctx.db.execute("UPDATE staff.person SET active = false WHERE name = 'Chitra'")
    await desk.ctx.db.execute("UPDATE staff.person SET pin_hash = NULL WHERE name = 'Dev'")
    assert (await at(desk, token)).json()["people"] == []


async def test_a_device_stands_where_its_manager_works(desk: Desk) -> None:
    async with desk.ctx.db.transaction("staff") as tx:
        await service.ensure_outlet(tx, 2, "Elsewhere")
    theirs = Principal(kind="staff", id=uuid7(), outlet_id=2, role="manager", session_id=uuid7(), name="Esha")
    code = await shown_code(desk)
    body = {"code": code["code"], "name": "Theirs"}
    token = desk.ctx.get(Tokens).issue(theirs, 60)
    assert (await desk.call("POST", "/api/staff/devices", token, body)).status_code == 201
    assert (await at(desk, (await state_of(desk, code))["token"])).json()["outlet"]["id"] == 2
    assert await listed(desk) == []


async def test_a_device_that_was_let_in_by_mistake_gets_no_token(desk: Desk) -> None:
    code = await shown_code(desk)
    device = (await let_in(desk, code["code"])).json()["id"]
    await desk.call("DELETE", f"/api/staff/devices/{device}", await desk.manager())
    assert (await state_of(desk, code))["state"] == "waiting"


async def test_a_sign_in_under_way_does_not_outlive_a_revocation(desk: Desk) -> None:
    manager = await desk.manager()
    for _ in range(4):
        token, device = await desk.pair()
        answers = await asyncio.gather(
            *(sign_in(desk, token, desk.ids["waiter"], PINS["waiter"]) for _ in range(3)),
            desk.call("DELETE", f"/api/staff/devices/{device}", manager),
        )
        for answer in answers[:3]:
            if answer.status_code == 200:
                given = answer.json()["access_token"]
                assert (await desk.call("GET", "/api/staff/me", given)).status_code == 401
        live = "SELECT count(*) FROM staff.session WHERE device_id = $1 AND revoked_at IS NULL"
        assert await desk.ctx.db.fetchval(live, UUID(device)) == 0


DEMO = SelfPairing(1, (("Chitra", PINS["waiter"]), ("Nobody", "1234")))


@pytest.mark.parametrize(
    ("demo", "host", "lets_in"),
    [(DEMO, "localhost", True), (SelfPairing(), "localhost", False), (DEMO, "rasoi.test", False)],
)
async def test_the_demo_on_its_own_machine_pairs_by_itself(
    desk: Desk, demo: SelfPairing, host: str, lets_in: bool
) -> None:
    desk.ctx.register(demo)
    code = (await desk.client.post("/api/staff/devices/code", headers={"Host": host})).json()
    assert (await state_of(desk, code))["state"] == ("paired" if lets_in else "waiting")


async def test_a_device_is_seen_while_somebody_works_on_it(desk: Desk) -> None:
    (token, used), (_, idle) = await desk.pair(), await desk.pair("Tablet 2")
    session = (await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])).json()
    await desk.ctx.db.execute("UPDATE staff.device SET last_seen = now() - interval '1 hour'")
    before = {each["id"]: each["last_seen"] for each in await listed(desk)}
    body = {"refresh_token": session["refresh_token"]}
    assert (await desk.client.post("/api/staff/refresh", json=body)).status_code == 200
    after = {each["id"]: each["last_seen"] for each in await listed(desk)}
    assert (after[used] > before[used], after[idle] == before[idle]) == (True, True)


async def test_it_is_seen_once_a_minute_and_its_screens_stay_known(desk: Desk) -> None:
    token, _ = await desk.pair()

    async def seen(path: str) -> tuple[Any, Any]:
        await desk.client.get(path, headers={HEADER: token})
        [device] = await listed(desk)
        return device["last_seen"], device["build"]

    first = await seen("/api/staff/login/people?build=b1")
    assert await seen("/api/staff/login/people?build=b1") == first
    assert await seen("/api/staff/login/people") == first
    await desk.ctx.db.execute("UPDATE staff.device SET last_seen = now() - interval '61 s'")
    assert (await seen("/api/staff/login/people"))[1] == "b1"
    assert (await listed(desk))[0]["last_seen"] >= first[0]


async def test_the_demo_pairs_by_itself_only_while_its_pins_work(desk: Desk) -> None:
    desk.ctx.register(DEMO)
    await desk.call("PATCH", f"/api/staff/people/{desk.ids['waiter']}", await desk.manager(), {"pin": "7788"})
    code = (await desk.client.post("/api/staff/devices/code", headers={"Host": "localhost"})).json()
    assert (await state_of(desk, code))["state"] == "waiting"


async def test_codes_are_given_sparingly(desk: Desk) -> None:
    answers = [await desk.client.post("/api/staff/devices/code") for _ in range(31)]
    assert [a.status_code for a in answers] == [200] * 30 + [429]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No minute ends meanwhile."""
    now = time.time()
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: now))


@pytest.mark.usefixtures("still")
async def test_codes_are_typed_and_asked_about_sparingly(desk: Desk) -> None:
    typed = [(await let_in(desk, "BCD FGH JKL")).status_code for _ in range(31)]
    assert typed == [404] * 30 + [429]
    asked = {"device_code": "x.1.y.z"}
    said = [await desk.client.post("/api/staff/devices/token", json=asked) for _ in range(301)]
    assert [each.status_code for each in said] == [200] * 300 + [429]


@pytest.mark.usefixtures("still")
async def test_codes_for_everybody_have_a_limit_too(desk: Desk) -> None:
    for number in range(600):
        await devices.new_code(desk.ctx, f"198.51.{number % 100}.1", at_home=False)
    with pytest.raises(TooManyRequests):
        await devices.new_code(desk.ctx, "203.0.113.1", at_home=False)


async def test_nothing_of_a_device_can_be_read_from_the_database(desk: Desk) -> None:
    token, _ = await desk.pair()
    stored = str(await desk.ctx.db.fetch("SELECT t::text AS line FROM staff.device t"))
    assert token not in stored


async def test_devices_are_audited(desk: Desk) -> None:
    _, device = await desk.pair()
    await desk.call("DELETE", f"/api/staff/devices/{device}", await desk.manager())
    log = (await desk.call("GET", "/api/staff/audit", await desk.manager())).json()["items"]
    assert [(e["actor_name"], e["action"]) for e in log] == [
        ("Binod", "device.revoked"),
        (None, "device.paired"),
        ("Binod", "device.let_in"),
    ]
