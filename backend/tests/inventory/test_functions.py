"""The stock's SQL functions: which change of a level is told, to the last thousandth; who is at risk; what is given back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.database import Database

LAMB, CAN, ONION = (UUID(int=n) for n in (1, 2, 3))
RAAN, HALF, EXTRA, CURRY = (UUID(int=n) for n in (11, 12, 13, 14))
RAAN_ITEM, CURRY_ITEM = UUID(int=21), UUID(int=22)
SEED = f"""
INSERT INTO inventory.stock (outlet_id, id, code, name, kind, unit, reorder_level_milli, on_hand_milli) VALUES
  (1, '{LAMB}', 'lamb', 'Lamb', 'counted', 'portion', 2000, 5000), (1, '{CAN}', 'can', 'Can', 'counted', 'can', 0, 5000),
  (1, '{ONION}', 'onion', 'Onion', 'estimated', 'kg', 500, 1000);
INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, item_id, quantity_milli) VALUES
  (1, '{RAAN}', '{LAMB}', 'counted', '{RAAN_ITEM}', 3000), (1, '{HALF}', '{LAMB}', 'counted', '{RAAN_ITEM}', 1000),
  (1, '{EXTRA}', '{LAMB}', 'counted', NULL, 500), (1, '{CURRY}', '{ONION}', 'estimated', '{CURRY_ITEM}', 1);
