"""What is left of a line after a void, and what was taken off. Pure, whole paise.

All of it follows from what the line was sold as: unit price, discounts and tax rates. So the same is left whether three are
taken back at once or one by one, and for each component what is left and what was taken add up to what was sold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import TaxState
from rasoi.orders.discounts import having
from rasoi.orders.pricing import sum_taxes
from rasoi.orders.rows import LineRow, VoidCause, VoidRow
from rasoi.platform.problems import Conflict


class NotSoMany(Conflict):
    slug, title = "not-so-many", "There is not that much left of this line"


def less(line: LineRow, quantity: int) -> LineRow:
    """The line with so much less. Raises NotSoMany."""
    left = line.quantity - quantity
    if left < 0:
        raise NotSoMany(f"{line.quantity} × {line.name} are left to take back.", left=line.quantity)
    return having(line, left, line.discounts)


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
