"""A dinner through the gateway while every room is replaced, replica by replica: nothing lost, nobody refused."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator

import pytest

from rasoi.settings import REPOSITORY
from tests.stack.running import Stack
from tests.support import private_directory

ORDERS, RATE = 500, 6


@pytest.fixture
def stack() -> Iterator[Stack]:
    with private_directory() as directory:
        made = Stack(directory / "data", arguments=("--replicas", "payments=2"))
        yield made
        made.stop()


@pytest.mark.endurance
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_rolling_restart_loses_nothing_and_refuses_nobody(stack: Stack) -> None:
    await asyncio.to_thread(stack.start)
    rush = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rasoi.cli", "rush", "--url", stack.url, "--json"),
        *("--orders", str(ORDERS), "--rate", str(RATE), "--settle", "120"),
        cwd=REPOSITORY / "backend",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(3)
    await asyncio.to_thread(stack.rasoi, "restart", "rooms", seconds=240)
    during = rush.returncode is None
    out, err = await rush.communicate()
    result = json.loads(out.splitlines()[-1])
    print(result)
    assert rush.returncode == 0, (result, err.decode()[-2000:])
    assert (result["lost"], result["duplicated"], result["unfinished"]) == (0, 0, 0)
    assert result["retries"] == 0, "somebody was refused"
    assert during, "the rush was over before all were replaced"
