"""Passkeys over HTTP: made by a manager, used to sign in, removed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from rasoi.staff import commands, passkey_repository, passkeys, repository, service
from tests.passkeys import Authenticator
from tests.staff.conftest import Desk
from tests.staff.test_authenticators import PASSWORDS, outcome, set_up

OWN, LOGIN = "/api/staff/me/passkeys", "/api/staff/login/passkey"
PAGE = {"Origin": "https://rasoi.test"}


async def ask(desk: Desk, path: str, body: Any = None, token: str = "", page: dict[str, str] = PAGE) -> Any:
    signed_in = {"Authorization": f"Bearer {token}"} if token else {}
    return await desk.client.post(path, json=body, headers=signed_in | page)


async def begun(desk: Desk, token: str, role: str = "owner") -> dict[str, Any]:
    answer = await ask(desk, f"{OWN}/challenge", {"password": PASSWORDS[role]}, token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def made(desk: Desk, token: str, role: str = "owner", **more: Any) -> Authenticator:
    device = Authenticator(**more)
    answer = await ask(desk, OWN, device.make(await begun(desk, token, role)), token)
    assert answer.status_code == 201, answer.text
    return device


async def challenge(desk: Desk) -> dict[str, Any]:
    answer = await ask(desk, f"{LOGIN}/challenge")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def sign_in(desk: Desk, device: Authenticator) -> Any:
    return await ask(desk, LOGIN, device.sign(await challenge(desk)))


async def names(desk: Desk, token: str) -> list[str]:
    return [each["name"] for each in (await desk.call("GET", OWN, token)).json()["items"]]


async def test_made_used_and_removed(desk: Desk) -> None:
    token = await desk.token("owner")
    device = await made(desk, token)
    answer = await sign_in(desk, device)
    assert answer.status_code == 200, answer.text
    assert answer.json()["person"]["name"] == "Asha"
    assert (await sign_in(desk, device)).status_code == 200, "as often as one likes"
    [shown] = (await desk.call("GET", OWN, token)).json()["items"]
    assert shown["name"] == "Laptop" and shown["last_used_at"] is not None
    people = (await desk.call("GET", "/api/staff/people", token)).json()["items"]
    assert {p["name"]: p["passkeys"] for p in people} == {"Asha": 1, "Binod": 0, "Chitra": 0, "Dev": 0}
    items = (await desk.call("GET", "/api/staff/sign-ins", token)).json()["items"]
    assert [(i["person_name"], i["method"], i["outcome"]) for i in items[:2]] == [
        ("Asha", "passkey", "ok")
    ] * 2
    assert (await desk.call("DELETE", f"{OWN}/{shown['id']}", token)).status_code == 204
    assert outcome(await sign_in(desk, device)) == (401, "sign-in-failed")
    assert (await desk.call("DELETE", f"{OWN}/{shown['id']}", token)).status_code == 404
    log = (await desk.call("GET", "/api/staff/audit", token)).json()["items"]
    assert [e["action"] for e in log] == ["passkey.removed", "passkey.made"]


async def test_it_stands_for_password_and_code(desk: Desk) -> None:
    app = await set_up(desk)
    device = await made(desk, app.token)
    assert (await sign_in(desk, device)).status_code == 200


async def test_devices_that_do_not_count(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"), step=0)
    assert [(await sign_in(desk, device)).status_code for _ in range(2)] == [200, 200]


async def test_making_one_needs_a_proof(desk: Desk) -> None:
    token = await desk.token("owner")
    refused = await ask(desk, f"{OWN}/challenge", {"password": "wrong"}, token)
    assert outcome(refused) == (403, "wrong-proof")
    app = await set_up(desk)
    right = await ask(desk, f"{OWN}/challenge", {"code": app.codes[0]}, app.token)
    assert right.status_code == 200


async def test_known_ones_are_told_so_that_none_is_made_twice(desk: Desk) -> None:
    token = await desk.token("owner")
    device = await made(desk, token)
    options = await begun(desk, token)
    assert options["known"] == [device.make(options)["credential_id"]]
    again = await ask(desk, OWN, device.make(options), token)
    assert outcome(again) == (409, "taken")


async def test_ten_are_enough(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "MOST", 2)
    token = await desk.token("owner")
    options = await begun(desk, token)
    for _ in range(2):
        await made(desk, token)
    answer = await ask(desk, f"{OWN}/challenge", {"password": PASSWORDS["owner"]}, token)
    assert outcome(answer) == (409, "too-many-passkeys")
    assert outcome(await ask(desk, OWN, Authenticator().make(options), token)) == (409, "too-many-passkeys")
    assert len(await names(desk, token)) == 2


@pytest.mark.parametrize("change", ["made", "removed"])
async def test_a_change_ends_the_other_sessions_and_keeps_the_callers(desk: Desk, change: str) -> None:
    token, other = await desk.token("owner"), await desk.token("owner")
    device = await made(desk, token)
    if change == "removed":
        other = (await sign_in(desk, device)).json()["access_token"]
        [shown] = (await desk.call("GET", OWN, token)).json()["items"]
        assert (await desk.call("DELETE", f"{OWN}/{shown['id']}", token)).status_code == 204
    assert (await desk.call("GET", "/api/staff/me", other)).status_code == 401
    assert (await desk.call("GET", "/api/staff/me", token)).status_code == 200


async def test_an_owner_removes_a_managers_and_nobody_an_owners(desk: Desk) -> None:
    manager, owner = await desk.token("manager"), await desk.token("owner")
    theirs, own = await made(desk, manager, "manager"), await made(desk, owner)
    for token, who in ((manager, "owner"), (manager, "manager"), (owner, "owner")):
        path = f"/api/staff/people/{desk.ids[who]}/passkeys"
        assert outcome(await desk.call("DELETE", path, token)) == (403, "owner-only")
    path = f"/api/staff/people/{desk.ids['manager']}/passkeys"
    assert (await desk.call("DELETE", path, owner)).status_code == 204
    assert (await desk.call("GET", "/api/staff/me", manager)).status_code == 401
    assert [(await sign_in(desk, each)).status_code for each in (theirs, own)] == [401, 200]
    assert (await desk.call("DELETE", path, owner)).status_code == 404
    assert (await desk.call("DELETE", f"/api/staff/people/{uuid4()}/passkeys", owner)).status_code == 404


async def test_a_password_that_the_machine_gives_ends_the_passkeys(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"))
    await commands.reset_password(desk.ctx.db, "asha", "another password")
    assert (await sign_in(desk, device)).status_code == 401


@pytest.mark.parametrize("page", [{}, {"Origin": "http://rasoi.test"}, {"Origin": "https://evil.example"}])
async def test_no_passkeys_without_a_secure_page_of_ours(desk: Desk, page: dict[str, str]) -> None:
    token = await desk.token("owner")
    device = await made(desk, token)
    options, login = await begun(desk, token), await challenge(desk)
    for path, body, by in (
        (f"{LOGIN}/challenge", None, ""),
        (LOGIN, device.sign(login), ""),
        (f"{OWN}/challenge", {"password": PASSWORDS["owner"]}, token),
        (OWN, Authenticator().make(options), token),
    ):
        assert (await ask(desk, path, body, by, page)).status_code in (403, 422), path


async def test_used_challenges_are_forgotten_when_they_are_over(desk: Desk) -> None:
    device = await made(desk, await desk.token("owner"))
    await sign_in(desk, device)
    count = "SELECT count(*) FROM staff.used_challenge"
    await passkey_repository.prune(desk.ctx.db)
    assert await desk.ctx.db.fetchval(count) == 2
    await desk.ctx.db.execute("UPDATE staff.used_challenge SET expires_at = now() - interval '2 hours'")
    await passkey_repository.prune(desk.ctx.db)
    assert await desk.ctx.db.fetchval(count) == 0


async def test_they_go_with_the_user_name_wherever_their_owner_is_signed_in(desk: Desk) -> None:
    token = await desk.token("owner")
    async with desk.ctx.db.transaction("staff") as tx:
        await service.ensure_outlet(tx, 2, "Elsewhere")
        home = await repository.person(tx, 1, desk.ids["owner"])
        assert home is not None
        await service.add_elsewhere(tx, home, 2, "owner")
    there = (await desk.call("POST", "/api/staff/switch", token, {"outlet_id": 2})).json()["access_token"]
    device = await made(desk, there)
    assert await names(desk, there) == ["Laptop"]
    answer = await sign_in(desk, device)
    assert (answer.status_code, answer.json()["outlet"]["id"]) == (200, 1)
    await desk.ctx.db.execute("UPDATE staff.person SET active = false WHERE outlet_id = 1 AND role = 'owner'")
    assert (await sign_in(desk, device)).json()["outlet"]["id"] == 2
    [shown] = (await desk.call("GET", OWN, there)).json()["items"]
    assert (await desk.call("DELETE", f"{OWN}/{shown['id']}", there)).status_code == 204
    assert (await sign_in(desk, device)).status_code == 401
