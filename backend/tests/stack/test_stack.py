"""The stack for real: a small one through its troubles, and the whole one through its life; nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import psutil
import pytest

from rasoi.room_list import NAMES
from tests.e2e.browser import House
from tests.stack.running import Stack
from tests.support import children_of, private_directory

BUT_TWO = ",".join([*NAMES, "postgres", "kafka", "migrate", "nginx", "prometheus"])


@pytest.fixture
def stack() -> Iterator[Stack]:
    with private_directory() as directory:
        made = Stack(directory / "data", {"POOL_SIZE": "4"})
        yield made
        made.stop()
        assert children_of(made.data) == []


@pytest.fixture
def small(stack: Stack) -> Stack:
    """Redis and the simulator only."""
    stack.arguments = ("--without", BUT_TWO)
    return stack.start()


def soon(true: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def renewed(stack: Stack, instance: str, before: int | None) -> bool:
    """Whether another process does its work now."""
    (told,) = (each for each in stack.status()["services"] if each["instance"] == instance)
    return told["health"] == "ok" and told["pid"] not in (None, before)


@pytest.mark.slow
def test_what_is_killed_is_started_again(small: Stack) -> None:
    for name in ("redis", "simulator"):
        killed = small.pid(name)
        assert killed
        os.kill(killed, signal.SIGKILL)
        soon(partial(renewed, small, name, killed))
    assert [each["restarts"] for each in small.status()["services"]] == [1, 1]
    assert "simulator ended; starting it again" in small.rasoi("logs", "stack")


@pytest.mark.slow
def test_a_killed_supervisor_takes_all_along_and_the_next_recovers(small: Stack) -> None:
    told = small.status()
    stopped, others = told["services"][0]["pid"], [each["pid"] for each in told["services"][1:]]
    os.kill(stopped, signal.SIGSTOP)  # so it can't hear that its parent died
    os.kill(told["pid"], signal.SIGKILL)
    soon(lambda: not any(map(alive, others)))
    assert alive(stopped)
    small.start()
    assert not alive(stopped)
    assert {each["health"] for each in small.status()["services"]} == {"ok"}


@pytest.mark.slow
def test_down_ends_what_a_killed_supervisor_left(small: Stack) -> None:
    told = small.status()
    os.kill(told["services"][0]["pid"], signal.SIGSTOP)
    os.kill(told["pid"], signal.SIGKILL)
    assert "of a killed one were ended" in small.rasoi("down")
    assert not alive(told["services"][0]["pid"])


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_whole_of_it(stack: Stack) -> None:
    """Rooms answer, and hear of each other; one is replaced; nothing but the gateway listens outside."""
    stack.environ = {**stack.environ, "HOST": "0.0.0.0"}
    told = stack.start().status()
    names = {each["name"] for each in told["services"]}
    assert names == {*NAMES, "postgres", "redis", "kafka", "migrate", "simulator", "nginx", "prometheus"}
    assert {each["health"] for each in told["services"]} == {"ok"}
    assert httpx.get(f"{stack.url}/api/build").json()["razorpay_simulated"] is True
    house = await House(stack, stack.url).open()
    await house.order("Table 4", raan=5)
    async with asyncio.timeout(15):  # from orders by inventory to menu
        while await house.availability("raan"):
            await asyncio.sleep(0.1)
    await house.close()
    assert stack.command("events", "parked") == "Nothing is parked.\n"
    assert stack.command("events", "replay") == "0 events handled, 0 keys still parked.\n"
    assert outside(told) == {"nginx", "simulator"}
    killed = stack.pid("nginx")
    assert killed
    os.kill(killed, signal.SIGKILL)  # its workers live on, and hold its port
    soon(lambda: renewed(stack, "nginx", killed))
    before = stack.pid("menu")
    said = stack.rasoi("restart", "menu")
    assert said.index("menu-spare stands in") < said.index("menu is new")
    assert renewed(stack, "menu", before)
    began = time.monotonic()
    stack.rasoi("down")
    assert time.monotonic() - began < 15


def outside(told: dict[str, Any]) -> set[str]:
    """The services that listen to more than this machine."""
    found = set()
    for each in told["services"]:
        connections = psutil.Process(each["pid"]).net_connections("tcp") if each["pid"] else []
        listening = {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
        if not listening <= {"127.0.0.1", "::ffff:127.0.0.1"}:
            found.add(each["name"])
    return found
