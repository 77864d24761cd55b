"""The contract of every transport: the same tests over the local one and over a real Kafka broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform import consumer, inbox, local
from rasoi.platform.cluster import Cluster
from rasoi.platform.database import Database
from rasoi.platform.inbox import Inbox
from rasoi.settings import Settings
from tests.kafka_broker import kafka
from tests.platform.transport_world import World, eventually, in_order

__all__ = ["kafka"]
WRITE = """INSERT INTO staff.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
VALUES (uuidv7(), 'rasoi.staff.session_revoked.v1', $1, 1, $2, 'c', $3::jsonb)"""


@pytest.fixture(params=["local", "kafka"])
async def world(
    request: pytest.FixtureRequest, database: Database, database_url: str, settings: Settings
) -> AsyncIterator[World]:
    await database.execute("CREATE SEQUENCE kitchen.handled")
    cluster = None
    if request.param == "kafka":
        cluster = Cluster(request.getfixturevalue("kafka").bootstrap, prefix=f"t{uuid7().hex[-12:]}")
    made = World(request.param, database_url, settings, cluster, database)
    yield made
    await made.stop()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "FIRST_PAUSE_S", 0.001)


async def test_events_arrive_once_in_the_order_of_each_key(world: World) -> None:
    process = await world.start()
    for version in range(1, 21):
        await world.emit(*(f"k{i}/{version}" for i in range(15)), by=process)
    kept = await world.until_kept(300)
    assert in_order(kept) == {f"k{i}": list(range(1, 21)) for i in range(15)}


async def test_what_another_process_wrote_is_found_too(world: World) -> None:
    await world.start()
    await world.emit("a/1", "a/2")
    assert await world.until_kept(2) == ["a/1", "a/2"]


async def test_what_was_written_before_the_start_is_handled(world: World) -> None:
    await world.emit("a/1", "b/1")
    await world.start()
    await world.emit("a/2")
    assert in_order(await world.until_kept(3)) == {"a": [1, 2], "b": [1]}


async def test_a_crash_before_the_position_is_saved_repeats_no_effect(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "COMMIT_S", 3600)
    monkeypatch.setattr(local, "SAVE_S", 3600)
    process = await world.start("one")
    await world.emit(*(f"k{i}/1" for i in range(30)), by=process)
    await world.until_kept(30)
    await process.crash()
    second = await world.start("two")
    await world.emit(*(f"k{i}/2" for i in range(30)), by=second)
    kept = await world.until_kept(60)
    assert in_order(kept) == {f"k{i}": [1, 2] for i in range(30)}


async def test_a_crash_in_the_middle_of_handling_rolls_back_and_is_done_again(world: World) -> None:
    process = await world.start("one", gate=asyncio.Event())
    await world.emit("a/1", "b/1", by=process)
    await eventually(lambda: _called(process.handler.calls))
    await process.crash()
    assert await world.kept() == []
    await world.start("two")
    assert sorted(await world.until_kept(2)) == ["a/1", "b/1"]
    assert await world.kept_by() == {"two"}


async def _called(calls: list[str]) -> bool:
    return bool(calls)


async def test_a_poison_key_is_parked_and_replayed_while_others_go_on(
    world: World, database: Database
) -> None:
    process = await world.start(fail={"bad/2"})
    await world.emit("bad/1", "bad/2", "good/1", "bad/3", "good/2", by=process)
    await world.until_kept(3)
    await eventually(lambda: _parked(database, 2))
    assert in_order(await world.kept()) == {"bad": [1], "good": [1, 2]}

    await world.emit("bad/4", "good/3", by=process)
    await world.until_kept(4)
    await eventually(lambda: _parked(database, 3))

    kitchen = (
        process.transport.readers[0].inbox.room
        if world.kind == "local"
        else process.transport.consumers[0].hosted.room
    )
    again = Inbox(
        process.transport.ctx if world.kind == "local" else process.transport.consumers[0].hosted.ctx,
        kitchen,
        "staff",
    )
    handled, faults = await again.replay()
    assert handled == 0 and "bad/2" in faults[0]
    process.handler.fail.clear()
    assert await again.replay() == (3, [])
    await world.emit("bad/5", by=process)
    assert in_order(await world.until_kept(8)) == {"bad": [1, 2, 3, 4, 5], "good": [1, 2, 3]}


async def _parked(database: Database, count: int) -> bool:
    return bool(await database.fetchval("SELECT count(*) FROM kitchen.parked") == count)


async def test_what_waits_behind_a_parked_event_waits_through_a_restart(
    world: World, database: Database
) -> None:
    process = await world.start("one", fail={"bad/1"})
    await world.emit("bad/1", by=process)
    await eventually(lambda: _parked(database, 1))
    await process.stop()
    second = await world.start("two")
    await world.emit("bad/2", "good/1", by=second)
    assert await world.until_kept(1) == ["good/1"]
    await eventually(lambda: _parked(database, 2))


async def test_slow_and_rolled_back_writers_lose_nothing(world: World, database_url: str) -> None:
    process = await world.start()
    slow, gone = [await asyncpg.connect(database_url) for _ in range(2)]
    first, second = slow.transaction(), gone.transaction()
    await first.start()
    await slow.execute(WRITE, "slow", 1, f'{{"session_id": "{uuid7()}"}}')
    await second.start()
    await gone.execute(WRITE, "gone", 1, f'{{"session_id": "{uuid7()}"}}')
    await world.emit("quick/1", by=process)
    assert await world.until_kept(1) == ["quick/1"]
    await second.rollback()
    await first.commit()
    await world.emit("quick/2", by=process)
    assert in_order(await world.until_kept(3)) == {"quick": [1, 2], "slow": [1]}
    await slow.close()
    await gone.close()


async def test_broadcasts_bring_every_event_from_their_start_and_none_before(world: World) -> None:
    first = await world.start("one")
    await world.emit("a/1", by=first)
    await world.until_kept(1)
    second = await world.start("two")
    await world.emit("a/2", "b/1", by=first)
    await world.emit("a/3", by=second)
    await world.until_kept(4)
    await eventually(lambda: _followed(second.followed, 3))
    await eventually(lambda: _followed(first.followed, 4))
    assert in_order(second.followed) == {"a": [2, 3], "b": [1]}
    assert in_order(first.followed) == {"a": [1, 2, 3], "b": [1]}


async def _followed(names: list[str], count: int) -> bool:
    return len(names) >= count


async def test_processes_that_come_and_go_lose_and_double_nothing(world: World) -> None:
    """Two processes of each room while events are written; one leaves, one crashes, one comes."""
    processes = [await world.start("one"), await world.start("two")]
    done = 0

    async def write() -> None:
        nonlocal done
        for version in range(1, 101):
            await world.emit(*(f"k{i}/{version}" for i in range(12)))
            done += 12
            await asyncio.sleep(0.05)

    writing = asyncio.create_task(write())
    await asyncio.sleep(1.5)
    await processes[0].stop()
    processes.append(await world.start("three"))
    await asyncio.sleep(1.5)
    await processes[1].crash()
    await writing
    kept = await world.until_kept(1200, 45)
    assert in_order(kept) == {f"k{i}": list(range(1, 101)) for i in range(12)}
    assert done == 1200


async def test_one_leads_the_jobs_and_the_next_takes_over(world: World) -> None:
    first = await world.start("one")
    await eventually(lambda: _followed(first.jobs, 1))
    second = await world.start("two")
    await asyncio.sleep(1.5)
    assert not second.jobs
    await first.crash()
    await eventually(lambda: _followed(second.jobs, 1), 6)
    await world.emit("a/1")
    assert await world.until_kept(1) == ["a/1"]
