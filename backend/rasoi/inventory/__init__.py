"""Stock: what is on hand, what is promised to orders, what dishes are made of, and the ledger of all movements."""

from rasoi.contracts.kitchen import TicketChanged, TicketOpened
from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.inventory.handlers import order_cancelled, order_known, ticket_moved
from rasoi.inventory.routes import router
from rasoi.inventory.service import settle
from rasoi.platform.rooms import Job, Room

ROOM = Room(
    name="inventory",
    linger_s=0.1,
    routes=(router,),
    handlers={
        OrderPlaced: order_known,
        OrderConfirmed: order_known,
        OrderCancelled: order_cancelled,
        TicketOpened: ticket_moved,
        TicketChanged: ticket_moved,
    },
    jobs=(Job("settle", 0.5, settle),),
    functions={
        "inventory.counted_among(integer[],integer[],uuid[])": ("inventory", "orders"),
        "inventory.reserve(integer,uuid,uuid[],uuid[],integer[])": ("inventory", "orders"),
        "inventory.release(integer,uuid)": ("inventory", "orders"),
    },
)
