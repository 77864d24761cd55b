"""An import makes stock and recipes what the file says, changes what differs and nothing else, or nothing at all."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from rasoi.inventory.importer import import_stock
from rasoi.menu.importer import import_menu
from rasoi.platform.database import Database
from tests.conftest import AsRoom
from tests.inventory.conftest import reserve
from tests.inventory.test_stock_file import GOOD
from tests.menu.test_menu_file import GOOD as MENU


@pytest.fixture
async def db(as_room: AsRoom) -> Database:
    """The room's database with both files imported."""
    assert (await import_menu(await as_room("menu"), 1, MENU)).faults == []
    db = await as_room("inventory")
    assert (await import_stock(db, 1, GOOD)).faults == []
    return db


async def rows(db: Database) -> list[str]:
    found = []
    for table in ("stock", "recipe", "movement"):
        found += [
            f"{table}{tuple(row.values())}"
            for row in await db.fetch(f"SELECT * FROM inventory.{table} ORDER BY 1, 2, 3")
        ]
    return found


async def told(db: Database) -> list[str]:
    rows = await db.fetch("SELECT type, data->>'name' AS name FROM inventory.outbox ORDER BY id")
    return [f"{row['type'].split('.')[2]} {row['name']}" for row in rows]


async def test_first_import(db: Database) -> None:
    assert await db.fetchval("SELECT count(*) FROM inventory.recipe") == 6
    assert await db.fetchval("SELECT sum(on_hand_milli)::bigint FROM inventory.stock") == 65_500
    assert await db.fetchval("SELECT sum(quantity_milli)::bigint FROM inventory.movement") == 65_500
    assert await told(db) == []


async def test_second_import_changes_nothing_though_stock_was_sold(db: Database) -> None:
    raan = await db.fetchval("SELECT source_id FROM inventory.recipe WHERE kind = 'counted'")
    assert await reserve(db, uuid7(), [uuid7()], [raan], [2]) == []
    before = await rows(db)
    report = await import_stock(db, 1, GOOD)
    assert not report.differs
    assert report.unchanged == 7
    assert await rows(db) == before


async def test_only_what_differs_is_changed(db: Database) -> None:
    text = GOOD.replace(
        "butter,Butter,estimated,kg,1,10",
        "butter,White butter,estimated,kg,20,99\nghee,Ghee,estimated,kg,1,2",
    )
    text = text.replace("roti,raan 1; flour 0.05", "roti,flour 0.05; ghee 0.01").replace(
        "naan,flour 0.09\n", ""
    )
    text = text.replace("raan,Leg of lamb,counted,portion,2,5\n", "")
    report = await import_stock(db, 1, text)
    assert report.added == ["stock ghee"]
    assert report.changed == ["stock butter", "recipe roti/regular"]
    assert report.removed == ["recipe naan/plain", "stock raan"]
    assert await db.fetchval("SELECT on_hand_milli FROM inventory.stock WHERE code = 'butter'") == 10_000
    assert await told(db) == ["low White butter"]


async def test_what_ran_out_is_told_when_a_recipe_starts_to_need_it(db: Database) -> None:
    text = GOOD.replace(
        "raan,Leg of lamb,counted,portion,2,5",
        "raan,Leg of lamb,counted,portion,2,5\nleaf,Silver leaf,counted,piece,0,0",
    )
    await import_stock(db, 1, text.replace("roti,raan 1", "roti,leaf 1; raan 1"))
    await import_stock(db, 1, text)
    assert await told(db) == ["depleted Silver leaf", "restocked Silver leaf"]


async def test_a_fault_changes_nothing(db: Database) -> None:
    before = await rows(db)
    text = GOOD.replace("butter,Butter,estimated,kg", "butter,Butter,estimated,g").replace(
        "roti,raan 1", "rotti,raan 1"
    )
    report = await import_stock(db, 1, text.replace("flour,Flour", "flour,Wheat flour"))
    assert sorted(line for line, _ in report.faults) == [4, 11]
    assert await rows(db) == before


async def test_promised_stock_stays_counted(db: Database) -> None:
    raan = await db.fetchval("SELECT source_id FROM inventory.recipe WHERE kind = 'counted'")
    text = GOOD.replace("lamb,counted", "lamb,estimated")
    await reserve(db, uuid7(), [uuid7()], [raan], [2])
    assert [line for line, _ in (await import_stock(db, 1, text)).faults] == [5]
    await db.execute("UPDATE inventory.reservation SET state = 'released', settled_at = now()")
    await db.execute("UPDATE inventory.stock SET reserved_milli = 0")
    assert (await import_stock(db, 1, text)).changed == ["stock raan"]
    assert await db.fetchval("SELECT count(*) FROM inventory.recipe WHERE kind = 'counted'") == 0
