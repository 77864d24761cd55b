"""Stock: what is on hand, what is promised to orders, what dishes are made of, and the ledger of all movements."""

from rasoi.contracts.kitchen import TicketChanged, TicketOpened
from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.inventory.handlers import on_cancelled, on_order, on_ticket
from rasoi.inventory.routes import router
from rasoi.inventory.service import consume_reservations
from rasoi.platform.rooms import Job, Room

ROOM = Room(
    name="inventory",
    linger_s=0.1,
    routes=(router,),
    handlers={
        OrderPlaced: on_order,
        OrderConfirmed: on_order,
        OrderCancelled: on_cancelled,
        TicketOpened: on_ticket,
        TicketChanged: on_ticket,
    },
    jobs=(Job("consume reservations", 0.5, consume_reservations),),
    functions={
        "inventory.counted_among(integer[],integer[],uuid[])": ("orders",),
        "inventory.holders(integer,uuid[])": ("orders",),
        "inventory.portions_with(integer,uuid[],uuid[],integer[])": ("orders",),
        "inventory.reserve(integer,uuid,uuid[],uuid[],integer[])": ("orders",),
        "inventory.release(integer,uuid)": ("orders",),
        "inventory.release_part(integer,uuid,uuid,integer,integer)": ("orders",),
    },
)
