"""Prices: one pure function for the cart, the order and the bill. All money in whole paise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.menu.api import MenuSnapshot, SnapModifier, SnapVariant, TaxClass
from rasoi.platform.money import half_up, spread
from rasoi.platform.problems import Unprocessable

HIGHEST_TOTAL_PAISE = 10_000_000_00


class BadLine(Unprocessable):
    slug, title = "bad-line", "A line of the order is not possible"


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants: a variant, how many, how made."""

    variant_id: UUID
    quantity: int
    modifiers: Sequence[UUID] = ()
    note: str | None = None
    course: int = 1


class Tax(msgspec.Struct, frozen=True):
    """One component of tax, such as CGST at 250 basis points."""

    name: str
    rate_bp: int
    paise: int


class PricedModifier(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    price_paise: int


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with everything that it is sold with, frozen."""

    id: UUID
    position: int
    item_id: UUID
    variant_id: UUID
    name: str
    variant: str | None
    quantity: int
    modifiers: list[PricedModifier]
    allergens: list[str]
    note: str | None
    course: int
    station: str
    unit_price_paise: int
    discount_paise: int
    taxable_paise: int
    tax_class: str
    tax_version: int
    taxes: list[Tax]
    total_paise: int


class PricedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Lines and their sums. `subtotal_paise` is before discount, as the menu shows it."""

    lines: list[PricedLine]
    subtotal_paise: int
    discount_paise: int
    taxable_paise: int
    taxes: list[Tax]
    total_paise: int


def rounded(net_paise: int) -> int:
    """A bill's net rounded to the whole rupee, half up."""
    return (net_paise + 50) // 100 * 100


def price(
    cart: Sequence[CartLine],
    menu: MenuSnapshot,
    *,
    taxed: bool = True,
    discount_paise: int = 0,
    ids: Sequence[UUID] = (),
) -> PricedOrder:
    """Price a cart by a menu's snapshot. `taxed` is false where the outlet's regime has no tax lines.
    Raises BadLine for what the menu doesn't have or allow."""
    if not cart:
        raise BadLine("An order needs at least one line.")
    known = [_look_up(line, number, menu) for number, line in enumerate(cart, 1)]
    units = [variant.price_paise + sum(m.price_paise for m in modifiers) for variant, modifiers in known]
    gross = [unit * line.quantity for unit, line in zip(units, cart, strict=True)]
    if not 0 <= discount_paise <= sum(gross):
        raise BadLine("The discount is more than the order comes to.")
    discounts = spread(discount_paise, gross)
    lines = [
        _line(position, cart[position], known[position], units[position], discounts[position], taxed, ids)
        for position in range(len(cart))
    ]
    order = PricedOrder(
        lines=lines,
        subtotal_paise=sum(gross),
        discount_paise=discount_paise,
        taxable_paise=sum(line.taxable_paise for line in lines),
        taxes=sum_taxes(tax for line in lines for tax in line.taxes),
        total_paise=sum(line.total_paise for line in lines),
    )
    if order.total_paise > HIGHEST_TOTAL_PAISE:
        raise BadLine("An order can't come to more than ₹1,00,00,000.")
    return order


def split_tax(amount_paise: int, tax: TaxClass, taxed: bool) -> tuple[int, list[Tax]]:
    """Taxable value and components of a line's amount; each component is rounded half up on its own."""
    rates = tax.components if taxed else []
    if tax.inclusive:
        base = 10_000 + sum(rate.rate_bp for rate in rates)
        taxes = [Tax(rate.name, rate.rate_bp, half_up(amount_paise * rate.rate_bp, base)) for rate in rates]
        return amount_paise - sum(t.paise for t in taxes), taxes
    return amount_paise, [
        Tax(rate.name, rate.rate_bp, half_up(amount_paise * rate.rate_bp, 10_000)) for rate in rates
    ]


def sum_taxes(taxes: Any) -> list[Tax]:
    """Components of the same name and rate added up, in order of name and rate."""
    sums: dict[tuple[str, int], int] = {}
    for tax in taxes:
        sums[tax.name, tax.rate_bp] = sums.get((tax.name, tax.rate_bp), 0) + tax.paise
    return [Tax(name, rate, paise) for (name, rate), paise in sorted(sums.items())]


def _look_up(line: CartLine, number: int, menu: MenuSnapshot) -> tuple[SnapVariant, list[SnapModifier]]:
    variant = menu.variants.get(line.variant_id)
    if variant is None:
        raise BadLine(
            f"Line {number}: this is not on the menu.", line=number, variant_id=str(line.variant_id)
        )
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
    line: CartLine,
    known: tuple[SnapVariant, list[SnapModifier]],
    unit: int,
    discount: int,
    taxed: bool,
    ids: Sequence[UUID],
) -> PricedLine:
    variant, modifiers = known
    taxable, taxes = split_tax(unit * line.quantity - discount, variant.tax, taxed)
    return PricedLine(
        id=ids[position] if ids else uuid7(),
        position=position,
        item_id=variant.item_id,
        variant_id=variant.id,
        name=variant.name,
        variant=variant.variant,
        quantity=line.quantity,
        modifiers=[PricedModifier(m.id, m.name, m.price_paise) for m in modifiers],
        allergens=list(variant.allergens),
        note=line.note or None,
        course=line.course,
        station=variant.station,
        unit_price_paise=unit,
        discount_paise=discount,
        taxable_paise=taxable,
        tax_class=variant.tax.code,
        tax_version=variant.tax.version,
        taxes=taxes,
        total_paise=taxable + sum(tax.paise for tax in taxes),
    )
