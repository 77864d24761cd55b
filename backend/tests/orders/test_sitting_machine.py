"""Parties that come, join, order, pay, leave and are cleared in any order: after every step nobody has what is not theirs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from rasoi.orders import seating
from rasoi.platform.auth import Principal
from tests.orders import test_seating
from tests.orders.conftest import OTHER_TABLE, TABLE, waiter
from tests.orders.test_seating import BILLED, Floor, manager

T = TypeVar("T")
floor = test_seating.floor
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "6"))
STEPS = int(os.environ.get("MACHINE_STEPS", "20"))
TABLES = st.sampled_from([TABLE, OTHER_TABLE])
MAY_ORDER, MAY_ANSWER = {"seated"}, {"seated"}
TWO_OPEN = "SELECT table_id FROM orders.sitting WHERE ended_at IS NULL GROUP BY table_id HAVING count(*) > 1"
CLEARED_OWING = """SELECT b.id FROM orders.bill b JOIN orders.sitting s ON s.id = b.sitting_id
WHERE s.ending IN ('cleared', 'timed_out') AND b.status = 'open'"""
LEFT_UNLISTED = """SELECT b.id FROM orders.bill b JOIN orders.sitting s ON s.id = b.sitting_id
WHERE s.ended_at IS NOT NULL AND b.status = 'open' AND b.walked_out_at IS NULL"""
FOREIGN = """SELECT o.id FROM orders.orders o JOIN orders.bill b ON b.id = o.bill_id
JOIN orders.guest_session g ON g.id = o.session_id WHERE g.sitting_id IS DISTINCT FROM b.sitting_id"""
LISTED_FOREIGN = """SELECT b.id FROM orders.bill b, unnest(b.session_ids) s JOIN orders.guest_session g ON g.id = s
WHERE g.sitting_id IS DISTINCT FROM b.sitting_id"""
ORACLES = {
    "a table has one open sitting at most": TWO_OPEN,
    "a cleared table owes nothing": CLEARED_OWING,
    "an open bill whose party is gone is in the list of walk-outs": LEFT_UNLISTED,
    "nobody orders on the bill of another sitting": FOREIGN,
    "nobody is on the bill of another sitting": LISTED_FOREIGN,
}


async def violations(floor: Floor) -> list[str]:
    """What the database says against the promises."""
    return [name for name, sql in ORACLES.items() if await floor.desk.owner.fetch(sql)]


class Sittings(RuleBasedStateMachine):
    """Each rule is something that a guest, a waiter, a manager or time does. `codes` are those that guests still hold."""

    floor: Floor
    loop: asyncio.AbstractEventLoop
    phones = Bundle("phones")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def open_the_house(self) -> None:
        async def work() -> None:
            for table in (TABLE, OTHER_TABLE):
                await self.floor.ask(
                    manager(), "POST", f"/api/tables/{table}/walk-out", {"reason": "closing"}
                )
                await self.floor.clear(table)
                self.codes[table] = await self.floor.code(table)

        self.codes: dict[UUID, str] = {}
        self.seen: list[Principal] = []
        self.run(work())

    @rule(target=phones, table=TABLES)
    def scan(self, table: UUID) -> Principal:
        phone, state = self.run(self.floor.scan(self.codes[table]))
        assert state in ("seated", "waiting")
        self.seen.append(phone)
        return phone

    @rule(phone=phones, table=TABLES)
    def scan_again(self, phone: Principal, table: UUID) -> None:
        again, _ = self.run(self.floor.scan(self.codes[table], phone))
        if again.session_id != phone.session_id:
            self.seen.append(again)

    @rule(table=TABLES, covers=st.integers(1, 4))
    def seat(self, table: UUID, covers: int) -> None:
        self.run(self.floor.do(waiter(), "POST", f"/api/tables/{table}/seat", {"covers": covers}))

    @rule(by=phones, who=phones, answer=st.sampled_from(["admit", "refuse"]), staff=st.booleans())
    def answer(self, by: Principal, who: Principal, answer: str, staff: bool) -> None:
        async def work() -> None:
            before, own = await self.floor.state(who), await self.floor.state(by)
            path = f"/api/sessions/{who.session_id}/{answer}"
            done = await self.floor.ask(waiter() if staff else by, "POST", path)
            after = await self.floor.state(who)
            same = await self.sitting_of(by) == await self.sitting_of(who)
            may = before == "waiting" and (staff or (own in MAY_ANSWER and same))
            assert may or after == before, (done.text, before, after)

        self.run(work())

    async def sitting_of(self, phone: Principal) -> Any:
        sql = "SELECT sitting_id FROM orders.guest_session WHERE id = $1"
        return await self.floor.desk.owner.fetchval(sql, phone.session_id)

    @rule(phone=phones, named=phones)
    def order(self, phone: Principal, named: Principal) -> None:
        """Also on a bill that another phone has."""

        async def work() -> None:
            state = await self.floor.state(phone)
            bills = (await self.floor.do(named, "GET", "/api/bills"))["items"]
            more = {"bill_id": bills[0]["id"]} if bills else {}
            placed = await self.floor.ask(
                phone, "POST", "/api/orders", BILLED | more | {"expected_total_paise": 6300}
            )
            assert placed.status_code != 201 or state in MAY_ORDER, (state, placed.text)
            assert placed.status_code < 500, placed.text
            if placed.status_code != 201 and not more:
                assert state not in MAY_ORDER, placed.text

        self.run(work())

    @rule(table=TABLES)
    def order_by_a_waiter(self, table: UUID) -> None:
        self.run(self.floor.order(waiter(), table_id=str(table)))

    @rule(table=TABLES)
    def serve_and_pay(self, table: UUID) -> None:
        async def work() -> None:
            for bill in (await self.floor.at(table))["bills"]:
                await self.floor.desk.owner.execute(
                    "UPDATE orders.orders SET status = 'served' WHERE bill_id = $1 AND status = 'confirmed'",
                    UUID(bill["id"]),
                )
                await self.floor.pay({"bill_id": bill["id"]})

        self.run(work())

    @rule(table=TABLES)
    def clear(self, table: UUID) -> None:
        async def work() -> None:
            at = await self.floor.at(table)
            done = await self.floor.clear(table)
            assert (done.status_code == 200) == (at["sitting"] is not None and not at["bills"]), done.text

        self.run(work())

    @rule(table=TABLES)
    def walk_out(self, table: UUID) -> None:
        async def work() -> None:
            at = await self.floor.at(table)
            done = await self.floor.ask(
                manager(), "POST", f"/api/tables/{table}/walk-out", {"reason": "gone"}
            )
            assert (done.status_code == 200) == bool(at["bills"]), done.text

        self.run(work())

    @rule(table=TABLES)
    def renew_the_code(self, table: UUID) -> None:
        self.codes[table] = self.run(self.floor.code(table))

    @rule(hours=st.sampled_from([0, 2]))
    def time_passes(self, hours: int) -> None:
        async def work() -> None:
            past = f"- interval '{hours} hours'"
            await self.floor.desk.owner.execute(f"UPDATE orders.bill SET closed_at = closed_at {past}")
            await self.floor.desk.owner.execute(
                f"UPDATE orders.sitting SET opened_at = opened_at {past} WHERE ended_at IS NULL"
            )
            await seating.end_idle(self.floor.desk.ctx)

        self.run(work())

    @invariant()
    def every_promise_holds(self) -> None:
        async def work() -> None:
            assert await violations(self.floor) == []
            for phone in self.seen:
                mine = await self.sitting_of(phone)
                for bill in (await self.floor.do(phone, "GET", "/api/bills"))["items"]:
                    assert bill["sitting_id"] == str(mine), "it reads its own sitting's bills only"

        self.run(work())


@pytest.mark.timeout(120 * EXAMPLES)
async def test_sittings_keep_their_promises_in_any_order(floor: Floor) -> None:
    Sittings.floor, Sittings.loop = floor, asyncio.get_running_loop()
    how = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Sittings, settings=how)


@pytest.mark.parametrize("oracle", ORACLES)
async def test_each_oracle_finds_a_planted_violation(floor: Floor, oracle: str) -> None:
    first, _ = await floor.scan(await floor.code())
    other, _ = await floor.scan(await floor.code(OTHER_TABLE))
    await floor.order(first)
    assert await violations(floor) == []
    owner = floor.desk.owner
    if oracle == "a table has one open sitting at most":
        await owner.execute("DROP INDEX orders.sitting_open_table_key")
        await owner.execute(
            "INSERT INTO orders.sitting (outlet_id, table_id, table_name, opened_by) VALUES (1, $1, 'x', 'guest')",
            TABLE,
        )
    elif oracle == "a cleared table owes nothing":
        await owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'cleared'")
    elif oracle.startswith("an open bill"):
        await owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'walk_out'")
    elif oracle == "nobody orders on the bill of another sitting":
        await owner.execute("UPDATE orders.orders SET session_id = $1", other.session_id)
    else:
        await owner.execute("UPDATE orders.bill SET session_ids = session_ids || $1::uuid", other.session_id)
    assert oracle in await violations(floor)
