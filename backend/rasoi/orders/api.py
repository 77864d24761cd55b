"""What payments and the realtime bridge may ask of orders; payments inside its own transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders import repository as db
from rasoi.orders import service, tables
from rasoi.orders.domain import Bill, expired_order, late_due, waits_for_approval
from rasoi.orders.issuing import issue_credit
from rasoi.orders.reinstating import missing_of, require_reinstatable
from rasoi.orders.rows import BillPayment, OrderRow
from rasoi.orders.seating_repository import hold_sitting
from rasoi.orders.service import UnknownBill as UnknownBill
from rasoi.orders.sessions import require_seated as require_seated
from rasoi.platform.context import Context
from rasoi.staff.api import now_and_business_day, outlet_is_open
from rasoi.staff.api import outlet as read_outlet


class DueBill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill as payments sees it. `label` is for people: "Table 4", "Takeaway T12". `unapproved`: its prepaid order waits
    for staff, and nothing may be paid for it before. `cash_until`: how long its order waits for cash. `reserved`: the
    transaction has taken stock again for its expired order, which is brought back by the money."""

    outlet_id: int
    bill_id: UUID
    order_id: UUID | None
    session_ids: list[UUID]
    type: str
    status: str
    label: str
    total_paise: int
    paid_paise: int
    refunded_paise: int
    due_paise: int
    awaiting_order_ids: list[UUID]
    cash_until: datetime | None = None
    unapproved: bool
    reserved: bool = False


class Fulfilment(msgspec.Struct, frozen=True):
    """Whether captured money could be used; if not, it is to be refunded. `excess_paise` is the part that was not due: the
    bill has booked it as given back already, and it is to be refunded too. `due`: the bill, with the money on it."""

    ok: bool
    reason: str | None = None
    excess_paise: int = 0
    due: DueBill | None = None


def _due(read: db.BillRead | Bill, order_id: UUID | None = None) -> DueBill:
    row = read.row if isinstance(read, Bill) else read.bill
    newest = read.orders[-1] if read.orders else None
    awaiting = [order for order in read.orders if order.status == "awaiting_payment"]
    label = row.table_name or (f"Takeaway {newest.token}" if newest and newest.token else "Bill")
    return DueBill(
        outlet_id=row.outlet_id,
        bill_id=row.id,
        order_id=order_id or (newest.id if newest else None),
        session_ids=row.session_ids,
        type=row.type,
        status=row.status,
        label=label,
        total_paise=row.total_paise,
        paid_paise=row.paid_paise,
        refunded_paise=row.refunded_paise,
        due_paise=row.due_paise if row.status == "open" else 0,
        awaiting_order_ids=[order.id for order in awaiting],
        cash_until=next((order.expires_at for order in awaiting if order.cash_asked_at), None),
        unapproved=waits_for_approval(row, read.orders),
    )


async def due(
    conn: Any, outlet_id: int, *, order_id: UUID | None = None, bill_id: UUID | None = None
) -> DueBill:
    """What is owed on a bill, named by itself or by an order on it. Raises NotFound."""
    read = await db.read_bill(conn, outlet_id, bill_id, order_id=order_id)
    if read is None:
        raise UnknownBill()
    return _due(read, order_id)


async def lock_due(
    tx: Any, outlet_id: int, bill_id: UUID | None = None, *, order_id: UUID | None = None
) -> DueBill:
    """The same, with the bill locked until the transaction ends."""
    try:
        return _due(await service.lock_bill(tx, outlet_id, bill_id, order_id=order_id), order_id)
    except service.UnknownOrder:
        raise UnknownBill() from None


async def apply_capture(
    tx: Any,
    due: DueBill,
    paise: int,
    payment_id: UUID,
    *,
    method: str | None = None,
    cashier: str | None = None,
) -> Fulfilment:
    """Put captured money on the bill: a prepaid order goes to the kitchen, a settled bill closes. What is beyond the amount
    due is booked as given back. Method and cashier (who took it by hand) stand on the bill's document. Not ok, with nothing
    changed, when none of it can be used."""
    bill = await service.lock_bill(tx, due.outlet_id, due.bill_id)
    late = expired_order(bill.row, bill.orders) if due.reserved else await _late_order(tx, bill)
    if late is None:
        if bill.row.status != "open":
            return Fulfilment(False, f"the bill is {bill.row.status}")
        if waits_for_approval(bill.row, bill.orders):
            return Fulfilment(False, "staff have not approved the order")
        owed = bill.row.due_paise
    else:
        owed = late_due(bill.row, late)
    if owed == 0:
        return Fulfilment(False, "nothing is due")
    if late is not None:
        if paise < owed:
            return Fulfilment(False, "less than the expired order comes to")
        if not due.reserved and await missing_of(tx, late):
            return Fulfilment(False, "the order expired and its food is no longer to be had")
    excess = max(0, paise - owed)
    bill.row.paid_paise += paise
    bill.row.refunded_paise += excess
    paid = BillPayment(
        payment_id=payment_id, method=method or "other", paise=paise - excess, at=bill.now, cashier=cashier
    )
    bill.row.payments = [*bill.row.payments, paid]
    if late is not None:
        bill.reinstate(late)
    bill.confirm_paid()
    bill.record_bill_event()
    await service.close_if_settled(tx, bill)
    return Fulfilment(True, excess_paise=excess, due=_due(bill))


