"""POST /api/orders beside pgbench writing the same rows in one function."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.box import FIRST, FREE, Box, columns_of
from bench.load import load, post
from bench.rows import Row, at_least, at_most, percentile, unless_refused

HERE = Path(__file__).parent
SCRIPT = "\\set outlet random(1, {outlets})\nSELECT bench.place(:outlet);\n"
# nothing counted, nothing that has to be chosen
PLAIN = """SELECT v.id::text, i.station FROM menu.variant v JOIN menu.item i ON (i.outlet_id, i.id) = (v.outlet_id, v.item_id)
WHERE v.outlet_id = 1 AND v.active AND i.active
  AND NOT EXISTS (SELECT FROM inventory.recipe r WHERE r.outlet_id = 1 AND r.source_id = v.id AND r.kind = 'counted')
  AND NOT EXISTS (SELECT FROM menu.item_modifier_group l
    JOIN menu.modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
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
    order = {
        "type": "takeaway",
        "customer_name": "Asha",
        "expected_total_paise": quote["totals"]["total_paise"],
        "lines": lines,
    }
    return json.dumps(order).encode()


async def requests(box: Box, outlets: Sequence[int]) -> list[str]:
    body = await basket(box)
    return [post("/api/orders", box.token(outlet), body) for outlet in outlets]


async def install(box: Box) -> None:
    """bench.place beside, with the literals of an order that the platform placed."""
    status, order = box.ask("POST", "/api/orders", box.token(1), json.loads(await basket(box)))
    assert status == 201, order
    conn = await box.connect()
    of_order = await columns_of(conn, "orders.orders", "outlet_id", "id", "bill_id", "number", "business_day")
    of_line = await columns_of(conn, "orders.line", "outlet_id", "order_id", "id")
    lines = await literals(conn, "orders.line", of_line, "order_id::text", order["id"])
    kept = ("principal", "route", "body_hash", "body")
    answered = "convert_from(body, 'UTF8')::jsonb->>'id'"
    texts = {
        "customer": "'Asha'",
        "paise": str(order["totals"]["total_paise"]),
        "order_columns": ", ".join(of_order),
        "order": (await literals(conn, "orders.orders", of_order, "id::text", order["id"]))[0],
        "line_columns": ", ".join(of_line),
        "lines": ", ".join(f"(p_outlet, v_order, uuidv7(), {line})" for line in lines),
        "event": (await literals(conn, "orders.outbox", ["data"], "subject", order["id"]))[0],
        **{
            name: (await literals(conn, "orders.idempotency", [name], answered, order["id"]))[0]
            for name in kept
        },
    }
    await conn.close()
    beside = await box.connect("bench")
    await beside.execute((HERE / "place.sql").read_text().format_map(texts))
    await beside.close()


async def literals(conn: Any, table: str, columns: Sequence[str], where: str, value: str) -> list[str]:
    """The columns of each row found, as SQL."""
    values = " || ', ' || ".join(f"quote_nullable({name}::text)" for name in columns)
    rows = await conn.fetch(f"SELECT {values} FROM {table} WHERE {where} = $1::text", value)
    return [row[0] for row in rows]


class Placing:
    """Measures by turns, and takes the median of the turns."""

    def __init__(self, box: Box, *, quick: bool) -> None:
        self.box, self.seconds, self.turns = box, 3 if quick else 8, 1 if quick else 3

    async def ours(self, outlets: Sequence[int], clients: int, rate: float | None = None) -> dict[str, Any]:
        """Only an order that was placed counts."""
        asked = await requests(self.box, outlets)
        return await load(
            host="127.0.0.1",
            port=self.box.port,
            connections=clients,
            seconds=self.seconds,
            rate=rate,
            requests=asked,
            good="201",
        )

    def pgbench(self, outlets: int, clients: int, rate: float | None = None) -> tuple[float, list[float]]:
        script = self.box.data / "place.pgbench"
        script.write_text(SCRIPT.format(outlets=outlets))
        paced = ["-R", f"{rate:.0f}"] if rate else []
        options = ["-c", str(clients), "-j", "2", "-T", str(self.seconds), *paced]
        return self.box.pgbench(script, *options, log=self.box.data / "pgbench")

    async def both(self, outlets: Sequence[int], clients: int) -> tuple[float, float, float]:
        """Orders and pgbench's transactions a second, and the worst turn's share of refused orders."""
        ours, theirs = [], []
        for _ in range(self.turns):
            ours.append(await self.ours(outlets, clients))
            theirs.append(self.pgbench(len(outlets), clients)[0])
        rate = statistics.median(turn["rate"] for turn in ours)
        return rate, statistics.median(theirs), max(turn["refused"] for turn in ours)

    async def slowest(self, rate: float) -> Row:
        """The p99 at a rate, beside pgbench's."""
        paced = [await self.ours(FIRST, 8, rate) for _ in range(self.turns)]
        ours = statistics.median(turn["p99"] for turn in paced)
        theirs = statistics.median(percentile(self.pgbench(50, 8, rate)[1], 0.99) for _ in range(self.turns))
        name = f"… p99 at half of its highest rate ({rate:,.0f}/s)"
        row = at_most(name, f"{ours:.1f} ms", f"pgbench {theirs:.1f} ms", ours / theirs, 3, 1.5)
        return unless_refused(row, max(turn["refused"] for turn in paced))


async def measure(box: Box, quick: bool) -> list[Row]:
    """Placing by itself, then with all rooms at work on its events in the same process."""
    await box.make_beside()
    await install(box)
    placing = Placing(box, quick=quick)
    box.stop()
    box.start(("bench.resting",))
    await placing.ours(FIRST, 8)  # warm
    placing.pgbench(50, 8)
    ours, theirs, refused = await placing.both(FIRST, 8)
    rows = [beside("POST /api/orders, 8 clients, 50 outlets", ours, theirs, refused, 0.5, 0.65)]
    rows.append(beside("… 1 outlet", *await placing.both(FIRST[:1], 8)))
    rows.append(beside("… 32 clients, 50 outlets", *await placing.both(FIRST, 32), None, 1.0))
    rows.append(await placing.slowest(ours / 2))
    box.stop()
    box.start()
    await placing.ours(FIRST, 8)
    for name, outlets in (("all rooms reading along", FIRST), ("and the kitchen opening tickets", FREE)):
        rows.append(beside(f"… 8 clients, 50 outlets, {name}", *await placing.both(outlets, 8)))
    return rows


def beside(
    name: str, ours: float, theirs: float, refused: float, gate: float | None = None, aim: float | None = None
) -> Row:
    row = at_least(name, f"{ours:,.0f}/s", f"pgbench {theirs:,.0f}/s", ours / theirs, gate, aim)
    return unless_refused(row, refused)
