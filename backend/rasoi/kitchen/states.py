"""The states of tickets and their items, the steps between them, and what stands on which board. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rasoi.contracts.kitchen import STATES, TicketItemState, TicketState

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
        "unserve": {SERVED: READY},
        "void": {HELD: VOIDED, QUEUED: VOIDED, COOKING: VOIDED, READY: VOIDED},
        "void_line": {HELD: VOIDED, QUEUED: VOIDED, COOKING: VOIDED, READY: VOIDED, SERVED: VOIDED},
        "close": {HELD: SERVED, QUEUED: SERVED, COOKING: SERVED, READY: SERVED},
    }
)
FLOOR_ACTIONS = frozenset(
    {
        "serve",
        "hand_over",
        "unserve",
        "fire",
        "rush",
        "unrush",
        "accept_cancel",
        "refuse_cancel",
        "clear",
    }
)
# by these a cook shows that he has seen the ticket
SEEN_BY = frozenset({"see", "start", "bump", "recall", "acknowledge"})
# these are news to the cooks of other screens
NEWS = frozenset({"fire", "rush", "void", "void_line", "accept_cancel", "cancel_requested"})


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
    """Whether the ticket stands on its station's board: open, or with something voided that no cook there has seen."""
    return ticket.state in OPEN or any(i.state == VOIDED and not i.acknowledged for i in ticket.items)


def is_at_pass(ticket: TicketState) -> bool:
    """Whether it stands at the pass: not served yet, or with something voided that nobody there has cleared."""
    return ticket.state in LIVE or (not ticket.cleared and any(i.state == VOIDED for i in ticket.items))


def may_have_begun(ticket: TicketState) -> bool:
    """Whether anything may have been made of it: an item is past queued, or a cook has seen it waiting."""
    states = {item.state for item in ticket.items}
    return bool(states & {COOKING, READY, SERVED}) or (ticket.seen and QUEUED in states)


def decider(tickets: Iterable[TicketState]) -> str:
    """Who answers a wish to cancel an order: the kitchen while it cooks, the floor once anything is ready."""
    done = any(item.state in (READY, SERVED) for ticket in tickets for item in ticket.items)
    return "floor" if done else "kitchen"


def share(ticket: TicketState) -> int:
    """The ticket's share of the hash of a board that it stands on: CRC-32 of `id:version`."""
    return zlib.crc32(f"{ticket.id}:{ticket.version}".encode())


def checksum(ticket: TicketState) -> int:
    """The ticket's share of its station's hash, 0 when it is not visible."""
    return share(ticket) if is_visible(ticket) else 0


def board_hash(tickets: Iterable[TicketState]) -> int:
    """What a station's hash must be: the sum modulo 2^32."""
    return sum(map(checksum, tickets)) % 2**32


def pass_hash(tickets: Iterable[TicketState]) -> int:
    """What the pass's hash must be."""
    return sum(share(ticket) for ticket in tickets if is_at_pass(ticket)) % 2**32
