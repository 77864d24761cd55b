"""The metrics' text takes long to make, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
from litestar import Litestar
from prometheus_client import REGISTRY, Counter, generate_latest

from rasoi.platform import http


async def test_the_loop_goes_on_meanwhile() -> None:
    """It took 47 ms of the loop."""
    many = Counter("test_many_series", "Many", ["a", "b"])
    for number in range(20_000):
        many.labels(str(number), "x").inc()
    begun = time.perf_counter()
    generate_latest()
    alone, gaps, done = time.perf_counter() - begun, [], False

    async def ticks() -> None:
        last = time.perf_counter()
        while not done:
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    ticking = asyncio.create_task(ticks())
    await asyncio.sleep(0.01)
    app: Any = Litestar([http.metrics])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/metrics")
    done = True
    await ticking
    REGISTRY.unregister(many)
    assert b"test_many_series_total" in answer.content
    assert max(gaps) < alone / 3, (max(gaps), alone)