async def _late_order(tx: Any, bill: Bill) -> OrderRow | None:
    """The order of the bill that expired, where its money may still bring it back."""
    if not any(order.status == "expired" for order in bill.orders):
        return None
    if bill.row.sitting_id and not await hold_sitting(tx, bill.row.outlet_id, bill.row.sitting_id):
        return None  # its party has left
    if not await outlet_is_open(tx, bill.row.outlet_id):
        return None
    outlet = await read_outlet(tx, bill.row.outlet_id)
    _, today = await now_and_business_day(tx, bill.row.outlet_id)
    return bill.late_order(today, timedelta(seconds=outlet.late_grace_s))


async def due_at_counter(tx: Any, due: DueBill) -> DueBill:
    """What may be paid in cash on a locked bill: what is due, or, where its prepaid order expired, what that comes to, with
    its stock taken again. Raises CannotReinstate with what stands against it, and nothing may be kept then."""
    if due.due_paise > 0:
        return due
    bill = await service.lock_bill(tx, due.outlet_id, due.bill_id)
    order = expired_order(bill.row, bill.orders)
    if order is None:
        return due
    await require_reinstatable(tx, bill, order)
    return msgspec.structs.replace(due, due_paise=late_due(bill.row, order), reserved=True)


async def apply_refund(
    tx: Any, outlet_id: int, bill_id: UUID, paise: int, *, line_ids: Collection[UUID] = ()
) -> None:
    """Money promised back to the guests; negative when a refund failed. On a closed bill it makes a credit note, of
    `line_ids` before all other lines; promised again after it failed, it makes no second one."""
    bill = await service.lock_bill(tx, outlet_id, bill_id)
    bill.row.refunded_paise += paise
    bill.record_bill_event()
    if bill.row.status == "closed":
        await issue_credit(tx, bill, line_ids)
    await service.close_if_settled(tx, bill)


async def expire_unpaid(tx: Any, outlet_id: int, bill_id: UUID) -> None:
    """The payment's time is over: orders that waited for it expire, and their stock is for sale again."""
    bill = await service.lock_bill(tx, outlet_id, bill_id)
    for order in bill.orders:
        if order.status == "awaiting_payment":
            bill.terminate(order, "expired", "not paid in time")
            await db.release_stock(tx, outlet_id, order.id)
    await service.close_if_settled(tx, bill)


async def is_bill_of(conn: Any, outlet_id: int, bill_id: UUID, session_id: UUID) -> bool:
    """Is it the bill of this guest's session, over or not?"""
    return await db.is_bill_of(conn, outlet_id, bill_id, session_id)


async def session_may_see(conn: Any, outlet_id: int, session_id: UUID, kind: str, found: UUID) -> bool:
    """Does this guest's session belong to the bill, or to the order's bill? `kind` is bill or order."""
    return await db.session_may_see(conn, outlet_id, session_id, kind, found)


async def unfinished(conn: Any, outlet_id: int) -> dict[str, int]:
    """What of an outlet is not over: `sittings`, `bills`, `orders`. None is added before the transaction ends."""
    return await db.unfinished(conn, outlet_id)


class OpenThing(msgspec.Struct, frozen=True):
    """A bill, an order or (by its table) a party, as people call it."""

    id: UUID
    label: str


class PaperSum(msgspec.Struct, frozen=True, kw_only=True):
    """A day's documents of one kind."""

    kind: str
    count: int
    first_number: str
    last_number: str
    taxable_paise: int
    total_paise: int
    discount_paise: int
    round_off_paise: int


class DayTax(msgspec.Struct, frozen=True, kw_only=True):
    """One tax at one rate: what was sold at it, less what was credited."""

    name: str
    rate_bp: int
    taxable_paise: int
    paise: int


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A business day by its documents and orders, and what of it or before is not over."""

    documents: list[PaperSum]
    taxes: list[DayTax]
    orders: int
    orders_paise: int
    cancelled: int
    discount_paise: int
    voids: int
    voided_paise: int
    covers: int
    open_bills: list[OpenThing]
    open_orders: list[OpenThing]
    open_sittings: list[OpenThing]


async def day_figures(tx: Any, outlet_id: int, day: date) -> DayFigures:
    """What a business day comes to. No order is placed on it until the transaction ends. Paise."""
    return msgspec.convert(await tx.fetchval("SELECT orders.day_figures($1, $2)", outlet_id, day), DayFigures)


async def table_links(ctx: Context, outlet_id: int) -> list[tuple[str, str]]:
    """The outlet's tables with what their QR codes say."""
    rows = await db.tables(ctx.db, outlet_id)
    return [(row["name"], tables.table_url(ctx, outlet_id, row["id"], row["qr_generation"])) for row in rows]
