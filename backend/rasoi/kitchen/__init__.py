"""Boards and tickets: what the cooks see, and what they did."""

from __future__ import annotations

from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.orders import (
    BillChanged,
    BillClosed,
    OrderCancelled,
    OrderCancelRequested,
    OrderConfirmed,
    OrderLineVoided,
    OrderMoved,
    OrderPlaced,
)
from rasoi.kitchen import handlers, repository
from rasoi.kitchen.day import close_past_days
from rasoi.kitchen.metrics import count_open
from rasoi.kitchen.routes import router
from rasoi.platform.context import Context
from rasoi.platform.rooms import Job, Room


async def prune(ctx: Context) -> None:
    """Forget what is a week old and only mattered for hours."""
    await repository.prune(ctx.db)


ROOM = Room(
    name="kitchen",
    routes=(router,),
    handlers={
        OrderPlaced: handlers.on_order,
        OrderConfirmed: handlers.on_order,
        OrderCancelled: handlers.on_cancelled,
        OrderCancelRequested: handlers.on_cancel_requested,
        OrderLineVoided: handlers.on_line_voided,
        OrderMoved: handlers.on_moved,
        BillChanged: handlers.on_bill,
        BillClosed: handlers.on_bill,
        MenuRepublished: handlers.on_menu,
    },
    batch_handler=(frozenset({OrderPlaced, OrderConfirmed}), handlers.on_orders),
    jobs=(
        Job("prune", 3600, prune),
        Job("close past days", 300, close_past_days),
        Job("count open tickets", 5, count_open),
    ),
    functions={"kitchen.stage_of(integer,uuid,uuid)": ("orders",)},
)
