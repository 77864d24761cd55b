"""Bills, orders and tables."""

from rasoi.contracts.kitchen import CancelAccepted, CancelRefused, TicketChanged, TicketOpened
from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.offers import OfferChanged, OfferMade
from rasoi.contracts.staff import OutletChanged
from rasoi.orders import handlers
from rasoi.orders.batcher import PlacementBatcher
from rasoi.orders.document_routes import ROUTES as DOCUMENT_ROUTES
from rasoi.orders.metrics import count_live
from rasoi.orders.offering import OfferSnapshots
from rasoi.orders.placing import Snapshots
from rasoi.orders.routes import ROUTES
from rasoi.orders.seating import end_idle
from rasoi.orders.service import expire_unapproved
from rasoi.platform.context import Context
from rasoi.platform.rooms import Job, Room


async def start(ctx: Context) -> None:
    """Menu, settings and offers are held in memory from here on."""
    ctx.register(Snapshots())
    ctx.register(OfferSnapshots())
    ctx.register(PlacementBatcher(ctx.db))


ROOM = Room(
    name="orders",
    linger_s=0.02,
    routes=(*ROUTES, *DOCUMENT_ROUTES),
    handlers={
        TicketOpened: handlers.record_ticket,
        TicketChanged: handlers.apply_ticket,
        CancelAccepted: handlers.cancel_accepted,
        CancelRefused: handlers.cancel_refused,
    },
    broadcast_handlers={
        MenuRepublished: handlers.drop_snapshot,
        OutletChanged: handlers.drop_snapshot,
        OfferMade: handlers.drop_offers,
        OfferChanged: handlers.drop_offers,
    },
    jobs=(
        Job("expire unapproved orders", 5.0, expire_unapproved),
        Job("end idle sittings", 15.0, end_idle),
        Job("count live orders", 5.0, count_live),
    ),
    start=start,
    functions={
        "orders.unfinished(integer)": ("staff",),
        "orders.day_figures(integer, date)": ("payments",),
        "orders.read_bill(integer, uuid, uuid, boolean)": ("payments",),
        "orders.save_bill(integer, jsonb, jsonb, jsonb, jsonb)": ("payments",),
        "orders.begin_documents(integer, text[], text[], integer[])": ("payments",),
        "orders.read_documents(integer, uuid)": ("payments",),
        "orders.not_sold(integer, uuid[])": ("payments",),
        "orders.release_stock(integer, uuid)": ("payments",),
        "orders.reserve_stock(integer, uuid, uuid[], uuid[], integer[])": ("payments",),
        "orders.session_state(integer, uuid, boolean)": ("payments",),
        "orders.hold_sitting(integer, uuid)": ("payments",),
        "orders.is_bill_of(integer, uuid, uuid)": ("payments",),
        "orders.session_may_see(integer, uuid, text, uuid)": ("realtime", "payments", "notifications"),
    },
)
