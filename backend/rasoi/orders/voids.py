"""What is left of a line after a void, and what was taken off. Pure, whole paise.

All of it follows from what the line was sold as: unit price, discount and tax rates. So the same is left whether three are
taken back at once or one by one, and for each component what is left and what was taken add up to what was sold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict, replace
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import TaxState
from rasoi.orders.pricing import split_by_rates, sum_taxes
from rasoi.orders.rows import LineRow, VoidCause, VoidRow
from rasoi.platform.money import half_up
from rasoi.platform.problems import Conflict


class NotSoMany(Conflict):
    slug, title = "not-so-many", "There is not that much left of this line"


def less(line: LineRow, voids: Sequence[VoidRow], quantity: int) -> LineRow:
    """The line with so much less. `voids` are the order's earlier ones. Raises NotSoMany."""
    left = line.quantity - quantity
    if left < 0:
        raise NotSoMany(f"{line.quantity} × {line.name} are left to take back.", left=line.quantity)
    if left == 0:
        none = [TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=0) for tax in line.taxes]
        return replace(
            line, quantity=0, discount_paise=0, taxable_paise=0, taxes=none, total_paise=0, status="voided"
        )
    earlier = [void for void in voids if void.line_id == line.id]
    sold = line.quantity + sum(void.quantity for void in earlier)
    sold_discount = line.discount_paise + sum(void.discount_paise for void in earlier)
    sold_taxable = line.taxable_paise + sum(void.taxable_paise for void in earlier)
    inclusive = line.unit_price_paise * sold - sold_discount != sold_taxable
    discount = half_up(sold_discount * left, sold)
    taxable, taxes = split_by_rates(line.unit_price_paise * left - discount, line.taxes, inclusive)
    return replace(
        line,
        quantity=left,
        discount_paise=discount,
        taxable_paise=taxable,
        taxes=taxes,
        total_paise=taxable + sum(tax.paise for tax in taxes),
    )


def taken_off(before: LineRow, after: LineRow, cause: VoidCause, at: datetime) -> VoidRow:
    """The void that made `after` of the line."""
    return VoidRow(
        **asdict(cause),
        id=uuid7(),
        line_id=before.id,
        at=at,
        discount_paise=before.discount_paise - after.discount_paise,
        taxable_paise=before.taxable_paise - after.taxable_paise,
        taxes=[
            TaxState(name=old.name, rate_bp=old.rate_bp, paise=old.paise - new.paise)
            for old, new in zip(before.taxes, after.taxes, strict=True)
        ],
        total_paise=before.total_paise - after.total_paise,
    )


def sums_of(lines: Sequence[LineRow]) -> dict[str, Any]:
    """The sums of an order: those of its lines, of which voided ones are worth nothing."""
    left = [line for line in lines if line.status == "active"]
    return {
        "subtotal_paise": sum(line.unit_price_paise * line.quantity for line in left),
        "discount_paise": sum(line.discount_paise for line in left),
        "taxable_paise": sum(line.taxable_paise for line in left),
        "taxes": sum_taxes(tax for line in left for tax in line.taxes),
        "total_paise": sum(line.total_paise for line in left),
    }
