"""`make containers-test`: the project's containers, run for real and tried.

It brings a Docker engine from Debian's packages and makes stand-ins for the base images, both kept in a cache; with --real
the machine's own engine and the real images are taken. Everything that it started is ended; nothing is left but the cache.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import images
from commands import Failed
from engine import Engine, RunningEngine
from project import Project
from steps import SHORT, STEPS, Trial

NOTHING_TRIED = 3  # exit status: no engine or no base images could be had here
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rasoi-containers"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="containers-test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = ", ".join(STEPS)
    top.add_argument(
        "--only", action="append", choices=STEPS, metavar="STEP", help=f"this step; may be repeated: {steps}"
    )
    top.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    top.add_argument("--real", action="store_true", help="the machine's own engine, and the real base images")
    top.add_argument(
        "--store",
        choices=("containerd", "overlay2"),
        default="containerd",
        help="how images are kept (%(default)s)",
    )
    top.add_argument("--orders", type=int, default=150, help="of each rush (%(default)s)")
    top.add_argument("--rate", type=float, default=4.0, help="orders a second (%(default)s)")
    top.add_argument(
        "--cache", type=Path, default=CACHE, help="where engine and base images are kept (%(default)s)"
    )
    top.add_argument("--clear-cache", action="store_true", help="remove the cache at the end")
    return top


class Report:
    """What came of each step, and how long it took."""

    def __init__(self) -> None:
        self.times: list[str] = []
        self.wrong: list[str] = []

    def step(self, name: str, work: Callable[..., object], *arguments: object) -> bool:
        about = (getattr(work, "__doc__", "") or "").split("\n")[0]
        print(f"== {name}{f': {about}' if about else ''}", flush=True)
        began = time.monotonic()
        try:
            result = work(*arguments)
        except Failed as reason:
            self.wrong.append(name)
            print(f"WRONG  {name}: {reason}", flush=True)
        else:
            print(f"ok     {name}{f': {result}' if result else ''}", flush=True)
        self.times.append(f"{time.monotonic() - began:5.0f} s  {name}")
        return name not in self.wrong


def main(argv: Sequence[str]) -> int:
    given = parser().parse_args(argv)
    chosen = SHORT if given.short else given.only or STEPS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    given.cache.mkdir(parents=True, exist_ok=True)
    engine = RunningEngine(given.cache) if given.real else Engine(given.cache.resolve(), given.store)
    project = Project(engine, not given.real, given.cache / "source")
    trial, report, began = Trial(project, given.orders, given.rate), Report(), time.monotonic()
    try:
        ready = report.step("engine", engine.start)
        if ready and not given.real:
            ready = report.step("base images", images.build, engine)
        if ready:
            project.copy()
            for name in chosen:
                report.step(name, STEPS[name], trial)
    finally:
        report.step("clean up", _clean, project)
    if given.clear_cache:
        shutil.rmtree(given.cache)
    for name, figure in trial.figures.items():
        print(f"  {name:<32}{figure}")
    print("\n".join(report.times))
    went_wrong = (
        f"{len(report.wrong)} steps went wrong: {', '.join(report.wrong)}"
        if report.wrong
        else "all went well"
    )
    print(f"{time.monotonic() - began:.0f} s in all; {went_wrong}")
    if not report.wrong:
        return 0
    return 1 if ready else NOTHING_TRIED


def _clean(project: Project) -> None:
    """Nothing is left but the cache."""
    if project.environ:
        project.compose("down", "-v", "--remove-orphans", "-t", "5", check=False)
    project.engine.stop()
    shutil.rmtree(project.source, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
