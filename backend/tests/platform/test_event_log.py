"""Readers against writers that are slow, roll back, or stop: nothing lost, each key in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.database import Database, prepare
from rasoi.platform.event_log import LogEntry, Position, SharedLogReader, end_of, find_gaps, open_gaps, read

INSERT = """INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
VALUES ($1, 'test', $2, 1, $3, 'c', '{}') RETURNING id"""
Connect = Callable[[], Awaitable[asyncpg.Connection]]


async def write(conn: asyncpg.Connection, subject: str, version: int = 1) -> int:
    return int(await conn.fetchval(INSERT, uuid7(), subject, version))


@pytest.fixture
async def connected(database_url: str) -> AsyncIterator[Connect]:
    """`await connected()`: one more connection, closed when the test ends."""
    opened: list[asyncpg.Connection] = []

    async def connect() -> asyncpg.Connection:
        opened.append(conn := await asyncpg.connect(database_url))
        await prepare(conn)
        return conn

    yield connect
    for conn in opened:
        conn.terminate()


def positions(entries: list[LogEntry]) -> list[int]:
    return [each.position for each in entries]


def test_missed_names_every_id_that_a_read_did_not_show() -> None:
    assert find_gaps(3, [5, 6, 9]) == [4, 7, 8]
    assert find_gaps(3, []) == []
    assert find_gaps(0, [1, 2]) == []


def test_a_gap_stays_until_seen_or_outlived() -> None:
    gaps = {4: 100, 7: 100, 8: 200}
    assert open_gaps(gaps, [7], xmin=100) == {4: 100, 8: 200}
    assert open_gaps(gaps, [], xmin=101) == {8: 200}


async def test_a_slow_writers_event_is_read_once_it_commits(database: Database, connected: Connect) -> None:
    slow = await connected()
    transaction = slow.transaction()
    await transaction.start()
    first = await write(slow, "slow")
    second = await write(await connected(), "quick")

    entries, position = await read(database, "orders", Position())
    assert positions(entries) == [second]
    assert list(position.gaps) == [first]

    entries, position = await read(database, "orders", position)
    assert entries == [] and list(position.gaps) == [first], "still open: still remembered"

    await transaction.commit()
    entries, position = await read(database, "orders", position)
    assert positions(entries) == [first]
    assert position == Position(second, {})


async def test_an_open_transaction_that_drew_its_id_late_is_not_forgotten(
    database: Database, connected: Connect
) -> None:
    """The owner's xid lies above the snapshot's xmax (which is the newest *completed* xid plus one)."""
    owner, quick = await connected(), await connected()
    transaction = owner.transaction()
    await transaction.start()
    await owner.fetchval("SELECT pg_current_xact_id()")
    first = await write(owner, "owner")
    await write(quick, "quick")
    _, position = await read(database, "orders", Position())
    for _ in range(5):
        await write(quick, "quick")
        _, position = await read(database, "orders", position)
        assert first in position.gaps
    await transaction.commit()
    entries, _ = await read(database, "orders", position)
    assert positions(entries) == [first]


async def test_a_rolled_back_id_is_forgotten(database: Database, connected: Connect) -> None:
    conn = await connected()
    transaction = conn.transaction()
    await transaction.start()
    gone = await write(conn, "gone")
    await transaction.rollback()
    kept = await write(conn, "kept")
    entries, position = await read(database, "orders", Position())
    assert positions(entries) == [kept] and list(position.gaps) == [gone]
    await write(conn, "later")
    for _ in range(3):
        _, position = await read(database, "orders", position)
    assert position.gaps == {}


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_and_keys_stay_in_order_under_slow_and_failing_writers(
    database: Database, connected: Connect, seed: int
) -> None:
    """Writers lock their key, draw an id, dawdle, and commit or roll back; a reader follows all the while."""
    rng = random.Random(seed)
    committed: dict[str, list[int]] = defaultdict(list)
    locks = {f"key{i}": asyncio.Lock() for i in range(5)}
    writing = True

    async def writer() -> None:
        conn = await connected()
        for _ in range(40):
            key = rng.choice(list(locks))
            async with locks[key]:
                transaction = conn.transaction()
                await transaction.start()
                await conn.fetchval("SELECT pg_current_xact_id()")
                version = len(committed[key]) + 1
                await write(conn, key, version)
                await asyncio.sleep(rng.random() * 0.02)
                if rng.random() < 0.3:
                    await transaction.rollback()
                else:
                    await transaction.commit()
                    committed[key].append(version)

    seen: dict[str, list[int]] = defaultdict(list)

    async def reader() -> None:
        position = Position()
        while True:
            done = not writing
            entries, position = await read(database, "orders", position, limit=rng.choice([1, 3, 500]))
            for each in entries:
                seen[each.event.subject].append(each.event.aggregateversion)
            if done and not entries:
                return
            await asyncio.sleep(0.001)

    reading = asyncio.create_task(reader())
    await asyncio.gather(*(writer() for _ in range(6)))
    writing = False
    await reading
    assert seen == committed and sum(map(len, seen.values())) > 100


async def test_who_stands_at_the_same_place_shares_a_read_and_misses_nothing(
    database: Database, connected: Connect
) -> None:
    """Readers over one shared log reader, each at its own pace, see all there is, in order, also what commits late."""
    shared, writing = SharedLogReader("orders", Counter()), True
    rng = random.Random(5)

    async def writer(key: str) -> None:
        conn = await connected()
        for version in range(1, 31):
            async with conn.transaction():
                await write(conn, key, version)
                await asyncio.sleep(rng.random() * 0.01)

    async def reader(pause: float) -> dict[str, list[int]]:
        seen, position = defaultdict(list), Position()
        while True:
            done = not writing
            entries, position = await shared.read(database, position)
            for each in entries:
                seen[each.event.subject].append(each.event.aggregateversion)
            if done and not entries:
                return seen
            await asyncio.sleep(pause)

    reading = [asyncio.create_task(reader(pause)) for pause in (0.001, 0.001, 0.002, 0.005, 0.02)]
    await asyncio.gather(*(writer(f"key{n}") for n in range(4)))
    writing = False
    everything = {f"key{n}": list(range(1, 31)) for n in range(4)}
    assert [await each for each in reading] == [everything] * 5


async def test_readers_that_are_woken_together_ask_the_database_once(
    database: Database, connected: Connect
) -> None:
    conn = await connected()
    for version in range(1, 4):
        await write(conn, "key", version)
    asked = 0

    class Counting:
        async def fetch(self, *args: Any) -> Any:
            nonlocal asked
            asked += 1
            return await database.fetch(*args)

        fetchval = database.fetchval

    shared = SharedLogReader("orders", Counter())
    steps = await asyncio.gather(*(shared.read(Counting(), Position()) for _ in range(6)))
    assert asked == 1 and all(positions(entries) == [1, 2, 3] for entries, _ in steps)
    late, _ = await shared.read(Counting(), Position())
    assert asked == 1 and positions(late) == [1, 2, 3], "who comes later takes the same step"


async def test_a_patient_reader_takes_at_once_what_a_fast_one_took_in_steps(
    database: Database, connected: Connect
) -> None:
    conn, shared, position = await connected(), SharedLogReader("orders", Counter()), Position()
    for version in range(1, 8):
        await write(conn, "key", version)
        _, position = await shared.read(database, position)
    entries, after = await shared.read(database, Position())
    assert positions(entries) == list(range(1, 8)) and after == position


async def test_only_who_read_the_last_that_was_written_waits(database: Database, connected: Connect) -> None:
    """However a write falls together with a read: there is another read, or the reader is woken."""
    conn, written = await connected(), Counter[str]()
    shared = SharedLogReader("orders", written)
    await write(conn, "key", 1)
    _, position = await shared.read(database, Position())
    assert shared.at_end(position) and not shared.at_end(Position())
    written["orders"] += 1
    assert not shared.at_end(position), "written since"
    written["menu"] += 1

    class WrittenMeanwhile:
        async def fetch(self, *args: Any) -> Any:
            rows = await database.fetch(*args)
            await write(conn, "key", 2)
            written["orders"] += 1
            return rows

        fetchval = database.fetchval

    entries, position = await shared.read(WrittenMeanwhile(), position)
    assert not entries and not shared.at_end(position), "it came too late for this read"
    entries, position = await shared.read(database, position)
    assert positions(entries) == [2] and shared.at_end(position)


async def test_who_asks_again_at_once_gets_another_read(database: Database, connected: Connect) -> None:
    """A reader that is woken by a write while it reads does not meet its own ended read for ever."""
    conn, written = await connected(), Counter[str]()
    shared, position, reads = SharedLogReader("orders", written), Position(), 0
    await write(conn, "key", 1)

    class Written:
        async def fetch(self, *args: Any) -> Any:
            written["orders"] += reads < 3
            return await database.fetch(*args)

        fetchval = database.fetchval

    while not shared.at_end(position) and reads < 100:
        _, position = await shared.read(Written(), position)
        reads += 1
    assert reads == 4


class Log:
    """Stands for a database whose log holds ids from 1 to `top`, of which `held_back` are not seen yet."""

    def __init__(self, top: int, step: int = 500) -> None:
        self.top, self.step = top, step
        self.held_back: set[int] = set()
        self.asked: list[tuple[Any, ...]] = []
        self.marks = 0

    async def fetch(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        self.asked.append(values)
        at, gaps = values[0], values[1] if len(values) == 3 else []
        ahead = [i for i in range(at + 1, self.top + 1) if i not in self.held_back][: self.step]
        ids = [i for i in gaps if i not in self.held_back] + ahead
        return [row_of(i) for i in ids] or ([{"xmin": 50, "id": None}] if gaps else [])

    async def fetchval(self, sql: str) -> int:
        self.marks += 1
        return 100


def row_of(id: int) -> dict[str, Any]:
    named = ("type", "subject", "correlation_id")
    empty = {"causation_id": None, "traceparent": None, "created_at": datetime.now(UTC), "data": "{}"}
    return (
        dict.fromkeys(named, "x")
        | empty
        | {
            "xmin": 50,
            "id": id,
            "event_id": uuid7(),
            "outlet_id": 1,
            "aggregate_version": 1,
        }
    )


def test_only_so_many_gaps_are_looked_for() -> None:
    assert find_gaps(0, [10_005]) == list(range(5, 10_005))


async def test_a_read_without_gaps_asks_one_thing() -> None:
    log = Log(0)
    assert await read(log, "orders", Position()) == ([], Position(0, {}))
    assert log.asked == [(0, 500)] and log.marks == 0
    log.top = 2
    entries, position = await read(log, "orders", Position())
    assert positions(entries) == [1, 2] and position == Position(2, {}) and log.marks == 0


async def test_gaps_are_marked_and_asked_for() -> None:
    log = Log(4)
    log.held_back = {2}
    entries, position = await read(log, "orders", Position())
    assert positions(entries) == [1, 3, 4] and position == Position(4, {2: 100})
    entries, position = await read(log, "orders", position)
    assert (entries, position, log.asked[-1]) == ([], Position(4, {2: 100}), (4, [2], 500))
    log.held_back.clear()
    entries, position = await read(log, "orders", position)
    assert positions(entries) == [2] and position == Position(4, {})


async def test_so_many_steps_are_remembered_and_the_oldest_go_first() -> None:
    log, shared, position = Log(70, step=1), SharedLogReader("orders", Counter()), Position()
    for _ in range(70):
        _, position = await shared.read(log, position)
    assert len(log.asked) == 70
    again, _ = await shared.read(log, Position(6))
    assert positions(again) == list(range(7, 71)) and len(log.asked) == 70, "64 are known"
    await shared.read(log, Position(5))
    assert len(log.asked) == 71, "the one before is not"


async def test_what_is_known_is_given_in_batches() -> None:
    log, shared, position = Log(750, step=250), SharedLogReader("orders", Counter()), Position()
    for _ in range(3):
        _, position = await shared.read(log, position)
    entries, after = await shared.read(log, Position())
    assert positions(entries) == list(range(1, 501)) and after == Position(500)


async def test_an_empty_read_is_asked_again() -> None:
    log, shared = Log(0), SharedLogReader("orders", Counter())
    assert await shared.read(log, Position()) == ([], Position())
    log.top = 1
    entries, _ = await shared.read(log, Position())
    assert positions(entries) == [1]


@pytest.mark.parametrize(("top", "end"), [(499, True), (500, False)])
async def test_a_full_batch_is_not_the_end(top: int, end: bool) -> None:
    shared = SharedLogReader("orders", Counter())
    _, position = await shared.read(Log(top), Position())
    assert position.at == top and shared.at_end(position) is end


async def test_a_live_view_starts_at_the_end(database: Database, connected: Connect) -> None:
    assert await end_of(database, "orders") == Position(0)
    last = await write(await connected(), "key")
    assert await end_of(database, "orders") == Position(last)
