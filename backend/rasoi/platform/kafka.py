"""The Kafka transport: the rooms hosted here relay their logs, consume as groups, and receive broadcasts."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from rasoi.cancelling import cancel_all
from rasoi.platform import events, jobs
from rasoi.platform.cluster import Cluster, KafkaUnavailable, check, ensure_topics, partitions_of
from rasoi.platform.consumer import FETCH_MS, GroupConsumer, close_consumer, event_of
from rasoi.platform.events import REGISTRY, Event
from rasoi.platform.janitor import prune
from rasoi.platform.leader import Leadership
from rasoi.platform.relay import READER, RETRY_S, Relay
from rasoi.platform.rooms import BroadcastHandler, Hosted
from rasoi.platform.shared_wake import SharedLogWakeSignals
from rasoi.platform.watch import measure

log = structlog.get_logger(__name__)
START_S = 60.0
DRAIN_S = 5.0
REMEMBERED = 20_000


class BroadcastConsumer:
    """Every event from now on, in every process: no group, all partitions, no commit."""

    def __init__(self, hosted: Sequence[Hosted], cluster: Cluster) -> None:
        self.cluster = cluster
        self.handlers: dict[str, list[tuple[Hosted, BroadcastHandler]]] = {}
        for each in hosted:
            for cls, handler in each.room.broadcast_handlers.items():
                self.handlers.setdefault(cls.event_type, []).append((each, handler))
        sources = {REGISTRY[event_type].event_room for event_type in self.handlers}
        self.topics = sorted(cluster.name(source) for source in sources)
        self.consumer: AIOKafkaConsumer | None = None
        self.positions: dict[TopicPartition, int] = {}
        self._seen: OrderedDict[UUID, None] = OrderedDict()

    async def start(self) -> None:
        """Returns once positioned at the end of every partition, or where it was before."""
        if not self.topics:
            return
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.cluster.bootstrap, client_id="rasoi broadcasts", enable_auto_commit=False,
            auto_offset_reset="earliest", isolation_level="read_committed", fetch_max_wait_ms=FETCH_MS,
        )  # fmt: skip
        try:
            await consumer.start()
            await self._position(consumer)
        except BaseException:
            await close_consumer(consumer)
            raise
        self.consumer = consumer

    async def _position(self, consumer: AIOKafkaConsumer) -> None:
        found = await partitions_of(self.cluster, self.topics)
        consumer.assign(found)
        if new := [each for each in found if each not in self.positions]:
            self.positions |= await consumer.end_offsets(new)
        for each in found:
            consumer.seek(each, self.positions[each])

    async def run(self) -> None:
        """For ever; whatever goes wrong, begin again where it stopped."""
        while self.topics:
            try:
                if self.consumer is None:
                    await self.start()
                await self._receive()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("broadcasts wait for Kafka", reason=repr(error))
                await self.stop()
                await asyncio.sleep(RETRY_S)

    async def _receive(self) -> None:
        assert self.consumer is not None
        while True:
            fetched = await self.consumer.getmany(timeout_ms=1000)
            for partition, records in fetched.items():
                for record in records:
                    await self._handle(record)
                    self.positions[partition] = record.offset + 1

    async def _handle(self, record: ConsumerRecord) -> None:
        event = event_of(record)
        if event is None or event.type not in self.handlers or self._repeated(event):
            return
        for hosted, handler in self.handlers[event.type]:
            try:
                await handler(hosted.ctx, event, events.decode(event))
            except Exception:
                log.exception("broadcast handler failed", type=event.type)

    def _repeated(self, event: Event) -> bool:
        """Whether a relay sent it again: then newer ones of its key may have been shown already."""
        if event.id in self._seen:
            return True
        self._seen[event.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    async def stop(self) -> None:
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            await close_consumer(consumer)


class KafkaTransport:
    """All relays, consumers, broadcasts and jobs of the rooms in this process. Made within a running loop."""

    def __init__(
        self,
        hosted: Sequence[Hosted],
        url: str,
        wake_signals: SharedLogWakeSignals,
        cluster: Cluster,
        also: Sequence[Hosted] = (),
    ) -> None:
        """`also`: rooms that are hosted elsewhere, whose broadcast handlers run here too."""
        broadcasting = [*hosted, *also]
        self.cluster, self.wake_signals = cluster, wake_signals
        kept = [each for each in hosted if publishes(each.room.name) or each.room.logs]
        own = [each for each in hosted if each in kept or each.room.jobs]
        self.leaders = {each.room.name: Leadership(url, f"room:{each.room.name}") for each in own}
        self.leaderships = list(self.leaders.values())
        self.relays = [
            Relay(each, cluster, wake_signals, self.leaders[each.room.name])
            for each in own
            if publishes(each.room.name)
        ]
        self.consumers = [GroupConsumer(each, cluster) for each in hosted if each.room.logs]
        self.broadcasts = BroadcastConsumer(broadcasting, cluster)
        self.jobs = [(each, job) for each in own for job in each.room.jobs]
        for each in kept:
            self.jobs += [(each, prune(each.room)), (each, measure(each.room, {READER: each.room.name}))]
        self.topics = sorted(
            {relay.room for relay in self.relays}
            | {log for each in hosted for log in each.room.logs}
            | {cls.event_room for each in broadcasting for cls in each.room.broadcast_handlers}
        )
        self.ending: list[asyncio.Task[None]] = []  # these are asked to end, and finish what is in work
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns once topics exist and broadcasts are positioned. Raises KafkaUnavailable after a minute without Kafka."""
        await self._reach()
        self.wake_signals.led_here = self._led_here
        self.wake_signals.start()
        for leadership in self.leaderships:
            leadership.start()
        self.ending = [asyncio.create_task(relay.run()) for relay in self.relays]
        self.ending += [asyncio.create_task(consumer.run()) for consumer in self.consumers]
        running: list[Any] = [self.broadcasts.run()]
        running += [
            jobs.repeat(each.ctx, each.room, job, self.leaders[each.room.name]) for each, job in self.jobs
        ]
        self.tasks = [asyncio.create_task(each) for each in running]

    async def _reach(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_S
        while True:
            try:
                await ensure_topics(self.cluster, self.topics)
                await self.broadcasts.start()
                return
            except (KafkaError, OSError, TimeoutError) as error:
                if loop.time() > deadline:
                    raise KafkaUnavailable(
                        f"Kafka can't be reached at {self.cluster.bootstrap}: {type(error).__name__}"
                    ) from None
                log.warning("waiting for Kafka", bootstrap=self.cluster.bootstrap, reason=repr(error))
            await asyncio.sleep(RETRY_S)

    def _led_here(self, room: str) -> bool:
        return room in self.leaders and self.leaders[room].confirmed

    async def stop(self) -> None:
        """Finish what is in work, commit it, give up leadership: others go on at once."""
        for task in self.tasks:
            task.cancel()
        for consumer in self.consumers:
            consumer.end()
        for relay, task in zip(self.relays, self.ending, strict=False):
            if self._led_here(relay.room):
                relay.end()
            else:
                task.cancel()
        if self.ending:
            await asyncio.wait(self.ending, timeout=DRAIN_S)
        await cancel_all([*self.tasks, *self.ending])
        for leadership in self.leaderships:
            await leadership.stop()
        await self.broadcasts.stop()
        await self.wake_signals.stop()

    async def check(self) -> None:
        """Ask a broker something. Raises when none answers."""
        await check(self.cluster)


def publishes(room: str) -> bool:
    """Whether the room has a log."""
    return any(cls.event_room == room for cls in REGISTRY.values())
