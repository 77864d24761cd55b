"""The rules of tickets and boards: pure, without I/O, clock or SQL.

An item's state moves by the table TRANSITIONS only; a ticket's state follows from its items.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from msgspec.structs import replace

from rasoi.contracts.kitchen import STATES, StationState, TicketItemState, TicketState

HELD, QUEUED, COOKING, READY, SERVED, VOIDED = STATES
OPEN = frozenset({HELD, QUEUED, COOKING})
LIVE = OPEN | {READY}

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fire": {HELD: QUEUED},
        "start": {QUEUED: COOKING},
        "bump": {COOKING: READY},
        "recall": {READY: COOKING, SERVED: COOKING},
        "serve": {READY: SERVED},
        "void": {HELD: VOIDED, QUEUED: VOIDED, COOKING: VOIDED, READY: VOIDED},
    }
)
WAITER_ACTIONS = frozenset({"serve", "fire", "rush", "unrush"})
ACTIONS = WAITER_ACTIONS | {"start", "bump", "recall", "acknowledge", "accept_cancel", "refuse_cancel"}

# why an action was not applied
UNKNOWN = "unknown"
ILLEGAL = "not-possible-now"
ALREADY = "already-so"
NOT_ASKED = "no-cancellation-asked"


class ActionRefused(Exception):
    """The action is not possible; `reason` is one of the constants above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ticket_state(items: Iterable[TicketItemState]) -> str:
    """A ticket's state from its items; voided ones count only when there is nothing else."""
    states = {item.state for item in items} - {VOIDED}
    if not states:
        return VOIDED
    if len(states) == 1:
        return states.pop()
    if states <= {READY, SERVED}:
        return READY
    if states & {COOKING, READY, SERVED}:
        return COOKING
    return QUEUED


def is_visible(ticket: TicketState) -> bool:
    """Whether the ticket stands on its board: open, or voided and not yet acknowledged."""
    if ticket.state == VOIDED:
        return not all(item.acknowledged for item in ticket.items)
    return ticket.state in OPEN


def checksum(ticket: TicketState) -> int:
    """The ticket's share of its board's hash: CRC-32 of `id:version`, 0 when it is not visible."""
    return zlib.crc32(f"{ticket.id}:{ticket.version}".encode()) if is_visible(ticket) else 0


def board_hash(tickets: Iterable[TicketState]) -> int:
    """What a board's hash must be: the sum modulo 2^32."""
    return sum(map(checksum, tickets)) % 2**32


@dataclass
class BoardState:
    """One outlet's station: `sequence` counts its changes without gaps."""

    station: str
    sequence: int = 0
    hash: int = 0

    def change(self, before: TicketState, after: TicketState) -> None:
        """Count one change of one of its tickets."""
        self.sequence += 1
        self.hash = (self.hash - checksum(before) + checksum(after)) % 2**32


@dataclass(frozen=True)
class TicketUpdate:
    """One change of one ticket, with its board's sequence and hash right after it."""

    ticket: TicketState
    sequence: int
    hash: int
    action: str
    changed_items: list[UUID]


