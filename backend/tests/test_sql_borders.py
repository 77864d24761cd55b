"""No room calls another room's SQL as text: what it wants to know, it asks through that room's api.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rasoi.app import ROOMS

RASOI = Path(__file__).parents[1] / "rasoi"
SCHEMAS = frozenset(room.name for room in ROOMS)
STATEMENT = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|FROM|JOIN|CALL|LOCK)\b")
NAMED = re.compile(rf"\b({'|'.join(sorted(SCHEMAS))})\.[a-z_]+")


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the constants that only document."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def foreign_sql(source: str, own: str | None) -> Iterator[tuple[int, str]]:
    """Line and name of each table or function of another room that SQL in this source names."""
    tree = ast.parse(source)
    ignored = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ignored:
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        else:
            continue
        if STATEMENT.search(text):
            yield from ((node.lineno, name[0]) for name in NAMED.finditer(text) if name[1] != own)


def test_no_sql_names_another_rooms_tables_or_functions() -> None:
    found = set()
    for path in sorted(RASOI.rglob("*.py")):
        package = path.relative_to(RASOI).parts[0]
        own = package if package in SCHEMAS else None
        found |= {
            f"{path.relative_to(RASOI)}:{line}: {name}" for line, name in foreign_sql(path.read_text(), own)
        }
    assert not found, "ask the other room's api.py"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('conn.fetchval("SELECT staff.business_day($1)", 1)', ["staff.business_day"]),
        ('conn.fetch(f"SELECT {what} FROM menu.item JOIN orders.line ON {x}")', ["menu.item"]),
        ('"""SELECT kitchen.board"""', []),
        ('raise NotFound("The menu.item was not found")', []),
        ('SQL = """UPDATE kitchen.ticket\nSET state = 1"""', ["kitchen.ticket"]),
    ],
)
def test_the_check_finds_them(source: str, names: list[str]) -> None:
    assert sorted({name for _, name in foreign_sql(source, "orders")}) == names
