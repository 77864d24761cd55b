"""Rules of stock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.inventory.domain import MoreThanOnHand, check_waste, correction_delta, decimal, milli


@given(st.integers(0, 10**11))
def test_quantities_are_exact(quantity: int) -> None:
    assert milli(decimal(quantity)) == quantity


@given(st.text(max_size=12))
def test_no_text_makes_a_quantity_by_accident(text: str) -> None:
    assert milli(text) is None or (text.isascii() and text.replace(".", "").isdigit())


@pytest.mark.parametrize("text", ["", ".5", "1.", "1.2345", "1,5", "-1", "+1", "1e3", "١", " 1"])
def test_malformed_quantities(text: str) -> None:
    assert milli(text) is None


@given(st.integers(0, 10**12), st.integers(-(10**12), 10**12))
def test_a_count_says_how_much_there_is(counted: int, on_hand: int) -> None:
    assert on_hand + correction_delta("count", counted, on_hand) == counted


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_counted_stock_is_never_wasted_below_nothing(quantity: int, on_hand: int) -> None:
    try:
        check_waste(True, quantity, on_hand)
    except MoreThanOnHand:
        assert quantity > on_hand
    else:
        assert on_hand + correction_delta("waste", quantity, on_hand) >= 0
    check_waste(False, quantity, on_hand)
