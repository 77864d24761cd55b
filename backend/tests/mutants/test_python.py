"""The faults planted in Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutants.areas import AREAS, BACKEND
from mutants.python import mutants

SOURCE = '''
TABLE = {"a": 1, "b": True}
LEASE_S = 2.5

class Till:
    open: bool = False

    def give(self, paise: int | None, at: int = 3) -> str:
        """A docstring is left alone."""
        log.info("left alone", paise=1)
        if paise is None or paise <= 0:
            raise ValueError(f"{paise + 1}")
        self.count += 1
        self.tell(paise)
        return "big" if paise in ("x", "y") else "small"
'''


def changes(source: str) -> list[tuple[str, str, str]]:
    return [(found.scope, found.before, found.after) for found in mutants("some.py", source.encode())]


def test_each_fault_is_planted_once() -> None:
    test = "if paise is None or paise <= 0:"
    answer = 'return "big" if paise in ("x", "y") else "small"'
    wanted = [
        ("", 'TABLE = {"a": 1, "b": True}', "TABLE = {'a': 1}"),
        ("", 'TABLE = {"a": 1, "b": True}', "TABLE = {'b': True}"),
        ("", 'TABLE = {"a": 1, "b": True}', 'TABLE = {"a": 2, "b": True}'),
        ("", 'TABLE = {"a": 1, "b": True}', 'TABLE = {"a": 1, "b": False}'),
        ("", "LEASE_S = 2.5", "LEASE_S = 25.0"),
        ("Till", "open: bool = False", "open: bool = True"),
        ("Till", "def give(self, paise: int | None, at: int = 3) -> str:",
         "def give(self, paise: int | None, at: int = 4) -> str:"),
        ("Till.give", test, "if (paise is not None) or paise <= 0:"),
        ("Till.give", test, "if (paise <= 0):"),
        ("Till.give", test, "if (paise is None):"),
        ("Till.give", test, "if False:"),
        ("Till.give", test, "if True:"),
        ("Till.give", test, "if paise is None or (paise < 0):"),
        ("Till.give", test, "if paise is None or paise <= 1:"),
        ("Till.give", "self.count += 1", "pass"),
        ("Till.give", "self.count += 1", "self.count -= 1"),
        ("Till.give", "self.count += 1", "self.count += 2"),
        ("Till.give", "self.tell(paise)", "pass"),
        ("Till.give", answer, 'return "big" if False else "small"'),
        ("Till.give", answer, 'return "big" if True else "small"'),
        ("Till.give", answer, """return "big" if paise in ('x',) else "small\""""),
        ("Till.give", answer, """return "big" if paise in ('y',) else "small\""""),
    ]  # fmt: skip
    assert sorted(changes(SOURCE)) == sorted(wanted)


@pytest.mark.parametrize(
    "file", sorted({file for area in AREAS for file in area.paths() if file.endswith(".py")})
)
def test_every_mutant_of_the_rules_is_valid_python(file: str) -> None:
    source = (BACKEND / Path(file)).read_bytes()
    for mutant in mutants(file, source):
        assert ast.parse(mutant.apply(source)), mutant
