"""One planted fault: a piece of a file, and what stands there instead."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`before` and `after` are the touched lines with their spaces collapsed: they name the mutant when lines move."""

    file: str
    scope: str
    line: int
    before: str
    after: str
    start: int
    end: int
    new: str

    def apply(self, source: bytes) -> bytes:
        """The file's text with the fault."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.file, self.scope, self.before, self.after

    @property
    def id(self) -> str:
        return hashlib.sha256("\0".join(self.key).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.scope}\n    - {self.before}\n    + {self.after}"


def plant(file: str, scope: str, source: bytes, start: int, end: int, new: str) -> Mutant:
    """The mutant that puts `new` in the place of the bytes from `start` to `end`."""
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    last = len(source) if last < 0 else last
    before = source[first:last].decode()
    after = (source[first:start] + new.encode() + source[end:last]).decode()
    line = source.count(b"\n", 0, start) + 1
    return Mutant(file, scope, line, " ".join(before.split()), " ".join(after.split()), start, end, new)


def distinct(mutants: Iterable[Mutant]) -> list[Mutant]:
    """The mutants in the order of their places, each change once."""
    found = {(*mutant.key, mutant.start): mutant for mutant in mutants if mutant.before != mutant.after}
    return sorted(found.values(), key=lambda mutant: (mutant.start, mutant.end, mutant.new))
