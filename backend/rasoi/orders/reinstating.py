"""Whether an order that expired unpaid can be brought back: its day, its party, the menu and the stock."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders import repository as db
from rasoi.orders import schemas
from rasoi.orders.domain import Bill, counter_order
from rasoi.orders.rows import OrderRow, stock_sources
from rasoi.orders.seating_repository import hold_sitting
from rasoi.platform.problems import Conflict
from rasoi.staff.api import now_and_business_day, outlet_is_open


class CannotReinstate(Conflict):
    slug, title = "order-expired", "This order has expired and can't be brought back"


async def require_reinstatable(tx: Any, bill: Bill, order: OrderRow) -> None:
    """Take the order's stock again. Raises CannotReinstate with every reason against it."""
    if not await outlet_is_open(tx, bill.row.outlet_id):
        raise CannotReinstate("The restaurant has closed. Take no money.", items=[])
    _, today = await now_and_business_day(tx, bill.row.outlet_id)
    if bill.row.sitting_id and not await hold_sitting(tx, bill.row.outlet_id, bill.row.sitting_id):
        bill.row.party_left = True
    if counter_order(bill.row, bill.orders, today) is None:
        raise CannotReinstate(reason_against(bill, order), items=[])
    if missing := await missing_of(tx, order):
        raise CannotReinstate(in_words(missing), items=missing)


def reason_against(bill: Bill, order: OrderRow) -> str:
    """Why an expired order is beyond its money, whatever there is in stock."""
    if not order.approved:
        return "Staff did not let it through in time. Please order again."
    if bill.row.party_left:
        return "Its party has left the table. Please order again."
    return "It is of a day that is over. Please order again."


async def missing_of(tx: Any, order: OrderRow) -> list[dict[str, Any]]:
    """What the order needs and can't be had any more; when that is nothing, its stock is taken."""
    sources = stock_sources(order.lines)
    if off := await db.not_sold(tx, order.outlet_id, sources):
        return named(order, off)
    lacking = await db.reserve_stock(tx, order.outlet_id, order.id, sources)
    return named(order, lacking["sold_out"]) if lacking else []


async def missing_of_each(
    conn: Any, outlet_id: int, orders: list[OrderRow]
) -> dict[UUID, list[schemas.Missing]]:
    """The same of several, each by itself and with nothing taken."""
    sources = [
        (order.id, source, quantity) for order in orders for _, source, quantity in stock_sources(order.lines)
    ]
    found = defaultdict(list)
    for row in await db.missing_of(conn, outlet_id, sources) if sources else []:
        found[row["order_id"]].append({**row, "source_id": str(row["source_id"])})
    return {
        order.id: msgspec.convert(named(order, found[order.id]), list[schemas.Missing]) for order in orders
    }


def named(order: OrderRow, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with the name by which it was sold, and how many portions are left; in the order of the lines."""
    names: dict[UUID, tuple[str | None, str]] = {
        line.variant_id: (str(line.item_id), line.name) for line in order.lines
    }
    for line in order.lines:
        names |= {modifier.id: (None, modifier.name) for modifier in line.modifiers}
    left = {UUID(each["source_id"]): each.get("available", 0) for each in found}
    return [
        {"item_id": item_id, "name": name, "available": left[source]}
        for source, (item_id, name) in names.items()
        if source in left
    ]


def in_words(items: list[dict[str, Any]]) -> str:
    """What stands against it, by name."""
    left = (f" (only {each['available']} left)" if each["available"] else "" for each in items)
    names = ", ".join(each["name"] + note for each, note in zip(items, left, strict=True))
    return f"No longer to be had: {names}. Take no money; please order anew without."
