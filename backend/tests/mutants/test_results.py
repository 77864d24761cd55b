"""What is kept and judged of a mutation run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutants import results
from mutants.mutant import Mutant, plant
from mutants.results import Equivalents, Memory, Outcome, Tally

SOURCE = b"a = 1\n"


def mutant(new: str = "2") -> Mutant:
    return plant("rules.py", "", SOURCE, 4, 5, new)


def test_an_area_passes_from_95_of_100(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally("money")
    for number in range(100):
        tally.add(Outcome(mutant(), ("killed", "timeout")[number % 2] if number < 95 else "survived"))
    assert tally.rate == 0.95 and tally.enough
    tally.add(Outcome(mutant(), "invalid"))
    assert tally.enough
    tally.add(Outcome(mutant(), "no tests"))
    assert not tally.enough
    assert "rules.py:1" in results.summary([tally]) and "+ a = 2" in results.summary([tally])


def test_an_outcome_holds_while_its_file_and_tests_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(results, "BACKEND", tmp_path)
    rules, test = tmp_path / "rules.py", tmp_path / "test_rules.py"
    rules.write_bytes(SOURCE)
    test.write_text("a test")
    killed, survivor = mutant("2"), mutant("3")
    Memory().keep(Outcome(killed, "killed", "test_rules.py::test_one"), "tests 1")
    Memory().keep(Outcome(survivor, "survived"), "tests 1")

    def known(tests: str) -> list[str | None]:
        found = [Memory().recall(each, tests) for each in (killed, survivor)]
        return [each.outcome if each else None for each in found]

    invalid = mutant("4")
    Memory().keep(Outcome(invalid, "invalid", "why it is no valid code " * 100), "tests 1")
    assert (Memory().recall(invalid, "tests 2") or invalid) != invalid
    assert known("tests 1") == ["killed", "survived"]
    assert known("tests 2") == ["killed", None]
    test.write_text("another test")
    assert known("tests 1") == [None, "survived"]
    rules.write_bytes(b"a = 7\n")
    assert known("tests 1") == [None, None]


def test_an_equivalent_mutant_that_is_no_more_or_has_no_reason_is_told(tmp_path: Path) -> None:
    path = tmp_path / "equivalent.toml"
    entry = '[[equivalent]]\nfile = "rules.py"\nbefore = "a = 1"\nafter = "a = {}"\nreason = "{}"\n'
    path.write_text(entry.format(2, "nobody reads a") + entry.format(3, "") + entry.format(4, "gone"))
    known = Equivalents(path)
    assert mutant("2") in known and mutant("3") not in known
    found = [mutant("2"), mutant("3")]
    assert known.stale(found, {"rules.py"}) == ["rules.py : a = 1  →  a = 3", "rules.py : a = 1  →  a = 4"]
    assert known.stale(found, {"others.py"}) == []
