"""A service through a crash: the whole platform is killed in the middle of a rush and started again."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable

import httpx
import pytest

from rasoi.settings import REPOSITORY
from tests.support import Platform

ORDERS, RATE, KILLED_AFTER = 120, 12, 30
PLACED = re.compile(r'^rasoi_order_placements_total\{outcome="placed"\} ([0-9.]+)$', re.MULTILINE)


async def until_placed(url: str, orders: int) -> None:
    """Wait until the platform has taken that many orders."""
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=url) as client:
        while not (found := PLACED.search((await client.get("/metrics")).text)) or float(found[1]) < orders:
            await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_rush_survives_kill_9_of_the_platform(platform_process: Callable[..., Platform]) -> None:
    platform = await asyncio.to_thread(platform_process)
    rush = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rasoi.cli", "rush", "--url", platform.url, "--json"),
        *("--orders", str(ORDERS), "--rate", str(RATE), "--seed", "3"),
        cwd=REPOSITORY / "backend",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    finished = asyncio.create_task(rush.communicate())
    await until_placed(platform.url, KILLED_AFTER)
    assert not finished.done()
    platform.kill()
    await asyncio.to_thread(platform.start)

    output, errors = await finished
    assert rush.returncode == 0, errors.decode()[-3000:]
    result = json.loads(output)
    assert (result["lost"], result["duplicated"], result["unfinished"]) == (0, 0, 0)
    assert result["reconnects"] >= 6  # five stations and the floor
    assert result["placed"] >= ORDERS * 0.9
    assert result["completed"] + result["cancelled"] == result["placed"]
