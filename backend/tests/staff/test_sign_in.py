"""Signing in, staying signed in, and being signed out, over HTTP."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rasoi.contracts.staff import SessionRevoked
from rasoi.platform.auth import Principal, Tokens
from rasoi.staff import credentials, guessing, handlers
from rasoi.staff.api import Revocations
from tests.staff.conftest import PINS, Desk, make_context


async def test_by_password(desk: Desk) -> None:
    answer = await desk.client.post(
        "/api/staff/login", json={"username": "ASHA", "password": "asha's password"}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body["person"] == {"id": str(desk.ids["owner"]), "name": "Asha", "role": "owner"}
    assert body["outlet"] == {"id": 1, "name": "Rasoi", "timezone": "Asia/Kolkata", "currency": "INR"}
    assert body["expires_in"] == 600
    principal = desk.ctx.get(Tokens).read(body["access_token"])
    assert (principal.role, principal.outlet_id, principal.name) == ("owner", 1, "Asha")
    me = await desk.call("GET", "/api/staff/me", body["access_token"])
    rights = me.json().pop("rights")
    assert me.json() == {"person": body["person"], "outlet": body["outlet"], "rights": rights}
    assert rights


@pytest.mark.parametrize("role", ["waiter", "kitchen"])
async def test_by_pin(desk: Desk, role: str) -> None:
    answer = await desk.pin(PINS[role], role)
    assert answer.status_code == 200
    assert answer.json()["person"]["role"] == role


@pytest.mark.parametrize(
    ("username", "password"), [("asha", "wrong"), ("nobody", "asha's password"), ("chitra", "x")]
)
async def test_a_wrong_password_and_an_unknown_name_look_the_same(
    desk: Desk, username: str, password: str
) -> None:
    answer = await desk.client.post("/api/staff/login", json={"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/sign-in-failed"
    assert answer.json()["detail"] == "The username, the password or the code is wrong or missing."


async def test_an_unknown_name_costs_the_same_work(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    real = credentials._verify

    def verify(hashed: str | None, given: str) -> bool:
        asked.append(hashed)
        return real(hashed, given)

    monkeypatch.setattr(credentials, "_verify", verify)
    for username in ("asha", "nobody"):
        await desk.client.post("/api/staff/login", json={"username": username, "password": "wrong"})
    assert len(asked) == 2
    assert asked[1] is None, "the stand-in's hash is verified instead"


async def failure_rows(desk: Desk) -> int:
    """How many accounts and places have wrong tries, besides the row of unknown names."""
    sql = "SELECT count(*) FROM staff.login_failure WHERE key <> $1"
    return await desk.ctx.db.fetchval(sql, guessing.NOBODY)  # type: ignore[no-any-return]


UNREADABLE: list[tuple[str, Any]] = [
    ("/api/staff/login", {"username": "asha"}),
    ("/api/staff/login", {"username": "asha", "password": 1}),
    ("/api/staff/login", {"username": "asha", "password": "x", "role": "owner"}),
    ("/api/staff/login", {"username": "a" * 65, "password": "x"}),
    ("/api/staff/login", {"username": "asha", "password": "x" * 129}),
    *(
        ("/api/staff/login/pin", {"person_id": str(uuid7()), "pin": pin})
        for pin in ("123", "12345", "123456789", "12a4", 1234, "1234\n", None)
    ),
    ("/api/staff/login/pin", {"pin": "1234"}),
    ("/api/staff/login/pin", {"person_id": 1, "pin": "1234"}),
    ("/api/staff/login/pin", {"person_id": str(uuid7()), "pin": "1234", "outlet_id": 1}),
    ("/api/staff/refresh", {"refresh_token": ""}),
]


async def test_unreadable_requests(desk: Desk) -> None:
    for path, body in UNREADABLE:
        assert (await desk.client.post(path, json=body)).status_code in (400, 422), (path, body)


@pytest.mark.parametrize("username", ["a\x00b", "x'; DROP TABLE staff.person; --", "अशा", "İ"])
async def test_odd_names_are_just_unknown(desk: Desk, username: str) -> None:
    answer = await desk.client.post("/api/staff/login", json={"username": username, "password": "\x00"})
    assert answer.status_code in (401, 422)


async def test_wrong_pins_lock_the_person_out_also_after_a_restart(desk: Desk) -> None:
    for _ in range(5):
        assert (await desk.pin("0000")).status_code == 401
    for pin in ("0000", PINS["waiter"]):
        locked = await desk.pin(pin)
        assert locked.status_code == 429
        assert locked.json()["type"] == "/problems/locked-out"
        assert 29 <= int(locked.headers["retry-after"]) <= 31
    await desk.ctx.db.execute("UPDATE staff.login_failure SET locked_until = now()")
    assert (await desk.pin(PINS["waiter"])).status_code == 200
    assert (await desk.pin("0000")).status_code == 401
    assert int((await desk.pin("0000")).headers["retry-after"]) > 50, "a right PIN forgives nothing"


async def test_many_guesses_at_once_are_no_better(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.pin(f"{n:04}") for n in range(12)))
    assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 7


async def test_many_passwords_at_once_are_no_better(desk: Desk) -> None:
    async def guess(n: int) -> int:
        body = {"username": "asha", "password": f"guess {n}"}
        return (await desk.client.post("/api/staff/login", json=body)).status_code

    assert sorted(await asyncio.gather(*(guess(n) for n in range(9)))) == [401] * 5 + [429] * 4
    body = {"username": "asha", "password": "asha's password"}
    assert (await desk.client.post("/api/staff/login", json=body)).status_code == 429
    other = {"username": "binod", "password": "binod's password"}
    assert (await desk.client.post("/api/staff/login", json=other)).status_code == 200


async def test_a_right_password_forgets_the_wrong_ones(desk: Desk) -> None:
    for _ in range(3):
        for password in ("wrong", "asha's password"):
            await desk.client.post("/api/staff/login", json={"username": "asha", "password": password})
    assert await failure_rows(desk) == 0


async def test_nothing_readable_is_stored(desk: Desk) -> None:
    session = (await desk.pin(PINS["waiter"])).json()
    await desk.pin("0000")
    stored = ""
    for table in ("person", "session", "login_failure", "audit", "outbox"):
        rows = await desk.ctx.db.fetch(f"SELECT t::text AS line FROM staff.{table} t")
        stored += "\n".join(row["line"] for row in rows)
    for secret in (session["refresh_token"], session["access_token"], "asha's password"):
        assert secret not in stored
    hashes = await desk.ctx.db.fetch("SELECT pin_hash FROM staff.person")
    assert all(len(row["pin_hash"]) == 32 for row in hashes)


async def refreshed(desk: Desk, token: str) -> tuple[int, dict[str, str]]:
    answer = await desk.client.post("/api/staff/refresh", json={"refresh_token": token})
    return answer.status_code, answer.json()


async def test_refresh_rotates(desk: Desk) -> None:
    first = (await desk.pin(PINS["waiter"])).json()
    status, second = await refreshed(desk, first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert second["person"] == first["person"]
    status, third = await refreshed(desk, second["refresh_token"])
    assert status == 200
    assert (await desk.call("GET", "/api/staff/me", third["access_token"])).status_code == 200


async def test_an_answer_that_got_lost_may_be_asked_for_again(desk: Desk) -> None:
    first = (await desk.pin(PINS["waiter"])).json()
    answers = await asyncio.gather(*(refreshed(desk, first["refresh_token"]) for _ in range(4)))
    assert {status for status, _ in answers} == {200}
    assert len({body["refresh_token"] for _, body in answers}) == 1


async def test_an_old_refresh_token_ends_the_session(desk: Desk) -> None:
    first = (await desk.pin(PINS["waiter"])).json()
    _, second = await refreshed(desk, first["refresh_token"])
    _, third = await refreshed(desk, second["refresh_token"])
    status, body = await refreshed(desk, first["refresh_token"])
    assert (status, body["type"]) == (401, "/problems/session-ended")
    assert (await refreshed(desk, third["refresh_token"]))[0] == 401
    assert (await desk.call("GET", "/api/staff/me", third["access_token"])).status_code == 401
    assert await revoked_events(desk) == 1


async def test_the_token_before_holds_until_its_successor_is_used(desk: Desk) -> None:
    """A tablet that lost the answer, and the network with it, comes back when it can."""
    first = (await desk.pin(PINS["waiter"])).json()
    _, lost = await refreshed(desk, first["refresh_token"])
    status, found = await refreshed(desk, first["refresh_token"])
    assert (status, found["refresh_token"]) == (200, lost["refresh_token"])
    assert (await refreshed(desk, found["refresh_token"]))[0] == 200
    assert (await refreshed(desk, first["refresh_token"]))[0] == 401
    assert await revoked_events(desk) == 1


async def revoked_events(desk: Desk) -> int:
    sql = "SELECT count(*) FROM staff.outbox WHERE type = $1 AND aggregate_version = 1"
    return await desk.ctx.db.fetchval(sql, SessionRevoked.event_type)  # type: ignore[no-any-return]


async def test_a_made_up_token_does_not_end_somebody_elses_session(desk: Desk) -> None:
    """Who knows the id of a session, as every access token says it, could end it."""
    session = (await desk.pin(PINS["waiter"])).json()
    place = session["refresh_token"].rpartition(".")[0]
    for secret in ("x", "x" * 43, ""):
        assert (await refreshed(desk, f"{place}.{secret}"))[0] in (401, 422)
    assert await revoked_events(desk) == 0
    assert (await refreshed(desk, session["refresh_token"]))[0] == 200


@pytest.mark.parametrize("made", ["unknown session", "no session", "an access token"])
async def test_forged_refresh_tokens(desk: Desk, made: str) -> None:
    session = (await desk.pin(PINS["waiter"])).json()
    forged = {
        "unknown session": credentials.refresh_token(1, uuid7()),
        "no session": "x" * 100,
        "an access token": session["access_token"][:200],
    }[made]
    assert (await refreshed(desk, forged))[0] == 401
    assert (await refreshed(desk, session["refresh_token"]))[0] == 200


async def test_a_session_ends_after_its_time(desk: Desk) -> None:
    first = (await desk.pin(PINS["waiter"])).json()
    await desk.ctx.db.execute("UPDATE staff.session SET expires_at = now() + interval '100 s'")
    _, second = await refreshed(desk, first["refresh_token"])
    assert 98 <= int(second["expires_in"]) <= 100, "no access token outlives its session"
    await desk.ctx.db.execute("UPDATE staff.session SET expires_at = now()")
    assert (await refreshed(desk, second["refresh_token"]))[0] == 401


async def test_sign_out_ends_this_session_in_every_process(desk: Desk) -> None:
    here, there = (await desk.pin(PINS["waiter"])).json(), (await desk.pin(PINS["waiter"])).json()
    other = await make_context(desk.ctx.db, desk.ctx.settings)
    assert (await desk.call("POST", "/api/staff/logout", here["access_token"])).status_code == 204
    assert (await desk.call("GET", "/api/staff/me", here["access_token"])).status_code == 401
    assert (await refreshed(desk, here["refresh_token"]))[0] == 401
    assert (await desk.call("GET", "/api/staff/me", there["access_token"])).status_code == 200
    await handlers.start(other)
    ended = UUID(here["refresh_token"].split(".")[1])
    assert other.get(Revocations).is_revoked(ended)
    assert await revoked_events(desk) == 1
    await handlers.stop(other)


async def test_the_event_ends_a_session_in_another_process(desk: Desk) -> None:
    other = await make_context(desk.ctx.db, desk.ctx.settings)
    session = uuid7()
    await handlers.session_revoked(other, None, SessionRevoked(session_id=session))  # type: ignore[arg-type]
    assert other.get(Revocations).is_revoked(session)


async def test_a_guest_is_not_staff(desk: Desk) -> None:
    guest = Principal(kind="guest", id=uuid7(), outlet_id=1, role="guest", session_id=uuid7())
    token = desk.ctx.get(Tokens).issue(guest, 60)
    for method, path in (
        ("GET", "me"),
        ("POST", "logout"),
        ("GET", "people"),
        ("GET", "outlet"),
        ("GET", "audit"),
    ):
        assert (await desk.call(method, f"/api/staff/{path}", token)).status_code == 403


async def test_old_sign_ins_are_dropped(desk: Desk) -> None:
    for _ in range(2):
        await desk.pin(PINS["waiter"])
    await desk.pin("0000")
    await desk.ctx.db.execute(
        """UPDATE staff.session SET expires_at = now() - interval '8 days'
        WHERE id = (SELECT min(id::text)::uuid FROM staff.session WHERE device_id IS NOT NULL)"""
    )
    await handlers.prune(desk.ctx)
    left = "SELECT count(*) FROM staff.session WHERE device_id IS NOT NULL"
    assert await desk.ctx.db.fetchval(left) == 1
    assert await failure_rows(desk) == 1
