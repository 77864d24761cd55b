"""Use-cases of outlets and people. Each owns its transaction, or takes the caller's."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET
from uuid_utils.compat import uuid7

from rasoi.contracts.staff import OutletChanged, PersonChanged
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.paging import read_page
from rasoi.platform.problems import NotFound
from rasoi.staff import api, credentials, repository
from rasoi.staff.domain import (
    AlreadyInUse,
    ChangedMeanwhile,
    LastOwner,
    PersonRow,
    SignInElsewhere,
    WrongSetting,
    check_outlet,
    refuse_without_sign_in,
    require_owner_elsewhere,
    require_seniority,
)
from rasoi.staff.schemas import (
    AuditLog,
    GuestLimits,
    NewGuestLimits,
    NewOutlet,
    NewPerson,
    Outlet,
    OutletPatch,
    People,
    Person,
    PersonPatch,
)
from rasoi.staff.sessions import end_sessions

UNIQUE_FIELDS = {
    "person_username_key": ("username", "That username is taken."),
}


@asynccontextmanager
async def refusals_by_field() -> AsyncIterator[None]:
    """What the database refuses, as a problem that names the field."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        path, reason = UNIQUE_FIELDS[error.constraint_name]
        raise AlreadyInUse(reason, errors=[{"path": path, "reason": reason}]) from None
    except asyncpg.InvalidParameterValueError:
        errors = [{"path": "timezone", "reason": "not known to the database"}]
        raise WrongSetting("timezone: not known to the database", errors=errors) from None


async def ensure_outlet(tx: Tx, outlet_id: int, name: str, **settings: Any) -> bool:
    """Add an outlet unless it is there; an existing one is left as it is. True when it was added."""
    if await repository.read_outlet(tx, outlet_id) is not None:
        return False
    await insert_outlet(tx, outlet_id, msgspec.convert({"name": name, **settings}, NewOutlet))
    return True


async def insert_outlet(tx: Tx, outlet_id: int, new: NewOutlet) -> Outlet:
    """Add an outlet under a number that is free. Raises WrongSetting."""
    await repository.add_outlet(tx, outlet_id, new.name)
    settings = _changes(new)
    outlet = msgspec.structs.replace(await api.outlet(tx, outlet_id), **settings)
    check_outlet(outlet)
    async with refusals_by_field():
        await repository.save_outlet(tx, outlet_id, settings, steps=0)
    tell_of_outlet(tx, outlet_id, outlet.version)
    return outlet


async def ensure_person(tx: Tx, pin_key: str, outlet_id: int, new: NewPerson) -> UUID:
    """Add a person unless the username, or else the name, is there; an existing one is left as they are."""
    if new.username is not None:
        known = await repository.person_by_username(tx, new.username)
        found = known.id if known else None
    else:
        found = await repository.person_named(tx, outlet_id, new.name)
    if found is None:
        async with refusals_by_field():
            found = (await _add(tx, pin_key, outlet_id, new)).id
    return found


async def public_credentials(
    ctx: Context, outlet_id: int, known: Sequence[tuple[str, str, str, str]]
) -> list[str]:
    """Of people as (name, PIN, user name, password): the names of those who have that PIN or that password."""
    kept = dict(await repository.pin_hashes(ctx.db, outlet_id))
    found = []
    for name, pin, username, password in known:
        person = await repository.person_by_username(ctx.db, username)
        given = credentials.pin_hash(ctx.settings.pin_key, outlet_id, pin)
        works = name in kept and hmac.compare_digest(kept[name], given)
        if not works and password and person is not None and person.active:
            works = await credentials.verify_password(person.password_hash, password)
        if works:
            found.append(name)
    return found


def tell_of_outlet(tx: Tx, outlet_id: int, version: int) -> None:
    payload = OutletChanged(outlet_version=version)
    tx.emit(payload, subject=f"outlet:{outlet_id}", outlet_id=outlet_id, version=version)


