"""What an empty database is filled with."""

from __future__ import annotations

import tomllib

import msgspec

from rasoi.demo import DATA, OUTLET, load_menu_and_stock
from rasoi.demo.people import rows
from rasoi.orders.tables import ensure_tables
from rasoi.platform.context import Context
from rasoi.staff.api import any_outlet
from rasoi.staff.repository import note_public
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
    tables = [(row["code"], row["name"], row["area"], int(row["seats"])) for row in rows("tables.csv")]
    await ensure_tables(ctx, OUTLET, tables)
    async with ctx.db.transaction("staff") as tx:
        await ensure_outlet(tx, OUTLET, outlet.pop("name"), **outlet)
        for row in rows("people.csv"):
            given = {name: value for name, value in row.items() if value}
            person = msgspec.convert(given, NewPerson)
            await ensure_person(tx, ctx.settings.pin_key, OUTLET, person)
        await note_public(tx, OUTLET)
