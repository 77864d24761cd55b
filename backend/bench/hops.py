"""An order's way through Kafka to the kitchen's screens, hop by hop.

Everything is stamped by this machine's one clock: the writing of events by PostgreSQL (`created_at`), the handing to Kafka
by the relay's producer (the message's timestamp, in whole milliseconds), the receipt by a consumer of our own without a
group, in the place of the room's, and the arrival at our own socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.box import Box
from bench.rows import percentile
from bench.screen import Screens
from rasoi.cancelling import cancel_all
from rasoi.contracts.kitchen import TicketOpened
from rasoi.contracts.orders import OrderPlaced
from rasoi.platform.cluster import Cluster, ensure_topics, partitions_of
from rasoi.platform.events import Event

PARTS = (
    "order's event written → given to Kafka by its relay",
    "Kafka: given → received",
    "order's event received → ticket's event written by the kitchen",
    "ticket's event written → Kafka → received",
    "ticket's event received → at the screen, by bridge and nginx",
)
PROBE = "bench"  # what stands for a room in the topic's name


@dataclass(frozen=True)
class Passed:
    """When an event was where, in seconds."""

    written: float
    given: float
    received: float
    order: str


class Arrivals(Screens):
    """Kitchen screens that also note when each ticket came."""

    def __init__(self, box: Box, outlets: range, stations: list[str]) -> None:
        super().__init__(box, outlets, stations)
        self.came: dict[str, float] = {}

    def note(self, change: Any, now: float) -> None:
        super().note(change, now)
        if change.get("type", "") == TicketOpened.event_type:
            self.came[change["data"]["ticket"]["id"]] = now


class Tap:
    """All records of some topics from now on, with the moment of their receipt."""

    def __init__(self, cluster: Cluster, rooms: Sequence[str]) -> None:
        self.cluster, self.topics = cluster, [cluster.name(room) for room in rooms]
        self.records: list[tuple[float, Any]] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.cluster.bootstrap, enable_auto_commit=False)
        await consumer.start()
        consumer.assign(await partitions_of(self.cluster, self.topics))
        await consumer.seek_to_end()
        task = asyncio.create_task(self._listen(consumer))
        try:
            yield
        finally:
            await cancel_all([task])
            await consumer.stop()

    async def _listen(self, consumer: Any) -> None:
        while True:
            fetched = await consumer.getmany(timeout_ms=1000)
            now = time.time()
            self.records += [(now, record) for records in fetched.values() for record in records]

    def passed(self) -> tuple[dict[str, Passed], dict[str, Passed]]:
        """The placed orders by their id, and the opened tickets by theirs."""
        orders, tickets = {}, {}
        for received, record in self.records:
            event = msgspec.json.decode(record.value, type=Event)
            when = (event.time.timestamp(), record.timestamp / 1000, received)
            data = msgspec.json.decode(event.data)
            if event.type == OrderPlaced.event_type:
                orders[data["order_id"]] = Passed(*when, data["order_id"])
            elif event.type == TicketOpened.event_type:
                tickets[data["ticket"]["id"]] = Passed(*when, data["ticket"]["order_id"])
        return orders, tickets


def parts(tap: Tap, came: dict[str, float]) -> list[list[float]]:
    """The seconds of each of PARTS, for every ticket that was seen all along."""
    orders, tickets = tap.passed()
    found = []
    for each, arrived in came.items():
        ticket = tickets.get(each)
        order = orders.get(ticket.order) if ticket else None
        if ticket and order:
            found.append(
                (
                    order.given - order.written,
                    order.received - order.given,
                    ticket.written - order.received,
                    ticket.received - ticket.written,
                    arrived - ticket.received,
                )
            )
    return [list(column) for column in zip(*found, strict=True)]


async def bare_hop(bootstrap: str, rate: int, seconds: float) -> float:
    """The p99 in ms of produce → consume through the same broker, at rest but for this, as the relay produces."""
    cluster = Cluster(bootstrap)
    await ensure_topics(cluster, [PROBE])
    await asyncio.sleep(1)  # its leaders are known a moment later
    tap, topic = Tap(cluster, [PROBE]), cluster.name(PROBE)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    async with tap.listening():
        for number in range(int(rate * seconds)):
            body = repr(time.time()).encode().ljust(2000)
            await producer.send(topic, body, str(number % 100).encode())
            await asyncio.sleep(1 / rate)
        await producer.stop()
        await asyncio.sleep(0.5)
    ages = [received - float(record.value) for received, record in tap.records]
    return percentile(ages[len(ages) // 5 :], 0.99) * 1000  # the first ones warm up
