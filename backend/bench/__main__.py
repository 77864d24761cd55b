"""`make bench`: the tables of PERFORMANCE.md, measured here and now.

python -m bench [--only NAME …] [--quick] [--json] [--against CHECKOUT]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import life, money, past, pieces, placing, running, screen, stack, vendure
from bench.box import Box
from bench.load import caption
from bench.rows import Row, show

MEASURES: dict[str, Callable[[Box, bool], Awaitable[list[Row]]]] = {
    "start": running.measure_start,
    "placing": placing.measure,
    "screen": screen.measure,
    "webhooks": money.measure_webhooks,
    "past": past.measure,
    "stats": money.measure_stats,
    "sockets": running.measure_sockets,
    "life": life.measure,
    "pieces": pieces.measure,
    "vendure": vendure.measure,
    "stack": stack.measure,
}
TITLES = {"stack": "Rasoi's speed as many processes, over real Kafka and behind nginx"}
TITLE = "Rasoi's speed"


async def measure(names: list[str], quick: bool, console: Console) -> dict[str, list[Row]]:
    """The rows by their table's title. Each on a platform of its own, so that none meets what another left to be done."""
    tables: dict[str, list[Row]] = {}
    for name in names:
        box = Box()
        with console.status(f"measuring {name}"):
            try:
                box.start()
                await box.fill()
                box.stop()
                box.start()  # so that it knows the new outlets
                tables.setdefault(TITLES.get(name, TITLE), []).extend(await MEASURES[name](box, quick))
            finally:
                box.remove()
    return tables


def main() -> int:
    """Exit status 1 when a gate is missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped also then
    parser = argparse.ArgumentParser(prog="bench", description="Measure speed beside its denominators.")
    parser.add_argument(
        "--only", action="append", choices=MEASURES, help="this measure only; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="short and rough")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="measure an order's life also in another checkout, with its .venv, by turns",
    )
    options = parser.parse_args()
    MEASURES["life"] = partial(life.measure, against=options.against)
    console = Console(stderr=True)
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        console.print(
            f"[yellow]This machine is busy (load {load:.1f} on {cores} cores): the figures mean little.[/]"
        )
    tables = asyncio.run(measure(options.only or list(MEASURES), options.quick, console))
    rows = [row for table in tables.values() for row in table]
    if options.json:
        print(json.dumps([row.values() for row in rows], ensure_ascii=False, indent=2))
    else:
        for title, table in tables.items():
            show(table, Console(width=None if sys.stdout.isatty() else 170), title, caption())
    return 1 if any(row.passed is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
