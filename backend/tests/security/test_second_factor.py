"""Attacks on the second factor: guessing, using twice, getting around it, reading it from the database."""

from __future__ import annotations

import asyncio

import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Principal, Tokens
from rasoi.staff import service, totp
from rasoi.staff.schemas import NewPerson
from tests.staff import conftest
from tests.staff.conftest import Desk
from tests.staff.test_authenticators import OWN, WRONG, forgiven, outcome, set_up
from tests.staff.test_guessing import RIGHT, password

ctx, desk = conftest.ctx, conftest.desk


@pytest.mark.parametrize("kind", ["code", "recovery code"])
async def test_a_code_works_once_also_at_the_same_moment(desk: Desk, kind: str) -> None:
    app = await set_up(desk)
    for n in range(3):
        await forgiven(desk)
        code = app.codes[n] if kind == "recovery code" else await app.code()
        answers = await asyncio.gather(*(app.sign_in(code) for _ in range(4)))
        assert sorted(a.status_code for a in answers) == [200, 401, 401, 401]


async def test_a_wrong_code_with_the_right_password_opens_nothing(desk: Desk) -> None:
    app = await set_up(desk)
    before = await desk.ctx.db.fetchval("SELECT count(*) FROM staff.session")
    for code in (None, WRONG, app.now(-4), app.now(4), "ABCD-EFGH-JKLM", "12345", "1234567"):
        await forgiven(desk)
        assert (await app.sign_in(code)).status_code == 401, code
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.session") == before


async def test_a_right_code_with_a_wrong_password_is_not_used_up(desk: Desk) -> None:
    app = await set_up(desk)
    code = await app.code()
    for given in (code, app.codes[0]):
        assert outcome(await app.sign_in(given, "wrong")) == (401, "sign-in-failed")
    assert (await app.sign_in(code)).status_code == 200
    assert (await desk.call("GET", OWN, app.token)).json()["recovery_codes_left"] == 10


async def test_wrong_proofs_count_as_wrong_sign_ins_do(desk: Desk) -> None:
    app = await set_up(desk)
    answers = [await desk.call("POST", f"{OWN}/remove", app.token, {"code": WRONG}) for _ in range(6)]
    assert [a.status_code for a in answers] == [403] * 5 + [429]
    assert (await app.sign_in(await app.code())).status_code == 429
    items = (await desk.call("GET", "/api/staff/sign-ins", app.token)).json()["items"]
    assert [i["outcome"] for i in items] == ["locked out", *["failed"] * 4, "ok"]


async def test_wrong_codes_count_as_wrong_passwords_do(desk: Desk) -> None:
    app = await set_up(desk)
    assert [(await app.sign_in(f"{n:06}")).status_code for n in range(6)] == [401] * 5 + [429]
    locked = await app.sign_in(await app.code())
    assert outcome(locked) == (429, "locked-out")
    await forgiven(desk)
    for _ in range(3):
        assert (await app.sign_in(None)).status_code == 401
        assert (await app.sign_in(await app.code())).status_code == 200, "the right one forgives"


async def test_many_codes_at_once_are_no_better(desk: Desk) -> None:
    app = await set_up(desk)
    answers = await asyncio.gather(*(app.sign_in(f"{n:06}") for n in range(9)))
    assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 4


async def test_a_stranger_learns_nothing_of_a_right_password(desk: Desk) -> None:
    app = await set_up(desk)
    told = set()
    bodies: list[dict[str, str]] = [
        RIGHT,
        RIGHT | {"code": WRONG},
        RIGHT | {"password": "wrong"},
        RIGHT | {"password": "wrong", "code": await app.code()},
        {"username": "nobody", "password": "wrong"},
        {"username": "nobody", "password": "wrong", "code": WRONG},
    ]
    for n, body in enumerate(bodies):
        answer = await password(desk, f"203.0.113.{n}", body)
        told.add(
            (answer.status_code, answer.text.replace(answer.json()["instance"], ""), len(answer.headers))
        )
    assert len(told) == 1 and told.pop()[0] == 401
    items = (await desk.call("GET", "/api/staff/sign-ins", app.token)).json()["items"]
    assert [i["outcome"] for i in items] == [*["failed"] * 4, "ok"]
    right = await password(desk, "203.0.113.99", RIGHT | {"code": await app.code()})
    assert right.status_code == 200
    known = await password(desk, "203.0.113.99", RIGHT)
    assert outcome(known) == (401, "code-needed"), "where the owner was before, the step is named"


