"""A menu file, read and checked without a database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rasoi.menu.domain import ALLERGENS, DIETS, HIGHEST_PRICE_PAISE, ONLY_VARIANT, code_of
from rasoi.platform.sectioned_csv import Columns, Report, Row, hundredths, read_sections

SECTIONS = {
    "taxes": Columns(("code", "name", "prices", "rates"), ("hsn",)),
    "stations": Columns(("code", "name")),
    "categories": Columns(("code", "name"), ("name_hi",)),
    "groups": Columns(("code", "name", "min", "max"), needed=False),
    "modifiers": Columns(("group", "code", "name", "price"), needed=False),
    "items": Columns(
        ("code", "category", "name", "diet", "station", "tax", "price"),
        ("name_hi", "description", "allergens", "groups"),
    ),
}
RATE = re.compile(r"([A-Za-z][A-Za-z ]{0,19}?) +([0-9.]+)")
NONE = "none"
HSN = re.compile(r"[0-9]{4,8}")
RESTAURANT_SERVICE = "996331"  # the SAC of what is not told apart
Values = dict[str, Any]


@dataclass
class MenuFile:
    """What the file says, by code; a pair is (item, variant) or (group, modifier). Dicts keep the file's order."""

    taxes: dict[str, Values] = field(default_factory=dict)
    stations: dict[str, Values] = field(default_factory=dict)
    categories: dict[str, Values] = field(default_factory=dict)
    groups: dict[str, Values] = field(default_factory=dict)
    modifiers: dict[tuple[str, str], Values] = field(default_factory=dict)
    items: dict[str, Values] = field(default_factory=dict)
    variants: dict[tuple[str, str], Values] = field(default_factory=dict)


def parse(text: str, report: Report) -> MenuFile:
    """Read and check everything; all faults are noted in the report."""
    sections = read_sections(text, SECTIONS, report)
    menu = MenuFile()
    for row in sections["taxes"]:
        _put(menu.taxes, row, _code(row), _tax(row))
    for row in sections["stations"]:
        _put(menu.stations, row, _code(row), {"name": row.text("name", 80)})
    for row in sections["categories"]:
        hindi = row.text("name_hi", 80, needed=False) or None
        _put(menu.categories, row, _code(row), {"name": row.text("name", 80), "name_hi": hindi})
    for row in sections["groups"]:
        _put(menu.groups, row, _code(row), _group(row))
    for row in sections["modifiers"]:
        group = _known(row, "group", menu.groups)
        price = _price(row, row.text("price", 20))
        _put(
            menu.modifiers,
            row,
            (group, row.code("code")),
            {"name": row.text("name", 80), "price_paise": price},
        )
    for row in sections["groups"]:
        _check_size(row, sum(group == row.cells.get("code") for group, _ in menu.modifiers))
    for row in sections["items"]:
        _item(row, menu)
    return menu


def _code(row: Row) -> str:
    return row.code("code")


def _put(table: dict[Any, Values], row: Row, key: Any, values: Values) -> None:
    if key in table:
        row.fault(f"{'/'.join(key) if isinstance(key, tuple) else key} is there twice")
    table[key] = values


def _known(row: Row, column: str, table: Iterable[str]) -> str:
    value = row.text(column, 60)
    if value and value not in table:
        row.fault(f"{column} {value!r} is not in this file")
    return value


def _price(row: Row, text: str) -> int:
    paise = row.parsed("price", text, hundredths, "rupees such as 249.50")
    if paise > HIGHEST_PRICE_PAISE:
        row.fault(f"price {text} is above {HIGHEST_PRICE_PAISE // 100}")
    return paise


def _tax(row: Row) -> Values:
    """Rates read `CGST 2.5 + SGST 2.5`, in percent, or `none`; `VAT` is a state's, on liquor."""
    rates = row.text("rates", 100)
    components = []
    for part in [] if rates in ("", NONE) else rates.split("+"):
        match = RATE.fullmatch(part.strip())
        rate_bp = hundredths(match[2]) if match else None
        if match is None or rate_bp is None or rate_bp > 10_000:
            row.fault(f"rates must read like CGST 2.5 + SGST 2.5, not {rates!r}")
            break
        components.append({"name": match[1], "rate_bp": rate_bp})
    if len({component["name"] for component in components}) < len(components):
        row.fault("rates name the same tax twice")
    inclusive = row.choice("prices", ("exclusive", "inclusive")) == "inclusive"
    hsn = row.text("hsn", 8, needed=False) or RESTAURANT_SERVICE
    if not HSN.fullmatch(hsn):
        row.fault(f"hsn must be an HSN or SAC of 4 to 8 digits, not {hsn!r}")
    return {"name": row.text("name", 80), "inclusive": inclusive, "components": components, "hsn": hsn}


def _group(row: Row) -> Values:
    low, high = row.whole("min", 0, 50), row.whole("max", 1, 50)
    if low > high:
        row.fault(f"min {low} is more than max {high}")
    return {"name": row.text("name", 80), "min": low, "max": high}


def _check_size(row: Row, size: int) -> None:
    low = row.cells.get("min", "")
    if low.isascii() and low.isdigit() and int(low) > size:
        row.fault(f"min is {low}, but the group has only {size} modifiers")
    elif not size:
        row.fault("the group has no modifiers")


def _item(row: Row, menu: MenuFile) -> None:
    code = _code(row)
    allergens, groups = row.parts("allergens"), row.parts("groups")
    for allergen in allergens:
        if allergen not in ALLERGENS:
            row.fault(f"allergens must be of {', '.join(ALLERGENS)}, not {allergen!r}")
    for group in groups:
        if group not in menu.groups:
            row.fault(f"group {group!r} is not in this file")
    if len(set(groups)) < len(groups):
        row.fault("groups names one twice")
    values = {
        "category": _known(row, "category", menu.categories),
        "name": row.text("name", 80),
        "name_hi": row.text("name_hi", 80, needed=False) or None,
        "description": row.text("description", 300, needed=False),
        "diet": row.choice("diet", DIETS),
        "allergens": sorted(set(allergens)),
        "station": _known(row, "station", menu.stations),
        "tax_code": _known(row, "tax", menu.taxes),
        "groups": groups,
    }
    _put(menu.items, row, code, values)
    _variants(row, code, menu)


def _variants(row: Row, code: str, menu: MenuFile) -> None:
    """A price reads `249.50`, or `Half 249; Full 449` with the default first."""
    parts = row.parts("price")
    if not parts:
        row.fault("price is missing")
    for part in parts:
        name, _, price = part.rpartition(" ")
        name = name.strip() or ("Regular" if len(parts) == 1 else "")
        if not name:
            row.fault(f"each of several prices needs a name, as in Half 249; Full 449, not {part!r}")
            continue
        variant = ONLY_VARIANT if name == "Regular" else code_of(name)
        if not variant or len(name) > 80:
            row.fault(f"the variant {name!r} needs a name of Latin letters or digits, up to 80 of them")
        _put(menu.variants, row, (code, variant), {"name": name, "price_paise": _price(row, price)})
