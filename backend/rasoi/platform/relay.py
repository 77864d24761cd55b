"""The relay: a room's leader reads its log by position and produces it to Kafka, each key in order.

A batch counts once all of it is acknowledged. One that fails or takes too long is unknown: it is read and sent again
from the position before it, and consumers know the repeated events by their ids.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from rasoi.cancelling import cancel_all
from rasoi.platform import tracing
from rasoi.platform.cluster import LARGEST_MESSAGE, Cluster
from rasoi.platform.event_log import BATCH, LogEntry, Position, read
from rasoi.platform.events import CONTENT_TYPE
from rasoi.platform.inbox import DATABASE_UNAVAILABLE
from rasoi.platform.leader import Leadership
from rasoi.platform.local import POLL_S, SAVE, SAVE_S, saved_position
from rasoi.platform.metrics import EVENT_LAG
from rasoi.platform.rooms import Hosted
from rasoi.platform.wake import LogWakeSignals

log = structlog.get_logger(__name__)
READER = "kafka"  # this reader's name in its room's own schema
SEND_S = 10.0  # an idempotent producer never gives up a batch, so we do
RETRY_S = 0.5
# the first relay of a room that has a past leaves out what inboxes may have forgotten
BEGIN = """INSERT INTO {room}.reader (log, position)
SELECT $1, coalesce(max(id), 0) FROM {room}.outbox WHERE created_at < now() - interval '7 days'
ON CONFLICT DO NOTHING"""
HEADERS = [("content-type", CONTENT_TYPE.encode())]


class DeliveryUnknown(Exception):
    """Whether Kafka has a batch is not known."""


class Relay:
    """One room's log on its way to Kafka, while this process leads the room."""

    def __init__(
        self, hosted: Hosted, cluster: Cluster, wake_signals: LogWakeSignals, leadership: Leadership
    ) -> None:
        self.db = hosted.ctx.db
        self.room = hosted.room.name
        self.bootstrap = cluster.bootstrap
        self.topic = cluster.name(hosted.room.name)
        self.wake_signals = wake_signals
        self.wake = wake_signals.listen(self.room)
        self.leadership = leadership
        self.saved = Position()
        self.saved_at = 0.0
        self.ending = False

    async def run(self) -> None:
        """For ever: lead, produce from the saved position; whatever goes wrong, begin again from there."""
        while not self.ending:
            await self.leadership.held.wait()
            try:
                await self._lead()
            except (*DATABASE_UNAVAILABLE, KafkaError, DeliveryUnknown, TimeoutError) as error:
                log.warning("relay waits", room=self.room, reason=repr(error))
            except Exception:  # a fault of ours must not end the relaying
                log.exception("relay failed", room=self.room)
            if not self.ending:
                await asyncio.sleep(RETRY_S)

    async def _lead(self) -> None:
        await self.db.execute(BEGIN.format(room=self.room), READER)
        position = self.saved = await saved_position(self.db, self.room, READER)
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, client_id=f"rasoi relay {self.room}", acks="all", enable_idempotence=True,
            linger_ms=0, max_batch_size=128 * 1024, max_request_size=LARGEST_MESSAGE, request_timeout_ms=5000,
        )  # fmt: skip
        try:
            await producer.start()
            while self.leadership.confirmed:
                written = self.wake_signals.written[self.room]
                count, position = await self.step(producer, position)
                if count == 0 and self.ending:
                    break
                if count < BATCH and written == self.wake_signals.written[self.room] and not self.ending:
                    self.wake.clear()  # it was set by what has been read
                    await self.wake.wait(POLL_S)
        finally:
            await _close(producer)

    def end(self) -> None:
        """Produce what is written, save the position, and be done."""
        self.ending = True
        self.wake.set()

    async def step(self, producer: AIOKafkaProducer, position: Position) -> tuple[int, Position]:
        """Read once and produce what came; the position is saved after the acknowledgement, and not every time."""
        entries, after = await read(self.db, self.room, position)
        if entries:
            await self._produce(producer, entries)
            EVENT_LAG.labels(self.room, READER).observe(entries[-1].event.age())
        if after != self.saved and (not entries or time.monotonic() - self.saved_at > SAVE_S):
            await self.save(after)
        return len(entries), after

    async def save(self, position: Position) -> None:
        await self.db.execute(SAVE.format(room=self.room), READER, position.at, position.saved())
        self.saved, self.saved_at = position, time.monotonic()

    async def _produce(self, producer: AIOKafkaProducer, entries: list[LogEntry]) -> None:
        """Send in order of the log and wait for every acknowledgement. Raises DeliveryUnknown, KafkaError."""
        sending = asyncio.create_task(self._send(producer, entries))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SEND_S
        while not sending.done() and loop.time() < deadline:
            await asyncio.wait([sending], timeout=min(0.5, SEND_S))
        if not sending.done():
            await cancel_all([sending])
            raise DeliveryUnknown(f"no answer from Kafka in {SEND_S:.0f} s")
        sending.result()

    async def _send(self, producer: AIOKafkaProducer, entries: list[LogEntry]) -> None:
        waiting = []
        for each in entries:
            key, value = each.event.subject.encode(), msgspec.json.encode(each.event)
            span = tracing.begin_send(each.event, self.topic)
            headers = [*HEADERS, ("traceparent", tracing.inject(span).encode())] if span else HEADERS
            acknowledged = await producer.send(self.topic, value, key, headers=headers)
            if span:
                acknowledged.add_done_callback(partial(tracing.end_send, span))
            waiting.append(acknowledged)
        for acknowledged in waiting:
            await acknowledged


async def _close(producer: AIOKafkaProducer) -> None:
    """Its own `stop` waits for batches that may never go: end what they wait for after a moment."""
    with suppress(Exception):
        async with asyncio.timeout(1.0):
            await producer.stop()
        return
    with suppress(Exception):
        await producer._sender.close()
        await producer.client.close()
