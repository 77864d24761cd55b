"""What the platform promises, as checks against its database, and against the payment provider's books.

Each oracle returns its violations, in words; most are the questions of oracles.sql. They hold whenever the platform
is at rest, and `at_rest` waits for that. Run them as the database's owner, who sees all rooms.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from rasoi.app import ROOMS
from rasoi.kitchen import states as kitchen
from rasoi.orders import states as orders
from rasoi.orders import verifying
from rasoi.payments import domain as payments
from rasoi.payments import repository, statistics_repository

Books = Mapping[str, list[dict[str, Any]]]
Oracle = Callable[[Any], Awaitable[list[str]]]
QUESTION = re.compile(r"--\? (\w+): (.+)\n([^;]+);")
QUESTIONS: list[tuple[str, str, str]] = QUESTION.findall(
    Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
)
ITEM_MOVES = {(old, new) for table in kitchen.TRANSITIONS.values() for old, new in table.items()}
PATHS = "SELECT subject, data->'path' AS path, data->>'status' AS status FROM {log}.outbox WHERE type LIKE $1 ORDER BY id"
REFUNDS = """SELECT data->>'refund_id', data->>'refund_status' FROM payments.outbox
WHERE type = 'rasoi.payment.refund_changed.v1' ORDER BY id"""
GIVEN_BY_HAND = """SELECT p.provider_order_id FROM payments.payment p
JOIN payments.refund r ON (r.outlet_id, r.payment_id) = (p.outlet_id, p.id)
WHERE r.handed_by IS NOT NULL OR r.status = 'to_hand_out'"""
TICKETS = "SELECT data->'ticket' FROM kitchen.outbox WHERE data->'ticket' IS NOT NULL ORDER BY id"


async def _asked(db: Any, oracle: str) -> list[str]:
    """What the oracle's questions find."""
    violations = []
    for name, meaning, sql in QUESTIONS:
        if name == oracle and (rows := await db.fetch(sql)):
            violations.append(f"{len(rows)} {meaning}: {', '.join(str(row[0]) for row in rows[:5])}")
    return violations


async def one_effective_capture(db: Any) -> list[str]:
    """2: at most one capture settles a payment; further ones go back."""
    return await _asked(db, "one_effective_capture")


async def refunds_within_captures(db: Any) -> list[str]:
    """3: refunds never exceed what was captured, and all sums of the ledger agree."""
    return await _asked(db, "refunds_within_captures")


async def statistics_agree(db: Any) -> list[str]:
    """21: for every day, the list of payments, that of refunds and the totals by day and hour say the same."""
    violations = await _asked(db, "statistics_agree")
    for outlet_id, day in await statistics_repository.days(db, None):
        told = {row["method"]: row for row in await statistics_repository.daily(db, outlet_id, day, day)}
        listed: Counter[str] = Counter()
        for ledger in await repository.find(
            db, outlet_id, day=day, status=None, method=None, bill_id=None, before=None, limit=10**6
        ):
            for attempt in ledger.attempts:
                if attempt.status == "captured" and attempt.business_day == day:
                    listed[attempt.method or "card"] += attempt.amount_paise
        for refund, _ in await repository.find_refunds(db, outlet_id, day=day, before=None, limit=10**6):
            listed[refund.method or "card"] -= refund.amount_paise
        for method in listed.keys() | told.keys():
            net = told[method]["captured_paise"] - told[method]["refunded_paise"] if method in told else 0
            if net != listed[method]:
                violations.append(f"the lists of {day} say {listed[method]} for {method}, its totals {net}")
    return violations


async def tables_agree(db: Any) -> list[str]:
    """Whoever was moved has bills, phones, orders and tickets at one table."""
    return await _asked(db, "tables_agree")


async def shifts_add_up(db: Any) -> list[str]:
    """19: a shift's expected sum is its cash tenders less its cash refunds and with its movements."""
    return await _asked(db, "shifts_add_up")


async def closed_days_stay(db: Any) -> list[str]:
    """18, 21: what the report of a closed day says is what the day's statistics say still; its numbers have no gaps."""
    return await _asked(db, "closed_days_stay")


async def tickets_match_orders(db: Any) -> list[str]:
    """4: what may be cooked has exactly its tickets, what may not has none."""
    return await _asked(db, "tickets_match_orders")


async def captures_are_used(db: Any) -> list[str]:
    """5: every captured payment ends fulfilled or refunded."""
    return await _asked(db, "captures_are_used")


async def prepaid_is_paid(db: Any) -> list[str]:
    """16: every prepaid order that the kitchen got is paid by its own bill's money."""
    return await _asked(db, "prepaid_is_paid")


async def stock_adds_up(db: Any) -> list[str]:
    """6: nothing is oversold, and movements and reservations add up."""
    return await _asked(db, "stock_adds_up")


