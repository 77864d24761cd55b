"""Plant small faults in the rules, one by one, and see a test fail on each. Exit status 1 below 95 %, or 2 if it can't run.

Examples: `python -m mutants`, `python -m mutants money access`, `python -m mutants --only rasoi/platform/leader.py`.
Earlier outcomes are kept in .rasoi/mutants and used while the code and tests that they rest on are unchanged.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from mutants import python, screens, sql
from mutants.areas import AREAS, BACKEND, FUNCTIONS, Area
from mutants.mutant import Mutant
from mutants.results import KEPT, Equivalents, Memory, Outcome, Tally, digest, summary
from mutants.selection import GivenTests, Selection, folders


class Remote:
    """A worker process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mutants.worker"],
            cwd=BACKEND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("a worker of the mutation run ended")
        found: dict[str, Any] = json.loads(answer)
        return found

    def stop(self) -> None:
        self.process.communicate()


def mutants_of(file: str) -> list[Mutant]:
    source = (BACKEND / file).read_bytes()
    return sql.mutants(file, source) if file.endswith(".sql") else python.mutants(file, source)


def baseline(workers: list[Remote], areas: list[Area]) -> Selection:
    """Run the areas' tests once, unchanged: which functions each calls. Files of tests that have not changed since an
    earlier run are left out, unless the code or what tests share has changed."""
    tests = [path for place in folders(areas) for path in test_files(BACKEND / place)]
    wanted = {str(path.relative_to(BACKEND)): digest(path) for path in tests if path.name.startswith("test_")}
    sources = [
        path for part in ("rasoi", "tests", FUNCTIONS) for path in sorted((BACKEND / part).rglob("*.*"))
    ]
    shared = [
        path for path in sources if path.suffix in (".py", ".sql") and not path.name.startswith("test_")
    ]
    kept = KEPT / "calls.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if known.get("state") != (state := digest(*shared)):
        known = {"state": state, "files": {}, "by_test": {}}
    if new := [file for file, text in wanted.items() if known["files"].get(file) != text]:
        print(f"running {len(new)} files of tests unchanged, to see what each reaches …", flush=True)
        calls = {test: each for test, each in known["by_test"].items() if test.split("::")[0] not in new}
        known["by_test"] = calls | run_unchanged(workers, new)
        known["files"] |= {file: wanted[file] for file in new}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(known))
    return Selection(known["by_test"])


def run_unchanged(workers: list[Remote], files: list[str]) -> dict[str, Any]:
    """What each test of these files calls and how long it takes; the workers share the files."""
    shares = [files[place :: len(workers)] for place in range(len(workers))]
    jobs = [{"tests": share, "limit": 1800, "calls": True} for share in shares if share]
    found: dict[str, Any] = {}
    with ThreadPoolExecutor(len(jobs)) as pool:
        for answer in pool.map(Remote.run, workers, jobs):
            if answer["outcome"] != "survived":
                text = f"{answer.get('output')}\nmutants: the tests must pass first ({answer['outcome']})"
                raise SystemExit(text)
            found |= answer["calls"]
    return found


def job_of(mutant: Mutant, tests: list[str], seconds: float) -> dict[str, Any]:
    changed = mutant.apply((BACKEND / mutant.file).read_bytes()).decode()
    job: dict[str, Any] = {"tests": tests, "limit": 60 + 12 * seconds}
    if mutant.file.endswith(".sql"):
        return job | {"sql": changed}
    module = mutant.file.removesuffix(".py").replace("/", ".")
    return job | {"module": module, "path": str(BACKEND / mutant.file), "source": changed}


