"""What can be had now: staff's 86, stock that ran out, and the check that a sale makes."""

from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from rasoi.contracts.inventory import StockDepleted, StockRestocked
from rasoi.menu import api, handlers, service
from rasoi.menu.domain import UnknownItem
from rasoi.menu.schemas import Availability
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import new_event
from tests.conftest import AsRoom
from tests.menu.conftest import item, log, staff_member


async def check(
    db: Database, items: list[UUID], modifiers: list[UUID] | None = None, version: int = 1
) -> object:
    """What stands against selling these to outlet 1, asked beside a sale of another outlet's that nobody knows."""
    rows = await db.fetch(
        "SELECT * FROM menu.check_sales(ARRAY[77, 1], ARRAY[1, $1::bigint], $2, $3, $4, $5) ORDER BY n",
        version,
        [2 for _ in items],
        items,
        [2 for _ in modifiers or []],
        modifiers or [],
    )
    assert tuple(rows[0]) == (1, True, None)
    found = rows[1] if len(rows) > 1 else None
    return None if found is None else {"stale": True} if found["stale"] else {"sold_out": found["sold_out"]}


async def stock(ctx: Context, cls: type, stock_id: UUID, affected: list[UUID]) -> None:
    """Hand an event of stock to the room, as its reader does."""
    gone = cls is StockDepleted
    state = {"on_hand_milli": 0 if gone else 9, "reserved_milli": 0, "available_milli": 0 if gone else 9}
    data = cls(
        stock_id=stock_id,
        name="Lamb",
        kind="counted",
        unit="portion",
        reorder_level_milli=0,
        low=gone,
        affected_item_ids=affected,
        **state,
    )
    event = new_event(data, subject=str(stock_id), outlet_id=1, version=1)
    handler = handlers.stock_depleted if gone else handlers.stock_restocked
    async with ctx.db.transaction("menu") as tx:
        await handler(ctx, tx, event, data)


async def test_orders_may_check_and_read_but_others_may_not(menu: Database, as_room: AsRoom) -> None:
    naan = await item(menu, "Naan")
    orders = await as_room("orders")
    assert await check(orders, [naan]) is None
    assert (await api.snapshot(orders, 1)).version == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await orders.fetch("SELECT * FROM menu.item")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await check(await as_room("kitchen"), [naan])


async def test_a_stale_version_is_told(menu: Database) -> None:
    naan = await item(menu, "Naan")
    assert await check(menu, [naan], version=2) == {"stale": True}


async def test_86_and_back(ctx: Context) -> None:
    naan, roti = await item(ctx.db, "Naan"), await item(ctx.db, "Roti")
    await service.set_availability(ctx, staff_member(), naan, Availability(False, "dough is finished"))
    await service.set_availability(ctx, staff_member(), naan, Availability(False))
    assert await check(ctx.db, [naan, roti]) == {"sold_out": [{"item_id": str(naan), "name": "Naan"}]}
    await service.set_availability(ctx, staff_member(), naan, Availability(True))
    assert await check(ctx.db, [naan, roti]) is None
    changes = [
        (version, data["available"], data["reason"]) for kind, version, data in (await log(ctx.db))[1:]
    ]
    assert changes == [(1, False, "staff"), (2, True, "staff")]
    with pytest.raises(UnknownItem):
        await service.set_availability(ctx, staff_member(outlet_id=2), naan, Availability(False))


async def test_a_modifier_can_be_86ed(ctx: Context) -> None:
    snapshot = await api.snapshot(ctx.db, 1)
    hot = next(m.id for m in snapshot.modifiers.values() if m.name == "Hot")
    await service.set_modifier_availability(ctx, staff_member(), hot, Availability(False))
    assert await check(ctx.db, [await item(ctx.db, "Naan")], [hot]) == {
        "sold_out": [{"item_id": str(hot), "name": "Hot"}]
    }
    assert (await log(ctx.db))[-1][2]["name"] == "Naan"


async def test_the_last_of_a_required_choice_takes_the_dish_off_and_brings_it_back(ctx: Context) -> None:
    snapshot = await api.snapshot(ctx.db, 1)
    for wanted in (False, True):
        for choice in snapshot.modifiers.values():
            await service.set_modifier_availability(ctx, staff_member(), choice.id, Availability(wanted))
    told = [data["available"] for _, _, data in await log(ctx.db) if data.get("name") == "Naan"]
    count = len(snapshot.modifiers)
    assert told[: count - 1] == [True] * (count - 1)
    assert told[count - 1] is False
    assert told[count:] == [True] * count


async def test_two_stocks_hold_an_item_back_until_both_return(ctx: Context) -> None:
    naan, flour, butter = await item(ctx.db, "Naan"), uuid7(), uuid7()
    await stock(ctx, StockDepleted, flour, [naan])
    await stock(ctx, StockDepleted, butter, [naan])
    await stock(ctx, StockRestocked, flour, [naan])
    assert await check(ctx.db, [naan]) is not None
    await stock(ctx, StockRestocked, butter, [naan])
    assert await check(ctx.db, [naan]) is None
    changes = [
        (version, data["available"], data["remaining"]) for _, version, data in (await log(ctx.db))[1:]
    ]
    assert changes == [(1, False, 0), (2, True, None)]


async def test_stock_does_not_undo_what_staff_said(ctx: Context) -> None:
    naan, flour = await item(ctx.db, "Naan"), uuid7()
    await service.set_availability(ctx, staff_member(), naan, Availability(False))
    await stock(ctx, StockDepleted, flour, [naan])
    await stock(ctx, StockRestocked, flour, [naan])
    assert await check(ctx.db, [naan]) is not None
    await stock(ctx, StockDepleted, flour, [naan])
    await service.set_availability(ctx, staff_member(), naan, Availability(True))
    assert await check(ctx.db, [naan]) is not None
    assert [version for _, version, _ in (await log(ctx.db))[1:]] == [1]


async def test_a_tax_class_is_never_changed(menu: Database) -> None:
    with pytest.raises(asyncpg.RaiseError):
        await menu.execute("UPDATE menu.tax_class SET name = 'x'")
