"""Event handlers of the orders room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from rasoi.contracts import orders as contracts
from rasoi.contracts.kitchen import BoardChange, CancelAccepted, CancelRefused, TicketChanged, TicketOpened
from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.offers import OfferState
from rasoi.contracts.staff import OutletChanged
from rasoi.orders import repository as db
from rasoi.orders.domain import Bill
from rasoi.orders.offering import OfferSnapshots
from rasoi.orders.placing import Snapshots
from rasoi.orders.service import locked_bill
from rasoi.orders.states import AT_KITCHEN
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def record_ticket(ctx: Context, tx: Tx, event: Event, data: TicketOpened) -> None:
    """A ticket that was just opened moves no order; what moves it will find it here."""
    _take_progress(tx, event, data)


async def apply_ticket(ctx: Context, tx: Tx, event: Event, data: TicketChanged) -> None:
    """An order is as far as its tickets are."""
    if not data.changed_items:  # paid, rushed, or a change at another station: no item moved
        return
    order_id = data.ticket.order_id
    _take_progress(tx, event, data)
    async with _bill_of(ctx, tx, event, order_id) as bill:
        bill.apply_progress(bill.order(order_id))


def _take_progress(tx: Tx, event: Event, data: BoardChange) -> None:
    """Keep how far the ticket is."""
    t = data.ticket
    row = db.TicketRow(event.outletid, t.order_id, t.id, t.station, t.state, t.version)
    tx.defer_write(db.save_progress, row)


@asynccontextmanager
async def _bill_of(ctx: Context, tx: Tx, event: Event, order_id: UUID) -> AsyncIterator[Bill]:
    """The order's bill, locked, with the progress that this transaction has not written yet."""
    async with locked_bill(ctx, event.outletid, order_id=order_id, tx=tx) as (_, bill):
        orders = {order.id: order for order in bill.orders}
        for row in tx.deferred.get(db.save_progress, ()):
            if row.order_id in orders:
                bill.take_progress(orders[row.order_id], row.progress)
        yield bill


async def cancel_accepted(ctx: Context, tx: Tx, event: Event, data: CancelAccepted) -> None:
    """The kitchen agrees: the order is cancelled and its stock released."""
    async with _bill_of(ctx, tx, event, data.order_id) as bill:
        order = bill.order(data.order_id)
        if order.status in AT_KITCHEN - {"served"}:
            bill.terminate(order, "cancelled", data.reason or order.reason or "accepted by the kitchen")
            await db.release_stock(tx, event.outletid, data.order_id)


async def cancel_refused(ctx: Context, tx: Tx, event: Event, data: CancelRefused) -> None:
    """It is made, or served, all the same."""
    async with _bill_of(ctx, tx, event, data.order_id) as bill:
        order = bill.order(data.order_id)
        if order.cancel_requested:
            order.cancel_requested, order.reason = False, data.reason
            bill.record_event(order, contracts.OrderCancelRefused)


async def drop_snapshot(ctx: Context, event: Event, data: MenuRepublished | OutletChanged) -> None:
    """Every process reloads menu and settings at its next use."""
    ctx.get(Snapshots).drop(event.outletid)


async def drop_offers(ctx: Context, event: Event, data: OfferState) -> None:
    """Every process reloads the outlet's offers at its next use."""
    ctx.get(OfferSnapshots).drop(event.outletid)
