"""Leadership that isn't confirmed any more ends before anybody else can have it."""

from __future__ import annotations

import asyncio

import pytest

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
