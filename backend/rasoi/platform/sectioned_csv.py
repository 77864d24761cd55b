"""Files that an owner edits in a spreadsheet or a text editor: one CSV with a `[section]` line above each table.

CSV rather than YAML or TOML: spreadsheets open it, and every fault can name its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_FILE = 5_000_000


@dataclass(frozen=True)
class Columns:
    """The columns of a section. A section without required columns may be absent."""

    required: Sequence[str]
    optional: Sequence[str] = ()
    needed: bool = True


@dataclass
class Report:
    """What an import did, or why it did nothing. Faults are (line, text); line 0 is the file as a whole."""

    faults: list[tuple[int, str]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0

    def fault(self, line: int, text: str) -> None:
        self.faults.append((line, text))

    @property
    def differs(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def lines(self, path: str) -> list[str]:
        """The report for people."""
        if self.faults:
            shown = [
                f"{path}:{line}: {text}" if line else f"{path}: {text}" for line, text in sorted(self.faults)
            ]
            return [*shown, f"{len(shown)} fault{'s' * (len(shown) > 1)}; nothing was changed."]
        counts = f"{len(self.added)} added, {len(self.changed)} changed, {self.unchanged} unchanged, "
        names = [f"  {word} {name}" for word in ("changed", "removed") for name in getattr(self, word)]
        return [*names, f"{counts}{len(self.removed)} removed."]


class Row:
    """One row of a section. Each reader notes a fault and returns a stand-in when the cell is wrong."""

    def __init__(self, line: int, cells: Mapping[str, str], report: Report) -> None:
        self.line = line
        self.cells = cells
        self.report = report

    def fault(self, text: str) -> None:
        self.report.fault(self.line, text)

    def text(self, column: str, longest: int, *, needed: bool = True) -> str:
        value = self.cells.get(column, "")
        if needed and not value:
            self.fault(f"{column} is missing")
        if len(value) > longest:
            self.fault(f"{column} is longer than {longest} characters")
        if not value.isprintable():
            self.fault(f"{column} has a line break or another sign that can't be shown")
        return value

    def code(self, column: str) -> str:
        value = self.text(column, 60)
        if value and not CODE.fullmatch(value):
            self.fault(f"{column} must be small letters, digits and single hyphens, not {value!r}")
        return value

    def choice(self, column: str, choices: Sequence[str]) -> str:
        value = self.text(column, 60)
        if value and value not in choices:
            self.fault(f"{column} must be one of {', '.join(choices)}, not {value!r}")
        return value

    def whole(self, column: str, low: int, high: int) -> int:
        value = self.text(column, 20)
        if value and not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            self.fault(f"{column} must be a whole number from {low} to {high}, not {value!r}")
            return low
        return int(value or low)

    def parsed(self, column: str, value: str, read: Callable[[str], int | None], wanted: str) -> int:
        """A number in a cell, or in a part of one, by `read`."""
        number = read(value)
        if number is None:
            self.fault(f"{column} must be {wanted}, not {value!r}")
        return number or 0

    def parts(self, column: str) -> list[str]:
        """A list in a cell: parts between semicolons."""
        return [part.strip() for part in self.cells.get(column, "").split(";") if part.strip()]


def hundredths(text: str) -> int | None:
    """Hundredths in a decimal such as 249.50, exactly; None when it is not one, or has more than two places."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text):
        return None
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def read_text(path: Path, report: Report) -> str:
    """The file's text; what Excel writes (a byte order mark, CRLF) is welcome."""
    raw = path.read_bytes()
    if len(raw) > LONGEST_FILE:
        report.fault(0, "is larger than 5 MB")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        report.fault(line, "is not UTF-8 text; save it as “CSV UTF-8”")
        return ""


def read_sections(text: str, sections: Mapping[str, Columns], report: Report) -> dict[str, list[Row]]:
    """The rows of each section. Empty rows and rows that start with # are skipped."""
    found: dict[str, list[Row]] = {name: [] for name in sections}
    seen: set[str] = set()
    section, header = "", list[str]()
    for line, cells in _rows(text, report):
        if cells[0].startswith("[") and cells[0].endswith("]") and len(cells) == 1:
            section, header = cells[0][1:-1].strip(), []
            if section not in sections:
                report.fault(line, f"there is no section [{section}]; known are {', '.join(sections)}")
            elif section in seen:
                report.fault(line, f"section [{section}] is there twice")
            seen.add(section)
        elif not section:
            report.fault(line, "a [section] line must come first")
            section = "?"
        elif section not in sections:
            continue
        elif not header:
            header = _header(line, cells, sections[section], report)
        elif len(cells) > len(header):
            report.fault(line, f"has {len(cells)} cells, but [{section}] has {len(header)} columns")
        else:
            found[section].append(Row(line, dict(zip(header, cells, strict=False)), report))
    for name in [name for name, columns in sections.items() if columns.needed and name not in seen]:
        report.fault(0, f"section [{name}] is missing")
    return found


def _rows(text: str, report: Report) -> list[tuple[int, list[str]]]:
    """Each row that says something, with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, before = [], 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in cells]
            while cells and not cells[-1]:
                cells.pop()
            if cells and not cells[0].startswith("#"):
                rows.append((line, cells))
    except csv.Error as error:
        report.fault(reader.line_num, f"can't be read from here on: {error}")
    return rows


def _header(line: int, cells: list[str], columns: Columns, report: Report) -> list[str]:
    known = [*columns.required, *columns.optional]
    for name in sorted(set(columns.required) - set(cells)):
        report.fault(line, f"column {name} is missing")
    for name in [name for name in cells if name not in known]:
        report.fault(line, f"there is no column {name!r} here; known are {', '.join(known)}")
    for name in sorted({name for name in cells if cells.count(name) > 1}):
        report.fault(line, f"column {name} is there twice")
    return cells
