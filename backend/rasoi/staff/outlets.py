"""Use-cases of outlets: where somebody works, and adding, configuring, closing and reopening by an owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from msgspec import UNSET

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import NotFound
from rasoi.platform.rate_limit import limit
from rasoi.staff import api, credentials, repository, service
from rasoi.staff.domain import (
    OutletInUse,
    PersonRow,
    SessionEnded,
    TooManyOutlets,
    UnknownOutlet,
    refuse_without_sign_in,
    unfinished_in_words,
)
from rasoi.staff.schemas import NewOutlet, Outlet, OutletPatch, PersonPatch, Work, Workplaces

MOST = 200  # of one installation


async def workplaces(ctx: Context, principal: Principal) -> Workplaces:
    """Where the caller works."""
    return Workplaces(await repository.workplaces(ctx.db, principal.id))


async def owner_at(ctx: Context, principal: Principal, outlet_id: int) -> Principal:
    """The caller as an owner of that outlet. Raises UnknownOutlet for who is none, whether there is such an outlet or not."""
    stored = await repository.person(ctx.db, outlet_id, principal.id)
    if stored is None or not stored.active or stored.role != "owner":
        raise UnknownOutlet("There is no such outlet, or you are not an owner of it.")
    return msgspec.structs.replace(principal, outlet_id=outlet_id, role=stored.role, name=stored.name)


async def read(ctx: Context, principal: Principal, outlet_id: int) -> Outlet:
    """The settings of an outlet of the caller's."""
    there = await owner_at(ctx, principal, outlet_id)
    return await api.outlet(ctx.db, there.outlet_id)


async def change(ctx: Context, principal: Principal, outlet_id: int, patch: OutletPatch) -> Outlet:
    """Change settings of an outlet of the caller's."""
    return await service.change_outlet(ctx, await owner_at(ctx, principal, outlet_id), patch)


async def add(ctx: Context, principal: Principal, new: NewOutlet, key: IdempotencyKey) -> Response[bytes]:
    """Add an outlet, whose owner is the caller, once per key."""
    await limit(ctx, "new outlet", str(principal.id), most=30, seconds=60)

    async def work(tx: Tx) -> tuple[int, Outlet]:
        owner = await repository.person(tx, principal.outlet_id, principal.id, "FOR SHARE")
        if owner is None or not owner.active:
            raise SessionEnded("This sign-in has ended.")
        outlet = await create(tx, new, owner)
        there = msgspec.structs.replace(principal, outlet_id=outlet.id)
        await api.audit(tx, there, "outlet.added", f"outlet:{outlet.id}", {"name": outlet.name})
        return 201, outlet

    async with service.refusals_by_field():
        return await idempotent(ctx, "staff", principal, key, work)


async def create(tx: Tx, new: NewOutlet, owner: PersonRow) -> Outlet:
    """An outlet of the next number, with this person as its owner. Raises WrongSetting."""
    outlet_id = await repository.next_outlet_id(tx)
    if outlet_id > MOST:
        raise TooManyOutlets(f"There are {MOST} already; reopen one that is closed.")
    outlet = await service.insert_outlet(tx, outlet_id, new)
    await service.add_elsewhere(tx, owner, outlet_id, "owner")
    return outlet


async def workplaces_of(ctx: Context, principal: Principal, person_id: UUID) -> Workplaces:
    """Where somebody of the caller's outlet works, of the outlets that the caller owns. Raises NotFound."""
    if await repository.person(ctx.db, principal.outlet_id, person_id) is None:
        raise NotFound("There is no such person.")
    mine = {each.id for each in await repository.workplaces(ctx.db, principal.id) if each.role == "owner"}
    found = await repository.workplaces(ctx.db, person_id)
    return Workplaces([each for each in found if each.id in mine | {principal.outlet_id}])


