"""Rules of stock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.inventory.domain import (
    HIGHEST_MILLI,
    STARTED,
    MoreThanOnHand,
    check_waste,
    correction_delta,
    decimal,
    milli,
)


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


@pytest.mark.parametrize(("kind", "delta"), [("receipt", 300), ("waste", -300), ("count", -700)])
def test_what_a_correction_means(kind: str, delta: int) -> None:
    assert correction_delta(kind, 300, 1000) == delta


def test_no_other_correction_is_known() -> None:
    with pytest.raises(ValueError, match="theft"):
        correction_delta("theft", 1, 1)


@pytest.mark.parametrize(
    ("text", "quantity"), [("0", 0), ("1", 1000), ("1.2", 1200), ("0.025", 25), ("12.305", 12305)]
)
def test_a_decimal_is_read_in_thousandths(text: str, quantity: int) -> None:
    assert (milli(text), decimal(quantity)) == (quantity, text)


def test_what_is_lacking_has_a_sign() -> None:
    assert (decimal(-1), decimal(-2500), decimal(0)) == ("-0.001", "-2.5", "0")


def test_all_of_counted_stock_may_be_wasted_and_no_more() -> None:
    check_waste(True, 1000, 1000)
    check_waste(False, 1001, 1000)
    with pytest.raises(MoreThanOnHand, match="Only 1 on hand"):
        check_waste(True, 1001, 1000)


def test_what_the_kitchen_has_begun_is_consumed() -> None:
    assert {"cooking", "ready", "served"} == STARTED


def test_a_thousand_million_is_the_most() -> None:
    assert HIGHEST_MILLI == 1_000_000_000_000
