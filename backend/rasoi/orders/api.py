"""What payments and the realtime bridge may ask of orders; payments inside its own transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders import repository as db
from rasoi.orders import service, tables
from rasoi.orders.domain import Bill
from rasoi.orders.issuing import issue_credit
from rasoi.orders.pricing import rounded
from rasoi.orders.rows import BillPayment, OrderRow, stock_sources
from rasoi.orders.service import UnknownBill as UnknownBill
from rasoi.platform.context import Context
from rasoi.staff.api import now_and_business_day
from rasoi.staff.api import outlet as read_outlet


class DueBill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill as payments sees it. `label` is for people: "Table 4", "Takeaway T12"."""

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


class Fulfilment(msgspec.Struct, frozen=True):
    """Whether captured money could be used; if not, it is to be refunded."""

    ok: bool
    reason: str | None = None


def _due(read: db.BillRead | Bill, order_id: UUID | None = None) -> DueBill:
    row = read.row if isinstance(read, Bill) else read.bill
    newest = read.orders[-1] if read.orders else None
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
        awaiting_order_ids=[order.id for order in read.orders if order.status == "awaiting_payment"],
    )


async def due(
    conn: Any, outlet_id: int, *, order_id: UUID | None = None, bill_id: UUID | None = None
) -> DueBill:
    """What is owed on a bill, named by itself or by an order on it. Raises NotFound."""
    read = await db.read_bill(conn, outlet_id, bill_id, order_id=order_id)
    if read is None:
        raise UnknownBill()
    return _due(read, order_id)


async def lock_due(tx: Any, outlet_id: int, bill_id: UUID) -> DueBill:
    """The same, with the bill locked until the transaction ends."""
    return _due(await service.lock_bill(tx, outlet_id, bill_id))


async def apply_capture(
    tx: Any,
    due: DueBill,
    paise: int,
    payment_id: UUID,
    *,
    method: str | None = None,
    cashier: str | None = None,
) -> Fulfilment:
    """Put captured money on the bill: prepaid orders go to the kitchen, a settled bill closes. Method and cashier (who
    took it by hand) stand on its document. Not ok, with nothing changed, when the money can't be used."""
    bill = await service.lock_bill(tx, due.outlet_id, due.bill_id)
    late = await _reinstatable(tx, bill, paise)
    if bill.row.status != "open" and not late:
        return Fulfilment(False, f"the bill is {bill.row.status}")
    owed = rounded(bill.row.net_paise + sum(order.total_paise for order in late))
    if paise > owed - (bill.row.paid_paise - bill.row.refunded_paise):
        return Fulfilment(False, "more than is due")
    if late and not await _reinstate(tx, bill, late):
        return Fulfilment(False, "the order expired and its food is no longer to be had")
    bill.row.paid_paise += paise
    paid = BillPayment(
        payment_id=payment_id, method=method or "other", paise=paise, at=bill.now, cashier=cashier
    )
    bill.row.payments = [*bill.row.payments, paid]
    bill.confirm_paid()
    bill.record_bill_event()
    await service.close_if_settled(tx, bill)
    return Fulfilment(True)


async def _reinstatable(tx: Any, bill: Bill, paise: int) -> list[OrderRow]:
    """Prepaid orders that expired lately enough for this payment to bring them back."""
    expired = [order for order in bill.orders if order.status == "expired" and order.payment == "prepaid"]
    if not expired or bill.row.status == "closed" or bill.row.due_paise >= paise:
        return []
    outlet = await read_outlet(tx, bill.row.outlet_id)
    _, today = await now_and_business_day(tx, bill.row.outlet_id)
    return [
        order
        for order in expired
        if order.business_day == today
        and order.expires_at is not None
        and (bill.now - order.expires_at).total_seconds() <= outlet.late_grace_s
    ]


async def _reinstate(tx: Any, bill: Bill, late: list[OrderRow]) -> bool:
    """Take the stock again and confirm; false when some is gone (what was taken is given back)."""
    for order in late:
        if await db.reserve_stock(tx, bill.row.outlet_id, order.id, stock_sources(order.lines)):
            for taken in late[: late.index(order)]:
                await db.release_stock(tx, bill.row.outlet_id, taken.id)
            return False
    if bill.row.status == "voided":
        bill.row.status, bill.row.closed_at = "open", None
    for order in late:
        bill.reinstate(order)
    return True


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


async def session_may_see(conn: Any, outlet_id: int, session_id: UUID, kind: str, found: UUID) -> bool:
    """Does this guest's session belong to the bill, or to the order's bill? `kind` is bill or order."""
    return await db.session_may_see(conn, outlet_id, session_id, kind, found)


async def table_links(ctx: Context, outlet_id: int) -> list[tuple[str, str]]:
    """The outlet's tables with what their QR codes say."""
    rows = await db.tables(ctx.db, outlet_id)
    return [(row["name"], tables.table_url(ctx, outlet_id, row["id"], row["qr_generation"])) for row in rows]
