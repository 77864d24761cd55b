"""Whatever the platform records in the audit log, the manager's page has words for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import rasoi
from rasoi.inventory.domain import CORRECTIONS
from rasoi.kitchen.service import ANSWERS

BACKEND = Path(rasoi.__file__).parent
WORDS = BACKEND.parents[1] / "kds_frontend" / "src" / "manage" / "audit-words.ts"
ENDINGS = {
    "inventory.": CORRECTIONS,
    "sitting.": ("admitted", "refused"),
    "order.": ANSWERS,
    "offer.": ("changed", "paused", "resumed", "ended"),
    "shift.cash_": ("in", "out"),
}  # of names that are put together


def recorded() -> Iterator[str]:
    """The actions that the code gives to `audit`, `audit_as` and `audit_job`."""
    for path in BACKEND.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name not in ("audit", "audit_as", "audit_job"):
                continue
            action = call.args[2]
            if isinstance(action, ast.JoinedStr):
                beginning = ast.literal_eval(action.values[0])
                yield from (beginning + ending for ending in ENDINGS[beginning])
            else:
                yield ast.literal_eval(action)


def test_every_action_has_words() -> None:
    known = set(re.findall(r"^  '([a-z_.]+)': '", WORDS.read_text(), re.MULTILINE))
    assert set(recorded()) == known
