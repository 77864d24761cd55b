"""Proof that documents are what was issued: none changed, removed, added or put in another order. Reads only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rasoi.orders.document_schemas import Document
from rasoi.orders.documents import TITLES, chained, columns_of, document_number, sum_by_rate
from rasoi.orders.words import rupees_in_words

FIRST_HASH = bytes(32)
PAGE = 500
SERIES = """SELECT outlet_id, gstin, kind, financial_year, s.last_number, s.last_hash FROM orders.document_series s
FULL JOIN (SELECT DISTINCT outlet_id, gstin, kind, financial_year FROM orders.document) d
USING (outlet_id, gstin, kind, financial_year)
WHERE ($1::integer IS NULL OR outlet_id = $1) ORDER BY outlet_id, financial_year, kind, gstin"""
DOCUMENTS = """SELECT * FROM orders.document
WHERE outlet_id = $1 AND gstin = $2 AND kind = $3 AND financial_year = $4 AND sequence > $5 ORDER BY sequence LIMIT $6"""
UNPAPERED = """SELECT b.outlet_id, b.id FROM orders.bill b WHERE b.status = 'closed' AND ($1::integer IS NULL OR b.outlet_id = $1)
AND NOT EXISTS (SELECT FROM orders.document d WHERE d.outlet_id = b.outlet_id AND d.bill_id = b.id) ORDER BY b.id LIMIT 1"""
ORPHANED = """SELECT d.number FROM orders.document d WHERE ($1::integer IS NULL OR d.outlet_id = $1) AND (NOT EXISTS (
    SELECT FROM orders.bill b WHERE b.outlet_id = d.outlet_id AND b.id = d.bill_id)
  OR (d.corrects IS NOT NULL AND NOT EXISTS (
    SELECT FROM orders.document o WHERE o.outlet_id = d.outlet_id AND o.id = d.corrects AND o.bill_id = d.bill_id)))
ORDER BY d.outlet_id, d.id LIMIT 1"""


class Series(msgspec.Struct, frozen=True):
    """One series, with what the database says of its end; None where there are documents and no such row."""

    outlet_id: int
    gstin: str
    kind: str
    financial_year: int
    last_number: int | None
    last_hash: bytes | None

    @property
    def prefix(self) -> str:
        """What its numbers begin with."""
        return document_number(self.kind, self.financial_year, self.outlet_id, 1).split("/")[0]

    def __str__(self) -> str:
        year = f"{self.financial_year}-{(self.financial_year + 1) % 100:02d}"
        of = f" of {self.gstin}" if self.gstin else ""
        return f"{self.prefix} ({TITLES[self.kind].lower()}s {year}{of}, outlet {self.outlet_id})"


class Verified(msgspec.Struct, frozen=True):
    """How far a series was read; `fault` names the first document that is not as it was issued."""

    series: Series
    count: int
    head: str
    fault: str | None


class Chain:
    """Reads one series' documents in order; `fault` tells of the first that does not hold."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.count = 0
        self.hash = FIRST_HASH
        self.issued_at: datetime | None = None

    def number(self, sequence: int) -> str:
        series = self.series
        return document_number(series.kind, series.financial_year, series.outlet_id, sequence)

    def follow(self, row: Any) -> str | None:
        """Take the next document in; what is wrong with it, or None."""
        sequence = self.count + 1
        if row["sequence"] != sequence:
            return f"{self.number(sequence)} is missing; {row['number']} comes next"
        fault = self._fault(row)
        if fault is not None:
            return f"{row['number']}: {fault}"
        self.count, self.hash, self.issued_at = sequence, row["hash"], row["issued_at"]
        return None

    def _fault(self, row: Any) -> str | None:
        if row["previous_hash"] != self.hash:
            return "it does not follow the document before it"
        if row["hash"] != chained(self.hash, row["body"]):
            return "its text is not the one that was issued"
        try:
            document = msgspec.json.decode(row["body"], type=Document)
        except msgspec.DecodeError as error:
            return f"its text can't be read: {error}"
        return next(self._misfits(row, document), None)

    def _misfits(self, row: Any, document: Document) -> Iterator[str]:
        different = [name for name, value in columns_of(document).items() if row[name] != value]
        if different:
            yield f"its row says another {different[0].replace('_', ' ')} than its text"
        if document.number != self.number(document.sequence):
            yield "its number is not that of its place"
        if self.issued_at is not None and document.issued_at < self.issued_at:
            yield "it is older than the document before it"
        yield from misfits(document)

    def end(self) -> str | None:
        """Whether the series goes on behind what was read."""
        series = self.series
        if series.last_number is None:
            return f"{series.prefix} has documents and no series"
        if series.last_number != self.count:
            return f"{self.number(self.count + 1)} is missing: {series.last_number} were issued"
        if series.last_hash != self.hash:
            return f"{self.number(self.count)} is not the last one that was issued"
        return None


def misfits(document: Document) -> Iterator[str]:
    """What does not add up within a document."""
    lines = document.lines
    if any(line.total_paise != line.taxable_paise + sum(tax.paise for tax in line.taxes) for line in lines):
        yield "a line is not its taxable value and its taxes"
    if document.taxable_paise != sum(line.taxable_paise for line in lines):
        yield "its taxable value is not that of its lines"
    if document.taxes != sum_by_rate(lines):
        yield "its taxes are not those of its lines"
    if document.total_paise != sum(line.total_paise for line in lines) + document.round_off_paise:
        yield "its total is not the sum of its lines and the round-off"
    if document.total_words != rupees_in_words(document.total_paise):
        yield "its words are not its figures"
    local = document.issued_at.astimezone(ZoneInfo(document.timezone)).date()
    if document.issued_on != local:
        yield "its date is not the one of its time"
    if document.financial_year != local.year - (local.month < 4):
        yield "its date is not in its financial year"


Progress = Callable[["Series", int], None]


async def verify(
    conn: Any,
    outlet_id: int | None = None,
    prefix: str | None = None,
    progress: Progress = lambda series, count: None,
) -> AsyncIterator[Verified]:
    """Every series, or those of an outlet or with this prefix, one after another; `progress` is told of each page."""
    for row in await conn.fetch(SERIES, outlet_id):
        series = Series(**dict(row))
        if prefix is None or series.prefix == prefix:
            yield await _verify(conn, series, progress)


async def _verify(conn: Any, series: Series, progress: Progress) -> Verified:
    chain = Chain(series)
    key = (series.outlet_id, series.gstin, series.kind, series.financial_year)
    last = -(2**31)
    while rows := await conn.fetch(DOCUMENTS, *key, last, PAGE):
        for row in rows:
            if fault := chain.follow(row):
                return Verified(series, chain.count, chain.hash.hex(), fault)
        last = rows[-1]["sequence"]
        progress(series, chain.count)
    return Verified(series, chain.count, chain.hash.hex(), chain.end())


async def between_bills_and_documents(conn: Any, outlet_id: int | None = None) -> list[str]:
    """Every settled bill has its document, every document its bill, and every credit note what it corrects."""
    found = []
    if row := await conn.fetchrow(UNPAPERED, outlet_id):
        found.append(f"bill {row['id']} of outlet {row['outlet_id']} is closed and has no document")
    if row := await conn.fetchrow(ORPHANED, outlet_id):
        found.append(f"{row['number']} belongs to no bill, or corrects no document of its bill")
    return found


async def faults(conn: Any) -> list[str]:
    """All that is wrong, one for each series at most; empty when everything holds."""
    found = [result.fault async for result in verify(conn) if result.fault]
    return [*found, *await between_bills_and_documents(conn)]
