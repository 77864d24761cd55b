"""What a menu may say: marks, codes and the errors of the room."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, get_args

from rasoi.platform.problems import Conflict, NotFound, Unprocessable

Diet = Literal["veg", "non_veg", "egg"]
# the fourteen that food law in most places names; FSSAI's eight are among them
Allergen = Literal[
    "celery",
    "crustaceans",
    "egg",
    "fish",
    "gluten",
    "lupin",
    "milk",
    "molluscs",
    "mustard",
    "nuts",
    "peanuts",
    "sesame",
    "soya",
    "sulphites",
]
DIETS: tuple[str, ...] = get_args(Diet)
ALLERGENS: tuple[str, ...] = get_args(Allergen)
ONLY_VARIANT = "regular"
HIGHEST_PRICE_PAISE = 1_000_000_00


class UnknownItem(NotFound):
    slug, title = "menu-not-found", "This is not on the menu"


class UnknownReference(Unprocessable):
    slug, title = "menu-reference", "The menu has no such category, station, tax class or group"


class CodeTaken(Conflict):
    slug, title = "menu-code-taken", "Another entry of the menu has this code"


def code_of(name: str) -> str:
    """A stable code made from a name: `Paneer Tikka (6 pc)` is `paneer-tikka-6-pc`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def tax_note(inclusive: Iterable[bool], regime: str) -> str:
    """One line below the prices, saying what comes on top."""
    if regime == "composition":
        return "Composition taxable person, not eligible to collect tax on supplies."
    if regime == "none":
        return "No GST is charged."
    kinds = set(inclusive)
    if kinds == {True}:
        return "Prices include GST."
    if kinds == {True, False}:
        return "GST is added to the prices, except where they include it."
    return "GST is added to the prices."
