"""Stock's SQL, one function per question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from rasoi.platform.database import Database, Record, Tx

STOCK = """id, code, name, kind, unit, on_hand_milli, reserved_milli, on_hand_milli - reserved_milli AS available_milli,
  reorder_level_milli, on_hand_milli - reserved_milli <= reorder_level_milli AS low, version"""


async def list_stock(
    conn: Database | Tx, outlet_id: int, low: bool, after: UUID | None, limit: int
) -> list[Record]:
    """By name, from behind `after`; `low` keeps what is at its reorder level or below."""
    return list(
        await conn.fetch(
            f"""SELECT {STOCK} FROM inventory.stock WHERE outlet_id = $1 AND active
              AND (NOT $2 OR on_hand_milli - reserved_milli <= reorder_level_milli)
              AND ($3::uuid IS NULL OR (name, id) > (SELECT name, id FROM inventory.stock WHERE outlet_id = $1 AND id = $3))
            ORDER BY name, id LIMIT $4""",
            outlet_id,
            low,
            after,
            limit,
        )
    )


async def get_stock(conn: Database | Tx, outlet_id: int, stock_id: UUID) -> Record | None:
    sql = f"SELECT {STOCK} FROM inventory.stock WHERE outlet_id = $1 AND id = $2 AND active"
    return await conn.fetchrow(sql, outlet_id, stock_id)


async def lock_stock(tx: Tx, outlet_id: int, stock_id: UUID) -> Record | None:
    sql = f"SELECT {STOCK} FROM inventory.stock WHERE outlet_id = $1 AND id = $2 AND active FOR UPDATE"
    return await tx.fetchrow(sql, outlet_id, stock_id)


async def movements(
    conn: Database | Tx, outlet_id: int, stock_id: UUID, before: UUID | None, limit: int
) -> list[Record]:
    """The ledger of one stock, newest first."""
    return list(
        await conn.fetch(
            """SELECT id, kind, quantity_milli, portions, order_id, reason, actor_name, created_at FROM inventory.movement
            WHERE outlet_id = $1 AND stock_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
            outlet_id,
            stock_id,
            before,
            limit,
        )
    )


