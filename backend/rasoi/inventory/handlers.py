"""What orders and the kitchen mean for stock. Nothing here locks stock: `consume_reservations` does that soon after."""

from __future__ import annotations

from rasoi.contracts.kitchen import TicketChanged, TicketOpened
from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.inventory import repository
from rasoi.inventory.domain import STARTED
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def on_order(ctx: Context, tx: Tx, event: Event, data: OrderPlaced | OrderConfirmed) -> None:
    """Store what the lines are made of, for the time when they are cooked."""
    for line in data.lines:
        sources = [line.variant_id, *(m.id for m in line.modifiers)]
        tx.defer_write(repository.save_lines, repository.OrderLine(event.outletid, line.id, sources))


async def on_ticket(ctx: Context, tx: Tx, event: Event, data: TicketOpened | TicketChanged) -> None:
    """Started items are consumed, once; what is voided after that is waste. Recall moves nothing."""
    ticket, changed = data.ticket, set(data.changed_items)
    for item in ticket.items:
        if item.id in changed and item.state in STARTED:
            used = repository.Usage(event.outletid, item.id, item.line_id, ticket.order_id, item.quantity)
            tx.defer_write(repository.record_usage, used)
    if voided := [item for item in ticket.items if item.id in changed and item.state == "voided"]:
        parts = [
            repository.Usage(event.outletid, item.id, item.line_id, ticket.order_id, item.quantity)
            for item in voided
        ]
        await repository.split_usage(tx, parts)
        ids = [item.id for item in voided]
        await repository.record_waste(tx, event.outletid, ticket.order_id, ids, "voided after cooking")


async def on_cancelled(ctx: Context, tx: Tx, event: Event, data: OrderCancelled) -> None:
    """What was cooked of it is waste. What it still reserved, the orders room has released."""
    await repository.record_waste(tx, event.outletid, data.order_id, None, "order cancelled after cooking")
