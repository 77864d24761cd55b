"""Use-cases of bills and orders. Each opens one transaction, applies the rules, and commits state with its events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from rasoi.contracts import orders as contracts
from rasoi.orders import repository as db
from rasoi.orders import schemas, views
from rasoi.orders.document_schemas import BuyerRequest
from rasoi.orders.domain import Bill, IllegalChange, expired_order
from rasoi.orders.issuing import issue_sale
from rasoi.orders.metrics import count_transitions
from rasoi.orders.rows import BillRow, OrderRow
from rasoi.orders.sessions import require_seated
from rasoi.orders.states import AT_KITCHEN
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.jobs import for_each
from rasoi.platform.problems import NotFound, Unprocessable
from rasoi.staff.api import Outlet, approved_by, audit, authorize, is_gstin, now_and_business_day
from rasoi.staff.api import outlet as read_outlet


class UnknownBill(NotFound):
    slug, title = "unknown-bill", "There is no such open bill"


class WrongBuyer(Unprocessable):
    slug, title = "wrong-buyer", "The document can't be made out to this buyer"


class UnknownOrder(NotFound):
    slug, title = "unknown-order", "There is no such order"


@asynccontextmanager
async def locked_bill(
    ctx: Context,
    outlet_id: int,
    bill_id: UUID | None = None,
    *,
    order_id: UUID | None = None,
    tx: Tx | None = None,
) -> AsyncIterator[tuple[Tx, Bill]]:
    """Lock a bill, named by itself or by an order on it, let the caller change it, then write rows and events."""
    if tx is None:
        async with ctx.db.transaction("orders") as own:
            async with locked_bill(ctx, outlet_id, bill_id, order_id=order_id, tx=own) as both:
                yield both
        return
    bill = await lock_bill(tx, outlet_id, bill_id, order_id=order_id)
    yield tx, bill
    await close_if_settled(tx, bill)


@asynccontextmanager
async def as_seated(ctx: Context, principal: Principal) -> AsyncIterator[Tx]:
    """A transaction for what a guest may do while the sitting lasts, which can't end meanwhile. Raises ScanAgain, NotAdmitted."""
    async with ctx.db.transaction("orders") as tx:
        await require_seated(tx, principal, lock=True)
        yield tx


async def lock_bill(
    tx: Any, outlet_id: int, bill_id: UUID | None = None, *, order_id: UUID | None = None
) -> Bill:
    """The bill, locked until the transaction ends. Nobody else changes it meanwhile, so it is read once in a transaction."""
    held = tx.held.get((outlet_id, order_id if bill_id is None else bill_id))
    if held is not None:
        return held  # type: ignore[no-any-return]
    read = await db.read_bill(tx, outlet_id, bill_id, order_id=order_id, lock=True)
    if read is None:
        raise UnknownOrder() if order_id else UnknownBill()
    bill = Bill(read.bill, read.orders, read.now)
    tx.held.update(dict.fromkeys(_ids(bill), bill))
    return bill


def _ids(bill: Bill) -> list[tuple[int, UUID]]:
    """By which a locked bill is found again: its own id and those of its orders."""
    return [(bill.row.outlet_id, id) for id in (bill.row.id, *(order.id for order in bill.orders))]


async def close_if_settled(tx: Any, bill: Bill) -> None:
    """Close or void what has come to its end, with its documents, and write everything that changed."""
    if bill.row.status == "open" and bill.is_settled:
        await issue_sale(tx, bill)
    bill.close_or_void()
    if bill.pending_events:
        count_transitions(tx, bill)
        if bill.new_documents:  # the next reader needs them with all that the database knows of them
            for id in _ids(bill):
                tx.held.pop(id, None)
        await db.save_bill(tx, bill)


async def readable_bill(ctx: Context, principal: Principal, bill_id: UUID) -> db.BillRead:
    """A bill of the caller's outlet; a guest's own only. Anything else does not exist for them."""
    return _readable(principal, await db.read_bill(ctx.db, principal.outlet_id, bill_id), UnknownBill())


async def readable_order(ctx: Context, principal: Principal, order_id: UUID) -> tuple[db.BillRead, OrderRow]:
    """An order with its bill, under the same rule."""
    found = await db.read_bill(ctx.db, principal.outlet_id, order_id=order_id)
    read = _readable(principal, found, UnknownOrder())
    return read, next(order for order in read.orders if order.id == order_id)


def _readable(principal: Principal, read: db.BillRead | None, unknown: NotFound) -> db.BillRead:
    if read is None or (principal.role == "guest" and principal.session_id not in read.bill.session_ids):
        raise unknown
    return read


