"""What an owner lets each role do at the outlet: read, and changed as a whole."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args

import msgspec
from litestar import get, put
from litestar.params import JSONBody
from msgspec import Meta

from rasoi.contracts.staff import RightsChanged
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.description import one_of
from rasoi.platform.problems import NotFound, Unprocessable
from rasoi.platform.rights import PERMISSIONS, Right, completed
from rasoi.platform.roles import OWNERS
from rasoi.staff import api, repository, rights_repository
from rasoi.staff.domain import ChangedMeanwhile

TAGS = ["staff"]
Role = Literal["manager", "waiter", "kitchen"]
RoleName = Annotated[str, one_of(get_args(Role))]
MOST_PAISE = 10_000_000_00


class WrongRight(Unprocessable):
    slug: ClassVar[str] = "wrong-right"
    title: ClassVar[str] = "A role can't have this right"


class PermissionView(msgspec.Struct):
    """`roles` can have it; with `limited` up to an amount. `words` go on from “may”."""

    name: str
    words: str
    roles: list[RoleName]
    limited: bool


class RightView(msgspec.Struct):
    role: RoleName
    permission: str
    allowed: bool
    limit_paise: int | None


class RightsView(msgspec.Struct):
    """Owners may do everything. `version` is 0 until the table is changed for the first time."""

    version: int
    permissions: list[PermissionView]
    rights: list[RightView]


class NewRight(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`limit_paise` null: no amount is too much."""

    role: Role
    permission: Annotated[str, Meta(min_length=1, max_length=40)]
    allowed: bool
    limit_paise: Annotated[int, Meta(ge=0, le=MOST_PAISE)] | None = None


class NewRights(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole table: what is left out goes back to its default. `version` is the one that was read."""

    version: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    rights: Annotated[list[NewRight], Meta(max_length=200)]


async def read(ctx: Context, principal: Principal) -> RightsView:
    """The outlet's table, as stored now."""
    return _view(*await rights_repository.read(ctx.db, principal.outlet_id))


async def change(ctx: Context, principal: Principal, new: NewRights) -> RightsView:
    """Every process hears of it, and guards by it at once."""
    outlet_id, granted = principal.outlet_id, _checked(new.rights)
    async with ctx.db.transaction("staff") as tx:
        if await repository.lock_outlet(tx, outlet_id) is None:
            raise NotFound("There is no such outlet.")
        version, stored = await rights_repository.read(tx, outlet_id)
        if version != new.version:
            raise ChangedMeanwhile("The rights were changed meanwhile; please look at them again.")
        if not (detail := _differences(completed(stored), completed(granted))):
            return _view(version, stored)
        version += 1
        await rights_repository.save(tx, outlet_id, version, granted)
        subject = f"rights:{outlet_id}"
        tx.emit(RightsChanged(rights_version=version), subject=subject, outlet_id=outlet_id, version=version)
        await api.audit(tx, principal, "rights.changed", subject, detail)
    ctx.get(Tokens).rights.take(outlet_id, version, granted)
    return _view(version, granted)


def _checked(rights: list[NewRight]) -> dict[str, dict[str, Any]]:
    """As it is stored. Raises WrongRight, naming each fault."""
    granted: dict[str, dict[str, Any]] = {}
    faults = []
    for at, each in enumerate(rights):
        permission = PERMISSIONS.get(each.permission)
        of_role = granted.setdefault(each.role, {})
        if permission is None:
            faults.append((f"rights[{at}].permission", "is no permission"))
        elif each.permission in of_role:
            faults.append((f"rights[{at}].permission", f"stands twice for {each.role}"))
        elif each.allowed and each.role not in permission.open_to:
            faults.append((f"rights[{at}].role", f"{each.role} can't have {each.permission}"))
        elif each.limit_paise is not None and not (permission.limited and each.allowed):
            faults.append((f"rights[{at}].limit_paise", f"{each.permission} has no amount here"))
        of_role[each.permission] = msgspec.to_builtins(Right(each.allowed, each.limit_paise))
    if faults:
        errors = [{"path": path, "reason": reason} for path, reason in faults]
        raise WrongRight("; ".join(f"{path}: {reason}" for path, reason in faults), errors=errors)
    return granted


def _differences(
    before: dict[str, dict[str, Right]], after: dict[str, dict[str, Right]]
) -> dict[str, dict[str, Any]]:
    """For the audit log, by role and permission."""
    return {
        f"{role} {name}": {"from": msgspec.to_builtins(before[role][name]), "to": msgspec.to_builtins(right)}
        for role, rights in after.items()
        for name, right in rights.items()
        if right != before[role][name]
    }


def _view(version: int, stored: dict[str, Any]) -> RightsView:
    table = completed(stored)
    return RightsView(
        version,
        [
            PermissionView(each.name, each.words, sorted(each.open_to), each.limited)
            for each in PERMISSIONS.values()
        ],
        [
            RightView(role, name, right.allowed, right.limit_paise)
            for role, rights in table.items()
            for name, right in rights.items()
        ],
    )


@get("/api/staff/rights", guards=[OWNERS], tags=TAGS)
async def read_rights(principal: Principal, ctx: Context) -> RightsView:
    """What each role may do, and what there is to decide about."""
    return await read(ctx, principal)


@put("/api/staff/rights", guards=[OWNERS], tags=TAGS)
async def change_rights(data: JSONBody[NewRights], principal: Principal, ctx: Context) -> RightsView:
    """Change what roles may do. 409 when somebody else has changed it since it was read."""
    return await change(ctx, principal, data)


ROUTES = (read_rights, change_rights)
