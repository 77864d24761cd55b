"""What orders does when something happened elsewhere."""

from __future__ import annotations

from rasoi.contracts import orders as contracts
from rasoi.contracts.kitchen import BoardChange, CancelAccepted, CancelRefused
from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.staff import OutletChanged
from rasoi.orders import repository as db
from rasoi.orders.domain import AT_KITCHEN, Progress
from rasoi.orders.service import Snapshots, changing
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def follow_ticket(ctx: Context, tx: Tx, event: Event, data: BoardChange) -> None:
    """An order is as far as its tickets are."""
    ticket = data.ticket
    if not data.changed_items:  # paid, rushed, or news of another station: no item moved
        return
    bill_id = await db.bill_of(tx, event.outletid, ticket.order_id)
    async with changing(ctx, event.outletid, bill_id, tx) as (_, bill):
        await db.save_progress(
            tx, event.outletid, ticket.order_id, ticket.id, ticket.station, ticket.state, ticket.version
        )
        order = bill.order(ticket.order_id)
        known = {p.ticket_id: p for p in order.progress}
        if ticket.id not in known or known[ticket.id].version < ticket.version:
            known[ticket.id] = Progress(
                station=ticket.station, ticket_id=ticket.id, state=ticket.state, version=ticket.version
            )
        order.progress = list(known.values())
        bill.follow_tickets(order)


async def cancel_accepted(ctx: Context, tx: Tx, event: Event, data: CancelAccepted) -> None:
    """The kitchen lets go of it."""
    bill_id = await db.bill_of(tx, event.outletid, data.order_id)
    async with changing(ctx, event.outletid, bill_id, tx) as (_, bill):
        order = bill.order(data.order_id)
        if order.status in AT_KITCHEN - {"served"}:
            bill.kill(order, "cancelled", order.reason or "accepted by the kitchen")
            await db.release_stock(tx, event.outletid, data.order_id)
            if bill.row.payment_status == "overpaid":
                bill.tell_bill()


async def cancel_refused(ctx: Context, tx: Tx, event: Event, data: CancelRefused) -> None:
    """The kitchen goes on with it."""
    bill_id = await db.bill_of(tx, event.outletid, data.order_id)
    async with changing(ctx, event.outletid, bill_id, tx) as (_, bill):
        order = bill.order(data.order_id)
        if order.cancel_requested:
            order.cancel_requested = False
            bill.tell(order, contracts.OrderCancelRefused)


async def drop_snapshot(ctx: Context, event: Event, data: MenuRepublished | OutletChanged) -> None:
    """Every process reloads menu and settings at its next use."""
    ctx.get(Snapshots).drop(event.outletid)
