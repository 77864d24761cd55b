"""Counted stock is promised to orders and never oversold."""

import asyncio

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.database import Database
from tests.conftest import AsRoom
from tests.inventory.conftest import BOTTLE, COLA, CURRY, LAMB, PLATTER, PLATTER_ITEM, RAAN, RAAN_ITEM, Store


async def test_fifty_buyers_race_for_five_portions(store: Store) -> None:
    answers = await asyncio.gather(*(store.reserve(uuid7(), (RAAN, 1), (COLA, 1)) for _ in range(50)))
    assert sum(answer == [] for answer in answers) == 5
    assert all(answer == [{"source_id": str(RAAN), "available": 0}] for answer in answers if answer)
    assert await store.level(LAMB) == (5000, 5000)
    assert await store.level(BOTTLE) == (100_000, 5000)
    await store.check()


async def test_opposite_orders_of_stock_do_not_deadlock(store: Store) -> None:
    baskets = [((RAAN, 1), (COLA, 1)), ((COLA, 1), (RAAN, 1)), ((PLATTER, 1), (COLA, 2))]
    await asyncio.gather(*(store.reserve(uuid7(), *baskets[number % 3]) for number in range(60)))
    await store.check()


async def test_a_refusal_says_how_many_are_left_and_changes_nothing(store: Store) -> None:
    assert await store.reserve(uuid7(), (RAAN, 3)) == []
    answer = await store.reserve(uuid7(), (RAAN, 1), (PLATTER, 1), (COLA, 2))
    assert sorted(answer, key=lambda a: a["source_id"]) == [
        {"source_id": str(RAAN), "available": 2},
        {"source_id": str(PLATTER), "available": 1},
    ]
    assert await store.level(BOTTLE) == (100_000, 0)
    await store.check()


async def test_portions_left_are_whole(store: Store) -> None:
    order = uuid7()
    await store.reserve(order, (COLA, 1), (RAAN, 1))
    for buyer, left in ((uuid7(), 2), (order, 2)):
        (answer,) = await store.reserve(buyer, (PLATTER, 3))
        assert isinstance(answer["available"], int)
        assert answer["available"] == left


async def test_reserving_again_replaces_the_orders_own(store: Store) -> None:
    order = uuid7()
    assert await store.reserve(order, (RAAN, 5)) == []
    assert await store.reserve(order, (RAAN, 4)) == []
    assert await store.reserve(order, (RAAN, 6)) == [{"source_id": str(RAAN), "available": 5}]
    assert await store.level(LAMB) == (5000, 4000)
    await store.check()


async def test_reserving_again_gives_back_what_is_not_wanted_any_more(store: Store) -> None:
    order, other = uuid7(), uuid7()
    assert await store.reserve(other, (RAAN, 2)) == []
    assert await store.reserve(order, (RAAN, 3)) == []
    assert await store.reserve(order, (RAAN, 4)) == [{"source_id": str(RAAN), "available": 3}]
    assert await store.reserve(order, (COLA, 1)) == []
    assert (await store.level(LAMB), await store.level(BOTTLE)) == ((5000, 2000), (100_000, 1000))
    await store.check()


async def test_what_was_cooked_stays_consumed_when_the_order_reserves_again(store: Store) -> None:
    order = uuid7()
    await store.reserve(order, (COLA, 1))
    await store.db.execute("UPDATE inventory.reservation SET state = 'consumed', settled_at = now()")
    await store.db.execute("UPDATE inventory.stock SET reserved_milli = 0")
    for _ in range(2):
        assert await store.reserve(order, (COLA, 2)) == []
    rows = await store.db.fetch("SELECT state, quantity_milli FROM inventory.reservation ORDER BY id")
    assert [tuple(row) for row in rows] == [("consumed", 1000), ("released", 2000), ("reserved", 2000)]


async def test_a_thousandth_too_little_is_too_little(store: Store) -> None:
    await store.db.execute("UPDATE inventory.stock SET on_hand_milli = 999 WHERE id = $1", LAMB)
    assert await store.reserve(uuid7(), (RAAN, 1)) == [{"source_id": str(RAAN), "available": 0}]
    pinch = uuid7()
    await store.db.execute(
        "INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, quantity_milli) VALUES (1, $1, $2, 'counted', 1)",
        pinch,
        LAMB,
    )
    assert await store.reserve(uuid7(), (pinch, 999)) == []
    assert await store.reserve(uuid7(), (pinch, 1)) == [{"source_id": str(pinch), "available": 0}]


async def test_what_two_stocks_leave_is_the_smaller(store: Store) -> None:
    await store.db.execute("UPDATE inventory.stock SET on_hand_milli = 3000 WHERE id = $1", BOTTLE)
    assert await store.reserve(uuid7(), (PLATTER, 4)) == [{"source_id": str(PLATTER), "available": 2}]


async def test_release_gives_back_once(store: Store) -> None:
    order = uuid7()
    await store.reserve(order, (RAAN, 2), (COLA, 1))
    await store.release(order)
    await store.release(order)
    assert await store.level(LAMB) == (5000, 0)
    assert await store.level(BOTTLE) == (100_000, 0)
    await store.check()


async def test_estimated_stock_refuses_nobody(store: Store) -> None:
    assert await store.reserve(uuid7(), (CURRY, 99)) == []
    assert await store.db.fetchval("SELECT count(*) FROM inventory.reservation") == 0


async def test_what_runs_out_and_comes_back_is_told(store: Store) -> None:
    order = uuid7()
    await store.reserve(order, (RAAN, 3))
    await store.reserve(uuid7(), (RAAN, 1))
    await store.reserve(uuid7(), (RAAN, 1))
    await store.release(order)
    told = [(kind, data["available_milli"], data["affected_item_ids"]) for kind, _, data in await store.log()]
    assert told == [
        ("low", 2000, []),
        ("depleted", 1000, [str(PLATTER_ITEM)]),
        ("depleted", 0, [str(RAAN_ITEM)]),
        ("restocked", 3000, told[3][2]),
    ]
    assert sorted(told[3][2]) == sorted([str(RAAN_ITEM), str(PLATTER_ITEM)])
    await store.check()


async def test_an_events_ids_come_from_the_transaction(store: Store) -> None:
    async with store.db.transaction("inventory") as tx:
        await tx.execute("SELECT set_config('rasoi.correlation_id', 'abc', true)")
        await tx.fetchval("SELECT inventory.reserve(1, $1, $2, $3, $4)", uuid7(), [uuid7()], [RAAN], [5])
    assert await store.db.fetchval("SELECT correlation_id FROM inventory.outbox") == "abc"


async def test_only_orders_may_call(store: Store, as_room: AsRoom) -> None:
    call = "SELECT inventory.reserve(1, $1, $2, $3, $4)"
    arguments = (uuid7(), [uuid7()], [RAAN], [1])
    orders: Database = await as_room("orders")
    assert await orders.fetchval(call, *arguments) is None
    for refused in ("payments", "kitchen", "menu"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await (await as_room(refused)).fetchval(call, *arguments)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await orders.execute("UPDATE inventory.stock SET on_hand_milli = 0")
