"""What managers read about the past: sales, and how long the kitchen took. It follows events and publishes none."""

from rasoi.contracts.kitchen import TicketChanged
from rasoi.contracts.orders import (
    DocumentIssued,
    OrderCancelled,
    OrderConfirmed,
    OrderDiscounted,
    OrderLineVoided,
    OrderPlaced,
)
from rasoi.platform.rooms import Room
from rasoi.reports import handlers
from rasoi.reports.routes import ROUTES

ROOM = Room(
    name="reports",
    linger_s=0.5,
    routes=ROUTES,
    handlers={
        OrderPlaced: handlers.on_order,
        OrderConfirmed: handlers.on_order,
        OrderCancelled: handlers.on_order,
        OrderLineVoided: handlers.on_order,
        OrderDiscounted: handlers.on_order,
        DocumentIssued: handlers.on_document,
        TicketChanged: handlers.on_ticket,
    },
)
