"""The kitchen's SQL, one function per question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import TicketItemState, TicketState
from rasoi.kitchen.changes import BoardState
from rasoi.kitchen.schemas import Station
from rasoi.kitchen.states import VOIDED, is_at_pass, is_visible
from rasoi.platform.database import Database, Tx
from rasoi.platform.events import Event, traceparent

OPEN_TICKETS = "SELECT kitchen.open_tickets($1, $2, $3, $4, $5, $6)"
HANDLE_ORDERS = "SELECT kitchen.handle_orders($1, $2, $3, $4, $5, $6)"
LOAD = "SELECT kitchen.load($1, $2, $3, $4, $5)"
SAVE = """WITH board AS (
  UPDATE kitchen.board b SET sequence = x.sequence, hash = x.hash
  FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS x (station, sequence, hash)
  WHERE b.outlet_id = $1 AND b.station = x.station
), ticket AS (
  UPDATE kitchen.ticket t SET state = x.state, visible = x.visible, at_pass = x.at_pass, rush = x.rush, paid = x.paid,
    cancel_requested = x.cancel_requested, cancel_decider = x.cancel_decider, seen = x.seen, cleared = x.cleared,
    fired_at = x.fired_at, ready_at = x.ready_at, served_at = x.served_at, other_stations = x.other_stations,
    table_name = x."table", version = x.version
  FROM jsonb_to_recordset($5) AS x (id uuid, state text, visible boolean, at_pass boolean, rush boolean, paid boolean,
    cancel_requested boolean, cancel_decider text, seen boolean, cleared boolean, fired_at timestamptz,
    ready_at timestamptz, served_at timestamptz, other_stations jsonb, "table" text, version bigint)
  WHERE t.outlet_id = $1 AND t.id = x.id
), item AS (
  UPDATE kitchen.ticket_item i SET state = x.state, acknowledged = x.acknowledged
  FROM unnest($6::uuid[], $7::text[], $8::boolean[]) AS x (id, state, acknowledged)
  WHERE i.outlet_id = $1 AND i.id = x.id
), answer AS (
  INSERT INTO kitchen.cancel_answer (outlet_id, order_id, version)
  SELECT $1, * FROM unnest($9::uuid[], $10::bigint[])
  ON CONFLICT (outlet_id, order_id) DO UPDATE SET version = excluded.version
)
INSERT INTO kitchen.action (outlet_id, action_id, action, ticket_id, by, applied, reason)
SELECT $1, * FROM jsonb_to_recordset($11)
  AS x (action_id uuid, action text, ticket_id uuid, by uuid, applied boolean, reason text)
ON CONFLICT (outlet_id, action_id) DO NOTHING"""

# a part of an item becomes one of its own, beside what is left of it
PART = """WITH part AS MATERIALIZED (
  SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::boolean[]) AS p (id, of, quantity, state, acknowledged)
), rest AS (
  UPDATE kitchen.ticket_item i SET quantity = i.quantity - p.quantity FROM part p WHERE i.outlet_id = $1 AND i.id = p.of
)
INSERT INTO kitchen.ticket_item (outlet_id, id, ticket_id, position, line_id, name, variant, quantity, modifiers, note,
  allergens, allergies, state, acknowledged)
SELECT $1, p.id, i.ticket_id, i.position, i.line_id, i.name, i.variant, p.quantity, i.modifiers, i.note, i.allergens,
  i.allergies, p.state, p.acknowledged
FROM part p JOIN kitchen.ticket_item i ON i.outlet_id = $1 AND i.id = p.of"""

RECORD_BILL = """WITH recorded AS (
  INSERT INTO kitchen.bill (outlet_id, bill_id, paid, paid_known_at, closed) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (outlet_id, bill_id) DO UPDATE SET paid = excluded.paid, paid_known_at = excluded.paid_known_at,
    closed = excluded.closed)
