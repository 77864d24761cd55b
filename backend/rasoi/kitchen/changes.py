"""How one change of a ticket is made: its version, its times, who has seen it, its board's sequence and hash. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from rasoi.contracts.kitchen import DECIDERS, StationState, TicketState
from rasoi.kitchen.refusals import AlreadyDone, UnknownTicket
from rasoi.kitchen.states import (
    LIVE,
    NEWS,
    READY,
    SEEN_BY,
    SERVED,
    TRANSITIONS,
    VOIDED,
    checksum,
    is_at_pass,
    is_visible,
)


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


@dataclass(frozen=True)
class Actor:
    """Who acts: from which station's screen, if any, and whose cancellations they may decide."""

    station: str | None = None
    decides: frozenset[str] = frozenset(DECIDERS)


NOBODY = Actor()


@dataclass
class Changes:
    """The tickets of some orders and the boards they stand on, changed at the time `at`; each change is an update to publish."""

    boards: dict[str, BoardState]
    tickets: dict[UUID, TicketState]
    at: datetime
    paid_orders: frozenset[UUID] = frozenset()
    closed_orders: frozenset[UUID] = frozenset()
    actor: Actor = NOBODY
    updates: list[TicketUpdate] = field(default_factory=list)

    def of_order(self, order_id: UUID, station: str | None = None) -> list[TicketState]:
        """The order's tickets, by course and station. Raises ActionRefused when there are none."""
        found = [
            ticket
            for ticket in self.tickets.values()
            if ticket.order_id == order_id and station in (None, ticket.station)
        ]
        if not found:
            raise UnknownTicket()
        return found

    @staticmethod
    def can(ticket: TicketState, action: str) -> bool:
        """Whether any of the ticket's items may take the transition."""
        return any(item.state in TRANSITIONS[action] for item in ticket.items)

    def _live(self, order_id: UUID) -> list[TicketState]:
        return [t for t in self.tickets.values() if t.order_id == order_id and t.state in LIVE]

    def _set_flag(
        self, tickets: list[TicketState], name: str, value: bool, action: str, *, needed: bool = True
    ) -> None:
        wrong = [ticket for ticket in tickets if getattr(ticket, name) != value]
        if needed and not wrong:
            raise AlreadyDone()
        for ticket in wrong:
            self._record(replace(ticket, **{name: value}), action, [])

    def _with_times(self, ticket: TicketState) -> TicketState:
        fired = ticket.fired_at or (None if ticket.state == VOIDED else self.at)
        made, served = ticket.state in (READY, SERVED), ticket.state == SERVED
        return replace(
            ticket,
            fired_at=fired,
            ready_at=(ticket.ready_at or self.at) if made else None,
            served_at=(ticket.served_at or self.at) if served else None,
        )

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
            if is_visible(sibling) or is_at_pass(sibling):
                self._record(replace(sibling, other_stations=now), "other_stations", [])
            else:
                self.tickets[sibling.id] = replace(sibling, other_stations=now)

    def _record(self, ticket: TicketState, action: str, changed: list[UUID]) -> None:
        before = self.tickets[ticket.id]
        seen = self._is_seen(ticket, action)
        after = self.tickets[ticket.id] = replace(ticket, seen=seen, version=before.version + 1)
        board = self.boards[ticket.station]
        board.change(before, after)
        self.updates.append(TicketUpdate(after, board.sequence, board.hash, action, changed))

    def _is_seen(self, ticket: TicketState, action: str) -> bool:
        """Whether a cook of the ticket's station has seen it as it is after the action."""
        here = ticket.station == self.actor.station
        if action in SEEN_BY:
            return True
        if action in NEWS:
            return here or not is_visible(ticket)
        return ticket.seen or (here and action == "refuse_cancel")