async def test_nobody_removes_an_owners(desk: Desk) -> None:
    await set_up(desk)
    async with desk.ctx.db.transaction("staff") as tx:
        new = NewPerson(name="Esha", role="owner", username="esha", password="esha's password")
        await service.ensure_person(tx, desk.ctx.settings.pin_key, 1, new)
    body = {"username": "esha", "password": "esha's password"}
    other = (await desk.client.post("/api/staff/login", json=body)).json()["access_token"]
    path = f"/api/staff/people/{desk.ids['owner']}/authenticator"
    for token in (other, await desk.token("manager")):
        assert outcome(await desk.call("DELETE", path, token)) == (403, "owner-only")
    assert outcome(await desk.password("owner")) == (401, "code-needed")


async def test_a_manager_removes_no_managers(desk: Desk) -> None:
    app = await set_up(desk, "manager")
    path = f"/api/staff/people/{desk.ids['manager']}/authenticator"
    assert outcome(await desk.call("DELETE", path, app.token)) == (403, "owner-only")


async def test_another_password_does_not_get_around_it(desk: Desk) -> None:
    """An owner who gives a manager a new password does not sign in as them."""
    await set_up(desk, "manager")
    path = f"/api/staff/people/{desk.ids['manager']}"
    changed = await desk.call("PATCH", path, await desk.token("owner"), {"password": "another password"})
    assert changed.status_code == 200 and changed.json()["has_authenticator"] is True
    body = {"username": "binod", "password": "another password"}
    assert outcome(await desk.client.post("/api/staff/login", json=body)) == (401, "code-needed")


async def test_nothing_readable_is_stored(desk: Desk) -> None:
    app = await set_up(desk)
    stored = ""
    for table in ("authenticator", "audit", "outbox", "sign_in"):
        rows = await desk.ctx.db.fetch(f"SELECT t::text AS line FROM staff.{table} t")
        stored += "\n".join(row["line"] for row in rows).lower()
    assert app.secret.hex() not in stored and totp.secret_text(app.secret).lower() not in stored
    for code in app.codes:
        assert totp.plain(code).lower() not in stored and totp.plain(code).encode().hex() not in stored


async def test_another_persons_secret_is_worth_nothing(desk: Desk) -> None:
    """Whoever writes to the database can't put the row of an app of their own in place of the owner's."""
    manager = await set_up(desk, "manager")
    owner = await set_up(desk)
    sql = """UPDATE staff.authenticator SET (secret, recovery_hashes) = (SELECT secret, recovery_hashes
      FROM staff.authenticator WHERE person_id = $1) WHERE person_id = $2"""
    await desk.ctx.db.execute(sql, desk.ids["manager"], desk.ids["owner"])
    for code in (await manager.code(), manager.codes[0]):
        assert (await owner.sign_in(code)).status_code == 401


async def test_who_left_changes_nothing(desk: Desk) -> None:
    """A token lives a little longer than the person's rights."""
    app = await set_up(desk)
    stranger = Principal(kind="staff", id=uuid7(), outlet_id=1, role="owner", session_id=uuid7(), name="T")
    token = desk.ctx.get(Tokens).issue(stranger, 60)
    for path, body in (("", {"password": "x"}), ("/confirm", {"code": WRONG})):
        assert (await desk.call("POST", OWN + path, token, body)).status_code == 401
    for path in ("/recovery-codes", "/remove"):
        assert (await desk.call("POST", OWN + path, token, {"code": app.codes[0]})).status_code == 409
