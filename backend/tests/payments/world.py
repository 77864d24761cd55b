"""All rooms' handlers over one till, at rest when asked: what the state machine and the storm are played on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from uuid_utils.compat import uuid7

from rasoi import app
from rasoi.inventory.service import consume_reservations
from rasoi.kitchen import service as kitchen_service
from rasoi.kitchen.schemas import Action
from rasoi.payments import comparison
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import Event, bind, decode, reset
from rasoi.platform.rooms import Room
from tests import oracles
from tests.payments.client_log import ClientLog
from tests.payments.forging import forged_changes_nothing

if TYPE_CHECKING:
    from tests.payments.conftest import Till

COOK = Principal(kind="staff", id=uuid7(), outlet_id=1, role="kitchen", session_id=uuid7(), name="Meena")
LOGS = ("orders", "payments", "kitchen", "inventory")
ROOMS = [room for room in app.ROOMS if room.name in ("orders", "payments", "kitchen", "inventory", "reports")]
# PROMISES.md and BUSINESS.md: what is held after each step, by the number of its promise
PROMISES = {
    1: "ledger_equals_books",
    2: "one_effective_capture",
    3: "refunds_within_captures",
    4: "tickets_match_orders",
    5: "captures_are_used",
    6: "stock_adds_up",
    9: "transitions_are_legal",
    10: "one_key_one_answer",
    11: "acknowledged_is_durable",
    14: "forged_changes_nothing",
    16: "prepaid_is_paid",
    18: "documents_hold",
    21: "statistics_agree",
}
MOVING = ("orders", "payments", "kitchen", "inventory", "reports", "notifications")
# what no event reaches here: they concern delivery, and have tests of their own
ELSEWHERE = {"events_are_consumed"}


Rows = dict[str, list[dict[str, Any]]]


async def rows_of(admin: Database) -> Rows:
    """Every table of the rooms whose rows change, with what it holds now."""
    tables = await admin.fetch(
        """SELECT oid::regclass::text AS name FROM pg_class
        WHERE relnamespace = ANY ($1::text[]::regnamespace[]) AND relkind IN ('r', 'p') AND NOT relispartition""",
        list(MOVING),
    )
    sql = "SELECT to_jsonb(t) AS row FROM {} t"
    return {
        row["name"]: [each["row"] for each in await admin.fetch(sql.format(row["name"]))] for row in tables
    }


async def restore(admin: Database, rows: Rows) -> None:
    """Put the tables back as they were, past every trigger and key."""
    async with admin.transaction("payments") as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute(f"TRUNCATE {', '.join(rows)}")
        for table, of_it in rows.items():
            if of_it:
                found = f"SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)"
                await tx.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE {found}", of_it)


class World:
    """Events go to every room's handlers, in the logs' order, once."""

    def __init__(self, till: Till, owner: Database) -> None:
        self.till, self.owner = till, owner
        self.at = dict.fromkeys(LOGS, 0)
        self.others = Context(till.ctx.settings, owner)
        self.clients = ClientLog(till)
        self.first_rows: Rows | None = None
        self.evaluated: Counter[str] = Counter()

    async def fresh(self, admin: Database) -> None:
        """As on the first day: what came since is forgotten, in the database and in the provider's books."""
        self.first_rows = self.first_rows or await rows_of(admin)
        await restore(admin, self.first_rows)
        assert self.till.simulator.call("DELETE", "/_simulator/books")[0] == 200
        self.till.delivered.clear()
        self.clients = ClientLog(self.till)

    async def serve(self, share: int) -> None:
        """The kitchen and the floor finish what stands on the boards: all of it, or every other ticket."""
        await self.pump()
        tickets = await self.owner.fetch("SELECT id FROM kitchen.ticket WHERE visible ORDER BY id")
        for row in tickets[::share]:
            for action in ("start", "bump", "serve"):
                asked = Action(action_id=uuid7(), action=action, ticket_id=row["id"])
                await kitchen_service.act(self.others, COOK, [asked])
                await self.pump()

    def _context(self, room: Room) -> Context:
        return {"payments": self.till.ctx, "orders": self.till.desk.ctx}.get(room.name, self.others)

    async def pump(self) -> None:
        """Hand on what was written since, until there is nothing new."""
        moved = True
        while moved:
            moved = False
            for log in LOGS:
                sql = f"SELECT * FROM {log}.outbox WHERE id > $1 ORDER BY id"
                for row in await self.owner.fetch(sql, self.at[log]):
                    self.at[log], moved = row["id"], True
                    await self._hand_on(log, row)
        self.till.handled = self.at["orders"]

    async def _hand_on(self, log: str, row: Any) -> None:
        event = Event(
            id=row["event_id"],
            type=row["type"],
            source=f"/rooms/{log}",
            subject=row["subject"],
            time=row["created_at"],
            outletid=row["outlet_id"],
            aggregateversion=row["aggregate_version"],
            correlationid=row["correlation_id"],
            data=msgspec.Raw(msgspec.json.encode(row["data"])),
        )
        for room in ROOMS:
            for cls, handler in room.handlers.items():
                if cls.event_type == event.type and cls.event_room == log:
                    tokens = bind(event)
                    ctx = self._context(room)
                    async with ctx.db.transaction(room.name) as tx:
                        await handler(ctx, tx, event, decode(event))
                    reset(tokens)

    async def rest(self, rounds: int = 3) -> None:
        """Let the workers do what is due, and hold the provider's books against ours."""
        for _ in range(rounds):
            await self._round()
        await self.compare()
        await self._round()  # what the comparison found may have to go back

    async def _round(self) -> None:
        await self.pump()
        await self.till.make_retries_due()
        await self.till.work()
        await self.pump()
        await consume_reservations(self.others)
        await self.pump()

    async def compare(self) -> None:
        """A whole pass through the provider's books."""
        await self.owner.execute("DELETE FROM payments.comparison")
        done = "SELECT count(*) FROM payments.comparison WHERE whole_at IS NOT NULL"
        for _ in range(200):
            await comparison.compare_books(self.till.ctx)
            if await self.owner.fetchval(done):
                return
            await self.owner.execute("UPDATE payments.comparison SET next_at = now()")
        raise AssertionError("the comparison came to no end")

    async def violations(self) -> list[str]:
        """What the oracles find: those of the database, and those that need the provider's books, clients or intruders."""
        found = []
        for name, oracle in oracles.ORACLES.items():
            if name not in ELSEWHERE:
                found += self._told(name, await oracle(self.owner))
        books = self.till.simulator.books()
        found += self._told("ledger_equals_books", await oracles.ledger_equals_books(self.owner, books))
        found += self._told("acknowledged_is_durable", await self.clients.acknowledged_is_durable(self.owner))
        found += self._told("one_key_one_answer", await self.clients.one_key_one_answer(self.owner))
        return found + self._told(
            "forged_changes_nothing", await forged_changes_nothing(self.till, self.owner)
        )

    def _told(self, name: str, faults: list[str]) -> list[str]:
        self.evaluated[name] += 1
        return [f"{name}: {fault}" for fault in faults]
