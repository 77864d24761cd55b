"""Use-cases of authenticator apps: setting one up, its recovery codes, removing it. Each change ends the person's other
sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import NotFound, Unprocessable
from rasoi.platform.rate_limit import limit
from rasoi.staff import api, authenticator_repository, credentials, guessing, repository, second_factor, totp
from rasoi.staff.authenticator_schemas import AuthenticatorState, NewAuthenticator, Proof, RecoveryCodes
from rasoi.staff.domain import (
    AuthenticatorInUse,
    NoAuthenticator,
    PersonRow,
    SessionEnded,
    WrongProof,
    require_may_remove_authenticator,
)
from rasoi.staff.guessing import Source, Tries
from rasoi.staff.service import end_all_sessions, require_sign_in_is_theirs
from rasoi.staff.totp import Authenticator

TO_PROVE = timedelta(minutes=15)
NO_APP = "There is no authenticator app."


async def state(ctx: Context, principal: Principal) -> AuthenticatorState:
    """Whether the caller has an app in use."""
    home = await repository.home_of(ctx.db, principal.id)
    kept = await authenticator_repository.find(ctx.db, home or principal.outlet_id, principal.id)
    if kept is None or kept.proven_at is None:
        return AuthenticatorState(None, 0)
    return AuthenticatorState(kept.proven_at, len(kept.recovery_hashes))


async def begin(ctx: Context, principal: Principal, password: str, source: Source) -> NewAuthenticator:
    """A new secret, which counts for nothing until `confirm`."""
    await _refuse_unless(ctx, principal, in_use=False)
    secret = totp.new_secret()
    async with proven(ctx, principal, Proof(password=password), source) as found:
        if found.kept is not None and found.kept.proven_at is not None:
            raise AuthenticatorInUse
        person, sealed = found.person, second_factor.seal(ctx, found.person, secret)
        await authenticator_repository.begin(found.tx, person.outlet_id, person.id, sealed)
        outlet = await api.outlet(found.tx, person.outlet_id)
    account = person.username or person.name
    return NewAuthenticator(totp.secret_text(secret), totp.uri(secret, outlet.name, account))


async def confirm(ctx: Context, principal: Principal, code: str) -> RecoveryCodes:
    """The app's first right code: from now on one is asked for at each sign-in. Raises WrongProof."""
    await limit(ctx, "authenticator", str(principal.id), most=10, seconds=60)
    async with ctx.db.transaction("staff") as tx:
        person = await caller(tx, principal, "FOR UPDATE")
        kept = await authenticator_repository.find(tx, person.outlet_id, person.id, "FOR UPDATE")
        now = await repository.now(tx)
        if kept is not None and kept.proven_at is not None:
            raise AuthenticatorInUse
        if kept is None or kept.created_at + TO_PROVE < now:
            raise NoAuthenticator("Begin anew: nothing is being set up, or it was begun too long ago.")
        after = second_factor.spent(ctx, person, kept, code, now)
        if after is None:
            raise WrongProof("That is not the code that the app shows now. Is the phone's clock right?")
        in_use = msgspec.structs.replace(after, proven_at=now)
        codes = await _save_with_new_codes(ctx, tx, person, in_use)
        await api.audit(tx, principal, "authenticator.set_up", f"person:{person.id}", {})
        ended = await end_all_sessions(tx, person, principal.session_id)
    ctx.get(api.Revocations).add(*ended)
    return codes


async def renew_codes(ctx: Context, principal: Principal, proof: Proof, source: Source) -> RecoveryCodes:
    """Ten recovery codes in place of those that are left."""
    await _refuse_unless(ctx, principal, in_use=True)
    async with proven(ctx, principal, proof, source) as found:
        if found.kept is None or found.kept.proven_at is None:
            raise NoAuthenticator(NO_APP)
        codes = await _save_with_new_codes(ctx, found.tx, found.person, found.kept)
        await api.audit(found.tx, principal, "recovery_codes.made", f"person:{found.person.id}", {})
        ended = await end_all_sessions(found.tx, found.person, principal.session_id)
    ctx.get(api.Revocations).add(*ended)
    return codes


async def remove(ctx: Context, principal: Principal, proof: Proof, source: Source) -> None:
    """The caller's own app: the password alone opens from now on."""
    await _refuse_unless(ctx, principal, in_use=True)
    async with proven(ctx, principal, proof, source) as found:
        ended = await _remove(found.tx, found.person, principal.session_id)
        await api.audit(found.tx, principal, "authenticator.removed", f"person:{found.person.id}", {})
    ctx.get(api.Revocations).add(*ended)


