"""SQL of the orders room, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from rasoi.orders.domain import Bill
from rasoi.orders.placement import Placement
from rasoi.orders.rows import LINE_COLUMNS, BillRow, OrderRow, Progress
from rasoi.platform.events import causation_id, correlation_id, new_event
from rasoi.platform.idempotency import lock_of
from rasoi.staff.api import now_and_business_day

_line_values = attrgetter(*LINE_COLUMNS)
LIVE = ("placed", "awaiting_payment", "confirmed", "preparing", "ready", "served")


class BillRead(msgspec.Struct):
    now: datetime
    bill: BillRow
    orders: list[OrderRow]


async def unfinished(conn: Any, outlet_id: int) -> dict[str, int]:
    """How many tables with guests, open bills and orders under way there are; no order is placed until the transaction ends."""
    return dict(await conn.fetchrow("SELECT sittings, bills, orders FROM orders.unfinished($1)", outlet_id))


async def place_all(conn: Any, batch: Sequence[Placement]) -> list[tuple[str, bytes]]:
    """Place some orders in one call; see orders.place_all for the outcomes and their bodies."""
    numbered = list(enumerate(batch, 1))
    lines = [
        (each.row.outlet_id, each.row.order_id, *_line_values(line)) for each in batch for line in each.lines
    ]
    rows = await conn.call(
        "SELECT outcome, body, stocked FROM orders.place_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        [msgspec.structs.astuple(each.row) for each in batch],
        lines,
        sorted(lock_of("orders", each.key_scope) for each in batch),
        [each.row.outlet_id for each in batch],
        [each.row.menu_version for each in batch],
        *_columns(((n, *source) for n, each in numbered for source in each.sources), 4),
        *_columns(((n, item) for n, each in numbered for item in each.item_ids), 2),
        *_columns(((n, modifier) for n, each in numbered for modifier in each.modifier_ids), 2),
    )
    conn.on_written({"orders", "inventory"} if any(row["stocked"] for row in rows) else {"orders"})
    return [(row["outcome"], row["body"]) for row in rows]


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[Sequence[Any]]:
    """The columns of some rows, each as an array; as many empty ones where there is no row."""
    return list(zip(*rows, strict=True)) or [()] * width


async def read_bill(
    conn: Any,
    outlet_id: int,
    bill_id: UUID | None = None,
    *,
    order_id: UUID | None = None,
    lock: bool = False,
) -> BillRead | None:
    """A bill, named by itself or by an order on it, with its orders; locked until the transaction ends when `lock`."""
    found = await conn.fetchval("SELECT orders.read_bill($1, $2, $3, $4)", outlet_id, bill_id, order_id, lock)
    return None if found is None else msgspec.convert(found, BillRead)


async def save_bill(tx: Any, bill: Bill) -> None:
    """Write what changed, with its events."""
    events = []
    for change in bill.pending_events:
        event = new_event(
            change.payload, subject=change.subject, outlet_id=bill.row.outlet_id, version=change.version
        )
        events.append(
            {
                "id": event.id,
                "type": event.type,
                "subject": event.subject,
                "aggregateversion": event.aggregateversion,
                "correlationid": event.correlationid,
                "causationid": event.causationid,
                "traceparent": event.traceparent,
                "data": event.data,
            }
        )
    sql = "SELECT orders.save_bill($1, $2, $3, $4, $5)"
    orders = list(bill.changed_orders.values())
    await tx.execute(sql, bill.row.outlet_id, bill.row, orders, events, bill.new_documents)
    tx.mark_written("orders")
    bill.pending_events.clear()
    bill.changed_orders.clear()
    bill.new_documents.clear()


async def save_lines(tx: Any, order: OrderRow) -> None:
    """Write what is left of the order's lines, its voids, and the sums that follow."""
    await tx.execute(
        """WITH line AS (
          UPDATE orders.line l SET quantity = r.quantity, discounts = r.discounts, discount_paise = r.discount_paise,
            taxable_paise = r.taxable_paise, taxes = r.taxes, total_paise = r.total_paise, status = r.status
          FROM jsonb_populate_recordset(NULL::orders.line, $3) r
          WHERE l.outlet_id = $1 AND l.order_id = $2 AND l.id = r.id AND (l.quantity, l.discounts) <> (r.quantity, r.discounts))
        UPDATE orders.orders SET voids = $4, subtotal_paise = $5, discount_paise = $6, taxable_paise = $7, taxes = $8,
          total_paise = $9 WHERE outlet_id = $1 AND id = $2""",
        order.outlet_id,
        order.id,
        order.lines,
        order.voids,
        order.subtotal_paise,
        order.discount_paise,
        order.taxable_paise,
        order.taxes,
        order.total_paise,
    )


