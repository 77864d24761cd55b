"""The demo is a real restaurant."""

from __future__ import annotations

import csv
import random
import tomllib
from uuid import uuid4

from rasoi import demo
from rasoi.inventory.importer import import_stock
from rasoi.inventory.stock_file import parse as parse_stock
from rasoi.menu import api
from rasoi.menu.importer import import_menu
from rasoi.menu.menu_file import parse as parse_menu
from rasoi.platform.database import Database
from rasoi.platform.sectioned_csv import Report
from rasoi.staff.domain import is_gstin


def text(name: str) -> str:
    return (demo.DATA / name).read_text(encoding="utf-8")


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in text(name).splitlines() if not line.startswith("#")))


def test_the_menu_is_broad() -> None:
    report = Report()
    menu = parse_menu(text("menu.csv"), report)
    assert report.faults == []
    assert len(menu.items) >= 60
    assert len(menu.categories) >= 10
    assert {item["diet"] for item in menu.items.values()} == {"veg", "non_veg", "egg"}
    assert set(menu.stations) == {"tandoor", "curry", "chinese", "drinks", "desserts"}
    assert all(item["name_hi"] for item in menu.items.values())
    assert {tax["inclusive"] for tax in menu.taxes.values()} == {True, False}
    assert {item["station"] for item in menu.items.values()} == set(menu.stations)


def test_every_dish_has_a_recipe() -> None:
    report = Report()
    stock, menu = parse_stock(text("stock.csv"), report), parse_menu(text("menu.csv"), report)
    assert report.faults == []
    assert len(stock.stock) >= 40
    assert {source.split("/")[0] for source in stock.recipes if source[0] != "+"} == set(menu.items)
    assert {entry.kind for entry in stock.stock.values()} == {"counted", "estimated"}


def test_tables_people_outlet() -> None:
    assert len(rows("tables.csv")) == 14
    people = rows("people.csv")
    roles = [person["role"] for person in people]
    assert {role: roles.count(role) for role in roles} == {
        "owner": 1,
        "manager": 2,
        "waiter": 3,
        "kitchen": 4,
    }
    assert len({person["pin"] for person in people}) == len(people)
    outlet = tomllib.loads(text("outlet.toml"))
    assert is_gstin(outlet["gstin"])


async def test_loads_once_and_lasts_for_a_rush(database: Database) -> None:
    await demo.load_menu_and_stock(database)
    for load, name in ((import_menu, "menu.csv"), (import_stock, "stock.csv")):
        assert not (await load(database, 1, text(name))).differs
    low = await database.fetchval(
        "SELECT count(*) FROM inventory.outbox WHERE type = 'rasoi.inventory.low.v1'"
    )
    assert 1 <= low <= 8
    variants = list((await api.snapshot(database, 1)).variants.values())
    chance, refused = random.Random(1), set[str]()
    call = "SELECT inventory.reserve(1, $1, $2, $3, $4)"
    for _ in range(2000):
        lines = chance.choices(variants, k=4)
        quantities = [chance.randint(1, 2) for _ in lines]
        order, ids = uuid4(), [uuid4() for _ in lines]
        if await database.fetchval(call, order, ids, [line.id for line in lines], quantities):
            refused |= {line.name for line in lines if line.name == "Raan-e-Rasoi"} or {"something else"}
    assert refused == {"Raan-e-Rasoi"}
