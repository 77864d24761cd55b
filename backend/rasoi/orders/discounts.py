"""What discounts leave of a line, for as many as are left of it. Pure, whole paise.

All of it follows from how each discount was given: so much off so many portions. So the same is left in whatever order
portions are taken back and discounts are given and taken away, and no menu and no setting is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rasoi.contracts.orders import TaxState
from rasoi.orders.pricing import split_by_rates
from rasoi.orders.rows import DiscountRow, LineRow
from rasoi.platform.money import half_up

COMPLIMENTARY = "complimentary"


def free_portions(discounts: Sequence[DiscountRow], left: int) -> int:
    """How many of those that are left are on the house."""
    return min(left, sum(each.given_quantity for each in discounts if each.kind == COMPLIMENTARY))


def shares(unit_paise: int, left: int, discounts: Sequence[DiscountRow]) -> list[DiscountRow]:
    """The discounts with what each takes off `left` portions. What is on the house costs nothing and is the last to be taken
    back; all others concern what is paid for, each by its share of what it was given on, and never take off more than that."""
    free, paid = 0, left - free_portions(discounts, left)
    room = unit_paise * paid
    found = []
    for each in discounts:
        if each.kind == COMPLIMENTARY:
            portions = min(each.given_quantity, left - paid - free)
            free += portions
            paise = unit_paise * portions
        else:
            paise = min(room, half_up(each.given_paise * min(paid, each.given_quantity), each.given_quantity))
            room -= paise
        found.append(replace(each, paise=paise))
    return found


def having(line: LineRow, left: int, discounts: Sequence[DiscountRow]) -> LineRow:
    """The line with so many portions left and these discounts. One of which nothing is left is voided, and worth nothing."""
    if left == 0:
        none = [TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=0) for tax in line.taxes]
        return replace(
            line,
            quantity=0,
            discounts=[],
            discount_paise=0,
            taxable_paise=0,
            taxes=none,
            total_paise=0,
            status="voided",
        )
    shared = shares(line.unit_price_paise, left, discounts)
    discount = sum(each.paise for each in shared)
    amount = line.unit_price_paise * left - discount
    taxable, taxes = split_by_rates(amount, line.taxes, line.tax_inclusive)
    return replace(
        line,
        quantity=left,
        discounts=shared,
        discount_paise=discount,
        taxable_paise=taxable,
        taxes=taxes,
        total_paise=taxable + sum(tax.paise for tax in taxes),
    )
