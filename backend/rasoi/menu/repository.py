"""The menu's SQL, one function per question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from rasoi.menu.schemas import CategoryFacts, GroupView, ItemFacts, StationView
from rasoi.platform.database import Database, Record, Tx


class ItemRow(ItemFacts, frozen=True, kw_only=True):
    """`groups` are the ids of the modifier groups that it offers."""

    category_id: UUID
    stock_out: bool
    groups: list[UUID]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What `menu.read_snapshot` says: everything active, in the order of the menu."""

    version: int
    revision: int
    stations: list[StationView]
    tax_classes: dict[str, dict[str, Any]]
    groups: list[GroupView]
    categories: list[CategoryFacts]
    items: list[ItemRow]


async def document(conn: Database | Tx, outlet_id: int) -> Document:
    text = await conn.fetchval("SELECT menu.read_snapshot($1)::text", outlet_id)
    return msgspec.json.decode(text, type=Document)


async def state(conn: Database | Tx, outlet_id: int) -> tuple[int, int]:
    """Version and availability revision: a menu that was encoded at these is still right."""
    row = await conn.fetchrow(
        "SELECT version, revision FROM menu.outlet_menu WHERE outlet_id = $1", outlet_id
    )
    return (row["version"], row["revision"]) if row else (0, 0)


async def lock_menu(tx: Tx, outlet_id: int) -> None:
    """Edits of one outlet's menu wait for each other here."""
    sql = "INSERT INTO menu.outlet_menu (outlet_id) VALUES ($1) ON CONFLICT (outlet_id) DO NOTHING"
    await tx.execute(sql, outlet_id)
    await tx.execute("SELECT FROM menu.outlet_menu WHERE outlet_id = $1 FOR UPDATE", outlet_id)


async def bump_version(tx: Tx, outlet_id: int) -> tuple[int, int]:
    """Make a new version; returns (version, event version)."""
    row = await tx.fetchrow(
        """UPDATE menu.outlet_menu SET version = version + 1, event_version = event_version + 1
        WHERE outlet_id = $1 RETURNING version, event_version""",
        outlet_id,
    )
    return row["version"], row["event_version"]


async def stations(tx: Tx, outlet_id: int) -> list[Record]:
    """Code and name of each station in use."""
    sql = "SELECT code, name FROM menu.station WHERE outlet_id = $1 AND active ORDER BY position, code"
    return await tx.fetch(sql, outlet_id)  # type: ignore[no-any-return]


async def bump_revision(tx: Tx, outlet_id: int) -> None:
    """Availability changed: cached menus are stale."""
    await tx.execute("UPDATE menu.outlet_menu SET revision = revision + 1 WHERE outlet_id = $1", outlet_id)


async def set_item_available(tx: Tx, outlet_id: int, item_id: UUID, available: bool) -> Record | None:
    """The item after the change, with `changed`: whether guests see a difference. None when there is no such item."""
    return await tx.fetchrow(
        """UPDATE menu.item AS i SET available = $3,
          version = version + ((available AND NOT stock_out) IS DISTINCT FROM ($3 AND NOT stock_out))::int
        WHERE outlet_id = $1 AND id = $2 AND active
        RETURNING id, name, menu.sellable(i) AS sellable, version, stock_out,
          new.version > old.version AS changed""",
        outlet_id,
        item_id,
        available,
    )


async def set_modifier_available(tx: Tx, outlet_id: int, modifier_id: UUID, available: bool) -> str | None:
    """The modifier's name; None when there is no such one."""
    sql = "UPDATE menu.modifier SET available = $3 WHERE outlet_id = $1 AND id = $2 AND active RETURNING name"
    return await tx.fetchval(sql, outlet_id, modifier_id, available)  # type: ignore[no-any-return]


async def bump_items_of_modifiers(tx: Tx, outlet_id: int, modifier_ids: Sequence[UUID]) -> list[Record]:
    """The items that offer these modifiers, each with its next version."""
    return list(
        await tx.fetch(
            """UPDATE menu.item i SET version = version + 1 WHERE outlet_id = $1 AND active AND id IN (
              SELECT l.item_id FROM menu.item_modifier_group l
              JOIN menu.modifier m ON (m.outlet_id, m.group_id) = (l.outlet_id, l.group_id)
              WHERE l.outlet_id = $1 AND m.id = ANY ($2))
            RETURNING id, name, menu.sellable(i) AS sellable, version, stock_out""",
            outlet_id,
            modifier_ids,
        )
    )


async def hold(tx: Tx, outlet_id: int, stock_id: UUID, source_ids: Sequence[UUID]) -> None:
    await tx.execute(
        """INSERT INTO menu.held_back (outlet_id, source_id, stock_id)
        SELECT $1, source, $2 FROM unnest($3::uuid[]) AS source ON CONFLICT DO NOTHING""",
        outlet_id,
        stock_id,
        source_ids,
    )


async def release(tx: Tx, outlet_id: int, stock_id: UUID, source_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "DELETE FROM menu.held_back WHERE outlet_id = $1 AND stock_id = $2 AND source_id = ANY ($3)",
        outlet_id,
        stock_id,
        source_ids,
    )


async def apply_holds(tx: Tx, outlet_id: int, item_ids: Sequence[UUID]) -> list[Record]:
    """Set the items' `stock_out` from what holds them back; returns those whose availability changed by it."""
    return list(
        await tx.fetch(
            """WITH changed AS (
              UPDATE menu.item i SET stock_out = NOT i.stock_out, version = version + i.available::int
              WHERE outlet_id = $1 AND id = ANY ($2) AND i.stock_out <> EXISTS (
                SELECT FROM menu.held_back h WHERE (h.outlet_id, h.source_id) = (i.outlet_id, i.id))
              RETURNING id, name, available, menu.sellable(i) AS sellable, version, stock_out)
            SELECT * FROM changed WHERE available ORDER BY id""",
            outlet_id,
            item_ids,
        )
    )


