"""What past business days left on the boards is closed, so that the lists of a new day hold the new day only."""

from __future__ import annotations

from collections import Counter

from rasoi.kitchen import repository, service
from rasoi.kitchen.domain import Kitchen
from rasoi.kitchen.states import LIVE
from rasoi.platform.context import Context
from rasoi.staff import api as staff

AT_ONCE = 50


async def close_past_days(ctx: Context) -> None:
    """Every ticket of a past business day that nobody has touched for two hours counts as served and seen."""
    for outlet_id in await repository.outlets(ctx.db):
        began = await staff.day_began(ctx.db, outlet_id)
        while orders := await repository.left_over(ctx.db, outlet_id, began, AT_ONCE):
            async with ctx.db.transaction("kitchen") as tx:
                work, _ = await service.begin(tx, outlet_id, orders=orders)
                left = standing(work.kitchen)
                for order_id in orders:
                    work.kitchen.close(order_id)
                await work.finish()
                detail = {"orders": len(orders), **left}
                await staff.audit_job(tx, outlet_id, "kitchen.close_day", str(outlet_id), detail)


def standing(kitchen: Kitchen) -> dict[str, int]:
    """How many tickets still stand, by state."""
    return dict(Counter(ticket.state for ticket in kitchen.tickets.values() if ticket.state in LIVE))
