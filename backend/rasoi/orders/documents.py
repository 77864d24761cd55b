"""What is on a document, under which number it goes, and what chains it to the one before. No I/O, no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from rasoi.orders.document_schemas import (
    Corrected,
    Document,
    DocumentLine,
    DocumentPayment,
    DocumentSeller,
    NamedDiscount,
    TaxSum,
)
from rasoi.orders.rows import BillRow, LineRow, OrderRow
from rasoi.orders.states import TERMINATED
from rasoi.orders.words import rupees_in_words
from rasoi.staff.api import Outlet

TITLES = {
    "tax_invoice": "Tax invoice",
    "bill_of_supply": "Bill of supply",
    "receipt": "Receipt",
    "liquor_invoice": "Liquor invoice",
    "credit_note": "Credit note",
}
LETTERS = {
    "tax_invoice": "I",
    "bill_of_supply": "B",
    "receipt": "R",
    "liquor_invoice": "L",
    "credit_note": "C",
}
# rule 5(1)(f) of the composition rules (CGST Rules 2017): these words, at the top of a bill of supply
COMPOSITION = "Composition taxable person, not eligible to collect tax on supplies"
LONGEST_NUMBER = 16
STATE_TAX = "VAT"  # a state's tax on liquor, which no GST document may carry
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNIT = "NOS"


class SeriesFull(Exception):
    """The series has no number left that fits into 16 characters."""


class Place(msgspec.Struct, frozen=True):
    """The next place in a series, as orders.begin_documents gives it."""

    kind: str
    gstin: str
    financial_year: int
    sequence: int
    previous_hash: str
    issued_at: datetime
    business_day: date


class Ground(msgspec.Struct, frozen=True):
    """What documents are made of: the seller's settings, the places, and the lines' codes in the lines' order."""

    outlet: Outlet
    places: list[Place]
    hsn: list[str | None]


def base36(number: int) -> str:
    """A number that is not negative, in digits and capital letters."""
    text = ""
    while True:
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
        if not number:
            return text


def document_number(kind: str, financial_year: int, outlet_id: int, sequence: int) -> str:
    """`I26-1/000042`: kind, year, outlet in base 36, and the place in the series. Of at most 16 characters for every
    32-bit outlet: where decimal digits do not suffice, a base-36 number that begins with a letter goes on."""
    head = f"{LETTERS[kind]}{financial_year % 100:02d}-{base36(outlet_id)}/"
    room = LONGEST_NUMBER - len(head)
    if sequence < 10**room:
        return f"{head}{sequence:0{min(room, 6)}d}"
    tail = base36(sequence - 10**room + 10 * 36 ** (room - 1))
    if len(tail) > room:
        raise SeriesFull(head)
    return head + tail


def chained(previous: bytes, body: str) -> bytes:
    """A document's hash: over the one before and its own text."""
    return hashlib.sha256(previous + body.encode()).digest()


def sold_lines(orders: Iterable[OrderRow]) -> list[tuple[OrderRow, LineRow]]:
    """What a bill's document is about: the active lines of its orders that count."""
    return [
        (order, line)
        for order in orders
        if order.status not in TERMINATED
        for line in order.lines
        if line.status == "active"
    ]


def is_liquor(line: LineRow) -> bool:
    """Under a state's VAT, not GST."""
    return any(tax.name.upper() == STATE_TAX for tax in line.taxes)


def kinds_for(lines: Sequence[tuple[OrderRow, LineRow]]) -> list[str]:
    """The places that a sale's documents may need, as begin_documents names them."""
    return ["sale", "liquor_invoice"] if any(is_liquor(line) for _, line in lines) else ["sale"]


def sale_documents(
    row: BillRow, lines: Sequence[tuple[OrderRow, LineRow]], ground: Ground, ids: Sequence[UUID]
) -> list[Document]:
    """The documents of a settled bill; the round-off stands on the first. Outside the regular regime no tax is shown:
    what was paid is the value, and liquor stands on the same document."""
    regular = ground.outlet.gst_regime == "regular"
    plain: list[DocumentLine] = []
    liquor: list[DocumentLine] = []
    for (order, line), hsn in zip(lines, ground.hsn, strict=True):
        part = liquor if regular and is_liquor(line) else plain
        part.append(_line(order, line, hsn or "", taxed=regular))
    places = sorted(ground.places, key=lambda place: place.kind == "liquor_invoice")
    parts = [(place, part) for place, part in zip(places, (plain, liquor), strict=False) if part]
    round_offs = round_offs_of([sum(line.total_paise for line in part) for _, part in parts], row)
    return [
        _document(row, place, ground.outlet, part, round_off, id)
        for (place, part), round_off, id in zip(parts, round_offs, ids, strict=False)
    ]


def round_offs_of(nets: Sequence[int], row: BillRow) -> list[int]:
    """The bill's one round-off, on the first document as far as that does not make it negative."""
    left = row.total_paise - row.net_paise
    found = []
    for net in nets:
        part = max(left, -net)
        left -= part
        found.append(part)
    return found


