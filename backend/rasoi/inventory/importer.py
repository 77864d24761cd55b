"""`rasoi import stock FILE`: make stock and recipes what the file says, or change nothing and list every fault.

Sectioned CSV, as for the menu. Levels are not touched: `opening` is booked once, for stock that is new.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from uuid import UUID

from rasoi.inventory import import_repository, repository, service
from rasoi.inventory.import_repository import Levels, RecipeKey, RecipeRow, StockRow
from rasoi.inventory.stock_file import StockEntry, StockFile, parse
from rasoi.menu import api as menu
from rasoi.platform.database import Database, Tx
from rasoi.platform.sectioned_csv import Report, read_text
from rasoi.settings import Settings
from rasoi.staff.api import first_outlet, outlet

Source = tuple[UUID, UUID | None]


def main(settings: Settings, path: Path, outlet_id: int | None) -> int:
    """Import into an outlet, the first where none is named, and print the report. Returns the exit status."""
    from rasoi.embedded import reachable_database

    report = Report()
    text = read_text(path, report)
    if not report.faults:
        with reachable_database(settings) as url:
            report = asyncio.run(_import_into(url, outlet_id, text))
    print("\n".join(report.lines(str(path))))
    return 1 if report.faults else 0


async def _import_into(url: str, outlet_id: int | None, text: str) -> Report:
    db = await Database.connect(url, size=2)
    try:
        found = await (first_outlet(db) if outlet_id is None else outlet(db, outlet_id))
        return await import_stock(db, found.id, text)
    finally:
        await db.close()


async def import_stock(db: Database, outlet_id: int, text: str) -> Report:
    """Check `text`, then write what differs in one transaction."""
    report = Report()
    file = parse(text, report)
    async with db.transaction("inventory") as tx:
        sources = await menu.sources(tx, outlet_id)
        current = await import_repository.lock_stock(tx, outlet_id)
        recipes = _resolve(file, sources, report)
        _check_changes(file, current, report)
        if report.faults:
            return report
        before = await import_repository.levels(tx, outlet_id)
        ids = await _write_stock(tx, outlet_id, file, current, report)
        names = {source: name for name, (source, _) in sources.items()}
        await _write_recipes(tx, outlet_id, recipes, ids, report, names)
        await _retire_stock(tx, outlet_id, file, current, report)
        await _emit_events(tx, outlet_id, before)
    return report


def _resolve(
    file: StockFile, sources: dict[str, Source], report: Report
) -> dict[tuple[UUID, str], RecipeRow]:
    """Recipes by source id and stock code. `item` stands for every variant that has no recipe of its own."""
    found: dict[tuple[UUID, str], RecipeRow] = {}
    for code, recipe in file.recipes.items():
        if code in sources:
            meant = {code: sources[code]}
        else:
            variants = {name: ids for name, ids in sources.items() if name.startswith(f"{code}/")}
            meant = {name: ids for name, ids in variants.items() if name not in file.recipes}
            if not variants:
                report.fault(recipe.line, f"for {code!r}: the menu has no such thing")
        for source_id, item_id in meant.values():
            found |= {(source_id, stock): RecipeRow(item_id, part) for stock, part in recipe.parts.items()}
    return found


def _check_changes(file: StockFile, current: dict[str, StockRow], report: Report) -> None:
    """What is on hand is counted in its unit, and what is promised is counted stock."""
    for code, entry in file.stock.items():
        row = current.get(code)
        if row and row.unit != entry.unit and row.on_hand_milli:
            report.fault(
                entry.line, f"unit of {code} is {row.unit}, and some is on hand: give the new unit a new code"
            )
        if row and row.reserved_milli and entry.kind == "estimated":
            report.fault(entry.line, f"{code} has open orders: make it estimated when they are done")


async def _write_stock(
    tx: Tx, outlet_id: int, file: StockFile, current: dict[str, StockRow], report: Report
) -> dict[str, UUID]:
    """Returns the ids by code."""
    ids = {code: row.id for code, row in current.items()}
    for code, entry in file.stock.items():
        row = current.get(code)
        if row is None:
            ids[code] = await import_repository.add_stock(tx, outlet_id, code, entry)
            if entry.opening_milli:
                await repository.add_movement(
                    tx, outlet_id, ids[code], "count", entry.opening_milli, "opening stock", None, None
                )
            report.added.append(f"stock {code}")
        elif not row.active or _fields(row) != _fields(entry):
            await import_repository.set_stock(tx, outlet_id, row.id, entry)
            (report.changed if row.active else report.added).append(f"stock {code}")
        else:
            report.unchanged += 1
    return ids


def _fields(stock: StockRow | StockEntry) -> tuple[str, str, str, int]:
    return (stock.name, stock.kind, stock.unit, stock.reorder_level_milli)


async def _write_recipes(
    tx: Tx,
    outlet_id: int,
    recipes: dict[tuple[UUID, str], RecipeRow],
    ids: dict[str, UUID],
    report: Report,
    names: dict[UUID, str],
) -> None:
    """A recipe counts as one entry, whatever number of parts differ."""
    current = await import_repository.recipes(tx, outlet_id)
    desired = {(source, ids[stock]): row for (source, stock), row in recipes.items()}
    before, after = _by_source(current), _by_source(desired)
    await import_repository.remove_recipes(tx, outlet_id, [key for key in current if key not in desired])
    await import_repository.put_recipes(
        tx, outlet_id, {k: row for k, row in desired.items() if current.get(k) != row}
    )
    for source, parts in after.items():
        if source not in before:
            report.added.append(f"recipe {names[source]}")
        elif before[source] != parts:
            report.changed.append(f"recipe {names[source]}")
        else:
            report.unchanged += 1
    report.removed += [
        f"recipe {names.get(s, 'of something not sold any more')}" for s in before if s not in after
    ]


def _by_source(recipes: dict[RecipeKey, RecipeRow]) -> dict[UUID, dict[UUID, RecipeRow]]:
    split: dict[UUID, dict[UUID, RecipeRow]] = defaultdict(dict)
    for (source, stock), row in recipes.items():
        split[source][stock] = row
    return split


async def _retire_stock(
    tx: Tx, outlet_id: int, file: StockFile, current: dict[str, StockRow], report: Report
) -> None:
    for code, row in current.items():
        if row.active and code not in file.stock:
            await import_repository.retire_stock(tx, outlet_id, row.id)
            report.removed.append(f"stock {code}")


async def _emit_events(tx: Tx, outlet_id: int, before: Levels) -> None:
    """Publish what can't be sold any more, what can again, and what has become low, by this import."""
    now = await import_repository.levels(tx, outlet_id)
    await service.set_event_context(tx)
    depleted, restocked = defaultdict(list), defaultdict(list)
    for stock, seller in sorted(now.unsellable - before.unsellable):
        depleted[stock].append(seller)
    for stock, seller in sorted(before.unsellable - now.unsellable):
        restocked[stock].append(seller)
    for stock, sellers in depleted.items():
        await repository.emit_event(tx, "depleted", outlet_id, stock, sellers)
    for stock, sellers in restocked.items():
        await repository.emit_event(tx, "restocked", outlet_id, stock, sellers)
    for stock in sorted(now.low - before.low - depleted.keys()):
        await repository.emit_event(tx, "low", outlet_id, stock, [])