async def set_work(
    ctx: Context, principal: Principal, person_id: UUID, outlet_id: int, work: Work
) -> Workplaces:
    """Have somebody of the caller's outlet work at one that the caller owns, or no more. Raises UnknownOutlet, NotFound,
    NoSignIn, and what changing a person does."""
    there = await owner_at(ctx, principal, outlet_id)
    if not await _work_begins(ctx, principal, there, person_id, work):
        patch = PersonPatch(active=work.role is not None, role=work.role or UNSET, pin=work.pin or UNSET)
        await service.change_person(ctx, there, person_id, patch)
    return await workplaces_of(ctx, principal, person_id)


async def _work_begins(
    ctx: Context, principal: Principal, there: Principal, person_id: UUID, work: Work
) -> bool:
    """Whether this was somebody's first time at the outlet."""
    async with ctx.db.transaction("staff") as tx:
        await repository.lock_outlet(tx, there.outlet_id)  # one change of people at a time
        rows = await repository.person_everywhere(tx, person_id)
        here = next((row for row in rows if row.outlet_id == principal.outlet_id), None)
        if here is None:
            raise NotFound("There is no such person.")
        if any(row.outlet_id == there.outlet_id for row in rows):
            return False
        if work.role is None:
            return True
        if await repository.other_home(tx, there.outlet_id, person_id) is None:
            refuse_without_sign_in(None, has_password=False, has_pin=work.pin is not None)
        pin = work.pin and credentials.pin_hash(ctx.settings.pin_key, there.outlet_id, work.pin)
        await service.add_elsewhere(tx, here, there.outlet_id, work.role, pin or None)
        await api.audit(
            tx, there, "person.added", f"person:{person_id}", {"person": here.name, "role": work.role}
        )
    return True


async def close(ctx: Context, principal: Principal, outlet_id: int) -> Outlet:
    """No guests and no orders from now on; what was written stays. Raises OutletInUse while work is not over."""
    there = await owner_at(ctx, principal, outlet_id)
    async with ctx.db.transaction("staff") as tx:
        outlet, changed = await shut(tx, outlet_id, ctx.get(api.UnfinishedWork))
        if changed:
            await api.audit(tx, there, "outlet.closed", f"outlet:{outlet_id}", {"name": outlet.name})
    api.invalidate_outlet(ctx.db, outlet_id, outlet.version)
    return outlet


async def reopen(ctx: Context, principal: Principal, outlet_id: int) -> Outlet:
    """Guests and orders again."""
    there = await owner_at(ctx, principal, outlet_id)
    async with ctx.db.transaction("staff") as tx:
        outlet, changed = await unshut(tx, outlet_id)
        if changed:
            await api.audit(tx, there, "outlet.reopened", f"outlet:{outlet_id}", {"name": outlet.name})
    api.invalidate_outlet(ctx.db, outlet_id, outlet.version)
    return outlet


async def shut(tx: Tx, outlet_id: int, work: api.UnfinishedWork) -> tuple[Outlet, bool]:
    """The closed outlet, and whether it was open before. Raises UnknownOutlet, and OutletInUse while work is not over."""
    before = await _locked(tx, outlet_id)
    if before.closed_at is not None:
        return before, False
    found = await work.ask(tx, outlet_id)
    if words := unfinished_in_words(found):
        counts: dict[str, Any] = dict(found)
        raise OutletInUse(f"{before.name} still has {words}. Finish them first.", **counts)
    return await _save(tx, before, await repository.now(tx)), True


async def unshut(tx: Tx, outlet_id: int) -> tuple[Outlet, bool]:
    """The open outlet, and whether it was closed before. Raises UnknownOutlet."""
    before = await _locked(tx, outlet_id)
    return (before, False) if before.closed_at is None else (await _save(tx, before, None), True)


async def _locked(tx: Tx, outlet_id: int) -> Outlet:
    found = await repository.lock_outlet(tx, outlet_id)
    if found is None:
        raise UnknownOutlet()
    return found


async def _save(tx: Tx, before: Outlet, closed_at: datetime | None) -> Outlet:
    version = await repository.save_outlet(tx, before.id, {"closed_at": closed_at})
    service.tell_of_outlet(tx, before.id, version)
    return msgspec.structs.replace(before, closed_at=closed_at, version=version)
