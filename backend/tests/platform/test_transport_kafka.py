"""What only Kafka can do wrong: rebalances, repeated batches, an absent broker, strange messages."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from uuid_utils.compat import uuid7

from rasoi.embedded.kafka import Kafka
from rasoi.platform import consumer, inbox, relay
from rasoi.platform.cluster import PARTITIONS, Cluster, check, ensure_topics
from rasoi.platform.database import Database
from rasoi.platform.kafka import publishes
from rasoi.platform.leader import Leadership
from rasoi.platform.local import saved_position
from rasoi.platform.metrics import OUTBOX_LAG
from rasoi.platform.relay import READER, Relay
from rasoi.platform.rooms import Room
from rasoi.platform.wake import LogWakeSignals
from rasoi.platform.watch import measure
from rasoi.settings import Settings
from tests.kafka_broker import kafka
from tests.platform.transport_world import World, eventually, in_order

__all__ = ["kafka"]


@pytest.fixture
async def world(
    kafka: Kafka, database: Database, database_url: str, settings: Settings
) -> AsyncIterator[World]:
    await database.execute("CREATE SEQUENCE kitchen.handled")
    cluster = Cluster(kafka.bootstrap, prefix=f"t{uuid7().hex[-12:]}")
    made = World("kafka", database_url, settings, cluster, database)
    yield made
    await made.stop()


async def committed(world: World) -> int:
    """How many events the kitchen's group has finished, as Kafka knows it."""
    assert world.cluster is not None
    admin = AIOKafkaAdminClient(bootstrap_servers=world.cluster.bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(world.cluster.name("kitchen"))
    finally:
        await admin.close()
    return sum(each.offset for each in offsets.values())


async def test_topics_are_made_with_their_partitions_and_retention(world: World) -> None:
    assert world.cluster is not None
    assert await ensure_topics(world.cluster, ["staff"]) == [world.cluster.name("staff")]
    assert await ensure_topics(world.cluster, ["staff"]) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=world.cluster.bootstrap)
    await admin.start()
    [told] = await admin.describe_topics([world.cluster.name("staff")])
    await admin.close()
    assert len(told["partitions"]) == PARTITIONS
    await check(world.cluster)


async def test_a_clean_stop_commits_what_was_finished_and_saves_the_relays_position(
    world: World, database: Database
) -> None:
    process = await world.start()
    await world.emit(*(f"k{i}/1" for i in range(40)), by=process)
    await world.until_kept(40)
    await world.emit("last/1", by=process)
    await process.stop()
    assert (await saved_position(database, "staff", READER)).at == 41
    assert await committed(world) == len(await world.kept())


async def test_a_patient_room_asks_once_for_what_gathered_and_ends_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.linger_s = 4.0
    process = await world.start()
    await world.emit("first/1", by=process)
    await world.until_kept(1)
    asked = process.transport.consumers[0].consumer
    getmany, fetched = asked.getmany, []

    async def counted(**given: Any) -> Any:
        if found := await getmany(**given):
            fetched.append(found)
        return found

    monkeypatch.setattr(asked, "getmany", counted)
    begun = time.monotonic()
    for i in range(10):
        await world.emit(f"k{i}/1", by=process)
        await asyncio.sleep(0.05)
    await world.until_kept(11)
    assert len(fetched) <= 2 + (time.monotonic() - begun) / world.linger_s
    begun = time.monotonic()
    await process.stop()
    assert time.monotonic() - begun < world.linger_s - 1


async def test_processes_of_one_group_share_the_partitions(world: World) -> None:
    one, two = await world.start("one"), await world.start("two")
    members = [each.transport.consumers[0] for each in (one, two)]

    async def shared() -> bool:
        return all(m.consumer and len(m.consumer.assignment()) == PARTITIONS / 2 for m in members)

    await eventually(shared)
    await world.emit(*(f"k{i}/{v}" for v in (1, 2, 3) for i in range(40)))
    kept = await world.until_kept(120)
    assert in_order(kept) == {f"k{i}": [1, 2, 3] for i in range(40)}
    assert await world.kept_by() == {"one", "two"}


async def test_what_is_in_hand_when_its_partition_is_taken_away_takes_effect_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "FINISH_S", 0.2)
    gate = asyncio.Event()
    one = await world.start("one", gate=gate)
    await world.emit(*(f"k{i}/1" for i in range(24)), by=one)

    async def begun() -> bool:
        return bool(one.handler.calls)

    await eventually(begun)
    await world.start("two")
    await world.emit(*(f"k{i}/2" for i in range(24)), by=one)
    await asyncio.sleep(1.0)
    gate.set()
    assert in_order(await world.until_kept(48)) == {f"k{i}": [1, 2] for i in range(24)}


