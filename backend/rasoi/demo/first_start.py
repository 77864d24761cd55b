"""What an empty database is filled with, and what is told about it."""

from __future__ import annotations

import csv
import tomllib

import msgspec

from rasoi.demo import DATA, OUTLET, load_menu_and_stock
from rasoi.orders.tables import ensure_tables
from rasoi.platform.context import Context
from rasoi.settings import Settings
from rasoi.staff.api import any_outlet, person_names
from rasoi.staff.devices import SelfPairing
from rasoi.staff.schemas import NewPerson
from rasoi.staff.service import ensure_outlet, ensure_person


async def is_empty(ctx: Context) -> bool:
    """No outlet yet: the platform was never set up."""
    return not await any_outlet(ctx.db)


async def load(ctx: Context) -> None:
    """The demo restaurant: menu, stock, tables, people. Each step may be repeated; the outlet, which says that it
    is done, comes last, so that a start that was killed in between is completed by the next."""
    outlet = tomllib.loads((DATA / "outlet.toml").read_text(encoding="utf-8"))
    await load_menu_and_stock(ctx.db)
    tables = [(row["code"], row["name"], row["area"], int(row["seats"])) for row in _rows("tables.csv")]
    await ensure_tables(ctx, OUTLET, tables)
    async with ctx.db.transaction("staff") as tx:
        await ensure_outlet(tx, OUTLET, outlet.pop("name"), **outlet)
        for row in _rows("people.csv"):
            given = {name: value for name, value in row.items() if value}
            person = msgspec.convert(given, NewPerson)
            await ensure_person(tx, ctx.settings.secret_key, OUTLET, person)


def self_pairing(settings: Settings) -> SelfPairing:
    """The demo's own screens need no manager, where nothing but its machine can reach it."""
    if not settings.at_home:
        return SelfPairing()
    return SelfPairing(OUTLET, tuple((row["name"], row["pin"]) for row in _rows("people.csv")))


def _rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


async def credentials(ctx: Context) -> list[str]:
    """The demo people that are still in the database, with the PINs and passwords that they began with."""
    names = await person_names(ctx.db, OUTLET)
    lines = [
        f"  {row['name']:<16}{row['role']:<10}PIN {row['pin']}"
        + (f"   {row['username']} / {row['password']}" if row["password"] else "")
        for row in _rows("people.csv")
        if row["name"] in names
    ]
    return ["Demo people (change these before real use):", *lines] if lines else []
