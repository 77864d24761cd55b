"""What is counted of requests, events and the event loop, and what a leader reports of the database."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from rasoi import app
from rasoi.contracts.staff import SessionRevoked
from rasoi.payments.metrics import UNSETTLED
from rasoi.platform import consumer, http, metrics, watch
from rasoi.platform.cluster import Cluster
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.leader import Leadership
from rasoi.platform.metrics import OUTBOX_BYTES, OUTBOX_LAG, PARKED, LeaderGauge
from rasoi.platform.rooms import Hosted, Room
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.platform.transport_world import eventually

PARK = """INSERT INTO kitchen.parked (log, position, subject, event, reason)
SELECT 'staff', n, 'subject ' || n / 2, '{}', 'for a test' FROM generate_series(1, 4) n"""


async def handle(*_: object) -> None:
    return None


def samples(gauge: LeaderGauge) -> dict[tuple[str, ...], float]:
    return {tuple(s.labels.values()): s.value for family in gauge.collect() for s in family.samples}


@pytest.fixture
def gauge() -> LeaderGauge:
    made = LeaderGauge("rasoi_test", "for a test", ["room"])
    REGISTRY.unregister(made)
    return made


def test_a_leader_gauge_is_reported_as_a_whole_and_goes_stale(
    gauge: LeaderGauge, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauge.report({("a",): 1, ("b",): 2}, "one")
    gauge.report({("c",): 3}, "other")
    assert samples(gauge) == {("a",): 1, ("b",): 2, ("c",): 3}
    gauge.report({("b",): 5}, "one")
    assert samples(gauge) == {("b",): 5, ("c",): 3}
    monkeypatch.setattr(metrics, "STALE_S", -1)
    assert samples(gauge) == {}


async def test_only_what_commits_is_counted(database: Database) -> None:
    seen: list[float] = []

    async def fail() -> None:
        async with database.transaction("staff") as tx:
            tx.on_commit(seen.append, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert seen == []
    async with database.transaction("staff") as tx:
        tx.on_commit(seen.append, 1)
        tx.on_commit(seen.append, 2.5)
        assert seen == []
    assert seen == [1, 2.5]


async def test_lag_parked_keys_and_size_are_read_from_the_database(
    database: Database, settings: Settings
) -> None:
    ctx = Context(settings, database)
    room = Room("kitchen", handlers={SessionRevoked: handle})
    job = watch.measure(room, {"staff": "staff"})
    await job.run(ctx)
    assert samples(OUTBOX_LAG)["kitchen", "staff"] == 0
    assert samples(PARKED)["kitchen", "staff"] == 0
    async with database.transaction("staff") as tx:
        tx.emit(SessionRevoked(session_id=uuid7()), subject="one", outlet_id=1, version=1)
    await database.execute(PARK)
    await asyncio.sleep(0.3)
    await job.run(ctx)
    assert 0.3 <= samples(OUTBOX_LAG)["kitchen", "staff"] < 5
    assert samples(PARKED)["kitchen", "staff"] == 3
    assert samples(OUTBOX_BYTES)["kitchen",] > 8192
    await database.execute("DELETE FROM kitchen.parked")
    position = await database.fetchval("SELECT max(id) FROM staff.outbox")
    await database.execute("INSERT INTO kitchen.reader (log, position) VALUES ('staff', $1)", position)
    await job.run(ctx)
    assert samples(OUTBOX_LAG)["kitchen", "staff"] == samples(PARKED)["kitchen", "staff"] == 0


async def test_a_leader_says_so_until_it_is_none(database_url: str) -> None:
    def leads() -> float | None:
        return REGISTRY.get_sample_value("rasoi_leader", {"room": "watched"})

    first, second = Leadership(database_url, "room:watched"), Leadership(database_url, "room:watched")
    assert leads() == 0
    first.start()
    await asyncio.wait_for(first.held.wait(), 5)
    assert leads() == 1
    await first.stop()
    assert leads() == 0
    assert REGISTRY.get_sample_value("rasoi_leaderships_total", {"room": "watched"}) == 1
    assert not second.held.is_set()


async def test_a_dependency_that_is_away_shows(database: Database, settings: Settings) -> None:
    async def away() -> None:
        raise OSError

    def up(name: str) -> float | None:
        return REGISTRY.get_sample_value("rasoi_dependency_up", {"dependency": name})

    async def asked() -> bool:
        return (up("postgresql"), up("a test")) == (1, 0)

    async with watch.watching(Context(settings, database), {"a test": away}):
        await eventually(asked, 5)
    assert REGISTRY.get_sample_value("rasoi_db_connections_max", {"room": "all"}) >= 10  # type: ignore[operator]


async def test_rooms_may_tell_it_under_their_own_roles(as_room: AsRoom, settings: Settings) -> None:
    for room in app.ROOMS:
        ctx = Context(settings, await as_room(room.name)) if room.logs or room.routes else None
        jobs = [job for job in room.jobs if job.name.startswith("count")]
        for job in [*jobs, watch.measure(room, {"kafka": room.name})]:
            if ctx is not None:
                await job.run(ctx)
    assert samples(UNSETTLED) == {(): 0}
    assert {room for room, _ in samples(OUTBOX_LAG)} >= {"orders", "payments", "kitchen", "menu", "staff"}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.mark.parametrize(
    ("method", "status", "template", "labels"),
    [
        ("GET", 200, "/api/a-test/{id}", ("GET", "/api/a-test/{id}", "200")),
        ("POST", 409, "/api/a-test", ("POST", "/api/a-test", "409")),
        ("GET", 200, None, ("GET", "screen", "200")),
        ("GET", 404, None, ("GET", "unknown", "404")),
        ("MAKE-UP", 405, None, ("other", "unknown", "405")),
        ("GET", 0, "/api/broken", ("GET", "/api/broken", "500")),
    ],
)
async def test_every_request_is_counted_and_timed(
    method: str, status: int, template: str | None, labels: tuple[str, str, str]
) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if template:
            scope["path_template"] = template
        await asyncio.sleep(0.05)
        if not status:
            raise RuntimeError
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None:
        return None

    def now() -> tuple[float, float, float]:
        name, route, answered = labels
        return (
            counted("rasoi_http_requests_total", method=name, route=route, status=answered),
            counted("rasoi_http_request_seconds_count", method=name, route=route),
            counted("rasoi_http_request_seconds_sum", method=name, route=route),
        )

    before = now()
    scope = {"type": "http", "method": method, "path": "/api/a-test/1", "headers": []}
    with contextlib.suppress(RuntimeError):
        await http.RequestContextMiddleware(answer, Settings())(scope, None, send)
    requests, timed, seconds = (after - earlier for after, earlier in zip(now(), before, strict=True))
    assert (requests, timed) == (1, 1)
    assert 0.05 <= seconds < 5


async def test_a_late_event_loop_is_measured(database: Database, settings: Settings) -> None:
    before = counted("rasoi_event_loop_lag_seconds_sum")
    async with watch.watching(Context(settings, database)):
        await asyncio.sleep(0)
        time.sleep(watch.TICK_S + 0.3)
        await asyncio.sleep(0.05)
    assert 0.25 <= counted("rasoi_event_loop_lag_seconds_sum") - before < 5


def test_an_unreadable_message_is_counted() -> None:
    record = SimpleNamespace(topic="rasoi.a-test", partition=0, offset=1, value=b"no event", headers=[])
    assert consumer.event_of(record) is None
    assert consumer.event_of(record) is None
    assert counted("rasoi_events_unreadable_total", log="rasoi.a-test") == 2


async def test_how_far_a_consumer_is_behind(settings: Settings) -> None:
    member = consumer.GroupConsumer(
        Hosted(Room("watched"), Context(settings, None)),  # type: ignore[arg-type]
        Cluster("nowhere:9092"),
    )
    first, second = TopicPartition("rasoi.staff", 0), TopicPartition("rasoi.staff", 1)
    member.consumer = SimpleNamespace(
        assignment=lambda: {first, second}, highwater={first: 10, second: 7}.get
    )
    inbox = SimpleNamespace(log="staff")
    queue = consumer.TopicQueue("rasoi.staff", inbox, finished={first: 6, second: 7})  # type: ignore[arg-type]
    member.queues = {"rasoi.staff": queue}
    member._measure()
    assert counted("rasoi_consumer_lag_events", room="watched", log="staff") == 4
    queue.waiting, queue.in_work = (
        [SimpleNamespace()] * 5,
        2,
    )  # what is fetched counts while nothing is finished
    member._measure()
    assert counted("rasoi_consumer_lag_events", room="watched", log="staff") == 7


def test_methods_are_few() -> None:
    real = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
    assert [metrics.method_of(method) for method in [*real, "get", "MAKE-UP"]] == [*real, "other", "other"]


def test_times_are_told_apart_from_a_millisecond_to_ten_seconds() -> None:
    bounds = metrics.SECONDS
    assert (bounds[0], bounds[-1]) == (0.001, 10)
    assert {0.1, 0.5, 1, 2.5} <= set(bounds), "what the alerts and dashboards ask for"


def test_a_report_is_gone_after_twenty_seconds(gauge: LeaderGauge, monkeypatch: pytest.MonkeyPatch) -> None:
    for now, known in ((1000.0, True), (1019.9, True), (1020.0, False)):
        monkeypatch.setattr(metrics, "time", SimpleNamespace(monotonic=lambda: 1000.0))
        gauge.report({("a",): 1})
        monkeypatch.setattr(metrics, "time", SimpleNamespace(monotonic=lambda at=now: at))
        assert samples(gauge) == ({("a",): 1} if known else {}), now


class Pool:
    """Stands for a pool of asyncpg: how many connections are open, idle and allowed, and how many tasks wait."""

    def __init__(self, size: int, idle: int, most: int, waiting: int, closing: bool = False) -> None:
        self.size, self.idle, self.most, self.closing = size, idle, most, closing
        self._queue = SimpleNamespace(_getters=[None] * waiting)
        self.pool = self

    def is_closing(self) -> bool:
        return self.closing

    def get_size(self) -> int:
        return self.size

    def get_idle_size(self) -> int:
        return self.idle

    def get_max_size(self) -> int:
        return self.most


def test_a_rooms_pools_are_told_together() -> None:
    pools = [Pool(5, 2, 10, 1), Pool(4, 4, 10, 2), Pool(9, 0, 9, 9, closing=True)]
    for pool in pools:
        metrics.POOLS.add(pool, "rasoi_a_test")
    metrics.POOLS.add(owner := Pool(3, 0, 4, 0), None)
    told = {
        kind: counted(f"rasoi_db_connections_{kind}", room="a_test") for kind in ("used", "max", "waiting")
    }
    assert told == {"used": 3, "max": 20, "waiting": 3}
    assert counted("rasoi_db_connections_max", room="all") >= owner.most