async def test_two_relays_alive_at_once_double_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped leader that goes on where it was: its batches are known by their ids."""
    process = await world.start()
    assert world.cluster is not None

    class Confirmed(Leadership):
        confirmed = True

    stale = Confirmed(world.url, "nobody")
    stale.held.set()
    second = Relay(process.transport.consumers[0].hosted, world.cluster, LogWakeSignals(), stale)
    second.room, second.topic = "staff", world.cluster.name("staff")
    task = asyncio.create_task(second.run())
    for version in range(1, 31):
        await world.emit(*(f"k{i}/{version}" for i in range(5)), by=process)
        await asyncio.sleep(0.02)
    kept = await world.until_kept(150)
    await asyncio.sleep(1.5)
    expected = {f"k{i}": list(range(1, 31)) for i in range(5)}
    assert in_order(kept) == in_order(await world.kept()) == in_order(process.followed) == expected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_restart_of_the_broker_loses_nothing(world: World, kafka: Kafka) -> None:
    process = await world.start()
    await world.emit("a/1", "b/1", by=process)
    await world.until_kept(2)
    await asyncio.to_thread(kafka.stop)
    try:
        await world.emit("a/2", "b/2", by=process)
        await asyncio.sleep(1.5)
        await measure(Room("staff"), {READER: "staff"}).run(process.transport.consumers[0].hosted.ctx)
        assert OUTBOX_LAG.parts["staff"][1]["staff", READER] > 0.4, "told while Kafka is away"
    finally:
        await asyncio.to_thread(kafka.start)
    await world.emit("a/3", "b/3", by=process)
    assert in_order(await world.until_kept(6, 40)) == {"a": [1, 2, 3], "b": [1, 2, 3]}
    await eventually(lambda: _length(process.followed, 6))
    assert in_order(process.followed) == {"a": [1, 2, 3], "b": [1, 2, 3]}


async def _length(names: list[str], count: int) -> bool:
    return len(names) >= count


async def test_a_batch_without_an_answer_is_unknown_and_sent_again(
    world: World, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "SEND_S", 0.5)
    process = await world.start()
    await world.emit("a/1", by=process)
    await world.until_kept(1)
    assert kafka.child is not None
    os.kill(kafka.child.process.pid, signal.SIGSTOP)
    try:
        await world.emit("a/2", "b/1", by=process)
        await asyncio.sleep(2.5)
    finally:
        os.kill(kafka.child.process.pid, signal.SIGCONT)
    await world.emit("a/3", by=process)
    assert in_order(await world.until_kept(4, 40)) == {"a": [1, 2, 3], "b": [1]}
    await eventually(lambda: _length(process.followed, 4))
    assert in_order(process.followed) == {"a": [1, 2, 3], "b": [1]}


async def test_a_message_that_is_no_event_is_passed_over(world: World) -> None:
    process = await world.start()
    assert world.cluster is not None
    producer = AIOKafkaProducer(bootstrap_servers=world.cluster.bootstrap)
    await producer.start()
    for value in (b"", b"not json", b'{"id": 1}', b"\xff\xfe"):
        await producer.send_and_wait(world.cluster.name("staff"), value, b"a")
    await producer.stop()
    await world.emit("a/1", by=process)
    assert await world.until_kept(1) == ["a/1"]


async def test_a_process_that_does_not_lead_wakes_the_one_that_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await world.start("one")
    await one.transport.leaders["staff"].held.wait()
    monkeypatch.setattr(relay, "POLL_S", None)  # no timeout: a signal or nothing
    two = await world.start("two")
    await asyncio.sleep(1.5)
    for version in (1, 2, 3):
        await world.emit(f"a/{version}", by=two)
        await world.until_kept(version, 5)


async def test_the_first_relay_of_a_room_with_a_past_leaves_out_what_inboxes_forgot(
    world: World, database: Database
) -> None:
    await world.emit("old/1", "old/2", "new/1")
    await database.execute(
        "UPDATE staff.outbox SET created_at = now() - interval '8 days' WHERE subject = 'old'"
    )
    await world.start()
    assert await world.until_kept(1) == ["new/1"]


async def test_two_processes_and_a_poison_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parked by one member of the group, waited for by the next that gets its partition."""
    monkeypatch.setattr(inbox, "FIRST_PAUSE_S", 0.001)
    one = await world.start("one", fail={"bad/1"})
    await world.emit("bad/1", by=one)

    async def parked() -> bool:
        return bool(await world.writer.fetchval("SELECT count(*) FROM kitchen.parked"))

    await eventually(parked)
    await world.start("two")
    await one.stop()
    await world.emit("bad/2", "good/1")
    assert await world.until_kept(1) == ["good/1"]


def test_only_rooms_with_a_log_have_a_relay() -> None:
    assert publishes("orders") and not publishes("realtime")
