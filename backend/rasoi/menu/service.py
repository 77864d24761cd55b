"""What managers, waiters and cooks do to the menu."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts.menu import AvailabilityChanged, MenuRepublished, StationName
from rasoi.menu import repository
from rasoi.menu.domain import ONLY_VARIANT, CodeTaken, UnknownItem, UnknownReference, code_of
from rasoi.menu.schemas import Availability, ItemChange, NewCategory, NewItem, NewVariant
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Record, Tx
from rasoi.platform.problems import Unprocessable
from rasoi.staff import api as staff


def announce(tx: Tx, outlet_id: int, items: Iterable[Record], reason: str | None) -> None:
    """Emit what can be had now. The rows are locked by this transaction."""
    for row in items:
        changed = AvailabilityChanged(
            item_id=row["id"],
            name=row["name"],
            available=row["sellable"],
            reason=reason,
            remaining=0 if row["stock_out"] else None,
        )
        tx.emit(changed, subject=str(row["id"]), outlet_id=outlet_id, version=row["version"])


async def publish(tx: Tx, outlet_id: int) -> None:
    """Prices, names, taxes or groups changed: earlier snapshots are stale."""
    version, event_version = await repository.bump_version(tx, outlet_id)
    stations = [StationName(**row) for row in await repository.stations(tx, outlet_id)]
    changed = MenuRepublished(menu_version=version, stations=stations)
    tx.emit(changed, subject=f"outlet:{outlet_id}", outlet_id=outlet_id, version=event_version)


async def set_availability(ctx: Context, who: Principal, item_id: UUID, wanted: Availability) -> Availability:
    """86 an item, or bring it back. Saying the same twice changes nothing more."""
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        row = await repository.set_item_available(tx, who.outlet_id, item_id, wanted.available)
        if row is None:
            raise UnknownItem("There is no such item on this menu.")
        if row["changed"]:
            announce(tx, who.outlet_id, [row], "staff")
        await repository.bump_revision(tx, who.outlet_id)
        detail = {"dish": row["name"]} | msgspec.to_builtins(wanted)
        await staff.audit(tx, who, "menu.availability", str(item_id), detail)
    return wanted


async def set_modifier_availability(
    ctx: Context, who: Principal, modifier_id: UUID, wanted: Availability
) -> Availability:
    """86 a modifier, or bring it back; the items that offer it are announced."""
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        name = await repository.set_modifier_available(tx, who.outlet_id, modifier_id, wanted.available)
        if name is None:
            raise UnknownItem("There is no such choice on this menu.")
        items = await repository.bump_items_of_modifiers(tx, who.outlet_id, [modifier_id])
        announce(tx, who.outlet_id, items, "choice")
        await repository.bump_revision(tx, who.outlet_id)
        detail = {"choice": name} | msgspec.to_builtins(wanted)
        await staff.audit(tx, who, "menu.availability", str(modifier_id), detail)
    return wanted


async def change_item(ctx: Context, who: Principal, item_id: UUID, change: ItemChange) -> None:
    """Change what is said about an item; a new version of the menu."""
    values = {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET
    }
    if not values:
        raise Unprocessable("Nothing to change was named.")
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        await _check_references(tx, who.outlet_id, values)
        name = await repository.update_item(tx, who.outlet_id, item_id, values)
        if name is None:
            raise UnknownItem("There is no such item on this menu.")
        await publish(tx, who.outlet_id)
        await staff.audit(tx, who, "menu.item", str(item_id), {"dish": name} | msgspec.to_builtins(values))


async def change_price(ctx: Context, who: Principal, variant_id: UUID, price_paise: int) -> Record:
    """Set a variant's price; returns it with its price before."""
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        row = await repository.set_price(tx, who.outlet_id, variant_id, price_paise)
        if row is None:
            raise UnknownItem("There is no such variant on this menu.")
        if row["before"] != row["after"]:
            await publish(tx, who.outlet_id)
            detail = {
                "dish": row["item"],
                "portion": row["name"],
                "before_paise": row["before"],
                "after_paise": row["after"],
            }
            await staff.audit(tx, who, "menu.price", str(variant_id), detail)
    return row


async def add_category(ctx: Context, who: Principal, new: NewCategory) -> UUID:
    code = _code(new.code, new.name)
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        category_id = await repository.add_category(tx, who.outlet_id, code, new.name, new.name_hi)
        if category_id is None:
            raise CodeTaken(f"The menu already has a category with the code {code}.")
        await publish(tx, who.outlet_id)
        await staff.audit(tx, who, "menu.category", str(category_id), {"name": new.name})
    return category_id


async def add_item(ctx: Context, who: Principal, new: NewItem) -> UUID:
    values = msgspec.structs.asdict(new) | {"code": _code(new.code, new.name)}
    group_ids, variants = list(dict.fromkeys(values.pop("group_ids"))), _variants(values.pop("variants"))
    async with ctx.db.transaction("menu") as tx:
        await repository.lock_menu(tx, who.outlet_id)
        await _check_references(tx, who.outlet_id, values | {"group_id": group_ids})
        item_id = await repository.add_item(tx, who.outlet_id, values)
        if item_id is None:
            raise CodeTaken(f"The menu already has an item with the code {values['code']}.")
        await repository.add_variants(tx, who.outlet_id, item_id, variants)
        await repository.link_groups(tx, who.outlet_id, item_id, group_ids)
        await publish(tx, who.outlet_id)
        await staff.audit(tx, who, "menu.item_added", str(item_id), {"name": new.name})
    return item_id


def _code(given: str | None, name: str) -> str:
    code = given or code_of(name)
    if not code:
        raise Unprocessable("A name without Latin letters or digits needs a code of its own.")
    return code


def _variants(variants: Sequence[NewVariant]) -> list[tuple[str, str, int]]:
    if len(variants) == 1:
        return [(code_of(variants[0].name) or ONLY_VARIANT, variants[0].name, variants[0].price_paise)]
    rows = [(_code(None, one.name), one.name, one.price_paise) for one in variants]
    if len({code for code, _, _ in rows}) < len(rows):
        raise Unprocessable("Two variants have the same name.")
    return rows


async def _check_references(tx: Tx, outlet_id: int, values: dict[str, Any]) -> None:
    """Every category, station, tax class and group that is named must be there."""
    known = await repository.references(tx, outlet_id)
    for name in known.keys() & values.keys():
        for value in values[name] if isinstance(values[name], list) else [values[name]]:
            if value not in known[name]:
                raise UnknownReference(
                    f"{name}: the menu has no {value}.", errors=[{"path": name, "reason": "unknown"}]
                )
