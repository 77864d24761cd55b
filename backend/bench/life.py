"""What an order's whole life costs, from the tap to the served and paid bill: `rasoi rush` at 20/s over `rasoi run`.

Everything that the platform does for it counts, also what its readers and jobs do afterwards; the rush's own processes
don't. With another checkout given, both are measured in turns in one run, so that what the machine does meanwhile meets
both. PostgreSQL's own counters are read before and after; a row read is one of pg_stat_database.tup_returned.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from bench.box import SECRET, Box, environment
from bench.rows import Row
from rasoi.settings import REPOSITORY

RATE = 20
SETTLED_S = 3.0  # for the readers to finish and PostgreSQL to write its counters
KINDS = ("PostgreSQL", "platform", "simulator", "Redis")
COUNTERS = """SELECT xact_commit AS commits, tup_returned AS rows, blks_hit + blks_read AS blocks,
  (SELECT wal_bytes FROM pg_stat_wal)::bigint AS wal,
  (SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname LIKE 'outbox%')::bigint AS events
FROM pg_stat_database WHERE datname = 'rasoi'"""
HANDLED = re.compile(r"^rasoi_events_handled_total\{.*\} (\S+)$", re.MULTILINE)


@dataclass
class Tree(Box):
    """A box that runs a checkout with its own interpreter, on data of its own and without the bench's outlets."""

    checkout: Path = REPOSITORY
    python: str = field(default=sys.executable)

    def run(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        own = {
            "PORT": str(self.port),
            "RASOI_DATA": str(self.data),
            "SECRET_KEY": SECRET,
            "LOG_LEVEL": "warning",
        }
        return [self.python, "-m", "rasoi.cli", *arguments], environment() | own

    def start(self, program: tuple[str, ...] = ("run",)) -> float:
        begun = time.perf_counter()
        command, environ = self.run(*program)
        with (self.data / "bench.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.checkout / "backend",
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self.answers():
            if self.process.poll() is not None or time.perf_counter() - begun > 60:
                raise SystemExit(
                    f"{self.checkout} did not start:\n{(self.data / 'bench.log').read_text()[-2000:]}"
                )
            time.sleep(0.01)
        return time.perf_counter() - begun

    def rush(self, orders: int, seed: int) -> int:
        """Play a dinner service, from the checkout's own `rasoi rush`; how many orders were placed."""
        options = [
            "--orders",
            str(orders),
            "--rate",
            str(RATE),
            "--seed",
            str(seed),
            "--url",
            self.url,
            "--json",
        ]
        command, environ = self.run("rush", *options)
        done = subprocess.run(
            command,
            cwd=self.checkout / "backend",
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"the rush over {self.checkout} failed:\n{done.stderr[-2000:]}")
        return int(json.loads(done.stdout)["placed"])


def kind_of(process: psutil.Process) -> str:
    """PostgreSQL, Redis, the simulator or the platform."""
    name, command = process.name(), " ".join(process.cmdline())
    if "postgres" in name or command.startswith("postgres"):
        return "PostgreSQL"
    if "redis" in name:
        return "Redis"
    return "simulator" if "razorpay_simulator" in command else "platform"


def cpu_seconds(root: int) -> dict[str, float]:
    """What the processes below `root` have used by kind, children that ended included: their parents carry it."""
    used = dict.fromkeys(KINDS, 0.0)
    top = psutil.Process(root)
    for process in (top, *top.children(recursive=True)):
        try:
            times = process.cpu_times()
            used[kind_of(process)] += times.user + times.system + times.children_user + times.children_system
        except psutil.NoSuchProcess:
            continue
    return used


async def counters(box: Tree) -> dict[str, float]:
    """The platform's and PostgreSQL's own counts until now, and the CPU by kind."""
    assert box.process
    conn = await asyncpg.connect(box.database_url())
    try:
        database = dict(await conn.fetchrow(COUNTERS))
    finally:
        await conn.close()
    _, text = box.ask("GET", "/metrics")
    handled = sum(float(value) for value in HANDLED.findall(text.decode()))
    return {**database, "handled": handled, **cpu_seconds(box.process.pid)}


@dataclass(frozen=True)
class Life:
    """Of one order, on average."""

    cpu_ms: Mapping[str, float]
    counts: Mapping[str, float]

    @property
    def total_ms(self) -> float:
        return sum(self.cpu_ms.values())


async def one_service(box: Tree, orders: int, seed: int) -> Life:
    """Play a service and divide what it cost by the orders placed."""
    time.sleep(SETTLED_S)
    before = await counters(box)
    placed = box.rush(orders, seed)
    time.sleep(SETTLED_S)
    after = await counters(box)
    cost = {name: (after[name] - before[name]) / placed for name in after}
    return Life({kind: 1000 * cost.pop(kind) for kind in KINDS}, cost)


def middle(lives: Sequence[Life]) -> Life:
    """The median of each figure."""

    def of(parts: list[Mapping[str, float]]) -> dict[str, float]:
        return {name: statistics.median(part[name] for part in parts) for name in parts[0]}

    return Life(of([life.cpu_ms for life in lives]), of([life.counts for life in lives]))


def rows(ours: Life, theirs: Life | None) -> Iterator[Row]:
    """The table's rows; beside them the other checkout's, and what ours is of it."""
    yield row("an order's whole life at 20/s: CPU", ours, theirs, cpu_text, lambda life: life.total_ms)
    yield row("… rows and blocks read", ours, theirs, read_text, lambda life: life.counts["rows"])
    yield row("… commits, events, WAL", ours, theirs, written_text, lambda life: life.counts["commits"])


def row(what: str, ours: Life, theirs: Life | None, text: Any, value: Any) -> Row:
    if theirs is None:
        return Row(what, text(ours))
    return Row(what, text(ours), f"the other checkout: {text(theirs)}", round(value(ours) / value(theirs), 2))


def cpu_text(life: Life) -> str:
    parts = ", ".join(f"{kind} {ms:.1f}" for kind, ms in life.cpu_ms.items())
    return f"{life.total_ms:.1f} ms ({parts})"


def read_text(life: Life) -> str:
    return f"{life.counts['rows']:,.0f} rows, {life.counts['blocks']:,.0f} blocks"


def written_text(life: Life) -> str:
    told = f"{life.counts['events']:.1f} events written and handled {life.counts['handled']:.1f} times"
    return f"{life.counts['commits']:.1f} commits, {told}, {life.counts['wal'] / 1024:.0f} KiB of WAL"


async def measure(box: Box, quick: bool, against: Path | None = None) -> list[Row]:
    """Services by turns: ours, the other's, ours … on platforms that run only while they are measured."""
    box.stop()
    checkouts = [(REPOSITORY, sys.executable)]
    if against is not None:
        checkouts.append((against.resolve(), str(against.resolve() / ".venv" / "bin" / "python")))
    found: list[list[Life]] = [[] for _ in checkouts]
    trees = [Tree(checkout=checkout, python=python) for checkout, python in checkouts]
    try:
        for seed in range(1, 2 if quick else 4):
            for tree, lives in zip(trees, found, strict=True):
                tree.start()
                lives.append(await one_service(tree, 100 if quick else 500, seed))
                tree.stop()
    finally:
        for tree in trees:
            tree.remove()
    return list(rows(middle(found[0]), middle(found[1]) if against is not None else None))
