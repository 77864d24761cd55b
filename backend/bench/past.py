"""Does a long past cost anything? Placing and the board with 100,000 past orders, against none."""

from __future__ import annotations

import statistics
from typing import Any

from bench.box import LONG_PAST, NO_PAST, Box
from bench.load import get, load
from bench.placing import requests
from bench.rows import Row, at_most

ORDERS = 100_000
# copies of one order with its lines, ticket, items and event, spread over the year before
COPIES = """
WITH made AS (SELECT uuidv7(make_interval(days => -1 - n % 365)) AS id, uuidv7(make_interval(days => -1 - n % 365)) AS bill, n
  FROM generate_series(1, $2::int) n),
bills AS (INSERT INTO orders.bill SELECT (jsonb_populate_record(b, jsonb_build_object('id', m.bill, 'outlet_id', $3::int,
    'status', 'closed', 'business_day', current_date - 1 - m.n % 365, 'closed_at', now()))).*
  FROM made m, orders.bill b WHERE b.outlet_id = $3
    AND b.id = (SELECT bill_id FROM orders.orders WHERE outlet_id = $3 AND id = $1)),
lines AS (INSERT INTO orders.line SELECT (jsonb_populate_record(l, jsonb_build_object('order_id', m.id, 'outlet_id', $3::int,
    'id', uuidv7()))).* FROM made m, orders.line l WHERE l.outlet_id = $3 AND l.order_id = $1),
tickets AS (INSERT INTO kitchen.ticket SELECT (jsonb_populate_record(t, jsonb_build_object('id', uuidv7(), 'order_id', m.id,
    'bill_id', m.bill, 'outlet_id', $3::int, 'number', 1000000 + m.n, 'state', 'served', 'visible', false,
    'ready_at', now() - make_interval(days => 1 + m.n % 365)))).*
  FROM made m, kitchen.ticket t WHERE t.outlet_id = $3 AND t.order_id = $1 RETURNING outlet_id, id, order_id),
items AS (INSERT INTO kitchen.ticket_item SELECT (jsonb_populate_record(i, jsonb_build_object('id', uuidv7(), 'ticket_id', t.id,
    'outlet_id', $3::int, 'state', 'served'))).* FROM tickets t, kitchen.ticket_item i
  WHERE i.outlet_id = $3
    AND i.ticket_id = (SELECT id FROM kitchen.ticket WHERE outlet_id = $3 AND order_id = $1 LIMIT 1))
INSERT INTO orders.orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', m.id, 'bill_id', m.bill,
    'outlet_id', $3::int, 'status', 'completed', 'number', m.n, 'business_day', current_date - 1 - m.n % 365,
    'completed_at', now()))).* FROM made m, orders.orders o WHERE o.outlet_id = $3 AND o.id = $1"""


async def fill(box: Box) -> None:
    conn: Any = await box.connect()
    body = await requests(box, [LONG_PAST, NO_PAST])
    await load(host="127.0.0.1", port=box.port, connections=1, seconds=1, rate=20, requests=body)
    model = await conn.fetchval("SELECT order_id FROM kitchen.ticket WHERE outlet_id = $1 LIMIT 1", LONG_PAST)
    done = await conn.fetchval("SELECT count(*) FROM orders.orders WHERE outlet_id = $1", LONG_PAST)
    if done < ORDERS:
        await conn.execute(COPIES, model, ORDERS, LONG_PAST, timeout=900)
    for table in ("orders.orders", "orders.bill", "orders.line", "kitchen.ticket", "kitchen.ticket_item"):
        await conn.execute(f"VACUUM ANALYZE {table}", timeout=300)
    await conn.close()


async def measure(box: Box, quick: bool) -> list[Row]:
    """By turns, so that both meet the same machine."""
    await fill(box)
    conn = await box.connect()
    station = await conn.fetchval(
        "SELECT station FROM kitchen.ticket WHERE outlet_id = $1 AND visible LIMIT 1", LONG_PAST
    )
    await conn.close()
    place = {outlet: await requests(box, [outlet]) for outlet in (LONG_PAST, NO_PAST)}
    board = {
        outlet: [get(f"/api/kitchen/boards/{station}", box.token(outlet))] for outlet in (LONG_PAST, NO_PAST)
    }
    rows = []
    for name, asked in (("reading a board", board), ("placing an order", place)):
        ms: dict[int, list[float]] = {LONG_PAST: [], NO_PAST: []}
        for _ in range(2 if quick else 5):
            for outlet, found in ms.items():
                answer = await load(
                    host="127.0.0.1", port=box.port, connections=1, seconds=2, rate=50, requests=asked[outlet]
                )
                found.append(answer["p50"])
        past, none = (statistics.median(ms[outlet]) for outlet in (LONG_PAST, NO_PAST))
        rows.append(
            at_most(
                f"{name}, p50 with {ORDERS:,} past orders",
                f"{past:.2f} ms",
                f"with none {none:.2f} ms",
                past / none,
                1.25,
                1.1,
            )
        )
    return rows