def _line(order: OrderRow, line: LineRow, hsn: str, *, taxed: bool) -> DocumentLine:
    return DocumentLine(
        line_id=line.id,
        order_id=order.id,
        order=order.token or f"#{order.number}",
        name=line.name,
        variant=line.variant,
        modifiers=[modifier.name for modifier in line.modifiers],
        hsn=hsn,
        quantity=line.quantity,
        unit=UNIT,
        rate_paise=line.unit_price_paise,
        inclusive=taxed and line.tax_inclusive and bool(line.taxes),
        discount_paise=line.discount_paise,
        discounts=[NamedDiscount(each.name, each.paise) for each in line.discounts if each.paise],
        taxable_paise=line.taxable_paise if taxed else line.total_paise,
        taxes=line.taxes if taxed else [],
        total_paise=line.total_paise,
    )


def sum_by_rate(lines: Iterable[DocumentLine]) -> list[TaxSum]:
    """Each tax at each rate, over the lines that carry it."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for line in lines:
        for tax in line.taxes:
            taxable, paise = sums.get((tax.name, tax.rate_bp), (0, 0))
            sums[tax.name, tax.rate_bp] = (taxable + line.taxable_paise, paise + tax.paise)
    return [TaxSum(name, rate, *amounts) for (name, rate), amounts in sorted(sums.items())]


def _document(
    row: BillRow,
    place: Place,
    outlet: Outlet,
    lines: list[DocumentLine],
    round_off_paise: int,
    document_id: UUID,
    corrects: Corrected | None = None,
) -> Document:
    issued_at = place.issued_at.astimezone(ZoneInfo(outlet.timezone))
    total = sum(line.total_paise for line in lines) + round_off_paise
    composition = outlet.gst_regime == "composition"
    return Document(
        id=document_id,
        kind=place.kind,
        title=TITLES[place.kind],
        number=document_number(place.kind, place.financial_year, outlet.id, place.sequence),
        outlet_id=outlet.id,
        gstin=place.gstin,
        financial_year=place.financial_year,
        sequence=place.sequence,
        issued_at=issued_at,
        issued_on=issued_at.date(),
        timezone=outlet.timezone,
        business_day=place.business_day,
        bill_id=row.id,
        corrects=corrects,
        declaration=COMPOSITION if composition else None,
        seller=_seller(outlet, place.gstin),
        buyer=row.buyer_or_guest,
        place_of_supply=outlet.state_code if place.gstin else None,
        order_type=row.type,
        table=row.table_name,
        covers=row.covers,
        cashier=next((paid.cashier for paid in reversed(row.payments) if paid.cashier), None),
        lines=lines,
        discount_paise=sum(line.discount_paise for line in lines),
        taxable_paise=sum(line.taxable_paise for line in lines),
        taxes=sum_by_rate(lines),
        round_off_paise=round_off_paise,
        total_paise=total,
        total_words=rupees_in_words(total),
        payments=[DocumentPayment(paid.method, paid.paise, paid.at) for paid in row.payments]
        if corrects is None
        else [],
    )


def _seller(outlet: Outlet, gstin: str) -> DocumentSeller:
    return DocumentSeller(
        name=outlet.name,
        legal_name=outlet.legal_name,
        address=outlet.address,
        gstin=gstin or None,
        state_code=outlet.state_code,
        fssai=outlet.fssai,
        phone=outlet.phone,
    )


def credit_note(
    row: BillRow,
    original: Document,
    lines: list[DocumentLine],
    round_off_paise: int,
    place: Place,
    outlet: Outlet,
    document_id: UUID,
) -> Document:
    """A note that takes back a part of a document. Who sold, and what was declared, is as on the original."""
    note = _document(
        row,
        place,
        outlet,
        lines,
        round_off_paise,
        document_id,
        Corrected(original.id, original.number, original.issued_on),
    )
    return msgspec.structs.replace(
        note,
        buyer=original.buyer,
        place_of_supply=original.place_of_supply,
        declaration=original.declaration,
        table=original.table,
        covers=original.covers,
        cashier=None,
    )


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of orders.document; hashes as PostgreSQL writes bytes."""

    outlet_id: int
    id: UUID
    kind: str
    gstin: str
    financial_year: int
    sequence: int
    number: str
    token: str
    bill_id: UUID
    corrects: UUID | None
    issued_at: datetime
    issued_on: date
    business_day: date
    taxable_paise: int
    total_paise: int
    buyer_name: str | None
    buyer_gstin: str | None
    previous_hash: str
    hash: str
    body: str

    @classmethod
    def of(cls, document: Document, previous_hash: str, token: str) -> DocumentRow:
        """The document's text, chained to the hash (in hex) of the one before, with what is looked for in columns."""
        body = msgspec.json.encode(document).decode()
        return cls(
            **columns_of(document),
            token=token,
            previous_hash=rf"\x{previous_hash}",
            hash=rf"\x{chained(bytes.fromhex(previous_hash), body).hex()}",
            body=body,
        )

    @property
    def hash_hex(self) -> str:
        return self.hash[2:]


def columns_of(document: Document) -> dict[str, Any]:
    """What a document's row repeats of its text."""
    same = (
        "outlet_id id kind gstin financial_year sequence number bill_id issued_at issued_on business_day "
        "taxable_paise total_paise"
    )
    return {name: getattr(document, name) for name in same.split()} | {
        "corrects": document.corrects.id if document.corrects else None,
        "buyer_name": document.buyer.name if document.buyer else None,
        "buyer_gstin": document.buyer.gstin if document.buyer else None,
    }
