"""A row of the table: a figure, what it stands beside, their ratio and the gate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """`passed` is None where nothing is asked; `gate` and `aim` are words."""

    what: str
    figure: str
    beside: str = ""
    ratio: float | None = None
    gate: str = ""
    aim: str = ""
    passed: bool | None = None

    @property
    def verdict(self) -> str:
        return {None: "", True: "pass", False: "FAIL"}[self.passed]

    def values(self) -> dict[str, object]:
        return asdict(self)


def at_least(
    what: str, figure: str, beside: str, ratio: float, gate: float | None = None, aim: float | None = None
) -> Row:
    """A ratio that must not be lower than the gate."""
    passed = None if gate is None else ratio >= gate
    return Row(
        what,
        figure,
        beside,
        round(ratio, 2),
        f"≥ {gate:g}" if gate else "",
        f"{aim:g}" if aim else "",
        passed,
    )


def at_most(what: str, figure: str, beside: str, ratio: float, gate: float, aim: float) -> Row:
    """A ratio that must not be higher than the gate."""
    return Row(what, figure, beside, round(ratio, 2), f"≤ {gate:g}", f"{aim:g}", ratio <= gate)


def under(what: str, value: float, unit: str, gate: float, aim: float, beside: str = "") -> Row:
    """An absolute figure with a limit."""
    return Row(
        what,
        f"{value:,.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}",
        beside,
        None,
        f"≤ {gate:g} {unit}",
        f"{aim:g} {unit}",
        value <= gate,
    )


def unless_refused(row: Row, share: float) -> Row:
    """The row, but failed where more than 1 % of the answers were refusals."""
    if share <= 0.01:
        return row
    return replace(row, figure=f"{row.figure}, {share:.1%} refused", passed=False)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def show(rows: Sequence[Row], console: Console, title: str, caption: str = "") -> None:
    """One table, as it is printed and kept in PROGRESS.md."""
    table = Table("what", "figure", "beside it", "ratio", "gate", "aim", "", title=title)
    table.title_justify = table.caption_justify = "left"
    table.caption = caption or None
    for row in rows:
        style = {None: "", True: "green", False: "red"}[row.passed]
        ratio = "" if row.ratio is None else f"{row.ratio:g}"
        table.add_row(
            row.what,
            row.figure,
            row.beside,
            ratio,
            row.gate,
            row.aim,
            f"[{style}]{row.verdict}[/]" if style else "",
        )
    console.print(table)
