"""Amounts in words, by Indian numbering."""

from __future__ import annotations

SMALL = (
    "Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen Seventeen "
    "Eighteen Nineteen"
).split()
TENS = "- - Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety".split()
GROUPS = ((10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred"))


def in_words(number: int) -> str:
    """A whole number, not negative: 1234567 is `Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven`."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{TENS[tens]}-{SMALL[ones]}" if ones else TENS[tens]
    size, name = next(group for group in GROUPS if number >= group[0])
    count, rest = divmod(number, size)
    return f"{in_words(count)} {name}" + (f" {in_words(rest)}" if rest else "")


def rupees_in_words(paise: int) -> str:
    """An amount as a document says it: `Rupees One Lakh and Fifty Paise Only`."""
    rupees, rest = divmod(paise, 100)
    return f"Rupees {in_words(rupees)}{f' and {in_words(rest)} Paise' if rest else ''} Only"
