"""What a role may do: the permissions as data, and each outlet's table of roles and permissions, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from rasoi.platform.problems import Forbidden

OWNER = "owner"  # has every right, so nobody can lock himself out
FLOOR = frozenset({"manager", "waiter"})
HOUSE = FLOOR | {"kitchen"}
MANAGER = frozenset({"manager"})
ROLES = ("manager", "waiter", "kitchen")  # whose rights an owner decides about


class NotPermitted(Forbidden):
    slug, title = "not-permitted", "Your role may not do this here"


class AboveLimit(Forbidden):
    slug, title = "above-limit", "This is more than your role may do here"


class Permission(msgspec.Struct, frozen=True):
    """One kind of act. `given`: roles that have it until an owner says otherwise; `open_to`: roles that can have it;
    `limited`: an owner may say up to what amount; `liftable`: somebody who has it may let another do one such act. `words`
    end the sentence “your role may not …”."""

    name: str
    words: str
    given: frozenset[str]
    open_to: frozenset[str] = FLOOR
    limited: bool = False
    liftable: bool = False


PERMISSIONS = {
    each.name: each
    for each in (
        Permission("take_cash", "take cash", FLOOR),
        Permission("take_tenders", "take card machine, UPI or voucher payments", FLOOR),
        Permission("refund", "give money back", MANAGER, limited=True, liftable=True),
        Permission("hand_out_refunds", "hand out refunds", FLOOR),
        Permission("write_off", "write off what a walk-out owes", MANAGER, limited=True, liftable=True),
        Permission("walk_outs", "declare a walk-out", MANAGER, liftable=True),
        Permission("approve_orders", "approve or reject orders", FLOOR),
        Permission("cancel_orders", "cancel orders", FLOOR, liftable=True),
        Permission("cancel_made", "cancel what is being made or ready", HOUSE, HOUSE, liftable=True),
        Permission("void_lines", "take something off an order", FLOOR),
        Permission("void_begun", "take off an order what the kitchen has begun", MANAGER, liftable=True),
        Permission("discount", "give discounts", MANAGER, limited=True, liftable=True),
        Permission("complimentary", "give something on the house", MANAGER, limited=True, liftable=True),
        Permission("take_back_discounts", "take discounts back", FLOOR),
        Permission("seat_tables", "seat, admit and clear tables", FLOOR),
        Permission("rearrange", "move parties and bills to other tables", FLOOR),
        Permission("manage_tables", "set up tables and their codes", MANAGER),
        Permission("reprint", "reprint documents", FLOOR),
        Permission("take_off_sale", "86 dishes and choices", HOUSE, HOUSE),
        Permission("edit_menu", "change the menu", MANAGER, HOUSE),
        Permission("manage_offers", "make and change offers", MANAGER),
        Permission("manage_stock", "book stock", MANAGER, HOUSE),
        Permission("see_money", "see takings, documents and reports", MANAGER),
        Permission("strange_money", "settle money that fits no payment", MANAGER),
        Permission("settle_shifts", "settle other people's shifts", MANAGER),
        Permission("close_day", "close the day", MANAGER),
        Permission("see_log", "see the audit log and sign-ins", MANAGER),
        Permission("manage_people", "manage people", MANAGER),
        Permission("manage_devices", "manage devices", MANAGER),
        Permission("manage_tokens", "manage service tokens", MANAGER),
        Permission("change_settings", "change the outlet's settings", MANAGER),
    )
}


class Right(msgspec.Struct, frozen=True):
    """`limit_paise`: up to what amount; none is without a limit."""

    allowed: bool
    limit_paise: int | None = None


NO, YES = Right(False), Right(True)
Table = Mapping[str, Mapping[str, Right]]  # by role and permission


def defaults(permissions: Iterable[Permission] = PERMISSIONS.values()) -> dict[str, dict[str, Right]]:
    """The table of an outlet whose owner has changed nothing."""
    each = list(permissions)
    return {role: {one.name: YES if role in one.given else NO for one in each} for role in ROLES}


def completed(table: Mapping[str, Any]) -> dict[str, dict[str, Right]]:
    """A stored table with what it does not say at its default; what is no permission any more is left out."""
    found = defaults()
    for role, rights in found.items():
        for name, right in table.get(role, {}).items():
            if name in rights and role in PERMISSIONS[name].open_to:
                rights[name] = msgspec.convert(right, Right)
    return found


class Rights:
    """The tables of all outlets that this process knows of; an outlet without one has the defaults."""

    def __init__(self) -> None:
        self._tables: dict[int, tuple[int, Table]] = {}
        self._defaults: Table = defaults()

    @property
    def versions(self) -> dict[int, int]:
        """What is known, by outlet."""
        return {outlet_id: version for outlet_id, (version, _) in self._tables.items()}

    def take(self, outlet_id: int, version: int, table: Mapping[str, Any]) -> None:
        """An outlet's table as it is stored, unless a newer one is known."""
        if version > self._tables.get(outlet_id, (0, None))[0]:
            self._tables[outlet_id] = version, completed(table)

    def of(self, outlet_id: int, role: str, name: str) -> Right:
        """What somebody with this role may do. A role that nobody decides about may do nothing."""
        if role == OWNER:
            return YES
        _, table = self._tables.get(outlet_id, (0, self._defaults))
        return table.get(role, {}).get(name, NO)

    def require(self, outlet_id: int, role: str, name: str, paise: int = 0) -> None:
        """Raises NotPermitted, and AboveLimit where the amount is more than the role's limit."""
        right = self.of(outlet_id, role, name)
        if not right.allowed:
            raise not_permitted(name)
        if right.limit_paise is not None and paise > right.limit_paise:
            raise AboveLimit(
                f"Your role may {PERMISSIONS[name].words} up to ₹{right.limit_paise / 100:.2f}.",
                permission=name,
                limit_paise=right.limit_paise,
                amount_paise=paise,
            )

    def covers(self, outlet_id: int, role: str, name: str, paise: int = 0) -> bool:
        """Whether the role may do it, up to this amount."""
        right = self.of(outlet_id, role, name)
        return right.allowed and (right.limit_paise is None or paise <= right.limit_paise)

    def all_of(self, outlet_id: int, role: str) -> Iterator[tuple[str, Right]]:
        """The permissions that the role has."""
        for name in PERMISSIONS:
            right = self.of(outlet_id, role, name)
            if right.allowed:
                yield name, right


def not_permitted(name: str) -> NotPermitted:
    """The refusal that names the permission."""
    return NotPermitted(f"Your role may not {PERMISSIONS[name].words}.", permission=name)
