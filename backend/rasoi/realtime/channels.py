"""The names of channels, and who may listen to them: decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self
from uuid import UUID

import msgspec

from rasoi.platform.auth import Principal
from rasoi.platform.rights import Rights
from rasoi.platform.roles import ALL_ROLES, FLOOR_ROLES, STAFF_ROLES

OF_OUTLET = {
    "kitchen": STAFF_ROLES,
    "pass": STAFF_ROLES,
    "floor": FLOOR_ROLES,  # it carries amounts
    "manage": FLOOR_ROLES,
    "menu": ALL_ROLES,
}
PERMISSION = {"manage": "see_money"}  # which staff need besides
OF_AGGREGATE = {"bill": FLOOR_ROLES, "order": FLOOR_ROLES, "sitting": FLOOR_ROLES}
MaySee = Callable[[int, UUID, str, UUID], Awaitable[bool]]


class Channel(msgspec.Struct, frozen=True):
    """One channel of one outlet. Its room holds only connections of that outlet."""

    outlet_id: int
    kind: str
    rest: str

    @property
    def name(self) -> str:
        """What screens call it: `kitchen:1:tandoor`, `floor:1`, `order:<id>`."""
        return f"{self.kind}:{self.rest}"

    @property
    def room(self) -> str:
        """The Socket.IO room. With the outlet in it, an id of another outlet leads to an empty room."""
        return f"{self.outlet_id}/{self.kind}:{self.rest}"

    @classmethod
    def kitchen(cls, outlet_id: int, station: str) -> Self:
        return cls(outlet_id, "kitchen", f"{outlet_id}:{station}")

    @classmethod
    def of_outlet(cls, kind: str, outlet_id: int) -> Self:
        """`pass`, `floor`, `manage` or `menu`."""
        return cls(outlet_id, kind, str(outlet_id))

    @classmethod
    def of(cls, kind: str, outlet_id: int, id: UUID) -> Self:
        """`bill`, `order` or `sitting`."""
        return cls(outlet_id, kind, str(id))

    @classmethod
    def parse(cls, name: object, principal: Principal) -> Self | None:
        """The channel that a screen asks for, or None when there is none of that name in the caller's outlet."""
        if not isinstance(name, str) or len(name) > 100:
            return None
        kind, _, rest = name.partition(":")
        outlet, _, station = rest.partition(":")
        own = str(principal.outlet_id)
        if kind == "kitchen" and outlet == own and station:
            return cls.kitchen(principal.outlet_id, station)
        if kind in OF_OUTLET and kind != "kitchen" and rest == own:
            return cls.of_outlet(kind, principal.outlet_id)
        if kind in OF_AGGREGATE:
            try:
                return cls.of(kind, principal.outlet_id, UUID(rest))
            except ValueError:
                return None
        return None

    async def may_join(self, principal: Principal, may_see: MaySee, rights: Rights) -> bool:
        """Whether the token's holder may listen. Guests hear of the bills and orders of their own session, and of
        its sitting, as long as that lasts."""
        if self.outlet_id != principal.outlet_id:
            return False
        if self.kind in OF_OUTLET:
            return principal.role in OF_OUTLET[self.kind] and self.is_permitted(principal, rights)
        if principal.role == "guest":
            return await may_see(self.outlet_id, principal.session_id, self.kind, UUID(self.rest))
        return principal.role in OF_AGGREGATE[self.kind]

    def is_permitted(self, principal: Principal, rights: Rights) -> bool:
        """Whether the permission that the channel needs, if any, is given to the role."""
        needed = PERMISSION.get(self.kind)
        return needed is None or rights.of(principal.outlet_id, principal.role, needed).allowed
