"""Reading a room's append-only log by position, without missing a row that commits late.

Ids are drawn before transactions commit, so a row may appear below the position. The reader remembers the ids
that it has not seen, picks them up when they appear, and forgets one when `pg_snapshot_xmin` has passed an xid
taken after the gap was first seen: then every transaction that could own the id has ended. (A snapshot's xmax
would not do: it is the newest *completed* xid plus one, and the owner's may be above it.)
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rasoi.platform.events import Event

BATCH = 500
# one statement, one snapshot: the rows and the transaction horizon belong together
READ = """WITH horizon AS MATERIALIZED (
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin)
SELECT h.xmin, o.* FROM horizon h LEFT JOIN LATERAL (
  (SELECT {columns} FROM {log}.outbox WHERE id = ANY($2::bigint[]))
  UNION ALL
  (SELECT {columns} FROM {log}.outbox WHERE id > $1 ORDER BY id LIMIT $3)
  ORDER BY id) o ON true"""
# with no gap to look for there is nothing but what follows, and no horizon to compare with
AHEAD = "SELECT {columns} FROM {log}.outbox WHERE id > $1 ORDER BY id LIMIT $2"
COLUMNS = """id, created_at, event_id, type, subject, outlet_id, aggregate_version,
  correlation_id, causation_id, traceparent, data::text AS data"""
MARK = "SELECT pg_current_xact_id()::text::bigint"
MOST_GAPS = 10_000  # more ids than transactions can be open at once; older ones left with a dropped partition


REMEMBERED_STEPS = 64


@dataclass
class Position:
    """How far a reader has come: all ids up to `at` were seen, but for `gaps` (id → xid to outlive)."""

    at: int = 0
    gaps: dict[int, int] = field(default_factory=dict)

    def saved(self) -> dict[str, int]:
        return {str(gap): xid for gap, xid in self.gaps.items()}


@dataclass(frozen=True)
class LogEntry:
    """One event with its place in the log."""

    position: int
    event: Event


def entry(row: Any, log: str) -> LogEntry:
    """A row of an outbox as an event."""
    return LogEntry(
        row["id"],
        Event(
            id=row["event_id"],
            type=row["type"],
            source=f"/rooms/{log}",
            subject=row["subject"],
            time=row["created_at"],
            outletid=row["outlet_id"],
            aggregateversion=row["aggregate_version"],
            correlationid=row["correlation_id"],
            causationid=row["causation_id"],
            traceparent=row["traceparent"],
            data=msgspec.Raw(row["data"].encode()),
        ),
    )


def find_gaps(at: int, ids: list[int]) -> list[int]:
    """The ids above `at` that a read should have shown and did not (`ids` ascending)."""
    seen = set(ids)
    top = max(ids, default=at)
    return [i for i in range(max(at + 1, top - MOST_GAPS), top) if i not in seen]


def open_gaps(gaps: dict[int, int], ids: list[int], xmin: int) -> dict[int, int]:
    """The gaps still to wait for, after a read that showed `ids` under the horizon `xmin`."""
    seen = set(ids)
    return {gap: mark for gap, mark in gaps.items() if gap not in seen and xmin <= mark}


async def read(
    conn: Any, log: str, position: Position, limit: int = BATCH
) -> tuple[list[LogEntry], Position]:
    """The next entries of `log`, late ones first, and the position after them. `conn` is a Database."""
    if position.gaps:
        sql = READ.format(log=log, columns=COLUMNS)
        rows = await conn.fetch(sql, position.at, list(position.gaps), limit)
        entries = [entry(row, log) for row in rows if row["id"] is not None]
        gaps = open_gaps(position.gaps, [e.position for e in entries], rows[0]["xmin"])
    else:
        rows = await conn.fetch(AHEAD.format(log=log, columns=COLUMNS), position.at, limit)
        entries, gaps = [entry(row, log) for row in rows], {}
    ids = [e.position for e in entries]
    if new := find_gaps(position.at, ids):
        mark = await conn.fetchval(MARK)
        gaps.update((gap, mark) for gap in new)
    return entries, Position(max(position.at, *ids, 0), gaps)


_Key = tuple[int, tuple[tuple[int, int], ...]]
_Step = tuple[list[LogEntry], Position]


def _key(position: Position) -> _Key:
    return position.at, tuple(sorted(position.gaps.items()))


class SharedLogReader:
    """One log as several readers of this process read it: who stands at the same position shares one read.

    The log is append-only, so what a read from a position gave stays a right step from there for anyone. `written`
    counts how often this log was written, as far as this process knows.
    """

    def __init__(self, log: str, written: Counter[str]) -> None:
        self.log = log
        self._written = written
        self._known: dict[_Key, _Step] = {}
        self._pending: dict[_Key, asyncio.Future[_Step]] = {}
        self._end: tuple[_Key, int] | None = None

    def at_end(self, position: Position) -> bool:
        """Was nothing written since a read began that ended here? Then the next thing to do is to wait."""
        return self._end == (_key(position), self._written[self.log])

    async def read(self, conn: Any, position: Position) -> tuple[list[LogEntry], Position]:
        """As `read`, or all that others have read from here on, which need not be all there is: see `at_end`."""
        key = _key(position)
        if key in self._known:
            return self._known_from(key)
        step = await self._shared_read(conn, key, position)
        if step[0]:
            self._known[key] = step
            while len(self._known) > REMEMBERED_STEPS:
                del self._known[next(iter(self._known))]
        return step

    def _known_from(self, key: _Key) -> _Step:
        """The steps that are known from there, as one: a lingering reader is not held to the small steps of a fast one."""
        entries: list[LogEntry] = []
        while (step := self._known.get(key)) and len(entries) < BATCH:
            entries += step[0]
            key = _key(step[1])
            after = step[1]
        return entries, after

    async def _shared_read(self, conn: Any, key: _Key, position: Position) -> _Step:
        pending = self._pending.get(key)
        if pending is None:
            pending = self._pending[key] = asyncio.ensure_future(self._read(conn, key, position))
        return await asyncio.shield(pending)

    async def _read(self, conn: Any, key: _Key, position: Position) -> _Step:
        written = self._written[self.log]
        try:
            entries, after = await read(conn, self.log, position)
        finally:
            del self._pending[key]  # here and not by a callback: who asks again at once must not get this one
        if len(entries) < BATCH:
            self._end = (_key(after), written)
        return entries, after


async def end_of(conn: Any, log: str) -> Position:
    """The present end of a log, with no gap remembered: where a live view starts."""
    return Position(await conn.fetchval(f"SELECT coalesce(max(id), 0) FROM {log}.outbox"))
