"""What a document says: by regime, to the paisa, under a number that fits."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.orders.document_schemas import Document
from rasoi.orders.documents import (
    COMPOSITION,
    LETTERS,
    DocumentRow,
    Ground,
    SeriesFull,
    chained,
    document_number,
    kinds_for,
    sale_documents,
    sold_lines,
)
from rasoi.orders.rows import BillPayment, BillRow, OrderRow
from rasoi.orders.schemas import Buyer
from rasoi.orders.verifying import misfits
from rasoi.orders.views import buyer_required
from tests.orders.papers import GST, LIQUOR, NOW, bills, issue, line, outlet, place, settled

OUTLETS = st.integers(1, 2**31 - 1)
KINDS = st.sampled_from(sorted(LETTERS))
FOOD, SODA = GST[0], GST[1]
PAYMENT = UUID(int=7)


@pytest.mark.parametrize(
    ("outlet_id", "sequence", "number"),
    [
        (1, 1, "I26-1/000001"),
        (1, 1_234_567, "I26-1/1234567"),
        (36, 42, "I26-10/000042"),
        (10_000, 1, "I26-7PS/000001"),
        (2**31 - 1, 1, "I26-ZIK0ZJ/00001"),
        (2**31 - 1, 99_999, "I26-ZIK0ZJ/99999"),
        (2**31 - 1, 100_000, "I26-ZIK0ZJ/A0000"),
        (2**31 - 1, 100_001, "I26-ZIK0ZJ/A0001"),
    ],
)
def test_numbers_of_small_and_large_outlets(outlet_id: int, sequence: int, number: str) -> None:
    assert document_number("tax_invoice", 2026, outlet_id, sequence) == number


@given(KINDS, OUTLETS, st.integers(1, 40_000_000))
def test_a_number_fits_into_16_characters_for_every_outlet(kind: str, outlet_id: int, sequence: int) -> None:
    assert re.fullmatch(r"[A-Z0-9/-]{1,16}", document_number(kind, 2026, outlet_id, sequence))


@given(st.lists(st.tuples(KINDS, OUTLETS, st.integers(1, 200_000)), min_size=2, max_size=2, unique=True))
def test_no_two_documents_of_a_year_have_the_same_number(two: list[tuple[str, int, int]]) -> None:
    first, second = (document_number(kind, 2026, outlet_id, at) for kind, outlet_id, at in two)
    assert first != second


@given(st.integers(36**5, 2**31 - 1), st.integers(99_990, 100_010))
def test_numbers_stay_apart_where_decimal_digits_end(outlet_id: int, start: int) -> None:
    numbers = [document_number("receipt", 2026, outlet_id, at) for at in range(start, start + 40)]
    assert len(set(numbers)) == 40 and all(a < b for a, b in pairwise(numbers))


def test_a_series_that_is_full_says_so_instead_of_taking_17_characters() -> None:
    assert document_number("receipt", 2026, 2**31 - 1, 10**5 + 26 * 36**4 - 1) == "R26-ZIK0ZJ/ZZZZZ"
    with pytest.raises(SeriesFull):
        document_number("receipt", 2026, 2**31 - 1, 10**5 + 26 * 36**4)


@given(bills())
def test_components_add_up_and_words_match_figures(bill: tuple[BillRow, list[OrderRow]]) -> None:
    row, orders = bill
    papers = issue(row, orders, "tax_invoice", *kinds_for(sold_lines(orders))[1:])
    assert [fault for paper in papers for fault in misfits(paper)] == []
    assert sum(paper.total_paise for paper in papers) == row.total_paise
    sold = [each for _, each in sold_lines(orders)]
    assert sum(paper.taxable_paise for paper in papers) == sum(each.taxable_paise for each in sold)
    for name in ("CGST", "SGST", "Cess", "VAT"):
        on_papers = sum(tax.paise for paper in papers for tax in paper.taxes if tax.name == name)
        assert on_papers == sum(tax.paise for each in sold for tax in each.taxes if tax.name == name)
    lines = [each for paper in papers for each in paper.lines]
    assert sum(each.discount_paise for each in lines) == sum(each.discount_paise for each in sold)
    assert all(not each.inclusive or each.taxes for each in lines), (
        "only a price that contains tax says that it does"
    )


def test_a_tax_invoice_shows_every_line_with_its_own_code_and_taxes() -> None:
    row, orders = settled(
        [line(4500, 2, FOOD, name="Naan"), line(4000, 1, SODA, inclusive=True, name="Cola")]
    )
    lines = sold_lines(orders)
    ground = Ground(outlet(), [place("tax_invoice")], ["996331", "22021010"])
    (paper,) = sale_documents(row, lines, ground, [row.id])
    assert [(each.name, each.hsn, each.inclusive) for each in paper.lines] == [
        ("Naan", "996331", False),
        ("Cola", "22021010", True),
    ]
    assert [(tax.name, tax.rate_bp, tax.taxable_paise) for tax in paper.taxes] == [
        ("CGST", 250, 9000),
        ("CGST", 2000, 2858),
        ("SGST", 250, 9000),
        ("SGST", 2000, 2858),
    ]
    assert (paper.seller.gstin, paper.place_of_supply, paper.declaration) == ("29AAAFR1234K1Z8", "29", None)


@pytest.mark.parametrize(
    ("regime", "kind", "gstin", "declaration"),
    [
        ("composition", "bill_of_supply", "29AAAFR1234K1Z8", COMPOSITION),
        ("none", "receipt", "", None),
    ],
)
def test_without_the_regular_regime_no_tax_is_shown(
    regime: str, kind: str, gstin: str, declaration: str | None
) -> None:
    row, orders = settled([line(4500, 2, FOOD), line(9900, 1, LIQUOR)])
    of = outlet(gst_regime=regime)
    ground = Ground(of, [place(kind, gstin=gstin)], ["996331", "2208"])
    (paper,) = sale_documents(row, sold_lines(orders), ground, [row.id])
    assert (paper.kind, paper.taxes, paper.declaration) == (kind, [], declaration)
    assert (paper.seller.gstin or "") == gstin
    assert paper.taxable_paise + paper.round_off_paise == paper.total_paise == row.total_paise
    assert list(misfits(paper)) == []


def test_the_words_of_rule_5_stand_on_a_bill_of_supply() -> None:
    assert COMPOSITION.lower() == "composition taxable person, not eligible to collect tax on supplies"


def test_liquor_stands_on_a_document_of_its_own_beside_the_tax_invoice() -> None:
    row, orders = settled([line(4530, 1, FOOD, name="Naan"), line(45_000, 1, LIQUOR, name="Whisky")])
    assert kinds_for(sold_lines(orders)) == ["sale", "liquor_invoice"]
    food, liquor = issue(row, orders, "tax_invoice", "liquor_invoice")
    assert [each.name for each in food.lines] == ["Naan"] and [each.name for each in liquor.lines] == [
        "Whisky"
    ]
    assert {tax.name for tax in liquor.taxes} == {"VAT"} and "VAT" not in {tax.name for tax in food.taxes}
    assert (liquor.round_off_paise, food.total_paise + liquor.total_paise) == (0, row.total_paise)
    only, just_liquor = settled([line(45_010, 1, LIQUOR)])
    (paper,) = issue(only, just_liquor, "tax_invoice", "liquor_invoice")
    assert (paper.kind, paper.total_paise) == ("liquor_invoice", only.total_paise)


def test_no_document_comes_to_less_than_nothing() -> None:
    row, orders = settled([line(10, 1, ()), line(25, 1, LIQUOR)])
    assert (row.net_paise, row.total_paise) == (40, 0)
    food, liquor = issue(row, orders, "tax_invoice", "liquor_invoice")
    assert [(paper.round_off_paise, paper.total_paise) for paper in (food, liquor)] == [(-10, 0), (-30, 0)]


def test_what_was_cancelled_or_voided_is_not_on_it() -> None:
    _, orders = settled([line(4500, 1, FOOD)], [line(9900, 1, FOOD)])
    orders[1].status = "cancelled"
    orders[0].lines = [*orders[0].lines, line(100, 1, FOOD, status="voided")]
    assert [each.unit_price_paise for _, each in sold_lines(orders)] == [4500]


def test_it_names_who_bought_who_took_the_money_where_and_when_in_the_outlets_zone() -> None:
    paid = [
        BillPayment(payment_id=PAYMENT, method="cash", paise=100, at=NOW, cashier="Asha"),
        BillPayment(payment_id=PAYMENT, method="upi", paise=200, at=NOW),
    ]
    row, orders = settled(
        [line(4500, 1, FOOD)],
        table_name="Table 4",
        covers=3,
        payments=paid,
        buyer=Buyer("Infosys", None, None),
    )
    lines = sold_lines(orders)
    late = place("tax_invoice", issued_at=datetime(2026, 3, 31, 18, 30, tzinfo=UTC))
    (paper,) = sale_documents(row, lines, Ground(outlet(), [late], ["996331"]), [row.id])
    assert (paper.issued_at.isoformat(), paper.issued_on) == ("2026-04-01T00:00:00+05:30", date(2026, 4, 1))
    assert (paper.cashier, paper.table, paper.covers) == ("Asha", "Table 4", 3)
    assert paper.buyer == Buyer("Infosys")
    assert [(p.method, p.paise) for p in paper.payments] == [("cash", 100), ("upi", 200)]


def test_a_guests_name_stands_where_no_buyer_was_given() -> None:
    row, orders = settled([line(4500, 1, FOOD)], customer_name="Ravi")
    (paper,) = issue(row, orders, "tax_invoice")
    assert paper.buyer == Buyer("Ravi")


def test_a_row_is_its_text_chained_to_the_one_before() -> None:
    row, orders = settled([line(4500, 1, FOOD)])
    (paper,) = issue(row, orders, "tax_invoice")
    kept = DocumentRow.of(paper, "ab" * 32, "token")
    assert msgspec.json.decode(kept.body, type=Document) == paper
    assert kept.hash == "\\x" + chained(bytes.fromhex("ab" * 32), kept.body).hex()
    assert kept.hash != DocumentRow.of(paper, "ac" * 32, "token").hash


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"total_paise": 1}, "total"),
        ({"total_words": "Rupees One Only"}, "words"),
        ({"taxable_paise": 1}, "taxable value"),
        ({"taxes": []}, "taxes"),
        ({"financial_year": 2025}, "financial year"),
        ({"issued_on": date(2026, 11, 28)}, "date"),
    ],
)
def test_what_does_not_add_up_is_found(changes: dict[str, Any], words: str) -> None:
    row, orders = settled([line(4500, 1, FOOD)])
    (paper,) = issue(row, orders, "tax_invoice")
    assert any(words in fault for fault in misfits(msgspec.structs.replace(paper, **changes)))


def test_a_tax_invoice_from_50000_rupees_needs_its_buyer() -> None:
    row, _ = settled([line(4500, 1, FOOD)])
    assert buyer_required(row, 50_000_00, outlet())
    assert not buyer_required(row, 49_999_99, outlet())
    assert not buyer_required(row, 50_000_00, outlet(gst_regime="composition"))
    row.buyer = Buyer("Infosys")
    assert buyer_required(row, 50_000_00, outlet())
    row.buyer = Buyer("Infosys", None, "Hosur Road")
    assert not buyer_required(row, 50_000_00, outlet())
    row.buyer, row.status = None, "closed"
    assert not buyer_required(row, 50_000_00, outlet())