async def events_are_consumed(db: Any) -> list[str]:
    """7: outbox against inbox, as sets, for each consuming room; nothing is parked."""
    violations = []
    for room in ROOMS:
        for log in room.logs:
            types = [cls.event_type for cls in room.handlers if cls.event_room == log]
            sent = {
                r[0] for r in await db.fetch(f"SELECT event_id FROM {log}.outbox WHERE type = ANY($1)", types)
            }
            got = {
                r[0] for r in await db.fetch(f"SELECT event_id FROM {room.name}.inbox WHERE log = $1", log)
            }
            parked = await db.fetch(f"SELECT subject, reason FROM {room.name}.parked WHERE log = $1", log)
            if sent - got:
                violations.append(f"{room.name} has not consumed {len(sent - got)} events of {log}")
            if got - sent:
                violations.append(f"{room.name} consumed {len(got - sent)} events that {log} has not")
            violations += [f"{room.name} parked {row['subject']} of {log}: {row['reason']}" for row in parked]
    return violations


async def versions_are_gapless(db: Any) -> list[str]:
    """8: each subject's versions follow each other in the log, up to the version of its row."""
    return await _asked(db, "versions_are_gapless")


async def transitions_are_legal(db: Any) -> list[str]:
    """9: orders, payments, refunds and ticket items only moved along the tables."""
    violations = await _walked(db, "orders", "rasoi.order.%", orders.TRANSITIONS, "placed")
    violations += await _walked(db, "payments", "rasoi.payment.%", payments.PAYMENT, "pending")
    return violations + await _refunds_moved(db) + await _items_moved(db)


async def _walked(
    db: Any, log: str, types: str, table: Mapping[str, frozenset[str]], first: str
) -> list[str]:
    """Every event's path: legal steps, from where the event before left off to where this one says that it is."""
    violations, at = [], dict[str, str]()
    for subject, path, status in await db.fetch(PATHS.format(log=log), types):
        states = path or [status]
        if states[0] != at.get(subject, first):
            violations.append(f"{log} {subject}: was {at.get(subject, 'nothing')}, goes on from {states[0]}")
        if states[-1] != status:
            violations.append(f"{log} {subject}: the path ends as {states[-1]}, the event says {status}")
        wrong = [f"{old} → {new}" for old, new in pairwise(states) if new not in table[old]]
        violations += [f"{log} {subject}: {step} is not in the table" for step in wrong]
        at[subject] = status
    return violations


async def _refunds_moved(db: Any) -> list[str]:
    violations, at = [], dict[str, str]()
    for refund, status in await db.fetch(REFUNDS):
        if status == at.get(refund):
            continue  # its error or its amount changed
        if status not in payments.REFUND.get(at.get(refund, ""), {"requested", "to_hand_out"}):
            violations.append(f"refund {refund}: {at.get(refund)} → {status} is not in the table")
        at[refund] = status
    return violations


async def _items_moved(db: Any) -> list[str]:
    violations, at = [], dict[str, str]()
    for (ticket,) in await db.fetch(TICKETS):
        lines = {item["line_id"]: at[item["id"]] for item in ticket["items"] if item["id"] in at}
        for item in ticket["items"]:
            old, new = at.get(item["id"]), item["state"]
            if new == "voided":  # a part of an item begins where that was
                old = old or lines.get(item["line_id"])
            fine = new in ("held", "queued") if old is None else old == new or (old, new) in ITEM_MOVES
            if not fine:
                violations.append(f"item {item['id']}: {old} → {new} is not in the table")
            at[item["id"]] = new
    return violations


async def sums_are_right(db: Any) -> list[str]:
    """Bills, orders and lines add up; order numbers have no gaps."""
    return await _asked(db, "sums_are_right")


async def documents_hold(db: Any) -> list[str]:
    """18: documents were never changed, numbers have no gaps, the chain holds, and they are the money held."""
    return await verifying.faults(db) + await _asked(db, "documents_hold")


async def boards_are_true(db: Any) -> list[str]:
    """12: a board's hash is that of the tickets to be seen on it; its ticket numbers have no gaps."""
    return await _asked(db, "boards_are_true")


async def reports_are_true(db: Any) -> list[str]:
    """7, by its effect: reports say what the orders and the tickets are."""
    return await _asked(db, "reports_are_true")


ORACLES: dict[str, Oracle] = {
    oracle.__name__: oracle
    for oracle in (
        one_effective_capture,
        refunds_within_captures,
        statistics_agree,
        shifts_add_up,
        closed_days_stay,
        tickets_match_orders,
        tables_agree,
        captures_are_used,
        prepaid_is_paid,
        stock_adds_up,
        events_are_consumed,
        versions_are_gapless,
        transitions_are_legal,
        sums_are_right,
        documents_hold,
        boards_are_true,
        reports_are_true,
    )
}


async def ledger_equals_books(db: Any, books: Books) -> list[str]:
    """1, and 2 on the provider's side: payments and refunds stand in both, with the same amount and state."""
    found = await _payments_there(db, books) + await _refunds_there(db, books)
    return found + await _disputes_there(db, books)


