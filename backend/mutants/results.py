"""What came of each mutant: kept between runs, judged at the end.

A noticed mutant stays so while its file and the test that failed are unchanged; a survivor is tried again once any test
of its area changes. equivalent.toml names the mutants that change nothing anybody could see, each with its reason.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from mutants.areas import BACKEND
from mutants.mutant import Mutant

KEPT = BACKEND.parent / ".rasoi" / "mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
WANTED = 0.95


def digest(*paths: Path) -> str:
    """One hash over files; one that is gone counts too."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes() if path.is_file() else b"gone")
    return total.hexdigest()[:16]


@dataclass
class Outcome:
    """`by`: the test that failed, or why the fault was no valid code."""

    mutant: Mutant
    outcome: str
    by: str = ""
    seconds: float = 0.0


class Memory:
    """The outcomes of earlier runs, kept in `path`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or KEPT / "outcomes.json"
        self.known: dict[str, dict[str, str]] = (
            json.loads(self.path.read_text()) if self.path.exists() else {}
        )
        self.lock = Lock()

    def recall(self, mutant: Mutant, tests: str) -> Outcome | None:
        """What is known of a mutant, where it still holds. `tests` is the digest of its area's tests."""
        found = self.known.get(mutant.id)
        if found is None or found["file"] != digest(BACKEND / mutant.file):
            return None
        if found["outcome"] == "survived" and found["tests"] != tests:
            return None
        if found["outcome"] in ("killed", "timeout") and found["test"] != self.of_test(found["by"]):
            return None
        return Outcome(mutant, found["outcome"], found["by"])

    def keep(self, outcome: Outcome, tests: str) -> None:
        """Remember an outcome, on disk at once: a run may be broken off."""
        known = {
            "outcome": outcome.outcome,
            "by": outcome.by,
            "file": digest(BACKEND / outcome.mutant.file),
            "tests": tests,
            "test": self.of_test(outcome.by) if outcome.outcome != "invalid" else "",
        }
        with self.lock:
            self.known[outcome.mutant.id] = known
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.with_suffix(".new").write_text(json.dumps(self.known))
            self.path.with_suffix(".new").replace(self.path)

    @staticmethod
    def of_test(test: str) -> str:
        return digest(BACKEND / test.partition("::")[0])


@dataclass
class Tally:
    """An area's outcomes."""

    area: str
    killed: list[Outcome] = field(default_factory=list)
    survived: list[Outcome] = field(default_factory=list)
    equivalent: int = 0
    invalid: int = 0

    def add(self, outcome: Outcome) -> None:
        match outcome.outcome:
            case "killed" | "timeout":
                self.killed.append(outcome)
            case "invalid":
                self.invalid += 1
            case _:
                self.survived.append(outcome)

    @property
    def rate(self) -> float:
        total = len(self.killed) + len(self.survived)
        return len(self.killed) / total if total else 1.0

    @property
    def enough(self) -> bool:
        return self.rate >= WANTED

    def row(self) -> str:
        return (
            f"| {self.area:10} | {len(self.killed) + len(self.survived):7} | {len(self.killed):6} "
            f"| {len(self.survived):8} | {self.equivalent:10} | {100 * self.rate:5.1f} % |"
        )


HEAD = (
    "| area       | mutants | killed | survived | equivalent | rate    |\n"
    "| ---------- | ------: | -----: | -------: | ---------: | ------: |"
)


def summary(tallies: Iterable[Tally]) -> str:
    """The table, and each survivor with what was changed."""
    tallies = list(tallies)
    lines = [HEAD, *(tally.row() for tally in tallies)]
    for tally in tallies:
        if tally.survived:
            lines += ["", f"Survivors in {tally.area}:"]
            lines += [f"  {outcome.mutant}" for outcome in tally.survived]
    return "\n".join(lines)


class Equivalents:
    """The mutants that change nothing anybody could see, from equivalent.toml."""

    def __init__(self, path: Path = EQUIVALENT) -> None:
        entries = tomllib.loads(path.read_text()).get("equivalent", []) if path.exists() else []
        self.reasons = {
            (entry["file"], entry.get("in", ""), entry["before"], entry["after"]): entry["reason"]
            for entry in entries
        }

    def __contains__(self, mutant: Mutant) -> bool:
        return bool(self.reasons.get(mutant.key))

    def stale(self, mutants: Iterable[Mutant], files: set[str]) -> list[str]:
        """Entries for these files that name no mutant any more, or give no reason."""
        present = {mutant.key for mutant in mutants}
        return [
            f"{key[0]} {key[1]}: {key[2]}  →  {key[3]}"
            for key, reason in self.reasons.items()
            if key[0] in files and (key not in present or not reason.strip())
        ]
