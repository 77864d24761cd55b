"""`rasoi import menu FILE`: make the menu what the file says, or change nothing and list every fault.

Sectioned CSV: owners edit it in a spreadsheet, and faults name lines. What the file lacks becomes inactive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasoi.menu import import_repository, repository, service
from rasoi.menu.import_repository import Key
from rasoi.menu.menu_file import MenuFile, Values, parse
from rasoi.platform.database import Database, Tx
from rasoi.platform.sectioned_csv import Report, read_text
from rasoi.settings import Settings
from rasoi.staff.api import first_outlet, outlet

Desired = dict[Key, tuple[str, Values]]


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
        return await import_menu(db, found.id, text)
    finally:
        await db.close()


async def import_menu(db: Database, outlet_id: int, text: str) -> Report:
    """Check `text`, then write what differs in one transaction."""
    report = Report()
    menu = parse(text, report)
    if report.faults:
        return report
    async with db.transaction("menu") as tx:
        await repository.lock_menu(tx, outlet_id)
        sync = _Sync(tx, outlet_id, report)
        await sync.menu(menu)
        if report.differs or sync.moved:
            await service.publish(tx, outlet_id)
    return report


class _Sync:
    """Writes the differences between the file and the tables. `moved`: something stands in another place."""

    def __init__(self, tx: Tx, outlet_id: int, report: Report) -> None:
        self.tx = tx
        self.outlet_id = outlet_id
        self.report = report
        self.moved = False

    async def menu(self, menu: MenuFile) -> None:
        await self.taxes(menu)
        await self.table("station", ("code",), _by_code("station", menu.stations))
        categories = await self.table("category", ("code",), _by_code("category", menu.categories))
        groups = await self.table("modifier_group", ("code",), _by_code("group", menu.groups))
        modifiers = {
            (groups[(group,)], code): (f"modifier {group}/{code}", values)
            for (group, code), values in menu.modifiers.items()
        }
        await self.table("modifier", ("group_id", "code"), modifiers, groups)
        items = {}
        for code, values in menu.items.items():
            columns = {name: value for name, value in values.items() if name not in ("category", "groups")}
            items[(code,)] = (f"item {code}", columns | {"category_id": categories[(values["category"],)]})
        item_ids = await self.table("item", ("code",), items)
        variants = {
            (item_ids[(item,)], code): (f"variant {item}/{code}", values)
            for (item, code), values in menu.variants.items()
        }
        await self.table("variant", ("item_id", "code"), variants, item_ids)
        await self.links(menu, item_ids, groups)

    async def taxes(self, menu: MenuFile) -> None:
        """A tax class that differs gets another version; one that is gone stays for the lines that name it."""
        latest = await import_repository.latest_taxes(self.tx, self.outlet_id)
        for code, values in menu.taxes.items():
            version, before = latest.get(code, (0, None))
            self.count(f"tax {code}", before, values)
            if before != values:
                await import_repository.add_tax(self.tx, self.outlet_id, code, version + 1, values)

    async def table(
        self, table: str, keys: tuple[str, ...], desired: Desired, parents: Mapping[Key, Any] | None = None
    ) -> dict[Key, Any]:
        """Make one table say what is desired. Returns the ids by key (a station's key is its id)."""
        parent_codes = {parent_id: code for (code,), parent_id in (parents or {}).items()}
        columns = list(next(iter(desired.values()))[1]) if desired else []
        current = await import_repository.stored_rows(self.tx, self.outlet_id, table, keys, columns)
        for position, (key, (label, values)) in enumerate(desired.items()):
            row = current.get(key)
            before = row.values if row and row.active else None
            self.count(label, before, values)
            if row is None:
                await import_repository.insert_row(
                    self.tx, self.outlet_id, table, dict(zip(keys, key, strict=True)) | values, position
                )
            elif before != values or row.position != position:
                self.moved = True
                entry = dict(zip(keys, key, strict=True))
                await import_repository.update_row(self.tx, self.outlet_id, table, entry, values, position)
        gone = [key for key, row in current.items() if row.active and key not in desired]
        for key in gone:
            await import_repository.deactivate_row(
                self.tx, self.outlet_id, table, dict(zip(keys, key, strict=True))
            )
            path = "/".join(str(parent_codes.get(part, part)) for part in key)
            self.report.removed.append(f"{table.removeprefix('modifier_')} {path}")
        return await import_repository.row_ids(self.tx, self.outlet_id, table, keys)

    async def links(self, menu: MenuFile, items: dict[Any, Any], groups: dict[Any, Any]) -> None:
        """Which groups an item offers, in order."""
        current = await import_repository.group_links(self.tx, self.outlet_id)
        for code, values in menu.items.items():
            item_id, wanted = items[(code,)], [groups[(group,)] for group in values["groups"]]
            if current.get(item_id, []) == wanted:
                continue
            if f"item {code}" not in self.report.added + self.report.changed:
                self.report.changed.append(f"item {code}")
                self.report.unchanged -= 1
            await import_repository.unlink_groups(self.tx, self.outlet_id, item_id)
            await repository.link_groups(self.tx, self.outlet_id, item_id, wanted)

    def count(self, label: str, before: Values | None, after: Values) -> None:
        if before is None:
            self.report.added.append(label)
        elif before != after:
            self.report.changed.append(label)
        else:
            self.report.unchanged += 1


def _by_code(label: str, table: dict[str, Values]) -> Desired:
    return {(code,): (f"{label} {code}", values) for code, values in table.items()}
