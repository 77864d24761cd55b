"""What guests must not eat, as an order says it."""

from __future__ import annotations

from collections.abc import Collection

from rasoi.menu.api import ALLERGENS
from rasoi.platform.problems import Unprocessable


class UnknownAllergen(Unprocessable):
    slug, title = "unknown-allergen", "There is no such allergen"


def allergies_of(codes: Collection[str]) -> list[str]:
    """Each code once, sorted. Raises UnknownAllergen for one that no dish can be marked with."""
    if not codes:  # nearly always
        return []
    found = sorted(set(codes))
    if unknown := [code for code in found if code not in ALLERGENS]:
        raise UnknownAllergen(
            f"{', '.join(unknown)}: not one of the menu's allergens; say it in a note.",
            allowed=list(ALLERGENS),
        )
    return found
