"""Use-cases of signing in: by password or PIN, refreshing, and ending sessions."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from rasoi.contracts.staff import SessionRevoked
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.rate_limit import limit
from rasoi.staff import api, credentials, device_repository, guessing, repository, second_factor
from rasoi.staff.device_repository import DeviceRow
from rasoi.staff.domain import (
    SENIOR,
    SESSION,
    AtDevice,
    CodeNeeded,
    LockedOut,
    PersonRow,
    SessionEnded,
    SignInFailed,
    UnknownDevice,
    UnknownOutlet,
    refresh_step,
    require_open,
)
from rasoi.staff.guessing import Source, Tries, UnknownNames
from rasoi.staff.metrics import SIGN_INS
from rasoi.staff.schemas import Me, NamedOutlet, NamedPerson, OwnRight, PasswordLogin, Session

log = structlog.get_logger(__name__)


@asynccontextmanager
async def counted(method: str) -> AsyncIterator[None]:
    """Count a sign-in by what comes of it."""
    outcome = "error"
    try:
        yield
        outcome = "ok"
    except SignInFailed:
        outcome = "failed"
        raise
    except LockedOut:
        outcome = "locked out"
        raise
    finally:
        SIGN_INS.labels(method, outcome).inc()


WRONG = "The username, the password or the code is wrong or missing."


@counted("password")
async def sign_in_with_password(ctx: Context, given: PasswordLogin, source: Source) -> Session:
    """A try is counted before the password is looked at: many at once get no more than one by one. A stranger learns
    nothing of a password that is right without its code."""
    username = given.username.lower()
    person = await repository.person_by_username(ctx.db, username)
    trusted = await guessing.is_trusted(ctx, person, source)
    await guessing.refuse_crowd(ctx, source, trusted=trusted)
    unknown = None if person else ctx.get(UnknownNames)
    tries = Tries("password", username, source, trusted=trusted, unknown=unknown)
    async with ctx.db.transaction("staff") as tx:
        now = await tries.begin(tx)
        locks = await tries.count(tx, now)
    fits = await credentials.verify_password(person.password_hash if person else None, given.password)
    if person is None:
        raise SignInFailed(WRONG)
    async with ctx.db.transaction("staff") as tx:
        rows = await repository.person_everywhere(tx, person.id, "FOR SHARE")
        stored = next((row for row in rows if row.outlet_id == person.outlet_id), None)
        works = [row for row in rows if row.active]
        right = fits and stored and works and stored.password_hash == person.password_hash
        code = await second_factor.use(ctx, tx, person, given.code if right else None, now)
        if stored and right and code in ("not needed", "right"):
            await tries.forget(tx)
            await guessing.record(tx, stored, "password", "ok", source)
            here = stored if stored.active else works[0]
            return await open_session(ctx, tx, here, now + SESSION, source.device_at(here.outlet_id))
        await guessing.record(tx, person, "password", "locked out" if locks else "failed", source)
    if right and trusted:
        raise CodeNeeded(
            "That code is wrong, or was used." if code == "wrong" else "Give the app's code, too."
        )
    raise SignInFailed(WRONG)


@counted("pin")
async def sign_in_at_device(
    ctx: Context, device: DeviceRow, person_id: UUID, pin: str, address: str
) -> Session:
    """By person and PIN, on a paired device. Wrong tries slow that person on that device, and nobody else."""
    source = Source(address, device)
    await limit(ctx, "pin", str(device.id), most=60, seconds=60)
    tries = Tries("pin", str(person_id), source, trusted=True)
    async with ctx.db.transaction("staff") as tx:
        if not await device_repository.hold(tx, device):
            raise UnknownDevice("This device is not paired any more.")
        require_open(await api.outlet(tx, device.outlet_id))
        person = await repository.person(tx, device.outlet_id, person_id, "FOR SHARE")
        if person is None or not person.active or person.pin_hash is None or person.role in SENIOR:
            raise SignInFailed("Nobody signs in here by that name.")
        now = await tries.begin(tx)
        given = credentials.pin_hash(ctx.settings.pin_key, device.outlet_id, pin)
        if hmac.compare_digest(person.pin_hash, given):
            await guessing.record(tx, person, "pin", "ok", source)
            return await open_session(ctx, tx, person, now + SESSION, device.id)
        locks = await tries.count(tx, now)
        await guessing.record(tx, person, "pin", "locked out" if locks else "failed", source)
    raise SignInFailed("That PIN is wrong.")


async def open_session(
    ctx: Context, tx: Tx, person: PersonRow, expires_at: datetime, device_id: UUID | None
) -> Session:
    """Whoever has proven to be this person is signed in, on a paired device or on none."""
    session_id = uuid7()
    token = credentials.refresh_token(person.outlet_id, session_id)
    await repository.add_session(
        tx,
        person.outlet_id,
        session_id,
        person.id,
        credentials.digest(token),
        expires_at,
        device_id,
    )
    return await _session(ctx, tx, person, session_id, token, ctx.settings.access_token_s)


async def _session(
    ctx: Context, tx: Tx, person: PersonRow, session_id: UUID, token: str, seconds: int
) -> Session:
    outlet = await api.outlet(tx, person.outlet_id)
    principal = Principal(
        kind="staff",
        id=person.id,
        outlet_id=person.outlet_id,
        role=person.role,
        session_id=session_id,
        name=person.name,
    )
    return Session(
        access_token=ctx.get(Tokens).issue(principal, seconds),
        expires_in=seconds,
        refresh_token=token,
        person=NamedPerson(person.id, person.name, person.role),
        outlet=NamedOutlet(outlet.id, outlet.name, outlet.timezone, outlet.currency),
    )


async def refresh(ctx: Context, token: str) -> Session:
    """A new access token, and the next refresh token. One that was used before ends the session; a made-up one does not."""
    place = credentials.parse_refresh_token(token)
    if place is None:
        raise SessionEnded("This sign-in is not valid.")
    async with ctx.db.transaction("staff") as tx:
        session = await _refresh(ctx, tx, *place, token)
    if session is None:
        ctx.get(api.Revocations).add(place[1])
        log.warning("refresh token used again", outlet=place[0], session=str(place[1]))
        raise SessionEnded("This sign-in was used elsewhere and has been ended.")
    return session


async def _refresh(ctx: Context, tx: Tx, outlet_id: int, session_id: UUID, token: str) -> Session | None:
    """None when the token was used before: the session is ended then."""
    row = await repository.lock_session(tx, outlet_id, session_id)
    now = await repository.now(tx)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise SessionEnded("This sign-in has ended.")
    person = await repository.person(tx, outlet_id, row.person_id)
    if person is None or not person.active:
        raise SessionEnded("This sign-in has ended.")
    secret = ctx.settings.refresh_key
    step = refresh_step(
        row, credentials.digest(token), lambda: credentials.came_before(secret, token, row.refresh_hash)
    )
    if step == "wrong":
        raise SessionEnded("This sign-in is not valid.")
    if step == "reused":
        await end_sessions(tx, outlet_id, [session_id], "reuse")
        return None
    following = credentials.next_refresh_token(secret, token)
    if step == "next":
        await repository.rotate(tx, outlet_id, session_id, credentials.digest(following))
        await device_repository.saw_session(tx, outlet_id, session_id)
    seconds = min(ctx.settings.access_token_s, max(1, int((row.expires_at - now).total_seconds())))
    return await _session(ctx, tx, person, session_id, following, seconds)


async def switch(ctx: Context, principal: Principal, outlet_id: int) -> Session:
    """Go on at another outlet of the caller's: a session there until this one would have ended, and this one's end. Raises
    UnknownOutlet, and AtDevice for who has signed in at a paired device."""
    await limit(ctx, "switch", str(principal.id), most=60, seconds=60)
    async with ctx.db.transaction("staff") as tx:
        rows = await repository.person_everywhere(tx, principal.id, "FOR SHARE")
        here = await repository.lock_session(tx, principal.outlet_id, principal.session_id)
        now = await repository.now(tx)
        if here is None or here.revoked_at is not None or here.expires_at <= now:
            raise SessionEnded("This sign-in has ended.")
        there = next((row for row in rows if row.outlet_id == outlet_id and row.active), None)
        if there is None:
            raise UnknownOutlet("There is no such outlet, or you do not work there.")
        if here.device_id is not None:
            raise AtDevice("Sign in on a screen of your own, or at a device of the other outlet.")
        await end_sessions(tx, principal.outlet_id, [principal.session_id], "switched")
        session = await open_session(ctx, tx, there, here.expires_at, None)
        detail = {"from": principal.outlet_id, "to": outlet_id}
        await api.audit_as(tx, there, "session.switched", f"person:{there.id}", detail)
    ctx.get(api.Revocations).add(principal.session_id)
    return session


async def end_sessions(tx: Tx, outlet_id: int, session_ids: list[UUID], reason: str) -> None:
    """End what is live of these, and tell every process."""
    for session_id, version in await repository.revoke(tx, outlet_id, session_ids, reason):
        tx.emit(
            SessionRevoked(session_id=session_id),
            subject=str(session_id),
            outlet_id=outlet_id,
            version=version,
        )


async def sign_out(ctx: Context, principal: Principal) -> None:
    """End the caller's own session."""
    async with ctx.db.transaction("staff") as tx:
        await end_sessions(tx, principal.outlet_id, [principal.session_id], "logout")
    ctx.get(api.Revocations).add(principal.session_id)


async def me(ctx: Context, principal: Principal) -> Me:
    """Who the caller is, as stored now."""
    person = await repository.person(ctx.db, principal.outlet_id, principal.id)
    if person is None or not person.active:
        raise SessionEnded("This sign-in has ended.")
    outlet = await api.outlet(ctx.db, principal.outlet_id)
    return Me(
        NamedPerson(person.id, person.name, person.role),
        NamedOutlet(outlet.id, outlet.name, outlet.timezone, outlet.currency),
        [
            OwnRight(name, right.limit_paise)
            for name, right in ctx.get(Tokens).rights.all_of(principal.outlet_id, person.role)
        ],
    )
