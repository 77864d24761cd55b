"""SQL of the days' statistics, a function per question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

DAYS = """WITH RECURSIVE outlets AS (
  SELECT min(outlet_id) AS id FROM payments.attempt
  UNION ALL SELECT (SELECT min(outlet_id) FROM payments.attempt WHERE outlet_id > o.id) FROM outlets o WHERE o.id IS NOT NULL
), every AS (SELECT id FROM outlets WHERE id IS NOT NULL UNION SELECT outlet_id FROM payments.daily UNION
  SELECT outlet_id FROM payments.hourly
), bounds AS (
  SELECT e.id, least(a.low, r.low, f.low, d.low, h.low) AS low, greatest(a.high, r.high, f.high, d.high, h.high) AS high
  FROM every e,
  LATERAL (SELECT min(business_day) AS low, max(business_day) AS high FROM payments.attempt WHERE outlet_id = e.id) a,
  LATERAL (SELECT min(failed_day) AS low, max(failed_day) AS high FROM payments.attempt
    WHERE outlet_id = e.id AND failed_day IS NOT NULL) f,
  LATERAL (SELECT min(business_day) AS low, max(business_day) AS high FROM payments.refund WHERE outlet_id = e.id) r,
  LATERAL (SELECT min(business_day) AS low, max(business_day) AS high FROM payments.daily WHERE outlet_id = e.id) d,
  LATERAL (SELECT min(business_day) AS low, max(business_day) AS high FROM payments.hourly WHERE outlet_id = e.id) h
)
SELECT id AS outlet_id, day::date AS day FROM bounds, generate_series(low, high, interval '1 day') day
WHERE $1::date IS NULL OR day::date = $1 ORDER BY 1, 2"""


async def add_to_day(tx: Any, outlet_id: int, totals: Sequence[Any]) -> None:
    """Add to the roll-ups: the last statement of a transaction."""
    await tx.execute("SELECT payments.add_to_day($1, $2)", outlet_id, totals)


async def daily(conn: Any, outlet_id: int, first: date, last: date) -> list[Any]:
    """The days' totals by method."""
    sql = "SELECT * FROM payments.daily WHERE outlet_id = $1 AND business_day BETWEEN $2 AND $3 ORDER BY business_day, method"
    return await conn.fetch(sql, outlet_id, first, last)  # type: ignore[no-any-return]


async def hourly(conn: Any, outlet_id: int, first: date, last: date) -> list[Any]:
    """The same by hour of the outlet's clock."""
    sql = """SELECT * FROM payments.hourly WHERE outlet_id = $1 AND business_day BETWEEN $2 AND $3
    ORDER BY business_day, hour, method"""
    return await conn.fetch(sql, outlet_id, first, last)  # type: ignore[no-any-return]


async def days(conn: Any, day: date | None) -> list[tuple[int, date]]:
    """Every (outlet, day) that there may be figures of, or those of one day."""
    return [(row["outlet_id"], row["day"]) for row in await conn.fetch(DAYS, day)]


async def wrong_totals(conn: Any, outlet_id: int, day: date) -> list[Any]:
    """Where the roll-ups of a day differ from the ledger."""
    return await conn.fetch("SELECT * FROM payments.wrong_totals($1, $2)", outlet_id, day)  # type: ignore[no-any-return]


async def repair_day(tx: Any, outlet_id: int, day: date) -> None:
    """Make them what the ledger says."""
    await tx.execute("SELECT payments.repair_day($1, $2)", outlet_id, day)
