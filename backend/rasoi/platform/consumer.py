"""Consuming Kafka as a group: each room once per event, however many processes host it.

What is fetched waits in one queue per log, where the inbox handles it in the order of each key. Offsets are committed
on a timer, of finished events only; a partition that is taken away is finished or abandoned first. Whoever has it next
may see events again, and the inbox knows them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import IllegalStateError, KafkaError

from rasoi.cancelling import cancel_all
from rasoi.platform import tracing
from rasoi.platform.cluster import Cluster
from rasoi.platform.event_log import BATCH, LogEntry
from rasoi.platform.events import Event
from rasoi.platform.inbox import DATABASE_UNAVAILABLE, Inbox
from rasoi.platform.metrics import CONSUMER_LAG, UNREADABLE
from rasoi.platform.rooms import Hosted

log = structlog.get_logger(__name__)
COMMIT_S = 0.5
FINISH_S = 3.0  # for what is in work when a partition is taken away
FULL = 2000  # events waiting in a queue, above which its partitions are paused
FETCH_MS = 200
SESSION_MS, HEARTBEAT_MS = 6000, 1500
RETRY_S = 0.5
FIRST_OFFSET_BITS = 48


def position_of(record: ConsumerRecord) -> int:
    """Partition and offset as one number that grows within a partition."""
    return int(record.partition) << FIRST_OFFSET_BITS | int(record.offset)


def event_of(record: ConsumerRecord) -> Event | None:
    """The record's event; None, and counted, for what is none."""
    try:
        return tracing.extract(msgspec.json.decode(record.value or b"", type=Event), record.headers)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        UNREADABLE.labels(record.topic).inc()
        log.error("unreadable message", topic=record.topic, partition=record.partition, offset=record.offset,
                  reason=str(error))  # fmt: skip
        return None


@dataclass
class TopicQueue:
    """What waits for one inbox, and what was finished, by partition."""

    topic: str
    inbox: Inbox
    waiting: list[ConsumerRecord] = field(default_factory=list)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    finished: dict[TopicPartition, int] = field(default_factory=dict)
    in_work: int = 0
    assignment: int = 0
    fresh: bool = True

    def add(self, records: list[ConsumerRecord]) -> None:
        self.waiting += records
        self.idle.clear()
        self.filled.set()

    def drop(self) -> None:
        """Forget what has not begun."""
        self.waiting.clear()

    def reassign(self) -> None:
        """Partitions have changed hands: what is still in work counts no more, and keys may be parked elsewhere."""
        self.assignment += 1
        self.finished.clear()
        self.fresh = True

    async def run(self) -> None:
        """For ever: handle what waits."""
        while True:
            if not self.waiting:
                self.filled.clear()
                self.idle.set()
                await self.filled.wait()
            await self._step()

    async def _step(self) -> None:
        if self.fresh:
            self.fresh = False
            await self.inbox.load()
        assignment, batch = self.assignment, self.waiting[:BATCH]
        del self.waiting[:BATCH]
        self.in_work = len(batch)
        await self.inbox.handle(list(self._wanted(batch)))
        if assignment == self.assignment:
            for record in batch:
                self.finished[TopicPartition(record.topic, record.partition)] = record.offset + 1
        self.in_work = 0

    def _wanted(self, batch: list[ConsumerRecord]) -> Iterable[LogEntry]:
        for record in batch:
            event = event_of(record)
            if event is not None and self.inbox.wants(event):
                yield LogEntry(position_of(record), event)


class GroupConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """One process's member of the group `rasoi.<room>`."""

    def __init__(self, hosted: Hosted, cluster: Cluster) -> None:
        self.hosted = hosted
        self.name = hosted.room.name
        self.cluster = cluster
        self.consumer: AIOKafkaConsumer | None = None
        self.queues: dict[str, TopicQueue] = {}
        self.committed: dict[TopicPartition, int] = {}
        self.paused: set[TopicPartition] = set()
        self.ending = asyncio.Event()

    async def run(self) -> None:
        """Until `end`: consume; whatever goes wrong, begin again from what was committed."""
        while not self.ending.is_set():
            try:
                await self._consume()
            except (*DATABASE_UNAVAILABLE, KafkaError, TimeoutError) as error:
                log.warning("consumer waits", room=self.name, reason=repr(error))
            except Exception:  # a fault of ours must not end the consuming
                log.exception("consumer failed", room=self.name)
            if not self.ending.is_set():
                await asyncio.sleep(RETRY_S)

    def end(self) -> None:
        """Finish what is in work, commit it, leave the group."""
        self.ending.set()

    async def _consume(self) -> None:
        room, ctx = self.hosted.room, self.hosted.ctx
        self.queues = {
            (topic := self.cluster.name(source)): TopicQueue(topic, Inbox(ctx, room, source))
            for source in room.logs
        }
        for topic in self.queues:
            UNREADABLE.labels(topic)  # there from the start, so that the first one is seen as an increase
        self.committed, self.paused = {}, set()
        self.consumer = consumer = AIOKafkaConsumer(
            bootstrap_servers=self.cluster.bootstrap, group_id=self.cluster.name(self.name), client_id=f"rasoi {self.name}",
            enable_auto_commit=False, auto_offset_reset="earliest", isolation_level="read_committed",
            session_timeout_ms=SESSION_MS, heartbeat_interval_ms=HEARTBEAT_MS, fetch_max_wait_ms=FETCH_MS,
        )  # fmt: skip
        consumer.subscribe(list(self.queues), listener=self)
        tasks: list[asyncio.Task[None]] = []
        try:
            await consumer.start()
            running = [queue.run() for queue in self.queues.values()]
            running += [self._fetch(consumer), self._commit_on_time(), self._until_end()]
            tasks = [asyncio.create_task(each) for each in running]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self.ending.is_set():
                await self._finish()
            for task in done:
                task.result()
        finally:
            await cancel_all(tasks)
            await close_consumer(consumer)

    async def _until_end(self) -> None:
        await self.ending.wait()

    async def _fetch(self, consumer: AIOKafkaConsumer) -> None:
        while not self.ending.is_set():
            fetched = await consumer.getmany(timeout_ms=250)
            if self.ending.is_set():
                return
            for partition, records in fetched.items():  # no await before the queues have it
                self.queues[partition.topic].add(records)
            self._hold_back(consumer)
            if fetched:
                await self._linger()

    async def _linger(self) -> None:
        """Let events gather for the room's `linger_s`: Kafka is asked once for all that came meanwhile."""
        if linger_s := self.hosted.room.linger_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(linger_s):
                    await self.ending.wait()

    def _hold_back(self, consumer: AIOKafkaConsumer) -> None:
        """Pause the partitions of full queues, and let them go on once there is room."""
        full = {topic for topic, queue in self.queues.items() if len(queue.waiting) > FULL}
        assigned = consumer.assignment()
        if pause := {each for each in assigned if each.topic in full} - self.paused:
            consumer.pause(*pause)
        if resume := {each for each in self.paused & assigned if each.topic not in full}:
            consumer.resume(*resume)
        self.paused = {each for each in assigned if each.topic in full}

    async def _commit_on_time(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_S)
            await self._commit()
            self._measure()

    async def _commit(self) -> None:
        """The finished offsets that Kafka doesn't have yet. What can't be committed now is repeated later."""
        finished = {p: offset for queue in self.queues.values() for p, offset in queue.finished.items()}
        todo = {p: offset for p, offset in finished.items() if self.committed.get(p) != offset}
        if not todo or self.consumer is None:
            return
        try:
            async with asyncio.timeout(5):
                await self.consumer.commit(todo)
            self.committed.update(todo)
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            log.warning("offsets not committed", room=self.name, reason=repr(error))

    def _measure(self) -> None:
        assert self.consumer is not None
        behind = dict.fromkeys(self.queues, 0)
        for partition in self.consumer.assignment():
            end = self.consumer.highwater(partition)
            done = self.queues[partition.topic].finished.get(partition)
            if end is not None and done is not None:
                behind[partition.topic] += max(0, end - done)
        for topic, events in behind.items():
            queue = self.queues[topic]
            here = len(queue.waiting) + queue.in_work
            CONSUMER_LAG.labels(self.name, queue.inbox.log).set(max(events, here))

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in work, or abandon it; either way commit what was finished."""
        if any(True for _ in revoked):
            await self._finish()
        for queue in self.queues.values():
            queue.reassign()
        self.committed.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.paused.clear()
        for queue in self.queues.values():
            queue.fresh = True

    async def _finish(self) -> None:
        for queue in self.queues.values():
            queue.drop()
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                await asyncio.gather(*(queue.idle.wait() for queue in self.queues.values()))
        await self._commit()


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave in order, or without where no broker answers."""
    with suppress(Exception):
        async with asyncio.timeout(5):
            await consumer.stop()
