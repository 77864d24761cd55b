"""SQL of the reports room, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rasoi.reports.domain import Paper, Preparation, Sale, SaleLine, newest

SALE = tuple(name for name in Sale.__struct_fields__ if name != "lines")
LINE = ("outlet_id", "order_id", *SaleLine.__struct_fields__)
PREPARATION = Preparation.__struct_fields__
PAPER = Paper.__struct_fields__
ADD_DOCUMENTS = f"""INSERT INTO reports.document ({", ".join(PAPER)})
SELECT * FROM unnest($1::int[], $2::uuid[], $3::date[], $4::text[], $5::bigint[], $6::bigint[])
ON CONFLICT (outlet_id, document_id) DO UPDATE SET business_day = excluded.business_day, kind = excluded.kind,
  taxable_paise = excluded.taxable_paise, total_paise = excluded.total_paise"""
DOCUMENTS = """SELECT business_day, count(*) FILTER (WHERE kind <> 'credit_note') AS issued,
  coalesce(sum(total_paise) FILTER (WHERE kind <> 'credit_note'), 0)::bigint AS issued_paise,
  count(*) FILTER (WHERE kind = 'credit_note') AS credited,
  coalesce(sum(total_paise) FILTER (WHERE kind = 'credit_note'), 0)::bigint AS credited_paise
FROM reports.document WHERE outlet_id = $1 AND business_day BETWEEN $2 AND $3
GROUP BY GROUPING SETS ((), (business_day)) ORDER BY business_day"""
# the same version again writes the same, so that a rebuild puts right what an older fold got wrong
UPSERT_SALES = f"""WITH kept AS (
  INSERT INTO reports.sale AS s ({", ".join(SALE)})
  SELECT * FROM unnest($1::int[], $2::uuid[], $3::date[], $4::timestamptz[], $5::text[], $6::bool[], $7::int[],
    $8::bigint[], $9::bigint[], $10::bigint[])
  ON CONFLICT (outlet_id, order_id) DO UPDATE SET business_day = excluded.business_day, type = excluded.type,
    placed_at = excluded.placed_at, counted = excluded.counted, quantity = excluded.quantity,
    taxable_paise = excluded.taxable_paise, total_paise = excluded.total_paise, version = excluded.version
  WHERE s.version <= excluded.version RETURNING outlet_id, order_id)
INSERT INTO reports.sale_line AS l ({", ".join(LINE)})
SELECT new.* FROM unnest($11::int[], $12::uuid[], $13::uuid[], $14::uuid[], $15::text[], $16::int[], $17::bigint[],
  $18::bigint[]) AS new ({", ".join(LINE)}) JOIN kept USING (outlet_id, order_id)
ON CONFLICT (outlet_id, order_id, line_id) DO UPDATE SET item_id = excluded.item_id, name = excluded.name,
  quantity = excluded.quantity, taxable_paise = excluded.taxable_paise, total_paise = excluded.total_paise
WHERE (l.item_id, l.name, l.quantity, l.taxable_paise, l.total_paise) IS DISTINCT FROM
  (excluded.item_id, excluded.name, excluded.quantity, excluded.taxable_paise, excluded.total_paise)"""
UPSERT_PREPARATIONS = f"""INSERT INTO reports.preparation AS p ({", ".join(PREPARATION)})
SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bigint[])
ON CONFLICT (outlet_id, order_id, ticket_id) DO UPDATE SET station = excluded.station, fired_at = excluded.fired_at,
  ready_at = excluded.ready_at, version = excluded.version
WHERE p.version <= excluded.version"""

# unknown as soon as one part is
NET = "CASE WHEN count({0}taxable_paise) = count(*) THEN coalesce(sum({0}taxable_paise), 0)::bigint END AS taxable_paise"
SALES = f"""SELECT business_day, hour, type, count(*) AS orders, coalesce(sum(quantity), 0)::bigint AS quantity,
  {NET.format("")}, coalesce(sum(total_paise), 0)::bigint AS total_paise
