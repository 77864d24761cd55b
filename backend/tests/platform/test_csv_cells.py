"""Cells that a spreadsheet can't take for formulas."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.platform.csv_cells import Amount, harmless, rupees, write


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\")"])  # fmt: skip
def test_text_that_would_be_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("cell", "text"), [("Naan", "Naan"), (None, ""), (-5, "-5"), (Amount(-1_05), "-1.05"), ("a=b", "a=b")]
)
def test_what_is_harmless_stays_as_it_is(cell: object, text: str) -> None:
    assert harmless(cell) == text


@pytest.mark.parametrize(("paise", "text"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123_45, "123.45")])
def test_rupees_without_groups(paise: int, text: str) -> None:
    assert rupees(paise) == text


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)
    )
)
def test_no_text_becomes_a_formula_or_breaks_the_rows(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(write(("=a", "b"), rows), newline="")))
    assert len(read) == len(rows) + 1 and read[0] == ["'=a", "b"]
    for cells, said in zip(read[1:], rows, strict=True):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
        assert [
            cell.removeprefix("'") if cell[1:] == text else cell
            for cell, text in zip(cells, said, strict=True)
        ] == said
