"""POST /api/orders beside pgbench writing the same rows in one function."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.box import FIRST, FREE, Box
from bench.load import load, post
from bench.rows import Row, at_least, at_most, percentile

HERE = Path(__file__).parent
SCRIPT = "\\set outlet random(1, {outlets})\nSELECT bench.place(:outlet);\n"
PLAIN = """SELECT v.id::text, i.station FROM menu.variant v JOIN menu.item i ON (i.outlet_id, i.id) = (v.outlet_id, v.item_id)
WHERE v.outlet_id = 1 AND v.active AND i.active
  AND NOT EXISTS (SELECT FROM inventory.recipe r WHERE r.outlet_id = 1 AND r.source_id = v.id AND r.kind = 'counted')
  AND NOT EXISTS (SELECT FROM menu.item_modifier_group l JOIN menu.modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
    WHERE l.outlet_id = 1 AND l.item_id = i.id AND g.min > 0)
ORDER BY i.position, v.position, v.id"""


async def basket(box: Box) -> bytes:
    """The body of an order: one thing from each of two stations, neither counted."""
    conn = await box.connect()
    found: dict[str, str] = {}
    for row in await conn.fetch(PLAIN):
        found.setdefault(row["station"], row["id"])
    await conn.close()
    lines = [{"variant_id": variant, "quantity": 2} for variant in list(found.values())[:2]]
    _, quote = box.ask("POST", "/api/orders/quote", box.token(1), {"type": "takeaway", "lines": lines})
    order = {"type": "takeaway", "customer_name": "Asha", "expected_total_paise": quote["totals"]["total_paise"], "lines": lines}
    return json.dumps(order).encode()


async def requests(box: Box, outlets: Sequence[int]) -> list[str]:
    body = await basket(box)
    return [post("/api/orders", box.token(outlet), body) for outlet in outlets]


async def install(box: Box) -> None:
    """bench.place beside, with the literals of an order that the platform placed."""
    status, order = box.ask("POST", "/api/orders", box.token(1), json.loads(await basket(box)))
    assert status == 201, order
    conn = await box.connect()
    texts: dict[str, str] = {"customer": "'Asha'", "paise": str(order["totals"]["total_paise"])}
    own = "outlet_id", "id", "bill_id", "order_id", "number", "business_day"
    texts["order_columns"], (texts["order"],) = await literals(conn, "orders.orders", own, "id = $1", order["id"])
    texts["line_columns"], lines = await literals(conn, "orders.line", own, "order_id = $1", order["id"])
    texts["lines"] = ", ".join(f"(p_outlet, v_order, uuidv7(), {line})" for line in lines)
    _, (texts["event"],) = await literals(conn, "orders.outbox", (), "subject = $1::text", order["id"], "data")
    kept = "principal", "route", "body_hash", "body"
    for name in kept:
        where = "convert_from(body, 'UTF8')::jsonb->>'id' = $1::text"
        _, (texts[name],) = await literals(conn, "orders.idempotency", (), where, order["id"], name)
    await conn.close()
    beside = await box.connect("bench")
    await beside.execute((HERE / "place.sql").read_text().format_map(texts))
    await beside.close()


async def literals(conn: Any, table: str, without: Sequence[str], where: str, value: str, *only: str) -> tuple[str, list[str]]:
    """Names of a table's columns, and of each row found their values as SQL."""
    sql = "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    names = [name for (name,) in await conn.fetch(sql, table) if name not in without and (not only or name in only)]
    values = " || ', ' || ".join(f"quote_nullable({name}::text)" for name in names)
    rows = await conn.fetch(f"SELECT {values} FROM {table} WHERE {where.replace('$1', '$1::uuid') if '::text' not in where else where}", value)
    return ", ".join(names), [row[0] for row in rows]


class Placing:
    """Measures by turns, and takes the median of the turns."""

    def __init__(self, box: Box, *, quick: bool) -> None:
        self.box, self.seconds, self.turns = box, 3 if quick else 8, 1 if quick else 3

    async def ours(self, outlets: Sequence[int], clients: int, rate: float | None = None) -> dict[str, float]:
        asked = await requests(self.box, outlets)
        return await load(host="127.0.0.1", port=self.box.port, connections=clients, seconds=self.seconds, rate=rate, requests=asked)

    def pgbench(self, outlets: int, clients: int, rate: float | None = None) -> tuple[float, list[float]]:
        script = self.box.data / "place.pgbench"
        script.write_text(SCRIPT.format(outlets=outlets))
        paced = ["-R", f"{rate:.0f}"] if rate else []
        options = ["-c", str(clients), "-j", "2", "-T", str(self.seconds), *paced]
        return self.box.pgbench(script, *options, log=self.box.data / "pgbench")

    async def both(self, outlets: Sequence[int], clients: int) -> tuple[float, float]:
        """Orders and pgbench's transactions a second."""
        ours, theirs = [], []
        for _ in range(self.turns):
            ours.append((await self.ours(outlets, clients))["rate"])
            theirs.append(self.pgbench(len(outlets), clients)[0])
        return statistics.median(ours), statistics.median(theirs)


async def measure(box: Box, quick: bool) -> list[Row]:
    """The rates, and the p99 at half of the highest."""
    await box.make_beside()
    await install(box)
    placing = Placing(box, quick=quick)
    await placing.ours(FIRST, 8)  # warm
    placing.pgbench(50, 8)
    rows = []
    highest = 0.0
    for outlets, clients, gate, aim in ((FIRST, 8, 0.5, 0.65), (FIRST[:1], 8, None, None), (FIRST, 32, None, 1.0), (FREE, 8, None, None)):
        ours, theirs = await placing.both(outlets, clients)
        highest = highest or ours
        name = f"POST /api/orders, {clients} clients, {len(outlets)} outlet{'s'[: len(outlets) > 1]}"
        name += ", cooked at once: tickets opened meanwhile" if outlets is FREE else ""
        rows.append(at_least(name, f"{ours:,.0f}/s", f"pgbench {theirs:,.0f}/s", ours / theirs, gate, aim))
    half = highest / 2
    paced = [await placing.ours(FIRST, 8, half) for _ in range(placing.turns)]
    ours_p99 = statistics.median(turn["p99"] for turn in paced)
    theirs_p99 = statistics.median(percentile(placing.pgbench(50, 8, half)[1], 0.99) for _ in range(placing.turns))
    rows.append(at_most(f"its p99 at half of that rate ({half:,.0f}/s)", f"{ours_p99:.1f} ms", f"pgbench {theirs_p99:.1f} ms", ours_p99 / theirs_p99, 3, 1.5))
    return rows
