"""Portions that unpaid orders hold give way to guests whose food is made now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders import repository as db
from rasoi.orders.placement import Placement
from rasoi.orders.service import locked_bill
from rasoi.orders.states import WAITING
from rasoi.platform.context import Context

KEPT_S = 120  # a guest's time to pay before what is held goes to others who want it
KEPT_OF_NETWORK = 3  # orders of one network whose portions are kept for that time


class Holder(msgspec.Struct, frozen=True):
    """An unpaid order that holds portions; `old` beyond KEPT_S."""

    id: UUID
    bill_id: UUID
    network: bytes
    old: bool


def first_to_give(holders: Sequence[Holder], made_now: bool) -> Holder | None:
    """Which of the holders, newest first, gives way. To an order that is made now the newest of a network with more than the
    few that are kept; to any other, and where there is none, the one that has waited the longest, once that is long enough."""
    of_network = Counter(holder.network for holder in holders)
    if made_now:
        for holder in holders:
            if of_network[holder.network] > KEPT_OF_NETWORK:
                return holder
    return next((holder for holder in reversed(holders) if holder.old), None)


async def give_way(ctx: Context, placement: Placement, lacking: Sequence[dict[str, Any]]) -> bool:
    """End an unpaid order that holds what this one lacks. Whether there was one: it may be tried again then."""
    row = placement.row
    sources = [UUID(each["source_id"]) for each in lacking if "source_id" in each]
    if not sources:
        return False
    rows = await db.unpaid_holders(ctx.db, row.outlet_id, sources, KEPT_S)
    made_now = row.path[-1] not in WAITING and not row.approve_each
    holder = first_to_give(msgspec.convert([dict(each) for each in rows], list[Holder]), made_now)
    if holder is None:
        return False
    async with locked_bill(ctx, row.outlet_id, holder.bill_id) as (tx, bill):
        order = bill.order(holder.id)
        if order.status in WAITING:
            bill.terminate(order, "expired", "not paid before others wanted it")
            await db.release_stock(tx, row.outlet_id, order.id)
    return True
