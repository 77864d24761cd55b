"""Amounts in words say what the figures say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.orders.words import SMALL, TENS, in_words, rupees_in_words

WORTH = {"Hundred": 100, "Thousand": 1_000, "Lakh": 100_000, "Crore": 10_000_000}


def read(text: str) -> int:
    """The number that the words name, by another way than they were made."""
    total = group = 0
    for word in text.split():
        if word == "Crore":
            total, group = (total + group) * WORTH[word], 0
        elif word == "Hundred":
            group *= 100
        elif word in WORTH:
            total, group = total + group * WORTH[word], 0
        else:
            tens, _, ones = word.partition("-")
            group += TENS.index(tens) * 10 + SMALL.index(ones) if ones else _plain(tens)
    return total + group


def _plain(word: str) -> int:
    return SMALL.index(word) if word in SMALL else TENS.index(word) * 10


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "Rupees Zero Only"),
        (100, "Rupees One Only"),
        (1_21_50, "Rupees One Hundred Twenty-One and Fifty Paise Only"),
        (5, "Rupees Zero and Five Paise Only"),
        (1_00_000_00, "Rupees One Lakh Only"),
        (
            12_34_567_89,
            "Rupees Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven and Eighty-Nine Paise Only",
        ),
        (1_00_00_000_00, "Rupees One Crore Only"),
        (10_50_00_00_019_00, "Rupees One Thousand Fifty Crore Nineteen Only"),
        (90_015_01, "Rupees Ninety Thousand Fifteen and One Paise Only"),
    ],
)
def test_amounts_as_an_indian_accountant_writes_them(paise: int, words: str) -> None:
    assert rupees_in_words(paise) == words


@given(st.integers(0, 10**12))
def test_words_match_figures(number: int) -> None:
    assert read(in_words(number)) == number
