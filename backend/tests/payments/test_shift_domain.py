"""What a drawer must hold and what a count comes to: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.payments.shift_domain import (
    DENOMINATIONS,
    Counted,
    CountedTwice,
    Sums,
    after_count,
    expected,
    total,
)

SUM = st.integers(0, 10**9)


@given(st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(0, 1000)))
def test_a_count_is_the_sum_of_its_notes_and_coins(notes: dict[int, int]) -> None:
    paise = 0
    for denomination, quantity in notes.items():
        for _ in range(min(quantity, 1000)):
            paise += denomination
    assert total(Counted(*each) for each in notes.items()) == paise


def test_no_denomination_counts_twice() -> None:
    with pytest.raises(CountedTwice):
        total([Counted(50000, 1), Counted(50000, 2)])


@given(SUM, st.lists(st.tuples(st.sampled_from(["taken", "refunded", "in", "out"]), st.integers(1, 10**6))))
def test_what_comes_and_goes_is_in_the_drawer(float_paise: int, moves: list[tuple[str, int]]) -> None:
    drawer, sums = float_paise, dict.fromkeys(("taken", "refunded", "in", "out"), 0)
    for kind, paise in moves:
        sums[kind] += paise
        drawer += paise if kind in ("taken", "in") else -paise
    assert expected(float_paise, Sums(*sums.values())) == drawer


@pytest.mark.parametrize(
    ("difference", "limit", "status"),
    [
        (0, 0, "closed"),
        (1, 0, "to_approve"),
        (-1, 0, "to_approve"),
        (100, 100, "closed"),
        (-101, 100, "to_approve"),
    ],
)
def test_only_more_than_the_limit_waits(difference: int, limit: int, status: str) -> None:
    assert after_count(difference, limit) == status