async def change_outlet(ctx: Context, principal: Principal, patch: OutletPatch) -> Outlet:
    """Change settings; every process hears of it."""
    outlet_id = principal.outlet_id
    async with refusals_by_field(), ctx.db.transaction("staff") as tx:
        before = await repository.lock_outlet(tx, outlet_id)
        if before is None:
            raise NotFound("There is no such outlet.")
        if patch.version is not UNSET and patch.version != before.version:
            raise ChangedMeanwhile("The settings were changed meanwhile; please look at them again.")
        changes = {name: value for name, value in _changes(patch).items() if value != getattr(before, name)}
        if not changes:
            return before
        after = msgspec.structs.replace(before, **changes)
        check_outlet(after)
        version = await repository.save_outlet(tx, outlet_id, changes)
        tell_of_outlet(tx, outlet_id, version)
        detail = {name: {"from": getattr(before, name), "to": value} for name, value in changes.items()}
        await api.audit(tx, principal, "outlet.changed", f"outlet:{outlet_id}", detail)
    api.invalidate_outlet(ctx.db, outlet_id, version)
    return msgspec.structs.replace(after, version=version)


def _changes(patch: msgspec.Struct) -> dict[str, Any]:
    given = {name: getattr(patch, name) for name in patch.__struct_fields__ if name != "version"}
    return {name: _stored(value) for name, value in given.items() if value is not UNSET}


def _stored(value: Any) -> Any:
    """A setting as it is read again, to be compared with what was before."""
    if isinstance(value, NewGuestLimits):
        return msgspec.convert(value, GuestLimits, from_attributes=True)
    return value


async def add_person(ctx: Context, principal: Principal, new: NewPerson) -> Person:
    """Add somebody to the caller's outlet."""
    require_seniority(principal.role, new.role)
    async with refusals_by_field(), ctx.db.transaction("staff") as tx:
        row = await _add(tx, ctx.settings.pin_key, principal.outlet_id, new)
        await api.audit(
            tx, principal, "person.added", f"person:{row.id}", {"person": row.name, "role": row.role}
        )
    return _view(row)


async def _add(tx: Tx, pin_key: str, outlet_id: int, new: NewPerson) -> PersonRow:
    refuse_without_sign_in(new.username, new.password is not None, new.pin is not None)
    row = PersonRow(
        outlet_id=outlet_id,
        id=uuid7(),
        name=new.name,
        username=new.username,
        password_hash=await credentials.hash_password(new.password) if new.password is not None else None,
        pin_hash=credentials.pin_hash(pin_key, outlet_id, new.pin) if new.pin is not None else None,
        role=new.role,
        active=True,
        version=1,
        created_at=await repository.now(tx),
    )
    await repository.add_person(tx, row)
    _emit_person_changed(tx, row)
    return row


async def add_elsewhere(
    tx: Tx, person: PersonRow, outlet_id: int, role: str, pin_hash: bytes | None = None
) -> PersonRow:
    """Somebody works in another outlet too: under the same id, with a PIN of that outlet's or none. The user name and the
    password stay where they are."""
    row = msgspec.structs.replace(
        person,
        outlet_id=outlet_id,
        username=None,
        password_hash=None,
        pin_hash=pin_hash,
        role=role,
        active=True,
        has_authenticator=False,
        version=1,
        created_at=await repository.now(tx),
    )
    await repository.add_person(tx, row)
    _emit_person_changed(tx, row)
    return row


def _emit_person_changed(tx: Tx, row: PersonRow) -> None:
    payload = PersonChanged(person_id=row.id, role=row.role, active=row.active)
    tx.emit(payload, subject=str(row.id), outlet_id=row.outlet_id, version=row.version)


async def change_person(ctx: Context, principal: Principal, person_id: UUID, patch: PersonPatch) -> Person:
    """Change somebody. Another role, PIN or password, or leaving, ends their sessions."""
    outlet_id = principal.outlet_id
    password = await _hashed(patch)
    async with refusals_by_field(), ctx.db.transaction("staff") as tx:
        await repository.lock_outlet(tx, outlet_id)  # one change of people at a time keeps the last owner
        before = await repository.person(tx, outlet_id, person_id, "FOR UPDATE")
        if before is None:
            raise NotFound("There is no such person.")
        require_seniority(principal.role, before.role, before.role if patch.role is UNSET else patch.role)
        changes = _person_changes(ctx.settings.pin_key, before, patch, password)
        if not changes:
            return _view(before)
        after = msgspec.structs.replace(before, **changes, version=before.version + 1)
        await _refuse_unusable(tx, before, after)
        everywhere = bool(changes.keys() & {"username", "password_hash"})
        if everywhere:
            await require_sign_in_is_theirs(tx, principal, person_id)
        await repository.save_person(tx, after)
        secure = changes.keys() & {"role", "active", "pin_hash", "password_hash"}
        ended = await end_sessions_of(tx, after, everywhere=everywhere) if secure else []
        _emit_person_changed(tx, after)
        await api.audit(tx, principal, "person.changed", f"person:{person_id}", _audited(before, changes))
    ctx.get(api.Revocations).add(*ended)
    return _view(after)


