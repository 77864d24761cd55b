"""What the kitchen does on events of orders, bills and menus."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.orders import BillState, OrderCancelled, OrderCancelRequested, OrderState
from rasoi.kitchen import repository, service
from rasoi.kitchen.domain import ActionRefused
from rasoi.kitchen.schemas import StationName
from rasoi.kitchen.service import UnitOfWork
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event

PAID = ("paid", "overpaid")


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


async def on_cancel_requested(ctx: Context, tx: Tx, event: Event, order: OrderCancelRequested) -> None:
    """The cooks are asked; where nothing is left to ask about, the answer is given at once."""
    await service.change_order(tx, event.outletid, [order.order_id], _request_cancel)


def _request_cancel(work: UnitOfWork, order_id: UUID) -> None:
    try:
        tickets = work.kitchen.of_order(order_id)
    except ActionRefused:
        work.answer(True, order_id, [])
        return
    work.kitchen.request_cancel(order_id)
    if not any(ticket.cancel_requested for ticket in work.kitchen.of_order(order_id)):
        work.answer(all(ticket.state == "voided" for ticket in tickets), order_id, [])


async def on_bill(ctx: Context, tx: Tx, event: Event, bill: BillState) -> None:
    """Tickets show whether their bill is paid."""
    paid = bill.payment_status in PAID
    orders = await repository.record_bill(tx, event, bill.bill_id, paid)
    if orders:
        await service.change_order(
            tx, event.outletid, orders, lambda work, order_id: work.kitchen.mark_paid(order_id, paid)
        )


async def on_menu(ctx: Context, tx: Tx, event: Event, menu: MenuRepublished) -> None:
    """Every station of the menu has a board, under the menu's name for it."""
    found = msgspec.json.decode(event.data, type=Stations).stations
    if found:
        await repository.name_stations(tx, event.outletid, {station.code: station.name for station in found})
