"""What each audience is shown of an event. Guests get these structs, field by field; staff the event's own data.

The guests' structs repeat the contracts' fields on purpose: a field that is added to an event reaches no guest until it
is written here. A test holds their names and types to the contracts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import BoardChange, TicketState
from rasoi.contracts.menu import AvailabilityChanged
from rasoi.contracts.notifications import NotificationChanged
from rasoi.platform.events import Event


class GuestModifier(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    price_paise: int


class GuestLine(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    item_id: UUID
    variant_id: UUID
    name: str
    variant: str | None
    quantity: int
    modifiers: list[GuestModifier]
    allergens: list[str]
    note: str | None
    course: int
    unit_price_paise: int
    total_paise: int
    status: str


class GuestOrder(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    bill_id: UUID
    number: int
    token: str | None
    type: str
    status: str
    path: list[str]
    table: str | None
    note: str | None
    business_day: date
    placed_at: datetime
    payment: str
    payment_status: str
    expires_at: datetime | None
    total_paise: int
    cancel_requested: bool
    reason: str | None
    lines: list[GuestLine]


class GuestBill(msgspec.Struct, frozen=True, kw_only=True):
    bill_id: UUID
    type: str
    status: str
    table: str | None
    order_ids: list[UUID]
    total_paise: int
    paid_paise: int
    refunded_paise: int
    due_paise: int
    payment_status: str
    invoice_number: str | None
    attention: str | None
    attention_since: datetime | None


class GuestSitting(msgspec.Struct, frozen=True, kw_only=True):
    """Of the table's party: whether it is still there, and how many wait to be let in."""

    sitting_id: UUID
    state: str
    waiting: int


class GuestPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Also of a refund: then the refund's fields are set."""

    payment_id: UUID
    bill_id: UUID
    order_id: UUID | None
    amount_paise: int
    currency: str
    status: str
    path: list[str]
    method: str | None
    captured_paise: int
    refunded_paise: int
    expires_at: datetime | None
    refund_id: UUID | None = None
    refund_paise: int | None = None
    refund_status: str | None = None


class GuestNotification(msgspec.Struct, frozen=True, kw_only=True):
    notification_id: UUID
    kind: str
    title: str
    text: str
    order_id: UUID | None
    bill_id: UUID | None
    session_id: UUID | None
    state: str
    created_at: datetime


class BoardStep(msgspec.Struct, frozen=True):
    sequence: int
    hash: int
    ticket: TicketState
    action_id: UUID | None


class ItemAvailability(msgspec.Struct, frozen=True):
    """With `choices_changed` the menu has to be read anew: which of the item's choices are left is not told here."""

    item_id: UUID
    available: bool
    remaining: int | None
    choices_changed: bool


class MenuVersion(msgspec.Struct, frozen=True):
    menu_version: int


class FloorTicket(msgspec.Struct, frozen=True):
    ticket: TicketState


# What screens apply as it comes, so the OpenAPI document describes it too; of the rest they only read anew.
PAYLOADS = (BoardStep, FloorTicket, ItemAvailability, MenuVersion)
GUEST = {
    "order": GuestOrder,
    "bill": GuestBill,
    "sitting": GuestSitting,
    "payment": GuestPayment,
    "notification": GuestNotification,
}
Audience = Any


def for_staff(key: str) -> Audience:
    """The event's public state as it is, under `key`."""

    def show(event: Event, data: Any) -> dict[str, Any]:
        return {key: event.data}

    return show


def for_guests(key: str) -> Audience:
    """The guest's struct of that name; None for what is not meant for guests."""

    def show(event: Event, data: Any) -> dict[str, Any] | None:
        if isinstance(data, NotificationChanged) and data.audience != "guest":
            return None
        return {key: msgspec.convert(data, GUEST[key], from_attributes=True)}

    return show


def board_step(event: Event, data: BoardChange) -> BoardStep:
    """For the screens of the station and of the pass: what to apply after the station's `sequence - 1`."""
    return BoardStep(data.sequence, data.hash, data.ticket, data.action_id)


def ticket(event: Event, data: BoardChange) -> FloorTicket:
    """For the floor: the ticket after the change."""
    return FloorTicket(data.ticket)


def availability(event: Event, data: AvailabilityChanged) -> ItemAvailability:
    """For everybody who looks at the menu; why is for the staff only."""
    return ItemAvailability(data.item_id, data.available, data.remaining, data.reason == "choice")


def as_struct(kind: type[msgspec.Struct]) -> Audience:
    """Only the fields of `kind`."""

    def show(event: Event, data: Any) -> msgspec.Struct:
        return msgspec.convert(data, kind, from_attributes=True)

    return show
