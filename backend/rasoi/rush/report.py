"""The result, as figures and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table

from rasoi.rush.compare import Findings

LONGEST_LIST = 20


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 of none."""
    if not values:
        return 0.0
    return round(sorted(values)[max(0, math.ceil(share * len(values)) - 1)], 1)


@dataclass
class Spread:
    """Milliseconds."""

    p50: float = 0.0
    p99: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        return cls(
            percentile([s * 1000 for s in seconds], 0.5), percentile([s * 1000 for s in seconds], 0.99)
        )


@dataclass
class Report:
    """What `--json` prints. `screen_ms`: from an order's confirmation, by the database's clock, to its tickets' first
    sight on their kitchen screens, by this machine's: run it where both are the same."""

    placed: int = 0
    refused: int = 0
    paid_cash: int = 0
    paid_online: int = 0
    cooked: int = 0
    completed: int = 0
    cancelled: int = 0
    lost: int = 0
    duplicated: int = 0
    place_ms: Spread = field(default_factory=Spread)
    screen_ms: Spread = field(default_factory=Spread)
    seconds: float = 0.0
    unfinished: int = 0
    retries: int = 0
    reconnects: int = 0

    def figures(self) -> dict[str, object]:
        return asdict(self)


MEANING = {
    "placed": "orders acknowledged",
    "refused": "sends turned down (sold out, price)",
    "paid_cash": "payments in cash",
    "paid_online": "payments online",
    "cooked": "orders cooked",
    "completed": "orders served and paid",
    "cancelled": "orders cancelled",
    "lost": "orders, tickets or money lost",
    "duplicated": "orders, tickets or money doubled",
    "place_ms": "ms from sending an order to its answer",
    "screen_ms": "ms from its confirmation to its tickets on screen",
    "seconds": "seconds altogether",
    "unfinished": "orders not settled when it ended",
    "retries": "requests sent again",
    "reconnects": "screens reconnected",
}


def show(report: Report, findings: Findings, console: Console) -> None:
    """A table, with what was found wrong below it."""
    table = Table(title="The rush", title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", justify="right")
    table.add_column()
    for name, meaning in MEANING.items():
        value = getattr(report, name)
        shown = f"{value.p50} / {value.p99}" if isinstance(value, Spread) else f"{value:,}"
        wrong = name in ("lost", "duplicated", "unfinished") and value
        table.add_row(
            f"[red]{shown}[/]" if wrong else shown,
            meaning + (" (p50 / p99)" if isinstance(value, Spread) else ""),
        )
    console.print(table)
    for title, lines in (("Lost", findings.lost), ("Doubled", findings.doubled)):
        for line in lines[:LONGEST_LIST]:
            console.print(f"[red]{title}:[/] {line}", highlight=False)
        if len(lines) > LONGEST_LIST:
            console.print(f"[red]{title}:[/] … and {len(lines) - LONGEST_LIST} more")
