"""Authenticator apps over HTTP: setting one up, signing in with it, recovery codes, removing it."""

from __future__ import annotations

import time
from base64 import b32decode
from dataclasses import dataclass
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from rasoi.staff import authenticator_repository, totp
from tests.staff.conftest import PEOPLE, Desk

OWN = "/api/staff/me/authenticator"
PASSWORDS: dict[str, str] = {person.role: person.password or "" for person in PEOPLE}
NAMES: dict[str, str] = {person.role: person.username or "" for person in PEOPLE}
WRONG = "000000"


@dataclass
class App:
    """Somebody's phone: codes that were not given yet."""

    desk: Desk
    role: str
    secret: bytes
    token: str
    codes: list[str]

    async def code(self) -> str:
        """The next code that counts. Time passes for the platform, not for the test."""
        await self.desk.ctx.db.execute("UPDATE staff.authenticator SET last_step = 0")
        return self.now()

    def now(self, off: int = 0) -> str:
        return totp.code_at(self.secret, int(time.time()) // totp.STEP_S + off)

    async def sign_in(self, code: str | None, given: str | None = None) -> Any:
        body = {"username": NAMES[self.role], "password": given or PASSWORDS[self.role]}
        return await self.desk.client.post("/api/staff/login", json=body | ({"code": code} if code else {}))


async def begun(desk: Desk, role: str = "owner") -> tuple[str, bytes]:
    """Who is signed in, and the secret that the QR code showed."""
    token = await desk.token(role)
    answer = await desk.call("POST", OWN, token, {"password": PASSWORDS[role]})
    assert answer.status_code == 200, answer.text
    return token, b32decode(answer.json()["secret"])


async def set_up(desk: Desk, role: str = "owner") -> App:
    token, secret = await begun(desk, role)
    app = App(desk, role, secret, token, [])
    answer = await desk.call("POST", f"{OWN}/confirm", token, {"code": app.now()})
    assert answer.status_code == 200, answer.text
    app.codes = answer.json()["recovery_codes"]
    return app


async def forgiven(desk: Desk) -> None:
    await desk.ctx.db.execute("DELETE FROM staff.login_failure")


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_it_counts_only_once_a_code_has_proven_it(desk: Desk) -> None:
    token, secret = await begun(desk)
    assert (await desk.call("GET", OWN, token)).json() == {"since": None, "recovery_codes_left": 0}
    assert (await desk.password("owner")).status_code == 200, "nothing is asked for yet"
    app = App(desk, "owner", secret, token, [])
    wrong = await desk.call("POST", f"{OWN}/confirm", token, {"code": app.now(-5)})
    assert outcome(wrong) == (403, "wrong-proof")
    codes = (await desk.call("POST", f"{OWN}/confirm", token, {"code": app.now()})).json()["recovery_codes"]
    assert len(codes) == 10
    state = (await desk.call("GET", OWN, token)).json()
    assert state["recovery_codes_left"] == 10 and state["since"] is not None
    assert outcome(await desk.password("owner")) == (401, "code-needed")
    assert (await app.sign_in(await app.code())).status_code == 200


async def test_a_secret_is_shown_to_whoever_gives_the_password(desk: Desk) -> None:
    token = await desk.token("owner")
    assert outcome(await desk.call("POST", OWN, token, {"password": "wrong"})) == (403, "wrong-proof")
    assert outcome(await desk.call("POST", f"{OWN}/confirm", token, {"code": WRONG})) == (
        409,
        "no-authenticator",
    )


async def test_begun_anew_the_first_secret_is_forgotten(desk: Desk) -> None:
    token, first = await begun(desk)
    _, second = await begun(desk)
    assert first != second
    app = App(desk, "owner", first, token, [])
    assert (await desk.call("POST", f"{OWN}/confirm", token, {"code": app.now()})).status_code == 403


async def test_what_is_begun_must_be_proven_soon(desk: Desk) -> None:
    token, secret = await begun(desk)
    await desk.ctx.db.execute("UPDATE staff.authenticator SET created_at = now() - interval '16 minutes'")
    app = App(desk, "owner", secret, token, [])
    late = await desk.call("POST", f"{OWN}/confirm", token, {"code": app.now()})
    assert outcome(late) == (409, "no-authenticator")
    await desk.ctx.db.execute("UPDATE staff.authenticator SET created_at = now() - interval '2 hours'")
    await authenticator_repository.prune(desk.ctx.db)
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.authenticator") == 0


async def test_one_in_use_is_not_replaced(desk: Desk) -> None:
    app = await set_up(desk)
    again = await desk.call("POST", OWN, app.token, {"password": PASSWORDS["owner"]})
    assert outcome(again) == (409, "authenticator-in-use")
    proven = await desk.call("POST", f"{OWN}/confirm", app.token, {"code": app.now(1)})
    assert outcome(proven) == (409, "authenticator-in-use")
    await desk.ctx.db.execute("UPDATE staff.authenticator SET created_at = now() - interval '2 hours'")
    await authenticator_repository.prune(desk.ctx.db)
    assert outcome(await app.sign_in(None)) == (401, "code-needed")
    assert (await app.sign_in(await app.code())).status_code == 200


async def test_a_code_works_once(desk: Desk) -> None:
    app = await set_up(desk)
    assert (await app.sign_in(app.now())).status_code == 401, "the code that proved it is used up"
    code = await app.code()
    assert (await app.sign_in(code)).status_code == 200
    again = await app.sign_in(code)
    assert outcome(again) == (401, "code-needed")
    assert again.json()["detail"] == "That code is wrong, or was used."


async def test_a_recovery_code_works_once_and_the_count_is_told(desk: Desk) -> None:
    app = await set_up(desk)
    assert (await app.sign_in(app.codes[3].lower().replace("-", " "))).status_code == 200
    assert (await app.sign_in(app.codes[3])).status_code == 401
    assert (await desk.call("GET", OWN, app.token)).json()["recovery_codes_left"] == 9
    log = (await desk.call("GET", "/api/staff/audit", app.token)).json()["items"]
    assert [(e["actor_name"], e["action"], e["detail"]) for e in log] == [
        ("Asha", "recovery_code.used", {"left": 9}),
        ("Asha", "authenticator.set_up", {}),
    ]


async def test_recovery_codes_made_anew_end_the_old_ones(desk: Desk) -> None:
    app = await set_up(desk)
    path = f"{OWN}/recovery-codes"
    assert outcome(await desk.call("POST", path, app.token, {"password": "wrong"})) == (403, "wrong-proof")
    made = await desk.call("POST", path, app.token, {"code": await app.code()})
    fresh = made.json()["recovery_codes"]
    assert len(fresh) == 10 and not set(fresh) & set(app.codes)
    assert (await app.sign_in(app.codes[0])).status_code == 401
    assert (await app.sign_in(fresh[0])).status_code == 200


@pytest.mark.parametrize("kind", ["password", "code", "recovery code"])
async def test_removing_it_needs_a_proof(desk: Desk, kind: str) -> None:
    app = await set_up(desk)
    path = f"{OWN}/remove"
    for body in ({"password": "wrong"}, {"code": WRONG}):
        assert outcome(await desk.call("POST", path, app.token, body)) == (403, "wrong-proof")
    for body in ({}, {"password": PASSWORDS["owner"], "code": WRONG}):
        assert (await desk.call("POST", path, app.token, body)).status_code == 422
    assert outcome(await desk.password("owner")) == (401, "code-needed")
    proof = {
        "password": {"password": PASSWORDS["owner"]},
        "code": {"code": await app.code()},
        "recovery code": {"code": app.codes[0]},
    }[kind]
    assert (await desk.call("POST", path, app.token, proof)).status_code == 204
    assert (await desk.password("owner")).status_code == 200
    assert outcome(await desk.call("POST", path, app.token, proof)) == (409, "no-authenticator")


@pytest.mark.parametrize("change", ["set up", "codes", "removed"])
async def test_a_change_ends_the_other_sessions_and_keeps_the_callers(desk: Desk, change: str) -> None:
    other = await desk.token("owner")
    manager = await desk.token("manager")
    app = await set_up(desk)
    if change != "set up":
        other = (await app.sign_in(await app.code())).json()["access_token"]
        path = {"codes": "recovery-codes", "removed": "remove"}[change]
        done = await desk.call("POST", f"{OWN}/{path}", app.token, {"password": PASSWORDS["owner"]})
        assert done.status_code in (200, 204)
    assert (await desk.call("GET", "/api/staff/me", other)).status_code == 401
    assert (await desk.call("GET", "/api/staff/me", app.token)).status_code == 200
    assert (await desk.call("GET", "/api/staff/me", manager)).status_code == 200


async def test_an_owner_removes_a_managers_and_it_ends_the_sessions(desk: Desk) -> None:
    app, owner = await set_up(desk, "manager"), await desk.token("owner")
    people = (await desk.call("GET", "/api/staff/people", owner)).json()["items"]
    assert [p["name"] for p in people if p["has_authenticator"]] == ["Binod"]
    path = f"/api/staff/people/{desk.ids['manager']}/authenticator"
    assert (await desk.call("DELETE", path, owner)).status_code == 204
    assert (await desk.call("GET", "/api/staff/me", app.token)).status_code == 401
    assert (await desk.password("manager")).status_code == 200
    assert outcome(await desk.call("DELETE", path, owner)) == (409, "no-authenticator")
    assert (await desk.call("DELETE", f"/api/staff/people/{uuid7()}/authenticator", owner)).status_code == 404


async def test_with_another_key_the_code_is_just_wrong(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    app = await set_up(desk)
    monkeypatch.setattr("rasoi.settings.derive", lambda *_: "0" * 64)
    for code in (await app.code(), app.codes[0]):
        assert outcome(await app.sign_in(code)) == (401, "code-needed")


UNREADABLE: list[tuple[str, Any]] = [
    ("", {}),
    ("", {"password": ""}),
    ("", {"password": "x" * 129}),
    ("", {"password": "x", "secret": "AAAA"}),
    ("/confirm", {}),
    ("/confirm", {"code": 123456}),
    ("/confirm", {"code": "१२३४५६"}),
    ("/confirm", {"code": "1" * 33}),
    ("/confirm", {"code": "123456\n"}),
    ("/remove", []),
    ("/remove", {"code": "\x00"}),
    ("/remove", {"password": None}),
    ("/recovery-codes", {"proof": "x"}),
]


async def test_unreadable_requests(desk: Desk) -> None:
    token = await desk.token("owner")
    for path, body in UNREADABLE:
        assert (await desk.call("POST", OWN + path, token, body)).status_code in (400, 409, 422), (path, body)


async def test_confirming_is_limited(desk: Desk) -> None:
    token, _ = await begun(desk)
    answers = [await desk.call("POST", f"{OWN}/confirm", token, {"code": WRONG}) for _ in range(11)]
    assert [a.status_code for a in answers] == [403] * 10 + [429]
