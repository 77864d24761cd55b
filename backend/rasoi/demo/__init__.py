"""Demo data: a real restaurant in files that an owner could edit, loaded by the importers."""

from __future__ import annotations

from pathlib import Path

from rasoi.platform.database import Database

DATA = Path(__file__).parent
OUTLET = 1


async def load_menu_and_stock(db: Database) -> None:
    """Import the demo menu, then stock with recipes that name it."""
    from rasoi.inventory.importer import import_stock  # only while it is loaded: they are large
    from rasoi.menu.importer import import_menu

    for load, name in ((import_menu, "menu.csv"), (import_stock, "stock.csv")):
        report = await load(db, OUTLET, (DATA / name).read_text(encoding="utf-8"))
        if report.faults:
            raise ValueError("\n".join(report.lines(name)))
