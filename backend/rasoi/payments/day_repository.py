"""SQL of closed days, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders.api import OpenThing
from rasoi.payments.day_schemas import ClosedDay, DayReport, DrawerSum, Tender

OPEN = """SELECT CASE status WHEN 'open' THEN 'open_shifts' ELSE 'shifts_to_approve' END AS name, id,
  drawer || ', ' || person_name AS label FROM payments.shift WHERE outlet_id = $1 AND status IN ('open', 'to_approve')
UNION ALL SELECT CASE status WHEN 'to_hand_out' THEN 'refunds_to_hand_out' ELSE 'refunds_under_way' END, id, label
  FROM payments.refund WHERE outlet_id = $1 AND status <> 'processed'
UNION ALL SELECT 'payments_under_way', p.id, a.provider_payment_id FROM payments.attempt a
  JOIN payments.payment p ON p.outlet_id = a.outlet_id AND p.id = a.payment_id
  WHERE a.outlet_id = $1 AND p.status = 'processing' AND a.status IN ('authorized', 'unknown')
ORDER BY name, id"""
NEXT = """SELECT least($2, min(day)) FROM (
  SELECT business_day AS day FROM payments.daily WHERE outlet_id = $1
  UNION ALL SELECT closed_day FROM payments.shift WHERE outlet_id = $1) d
WHERE day > coalesce((SELECT max(business_day) FROM payments.day_close WHERE outlet_id = $1), '-infinity')"""


async def next_to_close(conn: Any, outlet_id: int, today: date) -> date:
    """The first day with money or a shift that is not closed; today where there is none."""
    return await conn.fetchval(NEXT, outlet_id, today)  # type: ignore[no-any-return]


async def open_things(conn: Any, outlet_id: int) -> dict[str, list[OpenThing]]:
    """Shifts, refunds and payments of an outlet that are not over, by the name of their check."""
    found: dict[str, list[OpenThing]] = {}
    for row in await conn.fetch(OPEN, outlet_id):
        found.setdefault(row["name"], []).append(OpenThing(row["id"], row["label"] or ""))
    return found


async def next_number(tx: Any, outlet_id: int) -> int:
    """The number of the next report; the outlet's books are locked by this transaction."""
    sql = "SELECT coalesce(max(number), 0) + 1 FROM payments.day_close WHERE outlet_id = $1"
    return await tx.fetchval(sql, outlet_id)  # type: ignore[no-any-return]


async def tenders(conn: Any, outlet_id: int, day: date) -> list[Tender]:
    """What came in and went back, by method."""
    names = Tender.__struct_fields__
    sql = f"""SELECT {", ".join(names)} FROM payments.daily WHERE outlet_id = $1 AND business_day = $2
      AND (captured_count > 0 OR refunded_count > 0) ORDER BY method"""
    rows = await conn.fetch(sql, outlet_id, day)
    return [Tender(**{name: row[name] for name in names}) for row in rows]


async def drawers(conn: Any, outlet_id: int, day: date) -> list[DrawerSum]:
    """The shifts that were counted on a day."""
    rows = await conn.fetch(
        """SELECT id AS shift_id, drawer, person_name, float_paise, expected_paise, counted_paise,
          counted_paise - expected_paise AS difference_paise, approved_by_name
        FROM payments.shift WHERE outlet_id = $1 AND closed_day = $2 ORDER BY closed_at""",
        outlet_id,
        day,
    )
    return [DrawerSum(**{name: row[name] for name in DrawerSum.__struct_fields__}) for row in rows]


async def cash_without_shift(conn: Any, outlet_id: int, day: date) -> int:
    """Cash taken less cash handed out that no shift answers for, in paise."""
    return await conn.fetchval(  # type: ignore[no-any-return]
        """SELECT (SELECT coalesce(sum(amount_paise), 0) FROM payments.attempt WHERE outlet_id = $1 AND business_day = $2
            AND method = 'cash' AND status = 'captured' AND shift_id IS NULL)::bigint
          - (SELECT coalesce(sum(amount_paise), 0) FROM payments.refund WHERE outlet_id = $1 AND business_day = $2
            AND method = 'cash' AND status = 'processed' AND shift_id IS NULL)::bigint""",
        outlet_id,
        day,
    )


async def add(tx: Any, report: DayReport, by: UUID) -> None:
    """Keep a report as it is."""
    await tx.execute(
        """INSERT INTO payments.day_close (outlet_id, id, number, business_day, closed_at, closed_by, closed_by_name, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        *(report.outlet_id, report.id, report.number, report.business_day, report.closed_at, by),
        *(report.closed_by_name, msgspec.json.encode(report).decode()),
    )


async def report_of(conn: Any, outlet_id: int, report_id: UUID) -> DayReport | None:
    """The report of a closed day."""
    sql = "SELECT body FROM payments.day_close WHERE outlet_id = $1 AND id = $2"
    body = await conn.fetchval(sql, outlet_id, report_id)
    return None if body is None else msgspec.json.decode(body, type=DayReport)


async def find(conn: Any, outlet_id: int, *, before: UUID | None, limit: int) -> list[ClosedDay]:
    """Closed days, the last one first."""
    names = ClosedDay.__struct_fields__
    rows = await conn.fetch(
        f"""SELECT {", ".join(names)} FROM payments.day_close WHERE outlet_id = $1 AND ($2::uuid IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3""",
        *(outlet_id, before, limit),
    )
    return [ClosedDay(**{name: row[name] for name in names}) for row in rows]
