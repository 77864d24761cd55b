"""The roles of people, and the guards of routes by who they are for."""

from __future__ import annotations

from rasoi.platform.auth import allow

MANAGER_ROLES = frozenset({"manager", "owner"})
FLOOR_ROLES = MANAGER_ROLES | {"waiter"}
STAFF_ROLES = FLOOR_ROLES | {"kitchen"}
ALL_ROLES = STAFF_ROLES | {"guest"}

EVERYBODY = allow(*ALL_ROLES)
STAFF = allow(*STAFF_ROLES)
FLOOR = allow(*FLOOR_ROLES)
GUESTS_AND_FLOOR = allow("guest", *FLOOR_ROLES)
GUESTS = allow("guest")
OWNERS = allow("owner")
MANAGERS = allow(*MANAGER_ROLES)