async def _payments_there(db: Any, books: Books) -> list[str]:
    """What was captured, and what went back through the provider. Money that it returned uncaptured is not ours."""
    rows = await db.fetch(
        """SELECT provider_payment_id, amount_paise, status = 'captured' AS captured,
          (SELECT coalesce(sum(r.amount_paise), 0)::bigint FROM payments.refund r
           WHERE (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id) AND r.provider_refund_id IS NOT NULL
             AND r.handed_by IS NULL AND r.status IN ('pending', 'processed')) AS refunded
        FROM payments.attempt a WHERE provider <> 'counter'"""
    )
    asked = {o["id"]: o["amount"] for o in books["orders"]}
    ours = {row[0]: tuple(row)[1:] if row[2] else (False,) for row in rows}
    theirs = {
        p["id"]: (_received(p, asked), True, p["amount_refunded"]) if p["captured"] else (False,)
        for p in books["payments"]
    }
    violations = [
        f"{name}: (amount, captured, refunded) is {ours.get(name)} here, {theirs.get(name)} there"
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name) and (name in ours or theirs[name] != (False,))
    ]
    sql = "SELECT provider_order_id, amount_paise FROM payments.payment WHERE provider_order_id IS NOT NULL"
    violations += [
        f"{row[0]} asks for another amount there"
        for row in await db.fetch(sql)
        if asked.get(row[0]) != row[1]
    ]
    taken = _taken(books)
    kept = Counter(
        p["order_id"]
        for p in books["payments"]
        if p["captured"] and p["amount_refunded"] + taken[p["id"]] < _received(p, asked)
    )
    handed = {row[0] for row in await db.fetch(GIVEN_BY_HAND)}
    return violations + [
        f"{name} was captured {count} times for good"
        for name, count in kept.items()
        if count > 1 and name not in handed
    ]


def _received(payment: Mapping[str, Any], asked: Mapping[str, int]) -> int:
    """What the order got: without a fee that the customer bore."""
    borne = payment["amount"] > asked.get(payment["order_id"], 0)
    return int(payment["amount"] - (payment["fee"] or 0) if borne else payment["amount"])


def _taken(books: Books) -> Counter[str]:
    """What lost disputes took, by payment."""
    taken = Counter[str]()
    for dispute in books["disputes"]:
        taken[dispute["payment_id"]] += dispute["amount_deducted"]
    return taken


async def _disputes_there(db: Any, books: Books) -> list[str]:
    """What lost disputes took is booked, as far as it had not gone back before."""
    sql = """SELECT a.provider_payment_id, a.amount_paise - a.refunded_paise,
      (SELECT coalesce(sum(r.amount_paise), 0)::bigint FROM payments.refund r
       WHERE (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id) AND r.status = 'processed' AND r.reference = ANY ($1))
    FROM payments.attempt a WHERE a.provider <> 'counter'"""
    ours = {row[0]: tuple(row)[1:] for row in await db.fetch(sql, [each["id"] for each in books["disputes"]])}
    violations = []
    for name, paise in _taken(books).items():
        held, booked = ours.get(name, (0, 0))
        if name not in ours or booked > paise or (booked < paise and held > 0):
            violations.append(f"{name}: disputes took {paise} there, {booked} are booked here, {held} held")
    return violations


async def _refunds_there(db: Any, books: Books) -> list[str]:
    """The provider's refunds of what was captured; one that it could not make is for a person, or was handed out."""
    sql = """SELECT provider_refund_id, sum(amount_paise)::bigint,
      string_agg(DISTINCT CASE WHEN handed_by IS NOT NULL OR status = 'to_hand_out' THEN 'failed' ELSE status END, ' and ')
    FROM payments.refund WHERE provider_refund_id IS NOT NULL GROUP BY 1"""
    ours = {row[0]: tuple(row)[1:] for row in await db.fetch(sql)}
    captured = {p["id"] for p in books["payments"] if p["captured"]}
    theirs = {
        refund["id"]: (refund["amount"], refund["status"])
        for refund in books["refunds"]
        if refund["payment_id"] in captured
    }
    return [
        f"{name}: (amount, status) is {ours.get(name)} here, {theirs.get(name)} there"
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name) and (name in ours or theirs[name][1] != "failed")
    ]


async def violations_of(db: Any, books: Books | None = None) -> list[str]:
    """All violations of all promises, each with the oracle that found it."""
    found = [f"{name}: {fault}" for name, oracle in ORACLES.items() for fault in await oracle(db)]
    if books is not None:
        found += [f"ledger_equals_books: {fault}" for fault in await ledger_equals_books(db, books)]
    return found


async def at_rest(db: Any, books: Callable[[], Books] | None = None, seconds: float = 10) -> list[str]:
    """The violations left when the platform has had its time to come to rest: none, if it kept its promises."""
    deadline = asyncio.get_running_loop().time() + seconds
    while left := await violations_of(db, await asyncio.to_thread(books) if books else None):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.1)
    return left
