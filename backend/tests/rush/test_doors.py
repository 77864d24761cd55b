"""Closing the doors in the middle of a service: who waits outside does not come in, and nobody waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rasoi.rush.guests import House


def house() -> House:
    nobody: Any = None
    return House(nobody, nobody, [], 1, "rush", began=time.monotonic())


async def test_moments_come_while_the_doors_are_open() -> None:
    open_house = house()
    assert await open_house.until(0.01)
    assert await open_house.until(-1)


async def test_closed_doors_end_the_waiting() -> None:
    closing = house()
    waiting = asyncio.create_task(closing.until(60))
    await asyncio.sleep(0)
    closing.closed.set()
    assert not await asyncio.wait_for(waiting, 1)
    assert not await closing.until(-1), "what is due already does not begin either"
