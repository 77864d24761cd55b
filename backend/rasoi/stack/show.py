"""What a person sees of the stack: the table of services with the addresses, and the logs."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rasoi.settings import Settings
from rasoi.stack.plan import PlanError

SCREENS = (
    ("Guests", "/order"),
    ("Kitchen", "/kitchen"),
    ("Pass", "/expo"),
    ("Pickup", "/pickup"),
    ("Waiters", "/waiter"),
    ("Managers", "/manage"),
)
LOOK_S = 0.3


def show(status: dict[str, Any]) -> None:
    """The table, then where to go."""
    table = Table("Service", "State", "Health", "Port", "Process", "Memory", "Restarts", "Log", box=None,
                  pad_edge=False, header_style="bold")  # fmt: skip
    for each in status["services"]:
        memory = f"{each['rss_mb']} MB" if each["rss_mb"] else ""
        cells = (each["instance"], each["state"], each["health"], each["port"], each["pid"], memory)
        log = Path(each["log"]).relative_to(status["data"])
        table.add_row(*("" if cell is None else str(cell) for cell in (*cells, each["restarts"] or "", log)))
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table)
    addresses = SCREENS
    lines = [f"  {name:<12}{status['url']}{path}" for name, path in addresses]
    if status["prometheus_url"]:
        lines.append(f"  {'Prometheus':<12}{status['prometheus_url']}")
    print("\n" + "\n".join(lines) + "\n\n" + status["demo"])


def logs(settings: Settings, given: argparse.Namespace) -> int:
    """The last lines of each log, and on request what comes after. Raises PlanError for a service without one."""
    files = _chosen(settings.data / "log", given.service)
    width = max((len(path.stem) for path in files), default=0)
    ends = {path: _last(path, given.lines, width) for path in files}
    while given.follow:
        time.sleep(LOOK_S)
        ends = {
            path: _from(path, ends.get(path, 0), width)
            for path in _chosen(settings.data / "log", given.service)
        }
    return 0


def _chosen(directory: Path, names: list[str]) -> list[Path]:
    found = sorted(directory.glob("*.log"))
    for name in names:
        if not any(_is(path, name) for path in found):
            raise PlanError(
                f"there is no log of {name}; there are {', '.join(p.stem for p in found) or 'none'}"
            )
    return [path for path in found if not names or any(_is(path, name) for name in names)]


def _is(path: Path, name: str) -> bool:
    """Whether it is that service's, or that replica's."""
    return path.stem == name or path.stem.rpartition("-")[0] == name


def _last(path: Path, lines: int, width: int) -> int:
    """Print the last lines; returns where the file ends."""
    with path.open(errors="replace") as file:
        for line in deque(file, lines):
            _say(path, line, width)
        return file.tell()


def _from(path: Path, position: int, width: int) -> int:
    with path.open(errors="replace") as file:
        file.seek(position if position <= path.stat().st_size else 0)  # it may have been begun anew
        while (line := file.readline()).endswith("\n"):
            position = file.tell()
            _say(path, line, width)
        return position


def _say(path: Path, line: str, width: int) -> None:
    print(f"{path.stem:<{width}}  {line.rstrip()}", flush=True)
