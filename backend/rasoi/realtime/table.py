"""Which event goes to which channels, and what is shown there: data, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rasoi.contracts import inventory, kitchen, menu, notifications, orders, payments
from rasoi.platform.events import Contract, Event
from rasoi.realtime.audiences import (
    Audience,
    MenuVersion,
    as_struct,
    availability,
    board_step,
    for_guests,
    for_staff,
    ticket,
)
from rasoi.realtime.channels import Channel

Where = Callable[[Event, Any], Iterable[Channel]]
Route = tuple[Where, Audience]


def staff(event: Event, data: Any) -> list[Channel]:
    return [Channel.of_outlet("floor", event.outletid), Channel.of_outlet("manage", event.outletid)]


def managers(event: Event, data: Any) -> list[Channel]:
    return [Channel.of_outlet("manage", event.outletid)]


def menu_channel(event: Event, data: Any) -> list[Channel]:
    """The menu's channel, which guests and staff share."""
    return [Channel.of_outlet("menu", event.outletid)]


def station(event: Event, data: kitchen.BoardChange) -> list[Channel]:
    return [Channel.kitchen(event.outletid, data.ticket.station)]


def at_pass(event: Event, data: Any) -> list[Channel]:
    return [Channel.of_outlet("pass", event.outletid)]


def bill_and_order(event: Event, data: Any) -> list[Channel]:
    """The bill and the order that the event names."""
    named = (("bill", data.bill_id), ("order", data.order_id))
    return [Channel.of(kind, event.outletid, id) for kind, id in named if id is not None]


def bill_and_its_orders(event: Event, bill: orders.BillState) -> list[Channel]:
    """The bill, and each of its orders."""
    channels = [Channel.of("order", event.outletid, order_id) for order_id in bill.order_ids]
    return [Channel.of("bill", event.outletid, bill.bill_id), *channels]


def the_sitting(event: Event, sitting: orders.SittingState) -> list[Channel]:
    return [Channel.of("sitting", event.outletid, sitting.sitting_id)]


def about(key: str, guests: Where = bill_and_order) -> tuple[Route, ...]:
    """Staff see all of it, the guests concerned their part."""
    return ((staff, for_staff(key)), (guests, for_guests(key)))


TICKET: tuple[Route, ...] = ((station, board_step), (at_pass, board_step), (staff, ticket))
STOCK: tuple[Route, ...] = ((managers, for_staff("stock")),)

ROUTES: dict[type[Contract], tuple[Route, ...]] = {
    orders.OrderPlaced: about("order"),
    orders.OrderConfirmed: about("order"),
    orders.OrderProgressed: about("order"),
    orders.OrderCancelled: about("order"),
    orders.OrderLineVoided: about("order"),
    orders.OrderDiscounted: about("order"),
    orders.OrderMoved: about("order"),
    orders.OrderCancelRequested: about("order"),
    orders.OrderCancelRefused: about("order"),
    orders.BillChanged: about("bill", bill_and_its_orders),
    orders.BillClosed: about("bill", bill_and_its_orders),
    orders.BillVoided: about("bill", bill_and_its_orders),
    orders.BillWrittenOff: about("bill", bill_and_its_orders),
    orders.SittingOpened: about("sitting", the_sitting),
    orders.SittingChanged: about("sitting", the_sitting),
    orders.SittingEnded: about("sitting", the_sitting),
    payments.PaymentRequested: about("payment"),
    payments.PaymentChanged: about("payment"),
    payments.PaymentCompleted: about("payment"),
    payments.PaymentExpired: about("payment"),
    payments.RefundChanged: about("payment"),
    payments.ShiftChanged: ((managers, for_staff("shift")),),
    notifications.NotificationChanged: about("notification"),
    kitchen.TicketOpened: TICKET,
    kitchen.TicketChanged: TICKET,
    menu.AvailabilityChanged: ((menu_channel, availability),),
    menu.MenuRepublished: ((menu_channel, as_struct(MenuVersion)),),
    inventory.StockLow: STOCK,
    inventory.StockDepleted: STOCK,
    inventory.StockRestocked: STOCK,
    inventory.StockShortage: STOCK,
}
