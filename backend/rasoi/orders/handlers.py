"""Event handlers of the orders room."""

from __future__ import annotations

from rasoi.contracts import orders as contracts
from rasoi.contracts.kitchen import BoardChange, CancelAccepted, CancelRefused, TicketChanged, TicketOpened
from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.staff import OutletChanged
from rasoi.orders import repository as db
from rasoi.orders.placing import Snapshots
from rasoi.orders.rows import Progress
from rasoi.orders.service import held_bill, locked_bill
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
    if not _take_progress(tx, event, data):
        await tx.write_deferred()
    async with locked_bill(ctx, event.outletid, order_id=order_id, tx=tx) as (_, bill):
        bill.apply_progress(bill.order(order_id))


def _take_progress(tx: Tx, event: Event, data: BoardChange) -> bool:
    """Keep how far the ticket is; whether its bill was read in this transaction already, and knows it now."""
    t = data.ticket
    tx.defer_write(db.save_progress, (event.outletid, t.order_id, t.id, t.station, t.state, t.version))
    bill = held_bill(tx, event.outletid, t.order_id)
    if bill is not None:
        ticket = Progress(station=t.station, ticket_id=t.id, state=t.state, version=t.version)
        bill.take_progress(bill.order(t.order_id), ticket)
    return bill is not None


async def cancel_accepted(ctx: Context, tx: Tx, event: Event, data: CancelAccepted) -> None:
    """The kitchen agrees: the order is cancelled and its stock released."""
    async with locked_bill(ctx, event.outletid, order_id=data.order_id, tx=tx) as (_, bill):
        order = bill.order(data.order_id)
        if order.status in AT_KITCHEN - {"served"}:
            bill.terminate(order, "cancelled", data.reason or order.reason or "accepted by the kitchen")
            await db.release_stock(tx, event.outletid, data.order_id)


async def cancel_refused(ctx: Context, tx: Tx, event: Event, data: CancelRefused) -> None:
    """It is made, or served, all the same."""
    async with locked_bill(ctx, event.outletid, order_id=data.order_id, tx=tx) as (_, bill):
        order = bill.order(data.order_id)
        if order.cancel_requested:
            order.cancel_requested, order.reason = False, data.reason
            bill.record_event(order, contracts.OrderCancelRefused)


async def drop_snapshot(ctx: Context, event: Event, data: MenuRepublished | OutletChanged) -> None:
    """Every process reloads menu and settings at its next use."""
    ctx.get(Snapshots).drop(event.outletid)
