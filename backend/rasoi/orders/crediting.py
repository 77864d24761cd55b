"""What a credit note takes back: an amount, spread over lines and their taxes. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec

from rasoi.contracts.orders import TaxState
from rasoi.orders.document_schemas import Document, DocumentLine
from rasoi.platform.money import half_up, spread


class Credit(msgspec.Struct, frozen=True):
    """What is taken back of one document."""

    original: Document
    lines: list[DocumentLine]
    round_off_paise: int


class Remaining(msgspec.Struct):
    """What is left of one document after its notes."""

    original: Document
    lines: list[DocumentLine]
    round_off_paise: int

    @property
    def net_paise(self) -> int:
        return sum(line.total_paise for line in self.lines)

    @property
    def total_paise(self) -> int:
        return self.net_paise + self.round_off_paise


def to_credit(documents: Iterable[Document], held_paise: int) -> int:
    """What is still to be credited on a closed bill: the money held is less than its documents say, notes deducted."""
    left = sum(d.total_paise if d.corrects is None else -d.total_paise for d in documents)
    return max(0, left - held_paise)


def remaining(documents: Sequence[Document]) -> list[Remaining]:
    """The documents of a bill, each less the notes that name it."""
    return [
        _less(original, [note for note in documents if note.corrects and note.corrects.id == original.id])
        for original in documents
        if original.corrects is None
    ]


def _less(original: Document, notes: list[Document]) -> Remaining:
    lines = []
    for line in original.lines:
        taken = [part for note in notes for part in note.lines if part.line_id == line.line_id]
        taxes = [
            TaxState(
                name=tax.name,
                rate_bp=tax.rate_bp,
                paise=tax.paise - sum(_tax(part, tax.name, tax.rate_bp) for part in taken),
            )
            for tax in line.taxes
        ]
        taxable = line.taxable_paise - sum(part.taxable_paise for part in taken)
        lines.append(_part(line, taxable, taxes))
    return Remaining(original, lines, original.round_off_paise - sum(note.round_off_paise for note in notes))


def _tax(line: DocumentLine, name: str, rate_bp: int) -> int:
    return sum(tax.paise for tax in line.taxes if (tax.name, tax.rate_bp) == (name, rate_bp))


def _part(line: DocumentLine, taxable_paise: int, taxes: list[TaxState]) -> DocumentLine:
    """So much of a line, without quantity, rate and discount."""
    return msgspec.structs.replace(
        line,
        quantity=None,
        rate_paise=None,
        inclusive=False,
        discount_paise=0,
        discounts=[],
        taxable_paise=taxable_paise,
        taxes=taxes,
        total_paise=taxable_paise + sum(tax.paise for tax in taxes),
    )


def taken_back(documents: Sequence[Document], paise: int, first: Collection[UUID] = ()) -> list[Credit]:
    """Take `paise` back: of the lines in `first` as far as they go and the round-off where it makes up the rest, else of
    all others, each time by largest remainder of what is left. The last note takes the round-off with it, so that notes
    end at nothing."""
    left = remaining(documents)
    if paise >= sum(each.total_paise for each in left):
        return [
            Credit(each.original, _worth(each.lines), each.round_off_paise)
            for each in left
            if each.total_paise or each.net_paise
        ]
    every = [line for each in left for line in each.lines]
    totals = [line.total_paise for line in every]
    chosen = [line.total_paise if line.line_id in first else 0 for line in every]
    over = paise - sum(chosen)
    if first and 0 < over <= sum(max(0, each.round_off_paise) for each in left):
        shares = chosen
    else:
        shares = _shares(totals, chosen, paise)
    rest = paise - sum(shares)  # what only the round-off can give
    found = []
    position = 0
    for each in left:
        own = shares[position : position + len(each.lines)]
        position += len(each.lines)
        round_off = min(rest, max(0, each.round_off_paise))
        rest -= round_off
        lines = _worth(_share(line, share) for line, share in zip(each.lines, own, strict=True))
        if lines or round_off:
            found.append(Credit(each.original, lines, round_off))
    return found


def _worth(lines: Iterable[DocumentLine]) -> list[DocumentLine]:
    return [line for line in lines if line.total_paise]


def _shares(totals: list[int], chosen: list[int], paise: int) -> list[int]:
    if sum(chosen) >= paise:
        return spread(paise, chosen)
    others = [total - part for total, part in zip(totals, chosen, strict=True)]
    more = spread(min(paise - sum(chosen), sum(others)), others)
    return [part + added for part, added in zip(chosen, more, strict=True)]


def _share(line: DocumentLine, paise: int) -> DocumentLine:
    """`paise` of a line: each tax in proportion, equal taxes equal, the taxable value what is left."""
    if paise == line.total_paise:
        return line
    taxes = [half_up(tax.paise * paise, line.total_paise) for tax in line.taxes]
    surplus = max(0, paise - sum(taxes) - line.taxable_paise)  # rounding may leave more than the value has
    for at, tax in enumerate(line.taxes):
        added = min(surplus, tax.paise - taxes[at])
        taxes[at] += added
        surplus -= added
    parts = [
        TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=part)
        for tax, part in zip(line.taxes, taxes, strict=True)
    ]
    return _part(line, paise - sum(taxes), parts)
