"""The roles of people, and the guards of routes by who they are for."""

from __future__ import annotations

from typing import Annotated

from litestar.params import HeaderParameter

from rasoi.platform.auth import Permit, allow
from rasoi.platform.rights import OWNER, PERMISSIONS

GUEST = "guest"
MANAGER_ROLES = frozenset({"manager", "owner"})
FLOOR_ROLES = MANAGER_ROLES | {"waiter"}
STAFF_ROLES = FLOOR_ROLES | {"kitchen"}
ALL_ROLES = STAFF_ROLES | {GUEST}

EVERYBODY = allow(*ALL_ROLES)
STAFF = allow(*STAFF_ROLES)
FLOOR = allow(*FLOOR_ROLES)
GUESTS_AND_FLOOR = allow(GUEST, *FLOOR_ROLES)
GUESTS = allow(GUEST)
MANAGERS = allow(*MANAGER_ROLES)
OWNERS = allow(OWNER)
Approval = Annotated[
    str | None,
    HeaderParameter(name="Manager-Approval", max_length=100, description="A lift, good for this act, once."),
]


def permit(permission: str, *others: str) -> Permit:
    """The guard of what a role needs a permission for; `others` come in without one. A name that is no permission is a
    fault, found when the routes are made."""
    return Permit(permission, OWNER, *PERMISSIONS[permission].open_to, *others)
