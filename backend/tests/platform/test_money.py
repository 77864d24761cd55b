from fractions import Fraction

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


@given(paise, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_spread_adds_up_and_no_part_is_off_by_a_whole_paisa(total: int, weights: list[int]) -> None:
    parts = spread(total, weights)
    if sum(weights) == 0:
        assert parts == [0] * len(weights)
        return
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total * weight, sum(weights))) < 1