async def add_movement(
    tx: Tx,
    outlet_id: int,
    stock_id: UUID,
    kind: str,
    change_milli: int,
    reason: str | None,
    actor_id: UUID | None,
    actor_name: str | None,
) -> None:
    """Write a movement; its effect on the level is the caller's."""
    await tx.execute(
        """INSERT INTO inventory.movement
          (outlet_id, stock_id, kind, quantity_milli, reason, actor_id, actor_name)
        VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        outlet_id,
        stock_id,
        kind,
        change_milli,
        reason,
        actor_id,
        actor_name,
    )


async def change_levels(tx: Tx, outlet_id: int, stock_id: UUID, change_milli: int) -> None:
    """Change what is on hand; the row is locked. Events follow where a level is crossed."""
    await tx.execute(
        "SELECT inventory.change_levels($1, ARRAY[$2::uuid], ARRAY[$3::bigint], ARRAY[0::bigint])",
        outlet_id,
        stock_id,
        change_milli,
    )
    tx.mark_written("inventory")


async def emit_event(tx: Tx, kind: str, outlet_id: int, stock_id: UUID, affected: Sequence[UUID]) -> None:
    """Write one event of a stock, whose row is locked."""
    sql = "SELECT inventory.emit_event($1, $2, $3, $4, NULL)"
    await tx.execute(sql, kind, outlet_id, stock_id, affected)
    tx.mark_written("inventory")


async def set_event_context(tx: Tx, correlation: str, causation: str | None, traceparent: str | None) -> None:
    """Events that SQL functions of this room write in this transaction carry these ids."""
    await tx.execute(
        """SELECT set_config('rasoi.correlation_id', $1, true), set_config('rasoi.causation_id', $2, true),
          set_config('rasoi.traceparent', $3, true)""",
        correlation,
        causation or "",
        traceparent or "",
    )


class OrderLine(NamedTuple):
    """A row of inventory.order_line: what a line is made of."""

    outlet_id: int
    line_id: UUID
    source_ids: list[UUID]


async def save_lines(tx: Tx, lines: Sequence[OrderLine]) -> None:
    """Store what each line is made of."""
    await tx.execute(
        """INSERT INTO inventory.order_line (outlet_id, line_id, source_ids)
        SELECT outlet_id, line_id, source_ids FROM jsonb_populate_recordset(NULL::inventory.order_line, $1)
        ON CONFLICT DO NOTHING""",
        [line._asdict() for line in lines],
    )


class Usage(NamedTuple):
    """An item that the kitchen started."""

    outlet_id: int
    kitchen_item_id: UUID
    line_id: UUID
    order_id: UUID
    quantity: int


async def record_usage(tx: Tx, started: Sequence[Usage]) -> None:
    """The kitchen started these. One that was started before is left alone."""
    await tx.execute(
        """INSERT INTO inventory.usage (outlet_id, kitchen_item_id, line_id, order_id, quantity)
        SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[]) ON CONFLICT DO NOTHING""",
        *zip(*sorted(started), strict=True),
    )


async def split_usage(tx: Tx, parts: Sequence[Usage]) -> None:
    """Of what was started of a line, a part has become an item of its own, with its share of what was used. An item that is
    voided whole is there already; of what was not started there is nothing."""
    await tx.write_deferred()  # what was started just before counts
    await tx.execute(
        """WITH part AS MATERIALIZED (
          SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[])
            AS p (outlet_id, kitchen_item_id, line_id, order_id, quantity)
          WHERE NOT EXISTS (SELECT FROM inventory.usage u
            WHERE u.outlet_id = p.outlet_id AND u.kitchen_item_id = p.kitchen_item_id)
        ), rest AS (
          UPDATE inventory.usage u SET quantity = u.quantity - p.quantity, quantities_milli = ARRAY(
            SELECT m / u.quantity * (u.quantity - p.quantity)
            FROM unnest(u.quantities_milli) WITH ORDINALITY AS q (m, n) ORDER BY n)
          FROM part p WHERE u.outlet_id = p.outlet_id AND u.order_id = p.order_id AND u.line_id = p.line_id AND NOT u.wasted
            AND u.quantity > p.quantity
          RETURNING p.outlet_id, p.kitchen_item_id, p.line_id, p.order_id, p.quantity, u.stock_ids, u.consumed_at,
            old.quantities_milli AS whole_milli, old.quantity AS whole
        )
        INSERT INTO inventory.usage (outlet_id, kitchen_item_id, line_id, order_id, quantity, stock_ids, quantities_milli,
          consumed_at)
        SELECT outlet_id, kitchen_item_id, line_id, order_id, quantity, stock_ids, ARRAY(
            SELECT m / whole * quantity FROM unnest(whole_milli) WITH ORDINALITY AS q (m, n) ORDER BY n), consumed_at
        FROM rest""",
        *zip(*sorted(parts), strict=True),
    )


async def record_waste(
    tx: Tx, outlet_id: int, order_id: UUID, kitchen_items: Sequence[UUID] | None, reason: str
) -> None:
    """What was cooked is thrown away: all of an order's, or some items. What had been consumed becomes waste."""
    await tx.write_deferred()  # what was started just before counts
    await tx.execute(
        """WITH wasted AS (
          UPDATE inventory.usage SET wasted = true WHERE outlet_id = $1 AND order_id = $2 AND NOT wasted
            AND ($3::uuid[] IS NULL OR kitchen_item_id = ANY ($3))
          RETURNING order_id, quantity, stock_ids, quantities_milli
        ), part AS (
          SELECT p.stock_id, sum(p.quantity)::bigint AS quantity, sum(w.quantity)::int AS portions
          FROM wasted w CROSS JOIN LATERAL unnest(w.stock_ids, w.quantities_milli) AS p(stock_id, quantity) GROUP BY p.stock_id
        )
        INSERT INTO inventory.movement (outlet_id, stock_id, kind, quantity_milli, portions, order_id, reason)
        SELECT $1, stock_id, 'consume', quantity, -portions, $2, $4 FROM part UNION ALL
        SELECT $1, stock_id, 'waste', -quantity, portions, $2, $4 FROM part""",
        outlet_id,
        order_id,
        kitchen_items,
        reason,
    )


async def outlets_to_consume(conn: Database | Tx) -> list[int]:
    """Outlets where the kitchen has started something that is not taken from stock yet."""
    rows = await conn.fetch(
        "SELECT DISTINCT outlet_id FROM inventory.usage WHERE consumed_at IS NULL ORDER BY 1"
    )
    return [row["outlet_id"] for row in rows]


async def consume_reservations(tx: Tx, outlet_id: int, limit: int) -> int:
    """Take started items from stock; returns how many."""
    tx.mark_written("inventory")
    return int(await tx.fetchval("SELECT inventory.consume_reservations($1, $2)", outlet_id, limit))