"""


@pytest.fixture
async def db(database: Database) -> Database:
    await database.execute(SEED)
    return database


async def events(db: Database) -> list[asyncpg.Record]:
    return list(await db.fetch("SELECT * FROM inventory.outbox ORDER BY id"))


async def told(db: Database, stock: UUID, before: int, after: int) -> list[tuple[str, set[UUID]]]:
    """The events of a change of the available quantity: each kind, and what it affects."""
    await db.execute("DELETE FROM inventory.outbox")
    await db.execute(
        "SELECT inventory.emit_level_events(s, $2, $3) FROM inventory.stock s WHERE id = $1",
        stock,
        before,
        after,
    )
    return [
        (row["type"].split(".")[2], {UUID(id) for id in row["data"]["affected_item_ids"]})
        for row in await events(db)
    ]


LOW: tuple[str, set[UUID]] = ("low", set())
BACK: tuple[str, set[UUID]] = ("restocked", set())
LAMB_CHANGES: list[tuple[int, int, list[tuple[str, set[UUID]]]]] = [
    (5000, 3000, []),
    (3000, 2500, []),
    (3000, 2000, [LOW]),
    (2000, 1500, []),
    (1500, 1000, []),
    (1000, 999, [("depleted", {RAAN_ITEM})]),
    (1000, 400, [("depleted", {RAAN_ITEM, EXTRA})]),
    (2500, 900, [("depleted", {RAAN_ITEM})]),
    (600, 500, []),
    (500, 600, []),
    (499, 500, [("restocked", {EXTRA})]),
    (900, 950, []),
    (999, 1000, [("restocked", {RAAN_ITEM})]),
    (1000, 1100, []),
    (400, 2500, [("restocked", {RAAN_ITEM, EXTRA})]),
    (1999, 2000, []),
    (2000, 2001, [BACK]),
    (2500, 2600, []),
]
CAN_CHANGES: list[tuple[int, int, list[tuple[str, set[UUID]]]]] = [
    (3, 2, []),
    (2, 1, []),
    (1, 0, [("depleted", set())]),
    (0, -1, [("shortage", set())]),
    (1, -1, [("depleted", set()), ("shortage", set())]),
    (-1, -2, [("shortage", set())]),
    (-1, -1, []),
    (-2, -1, []),
    (-1, 0, []),
    (-1, 1, [BACK]),
    (0, 1, [BACK]),
]
ONION_CHANGES: list[tuple[int, int, list[tuple[str, set[UUID]]]]] = [
    (600, 501, []),
    (600, 500, [LOW]),
    (500, 400, []),
    (100, 0, []),
    (0, -1, [LOW]),
    (400, -1, [LOW]),
    (-1, -2, []),
    (-5, 500, []),
    (-5, 600, [BACK]),
]


@pytest.mark.parametrize(
    ("stock", "changes"),
    [(LAMB, LAMB_CHANGES), (CAN, CAN_CHANGES), (ONION, ONION_CHANGES)],
    ids=("sold by the portion", "counted, in no recipe", "estimated"),
)
async def test_which_change_of_a_level_is_told(
    db: Database, stock: UUID, changes: list[tuple[int, int, list[tuple[str, set[UUID]]]]]
) -> None:
    for before, after, expected in changes:
        assert await told(db, stock, before, after) == expected, (before, after)


async def test_what_an_event_says(db: Database) -> None:
    await db.execute(
        "UPDATE inventory.stock SET on_hand_milli = 3000, reserved_milli = 1000, version = 6 WHERE id = $1", LAMB
    )  # fmt: skip
    order = uuid7()
    emit = "SELECT inventory.emit_event($1, 1, $2, $3, $4)"
    await db.execute(emit, "shortage", LAMB, [RAAN_ITEM], [order])
    async with db.transaction("inventory") as tx:
        for name in ("correlation_id", "causation_id", "traceparent"):
            await tx.execute(f"SELECT set_config('rasoi.{name}', '{name}', true)")
        await tx.execute(emit, "low", LAMB, None, None)
    shortage, low = await events(db)
    assert (shortage["type"], shortage["subject"]) == ("rasoi.inventory.shortage.v1", str(LAMB))
    assert (shortage["aggregate_version"], low["aggregate_version"]) == (7, 8)
    data: dict[str, Any] = {
        "stock_id": str(LAMB),
        "name": "Lamb",
        "kind": "counted",
        "unit": "portion",
        "on_hand_milli": 3000,
        "reserved_milli": 1000,
        "available_milli": 2000,
        "reorder_level_milli": 2000,
        "low": True,
    }
    assert shortage["data"] == {**data, "affected_item_ids": [str(RAAN_ITEM)], "order_ids": [str(order)]}
    assert low["data"] == {**data, "affected_item_ids": []}
    assert len(shortage["correlation_id"]) == 36
    assert (shortage["causation_id"], shortage["traceparent"]) == (None, None)
    assert [low[name] for name in ("correlation_id", "causation_id", "traceparent")] == [
        "correlation_id",
        "causation_id",
        "traceparent",
    ]
    assert await db.fetchval("SELECT sum(version)::int FROM inventory.stock") == 8, "no other stock's"


async def reserved(db: Database, order: UUID, line: UUID, stock: UUID, milli: int, state: str) -> None:
    await db.execute(
        """INSERT INTO inventory.reservation
          (outlet_id, order_id, line_id, stock_id, quantity_milli, state, settled_at, created_at)
        VALUES (1, $1, $2, $3, $4, $5, CASE WHEN $5 <> 'reserved' THEN now() END, clock_timestamp())""",
        order,
        line,
        stock,
        milli,
        state,
    )


async def test_the_last_to_order_are_at_risk(db: Database) -> None:
    first, second, third, other = (uuid7() for _ in range(4))
    await reserved(db, other, uuid7(), CAN, 9000, "reserved")
    await reserved(db, other, uuid7(), LAMB, 9000, "released")
    for order in (first, second, third):
        await reserved(db, order, uuid7(), LAMB, 1000, "reserved")

    async def at_risk(on_hand: int) -> set[UUID]:
        found = await db.fetchval("SELECT inventory.orders_at_risk(1, $1, $2)", LAMB, on_hand)
        return {UUID(str(id)) for id in found or ()}

    assert await at_risk(3000) == set()
    assert await at_risk(2999) == {third}
    assert await at_risk(1000) == {second, third}
    assert await at_risk(0) == {first, second, third}


async def test_who_holds_portions_of_what_is_asked_for(db: Database) -> None:
    """The newest by what it took last; neither what is given back, nor other stock, nor what is only estimated."""
    first, second, cans, onions, back = (uuid7() for _ in range(5))
    await reserved(db, back, uuid7(), LAMB, 1000, "released")
    for order, stock in ((first, LAMB), (second, LAMB), (cans, CAN), (onions, ONION), (first, LAMB)):
        await reserved(db, order, uuid7(), stock, 1000, "reserved")

    async def holders(outlet: int, *sources: UUID) -> list[UUID]:
        rows = await db.fetch("SELECT inventory.holders($1, $2) AS id", outlet, list(sources))
        return [UUID(str(row["id"])) for row in rows]

    assert await holders(1, HALF, CURRY) == [first, second]
    assert await holders(1, CURRY) == []
    assert await holders(2, HALF) == []
    await db.execute("UPDATE inventory.recipe SET stock_id = $1 WHERE source_id = $2", CAN, EXTRA)
    assert await holders(1, EXTRA) == [cans]


async def test_how_many_portions_are_held_together_with_what_is_asked_for(db: Database) -> None:
    """Half a portion of lamb counts as one; what is given back, other orders' and onions do not count."""
    mine, also_mine, other = (uuid7() for _ in range(3))
    await reserved(db, mine, uuid7(), LAMB, 2000, "reserved")
    await reserved(db, mine, uuid7(), LAMB, 9000, "released")
    await reserved(db, also_mine, uuid7(), CAN, 1000, "reserved")
    await reserved(db, other, uuid7(), LAMB, 5000, "reserved")

    async def portions(orders: list[UUID] | None, sources: list[UUID], quantities: list[int]) -> int:
        sql = "SELECT inventory.portions_with(1, $1, $2, $3)"
        found: int = await db.fetchval(sql, orders, sources, quantities)
        return found

    assert await portions([mine, also_mine], [], []) == 3
    assert await portions([mine, also_mine], [HALF, EXTRA, CURRY], [2, 1, 900]) == 6
    assert await portions(None, [RAAN], [2]) == 6
    assert await portions([], [EXTRA], [2]) == 1
    assert await portions(None, [CURRY], [5000]) == 0
    assert await portions(None, [RAAN], [334]) == 1002
    assert await db.fetchval("SELECT inventory.portions_with(2, $1, $2, $3)", [mine], [RAAN], [1]) == 0


