"""The menu's SQL functions on two outlets that hold some of everything: switched off, sold out, of the other outlet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rasoi.platform.database import Database

BREADS, OLD, GRILLS = (UUID(int=n) for n in (1, 2, 3))
NAAN, ROTI, COLA, GONE, HIDDEN, BARE, KEBAB = (UUID(int=n) for n in range(11, 18))
PLAIN, GARLIC, PAST, ROTI_1, COLA_1, GONE_1, HIDDEN_1, BARE_1, KEBAB_1 = (UUID(int=n) for n in range(21, 30))
SPICE, DIPS, FORMER, SIZES = (UUID(int=n) for n in range(41, 45))
MILD, HOT, OFF, NEVER, MINT, TANGY, LARGE = (UUID(int=n) for n in range(51, 58))
SEED = f"""
INSERT INTO menu.outlet_menu (outlet_id, version, revision) VALUES (1, 3, 4), (2, 9, 10);
INSERT INTO menu.station (outlet_id, code, name, position, active) VALUES
  (1, 'tandoor', 'Tandoor', 2, true),
  (1, 'drinks', 'Drinks', 1, true),
  (1, 'attic', 'Attic', 0, false),
  (2, 'grill', 'Grill', 0, true);
INSERT INTO menu.tax_class (outlet_id, code, version, name, inclusive, components) VALUES
  (1, 'food', 1, 'Food, before', false, '[]'), (1, 'food', 2, 'Food', true, '[]'), (1, 'mrp', 1, 'At MRP', true, '[]'),
  (2, 'food', 7, 'Food there', false, '[]'), (2, 'other', 1, 'Other', false, '[]');
INSERT INTO menu.category (outlet_id, id, code, name, name_hi, position, active) VALUES
  (1, '{BREADS}', 'breads', 'Breads', 'रोटियाँ', 0, true),
  (1, '{OLD}', 'old', 'Old', NULL, 1, false),
  (2, '{GRILLS}', 'grills', 'Grills', NULL, 0, true);
INSERT INTO menu.item
  (outlet_id, id, code, category_id, name, diet, station, tax_code, position, active, available, stock_out) VALUES
  (1, '{NAAN}', 'naan', '{BREADS}', 'Naan', 'veg', 'tandoor', 'food', 2, true, true, false),
  (1, '{ROTI}', 'roti', '{BREADS}', 'Roti', 'veg', 'tandoor', 'food', 1, true, true, true),
  (1, '{COLA}', 'cola', '{BREADS}', 'Cola', 'veg', 'drinks', 'mrp', 0, true, false, false),
  (1, '{GONE}', 'gone', '{BREADS}', 'Gone', 'veg', 'tandoor', 'food', 3, false, true, false),
  (1, '{HIDDEN}', 'hidden', '{OLD}', 'Hidden', 'veg', 'tandoor', 'food', 4, true, true, false),
  (1, '{BARE}', 'bare', '{BREADS}', 'Bare', 'veg', 'tandoor', 'food', 5, true, true, false),
  (2, '{KEBAB}', 'kebab', '{GRILLS}', 'Kebab', 'veg', 'grill', 'food', 0, true, true, true);
INSERT INTO menu.variant (outlet_id, id, item_id, code, name, price_paise, position, active) VALUES
  (1, '{PLAIN}', '{NAAN}', 'plain', 'Plain', 5500, 1, true), (1, '{GARLIC}', '{NAAN}', 'garlic', 'Garlic', 7505, 0, true),
  (1, '{PAST}', '{NAAN}', 'past', 'Past', 1, 2, false), (1, '{ROTI_1}', '{ROTI}', 'one', 'One', 2500, 0, true),
  (1, '{COLA_1}', '{COLA}', 'one', 'One', 6000, 0, true), (1, '{GONE_1}', '{GONE}', 'one', 'One', 1, 0, true),
  (1, '{HIDDEN_1}', '{HIDDEN}', 'one', 'One', 1, 0, true), (1, '{BARE_1}', '{BARE}', 'one', 'One', 1, 0, false),
  (2, '{KEBAB_1}', '{KEBAB}', 'one', 'One', 1, 0, true);
INSERT INTO menu.modifier_group (outlet_id, id, code, name, min, max, active) VALUES
  (1, '{SPICE}', 'spice', 'Spice', 1, 1, true),
  (1, '{DIPS}', 'dips', 'Dips', 0, 2, true),
  (1, '{FORMER}', 'former', 'Former', 0, 1, false),
  (2, '{SIZES}', 'sizes', 'Sizes', 0, 1, true);
