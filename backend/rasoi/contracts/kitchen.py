"""Events of the kitchen room. Subject: the board, `outlet:station`; the version is its sequence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from rasoi.platform.description import one_of
from rasoi.platform.events import Contract, contract

STATES = ("held", "queued", "cooking", "ready", "served", "voided")
State = Annotated[str, one_of(STATES)]
OrderType = Annotated[str, one_of(("dine_in", "takeaway"))]
DECIDERS = ("kitchen", "floor")
Decider = Annotated[str, one_of(DECIDERS)]


class TicketItemState(Contract, frozen=True, kw_only=True):
    id: UUID
    line_id: UUID
    name: str
    variant: str | None = None
    quantity: int
    modifiers: list[str] = []
    note: str | None = None
    allergens: list[str] = []  # of the dish
    allergies: list[str] = []  # of who eats it
    state: State
    acknowledged: bool = False


class StationState(Contract, frozen=True, kw_only=True):
    station: str
    state: State


class TicketState(Contract, frozen=True, kw_only=True):
    """A ticket after the change: one order's share of one course at one station. `seen`: a cook of the station has seen
    it as it is. `cancel_decider` answers a request to cancel: the kitchen, or the floor once anything of the order is ready.
    `cleared`: the pass has seen what was voided of it."""

    id: UUID
    number: int
    station: str
    order_id: UUID
    order_number: int
    token: str | None = None
    type: OrderType
    table: str | None = None
    course: int = 1
    state: State
    rush: bool = False
    paid: bool = False
    note: str | None = None
    allergies: list[str] = []  # of the whole party
    placed_at: datetime
    fired_at: datetime | None = None
    ready_at: datetime | None = None
    served_at: datetime | None = None
    cancel_requested: bool = False
    cancel_decider: Decider | None = None
    seen: bool = False
    cleared: bool = False
    version: int
    items: list[TicketItemState]
    other_stations: list[StationState] = []


class BoardChange(Contract, frozen=True, kw_only=True):
    """One step of a board: its sequence and hash after it, and the ticket that changed."""

    sequence: int
    hash: int
    ticket: TicketState
    action: str
    action_id: UUID | None = None
    by: UUID | None = None
    changed_items: list[UUID] = []


@contract("rasoi.kitchen.ticket_opened.v1", "kitchen")
class TicketOpened(BoardChange, frozen=True, kw_only=True):
    """A new ticket on the board."""


@contract("rasoi.kitchen.ticket_changed.v1", "kitchen")
class TicketChanged(BoardChange, frozen=True, kw_only=True):
    """Started, bumped, recalled, served, taken back, voided, fired, rushed, seen: see `action` and the ticket's state.
    `changed_items` are the items whose state moved in this step."""


@contract("rasoi.kitchen.handed_over.v1", "kitchen")
class HandedOver(Contract, frozen=True, kw_only=True):
    """Subject: the order's id. The pass has let go what was ready of it: somebody carries it, or calls the guest."""

    order_id: UUID
    order_number: int
    token: str | None = None
    table: str | None = None
    ticket_ids: list[UUID] = []
    complete: bool
    by: UUID | None = None


class CancelAnswer(Contract, frozen=True, kw_only=True):
    """`decided_by` the kitchen or the floor, with the reason given; none where nobody had to decide."""

    order_id: UUID
    cooked_line_ids: list[UUID] = []
    by: UUID | None = None
    decided_by: Decider | None = None
    reason: str | None = None


@contract("rasoi.kitchen.cancel_accepted.v1", "kitchen")
class CancelAccepted(CancelAnswer, frozen=True, kw_only=True):
    """Subject: the order's id. `cooked_line_ids` had been started: their stock is waste."""


@contract("rasoi.kitchen.cancel_refused.v1", "kitchen")
class CancelRefused(CancelAnswer, frozen=True, kw_only=True):
    """Subject: the order's id. It is made, or served, all the same."""
