"""What stock learns from orders and the kitchen. Nothing here locks stock: `settle` does that soon after."""

from __future__ import annotations

from rasoi.contracts.kitchen import TicketChanged, TicketOpened
from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.inventory import repository
from rasoi.inventory.domain import COOKING
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def order_known(ctx: Context, tx: Tx, event: Event, data: OrderPlaced | OrderConfirmed) -> None:
    """Remember what the lines are made of, for the moment when they are cooked."""
    for line in data.lines:
        sources = [line.variant_id, *(m.id for m in line.modifiers)]
        tx.defer_write(
            repository.learn_lines, repository.OrderLine(event.outletid, line.id, data.order_id, sources)
        )


async def ticket_moved(ctx: Context, tx: Tx, event: Event, data: TicketOpened | TicketChanged) -> None:
    """Started items are consumed, once; what is voided after that is waste. Recall moves nothing."""
    ticket, changed = data.ticket, set(data.changed_items)
    started = [(i.id, i.line_id, i.quantity) for i in ticket.items if i.id in changed and i.state in COOKING]
    if started:
        await repository.use(tx, event.outletid, ticket.order_id, started)
    if voided := [item.id for item in ticket.items if item.id in changed and item.state == "voided"]:
        await repository.waste(tx, event.outletid, ticket.order_id, voided, "voided after cooking")


async def order_cancelled(ctx: Context, tx: Tx, event: Event, data: OrderCancelled) -> None:
    await repository.waste(tx, event.outletid, data.order_id, None, "order cancelled after cooking")
