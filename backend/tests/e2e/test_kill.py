"""A service through a crash: the whole platform is killed in the middle of a rush and started again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable

import pytest

from rasoi.settings import REPOSITORY
from tests.support import Platform

ORDERS, RATE, KILLED_AFTER_S = 120, 12, 5.0


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
    await asyncio.sleep(KILLED_AFTER_S)
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
