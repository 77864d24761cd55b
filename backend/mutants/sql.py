"""Faults for SQL functions: other comparisons, arithmetic and constants, conditions and statements left out.

Works on the text, with comments and strings known: what is no valid function any more is refused by PostgreSQL when it is
created, and counts for nothing. Not among the faults: a lock left out (no test of one session sees it), and the outlet left
out beside another condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mutants.mutant import Mutant, distinct, plant

TOKEN = re.compile(
    rb"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^']|'')*')|(?P<dollar>\$\w*\$)"
    rb"|(?P<number>\b\d+(?:\.\d+)?\b)|(?P<word>[A-Za-z_][\w.]*|\"[^\"]+\")"
    rb"|(?P<operator><=|>=|<>|!=|:=|=>|::|->>|->|\|\||[-+*/%=<>])|(?P<mark>[(),;\[\]])",
    re.DOTALL,
)
BODY = re.compile(rb"AS\s+\$\w*\$|BEGIN ATOMIC|^RETURN\b", re.MULTILINE)
LOCK = re.compile(r"^PERFORM .*FOR (NO KEY )?(UPDATE|SHARE)", re.DOTALL)
OUTLET = re.compile(r"\S*outlet(_id)?\s*=\s*\S*outlet(_id)?")
SWAPS = {
    "<": ["<="],
    "<=": ["<"],
    ">": [">="],
    ">=": [">"],
    "<>": ["="],
    "+": ["-"],
    "-": ["+"],
    "*": ["/"],
    "/": ["*"],
    "%": ["/"],
    "LEAST": ["greatest"],
    "GREATEST": ["least"],
    "MIN": ["max"],
    "MAX": ["min"],
    "TRUE": ["false"],
    "FALSE": ["true"],
}
ENDS = set(
    "THEN ELSE WHEN END LOOP WHERE JOIN LEFT CROSS INNER GROUP HAVING ORDER LIMIT UNION RETURNING INTO FOR".split()
)
STATEMENTS = {"PERFORM", "UPDATE", "INSERT", "DELETE", "RAISE"}


class Token:
    """A word, sign, number or string, with its place and the depth of its brackets."""

    def __init__(self, match: re.Match[bytes], depth: int) -> None:
        self.kind = match.lastgroup or ""
        self.text = match.group().decode()
        self.start, self.end = match.span()
        self.depth = depth
        self.upper = self.text.upper() if self.kind == "word" else self.text


def tokens(source: bytes) -> list[Token]:
    """The tokens of the function's body."""
    found: list[Token] = []
    depth = 0
    body = BODY.search(source)
    for match in TOKEN.finditer(source, body.end() if body else len(source)):
        if match.lastgroup == "comment":
            continue
        depth -= match.group() in (b")", b"]")
        found.append(Token(match, depth))
        depth += match.group() in (b"(", b"[")
    return found