FROM (SELECT *, extract(hour FROM placed_at AT TIME ZONE $4)::int AS hour FROM reports.sale
  WHERE outlet_id = $1 AND business_day BETWEEN $2 AND $3 AND counted) s
GROUP BY GROUPING SETS ((), (business_day), (hour), (type)) ORDER BY business_day, hour, type"""
ITEMS = f"""SELECT l.item_id, (array_agg(l.name ORDER BY s.placed_at DESC))[1] AS name,
  sum(l.quantity)::bigint AS quantity, {NET.format("l.")}, sum(l.total_paise)::bigint AS total_paise
FROM reports.sale s JOIN reports.sale_line l USING (outlet_id, order_id)
WHERE s.outlet_id = $1 AND s.business_day BETWEEN $2 AND $3 AND s.counted
GROUP BY l.item_id HAVING sum(l.quantity) > 0 ORDER BY sum(l.total_paise) DESC, name LIMIT $4"""
TIMES = """SELECT station, hour, count(*) AS tickets, percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_s,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_s, max(seconds) AS longest_s
FROM (SELECT p.station, extract(hour FROM p.fired_at AT TIME ZONE $4)::int AS hour,
    round(extract(epoch FROM p.ready_at - p.fired_at))::int AS seconds
  FROM reports.sale s JOIN reports.preparation p USING (outlet_id, order_id)
  WHERE s.outlet_id = $1 AND s.business_day BETWEEN $2 AND $3 AND p.ready_at IS NOT NULL) t
GROUP BY GROUPING SETS ((station), (station, hour)) ORDER BY station, hour"""


def _columns(rows: Iterable[Any], names: Sequence[str]) -> list[list[Any]]:
    rows = list(rows)
    return [[getattr(row, name) for row in rows] for name in names]


async def upsert_sales(tx: Any, sales: Sequence[Sale]) -> None:
    """Write these sales, each unless a newer version of it is there."""
    sales = newest(sales)
    lines = [(sale, line) for sale in sales for line in sale.lines]
    await tx.execute(
        UPSERT_SALES,
        *_columns(sales, SALE),
        *_columns((sale for sale, _ in lines), LINE[:2]),
        *_columns((line for _, line in lines), LINE[2:]),
    )


async def upsert_preparations(tx: Any, preparations: Sequence[Preparation]) -> None:
    """Write these tickets' times, each unless a newer version of it is there."""
    await tx.execute(UPSERT_PREPARATIONS, *_columns(newest(preparations), PREPARATION))


async def add_documents(tx: Any, papers: Sequence[Paper]) -> None:
    """Write these documents; one that is there stays the same."""
    each = {(paper.outlet_id, paper.document_id): paper for paper in papers}
    await tx.execute(ADD_DOCUMENTS, *_columns((each[key] for key in sorted(each)), PAPER))


async def documents(conn: Any, outlet_id: int, first: date, last: date) -> list[Any]:
    """What was issued and credited, of each business day and, without a day, in all."""
    return await conn.fetch(DOCUMENTS, outlet_id, first, last)  # type: ignore[no-any-return]


async def sales(conn: Any, outlet_id: int, first: date, last: date, timezone: str) -> list[Any]:
    """Sums of all, of each business day, of each hour on that timezone's clock, and of each type."""
    return await conn.fetch(SALES, outlet_id, first, last, timezone)  # type: ignore[no-any-return]


async def items(conn: Any, outlet_id: int, first: date, last: date, limit: int) -> list[Any]:
    """What was sold of each item, under its latest name; the largest takings first."""
    return await conn.fetch(ITEMS, outlet_id, first, last, limit)  # type: ignore[no-any-return]


async def times(conn: Any, outlet_id: int, first: date, last: date, timezone: str) -> list[Any]:
    """Seconds from fired to ready of each station, and of each of its hours."""
    return await conn.fetch(TIMES, outlet_id, first, last, timezone)  # type: ignore[no-any-return]
