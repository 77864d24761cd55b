"""`make faults`: a rush against the whole native stack in which each fault is injected in turn.

python -m faults [--only NAME …] [--seed S] [--rate R] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from faults.plan import ScheduledFault, UnknownFault, every_fault, schedule
from faults.run import Report, Run, left_behind, run_faults
from rasoi.room_list import NAMES
from rasoi.stack.plan import plan
from tests.stack.running import Stack

RATE = 2.0
LAST_LINES = "12"
START_S = 300.0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="faults", description=__doc__.splitlines()[0] if __doc__ else None)
    names = ", ".join(fault.name for fault in every_fault(plan()))
    top.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help=f"this fault only; may be repeated: {names}",
    )
    top.add_argument(
        "--seed", type=int, default=1, help="who orders what, and the faults' order (default: %(default)s)"
    )
    top.add_argument("--rate", type=float, default=RATE, help="orders a second (default: %(default)s)")
    top.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return top


def main(argv: Sequence[str]) -> int:
    """Exit status 0 where everything was survived, 1 with the reasons where it was not."""
    given = parser().parse_args(argv)
    try:
        chosen = schedule(plan(), given.seed, given.only)
    except UnknownFault as unknown:
        print(f"faults: {unknown}", file=sys.stderr)
        return 2
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # its pool tells of each broken connection
    out = sys.stderr if given.json else sys.stdout

    def report(text: str) -> None:
        out.write(text)
        out.flush()

    directory = Path(tempfile.mkdtemp(prefix="rasoi-faults-"))
    run = run_on_stack(Stack(directory / "data"), chosen, given.seed, given.rate, report)
    if given.json:
        print(json.dumps(run.figures()))
    show(run, Console(file=out, width=None if out.isatty() else 150))
    if run.wrong:
        report(f"The logs are in {directory}.\n")
        return 1
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def run_on_stack(
    stack: Stack, chosen: Sequence[ScheduledFault], seed: int, rate: float, report: Report
) -> Run:
    """The stack from its start to its end, whatever happens between."""
    report("the stack starts\n")
    try:
        stack.start(seconds=START_S)
        run = asyncio.run(run_faults(stack, chosen, seed, rate, report))
        if run.wrong:
            report(stack.rasoi("logs", "-n", LAST_LINES, "stack", *NAMES, check=False))
    except RuntimeError as reason:
        run = Run(seed, wrong=[str(reason)])
    finally:
        stack.stop()
    run.wrong += left_behind(stack)
    return run


def show(run: Run, console: Console) -> None:
    """What each fault cost, and what the rush found."""
    table = Table(
        "fault", "next order", "healthy", "caught up", "longest without order", "", title="The faults"
    )
    for each in run.outcomes:
        figures = (each.order_s, each.healthy_s, each.caught_up_s, each.gap_s)
        table.add_row(each.fault, *(f"{figure:.1f} s" for figure in figures), each.note)
    console.print(table)
    rush = ", ".join(f"{name} {value}" for name, value in run.rush.items())
    console.print(f"Seed {run.seed}, {run.seconds:.0f} s. {rush}", highlight=False)
    for reason in run.wrong:
        console.print(f"[red]Wrong:[/] {reason}", highlight=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
