"""SQL of the importer: any table of the menu as rows with a key, values, a position and `active`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rasoi.platform.database import Tx

Key = tuple[Any, ...]


@dataclass(frozen=True)
class StoredRow:
    values: dict[str, Any]
    position: int
    active: bool


async def stored_rows(
    tx: Tx, outlet_id: int, table: str, keys: Sequence[str], columns: Sequence[str]
) -> dict[Key, StoredRow]:
    """What is there, by key. Table and column names are the importer's own."""
    names = ", ".join([*keys, *columns, "position", "active"])
    rows = await tx.fetch(
        f"SELECT {names} FROM menu.{table} WHERE outlet_id = $1 ORDER BY position", outlet_id
    )
    found = {}
    for row in rows:
        values = {column: row[column] for column in columns}
        found[tuple(row[key] for key in keys)] = StoredRow(values, row["position"], row["active"])
    return found


async def row_ids(tx: Tx, outlet_id: int, table: str, keys: Sequence[str]) -> dict[Key, Any]:
    """Ids by key; a station is known by its code."""
    names = ", ".join([*keys, "code AS id" if table == "station" else "id"])
    rows = await tx.fetch(f"SELECT {names} FROM menu.{table} WHERE outlet_id = $1", outlet_id)
    return {tuple(row[key] for key in keys): row["id"] for row in rows}


async def insert_row(tx: Tx, outlet_id: int, table: str, values: dict[str, Any], position: int) -> None:
    names = ", ".join(values)
    marks = ", ".join(f"${number}" for number in range(3, len(values) + 3))
    sql = f"INSERT INTO menu.{table} (outlet_id, position, {names}) VALUES ($1, $2, {marks})"
    await tx.execute(sql, outlet_id, position, *values.values())


async def update_row(
    tx: Tx, outlet_id: int, table: str, key: dict[str, Any], values: dict[str, Any], position: int
) -> None:
    marks = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 3))
    found = " AND ".join(f"{name} = ${number}" for number, name in enumerate(key, 3 + len(values)))
    sql = f"UPDATE menu.{table} SET active = true, position = $2, {marks} WHERE outlet_id = $1 AND {found}"
    await tx.execute(sql, outlet_id, position, *values.values(), *key.values())


async def deactivate_row(tx: Tx, outlet_id: int, table: str, key: dict[str, Any]) -> None:
    found = " AND ".join(f"{name} = ${number}" for number, name in enumerate(key, 2))
    await tx.execute(
        f"UPDATE menu.{table} SET active = false WHERE outlet_id = $1 AND {found}", outlet_id, *key.values()
    )


async def latest_taxes(tx: Tx, outlet_id: int) -> dict[str, tuple[int, dict[str, Any]]]:
    """The newest version of each tax class."""
    rows = await tx.fetch(
        """SELECT DISTINCT ON (code) code, version, name, inclusive, components, hsn FROM menu.tax_class
        WHERE outlet_id = $1 ORDER BY code, version DESC""",
        outlet_id,
    )
    columns = ("name", "inclusive", "components", "hsn")
    return {row["code"]: (row["version"], {column: row[column] for column in columns}) for row in rows}


async def add_tax(tx: Tx, outlet_id: int, code: str, version: int, values: dict[str, Any]) -> None:
    await tx.execute(
        """INSERT INTO menu.tax_class (outlet_id, code, version, name, inclusive, components, hsn)
        VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        outlet_id,
        code,
        version,
        values["name"],
        values["inclusive"],
        values["components"],
        values["hsn"],
    )


async def group_links(tx: Tx, outlet_id: int) -> dict[UUID, list[UUID]]:
    """The groups that each item offers, in order."""
    rows = await tx.fetch(
        """SELECT item_id, array_agg(group_id ORDER BY position) AS groups FROM menu.item_modifier_group
        WHERE outlet_id = $1 GROUP BY item_id""",
        outlet_id,
    )
    return {row["item_id"]: row["groups"] for row in rows}


async def unlink_groups(tx: Tx, outlet_id: int, item_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM menu.item_modifier_group WHERE outlet_id = $1 AND item_id = $2", outlet_id, item_id
    )
