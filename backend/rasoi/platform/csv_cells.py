"""CSV for spreadsheets: what a cell says is never run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: object) -> str:
    """A cell's text; one that a spreadsheet would take for a formula gets an apostrophe before it. Numbers stay numbers."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) and not isinstance(cell, int) else text


def rupees(paise: int) -> str:
    """`-1234.50`, without groups."""
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"


class Amount(int):
    """Paise that are written as rupees; a number, also where it begins with a minus."""

    def __str__(self) -> str:
        return rupees(int(self))


def write(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The whole file, with a line for each row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in head])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()