async def remove_of(ctx: Context, principal: Principal, person_id: UUID) -> None:
    """The app of somebody who has lost it. Raises NotYours for an owner's."""
    async with ctx.db.transaction("staff") as tx:
        person = await repository.person(tx, principal.outlet_id, person_id, "FOR UPDATE")
        if person is None:
            raise NotFound("There is no such person.")
        for row in await repository.person_everywhere(tx, person_id):
            if row.active:  # an owner of another outlet is one here
                require_may_remove_authenticator(principal.role, row.role)
        await require_sign_in_is_theirs(tx, principal, person_id)
        ended = await _remove(tx, person)
        await api.audit(
            tx, principal, "authenticator.removed", f"person:{person_id}", {"person": person.name}
        )
    ctx.get(api.Revocations).add(*ended)


async def remove_by_machine(tx: Tx, person: PersonRow) -> None:
    """By whoever has the machine. Raises NoAuthenticator."""
    await _remove(tx, person)
    detail = {"person": person.name}
    await api.audit_job(tx, person.outlet_id, "authenticator.removed", f"person:{person.id}", detail)


async def _remove(tx: Tx, person: PersonRow, keep: UUID | None = None) -> list[UUID]:
    """The sessions that ended with it."""
    kept = await authenticator_repository.find(tx, person.outlet_id, person.id, "FOR UPDATE")
    if kept is None or kept.proven_at is None:
        raise NoAuthenticator(NO_APP)
    await authenticator_repository.remove(tx, person.outlet_id, person.id)
    return await end_all_sessions(tx, person, keep)


async def _save_with_new_codes(ctx: Context, tx: Tx, person: PersonRow, kept: Authenticator) -> RecoveryCodes:
    codes = totp.new_recovery_codes()
    hashes = tuple(second_factor.recovery_hash(ctx, person, code) for code in codes)
    after = msgspec.structs.replace(kept, recovery_hashes=hashes)
    await authenticator_repository.save(tx, person.outlet_id, person.id, after)
    return RecoveryCodes(codes)


async def _refuse_unless(ctx: Context, principal: Principal, *, in_use: bool) -> None:
    """Before anything is proven, so that a right password is no wrong try."""
    if ((await state(ctx, principal)).since is not None) == in_use:
        return
    raise NoAuthenticator(NO_APP) if in_use else AuthenticatorInUse


async def caller(conn: object, principal: Principal, lock: str = "") -> PersonRow:
    """The caller's row with the user name, which the app goes with: of another outlet, for who signs in there."""
    rows = await repository.person_everywhere(conn, principal.id, lock)
    here = next((row for row in rows if row.outlet_id == principal.outlet_id and row.active), None)
    if here is None:
        raise SessionEnded("This sign-in has ended.")
    return next((row for row in rows if row.username is not None), here)


@dataclass(frozen=True)
class Proven:
    """A transaction in which the person is locked, and the app as it is once the proof was used."""

    tx: Tx
    person: PersonRow
    kept: Authenticator | None


@asynccontextmanager
async def proven(ctx: Context, principal: Principal, proof: Proof, source: Source) -> AsyncIterator[Proven]:
    """Whoever is signed in proves to be there in person. Wrong tries count as wrong sign-ins do. Raises WrongProof."""
    if (proof.password is None) == (proof.code is None):
        raise Unprocessable("Give the password, or a code.")
    person = await caller(ctx.db, principal)
    trusted = await guessing.is_trusted(ctx, person, source)
    await guessing.refuse_crowd(ctx, source, trusted=trusted)
    tries = Tries("password", person.username or str(person.id), source, trusted=trusted)
    async with ctx.db.transaction("staff") as tx:
        now = await tries.begin(tx)
        locks = await tries.count(tx, now)
    fits = proof.password is None or await credentials.verify_password(person.password_hash, proof.password)
    async with ctx.db.transaction("staff") as tx:
        stored = await caller(tx, principal, "FOR UPDATE")
        if fits and await _still_proven(ctx, tx, person, stored, proof, now):
            await tries.forget(tx)
            kept = await authenticator_repository.find(tx, stored.outlet_id, stored.id, "FOR UPDATE")
            yield Proven(tx, stored, kept)
            return
        await guessing.record(tx, stored, "password", "locked out" if locks else "failed", source)
    raise WrongProof("That password is wrong." if proof.code is None else "That code is wrong, or was used.")


async def _still_proven(
    ctx: Context, tx: Tx, person: PersonRow, stored: PersonRow, proof: Proof, now: datetime
) -> bool:
    """Now that nobody else changes them: the password is the one that was looked at, or the code is used up."""
    if proof.code is None:
        return stored.password_hash == person.password_hash
    return await second_factor.use(ctx, tx, stored, proof.code, now) == "right"
