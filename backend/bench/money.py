"""Webhooks beside orders, and the day's statistics of an outlet with ten million payments."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from typing import Any

from bench.box import FIRST, STATISTICS, Box
from bench.load import get, load, post
from bench.placing import Placing, basket
from bench.rows import Row, at_least, under, unless_refused

MANY, QUICK = 10_000_000, 500_000
PAYMENTS = """INSERT INTO payments.payment (outlet_id, id, bill_id, amount_paise, status, method, captured_paise, business_day,
  created_at, version)
SELECT $1::int, uuidv7(make_interval(secs => n - $2::int)), uuidv7(), 10000 + n % 90000, 'completed',
  (ARRAY['cash', 'upi', 'upi', 'card', 'wallet'])[1 + n % 5], 10000 + n % 90000, current_date - n % 730, now(), 2
FROM generate_series($3::int, $4::int) n"""
CHUNK = 500_000
# kept in order row by row they would take most of the time of filling the table
HEAVY = (
    "payment_provider_provider_order_id_key",
    "payment_outlet_id_bill_id_idx",
    "payment_outlet_id_business_day_id_idx",
)
DAILY = """INSERT INTO payments.daily (outlet_id, business_day, method, captured_count, captured_paise)
SELECT outlet_id, business_day, method, count(*), sum(captured_paise) FROM payments.payment WHERE outlet_id = $1
GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING"""
SCAN = """SELECT method, count(*), sum(captured_paise) FROM payments.payment WHERE outlet_id = $1 AND business_day = current_date
GROUP BY 1"""


async def genuine_webhook(box: Box) -> tuple[bytes, str]:
    """Pay an order through the simulator, and take the webhook that it sent, with its signature."""
    token = box.token(1)
    _, order = box.ask("POST", "/api/orders", token, json.loads(await basket(box)))
    status, checkout = box.ask(
        "POST", "/api/payments/create-razorpay-order", token, {"order_id": order["id"]}
    )
    assert status == 200, checkout
    bank = Box(data=box.data, port=int(checkout["action"]["url"].split(":")[2].split("/")[0]))
    bank.ask(
        "POST",
        "/_simulator/pay",
        body={"order_id": checkout["action"]["options"]["order_id"], "method": "upi", "outcome": "success"},
    )
    conn = await box.connect()
    sql = """SELECT body, headers->>'x-razorpay-signature' FROM payments.webhook
    WHERE convert_from(body, 'UTF8') LIKE '%"payment.captured"%' LIMIT 1"""
    for _ in range(100):
        if row := await conn.fetchrow(sql):
            await conn.close()
            return row[0], row[1]
        await asyncio.sleep(0.1)
    raise SystemExit("the simulator sent no webhook")


async def measure_webhooks(box: Box, quick: bool) -> list[Row]:
    """The same genuine one, each time as a new event, by turns with orders."""
    body, signature = await genuine_webhook(box)
    headers = ("X-Razorpay-Event-Id: $KEY$", f"X-Razorpay-Signature: {signature}")
    asked = [post("/api/payments/webhook/razorpay", "", body, *headers)]
    placing = Placing(box, quick=quick)
    hooks, done, orders, refused = [], [], [], []
    for _ in range(placing.turns):
        begun = time.perf_counter()
        spec: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": box.port,
            "connections": 8,
            "seconds": placing.seconds,
            "rate": None,
        }
        answer = await load(requests=asked, good="200", **spec)
        hooks.append(answer["rate"])
        await worked_off(box)
        done.append(answer["statuses"].get("200", 0) / (time.perf_counter() - begun))
        placed = await placing.ours(FIRST, 8)
        orders.append(placed["rate"])
        refused += [answer["refused"], placed["refused"]]
    taken, acted, theirs = map(statistics.median, (hooks, done, orders))
    beside = f"orders {theirs:,.0f}/s"
    rows = [
        at_least("webhooks verified, kept and answered", f"{taken:,.0f}/s", beside, taken / theirs, 1.0, 1.3),
        at_least(
            "… until the last was acted upon, all on one payment", f"{acted:,.0f}/s", beside, acted / theirs
        ),
    ]
    return [unless_refused(row, max(refused)) for row in rows]


async def worked_off(box: Box) -> None:
    """Wait until no webhook is left to process."""
    conn = await box.connect()
    while await conn.fetchval("SELECT EXISTS (SELECT FROM payments.webhook WHERE next_try_at IS NOT NULL)"):
        await asyncio.sleep(0.2)
    await conn.close()


async def measure_stats(box: Box, quick: bool) -> list[Row]:
    """Through HTTP, beside the scan that the roll-up saves."""
    count = QUICK if quick else MANY
    conn: Any = await box.connect()
    await conn.execute("SET synchronous_commit = off")
    await conn.execute("SET maintenance_work_mem = '512MB'")
    made = [
        await conn.fetchval("SELECT pg_get_indexdef($1::text::regclass)", f"payments.{name}")
        for name in HEAVY
    ]
    for name in HEAVY:
        await conn.execute(f"DROP INDEX payments.{name}")
    for first in range(1, count, CHUNK):
        await conn.execute(PAYMENTS, STATISTICS, count, first, first + CHUNK - 1, timeout=600)
    for definition in made:
        await conn.execute(definition, timeout=600)
    await conn.execute(DAILY, STATISTICS, timeout=600)
    await conn.execute("ANALYZE payments.payment, payments.daily")
    scans = []
    for _ in range(3):
        begun = time.perf_counter()
        await conn.fetch(SCAN, STATISTICS, timeout=600)
        scans.append((time.perf_counter() - begun) * 1000)
    today = await conn.fetchval("SELECT current_date::text")
    await conn.close()
    asked = [get(f"/api/payments/stats/daily?from={today}&to={today}", box.token(STATISTICS, "manager"))]
    answer = await load(host="127.0.0.1", port=box.port, connections=1, seconds=3, rate=100, requests=asked)
    beside = f"summing the payments themselves {statistics.median(scans):,.0f} ms"
    return [
        under(f"a day's statistics among {count:,} payments, HTTP p50", answer["p50"], "ms", 2, 0.3, beside)
    ]