async def release_part(
    tx: Any, outlet_id: int, order_id: UUID, line_id: UUID, quantity: int, of: int
) -> None:
    """So many portions of a line that holds `of` are for sale again, unless the kitchen has begun it."""
    await name_cause(tx)
    sql = "SELECT orders.release_part($1, $2, $3, $4, $5)"
    await tx.execute(sql, outlet_id, order_id, line_id, quantity, of)
    tx.mark_written("inventory")


async def release_stock(tx: Any, outlet_id: int, order_id: UUID) -> None:
    """Stock that was reserved for the order is for sale again."""
    await name_cause(tx)
    await tx.execute("SELECT orders.release_stock($1, $2)", outlet_id, order_id)
    tx.mark_written("inventory")


async def reserve_stock(
    tx: Any, outlet_id: int, order_id: UUID, sources: list[tuple[UUID, UUID, int]]
) -> Any:
    """Reserve again; None when that worked, else what is sold out."""
    lines, ids, counts = zip(*sources, strict=True)
    sql = "SELECT orders.reserve_stock($1, $2, $3, $4, $5)"
    tx.mark_written("inventory")
    await name_cause(tx)
    return await tx.fetchval(sql, outlet_id, order_id, lines, ids, counts)


async def unpaid_holders(conn: Any, outlet_id: int, sources: list[UUID], old_s: int) -> list[Any]:
    """Guests' orders that hold portions of these sources and wait to be paid or approved, the newest first."""
    sql = "SELECT * FROM orders.unpaid_holders($1, $2, $3)"
    return await conn.fetch(sql, outlet_id, sources, old_s)  # type: ignore[no-any-return]


async def not_sold(tx: Any, outlet_id: int, sources: list[tuple[UUID, UUID, int]]) -> Any:
    """What of these the menu has no more; None when it has all."""
    sql = "SELECT orders.not_sold($1, $2)"
    return await tx.fetchval(sql, outlet_id, [source for _, source, _ in sources])


async def missing_of(conn: Any, outlet_id: int, sources: list[tuple[UUID, UUID, int]]) -> list[Any]:
    """What of these orders can't be had now; a source is (order, variant or modifier, quantity)."""
    orders, ids, counts = zip(*sources, strict=True)
    sql = "SELECT * FROM orders.missing_of($1, $2, $3, $4)"
    return await conn.fetch(sql, outlet_id, orders, ids, counts)  # type: ignore[no-any-return]


async def name_cause(tx: Any) -> None:
    """Inventory's own events of what follows carry the ids of the request or event in progress."""
    sql = "SELECT set_config('rasoi.correlation_id', $1, true), set_config('rasoi.causation_id', $2, true)"
    await tx.execute(sql, correlation_id.get(), causation_id.get() or "")


async def is_bill_of(conn: Any, outlet_id: int, bill_id: UUID, session_id: UUID) -> bool:
    """Is it the bill of this guest's session?"""
    sql = "SELECT orders.is_bill_of($1, $2, $3)"
    return await conn.fetchval(sql, outlet_id, bill_id, session_id)  # type: ignore[no-any-return]


async def session_may_see(conn: Any, outlet_id: int, session_id: UUID, kind: str, found: UUID) -> bool:
    """Does this guest's session belong to the bill, or to the order's bill?"""
    sql = "SELECT orders.session_may_see($1, $2, $3, $4)"
    return await conn.fetchval(sql, outlet_id, session_id, kind, found)  # type: ignore[no-any-return]


LINES_OF_ORDER = "SELECT count(*)::int FROM orders.line l WHERE l.outlet_id = $1 AND l.order_id = o.id"


