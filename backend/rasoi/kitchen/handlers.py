"""What the kitchen does on events of orders, bills and menus."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.orders import (
    BillState,
    OrderCancelled,
    OrderCancelRequested,
    OrderLineVoided,
    OrderMoved,
    OrderState,
)
from rasoi.kitchen import repository, service
from rasoi.kitchen.refusals import UnknownTicket
from rasoi.kitchen.schemas import StationName
from rasoi.kitchen.service import Decision, UnitOfWork
from rasoi.kitchen.states import VOIDED
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event
from rasoi.platform.roles import FLOOR_ROLES

PAID = ("paid", "overpaid", "partly_refunded", "refunded")


class Stations(msgspec.Struct):
    """The part of a republished menu that the kitchen reads."""

    stations: list[StationName] = []


async def on_order(ctx: Context, tx: Tx, event: Event, order: OrderState) -> None:
    """A confirmed order gets its tickets, once."""
    if order.status == "confirmed" and await repository.open_tickets(tx, event):
        tx.mark_written("kitchen")


async def on_orders(ctx: Context, events: Sequence[Event]) -> None:
    """What `on_order` does, for a batch and in one statement."""
    await repository.handle_orders(ctx.db, events)


async def on_cancelled(ctx: Context, tx: Tx, event: Event, order: OrderCancelled) -> None:
    """Cancelled, rejected or expired: what the kitchen has of it is struck through."""
    await service.change_order(
        tx, event.outletid, [order.order_id], lambda work, order_id: work.kitchen.void_order(order_id)
    )


async def on_line_voided(ctx: Context, tx: Tx, event: Event, order: OrderLineVoided) -> None:
    """No more is made of each line than is left of it; what that takes off is struck through."""
    left = {line.id: line.quantity for line in order.lines}
    await service.change_order(
        tx, event.outletid, [order.order_id], lambda work, order_id: work.kitchen.void_beyond(order_id, left)
    )


async def on_moved(ctx: Context, tx: Tx, event: Event, order: OrderMoved) -> None:
    """What the kitchen has of it is carried to another table; nothing is made anew."""
    await service.change_order(
        tx,
        event.outletid,
        [order.order_id],
        lambda work, order_id: work.kitchen.move_order(order_id, order.table),
    )


async def on_cancel_requested(ctx: Context, tx: Tx, event: Event, order: OrderCancelRequested) -> None:
    """Whoever is to decide is asked; where nobody is, the answer is given at once."""
    by_floor = order.asked_by in FLOOR_ROLES
    await service.change_order(
        tx, event.outletid, [order.order_id], lambda work, id: _request_cancel(work, id, by_floor)
    )


def _request_cancel(work: UnitOfWork, order_id: UUID, by_floor: bool) -> None:
    kitchen = work.kitchen
    try:
        tickets = kitchen.of_order(order_id)
    except UnknownTicket:
        work.answer(True, order_id, [])
        return
    if not kitchen.has_begun(order_id):
        kitchen.void_order(order_id)
        work.answer(True, order_id, [])
        return
    kitchen.request_cancel(order_id)
    if not any(ticket.cancel_requested for ticket in kitchen.of_order(order_id)):
        work.answer(all(ticket.state == VOIDED for ticket in tickets), order_id, [])
    elif by_floor and kitchen.decider_of(order_id) == "floor":
        work.answer(True, order_id, kitchen.accept_cancel(order_id), Decision("floor"))


async def on_bill(ctx: Context, tx: Tx, event: Event, bill: BillState) -> None:
    """Tickets show whether their bill is paid."""
    paid = bill.payment_status in PAID
    orders = await repository.record_bill(tx, event, bill.bill_id, paid, bill.status == "closed")
    if orders:
        await service.change_order(
            tx, event.outletid, orders, lambda work, order_id: work.kitchen.mark_paid(order_id, paid)
        )


async def on_menu(ctx: Context, tx: Tx, event: Event, menu: MenuRepublished) -> None:
    """Every station of the menu has a board, under the menu's name for it."""
    found = msgspec.json.decode(event.data, type=Stations).stations
    if found:
        await repository.name_stations(tx, event.outletid, {station.code: station.name for station in found})