SELECT coalesce(array_agg(DISTINCT order_id), '{}') FROM kitchen.ticket
WHERE outlet_id = $1 AND bill_id = $2 AND state IN ('held', 'queued', 'cooking', 'ready') AND paid <> $3"""

TICKET = "kitchen.ticket_state(t, kitchen.item_states(t.outlet_id, t.id))"
MOST = 300  # tickets in one answer, the foremost; the rest is counted
FOREMOST = "kitchen.ticket_state(s.t, kitchen.item_states((s.t).outlet_id, (s.t).id))"
SHOWN = f"""
  coalesce(json_agg({FOREMOST} ORDER BY place, (s.t).course, (s.t).station) FILTER (WHERE place <= $3), '[]')::text AS tickets,
  count(*) FILTER (WHERE place > $3)::int AS more"""
# the tickets only when the caller's hash differs: one statement, hence one moment
BOARD = f"""SELECT b.station, b.name, b.sequence, b.hash, shown.more,
  CASE WHEN b.hash IS DISTINCT FROM $4 THEN shown.tickets END AS tickets
FROM kitchen.board b CROSS JOIN LATERAL (
  SELECT {SHOWN} FROM (
    SELECT t, row_number() OVER (
      ORDER BY t.rush DESC, t.state = 'held', coalesce(t.fired_at, t.placed_at), t.number, t.id) AS place
    FROM kitchen.ticket t WHERE t.outlet_id = b.outlet_id AND t.station = b.station AND t.visible
      AND b.hash IS DISTINCT FROM $4
  ) AS s
) AS shown
WHERE b.outlet_id = $1 AND b.station = $2"""
STATIONS = """SELECT b.station AS code, b.name, count(t.id)::int AS open_tickets, min(t.placed_at) AS oldest_at
FROM kitchen.board b LEFT JOIN kitchen.ticket t ON t.outlet_id = b.outlet_id AND t.station = b.station AND t.visible
  AND t.state IN ('held', 'queued', 'cooking')
