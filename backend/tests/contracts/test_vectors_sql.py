"""SQL's rules against the golden vectors, in a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from rasoi.contracts.orders import LineState
from rasoi.kitchen import repository
from rasoi.kitchen.states import OPEN
from rasoi.platform.database import Database
from tests.contracts.conftest import Case, cases
from tests.kitchen.conftest import Rig, line, order, rig

__all__ = ["rig"]


@cases("round_off")
async def test_round_off(database: Database, case: Case) -> None:
    assert await database.fetchval("SELECT orders.rounded($1)", case["net_paise"]) == case["total_paise"]


@cases("payment_status")
async def test_payment_status(database: Database, case: Case) -> None:
    held = case["paid_paise"] - case["refunded_paise"]
    found = await database.fetchval("SELECT orders.payment_status($1, $2)", case["total_paise"], held)
    assert found == case["status"]


@cases("board_hash")
async def test_board_hash(database: Database, case: Case) -> None:
    total = 0
    for each in case["tickets"]:
        total += await database.fetchval("SELECT kitchen.checksum($1, $2)", UUID(each["id"]), each["version"])
    assert total % 2**32 == case["hash"]


@cases("visibility")
async def test_visibility(rig: Rig, case: Case) -> None:
    """The table refuses an open ticket that isn't visible; of any other its items decide."""
    await rig.handle(order())
    change = "UPDATE kitchen.ticket SET state = $1, visible = $2"
    await rig.db.execute(change, case["state"], case["visible"])
    if case["state"] in OPEN:
        with pytest.raises(asyncpg.CheckViolationError):
            await rig.db.execute(change, case["state"], not case["visible"])


@cases("lateness")
async def test_lateness(rig: Rig, case: Case) -> None:
    await rig.handle(order())
    async with rig.db.transaction("kitchen") as tx:  # in which now() stands still
        await tx.execute(
            "UPDATE kitchen.ticket SET fired_at = now() - $1::interval", timedelta(seconds=case["age_s"])
        )
        rows = await tx.fetch(repository.OPEN_BY_LATENESS, [1], [case["amber_s"]], [case["red_s"]])
    for row in rows:
        assert {name: row[name] for name in ("fresh", "amber", "red")} == {
            name: int(name == case["lateness"]) for name in ("fresh", "amber", "red")
        }
        assert row["oldest"] == case["age_s"]
    assert rows


def lines_of(case: Case) -> list[LineState]:
    return [
        line(each["name"], each["station"], course=each.get("course", 1), status=each.get("status", "active"))
        for each in case["lines"]
    ]


@cases("ticket_opening")
async def test_ticket_opening(rig: Rig, case: Case) -> None:
    await rig.handle(order(status=case["status"], held_courses=case["held_courses"], lines=lines_of(case)))
    opened = [
        {
            "station": data.ticket.station,
            "course": data.ticket.course,
            "state": data.ticket.state,
            "items": [item.name for item in data.ticket.items],
            "other_stations": msgspec.to_builtins(data.ticket.other_stations),
        }
        for _, _, data in await rig.log()
    ]
    assert sorted(opened, key=lambda each: (each["course"], each["station"])) == case["tickets"]
    assert all(
        {item.state for item in data.ticket.items} == {data.ticket.state} for _, _, data in await rig.log()
    )


@cases("stock_events")
async def test_stock_events(database: Database, case: Case) -> None:
    stock, sellers = uuid4(), [uuid4() for _ in case["portions_milli"]]
    await database.execute(
        """INSERT INTO inventory.stock (outlet_id, id, code, name, kind, unit, reorder_level_milli, on_hand_milli)
        VALUES (1, $1, 'x', 'x', $2, 'kg', $3, $4)""",
        stock, case["kind"], case["reorder_level_milli"], case["before_milli"],
    )  # fmt: skip
    for seller, portion in zip(sellers, case["portions_milli"], strict=True):
        await database.execute(  # a larger variant of the same item decides nothing
            """INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, item_id, quantity_milli)
            VALUES (1, gen_random_uuid(), $1, $2, $3, $4), (1, gen_random_uuid(), $1, $2, $3, $4 + 500)""",
            stock, case["kind"], seller, portion,
        )  # fmt: skip
    change = "SELECT inventory.change_levels(1, ARRAY[$1::uuid], ARRAY[$2::bigint], ARRAY[0::bigint])"
    await database.execute(change, stock, case["after_milli"] - case["before_milli"])
    rows = await database.fetch("SELECT type, data FROM inventory.outbox ORDER BY id")
    told = [
        {
            "type": row["type"].split(".")[2],
            "sellers": sorted(sellers.index(UUID(each)) for each in row["data"]["affected_item_ids"]),
        }
        for row in rows
    ]
    assert told == case["events"]
    for row in rows:
        assert row["data"]["available_milli"] == case["after_milli"]
        assert row["data"]["low"] == (case["after_milli"] <= case["reorder_level_milli"])
