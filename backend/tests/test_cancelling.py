"""Tasks end, also those that drop a cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from rasoi.cancelling import cancel_all

ENDED_S = 20.0
ROUNDS = 40  # of one cancellation each, half of which Redis's client dropped


async def test_a_task_that_drops_cancellations_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasoi.cancelling.AGAIN_S", 0.01)
    dropped: list[int] = []

    async def stubborn() -> None:
        while len(dropped) < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                dropped.append(1)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(ENDED_S):
        await cancel_all([task])
    assert task.done() and len(dropped) == 3


async def test_tasks_that_have_failed_or_ended_are_no_trouble() -> None:
    async def fails() -> None:
        raise ValueError

    async def ends() -> None: ...

    tasks = [asyncio.create_task(each) for each in (fails(), ends(), asyncio.sleep(60))]
    await asyncio.sleep(0)
    await cancel_all(tasks)
    assert [task.done() for task in tasks] == [True, True, True] and tasks[2].cancelled()
    await cancel_all([])


async def test_who_asks_redis_all_the_time_ends(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasoi.cancelling.AGAIN_S", 0.01)
    redis = Redis.from_url(redis_url, socket_timeout=0.5)

    async def ask() -> None:
        while True:
            with suppress(Exception):
                await redis.ping()
            await asyncio.sleep(0)

    for number in range(ROUNDS):
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.00037 * number)
        async with asyncio.timeout(ENDED_S):
            await cancel_all([asking])
        assert asking.done()
    await redis.aclose()
