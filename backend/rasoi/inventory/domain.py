"""Rules of stock: quantities in thousandths of a unit, and what a correction means."""

from __future__ import annotations

import re

from rasoi.platform.problems import Conflict, NotFound

KINDS = ("counted", "estimated")
UNITS = ("kg", "g", "l", "ml", "piece", "portion", "bottle", "can")
CORRECTIONS = ("receipt", "waste", "count")
STARTED = frozenset({"cooking", "ready", "served"})
HIGHEST_MILLI = 10**12


class UnknownStock(NotFound):
    slug, title = "stock-not-found", "There is no such stock"


class MoreThanOnHand(Conflict):
    slug, title = "more-than-on-hand", "There is not that much on hand"


def correction_delta(kind: str, quantity_milli: int, on_hand_milli: int) -> int:
    """By how much a correction moves what is on hand. A count says how much there is."""
    if kind == "receipt":
        return quantity_milli
    if kind == "waste":
        return -quantity_milli
    if kind == "count":
        return quantity_milli - on_hand_milli
    raise ValueError(f"not a correction: {kind}")


def check_waste(counted: bool, quantity_milli: int, on_hand_milli: int) -> None:
    """Counted stock can't lose more than is there; an estimate may be wrong."""
    if counted and quantity_milli > on_hand_milli:
        raise MoreThanOnHand(
            f"Only {decimal(on_hand_milli)} on hand; count the stock first if that is wrong."
        )


def milli(text: str) -> int | None:
    """Thousandths in a decimal such as 1.25, exactly; None when it is not one, or has more than three places."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text):
        return None
    whole, _, part = text.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0"))


def decimal(quantity_milli: int) -> str:
    """Thousandths as a decimal without needless zeros."""
    whole, part = divmod(abs(quantity_milli), 1000)
    text = f"{whole}.{part:03}".rstrip("0").rstrip(".")
    return f"-{text}" if quantity_milli < 0 else text
