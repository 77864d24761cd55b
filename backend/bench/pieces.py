"""Each piece that trades clarity for speed, with it and without it: the same load on two platforms by turns, in one run.

    python -m bench.pieces [--only PIECE …] [--quick] [--json]

A piece stays only where it saves more than 5 % of what users feel: the time of an answer, the time to the screen, or the
processor's time for an order, which they feel once there are many of them. The lower of two figures is the better one
throughout; the ratio is without : with, so 1.05 and more keeps the piece. Figures are medians of the turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

import psutil
from rich.console import Console

from bench.box import FIRST, FREE, Box
from bench.load import load
from bench.placing import requests
from bench.rows import Row, percentile, show
from bench.screen import Screens, orders, stations, watching
from bench.without import PIECES

WORTH = 1.05
CLIENTS = 8
SCREEN_RATE = 60  # orders a second: well below what either platform can do
Figures = dict[str, float]
Turn = Callable[[float], Awaitable[Figures]]


@dataclass
class Side:
    """A platform with the piece, or without it."""

    name: str
    program: tuple[str, ...]
    box: Box = field(default_factory=Box)
    found: list[Figures] = field(default_factory=list)

    async def start(self) -> None:
        self.box.start(self.program)
        await self.box.fill()
        self.box.stop()
        self.box.start(self.program)  # so that it knows the new outlets

    @property
    def process(self) -> psutil.Process:
        assert self.box.process
        return psutil.Process(self.box.process.pid)

    def processor_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def median(self, figure: str) -> float:
        return statistics.median(turn[figure] for turn in self.found)


def sides(piece: str) -> tuple[Side, Side]:
    return Side("with", ("rasoi.cli", "run")), Side("without", ("bench.without", piece))


async def placing(side: Side, seconds: float) -> Figures:
    """Orders as fast as they are answered, by a few clients; the kitchen does not see them before they are paid."""
    asked, before = await requests(side.box, FIRST), side.processor_s()
    answer = await load(
        host="127.0.0.1", port=side.box.port, connections=CLIENTS, seconds=seconds, requests=asked, good="201"
    )
    await asyncio.sleep(0.5)  # for what follows from the last orders
    placed = answer["rate"] * answer["seconds"]
    return {
        "placing, ms an order at full speed": 1000 / answer["rate"],
        "placing, answer p50 in ms": answer["p50"],
        "placing, CPU-ms an order": 1000 * (side.processor_s() - before) / placed,
    }


async def to_the_screen(side: Side, screens: Screens, seconds: float) -> Figures:
    """Orders at a steady rate, which kitchen screens are shown."""
    before, first = side.processor_s(), len(screens.ages)
    answer = await orders(side.box, FREE, SCREEN_RATE, seconds)
    await asyncio.sleep(0.5)
    ages, placed = screens.ages[first:], answer["rate"] * answer["seconds"]
    return {
        "order → screen, p50 in ms": 1000 * percentile(ages, 0.5),
        "order → screen, p99 in ms": 1000 * percentile(ages, 0.99),
        "order → screen, CPU-ms an order": 1000 * (side.processor_s() - before) / placed,
    }


async def starting(side: Side, seconds: float) -> Figures:
    """A start on data that are there, and the memory a moment later."""
    side.box.stop()
    until_answer = side.box.start(side.program)
    await asyncio.sleep(2)
    return {
        "start to its first answer, ms": 1000 * until_answer,
        "memory of the idle process, MB": side.process.memory_info().rss / 2**20,
    }


async def compare(piece: str, quick: bool) -> list[Row]:
    """The rows of one piece, on two platforms of its own."""
    turns, seconds = (2, 3) if quick else (4, 6)
    pair = sides(piece)
    async with AsyncExitStack() as stack:
        measures: list[tuple[Side, Turn]] = []
        for side in pair:
            stack.callback(side.box.remove)
            await side.start()
        for side in pair:
            measures.append((side, await _turn(piece, side, stack)))
        if piece != "hidden_packages":
            for _, turn in measures:
                await turn(2)  # warm
        for number in range(turns):
            for side, turn in measures if number % 2 == 0 else measures[::-1]:
                side.found.append(await turn(seconds))
    return _rows(piece, *pair)


async def _turn(piece: str, side: Side, stack: AsyncExitStack) -> Turn:
    if piece == "hidden_packages":
        return partial(starting, side)
    if piece in ("batch_handler", "direct_sockets"):
        screens = Screens(side.box, FREE, await stations(side.box))
        await stack.enter_async_context(watching(screens))
        return partial(to_the_screen, side, screens)
    return partial(placing, side)


def _rows(piece: str, kept: Side, left_out: Side) -> list[Row]:
    rows = []
    for figure in kept.found[0]:
        ours, theirs = kept.median(figure), left_out.median(figure)
        turns = " ".join(f"{turn[figure]:.3g}" for turn in left_out.found)
        rows.append(
            Row(
                f"{piece}: {figure}",
                f"{ours:.3g}",
                f"without {theirs:.3g} (turns {turns})",
                round(theirs / ours, 3),
                aim=f"> {WORTH:g}",
            )
        )
    return rows


async def measure(box: Box, quick: bool) -> list[Row]:
    """All pieces; `box` is not needed, since each side has one of its own."""
    box.stop()
    return [row for piece in PIECES for row in await compare(piece, quick)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.pieces", description=__doc__)
    parser.add_argument("--only", action="append", choices=PIECES, help="this piece; may be repeated")
    parser.add_argument("--quick", action="store_true", help="short and rough")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    given = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped also then
    rows = []
    for piece in given.only or PIECES:
        begun = time.monotonic()
        rows += asyncio.run(compare(piece, given.quick))
        print(f"{piece}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    if given.json:
        print(json.dumps([row.values() for row in rows], ensure_ascii=False, indent=2))
    else:
        show(
            rows,
            Console(width=None if sys.stdout.isatty() else 170),
            "Pieces that trade clarity for speed",
            "",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
