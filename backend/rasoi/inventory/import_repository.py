"""SQL of the importer: stock and recipes as they are, and as the file wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rasoi.inventory.stock_file import StockEntry
from rasoi.platform.database import Tx

RecipeKey = tuple[UUID, UUID]


@dataclass(frozen=True)
class StockRow:
    id: UUID
    name: str
    kind: str
    unit: str
    reorder_level_milli: int
    on_hand_milli: int
    reserved_milli: int
    active: bool


@dataclass(frozen=True)
class RecipeRow:
    item_id: UUID | None
    quantity_milli: int


async def lock_stock(tx: Tx, outlet_id: int) -> dict[str, StockRow]:
    """All stock by code, locked in id order."""
    rows = await tx.fetch(
        """SELECT code, id, name, kind, unit, reorder_level_milli, on_hand_milli, reserved_milli, active
        FROM inventory.stock WHERE outlet_id = $1 ORDER BY id FOR UPDATE""",
        outlet_id,
    )
    return {code: StockRow(*values) for code, *values in (tuple(row.values()) for row in rows)}


async def add_stock(tx: Tx, outlet_id: int, code: str, entry: StockEntry) -> UUID:
    value: UUID = await tx.fetchval(
        """INSERT INTO inventory.stock (outlet_id, code, name, kind, unit, reorder_level_milli, on_hand_milli)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        outlet_id,
        code,
        entry.name,
        entry.kind,
        entry.unit,
        entry.reorder_level_milli,
        entry.opening_milli,
    )
    return value


async def set_stock(tx: Tx, outlet_id: int, stock_id: UUID, entry: StockEntry) -> None:
    await tx.execute(
        """UPDATE inventory.stock SET name = $3, kind = $4, unit = $5, reorder_level_milli = $6, active = true
        WHERE outlet_id = $1 AND id = $2""",
        outlet_id,
        stock_id,
        entry.name,
        entry.kind,
        entry.unit,
        entry.reorder_level_milli,
    )


async def retire_stock(tx: Tx, outlet_id: int, stock_id: UUID) -> None:
    await tx.execute(
        "UPDATE inventory.stock SET active = false WHERE outlet_id = $1 AND id = $2", outlet_id, stock_id
    )


async def recipes(tx: Tx, outlet_id: int) -> dict[RecipeKey, RecipeRow]:
    """Every part of every recipe, by (source, stock)."""
    sql = "SELECT source_id, stock_id, item_id, quantity_milli FROM inventory.recipe WHERE outlet_id = $1"
    return {
        (row["source_id"], row["stock_id"]): RecipeRow(row["item_id"], row["quantity_milli"])
        for row in await tx.fetch(sql, outlet_id)
    }


async def put_recipes(tx: Tx, outlet_id: int, parts: Mapping[RecipeKey, RecipeRow]) -> None:
    await tx.executemany(
        """INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, item_id, quantity_milli)
        SELECT $1, $2, $3, kind, $4, $5 FROM inventory.stock WHERE outlet_id = $1 AND id = $3
        ON CONFLICT (outlet_id, source_id, stock_id)
        DO UPDATE SET item_id = excluded.item_id, quantity_milli = excluded.quantity_milli""",
        [
            (outlet_id, source, stock, row.item_id, row.quantity_milli)
            for (source, stock), row in parts.items()
        ],
    )


async def remove_recipes(tx: Tx, outlet_id: int, keys: Sequence[RecipeKey]) -> None:
    await tx.executemany(
        "DELETE FROM inventory.recipe WHERE (outlet_id, source_id, stock_id) = ($1, $2, $3)",
        [(outlet_id, source, stock) for source, stock in keys],
    )


@dataclass(frozen=True)
class Levels:
    """`unsellable`: (stock, seller) where counted stock does not suffice for one portion; a seller is an item or a
    modifier. `low`: stock at its reorder level or below."""

    unsellable: set[tuple[UUID, UUID]]
    low: set[UUID]


async def levels(tx: Tx, outlet_id: int) -> Levels:
    """What can't be sold now, and what should be bought."""
    unsellable = await tx.fetch(
        """SELECT s.id, coalesce(r.item_id, r.source_id) AS seller FROM inventory.stock s
        JOIN inventory.recipe r ON (r.outlet_id, r.stock_id) = (s.outlet_id, s.id)
        WHERE s.outlet_id = $1 AND s.kind = 'counted'
        GROUP BY s.outlet_id, s.id, seller HAVING min(r.quantity_milli) > s.on_hand_milli - s.reserved_milli""",
        outlet_id,
    )
    low = await tx.fetch(
        """SELECT id FROM inventory.stock
        WHERE outlet_id = $1 AND active AND on_hand_milli - reserved_milli <= reorder_level_milli""",
        outlet_id,
    )
    return Levels({(row["id"], row["seller"]) for row in unsellable}, {row["id"] for row in low})