async def cancel(
    ctx: Context, principal: Principal, order_id: UUID, reason: str | None, approval: str | None = None
) -> tuple[int, schemas.Order]:
    """Cancel at once while nothing is made of it; afterwards ask the kitchen (202)."""
    read, _ = await readable_order(ctx, principal, order_id)
    async with (
        as_seated(ctx, principal) as own,
        locked_bill(ctx, principal.outlet_id, read.bill.id, tx=own) as (tx, bill),
    ):
        order, lifted = bill.order(order_id), None
        if principal.kind == "staff":
            lifted = await authorize(ctx, tx, principal, "cancel_orders", str(order_id), approval)
        if order.status in AT_KITCHEN - {"served"}:
            status = 202
            if not order.cancel_requested:
                order.cancel_requested, order.reason = True, reason
                bill.record_event(order, contracts.OrderCancelRequested, asked_by=principal.role)
        else:
            status = 200
            bill.terminate(order, "cancelled", reason or f"by {principal.role}")
            await db.release_stock(tx, principal.outlet_id, order_id)
        if principal.kind == "staff":
            detail = {"reason": reason, "number": order.number} | approved_by(lifted)
            await audit(tx, principal, "order.cancel", str(order_id), detail)
    return status, await _view(ctx, principal, order_id)


async def approve(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    """A waiter lets a table's first order through; one that is paid beforehand has its whole time to pay from here on."""
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    async with locked_bill(ctx, principal.outlet_id, order_id=order_id) as (_, bill):
        order = bill.order(order_id)
        bill.approve(order, time_to_pay(outlet, order))
    return await _view(ctx, principal, order_id)


def time_to_pay(outlet: Outlet, order: OrderRow) -> timedelta:
    """How long a prepaid order waits for its money from now on."""
    return timedelta(seconds=outlet.counter_timeout_s if order.cash_asked_at else outlet.payment_timeout_s)


async def reject(ctx: Context, principal: Principal, order_id: UUID, reason: str | None) -> schemas.Order:
    """A waiter turns it down."""
    async with locked_bill(ctx, principal.outlet_id, order_id=order_id) as (tx, bill):
        order = bill.order(order_id)
        bill.terminate(order, "rejected", reason)
        await db.release_stock(tx, principal.outlet_id, order_id)
        detail = {"reason": reason, "number": order.number}
        await audit(tx, principal, "order.reject", str(order_id), detail)
    return await _view(ctx, principal, order_id)


async def call_waiter(
    ctx: Context, principal: Principal, bill_id: UUID, reason: str | None
) -> schemas.BillView:
    """Guests want a waiter; `reason` None clears it. For a prepaid order, cash gives it more time to be paid."""
    await readable_bill(ctx, principal, bill_id)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    async with (
        as_seated(ctx, principal) as tx,
        locked_bill(ctx, principal.outlet_id, bill_id, tx=tx) as (_, bill),
    ):
        if bill.row.status != "open":
            raise IllegalChange("This bill is closed.")
        if reason == "cash":
            bill.ask_cash(timedelta(seconds=outlet.counter_timeout_s))
        if bill.row.attention != reason:
            bill.row.attention = reason
            bill.row.attention_since = bill.now if reason else None
            bill.record_bill_event()
    return await bill_view(ctx, principal, bill_id)


async def set_buyer(
    ctx: Context, principal: Principal, bill_id: UUID, buyer: BuyerRequest
) -> schemas.BillView:
    """Who the bill's document will be made out to; once it is issued, that stands."""
    if buyer.gstin and not is_gstin(buyer.gstin):
        raise WrongBuyer(f"{buyer.gstin} is not a GSTIN; its check digit does not fit.")
    if buyer.gstin and not buyer.address:
        raise WrongBuyer("A buyer with a GSTIN needs an address.")
    await readable_bill(ctx, principal, bill_id)
    async with (
        as_seated(ctx, principal) as tx,
        locked_bill(ctx, principal.outlet_id, bill_id, tx=tx) as (_, bill),
    ):
        if bill.row.status != "open":
            raise IllegalChange("This bill is closed; its document is issued.")
        bill.row.buyer = schemas.Buyer(buyer.name, buyer.gstin, buyer.address)
        bill.record_bill_event()
    return await bill_view(ctx, principal, bill_id)


async def expire_unapproved(ctx: Context) -> None:
    """Orders that nobody approved in time free their stock; the trouble of one is no trouble of the others."""

    async def expire(found: tuple[int, UUID, UUID]) -> None:
        outlet_id, bill_id, order_id = found
        async with locked_bill(ctx, outlet_id, bill_id) as (tx, bill):
            if bill.order(order_id).status == "placed":
                bill.terminate(bill.order(order_id), "expired", "not approved in time")
                await db.release_stock(tx, outlet_id, order_id)

    await for_each(await db.overdue(ctx.db), expire, "unapproved order")


async def _view(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    read, order = await readable_order(ctx, principal, order_id)
    return views.order_view(order, read.bill, by_guest=principal.role == "guest")


async def bill_view(ctx: Context, principal: Principal, bill_id: UUID) -> schemas.BillView:
    """The bill as its guests and the staff read it."""
    read = await readable_bill(ctx, principal, bill_id)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    today = await counter_day(ctx, principal.outlet_id, [(read.bill, read.orders)])
    return views.bill_view(read.bill, read.orders, outlet, today, by_guest=principal.role == "guest")


async def counter_day(
    ctx: Context, outlet_id: int, bills: list[tuple[BillRow, list[OrderRow]]]
) -> date | None:
    """The business day, where a bill asks for it: its order expired, and may be paid at the counter on its own day."""
    if not any(expired_order(bill, orders) for bill, orders in bills):
        return None
    return (await now_and_business_day(ctx.db, outlet_id))[1]
