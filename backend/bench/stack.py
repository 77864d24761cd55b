"""The same platform as many processes: to the screen through Kafka beside its parts, placing through nginx, memory."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, replace
from typing import Any

import psutil

from bench.box import FIRST, FREE, Box
from bench.hops import PARTS, Arrivals, Tap, bare_hop, parts
from bench.placing import Placing
from bench.processes import NoStack, Stack, until_quiet
from bench.rows import Row, at_least, at_most, percentile, under, unless_refused
from bench.screen import orders, show_orders, stations, watching
from rasoi.platform.cluster import Cluster
from rasoi.room_list import NAMES

RATES = (200, 150, 100, 75, 50, 25)
EASY = 50
CARRIED, LATE_S = 0.9, 1.0  # no smaller a share of the orders asked for, and no later a p99 on the screen


async def measure(box: Box, quick: bool) -> list[Row]:
    """Memory at rest first, then the way to the screen, then placing; the embedded figures at the end."""
    time.sleep(3)
    assert box.process
    one = psutil.Process(box.process.pid).memory_info().rss / 2**20
    box.stop()
    stack = Stack()
    try:
        await _fill(stack)
        stack.start(("--replicas", "orders=2"))
        until_quiet()
        idle = memory(stack, one)
        hop = await bare_hop(stack.kafka, RATES[0], 2 if quick else 5)
        found = await ways(stack, quick)
        two = await placed(stack, quick)
        stack.stop()
        stack.start(("--replicas", "orders=1"))
        single = await placed(stack, quick)
        stack.stop()
    except NoStack as missing:
        return [Row("the stack", "not measured", str(missing))]
    finally:
        stack.remove()
    box.start()
    plain = [(await show_orders(box, FREE, way.rate, 5 if quick else 12))[0].ages for way in found]
    embedded = await placed(box, quick)
    name = "POST /api/orders through nginx, 8 clients, 50 outlets, {} of orders"
    return [
        *(
            row
            for way, ages in zip(found, plain, strict=True)
            for row in way.rows(percentile(ages, 0.99) * 1000, hop, asked=way is found[0])
        ),
        beside(name.format("1 replica"), single, embedded),
        beside(name.format("2 replicas"), two, embedded),
        *idle,
    ]


async def _fill(stack: Stack) -> None:
    stack.start_database()
    await stack.fill()
    stack.stop()


@dataclass(frozen=True)
class Way:
    """From order to screen at one rate: the tickets' ages and their parts in seconds, and how busy all cores were."""

    rate: int
    ages: list[float]
    found: list[list[float]]
    busy: float
    carried: bool

    @property
    def p99(self) -> float:
        return percentile(self.ages, 0.99) * 1000

    def rows(self, embedded: float, hop: float, asked: bool) -> list[Row]:
        """Beside parts measured by themselves: `embedded`, the p99 in ms without Kafka at the same rate, and `hop`, of Kafka
        alone. The gate is `asked` or not."""
        middles, ends = ([percentile(part, share) * 1000 for part in self.found] for share in (0.5, 0.99))
        name = f"order placed → ticket on screen through Kafka, p99 at {self.rate}/s, 50 outlets"
        figure = f"{self.p99:.1f} ms, p50 {percentile(self.ages, 0.5) * 1000:.1f}"
        seen = f"{len(self.found[0]):,} of {len(self.ages):,} tickets followed, cores {self.busy:.0f} % busy"
        alone = embedded + 2 * hop
        beside = f"embedded {embedded:.1f} ms + two hops of {hop:.1f} ms through this Kafka at rest"
        row = at_most(name, figure, f"{beside}; {seen}", self.p99 / alone, 3, 2)
        return [
            row if asked else replace(row, gate="", aim="", passed=None),
            *(
                Row(f"… {part}", f"{end:.1f} ms, p50 {middle:.1f}")
                for part, middle, end in zip(PARTS, middles, ends, strict=True)
            ),
            # pieces of the same trips: their p99s hardly ever sum to less than the whole, so this row can't fail
            Row(
                "… beside the p99s of its pieces",
                f"{self.p99:.1f} ms",
                f"{sum(ends):.1f} ms",
                round(self.p99 / sum(ends), 2),
            ),
        ]


async def ways(stack: Stack, quick: bool) -> list[Way]:
    """At the highest of RATES that this machine carries with all processes, and at EASY."""
    for rate in RATES:
        way = await to_screen(stack, rate, quick)
        until_quiet()
        if way.carried or rate == RATES[-1]:
            break
    return [way, await to_screen(stack, EASY, quick)]


async def to_screen(stack: Stack, rate: int, quick: bool) -> Way:
    screens = Arrivals(stack, FREE, await stations(stack))
    tap = Tap(Cluster(stack.kafka), ["orders", "kitchen"])
    async with tap.listening(), watching(screens):
        await orders(stack, FREE, rate, 3)
        await asyncio.sleep(1)
        screens.ages.clear()
        screens.came.clear()
        psutil.cpu_percent()
        answer = await orders(stack, FREE, rate, 5 if quick else 12)
        busy = psutil.cpu_percent()
        await asyncio.sleep(1)
    carried = answer["rate"] > CARRIED * rate and percentile(screens.ages, 0.99) < LATE_S
    return Way(rate, screens.ages, parts(tap, screens.came), busy, carried)


async def placed(box: Box, quick: bool) -> tuple[float, float, float]:
    """Orders a second with every room reading along, their p99 in ms, and the worst turn's share of refused ones."""
    until_quiet()
    placing = Placing(box, quick=quick)
    placing.seconds = min(placing.seconds, 5)
    await placing.ours(FIRST, 8)  # warm
    turns = [await placing.ours(FIRST, 8) for _ in range(placing.turns)]
    rate, p99 = (statistics.median(turn[key] for turn in turns) for key in ("rate", "p99"))
    return rate, p99, max(turn["refused"] for turn in turns)


def beside(name: str, ours: tuple[float, float, float], embedded: tuple[float, float, float]) -> Row:
    figures = [f"{rate:,.0f}/s, p99 {p99:.0f} ms" for rate, p99, _ in (ours, embedded)]
    return unless_refused(
        at_least(name, figures[0], f"embedded {figures[1]}", ours[0] / embedded[0]), ours[2]
    )


def memory(stack: Stack, one: float) -> list[Row]:
    """Of each process at rest, as the kernel counts it; `one` is what all rooms take in one process, in MB."""
    services = [each for each in stack.status() if each["pid"]]
    rows = [_idle(each) for each in services]
    rooms = [each["rss_mb"] for each in services if each["name"] in NAMES]
    told = f"all rooms in one process {one:.0f} MB"
    name = f"idle memory: the rooms' {len(rooms)} processes"
    return [*rows, Row(name, f"{sum(rooms):.0f} MB", told, round(sum(rooms) / one, 2))]


def _idle(service: dict[str, Any]) -> Row:
    """The gate is for a room's process; a server's children count with what is theirs alone."""
    name = f"idle memory: {service['instance']}"
    own = psutil.Process(service["pid"]).memory_full_info().uss / 2**20
    told = f"{own:.0f} MB its own"
    if service["name"] in NAMES:
        return under(name, service["rss_mb"], "MB", 90, 60, told)
    return Row(name, f"{service['rss_mb']} MB", told)
