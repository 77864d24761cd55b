"""A stock file, read and checked without a database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rasoi.inventory.domain import HIGHEST_MILLI, KINDS, UNITS, milli
from rasoi.platform.sectioned_csv import CODE, Columns, Report, Row, read_sections

SECTIONS = {
    "stock": Columns(("code", "name", "kind", "unit", "reorder_level", "opening")),
    "recipes": Columns(("for", "uses"), needed=False),
}
SOURCE = re.compile(rf"({CODE.pattern}(/{CODE.pattern})?|\+{CODE.pattern}/{CODE.pattern})")


@dataclass(frozen=True)
class StockEntry:
    """`opening_milli` counts only for stock that is new: afterwards the ledger knows better."""

    line: int
    name: str
    kind: str
    unit: str
    reorder_level_milli: int
    opening_milli: int


@dataclass(frozen=True)
class Recipe:
    line: int
    parts: dict[str, int]


@dataclass
class StockFile:
    """What the file says: stock by code, recipes by `item`, `item/variant` or `+group/modifier`."""

    stock: dict[str, StockEntry] = field(default_factory=dict)
    recipes: dict[str, Recipe] = field(default_factory=dict)


def parse(text: str, report: Report) -> StockFile:
    """Read and check everything; all faults are noted in the report."""
    sections = read_sections(text, SECTIONS, report)
    file = StockFile()
    for row in sections["stock"]:
        code = row.code("code")
        if code in file.stock:
            row.fault(f"{code} is there twice")
        file.stock[code] = _stock(row)
    for row in sections["recipes"]:
        source = row.text("for", 125)
        if source and not SOURCE.fullmatch(source):
            row.fault(f"for must read item, item/variant or +group/modifier, not {source!r}")
        if source in file.recipes:
            row.fault(f"{source} is there twice")
        file.recipes[source] = Recipe(row.line, _parts(row, file))
    return file


def _stock(row: Row) -> StockEntry:
    return StockEntry(
        row.line,
        row.text("name", 80),
        row.choice("kind", KINDS),
        row.choice("unit", UNITS),
        _quantity(row, "reorder_level", row.text("reorder_level", 20)),
        _quantity(row, "opening", row.text("opening", 20)),
    )


def _quantity(row: Row, column: str, text: str) -> int:
    quantity = row.parsed(column, text, milli, "a quantity such as 1.25") if text else 0
    if quantity > HIGHEST_MILLI:
        row.fault(f"{column} {text} is too much")
    return quantity


def _parts(row: Row, file: StockFile) -> dict[str, int]:
    """Parts read `onion 0.08; butter 0.02`, in the units of the stock."""
    parts: dict[str, int] = {}
    for part in row.parts("uses"):
        stock, _, quantity = part.rpartition(" ")
        stock = stock.strip()
        if stock not in file.stock:
            row.fault(f"uses {stock or part!r}, which is not in this file")
        if stock in parts:
            row.fault(f"uses {stock} twice")
        parts[stock] = _quantity(row, "uses", quantity)
        if parts[stock] == 0:
            row.fault(f"uses none of {stock}")
    if not parts:
        row.fault("uses is missing")
    return parts
