"""What credit notes take back: exactly the amount, never more of a component than there was, at the end all of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from rasoi.orders.crediting import remaining, taken_back, to_credit
from rasoi.orders.document_schemas import Document
from rasoi.orders.documents import credit_note, kinds_for, sold_lines
from rasoi.orders.rows import BillRow, OrderRow
from rasoi.orders.verifying import misfits
from tests.orders.papers import GST, bills, issue, line, outlet, place, settled


def papers_of(bill: tuple[BillRow, list[OrderRow]]) -> list[Document]:
    row, orders = bill
    return issue(row, orders, "tax_invoice", *kinds_for(sold_lines(orders))[1:])


def credited(
    row: BillRow, papers: list[Document], paise: int, first: set[UUID] | None = None
) -> list[Document]:
    """The papers with the notes that take `paise` back."""
    notes = [
        credit_note(row, c.original, c.lines, c.round_off_paise, place("credit_note", n), outlet(), uuid4())
        for n, c in enumerate(taken_back(papers, paise, first or set()), 1)
    ]
    assert sum(note.total_paise for note in notes) == paise
    assert [fault for note in notes for fault in misfits(note)] == []
    return [*papers, *notes]


@settings(max_examples=150)
@given(bills(), st.data())
def test_any_sequence_of_refunds_credits_exactly_what_was_paid(
    bill: tuple[BillRow, list[OrderRow]], data: st.DataObject
) -> None:
    row, _ = bill
    papers = papers_of(bill)
    left = row.total_paise
    while left:
        paise = data.draw(st.one_of(st.just(left), st.integers(1, left)))
        papers = credited(row, papers, paise)
        left -= paise
        for each in remaining(papers):
            assert each.total_paise >= 0
            for part in each.lines:
                assert part.taxable_paise >= 0 and all(tax.paise >= 0 for tax in part.taxes)
                halves = [tax.paise for tax in part.taxes if tax.name in ("CGST", "SGST")]
                assert len(set(halves)) <= 1, "central and state tax stay equal"
    for each in remaining(papers) if row.total_paise else ():
        assert (each.round_off_paise, [part.total_paise for part in each.lines]) == (0, [0] * len(each.lines))


@given(bills(), st.data())
def test_the_lines_that_a_refund_is_about_are_credited_first(
    bill: tuple[BillRow, list[OrderRow]], data: st.DataObject
) -> None:
    row, orders = bill
    chosen = data.draw(st.sampled_from([each for _, each in sold_lines(orders)]))
    if not 0 < chosen.total_paise < row.total_paise:
        return
    paise = data.draw(st.integers(1, chosen.total_paise))
    notes = [paper for paper in credited(row, papers_of(bill), paise, {chosen.id}) if paper.corrects]
    assert {part.line_id for note in notes for part in note.lines} == {chosen.id}


def test_the_round_off_goes_back_with_the_lines_that_it_rounded() -> None:
    row, orders = settled([line(6_000, 1, GST[0])], [line(9_900, 1, GST[0])])
    assert (row.net_paise, row.total_paise) == (16_696, 16_700)
    (credit,) = taken_back(papers_of((row, orders)), 10_400, {orders[1].lines[0].id})
    assert ([part.total_paise for part in credit.lines], credit.round_off_paise) == ([10_396], 4)


def test_a_note_names_what_it_corrects_and_is_about_amounts_only() -> None:
    row, orders = settled([line(10_000, 1, GST[0]), line(5_000, 2, GST[0])])
    row.paid_paise = row.total_paise
    (paper,) = papers_of((row, orders))
    note = credited(row, [paper], 2_100)[-1]
    assert note.corrects and (note.corrects.number, note.corrects.issued_on) == (
        paper.number,
        date(2026, 11, 29),
    )
    assert (note.title, note.taxable_paise, note.total_paise) == ("Credit note", 2_000, 2_100)
    assert [(part.quantity, part.rate_paise, part.total_paise) for part in note.lines] == [
        (None, None, 1_050)
    ] * 2
    assert note.payments == []


def test_what_is_to_be_credited_follows_the_money_held() -> None:
    row, orders = settled([line(10_000, 1, GST[0])])
    papers = papers_of((row, orders))
    assert to_credit(papers, 10_500) == 0
    assert to_credit(papers, 13_000) == 0, "money beyond the document is no matter of the document"
    assert to_credit(papers, 8_000) == 2_500
    papers = credited(row, papers, 2_500)
    assert to_credit(papers, 8_000) == 0
    assert to_credit(papers, 10_500) == 0, "the refund failed: the note stands, the money is still owed"
    assert to_credit(papers, 7_999) == 1
