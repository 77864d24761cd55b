"""Faults for the screens' TypeScript: planted and tried by Stryker, judged like all others."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from mutants.areas import BACKEND
from mutants.mutant import Mutant, plant
from mutants.results import KEPT, Equivalents, Outcome, Tally

SCREENS = BACKEND.parent / "kds_frontend"
NAME = "screens"
OUTCOMES = {"Killed": "killed", "Timeout": "timeout", "Survived": "survived", "NoCoverage": "no tests"}
# the rest are mutants that don't compile or don't run


def run() -> None:
    """Run Stryker as stryker.config.json says; what is unchanged since the last run is not tried again."""
    sandboxes = SCREENS / ".svelte-kit" / "mutants"  # as stryker.config.json names them
    sandboxes.mkdir(parents=True, exist_ok=True)
    if not (beside := sandboxes / "backend").exists():
        beside.symlink_to(BACKEND)  # whose golden vectors the tests read
    program = SCREENS / "node_modules" / "@stryker-mutator" / "core" / "bin" / "stryker.js"
    done = subprocess.run(
        ["node", program, "run"],
        cwd=SCREENS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout[-4000:]}\nmutants: Stryker failed")


def outcomes(report: dict[str, Any]) -> list[Outcome]:
    """What Stryker's report says of each mutant."""
    found = []
    for file, told in report["files"].items():
        source = told["source"].encode()
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for each in told["mutants"]:
            outcome = OUTCOMES.get(each["status"], "invalid")
            found.append(
                Outcome(mutant(file, source, starts, each), outcome, " ".join(each.get("killedBy", [])))
            )
    return found


def mutant(file: str, source: bytes, starts: list[int], told: dict[str, Any]) -> Mutant:
    def at(place: dict[str, int]) -> int:
        line = source[starts[place["line"] - 1] :].decode()
        return starts[place["line"] - 1] + len(line[: place["column"] - 1].encode())

    start, end = at(told["location"]["start"]), at(told["location"]["end"])
    return plant(f"kds_frontend/{file}", "", source, start, end, told.get("replacement", ""))


def measure(equivalents: Equivalents) -> tuple[Tally, list[str]]:
    """The area's tally, and entries of equivalent.toml that are stale."""
    run()
    found = outcomes(json.loads((KEPT / "screens.json").read_text()))
    tally = Tally(NAME)
    for outcome in found:
        if outcome.mutant in equivalents:
            tally.equivalent += 1
        else:
            tally.add(outcome)
    mutants = [outcome.mutant for outcome in found]
    return tally, equivalents.stale(mutants, {each.file for each in mutants})