class Run:
    """One run over some areas."""

    def __init__(self, workers: list[Remote], selection: Selection | GivenTests, memory: Memory) -> None:
        self.selection, self.memory = selection, memory
        self.idle: SimpleQueue[Remote] = SimpleQueue()
        for worker in workers:
            self.idle.put(worker)
        self.pool = ThreadPoolExecutor(len(workers))
        self.equivalents = Equivalents()
        self.stale: list[str] = []
        self.kills: defaultdict[str, Counter[str]] = defaultdict(Counter)  # by file and test

    def area(self, area: Area, options: argparse.Namespace) -> Tally:
        """Try an area's mutants."""
        tally = Tally(area.name)
        files = [path for path in area.paths() if options.only is None or path.startswith(options.only)]
        found = [mutant for file in files for mutant in mutants_of(file)]
        self.stale += self.equivalents.stale(found, set(files))
        tests = digest(*sorted(p for place in folders([area]) for p in test_files(BACKEND / place)))
        wanted = [mutant for mutant in found if mutant not in self.equivalents]
        tally.equivalent = len(found) - len(wanted)
        wanted = wanted[:: options.every]
        began = time.monotonic()
        for number, outcome in enumerate(self.pool.map(lambda m: self.try_one(m, area, tests), wanted), 1):
            tally.add(outcome)
            self.show(area, number, len(wanted), time.monotonic() - began, outcome)
        return tally

    def try_one(self, mutant: Mutant, area: Area, tests: str) -> Outcome:
        kills = self.kills[mutant.file]
        if not (outcome := self.memory.recall(mutant, tests)):
            worker = self.idle.get()
            try:
                chosen, seconds = self.selection.of(mutant, area, kills)
                answer = worker.run(job_of(mutant, chosen, seconds))
            finally:
                self.idle.put(worker)
            outcome = Outcome(mutant, answer["outcome"], answer.get("by", ""), answer["seconds"])
            self.memory.keep(outcome, tests)
        if outcome.outcome == "killed":
            kills[outcome.by] += 1
        return outcome

    @staticmethod
    def show(area: Area, number: int, total: int, seconds: float, outcome: Outcome) -> None:
        if outcome.outcome not in ("killed", "timeout", "invalid"):
            print(f"{outcome.outcome}: {outcome.mutant}", flush=True)
        if number % 25 == 0 or number == total:
            print(f"{area.name}: {number} of {total} in {seconds:.0f} s", flush=True)


def run_all(areas: list[Area], options: argparse.Namespace) -> tuple[list[Tally], list[str]]:
    """The areas' tallies, and entries of equivalent.toml that are stale."""
    if not areas:
        return [], []
    workers = [Remote() for _ in range(options.jobs)]
    try:
        if options.tests:
            run = Run(workers, GivenTests(options.tests), Memory(KEPT / "given-tests.json"))
            run.memory.known.clear()
        else:
            run = Run(workers, baseline(workers, areas), Memory())
        return [run.area(area, options) for area in areas], run.stale
    finally:
        for worker in workers:
            worker.stop()


def test_files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        "mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*(area.name for area in AREAS), screens.NAME]
    parser.add_argument("areas", nargs="*", help=f"of {', '.join(names)}; all if none is named")
    parser.add_argument("--only", help="only files whose path from backend/ begins so")
    parser.add_argument(
        "--tests", nargs="+", help="run these for each mutant; nothing is kept from or for other runs"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth mutant only: an estimate")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time, each with a PostgreSQL (2)")
    parser.add_argument("--list", action="store_true", help="show the mutants, run nothing")
    options = parser.parse_args(arguments)
    chosen = [area for area in AREAS if not options.areas or area.name in options.areas]
    if unknown := set(options.areas) - set(names):
        parser.error(f"no area {', '.join(sorted(unknown))}")
    if options.list:
        for area in chosen:
            for file in area.paths():
                print(*mutants_of(file), sep="\n")
        return 0
    tallies, stale = run_all(chosen, options)
    if not options.only and screens.NAME in (options.areas or names):
        tally, more = screens.measure(Equivalents())
        tallies, stale = [*tallies, tally], [*stale, *more]
    text = summary(tallies)
    (KEPT / "summary.md").write_text(text + "\n")
    print(text)
    for entry in stale:
        print(f"equivalent.toml: no such mutant, or no reason given: {entry}")
    return 1 if stale or not all(tally.enough for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
