"""Prices: one pure function for the cart, the order and the bill. All money in whole paise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from rasoi.contracts.orders import ModifierState, TaxState
from rasoi.menu.api import MenuSnapshot, SnapModifier, SnapVariant, TaxClass, TaxRate
from rasoi.orders.allergies import allergies_of
from rasoi.orders.rows import DiscountRow, LineRow
from rasoi.orders.schemas import LineRequest, Totals
from rasoi.platform.money import half_up
from rasoi.platform.problems import Unprocessable

HIGHEST_TOTAL_PAISE = 10_000_000_00


class BadLine(Unprocessable):
    slug, title = "bad-line", "A line of the order is not possible"


class PricedOrder(Totals, frozen=True, kw_only=True):
    """Lines as they would be stored, and their sums."""

    lines: list[LineRow]


def rounded(net_paise: int) -> int:
    """A bill's net rounded to the whole rupee, half up."""
    return (net_paise + 50) // 100 * 100


def price(
    cart: Sequence[LineRequest],
    menu: MenuSnapshot,
    *,
    taxed: bool = True,
    discounts: Sequence[Sequence[DiscountRow]] = (),
    ids: Sequence[UUID] = (),
) -> PricedOrder:
    """Price a cart by a menu's snapshot. `taxed` is false where the outlet's regime has no tax lines; `discounts` are those of
    each line. Raises BadLine for what the menu doesn't have or allow, and for a discount of more than its line comes to."""
    if not cart:
        raise BadLine("An order needs at least one line.")
    known = [_look_up(line, number, menu) for number, line in enumerate(cart, 1)]
    units = [variant.price_paise + sum(m.price_paise for m in modifiers) for variant, modifiers in known]
    lines = [
        _line(
            position,
            cart[position],
            known[position],
            units[position],
            discounts[position] if discounts else (),
            taxed,
            ids,
        )
        for position in range(len(cart))
    ]
    order = PricedOrder(
        lines=lines,
        subtotal_paise=sum(line.unit_price_paise * line.quantity for line in lines),
        discount_paise=sum(line.discount_paise for line in lines),
        taxable_paise=sum(line.taxable_paise for line in lines),
        taxes=sum_taxes(tax for line in lines for tax in line.taxes),
        total_paise=sum(line.total_paise for line in lines),
    )
    if order.total_paise > HIGHEST_TOTAL_PAISE:
        raise BadLine("An order can't come to more than ₹1,00,00,000.")
    return order


def split_tax(amount_paise: int, tax: TaxClass, taxed: bool) -> tuple[int, list[TaxState]]:
    """Taxable value and components of a line's amount; each component is rounded half up on its own."""
    return split_by_rates(amount_paise, tax.components if taxed else [], tax.inclusive)


def split_by_rates(
    amount_paise: int, rates: Sequence[TaxRate | TaxState], inclusive: bool
) -> tuple[int, list[TaxState]]:
    """The same by rates alone, such as those that a line was sold with."""
    base = 10_000 + (sum(rate.rate_bp for rate in rates) if inclusive else 0)
    taxes = [
        TaxState(name=rate.name, rate_bp=rate.rate_bp, paise=half_up(amount_paise * rate.rate_bp, base))
        for rate in rates
    ]
    return amount_paise - sum(t.paise for t in taxes) if inclusive else amount_paise, taxes


def sum_taxes(taxes: Any) -> list[TaxState]:
    """Components of the same name and rate added up, in order of name and rate."""
    sums: dict[tuple[str, int], int] = {}
    for tax in taxes:
        sums[tax.name, tax.rate_bp] = sums.get((tax.name, tax.rate_bp), 0) + tax.paise
    return [TaxState(name=name, rate_bp=rate, paise=paise) for (name, rate), paise in sorted(sums.items())]


def _look_up(line: LineRequest, number: int, menu: MenuSnapshot) -> tuple[SnapVariant, list[SnapModifier]]:
    variant = menu.variants.get(line.variant_id)
    if variant is None:
        raise BadLine(
            f"Line {number}: this is not on the menu.", line=number, variant_id=str(line.variant_id)
        )
    if not line.modifiers and not variant.groups:
        return variant, []
    chosen = list(line.modifiers)
    if len(set(chosen)) != len(chosen):
        raise BadLine(f"Line {number}: {variant.name} has the same choice twice.", line=number)
    allowed = {modifier for group in variant.groups for modifier in group.modifier_ids}
    for modifier in chosen:
        if modifier not in allowed or modifier not in menu.modifiers:
            raise BadLine(
                f"Line {number}: {variant.name} can't be had with that choice.",
                line=number,
                modifier_id=str(modifier),
            )
    for group in variant.groups:
        count = sum(modifier in group.modifier_ids for modifier in chosen)
        if not group.min <= count <= group.max:
            wanted = f"exactly {group.min}" if group.min == group.max else f"{group.min} to {group.max}"
            raise BadLine(
                f"Line {number}: {variant.name} needs {wanted} of “{group.name}”, not {count}.",
                line=number,
                group_id=str(group.id),
            )
    return variant, [menu.modifiers[modifier] for modifier in chosen]


def _line(
    position: int,
    line: LineRequest,
    known: tuple[SnapVariant, list[SnapModifier]],
    unit: int,
    discounts: Sequence[DiscountRow],
    taxed: bool,
    ids: Sequence[UUID],
) -> LineRow:
    variant, modifiers = known
    discount, gross = sum(each.paise for each in discounts), unit * line.quantity
    if discount > gross or any(each.paise < 0 for each in discounts):
        raise BadLine(f"The discount is more than {variant.name} comes to.", line=position + 1)
    taxable, taxes = split_tax(gross - discount, variant.tax, taxed)
    return LineRow(
        id=ids[position] if ids else uuid7(),
        position=position,
        item_id=variant.item_id,
        variant_id=variant.id,
        name=variant.name,
        variant=variant.variant,
        quantity=line.quantity,
        modifiers=[ModifierState(id=m.id, name=m.name, price_paise=m.price_paise) for m in modifiers],
        allergens=list(variant.allergens),
        allergies=allergies_of(line.allergies),
        note=line.note or None,
        course=line.course,
        station=variant.station,
        unit_price_paise=unit,
        discounts=discounts,
        discount_paise=discount,
        taxable_paise=taxable,
        tax_inclusive=taxed and variant.tax.inclusive,
        tax_class=variant.tax.code,
        tax_version=variant.tax.version,
        taxes=taxes,
        total_paise=taxable + sum(tax.paise for tax in taxes),
    )
