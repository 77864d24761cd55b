"""Wire shapes of the kitchen's routes. A ticket is the contract's TicketState."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from rasoi.contracts.kitchen import TicketState
from rasoi.kitchen.refusals import REFUSALS
from rasoi.platform.description import one_of

ActionName = Literal[
    "start",
    "bump",
    "recall",
    "serve",
    "unserve",
    "acknowledge",
    "see",
    "clear",
    "hand_over",
    "fire",
    "rush",
    "unrush",
    "accept_cancel",
    "refuse_cancel",
]


class Action(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody did on a screen, under an id that the screen made. Names a ticket, an item of it, or an order;
    `station` is the screen's own, and narrows an order to one station. `reason` goes with an answer to a cancellation."""

    action_id: UUID
    action: ActionName
    ticket_id: UUID | None = None
    item_id: UUID | None = None
    order_id: UUID | None = None
    station: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+\Z")] | None = None


class Actions(msgspec.Struct, forbid_unknown_fields=True):
    actions: Annotated[list[Action], msgspec.Meta(min_length=1, max_length=100)]


class ActionResult(msgspec.Struct):
    """`reason` when it was not applied, the last part of the problem's type; `detail` says it in words."""

    action_id: UUID
    applied: bool
    reason: Annotated[str, one_of(REFUSALS)] | None
    detail: str | None
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
    """A board at one moment: its first 300 tickets, and how many `more` there are. `hash` is the sum modulo 2^32 of CRC-32 of
    `id:version` over all of them."""

    outlet_id: int
    station: StationName
    sequence: int
    hash: int
    build: str
    amber_s: int
    red_s: int
    explicit_start: bool
    tickets: list[TicketState]
    more: int
    subjects: dict[str, int]


class PassView(msgspec.Struct, kw_only=True):
    """What is not served yet, at one moment: the first orders, whole, with 300 tickets at most, and how many `more` tickets
    there are. `hash` is computed as a board's, over all; `sequence` is the sum of the boards' sequences, so that each change of
    a ticket adds one."""

    outlet_id: int
    stations: list[StationName]
    sequence: int
    hash: int
    build: str
    amber_s: int
    red_s: int
    tickets: list[TicketState]
    more: int
    subjects: dict[str, int]


class Tickets(msgspec.Struct):
    items: list[TicketState]
    next: UUID | None