async def require_sign_in_is_theirs(conn: Any, principal: Principal, person_id: UUID) -> None:
    """Raises NotYours where somebody works at an outlet that the caller does not own."""
    actor = await repository.person_everywhere(conn, principal.id)
    person = await repository.person_everywhere(conn, person_id)
    require_owner_elsewhere(actor, person, principal.outlet_id)


async def end_all_sessions(tx: Tx, row: PersonRow, keep: UUID | None = None) -> list[UUID]:
    """Sign somebody out at all outlets but in the session `keep`; the sessions that were live."""
    return await end_sessions_of(tx, row, everywhere=True, keep=keep)


async def end_sessions_of(
    tx: Tx, row: PersonRow, *, everywhere: bool, keep: UUID | None = None
) -> list[UUID]:
    """Sign somebody out at the row's outlet, or at all; the sessions that were live. The row is locked."""
    live = [(row.outlet_id, each) for each in await repository.live_sessions(tx, row.outlet_id, row.id)]
    if everywhere:
        live += await repository.live_sessions_elsewhere(tx, row.outlet_id, row.id)
    for outlet_id in sorted({outlet_id for outlet_id, _ in live}):
        there = [each for at, each in live if at == outlet_id and each != keep]
        await end_sessions(tx, outlet_id, there, "changed")
    return [each for _, each in live if each != keep]


async def _hashed(patch: PersonPatch) -> str | None:
    return await credentials.hash_password(patch.password) if isinstance(patch.password, str) else None


def _person_changes(
    pin_key: str, before: PersonRow, patch: PersonPatch, password: str | None
) -> dict[str, Any]:
    """Columns that differ. A new password always does: hashes can't be compared."""
    given = _changes(patch)
    if "password" in given:
        del given["password"]
        given["password_hash"] = password
    if "pin" in given:
        pin = given.pop("pin")
        given["pin_hash"] = None if pin is None else credentials.pin_hash(pin_key, before.outlet_id, pin)
    return {name: value for name, value in given.items() if value != getattr(before, name)}


async def _refuse_unusable(tx: Tx, before: PersonRow, after: PersonRow) -> None:
    """An outlet keeps an owner, and a person a way to sign in; a user name and a password stand in one outlet only."""
    home = await repository.other_home(tx, after.outlet_id, after.id)
    if home is None:
        refuse_without_sign_in(after.username, after.password_hash is not None, after.pin_hash is not None)
    elif (after.username, after.password_hash) != (None, None):
        raise SignInElsewhere(
            f"{after.name} has a user name and a password already; they are changed at {home}."
        )
    leaves = before.role == "owner" and before.active and (after.role != "owner" or not after.active)
    if leaves and await repository.other_owners(tx, after.outlet_id, after.id) == 0:
        raise LastOwner("This is the only owner; make somebody else one first.")


def _audited(before: PersonRow, changes: dict[str, Any]) -> dict[str, Any]:
    """Whose, and which of the changes may be shown: secrets only by name."""
    shown: dict[str, Any] = {name: changes[name] for name in ("role", "active") if name in changes}
    return (
        {"person": before.name} | shown | {"changed": sorted(name.removesuffix("_hash") for name in changes)}
    )


def _view(row: PersonRow) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        username=row.username,
        role=row.role,
        active=row.active,
        has_password=row.password_hash is not None,
        has_pin=row.pin_hash is not None,
        has_authenticator=row.has_authenticator,
        passkeys=row.passkeys,
        version=row.version,
        created_at=row.created_at,
    )


async def list_people(ctx: Context, principal: Principal, after: UUID | None, limit: int) -> People:
    """The outlet's people in the order in which they joined."""
    rows, more = await read_page(limit, partial(repository.people, ctx.db, principal.outlet_id, after))
    return People([_view(row) for row in rows], more)


async def list_audit(ctx: Context, principal: Principal, before: UUID | None, limit: int) -> AuditLog:
    """What was done at the outlet, newest first."""
    return AuditLog(
        *await read_page(limit, partial(repository.audit_log, ctx.db, principal.outlet_id, before))
    )
