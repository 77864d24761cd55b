"""Tokens of integrations: shown once, for what they are for, until they end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis

from rasoi.platform import auth, rate_limit
from rasoi.platform.auth import AuthMiddleware, Tokens
from rasoi.platform.context import Context
from rasoi.platform.problems import Unauthenticated
from rasoi.staff import repository, service_tokens
from rasoi.staff.api import Revocations
from tests.conftest import AsRoom
from tests.staff.conftest import Desk, make_context

PATH = "/api/staff/service-tokens"
NEW = {"name": "Accounts", "scopes": ["reports:read", "menu:read", "menu:read"]}


async def made(desk: Desk, **changes: Any) -> dict[str, Any]:
    answer = await desk.call("POST", PATH, await desk.manager(), NEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def poll(desk: Desk) -> None:
    await desk.ctx.get(Revocations).start(desk.ctx.db, desk.ctx.get(Tokens))
    await desk.ctx.get(Revocations).stop()


async def test_a_token_is_shown_once_and_kept_as_a_hash(desk: Desk) -> None:
    token = await made(desk)
    assert token["token"].startswith("rasoi_")
    assert token["scopes"] == ["menu:read", "reports:read"]
    left = datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)
    [listed] = (await desk.call("GET", PATH, await desk.manager())).json()["items"]
    assert listed == {name: value for name, value in token.items() if name != "token"}
    for table in ("service_token", "audit", "outbox"):
        rows = await desk.ctx.db.fetch(f"SELECT to_jsonb(t)::text AS text FROM staff.{table} t")
        assert not any(token["token"] in row["text"] for row in rows), table
    sql = "SELECT action, subject, actor_id FROM staff.audit WHERE action LIKE 'service%'"
    [kept] = await desk.ctx.db.fetch(sql)
    assert tuple(kept.values()) == (
        "service_token.made",
        f"service_token:{token['id']}",
        desk.ids["manager"],
    )


async def test_it_says_who_calls_and_for_what(desk: Desk) -> None:
    token = await made(desk)
    principal = desk.ctx.get(Tokens).read_service(token["token"])
    assert (principal.kind, principal.role, principal.outlet_id) == ("service", "service", 1)
    assert (str(principal.id), principal.name) == (token["id"], "Accounts")
    assert principal.scopes == ("menu:read", "reports:read")


async def test_it_is_listed_with_its_last_use(desk: Desk) -> None:
    async def last() -> str | None:
        await poll(desk)
        [listed] = (await desk.call("GET", PATH, await desk.manager())).json()["items"]
        return listed["last_used_at"]  # type: ignore[no-any-return]

    token = (await made(desk))["token"]
    assert await last() is None
    await desk.call("GET", PATH, token)
    first = await last()
    assert datetime.now(UTC) - datetime.fromisoformat(first or "") < timedelta(seconds=30)
    await desk.call("GET", PATH, token)
    assert await last() == first, "it is kept to the minute"
    await desk.ctx.db.execute("UPDATE staff.service_token SET last_used_at = now() - interval '61 s'")
    idle = await last()
    await desk.call("GET", PATH, token)
    assert (await last() or "") > (idle or ""), "and only when it is used"


async def test_it_is_no_sign_in(desk: Desk) -> None:
    """Sockets, refreshing and a person's own routes know sign-ins only."""
    token = (await made(desk))["token"]
    with pytest.raises(Unauthenticated):
        desk.ctx.get(Tokens).read(token)
    assert (await desk.call("GET", "/api/staff/me", token)).status_code == 403
    assert (await desk.call("POST", PATH, token, NEW)).status_code == 403, "it makes no other"


async def test_revoked_it_is_refused_at_once_here_and_elsewhere(desk: Desk, as_room: AsRoom) -> None:
    token = await made(desk)
    elsewhere = await make_context(await as_room("reports"), desk.ctx.settings)
    revocations, tokens = elsewhere.get(Revocations), elsewhere.get(Tokens)
    await revocations.start(elsewhere.db, tokens)
    await revocations.stop()
    assert tokens.read_service(token["token"]).name == "Accounts"
    path = f"{PATH}/{token['id']}"
    revoked = await desk.call("DELETE", path, await desk.manager())
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] is not None
    assert (await desk.call("GET", PATH, token["token"])).status_code == 401
    assert (await desk.call("DELETE", path, await desk.manager())).status_code == 404
    sql = "SELECT count(*) FROM staff.outbox WHERE type = 'rasoi.staff.session_revoked.v1' AND subject = $1"
    assert await desk.ctx.db.fetchval(sql, token["id"]) == 1, "every process is told"
    await revocations.load(elsewhere.db)
    with pytest.raises(Unauthenticated):
        tokens.read_service(token["token"])
    assert await repository.service_principals(desk.ctx.db) == {}, (
        "nor does a process that starts now know it"
    )


async def test_it_ends_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await made(desk, days=1)
    until = desk.ctx.get(Tokens).read_service(token["token"]).expires

    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: until))
    with pytest.raises(Unauthenticated):
        desk.ctx.get(Tokens).read_service(token["token"])
    await desk.ctx.db.execute("UPDATE staff.service_token SET expires_at = now()")
    assert await repository.service_principals(desk.ctx.db) == {}


async def test_too_many_calls_are_told_to_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "SERVICE_USES", 3)
    now = time.time()  # stands still: no minute ends meanwhile
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: now))
    first, other = (await made(desk))["token"], (await made(desk))["token"]
    answers = [await desk.call("GET", PATH, first) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [403] * 3 + [429] * 4
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await desk.call("GET", PATH, other)).status_code == 403, "one token's calls are not another's"


async def test_the_calls_of_all_processes_count_together(
    desk: Desk, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "SERVICE_USES", 4)
    now = time.time()
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: now))
    token = (await made(desk))["token"].encode()

    async def calls(ctx: Context) -> list[bool]:
        auth_of = AuthMiddleware(ctx)
        let_in = []
        for _ in range(3):
            scope: Any = {"headers": [(b"authorization", b"Bearer " + token)], "state": {}}
            await auth_of.identify(scope)
            let_in.append(scope["user"] is not None)
        return let_in

    async with Redis.from_url(redis_url) as redis:
        processes = [Context(desk.ctx.settings, desk.ctx.db, redis) for _ in range(2)]
        for each in processes:
            each.register(desk.ctx.get(Tokens))
        assert [await calls(each) for each in processes] == [[True] * 3, [True, False, False]]


async def test_an_outlet_has_a_bounded_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_tokens, "MOST", 1)
    await made(desk)
    answer = await desk.call("POST", PATH, await desk.manager(), NEW)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-service-tokens")


@pytest.mark.parametrize(
    "changes", [{"scopes": []}, {"scopes": ["orders:write"]}, {"days": 0}, {"days": 367}, {"name": ""}]
)
async def test_what_can_not_be_asked_for(desk: Desk, changes: dict[str, Any]) -> None:
    answer = await desk.call("POST", PATH, await desk.manager(), NEW | changes)
    assert answer.status_code == 422


async def test_another_outlets_token_is_not_there(desk: Desk) -> None:
    token = await made(desk)
    await desk.ctx.db.execute("INSERT INTO staff.outlet (id, name) VALUES (2, 'Other')")
    await desk.ctx.db.execute("UPDATE staff.service_token SET outlet_id = 2")
    assert (await desk.call("GET", PATH, await desk.manager())).json()["items"] == []
    answer = await desk.call("DELETE", f"{PATH}/{token['id']}", await desk.manager())
    assert answer.status_code == 404
    await poll(desk)
    assert desk.ctx.get(Tokens).read_service(token["token"]).outlet_id == 2
