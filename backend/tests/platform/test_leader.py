"""Leadership that isn't confirmed any more ends before anybody else can have it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from rasoi.platform import leader
from rasoi.platform.leader import Leadership


async def test_a_leader_without_answers_stops_before_the_next_may_begin(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Leadership(database_url, "one"), Leadership(database_url, "one")
    monkeypatch.setattr(
        leader, "PING_S", 60.0
    )  # as if the process were stopped: it asks once and never again
    first.start()
    await asyncio.wait_for(first.held.wait(), 5)
    assert first.confirmed
    monkeypatch.setattr(leader, "PING_S", 0.05)
    second.start()
    async with asyncio.timeout(10):
        while not second.held.is_set():
            was_confirmed = first.confirmed
            await asyncio.sleep(0.01)
    assert not was_confirmed, "two would have led at once"
    await first.stop()
    await second.stop()


async def test_it_is_not_confirmed_before_it_is_held(database_url: str) -> None:
    assert not Leadership(database_url, "one").confirmed


class Server:
    """Stands for PostgreSQL: gives the lock to the first that asks, until `answers` is false."""

    def __init__(self) -> None:
        self.answers, self.gives = True, True
        self.settings: dict[str, Any] = {}
        self.asked: list[str] = []
        self.open, self.tries = 0, 0

    async def connect(self, url: str, **settings: Any) -> Server:
        self.tries += 1
        await asyncio.sleep(0)
        if not self.answers:
            raise OSError("away")
        self.settings = {"url": url, **settings}
        self.open += 1
        return self

    async def fetchval(self, sql: str, name: str) -> bool:
        await self.execute(f"lock {name}")
        return self.gives

    async def execute(self, sql: str) -> None:
        await asyncio.sleep(0)
        if not self.answers:
            raise OSError("away")
        self.asked.append(sql)

    def terminate(self) -> None:
        self.open -= 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(leader, "asyncpg", server)
    monkeypatch.setattr(leader, "PING_S", 0.01)
    return server


def metric(name: str, room: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"room": room})


async def test_the_lock_is_asked_for_once_and_then_confirmed(server: Server) -> None:
    mine = Leadership("postgresql://a-test", "room:asked")
    assert metric("rasoi_leader", "asked") == 0
    mine.start()
    await asyncio.wait_for(mine.held.wait(), 5)
    assert metric("rasoi_leader", "asked") == metric("rasoi_leaderships_total", "asked") == 1
    before = mine._confirmed_at
    async with asyncio.timeout(5):
        while len(server.asked) < 4:
            await asyncio.sleep(0.005)
    assert server.asked[:4] == ["lock room:asked", "SELECT 1", "SELECT 1", "SELECT 1"]
    assert before < mine._confirmed_at <= asyncio.get_running_loop().time()
    assert server.settings == {
        "url": "postgresql://a-test",
        "server_settings": {"idle_session_timeout": "3s", "application_name": "rasoi leader room:asked"},
        "timeout": 3,
        "command_timeout": 2,
    }
    await mine.stop()
    assert not mine.held.is_set() and server.open == 0 and metric("rasoi_leader", "asked") == 0


async def test_who_does_not_get_the_lock_asks_on(server: Server) -> None:
    server.gives = False
    other = Leadership("", "room:waiting")
    other.start()
    async with asyncio.timeout(5):
        while len(server.asked) < 3:
            await asyncio.sleep(0.005)
    assert set(server.asked) == {"lock room:waiting"} and not other.held.is_set()
    assert metric("rasoi_leader", "waiting") == 0
    server.gives = True
    await asyncio.wait_for(other.held.wait(), 5)
    await other.stop()


async def test_it_is_lost_with_the_connection_and_taken_up_again(server: Server) -> None:
    mine = Leadership("", "room:lost")
    mine.start()
    await asyncio.wait_for(mine.held.wait(), 5)
    server.answers = False
    async with asyncio.timeout(5):
        while mine.held.is_set():
            await asyncio.sleep(0.005)
    assert not mine.confirmed and server.open == 0 and metric("rasoi_leader", "lost") == 0
    server.answers = True
    await asyncio.wait_for(mine.held.wait(), 5)
    assert metric("rasoi_leaderships_total", "lost") == 2 and server.open == 1
    await mine.stop()


async def test_a_server_that_is_away_is_asked_at_intervals(server: Server) -> None:
    server.answers = False
    mine = Leadership("", "room:away")
    mine.start()
    await asyncio.sleep(10 * leader.PING_S)
    assert 1 <= server.tries <= 11
    await mine.stop()


async def test_what_never_started_may_be_stopped() -> None:
    await Leadership("", "room:never").stop()


async def test_it_is_sure_for_less_than_the_server_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Leadership("", "room:sure")
    mine.held.set()
    mine._confirmed_at = 7.5
    for now, sure in ((7.5, True), (9.9, True), (10.0, False), (11.0, False)):
        loop = SimpleNamespace(time=lambda at=now: at)
        monkeypatch.setattr(leader, "asyncio", SimpleNamespace(get_running_loop=lambda at=loop: at))
        assert mine.confirmed is sure, now


def test_the_times_leave_room_for_a_late_answer_and_the_next_leader_begins_in_seconds() -> None:
    assert 2 * leader.PING_S < leader.CONFIRMED_S < leader.SESSION_S
    assert leader.SESSION_S + leader.PING_S <= 5
