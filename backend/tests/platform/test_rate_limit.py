"""Rate limits, to the last allowed use; the routes that have one; and Redis that is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from rasoi import app
from rasoi.orders.tables import new_guest
from rasoi.platform import rate_limit
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.problems import TooManyRequests
from rasoi.platform.rate_limit import limit
from rasoi.settings import Settings

NOW = 1_800_000_010.0  # ten seconds into a window of a minute


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds since NOW."""

    def go(seconds: float) -> None:
        monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: NOW + seconds))

    go(0)
    return go


@pytest.fixture
async def ctx(settings: Settings, redis_url: str) -> AsyncIterator[Context]:
    async with Redis.from_url(redis_url) as redis:
        yield Context(settings, None, redis)  # type: ignore[arg-type]


async def refused(work: Awaitable[None]) -> int | None:
    """The seconds to wait, where it was refused."""
    try:
        await work
    except TooManyRequests as problem:
        return int(problem.headers["Retry-After"])
    return None


async def test_as_many_as_allowed_and_not_one_more(ctx: Context, clock: Callable[[float], None]) -> None:
    answers = [await refused(limit(ctx, "tries", "a", 3, 60)) for _ in range(5)]
    assert answers == [None, None, None, 50, 50]
    assert await refused(limit(ctx, "tries", "b", 3, 60)) is None, "another's use does not count"
    assert await refused(limit(ctx, "others", "a", 3, 60)) is None, "nor does another thing's"
    clock(49.5)
    assert await refused(limit(ctx, "tries", "a", 3, 60)) == 1
    clock(50)
    assert [await refused(limit(ctx, "tries", "a", 3, 60)) for _ in range(4)] == [None, None, None, 60]


async def test_what_is_counted_is_forgotten(ctx: Context, clock: Callable[[float], None]) -> None:
    await limit(ctx, "tries", "a", 3, 60)
    [key] = await ctx.redis.keys("rasoi:limit:*")  # type: ignore[union-attr]
    assert 60 <= await ctx.redis.ttl(key) <= 120  # type: ignore[union-attr]


@pytest.mark.parametrize("redis", [None, Redis.from_url("unix:///nowhere/redis.sock")], ids=["none", "away"])
async def test_without_redis_each_process_counts(
    settings: Settings, clock: Callable[[float], None], redis: Any
) -> None:
    ctx = Context(settings, None, redis)  # type: ignore[arg-type]
    assert [await refused(limit(ctx, "tries", "a", 2, 60)) for _ in range(4)] == [None, None, 50, 50]
    assert await refused(limit(ctx, "tries", "b", 2, 60)) is None
    clock(50)
    assert [await refused(limit(ctx, "tries", "a", 2, 60)) for _ in range(3)] == [None, None, 60]


async def test_a_process_counts_a_bounded_number_of_callers(
    settings: Settings, clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "REMEMBERED", 3)
    ctx = Context(settings, None)  # type: ignore[arg-type]
    for who in ("a", "b", "c", "a", "d"):  # with d, b is forgotten, who came the longest ago
        await limit(ctx, "tries", who, 2, 60)
    assert await refused(limit(ctx, "tries", "a", 2, 60)) == 50
    assert [await refused(limit(ctx, "tries", "b", 2, 60)) for _ in range(2)] == [None, None]


SAME_HOUSEHOLD = [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:fffe", True),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ("::ffff:192.0.2.7", "192.0.2.7", True),
    ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
    ("192.0.2.7", "192.0.2.8", False),
    ("fe80::1%eth0", "fe80::2%eth0", True),
    ("unknown", "somebody", False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME_HOUSEHOLD)
async def test_an_address_counts_with_those_of_its_household(
    settings: Settings, clock: Callable[[float], None], one: str, other: str, same: bool
) -> None:
    ctx = Context(settings, None)  # type: ignore[arg-type]
    await limit(ctx, "tries", one, 1, 60)
    assert (await refused(limit(ctx, "tries", other, 1, 60)) is not None) is same


LOGIN = {"username": "nobody", "password": "none"}
GUEST = new_guest(1, None)
LINE = {"variant_id": str(GUEST.id), "quantity": 1}  # there is no such dish, and that is not asked any more
ORDER = {"type": "takeaway", "lines": [LINE], "expected_total_paise": 1}
LIMITS = [
    ("password sign-in", "127.0.0.1", 60, 60, "/api/staff/login", None, LOGIN),
    ("session", "127.0.0.1", 3000, 600, "/api/sessions", None, {}),
    ("order", str(GUEST.session_id), 120, 60, "/api/orders", GUEST, ORDER),
]


@pytest.mark.parametrize(
    ("what", "who", "most", "seconds", "path", "caller", "body"), LIMITS, ids=lambda each: str(each)[:20]
)
async def test_the_routes_refuse_what_is_too_much(
    database_url: str,
    settings: Settings,
    redis_url: str,
    clock: Callable[[float], None],
    what: str,
    who: str,
    most: int,
    seconds: int,
    path: str,
    caller: Principal | None,
    body: dict[str, Any],
) -> None:
    async with app.platform(settings, database_url, redis_url) as platform:
        redis = platform.ctx.redis
        assert redis is not None
        await redis.set(f"rasoi:limit:{what}:{who}:{int(NOW) // seconds}", most - 1)
        headers = {"Idempotency-Key": "k"}
        if caller is not None:
            headers["Authorization"] = f"Bearer {platform.ctx.get(Tokens).issue(caller, 60)}"
        transport = httpx.ASGITransport(app=platform.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.url) as client:
            last = await client.post(path, json=body, headers=headers)
            beyond = await client.post(path, json=body, headers=headers)
    assert last.status_code not in (429, 500), last.text
    assert (beyond.status_code, beyond.json()["type"]) == (429, "/problems/too-many-requests")
    assert beyond.headers["Retry-After"] == str(seconds - int(NOW) % seconds)


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::4", "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense:", "nonsense:"),
    ],
)
def test_whom_an_address_belongs_to(address: str, owner: str) -> None:
    assert rate_limit.network(address) == owner