async def list_orders(
    conn: Any,
    outlet_id: int,
    *,
    status: str | None,
    kind: str | None,
    day: date | None,
    table_id: UUID | None,
    number: int | None,
    session_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[Any]:
    """Orders without their lines, of which they tell the number, newest first. `status` "live" means everything not yet
    completed or terminated, "counter" what expired unpaid today and may still be paid in cash: nobody has left whose it is."""
    today = (await now_and_business_day(conn, outlet_id))[1] if status == "counter" else None
    return await conn.fetch(  # type: ignore[no-any-return]
        f"""SELECT o.*, ({LINES_OF_ORDER}) AS weight FROM orders.orders o
        WHERE o.outlet_id = $1 AND ($2::text IS NULL OR o.status = $2 OR ($2 = 'live' AND o.status = ANY ($9))
            OR ($2 = 'counter' AND o.status = 'expired' AND o.payment = 'prepaid' AND o.approved
              AND o.business_day = $11::date AND NOT EXISTS (SELECT FROM orders.bill b JOIN orders.sitting s
                ON s.outlet_id = $1 AND s.id = b.sitting_id AND s.ended_at IS NOT NULL
                WHERE b.outlet_id = $1 AND b.id = o.bill_id)))
          AND ($3::text IS NULL OR o.type = $3) AND ($4::date IS NULL OR o.business_day = $4)
          AND ($5::uuid IS NULL OR o.table_id = $5) AND ($6::int IS NULL OR o.number = $6)
          AND ($7::uuid IS NULL OR o.bill_id IN (SELECT b.id FROM orders.bill b
               WHERE b.outlet_id = $1 AND $7 = ANY (b.session_ids)
               AND b.id IN (SELECT bill_id FROM orders.orders WHERE outlet_id = $1 AND session_id = $7)))
          AND ($8::uuid IS NULL OR o.id < $8)
        ORDER BY o.id DESC LIMIT $10""",
        *(outlet_id, status, kind, day, table_id, number, session_id, before, list(LIVE), limit, today),
    )


async def with_bills(conn: Any, outlet_id: int, rows: Sequence[Any]) -> list[tuple[OrderRow, BillRow]]:
    """These orders whole, with their bills."""
    orders = await _with_lines(conn, outlet_id, rows)
    bills = await conn.fetch(
        "SELECT * FROM orders.bill WHERE outlet_id = $1 AND id = ANY ($2)",
        outlet_id,
        list({order.bill_id for order in orders}),
    )
    by_id = {row["id"]: _bill(row) for row in bills}
    return [(order, by_id[order.bill_id]) for order in orders]


async def list_bills(
    conn: Any,
    outlet_id: int,
    *,
    status: str | None,
    session_id: UUID | None,
    walked_out: bool | None,
    before: UUID | None,
    limit: int,
) -> list[Any]:
    """Bills without their orders, of whose lines they tell the number, newest first. `walked_out`: only those whose party
    left without paying, or no such ones."""
    return await conn.fetch(  # type: ignore[no-any-return]
        f"""SELECT b.*, orders.documents_of($1, b.id) AS documents, EXISTS (SELECT FROM orders.sitting s
          WHERE s.outlet_id = $1 AND s.id = b.sitting_id AND s.ended_at IS NOT NULL) AS party_left,
          (SELECT coalesce(sum(({LINES_OF_ORDER})), 0)::int FROM orders.orders o
            WHERE o.outlet_id = $1 AND o.bill_id = b.id) AS weight
        FROM orders.bill b
        WHERE outlet_id = $1 AND ($2::text IS NULL OR status = $2)
        AND ($3::uuid IS NULL OR $3 = ANY (session_ids)) AND ($4::uuid IS NULL OR id < $4)
        AND ($5::bool IS NULL OR (walked_out_at IS NOT NULL) = $5) ORDER BY id DESC LIMIT $6""",
        *(outlet_id, status, session_id, before, walked_out, limit),
    )


async def with_orders(conn: Any, outlet_id: int, rows: Sequence[Any]) -> list[tuple[BillRow, list[OrderRow]]]:
    """These bills with their orders."""
    bills = [_bill(row) for row in rows]
    found = await conn.fetch(
        "SELECT * FROM orders.orders WHERE outlet_id = $1 AND bill_id = ANY ($2) ORDER BY number",
        outlet_id,
        [bill.id for bill in bills],
    )
    orders: dict[UUID, list[OrderRow]] = defaultdict(list)
    for order in await _with_lines(conn, outlet_id, found):
        orders[order.bill_id].append(order)
    return [(bill, orders[bill.id]) for bill in bills]


def _bill(row: Any) -> BillRow:
    return msgspec.convert(dict(row), BillRow)


async def _with_lines(conn: Any, outlet_id: int, rows: Sequence[Any]) -> list[OrderRow]:
    """Rows of orders.orders with all their lines and tickets' progress, in two queries however many they are."""
    ids = [row["id"] for row in rows]
    lines = await conn.fetch(
        "SELECT * FROM orders.line WHERE outlet_id = $1 AND order_id = ANY ($2) ORDER BY position",
        outlet_id,
        ids,
    )
    tickets = await conn.fetch(
        """SELECT order_id, station, ticket_id, state, version FROM orders.ticket_progress
        WHERE outlet_id = $1 AND order_id = ANY ($2) ORDER BY station, ticket_id""",
        outlet_id,
        ids,
    )
    parts: dict[UUID, dict[str, list[dict[str, Any]]]] = {id: {"lines": [], "progress": []} for id in ids}
    for name, found in (("lines", lines), ("progress", tickets)):
        for row in found:
            parts[row["order_id"]][name].append(dict(row))
    return [msgspec.convert(dict(row) | parts[row["id"]], OrderRow) for row in rows]


async def floor(conn: Any, outlet_id: int) -> list[Any]:
    """Every table in use, with what waits there for its sitting (orders to approve, and ready ones), and whether it has paid."""
    return await conn.fetch(  # type: ignore[no-any-return]
        """SELECT t.id, t.code, t.name, t.area, t.seats, coalesce(o.to_approve, 0) AS to_approve,
          coalesce(o.ready, 0) AS ready, EXISTS (
            SELECT FROM orders.sitting s JOIN orders.bill b ON b.outlet_id = s.outlet_id AND b.sitting_id = s.id
            WHERE s.outlet_id = t.outlet_id AND s.table_id = t.id AND s.ended_at IS NULL AND b.status = 'closed') AS paid
        FROM orders.dining_table t
        LEFT JOIN (SELECT s.table_id, count(*) FILTER (WHERE o.status = 'placed') AS to_approve,
            count(*) FILTER (WHERE o.status = 'ready') AS ready
          FROM orders.sitting s JOIN orders.bill b ON b.outlet_id = s.outlet_id AND b.sitting_id = s.id
          JOIN orders.orders o ON o.outlet_id = b.outlet_id AND o.bill_id = b.id
          WHERE s.outlet_id = $1 AND s.ended_at IS NULL AND o.status IN ('placed', 'ready')
          GROUP BY s.table_id) o ON o.table_id = t.id
        WHERE t.outlet_id = $1 AND (t.active OR EXISTS (
          SELECT FROM orders.sitting s WHERE s.outlet_id = t.outlet_id AND s.table_id = t.id AND s.ended_at IS NULL))
        ORDER BY t.sort, t.name""",
        outlet_id,
    )


async def bills_at_tables(conn: Any, outlet_id: int) -> dict[UUID, list[BillRow]]:
    """The open bills of who sits at each table, the oldest first."""
    rows = await conn.fetch(
        """SELECT b.* FROM orders.sitting s JOIN orders.bill b ON b.outlet_id = s.outlet_id AND b.sitting_id = s.id
        WHERE s.outlet_id = $1 AND s.ended_at IS NULL AND b.status = 'open' ORDER BY b.opened_at, b.id""",
        outlet_id,
    )
    bills: dict[UUID, list[BillRow]] = defaultdict(list)
    for row in rows:
        bills[row["table_id"]].append(msgspec.convert(dict(row), BillRow))
    return bills


async def table_by_code(conn: Any, qr_hash: bytes) -> Any | None:
    """The active table whose QR carries this code."""
    return await conn.fetchrow(
        "SELECT outlet_id, id, name, qr_generation FROM orders.dining_table WHERE qr_hash = $1 AND active",
        qr_hash,
    )


async def table(conn: Any, outlet_id: int, table_id: UUID) -> Any | None:
    sql = "SELECT id, code, name, qr_generation FROM orders.dining_table WHERE outlet_id = $1 AND id = $2 AND active"
    return await conn.fetchrow(sql, outlet_id, table_id)


async def tables(conn: Any, outlet_id: int) -> list[Any]:
    sql = "SELECT id, code, name, qr_generation FROM orders.dining_table WHERE outlet_id = $1 AND active ORDER BY sort, name"
    return await conn.fetch(sql, outlet_id)  # type: ignore[no-any-return]


async def stored_tables(tx: Any, outlet_id: int) -> list[Any]:
    """What is known of each table, locked."""
    return await tx.fetch(  # type: ignore[no-any-return]
        "SELECT code, name, area, seats, sort FROM orders.dining_table WHERE outlet_id = $1 FOR UPDATE",
        outlet_id,
    )


async def save_table(
    tx: Any, outlet_id: int, code: str, name: str, area: str, seats: int, sort: int
) -> tuple[UUID, int]:
    """Add a table or change what differs; its id and QR generation. A new one has no working QR yet."""
    row = await tx.fetchrow(
        """INSERT INTO orders.dining_table AS t (outlet_id, code, name, area, seats, sort, qr_hash)
        VALUES ($1, $2, $3, $4, $5, $6, sha256(uuidv4()::text::bytea))
        ON CONFLICT (outlet_id, code) DO UPDATE SET name = excluded.name, area = excluded.area, seats = excluded.seats,
          sort = excluded.sort RETURNING id, qr_generation""",
        outlet_id,
        code,
        name,
        area,
        seats,
        sort,
    )
    return row["id"], row["qr_generation"]


async def set_qr(tx: Any, outlet_id: int, table_id: UUID, generation: int, qr_hash: bytes) -> None:
    """The table's QR from now on; the one before stops working."""
    sql = "UPDATE orders.dining_table SET qr_generation = $3, qr_hash = $4 WHERE outlet_id = $1 AND id = $2"
    await tx.execute(sql, outlet_id, table_id, generation, qr_hash)


async def table_of_bill(conn: Any, outlet_id: int, bill_id: UUID) -> UUID | None:
    """Where the bill's party sits."""
    sql = "SELECT table_id FROM orders.bill WHERE outlet_id = $1 AND id = $2"
    return await conn.fetchval(sql, outlet_id, bill_id)  # type: ignore[no-any-return]


class TicketRow(NamedTuple):
    """A row of orders.ticket_progress."""

    outlet_id: int
    order_id: UUID
    ticket_id: UUID
    station: str
    state: str
    version: int

    @property
    def progress(self) -> Progress:
        return Progress(
            station=self.station, ticket_id=self.ticket_id, state=self.state, version=self.version
        )


async def save_progress(tx: Any, tickets: Sequence[TicketRow]) -> None:
    """Keep each ticket's newest version."""
    newest = {ticket[:3]: ticket for ticket in sorted(tickets, key=lambda ticket: ticket.version)}
    await tx.execute(
        """INSERT INTO orders.ticket_progress AS t (outlet_id, order_id, ticket_id, station, state, version)
        SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[])
        ON CONFLICT (outlet_id, order_id, ticket_id)
        DO UPDATE SET state = excluded.state, version = excluded.version WHERE t.version < excluded.version""",
        *zip(*sorted(newest.values()), strict=True),
    )


async def overdue(conn: Any) -> list[tuple[int, UUID, UUID]]:
    """Orders that waited for staff's approval beyond their time, as (outlet, bill, order)."""
    rows = await conn.fetch(
        """SELECT outlet_id, bill_id, id FROM orders.orders
        WHERE status = 'placed' AND expires_at < now() ORDER BY expires_at LIMIT 100"""
    )
    return [(row["outlet_id"], row["bill_id"], row["id"]) for row in rows]


async def by_status(conn: Any) -> dict[str, int]:
    """How many live orders are in each state."""
    rows = await conn.fetch(
        "SELECT status, count(*) AS n FROM orders.orders WHERE status = ANY ($1) GROUP BY status", list(LIVE)
    )
    return {row["status"]: row["n"] for row in rows}