WHERE b.outlet_id = $1 GROUP BY b.station, b.name ORDER BY b.station"""
# what is at the pass, and the tickets only when the caller's hash differs; an order is there with all of its own or not
PASS = f"""WITH board AS (
  SELECT coalesce(sum(sequence), 0)::bigint AS sequence, coalesce(jsonb_object_agg(station, sequence), '{{}}') AS sequences,
    coalesce(json_agg(json_build_object('code', station, 'name', name) ORDER BY station), '[]')::text AS stations
  FROM kitchen.board WHERE outlet_id = $1
), proof AS (
  SELECT coalesce(sum(kitchen.checksum(t.id, t.version)), 0)::bigint % 4294967296 AS hash
  FROM kitchen.ticket t WHERE t.outlet_id = $1 AND t.at_pass
)
SELECT sequence, sequences, stations, hash, shown.more, CASE WHEN hash IS DISTINCT FROM $2 THEN shown.tickets END AS tickets
FROM board, proof CROSS JOIN LATERAL (
  SELECT {SHOWN} FROM (
    SELECT t, count(*) OVER (ORDER BY t.rush DESC, t.placed_at, t.order_number, t.order_id) AS place
    FROM kitchen.ticket t WHERE t.outlet_id = $1 AND t.at_pass
      AND proof.hash IS DISTINCT FROM $2
  ) AS s
) AS shown"""
# a ticket that was brought back since is no place to go on from: the list starts anew
RECENT = f"""SELECT {TICKET} FROM kitchen.ticket t
WHERE t.outlet_id = $1 AND t.station = $2 AND t.state IN ('ready', 'served') AND t.ready_at > now() - interval '2 hours'
  AND (t.ready_at, t.id) < (coalesce((SELECT c.ready_at FROM kitchen.ticket c WHERE c.outlet_id = $1 AND c.id = $3), 'infinity'),
    coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY t.ready_at DESC, t.id DESC LIMIT $4"""
READY = f"""SELECT {TICKET} FROM kitchen.ticket t
WHERE t.outlet_id = $1 AND t.at_pass AND (t.state = 'ready' OR t.cancel_decider = 'floor') AND ($2::uuid IS NULL OR t.id > $2)
ORDER BY t.id LIMIT $3"""
LEFT_OVER = """SELECT order_id FROM kitchen.ticket WHERE outlet_id = $1 AND (visible OR at_pass) AND placed_at < $2
GROUP BY order_id HAVING max(greatest(placed_at, fired_at, ready_at)) < now() - interval '2 hours' LIMIT $3"""
IS_STATION = """SELECT EXISTS (SELECT FROM kitchen.board WHERE outlet_id = $1 AND station = $2)
OR NOT EXISTS (SELECT FROM kitchen.board WHERE outlet_id = $1)"""
OUTLETS = "SELECT DISTINCT outlet_id FROM kitchen.board"
OPEN_BY_LATENESS = """SELECT b.outlet_id, b.station, coalesce(max(t.age), 0)::float8 AS oldest,
  count(*) FILTER (WHERE t.age < l.amber) AS fresh,
  count(*) FILTER (WHERE t.age >= l.amber AND t.age < l.red) AS amber, count(*) FILTER (WHERE t.age >= l.red) AS red
FROM unnest($1::int[], $2::int[], $3::int[]) AS l (outlet_id, amber, red) JOIN kitchen.board b ON b.outlet_id = l.outlet_id
LEFT JOIN LATERAL (SELECT extract(epoch FROM now() - coalesce(t.fired_at, t.placed_at)) AS age FROM kitchen.ticket t
  WHERE t.outlet_id = b.outlet_id AND t.station = b.station AND t.visible AND t.state IN ('queued', 'cooking')) AS t ON true
GROUP BY b.outlet_id, b.station"""
NAME_STATIONS = """INSERT INTO kitchen.board (outlet_id, station, name) SELECT $1, * FROM unnest($2::text[], $3::text[])
ON CONFLICT (outlet_id, station) DO UPDATE SET name = excluded.name WHERE board.name <> excluded.name"""
PRUNE = """WITH old AS (DELETE FROM kitchen.action WHERE created_at < now() - interval '7 days')
DELETE FROM kitchen.bill WHERE paid_known_at < now() - interval '7 days'"""


class Loaded(msgspec.Struct):
    """What `kitchen.load` found, under the locks of its boards."""

    at: datetime
    boards: list[BoardState]
    tickets: list[TicketState]
    paid_orders: frozenset[UUID]
    closed_orders: frozenset[UUID]
    done: list[DoneAction]
    answers: dict[UUID, int]


class DoneAction(msgspec.Struct):
    """An action that was decided already."""

    action_id: UUID
    applied: bool
    reason: str | None
    ticket_id: UUID | None


class BoardRow(msgspec.Struct):
    """`tickets` is JSON, None when the caller has this hash already; `more` stand behind them."""

    station: str
    name: str
    sequence: int
    hash: int
    tickets: str | None
    more: int = 0


class PassRow(msgspec.Struct):
    """`stations` and `tickets` are JSON; the latter None when the caller has this hash already; `more` stand behind them."""

    sequence: int
    sequences: dict[str, int]
    stations: str
    hash: int
    tickets: str | None
    more: int


async def open_tickets(tx: Tx, event: Event) -> int:
    """Write the tickets of the event's order and log them. Returns how many are new."""
    values = (event.outletid, event.data, event.time, event.correlationid, event.id, traceparent.get())
    opened: int = await tx.fetchval(OPEN_TICKETS, *([value] for value in values))
    return opened


async def handle_orders(db: Database, events: Sequence[Event]) -> None:
    """Handle these events, inbox and all: what is new and confirmed gets its tickets."""
    await db.call(
        HANDLE_ORDERS,
        *zip(
            *((e.id, e.outletid, e.data, e.time, e.correlationid, e.traceparent) for e in events), strict=True
        ),
        wrote=("kitchen",),
    )


async def load(
    tx: Tx,
    outlet_id: int,
    orders: Iterable[UUID] = (),
    tickets: Iterable[UUID] = (),
    items: Iterable[UUID] = (),
    actions: Iterable[UUID] = (),
) -> Loaded:
    """Lock the boards that the orders (also named by ticket or item) stand on, and read all about them."""
    found = await tx.fetchval(LOAD, outlet_id, list(orders), list(tickets), list(items), list(actions))
    return msgspec.convert(found, Loaded)


async def save(
    tx: Tx,
    outlet_id: int,
    boards: Sequence[BoardState],
    changed: Sequence[tuple[TicketState, TicketState]],
    answers: dict[UUID, int],
    actions: Sequence[dict[str, Any]],
) -> None:
    """Write boards, tickets (before, after) with their items, answers to cancellation requests, and decided actions."""
    items: list[TicketItemState] = []
    parts: list[tuple[TicketItemState, UUID]] = []
    for before, after in changed:
        old = {item.id: item for item in before.items}
        of = {item.line_id: item.id for item in before.items if item.state != VOIDED}
        items += [item for item in after.items if item.id in old and old[item.id] is not item]
        parts += [(item, of[item.line_id]) for item in after.items if item.id not in old]
    if parts:
        await tx.execute(
            PART,
            outlet_id,
            [item.id for item, _ in parts],
            [of for _, of in parts],
            [item.quantity for item, _ in parts],
            [item.state for item, _ in parts],
            [item.acknowledged for item, _ in parts],
        )
    await tx.execute(
        SAVE,
        outlet_id,
        [board.station for board in boards],
        [board.sequence for board in boards],
        [board.hash for board in boards],
        [
            msgspec.structs.asdict(after)
            | {"visible": is_visible(after), "at_pass": is_at_pass(after), "items": None}
            for _, after in changed
        ],
        [item.id for item in items],
        [item.state for item in items],
        [item.acknowledged for item in items],
        list(answers),
        list(answers.values()),
        list(actions),
    )


async def record_bill(tx: Tx, event: Event, bill_id: UUID, paid: bool, closed: bool) -> list[UUID]:
    """Store whether the bill is paid, and closed. Returns the orders in the kitchen that show otherwise."""
    found: list[UUID] = await tx.fetchval(RECORD_BILL, event.outletid, bill_id, paid, event.time, closed)
    return found


async def board(db: Database, outlet_id: int, station: str, known_hash: int | None) -> BoardRow | None:
    """A board at one moment."""
    row = await db.fetchrow(BOARD, outlet_id, station, MOST, known_hash)
    return BoardRow(**row) if row else None


async def stations(db: Database, outlet_id: int) -> list[Station]:
    """The boards, how many tickets are open on each, and since when."""
    return [Station(**row) for row in await db.fetch(STATIONS, outlet_id)]


async def at_pass(db: Database, outlet_id: int, known_hash: int | None) -> PassRow:
    """What stands at the pass at one moment."""
    return PassRow(**await db.fetchrow(PASS, outlet_id, known_hash, MOST))


async def is_station(db: Database, outlet_id: int, station: str) -> bool:
    """Whether the outlet has a board of this code, or its menu's stations have not arrived yet."""
    return await db.fetchval(IS_STATION, outlet_id, station)  # type: ignore[no-any-return]


async def recent(
    db: Database, outlet_id: int, station: str, after: UUID | None, limit: int
) -> list[TicketState]:
    """What was bumped in the last two hours, newest first."""
    rows = await db.fetch(RECENT, outlet_id, station, after, limit)
    return [msgspec.convert(row[0], TicketState) for row in rows]


async def ready(db: Database, outlet_id: int, after: UUID | None, limit: int) -> list[TicketState]:
    """What waits for the floor, to be served or to be decided about; first opened first."""
    return [msgspec.convert(row[0], TicketState) for row in await db.fetch(READY, outlet_id, after, limit)]


async def left_over(db: Database, outlet_id: int, before: datetime, limit: int) -> list[UUID]:
    """Orders placed before then of which something still stands on a board or at the pass, untouched for two hours."""
    return [row["order_id"] for row in await db.fetch(LEFT_OVER, outlet_id, before, limit)]


async def outlets(db: Database) -> list[int]:
    """Those that have boards."""
    return [row["outlet_id"] for row in await db.fetch(OUTLETS)]


async def open_tickets_by_lateness(db: Database, limits: Sequence[tuple[int, int, int]]) -> list[Any]:
    """For every board of these (outlet, amber, red, both in seconds): its open tickets, and the oldest's age in seconds."""
    return await db.fetch(OPEN_BY_LATENESS, *zip(*limits, strict=True)) if limits else []


async def name_stations(tx: Tx, outlet_id: int, names: dict[str, str]) -> None:
    """Give every station its board and its present name."""
    codes = sorted(names)
    await tx.execute(NAME_STATIONS, outlet_id, codes, [names[code] for code in codes])


async def prune(db: Database) -> None:
    """Forget actions and bills that no screen and no new ticket will ask about."""
    await db.execute(PRUNE)
