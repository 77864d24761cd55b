from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.platform.money import half_up, spread

paise = st.integers(0, 10**12)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_half_up_is_the_nearest_and_halves_go_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = half_up(numerator, denominator)
    assert abs(exact - rounded) <= Fraction(1, 2)
    if abs(exact - rounded) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (1, 2, 1), (3, 2, 2), (5, 2, 3), (25, 10, 3), (125, 50, 3), (-1, 2, -1), (-5, 2, -3),
        (49, 100, 0), (50, 100, 1), (51, 100, 1), (149, 100, 1), (1, 3, 0), (2, 3, 1), (-49, 100, 0), (7, 1, 7), (0, 5, 0),
    ],
)  # fmt: skip
def test_halves_and_their_neighbours(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 1, 4], [17, 17, 66]),
        (1, [1, 2], [0, 1]),
        (5, [0, 3, 0], [0, 5, 0]),
        (10, [3, 3, 3, 1], [3, 3, 3, 1]),
        (7, [0, 0], [0, 0]),
    ],
)
def test_the_largest_remainder_gets_the_paisa_and_the_first_of_equals(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert spread(total, weights) == parts


@given(paise, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_spread_adds_up_and_no_part_is_off_by_a_whole_paisa(total: int, weights: list[int]) -> None:
    parts = spread(total, weights)
    if sum(weights) == 0:
        assert parts == [0] * len(weights)
        return
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total * weight, sum(weights))) < 1
