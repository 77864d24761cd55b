"""The one list of rooms. Hosting, the stack's plan, nginx's routes, the import rules and tests read it."""

from __future__ import annotations

from dataclasses import dataclass

PORTS_OF_A_ROOM = 10  # the last is the spare's, which stands in during a rolling restart


@dataclass(frozen=True)
class ListedRoom:
    """`port` is the first of the room's ports, counted from STACK_PORTS; written here, so that a new room moves nobody's.
    `paths` are what the gateway sends to it: a path and all below it, or all that begins so where it ends in a slash."""

    name: str
    port: int
    paths: tuple[str, ...]


# in the order of their starting
LIST = (
    ListedRoom("staff", 10, ("/api/staff", "/api/outlets", "/api/setup")),
    ListedRoom("menu", 20, ("/api/menu",)),
    ListedRoom("inventory", 30, ("/api/inventory",)),
    ListedRoom(
        "orders",
        40,
        ("/api/orders", "/api/sessions", "/api/tables", "/api/bills", "/api/documents", "/documents"),
    ),
    ListedRoom("payments", 50, ("/api/payments", "/api/shifts", "/api/days")),
    ListedRoom("kitchen", 60, ("/api/kitchen",)),
    ListedRoom("notifications", 70, ("/api/notifications",)),
    ListedRoom("reports", 90, ("/api/reports",)),
    ListedRoom("offers", 100, ("/api/offers",)),
    ListedRoom("realtime", 80, ("/socket.io/",)),
)
NAMES = tuple(room.name for room in LIST)
WITHOUT_TABLES = ("realtime",)
