"""Orders that share one call of orders.place_all: each comes out as it would alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from rasoi.orders import repository
from rasoi.orders.domain import TooMuchHeld
from rasoi.orders.placement import Placement
from rasoi.orders.placing import SoldOut
from rasoi.platform.auth import Principal
from tests.orders.conftest import (
    COLA_1,
    HOT,
    KULFI_1,
    NAAN,
    NAAN_1,
    OTHER_TABLE,
    TABLE,
    Desk,
    guest,
    line,
    waiter,
)


async def built(desk: Desk, who: Principal, *lines: Any, **more: Any) -> Placement:
    """What placing would hand to the database."""
    batcher, [task] = await desk.queue(desk.place(who, *lines, **more))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return batcher.queue[0][0]


async def place(desk: Desk, *batch: Placement) -> list[str]:
    return [outcome for outcome, _ in await repository.place_all(desk.ctx.db, batch)]


async def test_each_of_a_batch_has_its_own_outcome(desk: Desk) -> None:
    who = guest(None)
    await desk.place(who, line(COLA_1), key="before")
    batch = [
        await built(desk, guest(None), line(NAAN_1, 1, (HOT,))),
        await built(desk, who, line(COLA_1), key="before"),
        await built(desk, who, line(COLA_1, 2), key="before"),
        await built(desk, guest(None), line(COLA_1)),
        await built(desk, guest(None), line(KULFI_1, 2)),
        await built(desk, guest(None), line(KULFI_1, 2)),
        await built(desk, guest(None), line(KULFI_1, 2)),
    ]
    await desk.owner.execute("UPDATE menu.item SET available = false WHERE id = $1", NAAN)
    outcomes = await place(desk, *batch)
    assert outcomes == ["sold_out", "replayed", "reused", "placed", "placed", "placed", "sold_out"]
    numbers = await desk.owner.fetch("SELECT number FROM orders.orders ORDER BY number")
    assert [row["number"] for row in numbers] == [1, 2, 3, 4]
    reserved = "SELECT order_id, sum(quantity_milli) AS milli FROM inventory.reservation GROUP BY 1"
    held = {row["order_id"]: int(row["milli"]) for row in await desk.owner.fetch(reserved)}
    assert held == {batch[4].row.order_id: 2000, batch[5].row.order_id: 2000}


async def test_outlets_are_looked_at_each_by_its_own_settings(desk: Desk) -> None:
    columns = await desk.owner.fetch(
        """SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = 'staff.outlet'::regclass
        AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'version')"""
    )
    named = ", ".join(row["name"] for row in columns)
    await desk.owner.execute(
        f"INSERT INTO staff.outlet (id, version, {named}) SELECT 2, 99, {named} FROM staff.outlet"
    )
    here, there = await built(desk, guest(None), line(COLA_1)), await built(desk, guest(None), line(COLA_1))
    elsewhere = Placement(
        replace(there.row, outlet_id=2), there.lines, there.sources, there.item_ids, there.modifier_ids
    )
    assert await place(desk, elsewhere, here) == ["stale", "placed"]


async def test_who_is_refused_leaves_no_bill_and_takes_nobody_elses(desk: Desk) -> None:
    """A bill is opened for the table before stock is asked."""
    await desk.setting(guest_limits={"phone_portions": 2, "address_portions": 9}, approve_first_order=True)
    outcomes = await desk.place_together(
        desk.place(guest(OTHER_TABLE), line(COLA_1)),
        desk.place(guest(), line(KULFI_1, 3)),
    )
    assert isinstance(outcomes[1], TooMuchHeld)
    outcomes = await desk.place_together(
        desk.place(waiter(), line(KULFI_1, 6), table_id=TABLE),
        desk.place(guest(None), line(COLA_1)),
    )
    assert isinstance(outcomes[0], SoldOut)
    bills = await desk.owner.fetch("SELECT table_name FROM orders.bill ORDER BY table_name")
    assert [row["table_name"] for row in bills] == ["Table 2", None]


@pytest.mark.parametrize(
    ("setting", "is_limited"),
    [
        ({}, False),  # made at once: nobody holds anything unpaid
        ({"dine_in_payment": "prepaid"}, True),
        ({"approve_first_order": True}, True),
        ({"guest_limits": {"dish_quantity": 2, "phone_portions": 2}}, True),
    ],
)
async def test_what_waits_for_money_or_a_word_holds_no_more_than_its_share(
    desk: Desk, setting: dict[str, Any], is_limited: bool
) -> None:
    await desk.setting(**({"guest_limits": {"phone_portions": 2}} | setting))
    if is_limited:
        with pytest.raises(TooMuchHeld):
            await desk.place(guest(), line(KULFI_1, 3))
        assert not await desk.owner.fetch("SELECT FROM orders.bill")
    else:
        await desk.place(guest(), line(KULFI_1, 3))
    _, ordered = await desk.place(waiter(), line(KULFI_1, 2), table_id=OTHER_TABLE)
    assert ordered["status"] in ("confirmed", "awaiting_payment"), "staff are not limited"
