"""Handling once, in order, with retry and parking, through the local transport's reader."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from rasoi.contracts.kitchen import CancelRefused
from rasoi.contracts.orders import OrderPlaced
from rasoi.contracts.staff import SessionRevoked
from rasoi.platform import inbox
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.event_log import Position, read
from rasoi.platform.events import Event, correlation_id
from rasoi.platform.inbox import split_by_key
from rasoi.platform.leader import Leadership
from rasoi.platform.local import LOAD, Reader
from rasoi.platform.rooms import Room
from rasoi.platform.wake import LogWakeSignals
from rasoi.settings import Settings

KEEP = (
    "INSERT INTO kitchen.idempotency (outlet_id, principal, route, key, body_hash) VALUES (1, $1, $2, $3, '')"
)

BY_SQL = """INSERT INTO kitchen.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
VALUES (uuidv7(), 'test', 'board', 1, $1, 'c', '{}')"""
CANCELLED = CancelRefused(order_id=uuid7(), cooked_line_ids=[], by=None)


class Handler:
    """Keeps what it handled in a table (so that it rolls back too), and fails where it is told to."""

    def __init__(self) -> None:
        self.fail: set[str] = set()
        self.calls: list[str] = []

    async def __call__(self, ctx: Context, tx: Tx, event: Event, data: Any) -> None:
        name = f"{event.subject}/{event.aggregateversion}"
        self.calls.append(name)
        await tx.execute(KEEP, event.subject, str(len(self.calls)).zfill(6), f"{event.aggregateversion}")
        if name in self.fail:
            raise RuntimeError(f"can't handle {name}")

    async def kept(self, db: Database) -> list[str]:
        rows = await db.fetch(
            "SELECT principal || '/' || key AS name FROM kitchen.idempotency ORDER BY route"
        )
        return [row["name"] for row in rows]


@pytest.fixture
async def handler() -> Handler:
    return Handler()


@pytest.fixture
async def reader(database: Database, database_url: str, settings: Settings, handler: Handler) -> Reader:
    room = Room("kitchen", handlers={SessionRevoked: handler})
    return Reader(
        Context(settings, database), room, "staff", LogWakeSignals(), Leadership(database_url, "test")
    )


async def emit(db: Database, *names: str) -> None:
    async with db.transaction("staff") as tx:
        for name in names:
            subject, _, version = name.partition("/")
            tx.emit(SessionRevoked(session_id=uuid7()), subject=subject, outlet_id=1, version=int(version))


def test_a_split_keeps_the_order_of_each_key() -> None:
    from rasoi.platform.event_log import LogEntry
    from rasoi.platform.events import new_event

    names = [("a", 1), ("b", 1), ("a", 2), ("c", 1), ("b", 2), ("a", 3)]
    entries = [
        LogEntry(i, new_event(SessionRevoked(session_id=uuid7()), subject=s, outlet_id=1, version=v))
        for i, (s, v) in enumerate(names)
    ]
    split = split_by_key(entries, 3)
    for key in "abc":
        where = [part for part in split if any(e.event.subject == key for e in part)]
        assert len(where) == 1
        versions = [e.event.aggregateversion for e in where[0] if e.event.subject == key]
        assert versions == sorted(versions)
    assert sum(map(len, split)) == len(entries)


async def test_events_are_handled_once_even_when_read_again(
    reader: Reader, database: Database, handler: Handler
) -> None:
    await emit(database, "a/1", "b/1", "a/2")
    position = await reader.step(Position())
    assert position == Position(3)
    await reader.step(Position())  # a crash before the position was saved reads all of it again
    assert sorted(await handler.kept(database)) == ["a/1", "a/2", "b/1"]
    row = await database.fetchrow(LOAD.format(room="kitchen"), "staff")
    assert row["position"] == 3


async def test_a_batch_that_holds_an_event_twice_handles_it_once(
    reader: Reader, database: Database, handler: Handler
) -> None:
    await emit(database, "a/1", "a/2")
    entries, _ = await read(database, "staff", Position())
    await reader.inbox.handle([*entries, *entries])
    assert await handler.kept(database) == ["a/1", "a/2"]


async def test_events_of_one_batch_are_written_in_the_order_of_their_handling(
    database: Database, database_url: str, settings: Settings
) -> None:
    """However each handler writes: by `emit`, or by an SQL function of its room."""

    async def handle(ctx: Context, tx: Tx, event: Event, data: Any) -> None:
        if event.aggregateversion % 2:
            tx.emit(CANCELLED, subject="board", outlet_id=1, version=event.aggregateversion)
        else:
            await tx.execute(BY_SQL, event.aggregateversion)

    room = Room("kitchen", handlers={SessionRevoked: handle})
    reader = Reader(
        Context(settings, database), room, "staff", LogWakeSignals(), Leadership(database_url, "test")
    )
    await emit(database, "a/1", "a/2", "a/3", "a/4")
    await reader.step(Position())
    rows = await database.fetch("SELECT aggregate_version FROM kitchen.outbox ORDER BY id")
    assert [row["aggregate_version"] for row in rows] == [1, 2, 3, 4]


async def test_an_event_of_an_unknown_type_is_passed_over(
    reader: Reader, database: Database, handler: Handler
) -> None:
    await database.execute(
        """INSERT INTO staff.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
        VALUES (uuidv7(), 'rasoi.staff.from_the_future.v9', 'x', 1, 1, 'c', '{}')"""
    )
    await emit(database, "a/1")
    await reader.step(Position())
    assert await handler.kept(database) == ["a/1"]


async def test_a_poison_event_parks_its_key_and_nothing_else(
    reader: Reader, database: Database, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "FIRST_PAUSE_S", 0.001)
    handler.fail = {"bad/2"}
    await emit(database, "bad/1", "bad/2", "good/1", "bad/3", "good/2")
    position = await reader.step(Position())
    assert set(await handler.kept(database)) == {"bad/1", "good/1", "good/2"}
    assert handler.calls.count("bad/2") >= inbox.TRIES

    await emit(database, "bad/4", "good/3")
    position = await reader.step(position)
    rows = await database.fetch(
        "SELECT subject, event->>'aggregateversion' AS version FROM kitchen.parked ORDER BY position"
    )
    assert [(r["subject"], r["version"]) for r in rows] == [("bad", "2"), ("bad", "3"), ("bad", "4")]
    assert "good/3" in await handler.kept(database)

    handled, faults = await reader.inbox.replay()
    assert handled == 0 and len(faults) == 1 and "bad/2" in faults[0], (
        "still poisonous: nothing of its key moves"
    )

    handler.fail = set()
    handled, faults = await reader.inbox.replay()
    assert (handled, faults) == (3, [])
    kept = [name for name in await handler.kept(database) if name.startswith("bad")]
    assert kept == ["bad/1", "bad/2", "bad/3", "bad/4"]

    await emit(database, "bad/5")
    await reader.step(position)
    assert (await handler.kept(database)).count("bad/5") == 1, "the key is free again"


async def test_a_failing_batch_is_split_and_its_good_events_take_effect_once(
    reader: Reader, database: Database, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "FIRST_PAUSE_S", 0.001)
    handler.fail = {"k7/1"}
    await emit(database, *(f"k{i}/1" for i in range(20)))
    await reader.step(Position())
    assert sorted(await handler.kept(database)) == sorted(f"k{i}/1" for i in range(20) if i != 7)


async def test_what_an_event_causes_carries_its_correlation(
    database: Database, database_url: str, settings: Settings
) -> None:
    seen: list[str] = []

    async def note(ctx: Context, tx: Tx, event: Event, data: Any) -> None:
        seen.append(correlation_id.get())

    room = Room("kitchen", handlers={SessionRevoked: note})
    reader = Reader(
        Context(settings, database), room, "staff", LogWakeSignals(), Leadership(database_url, "test")
    )
    correlation_id.set("the-request")
    await emit(database, "a/1")
    correlation_id.set("another")
    await reader.step(Position())
    assert seen == ["the-request"] and correlation_id.get() == "another"


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"room": "kitchen", "log": "staff"}) or 0


async def test_what_is_handled_and_what_is_tried_again_is_counted(
    reader: Reader, database: Database, handler: Handler
) -> None:
    names = (
        "rasoi_events_handled_total",
        "rasoi_events_retried_total",
        "rasoi_event_lag_seconds_count",
        "rasoi_event_lag_seconds_sum",
    )
    before = {name: counted(name) for name in names}
    await emit(database, "a/1", "b/1", "c/1")
    await asyncio.sleep(0.2)
    await reader.step(Position())
    handled, retried, lags, lag = (counted(name) - before[name] for name in names)
    assert (handled, retried, lags) == (3, 0, 1)
    assert 0.2 <= lag < 30
    handler.fail = {"a/2"}
    await emit(database, "a/2", "b/2")
    await reader.step(Position(3))
    handled, retried, lags, _ = (counted(name) - before[name] for name in names)
    assert (handled, retried, lags) == (4, inbox.TRIES, 2)


def test_a_room_lists_the_logs_it_consumes() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError

    assert Room("x", handlers={OrderPlaced: never, SessionRevoked: never}).logs == ["orders", "staff"]


async def test_only_one_leads_and_the_next_takes_over(database_url: str) -> None:
    first, second = Leadership(database_url, "room"), Leadership(database_url, "room")
    first.start()
    await asyncio.wait_for(first.held.wait(), 3)
    second.start()
    await asyncio.sleep(1.5)
    assert first.confirmed and not second.held.is_set()
    await first.stop()
    await asyncio.wait_for(second.held.wait(), 5)
    await second.stop()
