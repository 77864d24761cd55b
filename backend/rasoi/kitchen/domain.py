"""The rules of tickets and boards: pure, without I/O, clock or SQL.

An item's state moves by the table of states.py only; a ticket's state follows from its items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from rasoi.contracts.kitchen import TicketItemState, TicketState
from rasoi.kitchen.changes import Changes
from rasoi.kitchen.refusals import (
    ActionRefused,
    AlreadyDone,
    ClosedBill,
    FloorDecides,
    KitchenDecides,
    NotAsked,
    TooLongAgo,
    UnknownTicket,
)
from rasoi.kitchen.states import (
    COOKING,
    HELD,
    LIVE,
    OPEN,
    QUEUED,
    READY,
    SERVED,
    TRANSITIONS,
    VOIDED,
    decider,
    is_at_pass,
    is_visible,
    may_have_begun,
    ticket_state,
)

TAKE_BACK = timedelta(hours=2)  # as long as recall lists what was bumped


class Kitchen(Changes):
    """What events, cooks and the floor do to some orders' tickets. Each refuses with nothing changed."""

    def move(self, ticket_id: UUID, action: str, item_id: UUID | None = None) -> None:
        """Take the ticket's items, or one of them, one transition further. Raises ActionRefused when none can go."""
        ticket = self.tickets[ticket_id]
        table = TRANSITIONS[action]
        chosen = [item for item in ticket.items if item_id in (None, item.id)]
        if not chosen:
            raise UnknownTicket()
        changed = [item.id for item in chosen if item.state in table]
        if not changed:
            raise ActionRefused()
        items = [
            replace(item, state=table[item.state]) if item.id in changed else item for item in ticket.items
        ]
        self._record(
            self._with_times(replace(ticket, items=items, state=ticket_state(items))), action, changed
        )
        if self.tickets[ticket_id].state != ticket.state:
            self._update_other_stations(self.tickets[ticket_id])
        self._update_decider(ticket.order_id)

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
            raise UnknownTicket()
        if not any(item.state == VOIDED for item in chosen):
            raise ActionRefused()
        seen = {item.id for item in chosen if item.state == VOIDED and not item.acknowledged}
        if not seen:
            raise AlreadyDone()
        items = [replace(item, acknowledged=True) if item.id in seen else item for item in ticket.items]
        self._record(replace(ticket, items=items), "acknowledge", [])

    def see(self, ticket_id: UUID) -> None:
        """A cook of the station has seen what is new about the ticket."""
        ticket = self.tickets[ticket_id]
        if ticket.seen:
            raise AlreadyDone()
        self._record(ticket, "see", [])

    def fire_next(self, order_id: UUID, station: str | None = None) -> None:
        """Send the order's next held course to the stoves."""
        held = [ticket for ticket in self.of_order(order_id, station) if ticket.state == HELD]
        if not held:
            raise ActionRefused()
        for ticket in held:
            if ticket.course == min(each.course for each in held):
                self.move(ticket.id, "fire")

    def serve(self, ticket_id: UUID, item_id: UUID | None = None) -> None:
        """It has gone to the guests: which also answers a wish to cancel the order, so that only the floor may."""
        asked = any(t.cancel_decider == "floor" for t in self.of_order(self.tickets[ticket_id].order_id))
        if asked and "floor" not in self.actor.decides:
            raise FloorDecides()
        self.move(ticket_id, "serve", item_id)

    def serve_order(self, order_id: UUID, station: str | None = None) -> None:
        """All that is ready of the order has gone to the guests."""
        ready = [ticket for ticket in self.of_order(order_id, station) if self.can(ticket, "serve")]
        if not ready:
            raise ActionRefused()
        for ticket in ready:
            self.serve(ticket.id)

    def unserve(self, ticket_id: UUID, item_id: UUID | None = None) -> None:
        """It was not served after all: back to the pass, while its bill is open."""
        ticket = self.tickets[ticket_id]
        if self.can(ticket, "unserve"):
            if ticket.order_id in self.closed_orders:
                raise ClosedBill()
            if ticket.served_at is None or self.at - ticket.served_at > TAKE_BACK:
                raise TooLongAgo()
        self.move(ticket_id, "unserve", item_id)

    def unserve_order(self, order_id: UUID, station: str | None = None) -> None:
        """What was served of the order last, in one go, goes back to the pass."""
        tickets = self.of_order(order_id, station)
        last = max((ticket.served_at for ticket in tickets if ticket.served_at), default=None)
        for ticket in tickets:
            if ticket.served_at == last:
                self.unserve(ticket.id)  # refused where nothing was served

    def clear(self, order_id: UUID) -> None:
        """The pass has seen that it was voided."""
        voided = [t for t in self.of_order(order_id) if any(item.state == VOIDED for item in t.items)]
        if not voided:
            raise ActionRefused()
        self._set_flag(voided, "cleared", True, "clear")

    def close(self, order_id: UUID) -> None:
        """Its business day is over: what stands anywhere counts as served and seen, at no time that anybody knows."""
        for ticket in self.of_order(order_id):
            if is_visible(ticket) or is_at_pass(ticket):
                self._close(ticket)
        self._update_decider(order_id)

    def _close(self, ticket: TicketState) -> None:
        changed = [item.id for item in ticket.items if item.state in LIVE]
        items = [
            replace(item, state=SERVED)
            if item.state in LIVE
            else replace(item, acknowledged=item.state == VOIDED)
            for item in ticket.items
        ]
        closed = replace(ticket, items=items, state=ticket_state(items), cleared=True, seen=True)
        self._record(closed, "close", changed)

    def rush(self, order_id: UUID, on: bool) -> None:
        """Move the order to the front on every board, or back to its place."""
        live = [ticket for ticket in self.of_order(order_id) if ticket.state in OPEN]
        if not live:
            raise ActionRefused()
        self._set_flag(live, "rush", on, "rush" if on else "unrush")

    def mark_paid(self, order_id: UUID, paid: bool) -> None:
        """Show on what is not yet served whether the bill is paid."""
        self._set_flag(self._live(order_id), "paid", paid, "paid" if paid else "unpaid", needed=False)

    def move_order(self, order_id: UUID, table: str | None) -> None:
        """Its tickets name its new table; screens are told of those that they show, or will."""
        for ticket in [each for each in self.tickets.values() if each.order_id == order_id]:
            moved = replace(ticket, table=table)
            if ticket.table == table:
                continue
            if is_visible(ticket) or is_at_pass(ticket) or ticket.state in LIVE:
                self._record(moved, "move", [])
            else:
                self.tickets[ticket.id] = moved

    def has_begun(self, order_id: UUID) -> bool:
        """Whether anybody has to be asked before the order is cancelled."""
        return any(may_have_begun(ticket) for ticket in self.of_order(order_id))

    def decider_of(self, order_id: UUID) -> str:
        """Who answers a wish to cancel the order: `kitchen` or `floor`."""
        return decider(self.of_order(order_id))

    def request_cancel(self, order_id: UUID) -> None:
        """Mark the order's tickets: somebody wants to cancel, and the kitchen or the floor is to answer."""
        by = self.decider_of(order_id)
        for ticket in self._live(order_id):
            if not ticket.cancel_requested:
                marked = replace(ticket, cancel_requested=True, cancel_decider=by)
                self._record(marked, "cancel_requested", [])

    def accept_cancel(self, order_id: UUID) -> list[UUID]:
        """Void the order, seen by the cook who agreed and by no other. Returns the lines that had been started."""
        return self._void(self._asked(order_id), "accept_cancel")

    def refuse_cancel(self, order_id: UUID) -> list[UUID]:
        """Go on with the order. Returns the lines that had been started."""
        started = self._started(self._asked(order_id))
        self.withdraw_request(order_id)
        return started

    def withdraw_request(self, order_id: UUID) -> None:
        """The order is no longer to be cancelled."""
        for ticket in self.of_order(order_id):
            if ticket.cancel_requested:
                kept = replace(ticket, cancel_requested=False, cancel_decider=None)
                self._record(kept, "refuse_cancel", [])

    def answered_too_late(self) -> set[UUID]:
        """Orders with a cancellation request that were served before anybody answered."""
        asked = {ticket.order_id for ticket in self.tickets.values() if ticket.cancel_requested}
        return {order_id for order_id in asked if not self._live(order_id)}

    def void_order(self, order_id: UUID) -> None:
        """Nothing more is made of it: it stays struck through until a cook of each station has seen it."""
        self._void(self._live(order_id), "void")

    def void_beyond(self, order_id: UUID, left: Mapping[UUID, int]) -> None:
        """Of each line no more is made than is left of it: the rest is an item of its own, struck through until a cook of the
        station has seen it, where it stands on the board. What has been served already is for nobody to see."""
        for ticket in [each for each in self.tickets.values() if each.order_id == order_id]:
            items, voided = _without(ticket, left)
            if not voided:
                continue
            state = ticket_state(items)
            after = replace(
                ticket, items=items, state=state, cleared=state != VOIDED or ticket.state == SERVED
            )
            if state != ticket.state:
                after = self._with_times(after)
            self._record(after, "void_line", voided)
            if state != ticket.state:
                self._update_other_stations(self.tickets[ticket.id])

    def _asked(self, order_id: UUID) -> list[TicketState]:
        asked = [ticket for ticket in self.of_order(order_id) if ticket.cancel_requested]
        if not asked:
            raise NotAsked()
        if asked[0].cancel_decider not in self.actor.decides:
            raise FloorDecides() if asked[0].cancel_decider == "floor" else KitchenDecides()
        return asked

    @staticmethod
    def _started(tickets: Iterable[TicketState]) -> list[UUID]:
        return [item.line_id for t in tickets for item in t.items if item.state in (COOKING, READY)]

    def _void(self, tickets: list[TicketState], action: str) -> list[UUID]:
        """What stands on a station's board stays there until that station has seen it: the one that agreed has."""
        table, started = TRANSITIONS["void"], self._started(tickets)
        for ticket in tickets:
            agreed = action == "accept_cancel" and ticket.station == self.actor.station
            known = agreed or ticket.state not in OPEN
            changed = [item.id for item in ticket.items if item.state in table]
            items = [
                replace(item, state=VOIDED, acknowledged=known) if item.id in changed else item
                for item in ticket.items
            ]
            voided = replace(
                ticket,
                items=items,
                state=ticket_state(items),
                cancel_requested=False,
                cancel_decider=None,
                cleared=False,
            )
            self._record(self._with_times(voided), action, changed)
        for ticket in tickets:
            self._update_other_stations(self.tickets[ticket.id])
        return started

    def _update_decider(self, order_id: UUID) -> None:
        """A wish to cancel passes from the kitchen to the floor with the first item that is ready, and back by recall."""
        by = self.decider_of(order_id)
        for ticket in self.of_order(order_id):
            if ticket.cancel_requested and ticket.cancel_decider != by:
                self._record(replace(ticket, cancel_decider=by), "cancel_decider", [])


def _without(ticket: TicketState, left: Mapping[UUID, int]) -> tuple[list[TicketItemState], list[UUID]]:
    """The ticket's items with what is beyond `left` of their lines voided, and which of them that is."""
    items: list[TicketItemState] = []
    voided: list[UUID] = []
    seen = ticket.state not in OPEN  # it has left the board
    for item in ticket.items:
        beyond = 0 if item.state == VOIDED else item.quantity - left.get(item.line_id, item.quantity)
        if beyond > 0:
            gone = replace(
                item, quantity=beyond, state=TRANSITIONS["void_line"][item.state], acknowledged=seen
            )
            if beyond < item.quantity:
                items.append(replace(item, quantity=item.quantity - beyond))
                gone = replace(gone, id=uuid7())
            items.append(gone)
            voided.append(gone.id)
        else:
            items.append(item)
    return items, voided
