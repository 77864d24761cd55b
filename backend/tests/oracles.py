"""What the platform promises, as checks against its database, and against the payment provider's books.

Each oracle returns its violations, in words. They hold whenever the platform is at rest: `at_rest` waits for that.
Run them as the database's owner, who sees all rooms.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from rasoi.app import ROOMS
from rasoi.kitchen import domain as kitchen
from rasoi.orders import domain as orders
from rasoi.orders.pricing import rounded
from rasoi.payments import domain as payments

Books = Mapping[str, list[dict[str, Any]]]
Oracle = Callable[[Any], Awaitable[list[str]]]
LOGS = [room.name for room in ROOMS if room.name != "realtime"]
ALIVE = "status NOT IN ('rejected', 'expired', 'cancelled')"
TO_COOK = "status IN ('confirmed', 'preparing', 'ready', 'served', 'completed')"
NEVER_COOKED = "(status IN ('placed', 'awaiting_payment', 'rejected', 'expired') OR (status = 'cancelled' AND confirmed_at IS NULL))"
ITEM_MOVES = {(old, new) for table in kitchen.TRANSITIONS.values() for old, new in table.items()}

# what must find nothing: (what a row means, how to find such rows)
Questions = Iterable[tuple[str, str]]

CAPTURES: Questions = (
    (
        "payments with more than one effective capture",
        "SELECT payment_id FROM payments.attempt WHERE on_bill GROUP BY 1 HAVING count(*) > 1",
    ),
    (
        "captured attempts whose money settled no bill and did not go back",
        "SELECT id FROM payments.attempt WHERE status = 'captured' AND NOT on_bill AND refunded_paise < amount_paise",
    ),
    (
        "attempts on a bill that were never captured",
        "SELECT id FROM payments.attempt WHERE on_bill AND status <> 'captured'",
    ),
)
REFUNDS: Questions = (
    (
        "attempts with more refunded than captured",
        """SELECT a.id FROM payments.attempt a JOIN payments.refund r ON (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id)
        WHERE r.status <> 'failed' GROUP BY a.outlet_id, a.id
        HAVING sum(r.amount_paise) > CASE a.status WHEN 'captured' THEN a.amount_paise ELSE 0 END""",
    ),
    (
        "attempts whose refunds don't add up",
        """SELECT id FROM payments.attempt a WHERE refunded_paise <> (SELECT coalesce(sum(amount_paise), 0) FROM payments.refund r
          WHERE (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id) AND r.status <> 'failed')""",
    ),
    (
        "payments that differ from their attempts and refunds",
        """SELECT id FROM payments.payment p WHERE captured_paise <> (SELECT coalesce(sum(amount_paise), 0) FROM payments.attempt a
          WHERE (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.status = 'captured')
        OR refunded_paise <> (SELECT coalesce(sum(amount_paise), 0) FROM payments.refund r
          WHERE (r.outlet_id, r.payment_id) = (p.outlet_id, p.id) AND r.status <> 'failed')""",
    ),
    (
        "daily totals that differ from the ledger",
        """WITH ledger AS (
          SELECT outlet_id, business_day, method, count(*) FILTER (WHERE kind = 'in') AS n, coalesce(sum(paise) FILTER (WHERE kind = 'in'), 0) AS captured,
            count(*) FILTER (WHERE kind = 'out') AS m, coalesce(sum(paise) FILTER (WHERE kind = 'out'), 0) AS refunded
          FROM (SELECT outlet_id, business_day, coalesce(method, 'card') AS method, amount_paise AS paise, 'in' AS kind FROM payments.attempt WHERE status = 'captured'
            UNION ALL SELECT outlet_id, business_day, coalesce(method, 'card'), amount_paise, 'out' FROM payments.refund WHERE status = 'processed') x
          GROUP BY 1, 2, 3)
        SELECT coalesce(d.method, l.method) FROM payments.daily d FULL JOIN ledger l USING (outlet_id, business_day, method)
        WHERE (d.captured_count, d.captured_paise, d.refunded_count, d.refunded_paise) IS DISTINCT FROM (l.n, l.captured, l.m, l.refunded)""",
    ),
)
TICKETS: Questions = (
    (
        "lines to be cooked that no ticket has exactly once",
        f"""SELECT l.id FROM orders.line l JOIN orders.orders o ON (o.outlet_id, o.id) = (l.outlet_id, l.order_id)
        WHERE o.{TO_COOK} AND l.status = 'active' AND 1 <> (
          SELECT count(*) FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
          WHERE (t.outlet_id, t.order_id, t.course, t.station) = (l.outlet_id, l.order_id, l.course, l.station)
            AND i.line_id = l.id AND i.quantity = l.quantity)""",
    ),
    (
        "items on tickets that nobody ordered there",
        """SELECT i.id FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
        WHERE NOT EXISTS (SELECT FROM orders.line l WHERE (l.outlet_id, l.order_id, l.id, l.course, l.station)
          = (t.outlet_id, t.order_id, i.line_id, t.course, t.station))""",
    ),
    (
        "tickets without items",
        "SELECT id FROM kitchen.ticket t WHERE NOT EXISTS (SELECT FROM kitchen.ticket_item i WHERE (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id))",
    ),
    (
        "two tickets for one order, course and station",
        "SELECT order_id FROM kitchen.ticket GROUP BY outlet_id, order_id, course, station HAVING count(*) > 1",
    ),
    (
        "tickets of orders that may not be cooked",
        f"""SELECT t.id FROM kitchen.ticket t LEFT JOIN (SELECT outlet_id, id FROM orders.orders WHERE NOT {NEVER_COOKED}) o
          ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id) WHERE o.id IS NULL""",
    ),
    (
        "live tickets of cancelled orders",
        """SELECT t.id FROM kitchen.ticket t JOIN orders.orders o ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id)
        WHERE o.status = 'cancelled' AND t.state NOT IN ('voided', 'served')""",
    ),
    (
        "orders that are not as far as their tickets",
        """SELECT o.id FROM orders.orders o JOIN LATERAL (
          SELECT bool_and(state = 'served') AS served, bool_and(state IN ('ready', 'served')) AS ready,
            bool_or(state IN ('cooking', 'ready', 'served')) AS begun
          FROM kitchen.ticket t WHERE (t.outlet_id, t.order_id) = (o.outlet_id, o.id) AND state <> 'voided') t ON t.served IS NOT NULL
        WHERE o.status NOT IN ('completed', 'cancelled')
          AND o.status <> CASE WHEN served THEN 'served' WHEN ready THEN 'ready' WHEN begun THEN 'preparing' ELSE 'confirmed' END
          AND NOT (o.status = 'preparing' AND NOT begun)""",
    ),
)
FULFILMENT: Questions = (
    (
        "completed payments without exactly one attempt on their bill, or the reverse",
        """SELECT id FROM payments.payment p WHERE (status = 'completed')::int <> (SELECT count(*) FROM payments.attempt a
          WHERE (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.on_bill)""",
    ),
    (
        "bills that hold more money than they come to",
        """SELECT id FROM orders.bill b WHERE paid_paise - refunded_paise > total_paise AND NOT EXISTS (
          SELECT FROM payments.refund r JOIN payments.payment p ON (p.outlet_id, p.id) = (r.outlet_id, r.payment_id)
          WHERE p.bill_id = b.id AND r.status = 'failed')""",
    ),
    (
        "orders that wait for their payment on a paid bill",
        """SELECT o.id FROM orders.orders o JOIN orders.bill b ON (b.outlet_id, b.id) = (o.outlet_id, o.bill_id)
        WHERE o.status = 'awaiting_payment' AND b.paid_paise - b.refunded_paise >= b.total_paise""",
    ),
    (
        "refunds that nobody sends",
        "SELECT id FROM payments.refund WHERE status IN ('requested', 'pending', 'unknown') AND method <> 'cash' AND next_try_at IS NULL",
    ),
    (
        "webhooks that were taken and not processed",
        "SELECT event_id FROM payments.webhook WHERE outcome IS NULL",
    ),
)
STOCK: Questions = (
    (
        "counted stock that a sale made negative",
        """SELECT code FROM inventory.stock s WHERE kind = 'counted' AND on_hand_milli - reserved_milli < 0 AND NOT EXISTS (
          SELECT FROM inventory.movement m WHERE (m.outlet_id, m.stock_id) = (s.outlet_id, s.id) AND m.kind IN ('count', 'waste')
            AND m.quantity_milli < 0)""",
    ),
    (
        "stock whose movements don't add up to what is on hand",
        """SELECT code FROM inventory.stock s WHERE on_hand_milli <> (SELECT coalesce(sum(quantity_milli), 0) FROM inventory.movement m
          WHERE (m.outlet_id, m.stock_id) = (s.outlet_id, s.id))""",
    ),
    (
        "stock whose live reservations are not what is reserved",
        """SELECT code FROM inventory.stock s WHERE reserved_milli <> (SELECT coalesce(sum(quantity_milli), 0) FROM inventory.reservation r
          WHERE (r.outlet_id, r.stock_id) = (s.outlet_id, s.id) AND r.state = 'reserved')""",
    ),
    (
        "reservations that nobody will settle",
        """SELECT r.id FROM inventory.reservation r LEFT JOIN orders.orders o ON (o.outlet_id, o.id) = (r.outlet_id, r.order_id)
        WHERE r.state = 'reserved' AND (o.id IS NULL OR o.status IN ('ready', 'served', 'completed', 'cancelled', 'rejected', 'expired'))""",
    ),
    (
        "cooked items that were not taken from stock",
        "SELECT id FROM inventory.usage WHERE settled_at IS NULL",
    ),
    (
        "items that were started and not used, or the reverse",
        """SELECT coalesce(i.id, u.kitchen_item_id) FROM (
          SELECT outlet_id, id FROM kitchen.ticket_item WHERE state IN ('cooking', 'ready', 'served')) i
        FULL JOIN inventory.usage u ON (u.outlet_id, u.kitchen_item_id) = (i.outlet_id, i.id)
        WHERE u.id IS NULL OR NOT EXISTS (SELECT FROM kitchen.ticket_item k WHERE (k.outlet_id, k.id) = (u.outlet_id, u.kitchen_item_id)
          AND k.state IN ('cooking', 'ready', 'served', 'voided'))""",
    ),
)
SUMS: Questions = (
    (
        "bills that are not the sum of their live orders",
        f"""SELECT id FROM orders.bill b WHERE net_paise <> (SELECT coalesce(sum(total_paise), 0) FROM orders.orders o
          WHERE (o.outlet_id, o.bill_id) = (b.outlet_id, b.id) AND {ALIVE})""",
    ),
    (
        "bills whose payments are not what was paid",
        """SELECT id FROM orders.bill b WHERE paid_paise <> (SELECT coalesce(sum(a.amount_paise), 0) FROM payments.payment p
          JOIN payments.attempt a ON (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.on_bill WHERE (p.outlet_id, p.bill_id) = (b.outlet_id, b.id))""",
    ),
    (
        "bills whose refunds are not what was refunded",
        """SELECT id FROM orders.bill b WHERE refunded_paise <> (SELECT coalesce(sum(r.amount_paise), 0) FROM payments.payment p
          JOIN payments.refund r ON (r.outlet_id, r.payment_id) = (p.outlet_id, p.id) AND r.on_bill AND r.status <> 'failed'
          WHERE (p.outlet_id, p.bill_id) = (b.outlet_id, b.id))""",
    ),
    (
        "orders that are not the sum of their lines",
        """SELECT o.id FROM orders.orders o WHERE (taxable_paise, discount_paise, total_paise, subtotal_paise) IS DISTINCT FROM (
          SELECT (sum(taxable_paise)::bigint, sum(discount_paise)::bigint, sum(total_paise)::bigint, sum(unit_price_paise * quantity)::bigint)
          FROM orders.line l WHERE (l.outlet_id, l.order_id) = (o.outlet_id, o.id))
        OR total_paise <> taxable_paise + (SELECT coalesce(sum((t->>'paise')::bigint), 0) FROM jsonb_array_elements(taxes) t)""",
    ),
    (
        "lines that are not their taxable value and taxes",
        "SELECT id FROM orders.line WHERE total_paise <> taxable_paise + (SELECT coalesce(sum((t->>'paise')::bigint), 0) FROM jsonb_array_elements(taxes) t)",
    ),
    ("bills without orders", "SELECT id FROM orders.bill b WHERE NOT EXISTS (SELECT FROM orders.orders o WHERE (o.outlet_id, o.bill_id) = (b.outlet_id, b.id))"),
    (
        "closed bills without a number, or the reverse",
        "SELECT id FROM orders.bill WHERE (status = 'closed') <> (invoice_number IS NOT NULL)",
    ),
    (
        "days whose order numbers have gaps",
        """SELECT d.business_day FROM orders.day_counter d WHERE last_number <> (SELECT count(*) FROM orders.orders o
          WHERE (o.outlet_id, o.business_day) = (d.outlet_id, d.business_day) AND o.number BETWEEN 1 AND d.last_number)
        UNION SELECT o.business_day FROM orders.orders o LEFT JOIN orders.day_counter d USING (outlet_id, business_day)
          WHERE d.last_number IS NULL OR o.number > d.last_number""",
    ),
    (
        "invoice series with gaps",
        """SELECT c.series FROM orders.invoice_counter c WHERE last_number <> (SELECT count(DISTINCT invoice_number) FROM orders.bill b
          WHERE b.outlet_id = c.outlet_id AND b.invoice_number LIKE c.series || '/%'
            AND substring(b.invoice_number FROM '[0-9]+$')::int BETWEEN 1 AND c.last_number)""",
    ),
)  # fmt: skip


async def found(db: Any, questions: Questions) -> list[str]:
    """What any of the questions finds."""
    violations = []
    for meaning, sql in questions:
        if rows := await db.fetch(sql):
            violations.append(f"{len(rows)} {meaning}: {', '.join(str(row[0]) for row in rows[:5])}")
    return violations


async def one_effective_capture(db: Any) -> list[str]:
    """2: at most one capture settles a payment; further ones go back."""
    return await found(db, CAPTURES)


async def refunds_within_captures(db: Any) -> list[str]:
    """3: refunds never exceed what was captured, and all sums of the ledger agree."""
    return await found(db, REFUNDS)


async def tickets_match_orders(db: Any) -> list[str]:
    """4: what may be cooked has exactly its tickets, what may not has none."""
    return await found(db, TICKETS)


async def captures_are_used(db: Any) -> list[str]:
    """5: every captured payment ends fulfilled or refunded."""
    return await found(db, FULFILMENT)


async def stock_adds_up(db: Any) -> list[str]:
    """6: nothing is oversold, and movements and reservations add up."""
    return await found(db, STOCK)


async def events_are_consumed(db: Any) -> list[str]:
    """7: outbox against inbox, as sets, for each consuming room; nothing is parked or left behind."""
    violations = []
    for room in ROOMS:
        for log in room.logs:
            types = [cls.event_type for cls in room.handlers if cls.event_room == log]
            sent = {r[0] for r in await db.fetch(f"SELECT event_id FROM {log}.outbox WHERE type = ANY($1)", types)}
            got = {r[0] for r in await db.fetch(f"SELECT event_id FROM {room.name}.inbox WHERE log = $1", log)}
            parked = await db.fetch(f"SELECT subject, reason FROM {room.name}.parked WHERE log = $1", log)
            violations += [f"{room.name} has not consumed {len(sent - got)} events of {log}"] if sent - got else []
            violations += [f"{room.name} consumed {len(got - sent)} events that {log} has not"] if got - sent else []
            violations += [f"{room.name} parked {row['subject']} of {log}: {row['reason']}" for row in parked]
    return violations


VERSIONED = {
    "orders.orders": "SELECT 'orders' AS log, id::text AS subject, version FROM orders.orders",
    "orders.bill": "SELECT 'orders', id::text, version FROM orders.bill WHERE version > 0",
    "payments.payment": "SELECT 'payments', id::text, version FROM payments.payment WHERE version > 0",
    "inventory.stock": "SELECT 'inventory', id::text, version FROM inventory.stock WHERE version > 0",
    "kitchen.board": "SELECT 'kitchen', outlet_id || ':' || station, sequence FROM kitchen.board WHERE sequence > 0",
}


async def versions_are_gapless(db: Any) -> list[str]:
    """8: each subject's versions follow each other in the log, up to the version of its row."""
    violations, newest = [], dict[tuple[str, str], int]()
    for log in LOGS:
        for row in await db.fetch(f"SELECT subject, aggregate_version AS version FROM {log}.outbox ORDER BY id"):
            key = log, row["subject"]
            known = newest.get(key)
            if row["version"] != 1 and known is None and log in ("orders", "payments", "inventory", "kitchen"):
                violations.append(f"{log}: {row['subject']} begins with version {row['version']}")
            elif known is not None and row["version"] != known + 1:
                violations.append(f"{log}: {row['subject']} goes from version {known} to {row['version']}")
            newest[key] = row["version"]
    for table, sql in VERSIONED.items():
        for log, subject, version in await db.fetch(sql):
            if newest.get((log, subject)) != version:
                violations.append(f"{table}: {subject} has version {version}, its last event {newest.get((log, subject))}")
    return violations


def _walk(name: str, table: Mapping[str, frozenset[str]], before: str | None, path: list[str], status: str) -> list[str]:
    """What is wrong with one event's path, where the subject was at `before`."""
    states = path or [status]
    faults = [f"{name}: {a} → {b} is not in the table" for a, b in zip(states, states[1:], strict=False) if b not in table[a]]
    if before is not None and states[0] != before:
        faults.append(f"{name}: left at {before}, goes on from {states[0]}")
    if states[-1] != status:
        faults.append(f"{name}: the path ends at {states[-1]}, the event says {status}")
    return faults


async def _paths(db: Any, log: str, types: str, table: Mapping[str, frozenset[str]], first: str) -> list[str]:
    violations, now = [], dict[str, str]()
    sql = f"SELECT subject, data->'path' AS path, data->>'status' AS status FROM {log}.outbox WHERE type LIKE $1 ORDER BY id"
    for subject, path, status in await db.fetch(sql, types):
        violations += _walk(f"{log} {subject}", table, now.get(subject), path or [], status)
        if subject not in now and (path or [status])[0] != first:
            violations.append(f"{log} {subject}: begins as {(path or [status])[0]}")
        now[subject] = status
    return violations


async def transitions_are_legal(db: Any) -> list[str]:
    """9: orders, payments, refunds and ticket items only moved along the tables."""
    violations = await _paths(db, "orders", "rasoi.order.%", orders.TRANSITIONS, "placed")
    violations += await _paths(db, "payments", "rasoi.payment.%", payments.PAYMENT, "pending")
    at = dict[str, str]()
    for refund, status in await db.fetch(
        "SELECT data->>'refund_id', data->>'refund_status' FROM payments.outbox WHERE type = 'rasoi.payment.refund_changed.v1' ORDER BY id"
    ):
        if status not in payments.REFUND.get(at.get(refund, ""), {"requested"}):
            violations.append(f"refund {refund}: {at.get(refund)} → {status} is not in the table")
        at[refund] = status
    items = dict[str, str]()
    for (ticket,) in await db.fetch("SELECT data->'ticket' FROM kitchen.outbox WHERE data ? 'ticket' ORDER BY id"):
        for item in ticket["items"]:
            old, new = items.get(item["id"]), item["state"]
            if (old is None and new not in ("held", "queued")) or (old not in (None, new) and (old, new) not in ITEM_MOVES):
                violations.append(f"item {item['id']} of ticket {ticket['id']}: {old} → {new} is not in the table")
            items[item["id"]] = new
    return violations


async def sums_are_right(db: Any) -> list[str]:
    """10: bills, orders, lines, order numbers and invoice numbers."""
    wrong = [r["id"] for r in await db.fetch("SELECT id, net_paise, total_paise FROM orders.bill") if r["total_paise"] != rounded(r["net_paise"])]
    return [f"bills not rounded: {wrong}"] * bool(wrong) + await found(db, SUMS)


async def boards_are_true(db: Any) -> list[str]:
    """12: a board's hash is that of the tickets to be seen on it; its ticket numbers have no gaps."""
    violations, hashes, numbers = [], Counter[Any](), defaultdict[Any, list[int]](list)
    for row in await db.fetch("SELECT outlet_id, station, id, version, visible, number FROM kitchen.ticket ORDER BY number"):
        board = row["outlet_id"], row["station"]
        hashes[board] += zlib.crc32(f"{row['id']}:{row['version']}".encode()) if row["visible"] else 0
        numbers[board].append(row["number"])
    for row in await db.fetch("SELECT outlet_id, station, hash, last_number FROM kitchen.board"):
        board = row["outlet_id"], row["station"]
        if hashes[board] % 2**32 != row["hash"]:
            violations.append(f"board {board} has another hash than its tickets")
        if numbers[board] != list(range(1, row["last_number"] + 1)):
            violations.append(f"board {board} has gaps in its ticket numbers")
    return violations


async def ledger_equals_books(db: Any, books: Books) -> list[str]:
    """1, and 2 on the provider's side: every payment and refund stands in both, with the same amount and state."""
    violations = []
    ours = {r["provider_payment_id"]: r for r in await db.fetch("SELECT * FROM payments.attempt WHERE provider <> 'cash'")}
    due = {r["provider_order_id"]: r for r in await db.fetch("SELECT * FROM payments.payment WHERE provider_order_id IS NOT NULL")}
    refunds = {r["provider_refund_id"]: r for r in await db.fetch("SELECT * FROM payments.refund WHERE method <> 'cash'")}
    theirs = {doc["id"]: doc for doc in books["payments"]}
    for doc in theirs.values():
        mine = ours.get(doc["id"])
        if mine is None:
            violations += [f"{doc['id']} was captured and is not in the ledger"] if doc["captured"] else []
        elif (mine["amount_paise"], mine["status"] == "captured", mine["refunded_paise"]) != (doc["amount"], doc["captured"], doc["amount_refunded"]):
            violations.append(f"{doc['id']} is {mine['status']} with {mine['refunded_paise']} refunded here, {doc['status']} with {doc['amount_refunded']} there")
    violations += [f"{name} is in the ledger only" for name in ours.keys() - theirs.keys()]
    orders_there = {doc["id"]: doc for doc in books["orders"]}
    for name, row in due.items():
        if name not in orders_there or orders_there[name]["amount"] != row["amount_paise"]:
            violations.append(f"{name} has another amount in the books")
    kept = Counter(doc["order_id"] for doc in theirs.values() if doc["captured"] and doc["amount_refunded"] < doc["amount"])
    violations += [f"{name} was captured {count} times and not refunded" for name, count in kept.items() if count > 1]
    for doc in books["refunds"]:
        row = refunds.get(doc["id"])
        if row is None or (row["amount_paise"], row["status"]) != (doc["amount"], doc["status"]):
            violations.append(f"{doc['id']} is {doc['status']} there, {row['status'] if row else 'unknown'} here")
    there = {doc["id"] for doc in books["refunds"]}
    return violations + [f"refund {row['id']} is in the ledger only" for name, row in refunds.items() if row["status"] != "failed" and name not in there]


ORACLES: dict[str, Oracle] = {
    oracle.__name__: oracle
    for oracle in (
        one_effective_capture, refunds_within_captures, tickets_match_orders, captures_are_used, stock_adds_up,
        events_are_consumed, versions_are_gapless, transitions_are_legal, sums_are_right, boards_are_true,
    )
}  # fmt: skip


async def violations_of(db: Any, books: Books | None = None) -> list[str]:
    """All violations of all promises, each with the oracle that found it."""
    all_of_them = [f"{name}: {fault}" for name, oracle in ORACLES.items() for fault in await oracle(db)]
    if books is not None:
        all_of_them += [f"ledger_equals_books: {fault}" for fault in await ledger_equals_books(db, books)]
    return all_of_them


async def at_rest(db: Any, books: Callable[[], Books] | None = None, seconds: float = 10) -> list[str]:
    """The violations that are left when the platform has had its time to come to rest: none, if it kept its promises."""
    deadline = asyncio.get_running_loop().time() + seconds
    while left := await violations_of(db, await asyncio.to_thread(books) if books else None):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.1)
    return left