async def apply_holds_to_modifiers(tx: Tx, outlet_id: int, modifier_ids: Sequence[UUID]) -> list[UUID]:
    """The same for modifiers; returns those that changed."""
    rows = await tx.fetch(
        """UPDATE menu.modifier m SET stock_out = NOT m.stock_out
        WHERE outlet_id = $1 AND id = ANY ($2) AND m.stock_out <> EXISTS (
          SELECT FROM menu.held_back h WHERE (h.outlet_id, h.source_id) = (m.outlet_id, m.id))
        RETURNING id""",
        outlet_id,
        modifier_ids,
    )
    return [row["id"] for row in rows]


async def references(tx: Tx, outlet_id: int) -> dict[str, set[Any]]:
    """What a new or changed item may name."""
    row = await tx.fetchrow(
        """SELECT
          (SELECT coalesce(array_agg(id), '{}') FROM menu.category WHERE outlet_id = $1 AND active) AS category_id,
          (SELECT coalesce(array_agg(code), '{}') FROM menu.station WHERE outlet_id = $1 AND active) AS station,
          (SELECT coalesce(array_agg(DISTINCT code), '{}') FROM menu.tax_class WHERE outlet_id = $1) AS tax_code,
          (SELECT coalesce(array_agg(id), '{}') FROM menu.modifier_group WHERE outlet_id = $1 AND active) AS group_id""",
        outlet_id,
    )
    return {name: set(values) for name, values in row.items()}


async def update_item(tx: Tx, outlet_id: int, item_id: UUID, values: dict[str, Any]) -> str | None:
    """Change the named columns; the names are those of a request struct, never a caller's text. Returns what the item was
    called before, None when there is no such one."""
    columns = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 3))
    sql = f"UPDATE menu.item SET {columns} WHERE outlet_id = $1 AND id = $2 AND active RETURNING old.name"
    return await tx.fetchval(sql, outlet_id, item_id, *values.values())  # type: ignore[no-any-return]


async def set_price(tx: Tx, outlet_id: int, variant_id: UUID, price_paise: int) -> Record | None:
    """The variant with its price before, or None when there is no such variant."""
    return await tx.fetchrow(
        """UPDATE menu.variant v SET price_paise = $3 FROM menu.item i
        WHERE v.outlet_id = $1 AND v.id = $2 AND v.active AND (i.outlet_id, i.id) = (v.outlet_id, v.item_id) AND i.active
        RETURNING v.id, v.item_id, i.name AS item, v.name, old.price_paise AS before, new.price_paise AS after""",
        outlet_id,
        variant_id,
        price_paise,
    )


async def add_category(tx: Tx, outlet_id: int, code: str, name: str, name_hi: str | None) -> UUID | None:
    """The new category's id, or None when the code is taken."""
    value: UUID | None = await tx.fetchval(
        """INSERT INTO menu.category (outlet_id, code, name, name_hi, position)
        VALUES ($1, $2, $3, $4, (SELECT coalesce(max(position), 0) + 1 FROM menu.category WHERE outlet_id = $1))
        ON CONFLICT (outlet_id, code) DO NOTHING RETURNING id""",
        outlet_id,
        code,
        name,
        name_hi,
    )
    return value


async def add_item(tx: Tx, outlet_id: int, values: dict[str, Any]) -> UUID | None:
    """The new item's id, or None when the code is taken."""
    names, marks = ", ".join(values), ", ".join(f"${number}" for number in range(2, len(values) + 2))
    value: UUID | None = await tx.fetchval(
        f"""INSERT INTO menu.item (outlet_id, {names}, position)
        VALUES ($1, {marks}, (SELECT coalesce(max(position), 0) + 1 FROM menu.item WHERE outlet_id = $1))
        ON CONFLICT (outlet_id, code) DO NOTHING RETURNING id""",
        outlet_id,
        *values.values(),
    )
    return value


async def add_variants(
    tx: Tx, outlet_id: int, item_id: UUID, variants: Sequence[tuple[str, str, int]]
) -> None:
    """`variants`: (code, name, price in paise), in the order of the menu."""
    await tx.executemany(
        """INSERT INTO menu.variant (outlet_id, item_id, position, code, name, price_paise)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        [(outlet_id, item_id, position, *variant) for position, variant in enumerate(variants)],
    )


async def link_groups(tx: Tx, outlet_id: int, item_id: UUID, group_ids: Sequence[UUID]) -> None:
    await tx.executemany(
        "INSERT INTO menu.item_modifier_group (outlet_id, item_id, group_id, position) VALUES ($1, $2, $3, $4)",
        [(outlet_id, item_id, group_id, position) for position, group_id in enumerate(group_ids)],
    )


async def sources(conn: Database | Tx, outlet_id: int) -> dict[str, tuple[UUID, UUID | None]]:
    """What is sold, by code: (variant or modifier, its item; none for a modifier)."""
    rows = await conn.fetch("SELECT code, source_id, item_id FROM menu.read_sources($1)", outlet_id)
    return {row["code"]: (row["source_id"], row["item_id"]) for row in rows}


async def unavailable(conn: Database) -> list[Any]:
    """How many active items of each outlet can't be had, for want of stock or because staff said so."""
    return await conn.fetch(  # type: ignore[no-any-return]
        """SELECT outlet_id, CASE WHEN stock_out THEN 'stock' ELSE 'staff' END AS reason, count(*)::float8 AS count
        FROM menu.item WHERE (NOT active OR NOT available OR stock_out) AND active GROUP BY 1, 2"""
    )