async def test_what_is_too_little_for_each_order_by_itself(db: Database) -> None:
    """With the whole portions that are left: of what needs two stocks the fewer. Onions are only estimated."""
    await db.execute(
        "INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, quantity_milli) VALUES (1, $1, $2, 'counted', 2000)",
        EXTRA,
        CAN,
    )
    await db.execute("UPDATE inventory.stock SET reserved_milli = 2000 WHERE id = $1", LAMB)  # 3000 are free
    much, fits, onions, both = (uuid7() for _ in range(4))
    wanted = [(much, RAAN, 1), (much, HALF, 3), (fits, RAAN, 1), (onions, CURRY, 9999), (both, EXTRA, 10)]

    async def short(outlet: int) -> set[tuple[UUID, UUID, int]]:
        rows = await db.fetch(
            "SELECT * FROM inventory.short_of($1, $2, $3, $4)", outlet, *zip(*wanted, strict=True)
        )
        return {(UUID(str(row["order_id"])), UUID(str(row["source_id"])), row["available"]) for row in rows}

    assert await short(1) == {(much, RAAN, 1), (much, HALF, 3), (both, EXTRA, 2)}
    assert await short(2) == set()


async def levels(db: Database) -> dict[UUID, tuple[int, int]]:
    rows = await db.fetch("SELECT id, on_hand_milli, reserved_milli FROM inventory.stock")
    return {UUID(str(row["id"])): (row["on_hand_milli"], row["reserved_milli"]) for row in rows}