INSERT INTO menu.modifier (outlet_id, id, group_id, code, name, price_paise, position, active, available, stock_out) VALUES
  (1, '{MILD}', '{SPICE}', 'mild', 'Mild', 0, 1, true, true, false),
  (1, '{HOT}', '{SPICE}', 'hot', 'Hot', 500, 0, true, true, true),
  (1, '{OFF}', '{SPICE}', 'off', 'Off', 0, 2, true, false, false),
  (1, '{NEVER}', '{SPICE}', 'never', 'Never', 0, 3, false, true, false),
  (1, '{MINT}', '{DIPS}', 'mint', 'Mint', 300, 0, true, true, false),
  (1, '{TANGY}', '{FORMER}', 'tangy', 'Tangy', 0, 0, true, true, false),
  (2, '{LARGE}', '{SIZES}', 'large', 'Large', 0, 0, true, true, true);
INSERT INTO menu.item_modifier_group (outlet_id, item_id, group_id, position) VALUES
  (1, '{NAAN}', '{SPICE}', 1),
  (1, '{NAAN}', '{DIPS}', 0),
  (1, '{NAAN}', '{FORMER}', 2),
  (1, '{ROTI}', '{DIPS}', 0),
  (2, '{KEBAB}', '{SIZES}', 0);
"""


@pytest.fixture
async def db(database: Database) -> Database:
    await database.execute(SEED)
    return database


async def snapshot(db: Database, outlet: int) -> dict[str, Any]:
    found: dict[str, Any] = await db.fetchval("SELECT menu.read_snapshot($1)", outlet)
    return found


def brief(rows: list[dict[str, Any]], *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in fields) for row in rows]


async def test_a_snapshot_is_the_outlets_menu_and_nothing_else(db: Database) -> None:
    menu = await snapshot(db, 1)
    assert (menu["version"], menu["revision"]) == (3, 4)
    assert menu["stations"] == [{"code": "drinks", "name": "Drinks"}, {"code": "tandoor", "name": "Tandoor"}]
    assert {
        code: (tax["version"], tax["name"], tax["inclusive"]) for code, tax in menu["tax_classes"].items()
    } == {
        "food": (2, "Food", True),
        "mrp": (1, "At MRP", True),
    }
    assert brief(menu["categories"], "id", "name_hi") == [(str(BREADS), "रोटियाँ")]
    modifiers = {
        group["name"]: brief(group["modifiers"], "name", "available", "price_paise")
        for group in menu["groups"]
    }
    assert modifiers == {
        "Spice": [("Hot", False, 500), ("Mild", True, 0), ("Off", False, 0)],
        "Dips": [("Mint", True, 300)],
    }
    assert brief(menu["items"], "name", "station", "tax_code", "available", "stock_out") == [
        ("Cola", "drinks", "mrp", False, False),
        ("Roti", "tandoor", "food", False, True),
        ("Naan", "tandoor", "food", True, False),
    ]
    cola, roti, naan = menu["items"]
    assert [item["groups"] for item in (cola, roti, naan)] == [[], [str(DIPS)], [str(DIPS), str(SPICE)]]
    assert brief(naan["variants"], "id", "price_paise") == [(str(GARLIC), 7505), (str(PLAIN), 5500)]
    assert brief(roti["variants"], "id") == [(str(ROTI_1),)]


LEFT = "SELECT menu.sellable(i) FROM menu.item i WHERE outlet_id = 1 AND id = $1"


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("", True),
        (f"UPDATE menu.modifier SET available = false WHERE id = '{MILD}'", False),
        (f"UPDATE menu.modifier SET stock_out = true WHERE id = '{MILD}'", False),
        (f"UPDATE menu.modifier SET active = false WHERE id = '{MILD}'", False),
        (f"UPDATE menu.modifier SET available = false WHERE id = '{MINT}'", True),
        (f"UPDATE menu.modifier_group SET min = 2, max = 2 WHERE id = '{SPICE}'", False),
        (f"UPDATE menu.modifier_group SET min = 1 WHERE id = '{DIPS}'", True),
        (f"UPDATE menu.modifier_group SET min = 2 WHERE id = '{DIPS}'", False),
        (f"UPDATE menu.modifier_group SET min = 1, active = true WHERE id = '{FORMER}'", True),
        (f"UPDATE menu.modifier_group SET min = 9, max = 9 WHERE id = '{FORMER}'", True),
        (f"UPDATE menu.modifier_group SET min = 9, max = 9 WHERE id = '{SIZES}'", True),
        (f"UPDATE menu.item SET available = false WHERE id = '{NAAN}'", False),
        (f"UPDATE menu.item SET stock_out = true WHERE id = '{NAAN}'", False),
    ],
)
async def test_a_dish_whose_required_choice_is_sold_out_is_off(db: Database, change: str, left: bool) -> None:
    if change:
        await db.execute(change)
    assert await db.fetchval(LEFT, NAAN) is left
    menu = await snapshot(db, 1)
    assert next(item["available"] for item in menu["items"] if item["name"] == "Naan") is left


async def test_a_choice_that_is_sold_out_takes_only_the_dishes_that_need_it(db: Database) -> None:
    await db.execute(f"UPDATE menu.modifier SET available = false WHERE id = '{MILD}'")
    assert [await db.fetchval(LEFT, item) for item in (NAAN, BARE)] == [False, True]


async def test_an_outlet_without_a_menu_has_an_empty_one(db: Database) -> None:
    assert await snapshot(db, 3) == {
        "version": 0,
        "revision": 0,
        "stations": [],
        "tax_classes": {},
        "groups": [],
        "categories": [],
        "items": [],
    }


CHECK = "SELECT n, stale, sold_out FROM menu.check_sales($1, $2, $3, $4, $5, $6) ORDER BY n"


async def test_what_stands_against_each_order_of_a_batch(db: Database) -> None:
    items = [(1, NAAN), (1, ROTI), (1, COLA), (1, GONE), (1, KEBAB), (2, KEBAB), (2, ROTI), (4, NAAN)]
    modifiers = [(1, MILD), (1, HOT), (1, OFF), (1, NEVER), (1, LARGE), (2, LARGE), (2, HOT), (4, MINT)]
    rows = await db.fetch(
        CHECK,
        [1, 2, 1, 1],
        [3, 9, 1, 3],
        [n for n, _ in items],
        [id for _, id in items],
        [n for n, _ in modifiers],
        [id for _, id in modifiers],
    )
    found = [(row["n"], row["stale"], sorted(each["name"] for each in row["sold_out"] or [])) for row in rows]
    assert found == [
        (1, False, ["Cola", "Gone", "Hot", "Never", "Off", "Roti"]),
        (2, False, ["Kebab", "Large"]),
        (3, True, []),
    ]
    assert {"item_id": str(ROTI), "name": "Roti"} in rows[0]["sold_out"]


async def test_what_of_an_order_can_not_be_made_now(db: Database) -> None:
    """Sold out by count is not asked: of Roti and Hot the reservation decides."""
    variants = [PLAIN, PAST, ROTI_1, COLA_1, GONE_1, HIDDEN_1, BARE_1, KEBAB_1]
    modifiers = [MILD, HOT, OFF, NEVER, LARGE, MILD]
    found = await db.fetchval("SELECT menu.not_sold(1, $1)", variants + modifiers)
    not_sold = [PAST, COLA_1, GONE_1, BARE_1, KEBAB_1, OFF, NEVER, LARGE]
    assert [UUID(each["source_id"]) for each in found] == sorted(not_sold)
    assert await db.fetchval("SELECT menu.not_sold(1, $1)", [PLAIN, ROTI_1, HOT]) is None


async def test_a_tax_keeps_the_code_of_the_version_asked_for(db: Database) -> None:
    codes = {
        (1, "food", 1): "996331",
        (1, "food", 2): "996332",
        (1, "mrp", 1): "2202",
        (2, "food", 7): "9963",
    }
    await db.execute("ALTER TABLE menu.tax_class DISABLE TRIGGER USER")  # a version is never changed
    for (outlet, code, version), hsn in codes.items():
        sql = "UPDATE menu.tax_class SET hsn = $4 WHERE (outlet_id, code, version) = ($1, $2, $3)"
        await db.execute(sql, outlet, code, version, hsn)
    asked = [("food", 2), ("mrp", 1), ("food", 7), ("food", 1), ("mrp", 1)]
    names, versions = [name for name, _ in asked], [version for _, version in asked]
    found = await db.fetchval("SELECT menu.tax_codes(1, $1, $2)", names, versions)
    assert found == ["996332", "2202", None, "996331", "2202"]


async def test_recipes_may_be_written_for_what_is_sold(db: Database) -> None:
    rows = await db.fetch("SELECT code, source_id, item_id FROM menu.read_sources(1)")
    assert {(row["code"], UUID(str(row["source_id"])), row["item_id"] and UUID(str(row["item_id"]))) for row in rows} == {
        ("naan/plain", PLAIN, NAAN),
        ("naan/garlic", GARLIC, NAAN),
        ("roti/one", ROTI_1, ROTI),
        ("cola/one", COLA_1, COLA),
        ("hidden/one", HIDDEN_1, HIDDEN),
        ("+spice/mild", MILD, None),
        ("+spice/hot", HOT, None),
        ("+spice/off", OFF, None),
        ("+dips/mint", MINT, None),
    }  # fmt: skip
    assert len(rows) == 9


@pytest.mark.parametrize("sql", ["UPDATE menu.tax_class SET name = 'x'", "DELETE FROM menu.tax_class"])
async def test_a_version_of_a_tax_is_never_changed_or_removed(db: Database, sql: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await db.execute(sql)