@dataclass
class Kitchen:
    """The tickets of some orders and the boards they stand on, changed at the time `at`; each change is an update to publish."""

    boards: dict[str, BoardState]
    tickets: dict[UUID, TicketState]
    at: datetime
    paid_orders: frozenset[UUID] = frozenset()
    updates: list[TicketUpdate] = field(default_factory=list)

    def of_order(self, order_id: UUID, station: str | None = None) -> list[TicketState]:
        """The order's tickets, by course and station. Raises ActionRefused when there are none."""
        found = [
            ticket
            for ticket in self.tickets.values()
            if ticket.order_id == order_id and station in (None, ticket.station)
        ]
        if not found:
            raise ActionRefused(UNKNOWN)
        return found

    def move(self, ticket_id: UUID, action: str, item_id: UUID | None = None) -> None:
        """Take the ticket's items, or one of them, one transition further. Raises ActionRefused when none can go."""
        ticket = self.tickets[ticket_id]
        table = TRANSITIONS[action]
        chosen = [item for item in ticket.items if item_id in (None, item.id)]
        if not chosen:
            raise ActionRefused(UNKNOWN)
        changed = [item.id for item in chosen if item.state in table]
        if not changed:
            raise ActionRefused(ILLEGAL)
        items = [
            replace(item, state=table[item.state]) if item.id in changed else item for item in ticket.items
        ]
        self._record(
            self._with_times(replace(ticket, items=items, state=ticket_state(items))), action, changed
        )
        if self.tickets[ticket_id].state != ticket.state:
            self._update_other_stations(self.tickets[ticket_id])

    def bump(self, ticket_id: UUID, item_id: UUID | None = None) -> None:
        """Done here. What was not started is started first: nothing is made ready without being cooked."""
        ticket = self.tickets[ticket_id]
        if any(item.state == QUEUED and item_id in (None, item.id) for item in ticket.items):
            self.move(ticket_id, "start", item_id)
        self.move(ticket_id, "bump", item_id)

    def recall(self, ticket_id: UUID, item_id: UUID | None = None) -> None:
        """Back to the stove, in the place of its original time; what was paid meanwhile shows as paid."""
        ticket = self.tickets[ticket_id]
        if ticket.order_id in self.paid_orders and self.can(ticket, "recall"):
            self.tickets[ticket_id] = replace(ticket, paid=True)
        self.move(ticket_id, "recall", item_id)

    def acknowledge(self, ticket_id: UUID, item_id: UUID | None = None) -> None:
        """The cook has seen what was voided."""
        ticket = self.tickets[ticket_id]
        chosen = [item for item in ticket.items if item_id in (None, item.id)]
        if not chosen:
            raise ActionRefused(UNKNOWN)
        if not any(item.state == VOIDED for item in chosen):
            raise ActionRefused(ILLEGAL)
        seen = {item.id for item in chosen if item.state == VOIDED and not item.acknowledged}
        if not seen:
            raise ActionRefused(ALREADY)
        items = [replace(item, acknowledged=True) if item.id in seen else item for item in ticket.items]
        self._record(replace(ticket, items=items), "acknowledge", [])

    def fire_next(self, order_id: UUID, station: str | None = None) -> None:
        """Send the order's next held course to the stoves."""
        held = [ticket for ticket in self.of_order(order_id, station) if ticket.state == HELD]
        if not held:
            raise ActionRefused(ILLEGAL)
        for ticket in held:
            if ticket.course == min(each.course for each in held):
                self.move(ticket.id, "fire")

    def serve_order(self, order_id: UUID, station: str | None = None) -> None:
        """All that is ready of the order has gone to the guests."""
        ready = [ticket for ticket in self.of_order(order_id, station) if self.can(ticket, "serve")]
        if not ready:
            raise ActionRefused(ILLEGAL)
        for ticket in ready:
            self.move(ticket.id, "serve")

    def rush(self, order_id: UUID, on: bool) -> None:
        """Move the order to the front on every board, or back to its place."""
        live = [ticket for ticket in self.of_order(order_id) if ticket.state in OPEN]
        if not live:
            raise ActionRefused(ILLEGAL)
        self._set_flag(live, "rush", on, "rush" if on else "unrush")

    def mark_paid(self, order_id: UUID, paid: bool) -> None:
        """Show on what is not yet served whether the bill is paid."""
        self._set_flag(self._live(order_id), "paid", paid, "paid" if paid else "unpaid", needed=False)

    def request_cancel(self, order_id: UUID) -> None:
        """Mark the order's tickets: the guest wants to cancel, and the kitchen is to answer."""
        self._set_flag(self._live(order_id), "cancel_requested", True, "cancel_requested", needed=False)

    def accept_cancel(self, order_id: UUID) -> list[UUID]:
        """Void the order, seen by the cook who agreed. Returns the lines that had been started."""
        return self._void(self._with_cancel_requested(order_id), "accept_cancel", acknowledged=True)

    def refuse_cancel(self, order_id: UUID) -> list[UUID]:
        """Go on with the order. Returns the lines that had been started."""
        asked = self._with_cancel_requested(order_id)
        started = self._started(asked)
        self._set_flag(asked, "cancel_requested", False, "refuse_cancel")
        return started

    def answered_too_late(self) -> set[UUID]:
        """Orders with a cancellation request that were served before the kitchen answered."""
        asked = {ticket.order_id for ticket in self.tickets.values() if ticket.cancel_requested}
        return {order_id for order_id in asked if not self._live(order_id)}

    def void_order(self, order_id: UUID) -> None:
        """Nothing more is made of it: it stays struck through until a cook has seen it."""
        self._void(self._live(order_id), "void", acknowledged=False)

    @staticmethod
    def can(ticket: TicketState, action: str) -> bool:
        """Whether any of the ticket's items may take the transition."""
        return any(item.state in TRANSITIONS[action] for item in ticket.items)

    def _live(self, order_id: UUID) -> list[TicketState]:
        return [t for t in self.tickets.values() if t.order_id == order_id and t.state in LIVE]

    def _with_cancel_requested(self, order_id: UUID) -> list[TicketState]:
        asked = [ticket for ticket in self.of_order(order_id) if ticket.cancel_requested]
        if not asked:
            raise ActionRefused(NOT_ASKED)
        return asked

    @staticmethod
    def _started(tickets: Iterable[TicketState]) -> list[UUID]:
        return [item.line_id for t in tickets for item in t.items if item.state in (COOKING, READY)]

    def _void(self, tickets: list[TicketState], action: str, *, acknowledged: bool) -> list[UUID]:
        table, started = TRANSITIONS["void"], self._started(tickets)
        for ticket in tickets:
            changed = [item.id for item in ticket.items if item.state in table]
            items = [
                replace(item, state=VOIDED, acknowledged=acknowledged) if item.id in changed else item
                for item in ticket.items
            ]
            voided = replace(ticket, items=items, state=ticket_state(items), cancel_requested=False)
            self._record(self._with_times(voided), action, changed)
        for ticket in tickets:
            self._update_other_stations(self.tickets[ticket.id])
        return started

    def _set_flag(
        self, tickets: list[TicketState], name: str, value: bool, action: str, *, needed: bool = True
    ) -> None:
        wrong = [ticket for ticket in tickets if getattr(ticket, name) != value]
        if needed and not wrong:
            raise ActionRefused(ALREADY)
        for ticket in wrong:
            self._record(replace(ticket, **{name: value}), action, [])

    def _with_times(self, ticket: TicketState) -> TicketState:
        fired = ticket.fired_at or (None if ticket.state in (HELD, VOIDED) else self.at)
        made = ticket.state in (READY, SERVED)
        return replace(ticket, fired_at=fired, ready_at=(ticket.ready_at or self.at) if made else None)

    def _update_other_stations(self, ticket: TicketState) -> None:
        """The other stations of the same course show how far this one is."""
        course = [
            t for t in self.tickets.values() if (t.order_id, t.course) == (ticket.order_id, ticket.course)
        ]
        for sibling in course:
            if sibling.id == ticket.id:
                continue
            now = [
                StationState(station=t.station, state=t.state) for t in course if t.station != sibling.station
            ]
            if now == sibling.other_stations:
                continue
            if sibling.state in LIVE or is_visible(sibling):
                self._record(replace(sibling, other_stations=now), "other_stations", [])
            else:
                self.tickets[sibling.id] = replace(sibling, other_stations=now)

    def _record(self, ticket: TicketState, action: str, changed: list[UUID]) -> None:
        before = self.tickets[ticket.id]
        after = self.tickets[ticket.id] = replace(ticket, version=before.version + 1)
        board = self.boards[ticket.station]
        board.change(before, after)
        self.updates.append(TicketUpdate(after, board.sequence, board.hash, action, changed))
