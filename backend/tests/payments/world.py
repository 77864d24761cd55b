"""All rooms' handlers over one till, at rest when asked: what the state machine and the storm are played on."""

from __future__ import annotations

from typing import Any

import msgspec

from rasoi import app
from rasoi.payments import comparison
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import Event, bind, decode, reset
from rasoi.platform.rooms import Room
from tests import oracles
from tests.payments.conftest import Till

LOGS = ("orders", "payments", "kitchen", "inventory")
ROOMS = [room for room in app.ROOMS if room.name in ("orders", "payments", "kitchen", "inventory", "reports")]
# what no event reaches here: they concern delivery, and have tests of their own
ELSEWHERE = {"events_are_consumed"}


class World:
    """Events go to every room's handlers, in the logs' order, once."""

    def __init__(self, till: Till, owner: Database) -> None:
        self.till, self.owner = till, owner
        self.at = dict.fromkeys(LOGS, 0)
        self.others = Context(till.ctx.settings, owner)

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
        """What the oracles find, with the provider's books."""
        found = [
            f"{name}: {fault}"
            for name, oracle in oracles.ORACLES.items()
            if name not in ELSEWHERE
            for fault in await oracle(self.owner)
        ]
        books = self.till.simulator.books()
        return found + await oracles.ledger_equals_books(self.owner, books)