class Finder:
    """Collects the mutants of one file."""

    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.tokens = tokens(source)

    def plant(self, start: int, end: int, new: str) -> Mutant:
        return plant(self.file, "", self.source, start, end, new)

    def find(self) -> Iterator[Mutant]:
        locked = 0
        for place, token in enumerate(self.tokens):
            if self.starts_statement(place) and LOCK.match(self.statement(place)):
                locked = token.start + len(self.statement(place))
            if token.start < locked:
                continue
            yield from self.swaps(place, token)
            if token.upper in ("AND", "OR"):
                yield from self.dropped_operand(place)
            elif token.upper in ("IF", "ELSIF", "WHEN", "WHILE") and self.upper(place - 1) != "END":
                yield from self.conditions(place)
            elif token.upper in ("WHERE", "ON"):
                yield from self.first_operand(place)
            elif token.upper == "NOT" and self.upper(place + 1) != "NULL" and self.upper(place - 1) != "IF":
                yield self.plant(token.start, token.end, "")
            if self.starts_statement(place):
                yield self.plant(token.start, token.start + len(self.statement(place)), "NULL")

    def statement(self, place: int) -> str:
        """The text from a token to the semicolon."""
        begin = self.tokens[place]
        end = next(
            (t for t in self.tokens[place:] if t.text == ";" and t.depth == begin.depth), self.tokens[-1]
        )
        return self.source[begin.start : end.start].decode()

    def upper(self, place: int) -> str:
        return self.tokens[place].upper if 0 <= place < len(self.tokens) else ""

    def swaps(self, place: int, token: Token) -> Iterator[Mutant]:
        """Another sign, word, number or text in the place of one."""
        before = self.upper(place - 1)
        if token.kind == "number":
            yield self.plant(token.start, token.end, str(int(float(token.text)) + 1))
        elif token.kind == "string" and (before in ("THEN", "ELSE", ":=") or self.in_list(place)):
            yield self.plant(token.start, token.end, token.text[:-1] + "~'")
        elif token.upper == "NULL" and before == "IS":
            yield self.plant(token.start, token.end, "NOT NULL")
        elif token.upper == "NOT" and before == "IS" and self.upper(place + 1) == "NULL":
            yield self.plant(token.start, token.end, "")
        elif (token.text == "*" and before in ("(", "SELECT", ",", "RETURNING")) or before.endswith("."):
            return
        for new in SWAPS.get(token.upper, []):
            yield self.plant(token.start, token.end, new)

    def in_list(self, place: int) -> bool:
        """Whether a text stands in `IN ('a', 'b')` or `ARRAY['a', 'b']`."""
        while self.tokens[place - 1].text == "," and self.tokens[place - 2].kind == "string":
            place -= 2
        return self.tokens[place - 1].text in ("(", "[") and self.upper(place - 2) in ("IN", "ARRAY")

    def extent(self, place: int) -> int:
        """Where the operand that begins at `place` ends: the place of the token behind it."""
        depth = self.tokens[place].depth
        for at in range(place, len(self.tokens)):
            token = self.tokens[at]
            closes = token.depth < depth or (token.depth == depth and token.text in (";", ","))
            closes = closes or token.kind == "dollar"
            if closes or (token.depth == depth and at > place and token.upper in ENDS | {"AND", "OR"}):
                return at
        return len(self.tokens)

    def dropped_operand(self, place: int) -> Iterator[Mutant]:
        """`a AND b` without `b`."""
        if place + 1 < len(self.tokens):
            end = self.extent(place + 1)
            if not self.is_outlet(place + 1, end):
                yield self.plant(self.tokens[place].start, self.tokens[end - 1].end, "")

    def is_outlet(self, begin: int, end: int) -> bool:
        """Whether an operand only names the outlet: it leads the keys, and an id beside it is of one outlet anyway."""
        text = self.source[self.tokens[begin].start : self.tokens[end - 1].end].decode()
        return OUTLET.fullmatch(text) is not None and "AND" in (self.upper(begin - 1), self.upper(end))

    def first_operand(self, place: int) -> Iterator[Mutant]:
        """`WHERE a AND b` without `a`, and a WHERE that lets everything through."""
        if self.upper(place + 1) in ("CONFLICT", ""):
            return
        end = self.extent(place + 1)
        if not self.is_outlet(place + 1, end):
            yield self.plant(self.tokens[place + 1].start, self.tokens[end - 1].end, "true")

    def conditions(self, place: int) -> Iterator[Mutant]:
        """A branch always taken, and never."""
        depth = self.tokens[place].depth
        end = next(
            (
                at
                for at in range(place + 1, len(self.tokens))
                if self.tokens[at].depth == depth and self.upper(at) in ("THEN", "LOOP")
            ),
            None,
        )
        if end is None or end == place + 1:
            return
        for outcome in ("true", "false"):
            yield self.plant(self.tokens[place + 1].start, self.tokens[end - 1].end, outcome)

    def starts_statement(self, place: int) -> bool:
        """Whether a statement that may be left out begins here: one that does something, or sets a variable."""
        before = self.upper(place - 1)
        if before not in (";", "BEGIN", "THEN", "ELSE", "LOOP"):
            return False
        return self.upper(place) in STATEMENTS or self.upper(place + 1) == ":="


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All mutants of a function's file."""
    return distinct(Finder(file, source).find())