async def test_levels_change_by_what_is_said_and_the_available_is_told(db: Database) -> None:
    await db.execute("UPDATE inventory.stock SET reserved_milli = 500 WHERE kind = 'counted'")
    await db.execute("SELECT inventory.change_levels(1, $1, $2, $3)", [LAMB, CAN], [-1000, 200], [1500, 200])
    assert await levels(db) == {LAMB: (4000, 2000), CAN: (5200, 700), ONION: (1000, 0)}
    [low] = await events(db)  # 4500 were available, 2000 are; of the cans as many as before
    assert (low["type"], low["data"]["available_milli"]) == ("rasoi.inventory.low.v1", 2000)


async def test_an_order_gives_back_what_it_holds_but_for_lines_that_are_cooked(db: Database) -> None:
    order, other, cooked, waiting = (uuid7() for _ in range(4))
    await db.execute("UPDATE inventory.stock SET reserved_milli = 1700 WHERE id = $1", LAMB)
    await db.execute("UPDATE inventory.stock SET reserved_milli = 100 WHERE id = $1", CAN)
    await reserved(db, order, cooked, LAMB, 1000, "reserved")
    await reserved(db, order, waiting, LAMB, 500, "reserved")
    await reserved(db, order, waiting, CAN, 100, "reserved")
    await reserved(db, order, waiting, LAMB, 300, "released")
    await reserved(db, other, uuid7(), LAMB, 200, "reserved")
    for line, of in ((cooked, order), (waiting, other)):
        await db.execute(
            """INSERT INTO inventory.usage (outlet_id, kitchen_item_id, line_id, order_id, quantity)
            VALUES (1, $1, $2, $3, 1)""",
            uuid7(),
            line,
            of,
        )
    release = "SELECT inventory.release(1, $1)"
    await db.execute(release, order)
    assert await levels(db) == {LAMB: (5000, 1200), CAN: (5000, 0), ONION: (1000, 0)}
    await db.execute(release, order)  # only the cooked line holds something now
    await db.execute(release, uuid7())
    assert await levels(db) == {LAMB: (5000, 1200), CAN: (5000, 0), ONION: (1000, 0)}
    states = await db.fetch("SELECT quantity_milli, state FROM inventory.reservation ORDER BY 1")
    assert [(row["quantity_milli"], row["state"]) for row in states] == [
        (100, "released"),
        (200, "reserved"),
        (300, "released"),
        (500, "released"),
        (1000, "reserved"),
    ]


async def test_which_orders_draw_on_counted_stock(db: Database) -> None:
    await db.execute(
        f"INSERT INTO inventory.stock (outlet_id, id, code, name, kind, unit) VALUES (2, '{LAMB}', 'l', 'L', 'counted', 'p')"
    )
    await db.execute(
        "INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, quantity_milli) VALUES (2, $1, $2, 'counted', 1)",
        UUID(int=19),
        LAMB,
    )
    rows = await db.fetch(
        "SELECT inventory.counted_among($1, $2, $3) AS n",
        [1, 1, 2, 2, 1],
        [1, 1, 2, 3, 4, 5],
        [RAAN, EXTRA, CURRY, UUID(int=19), RAAN, UUID(int=19)],
    )
    assert sorted(row["n"] for row in rows) == [1, 3], "what 4 and 5 name is another outlet's"


@pytest.mark.parametrize(
    "sql", ["UPDATE inventory.movement SET quantity_milli = 1", "DELETE FROM inventory.movement"]
)
async def test_a_movement_is_never_changed_or_removed(db: Database, sql: str) -> None:
    await db.execute(
        "INSERT INTO inventory.movement (outlet_id, stock_id, kind, quantity_milli) VALUES (1, $1, 'receipt', 5)",
        LAMB,
    )
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await db.execute(sql)
