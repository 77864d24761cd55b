"""Wire shapes of the kitchen's routes. A ticket is the contract's TicketState."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import TicketState

ActionName = Literal[
    "start",
    "bump",
    "recall",
    "serve",
    "acknowledge",
    "fire",
    "rush",
    "unrush",
    "accept_cancel",
    "refuse_cancel",
]


class Action(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody did on a screen, under an id that the screen made. Names a ticket, an item of it, or an order;
    `station` narrows an order to one station."""

    action_id: UUID
    action: ActionName
    ticket_id: UUID | None = None
    item_id: UUID | None = None
    order_id: UUID | None = None
    station: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None


class Actions(msgspec.Struct, forbid_unknown_fields=True):
    actions: Annotated[list[Action], msgspec.Meta(min_length=1, max_length=100)]


class ActionResult(msgspec.Struct):
    """`reason` when it was not applied: unknown, not-possible-now, already-so, no-cancellation-asked."""

    action_id: UUID
    applied: bool
    reason: str | None
    ticket: TicketState | None


class ActionResults(msgspec.Struct):
    results: list[ActionResult]


class Station(msgspec.Struct):
    code: str
    name: str
    open_tickets: int
    oldest_at: datetime | None


class Stations(msgspec.Struct):
    items: list[Station]


class StationName(msgspec.Struct):
    code: str
    name: str


class BoardView(msgspec.Struct, kw_only=True):
    """A board at one moment. `hash` is the sum modulo 2^32 of CRC-32 of `id:version` over `tickets`."""

    outlet_id: int
    station: StationName
    sequence: int
    hash: int
    build: str
    amber_s: int
    red_s: int
    tickets: list[TicketState]
    subjects: dict[str, int]


class Tickets(msgspec.Struct):
    items: list[TicketState]
