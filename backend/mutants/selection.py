"""Which tests are run for a mutant: those of its area that reach the changed function. First come those that failed on others
of its file, then its file's own, then those whose file imports its module, then those that were seen to call it, then the
quickest. What runs at import, like a table of states, belongs to no test: the importing ones are asked, and all that call
anything in the file. PostgreSQL counts no call of a function that raises or whose text it puts into its caller's, so the
room's tests of functions are always asked."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePath
from typing import Any

from mutants.areas import BACKEND, FUNCTIONS, Area
from mutants.mutant import Mutant

MOST, MOST_S = 200, 90.0  # tests for one mutant, and their seconds; the slower ones beyond are left out


class Selection:
    """`by_test`: what Calls noted of every test of the chosen areas."""

    def __init__(self, by_test: Mapping[str, Mapping[str, Any]]) -> None:
        self.by_test = by_test

    def of(self, mutant: Mutant, area: Area, kills: Mapping[str, int]) -> tuple[list[str], float]:
        """The tests for a mutant and the seconds that they take; `kills` of its file, by test."""
        inside = [test for test in self.by_test if is_of(test, area)]
        mirror = mirror_of(mutant.file)
        reaching = [test for test in inside if self.reaches(test, mutant)]
        near = {test for test in inside if mirror in test or mutant.file in imported(test.split("::")[0])}
        if not reaching:
            reaching = [test for test in inside if test in near or self.touches(test, mutant.file)] or inside
        chosen, total = [], 0.0
        seconds = {test: float(self.by_test[test]["seconds"]) for test in reaching}
        function = sql_name(mutant.file)

        def order(test: str) -> tuple[int, bool, bool, bool, float]:
            is_caller = function in self.by_test[test]["calls"]
            return -kills.get(test, 0), mirror not in test, test not in near, not is_caller, seconds[test]

        for test in sorted(reaching, key=order):
            total += seconds[test]
            chosen.append(test)
            if total > MOST_S or len(chosen) == MOST:
                break
        return chosen, total

    def reaches(self, test: str, mutant: Mutant) -> bool:
        """Whether the test calls the function that the mutant stands in, or one nested in it; the room's tests of SQL
        functions may always."""
        called = self.by_test[test]["calls"]
        if mutant.file.startswith(FUNCTIONS):
            functions, modules = callers(mutant.file)
            called_one = any(call in functions or call.split(":")[0] in modules for call in called)
            return called_one or mirror_of(mutant.file) in test
        name = f"{mutant.file}:{mutant.scope}"
        return bool(mutant.scope) and any(call == name or call.startswith(f"{name}.") for call in called)

    def touches(self, test: str, file: str) -> bool:
        return any(call.startswith(f"{file}:") for call in self.by_test[test]["calls"])


class GivenTests:
    """The same tests for every mutant: while tests are being written."""

    def __init__(self, tests: list[str]) -> None:
        self.tests = tests

    def of(self, mutant: Mutant, area: Area, kills: Mapping[str, int]) -> tuple[list[str], float]:
        return self.tests, MOST_S


def mirror_of(file: str) -> str:
    """Where the tests of a file stand, as a part of their names."""
    path = PurePath(file)
    return f"/{path.parent.name}/test_functions.py::" if path.suffix == ".sql" else f"/test_{path.stem}.py::"


def sql_name(file: str) -> str:
    """`sql:orders.place_all` for prisma/functions/orders/place_all.sql."""
    schema, name = file.removesuffix(".sql").split("/")[-2:]
    return f"sql:{schema}.{name}"


@cache
def imported(test_file: str) -> frozenset[str]:
    """The files of ours that a file of tests imports."""
    path = BACKEND / test_file
    if not path.exists():
        return frozenset()
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(f"{name.replace('.', '/')}.py" for name in names)


@cache
def callers(file: str) -> tuple[frozenset[str], frozenset[str]]:
    """The SQL functions that may run this one, itself included, and the Python modules that name one of those.

    PostgreSQL puts the text of a simple function into its caller's and then counts no call of it.
    """
    texts = {
        str(path.relative_to(BACKEND)): path.read_text() for path in BACKEND.glob(f"{FUNCTIONS}/*/*.sql")
    }
    files, new = {file}, {file}
    while new:
        names = [sql_name(each).removeprefix("sql:") + "(" for each in new]
        new = {path for path, text in texts.items() if any(name in text for name in names)} - files
        files |= new
    names = [sql_name(each).removeprefix("sql:") + "(" for each in files]
    modules = (
        path for path in (BACKEND / "rasoi").rglob("*.py") if any(n in path.read_text() for n in names)
    )
    return frozenset(map(sql_name, files)), frozenset(str(path.relative_to(BACKEND)) for path in modules)


def is_of(test: str, area: Area) -> bool:
    return any(test.startswith((f"tests/{place}/", f"tests/{place}::")) for place in area.tests)


def folders(areas: Iterable[Area]) -> list[str]:
    """The test files and folders of areas; one that is not there yet is left out."""
    named = dict.fromkeys(f"tests/{place}" for area in areas for place in area.tests)
    return [place for place in named if (BACKEND / place).exists()]
