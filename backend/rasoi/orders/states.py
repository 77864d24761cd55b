"""The states of an order, and the steps between them."""

from __future__ import annotations

from rasoi.platform.transitions import Transitions

TRANSITIONS: Transitions = {
    "placed": frozenset({"awaiting_payment", "confirmed", "rejected", "expired", "cancelled"}),
    "awaiting_payment": frozenset({"confirmed", "expired", "cancelled"}),
    "confirmed": frozenset({"preparing", "cancelled"}),
    "preparing": frozenset({"ready", "cancelled"}),
    "ready": frozenset({"preparing", "served", "cancelled"}),
    "served": frozenset({"preparing", "completed"}),
    "expired": frozenset({"confirmed"}),
    "completed": frozenset(),
    "cancelled": frozenset(),
    "rejected": frozenset(),
}
TERMINATED = frozenset({"rejected", "expired", "cancelled"})
WAITING = frozenset({"placed", "awaiting_payment"})
AT_KITCHEN = frozenset({"confirmed", "preparing", "ready", "served"})
BEGUN = frozenset({"cooking", "ready", "served"})  # of what the kitchen has: food that was started
TICKET_RANK = {"held": 0, "queued": 0, "cooking": 1, "ready": 2, "served": 3}
