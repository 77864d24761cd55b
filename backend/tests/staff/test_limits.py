"""How often somebody may try to sign in, for how long an ended session is remembered, and what is counted of it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from rasoi import staff
from rasoi.platform import http
from rasoi.platform.context import Context
from rasoi.staff import api, handlers, repository
from rasoi.staff.api import Revocations
from rasoi.staff.domain import ACCESS_S
from tests.staff.conftest import PINS, Desk, make_context


class CountingRedis:
    """As much of Redis as a rate limit uses; nothing expires within a test."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def pipeline(self, transaction: bool) -> CountingRedis:
        return self

    async def __aenter__(self) -> CountingRedis:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def incr(self, name: str) -> CountingRedis:
        name = name.rpartition(":")[0]  # the window may turn over in the middle of a test
        self.counts[name] = self.counts.get(name, 0) + 1
        self.now = self.counts[name]
        return self

    def expire(self, name: str, seconds: int) -> CountingRedis:
        return self

    async def execute(self) -> tuple[int, bool]:
        return self.now, True


async def test_sixty_passwords_a_minute_and_not_one_more(desk: Desk) -> None:
    desk.ctx.redis = CountingRedis()
    body = {"username": "x", "password": "x"}
    answers = [
        await desk.client.post("/api/staff/login", json=body | {"username": f"u{n}"}) for n in range(61)
    ]
    assert [a.status_code for a in answers] == [401] * 60 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    desk.ctx.redis = None
    right = {"username": "asha", "password": "asha's password"}
    assert (await desk.client.post("/api/staff/login", json=right)).status_code == 200


def client_at(ctx: Context, address: str) -> httpx.AsyncClient:
    app = http.application(ctx, staff.ROOM.routes, version="0")
    transport = httpx.ASGITransport(app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://rasoi.test")


async def test_no_pin_falls_to_many_addresses(desk: Desk) -> None:
    """Without a device even the right PINs open nothing, they look as the wrong ones, and nobody is slowed by the tries."""
    answers = []
    for n, (role, pin) in enumerate([*PINS.items(), ("waiter", "0000")] * 20):
        async with client_at(desk.ctx, f"127.0.{n // 250}.{n % 250 + 1}") as client:
            alone = await client.post("/api/staff/login/pin", json={"pin": pin})
            assert alone.status_code == 422, "a PIN alone identifies nobody"
            for headers in ({}, {"X-Device-Token": f"rasoi-device-{n:043}"}):
                body = {"person_id": str(desk.ids[role]), "pin": pin}
                answers.append(await client.post("/api/staff/login/pin", json=body, headers=headers))
    told = {(a.status_code, a.json()["type"], a.json()["detail"]) for a in answers}
    assert told == {(401, "/problems/unknown-device", "This device is not paired, or no longer.")}
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.session") == 0
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM staff.sign_in WHERE method = 'pin'") == 0
    assert (await desk.pin(PINS["waiter"])).status_code == 200
    assert (await desk.pin(PINS["kitchen"], "kitchen")).status_code == 200


async def test_a_locked_try_does_not_prolong_the_lock(desk: Desk) -> None:
    for _ in range(5):
        await desk.pin("0000")
    sql = "SELECT failures, locked_until FROM staff.login_failure ORDER BY last_at DESC LIMIT 1"
    before = await desk.ctx.db.fetchrow(sql)
    assert (await desk.pin("0000")).status_code == 429
    assert await desk.ctx.db.fetchrow(sql) == before


async def test_an_ended_session_is_remembered_as_long_as_its_tokens_live(desk: Desk) -> None:
    """Revoked a little less than a token's life ago: still refused by a process that starts now. Long ago: forgotten."""
    sessions = [(await desk.pin(PINS["waiter"])).json() for _ in range(3)]
    ids = [UUID(session["refresh_token"].split(".")[1]) for session in sessions]
    for session_id, seconds in zip(ids[:2], (ACCESS_S - 5, ACCESS_S + 3600), strict=True):
        await desk.ctx.db.execute(
            """UPDATE staff.session SET revoked_for = 'logout', revoked_at = now() - make_interval(secs => $2)
            WHERE id = $1""",
            session_id,
            seconds,
        )
    other = await make_context(desk.ctx.db, desk.ctx.settings)
    await handlers.start(other)
    known = [other.get(Revocations).is_revoked(session_id) for session_id in ids]
    await handlers.stop(other)
    assert known == [True, False, False]


async def test_what_was_learned_is_forgotten_only_when_no_token_can_be_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    revocations, session_id, now = Revocations(), uuid7(), [1000.0]
    monkeypatch.setattr("rasoi.staff.api.time.monotonic", lambda: now[0])
    revocations.add(session_id)
    for seconds, remembered in ((ACCESS_S, True), (api.REMEMBER_S - ACCESS_S + 1, False)):
        now[0] += seconds
        revocations.add(
            session_id
        ) if remembered else None  # hearing of it again is no reason to keep it longer
        await revocations.load(desk.ctx.db)
        assert revocations.is_revoked(session_id) is remembered


async def test_the_poll_learns_what_no_event_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "POLL_S", 0.01)
    other = await make_context(desk.ctx.db, desk.ctx.settings)
    await handlers.start(other)
    session = (await desk.pin(PINS["waiter"])).json()
    session_id = UUID(session["refresh_token"].split(".")[1])
    real, failures = repository.revoked_sessions, [OSError("the database is away")]

    async def unsteady(conn: Any, seconds: int) -> list[UUID]:
        if failures:
            raise failures.pop()
        return await real(conn, seconds)

    monkeypatch.setattr(repository, "revoked_sessions", unsteady)
    await desk.call("POST", "/api/staff/logout", session["access_token"])
    for _ in range(200):
        if other.get(Revocations).is_revoked(session_id):
            break
        await asyncio.sleep(0.02)
    await handlers.stop(other)
    assert other.get(Revocations).is_revoked(session_id)
    assert not failures


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


OUTCOMES = ("ok", "failed", "locked out", "error")


@pytest.mark.parametrize("method", ["pin", "password"])
async def test_sign_ins_and_lock_outs_are_counted(
    desk: Desk, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> dict[str, float]:
        found = {o: counted("rasoi_sign_ins_total", method=method, outcome=o) for o in OUTCOMES}
        return found | {"lock-outs": counted("rasoi_sign_in_lockouts_total", method=method)}

    async def sign_in(right: bool) -> int:
        if method == "pin":
            return int((await desk.pin(PINS["waiter"] if right else "0000")).status_code)
        body = {"username": "asha", "password": "asha's password" if right else "wrong"}
        return (await desk.client.post("/api/staff/login", json=body)).status_code

    before = state()
    assert [await sign_in(True)] + [await sign_in(False) for _ in range(5)] == [200] + [401] * 5
    assert await sign_in(True) == 429
    await desk.ctx.db.execute("DELETE FROM staff.login_failure")

    async def broken(*_: object) -> None:
        raise OSError("planted")

    monkeypatch.setattr(repository, "lock_failures", broken)
    assert await sign_in(True) == 500
    moved = {name: value - before[name] for name, value in state().items()}
    assert moved == {"ok": 1, "failed": 5, "locked out": 1, "error": 1, "lock-outs": 1}
