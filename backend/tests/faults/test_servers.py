"""PostgreSQL and Redis that die or hang under a running platform: what was acknowledged stays, and orders go on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psutil
import pytest
from uuid_utils.compat import uuid7

from tests.devices import pair, sign_in
from tests.faults.conftest import Box, beside, eventually
from tests.faults.service import SECRET, WAITER
from tests.support import Platform

pytestmark = pytest.mark.slow


@pytest.fixture
async def platform(platform_process: Callable[..., Platform]) -> Platform:
    return await asyncio.to_thread(platform_process, SECRET_KEY=SECRET)


@pytest.fixture
async def box(platform: Platform) -> AsyncIterator[Box]:
    async with beside(platform) as box:
        yield box


class Crowd:
    """People who order without pause and ask again with the same key until they are answered."""

    def __init__(self, box: Box) -> None:
        self.service = box.service
        self.plenty = [
            n for n, dish in enumerate(box.service.dishes) if dish["station"] == "curry"
        ]  # nothing counted
        self.acknowledged: dict[str, str] = {}
        self.statuses: set[int] = set()
        self.over = False

    async def run(self, people: int = 4) -> None:
        await asyncio.gather(*(self._person(n) for n in range(people)))

    async def _person(self, n: int) -> None:
        s = self.service
        request = await s.request(WAITER, [s.line(self.plenty[n])], table_id=s.tables[n]["id"])
        while not self.over:
            key = str(uuid7())
            order = await self._until_answered(request, key)
            self.acknowledged[key] = order["id"]
            await asyncio.sleep(0.03)

    async def _until_answered(self, request: dict[str, Any], key: str) -> dict[str, Any]:
        while True:
            try:
                answer = await self.service.ask(WAITER, "POST", "/api/orders", key, json=request)
            except httpx.TransportError:
                answer = httpx.Response(0)
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                found: dict[str, Any] = answer.json()
                return found
            assert answer.status_code in (0, 503) or "/problems/busy" in answer.text, answer.text
            await asyncio.sleep(0.1)


async def through(box: Box, fault: Callable[[], Any], seconds: float) -> Crowd:
    """A crowd that orders before, during and after the fault; nothing of it may be lost or doubled."""
    crowd = Crowd(box)
    running = asyncio.create_task(crowd.run())
    await asyncio.sleep(0.7)
    fault()
    before = len(crowd.acknowledged)
    await asyncio.sleep(seconds)
    try:
        await eventually(lambda: served(crowd, running, before + 8), 12)
    finally:
        crowd.over = True
    await asyncio.wait_for(running, 10)
    return crowd


async def served(crowd: Crowd, running: asyncio.Task[None], count: int) -> bool:
    return len(crowd.acknowledged) > count or running.done()


async def all_there(box: Box, crowd: Crowd) -> None:
    await eventually(box.answers)
    await box.clean()
    rows = await box.db.fetch("SELECT id::text FROM orders.orders")
    assert sorted(row[0] for row in rows) == sorted(crowd.acknowledged.values())
    assert await box.db.fetchval("SELECT count(*) FROM kitchen.ticket") == len(rows)
    told = await box.db.fetchval("SELECT count(*) FROM orders.outbox WHERE type = 'rasoi.order.placed.v1'")
    assert told == len(rows)


def postmaster(platform: Platform) -> int:
    return int((platform.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def child_of(platform: Platform, name: str) -> psutil.Process:
    assert platform.process is not None
    return next(p for p in psutil.Process(platform.process.pid).children() if p.name() == name)


async def test_kill_9_of_postgresql_while_orders_are_placed(platform: Platform, box: Box) -> None:
    crowd = await through(box, lambda: os.kill(postmaster(platform), signal.SIGKILL), 1)
    assert crowd.statuses <= {0, 201, 503, 409}
    await all_there(box, crowd)


async def test_kill_9_of_one_of_postgresqls_processes(platform: Platform, box: Box) -> None:
    """Then PostgreSQL ends all sessions and recovers, with other errors than at a shutdown."""
    backends = [p for p in psutil.Process(postmaster(platform)).children() if "idle" in " ".join(p.cmdline())]
    crowd = await through(box, lambda: backends[0].kill(), 1)
    assert crowd.statuses <= {0, 201, 503, 409}
    await all_there(box, crowd)


async def test_orders_go_on_without_redis(platform: Platform, box: Box) -> None:
    crowd = await through(box, lambda: child_of(platform, "redis-server").kill(), 0)
    assert crowd.statuses == {201}
    await all_there(box, crowd)


async def test_orders_go_on_with_a_redis_that_hangs(platform: Platform, box: Box) -> None:
    redis = child_of(platform, "redis-server")
    async with httpx.AsyncClient(base_url=platform.url, timeout=4) as http:
        tablet = await pair(http, "Fault tablet")
    try:
        crowd = await through(box, redis.suspend, 0)
        assert crowd.statuses == {201}
        async with httpx.AsyncClient(base_url=platform.url, timeout=4) as http:
            assert (await http.post("/api/sessions", json={})).status_code == 201
            await sign_in(http, tablet, "1101")
            assert (await http.get("/health/ready")).status_code == 200
    finally:
        redis.resume()
    await all_there(box, crowd)
