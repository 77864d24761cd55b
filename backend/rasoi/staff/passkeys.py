"""Use-cases of passkeys: making one, signing in with it, removing it. Making and removing end the person's other sessions."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.problems import Conflict, NotFound
from rasoi.platform.rate_limit import limit
from rasoi.staff import api, challenges, credentials, guessing, passkey_repository, repository, sessions
from rasoi.staff.authenticator_schemas import Proof
from rasoi.staff.authenticators import caller, proven
from rasoi.staff.domain import (
    SENIOR,
    SESSION,
    AlreadyInUse,
    PersonRow,
    SignInFailed,
    WrongProof,
    require_may_remove_authenticator,
)
from rasoi.staff.guessing import Source
from rasoi.staff.passkey_repository import PasskeyRow
from rasoi.staff.passkey_schemas import (
    NewPasskey,
    NewPasskeyChallenge,
    Passkey,
    PasskeyChallenge,
    PasskeyLogin,
    Passkeys,
)
from rasoi.staff.schemas import Session
from rasoi.staff.service import end_all_sessions, require_sign_in_is_theirs

MOST = 10  # of one person
REFUSED = "This passkey does not sign in here."


class TooManyPasskeys(Conflict):
    slug, title = "too-many-passkeys", "There are too many passkeys"


@dataclass(frozen=True)
class Page:
    """The page that a passkey is used on: its origin, and the name that its passkeys belong to."""

    origin: str
    rp_id: str


def page(ctx: Context, origin: str | None, host: str) -> Page:
    """Raises NoPasskeysHere."""
    return Page(*challenges.relying_party(origin, ctx.settings.url, host))


def text(given: bytes) -> str:
    return urlsafe_b64encode(given).decode().rstrip("=")


def raw(given: str) -> bytes:
    """What base64url says; text of an impossible length is cut."""
    return urlsafe_b64decode(given[: len(given) - (len(given) % 4 == 1)] + "=" * (-len(given) % 4))


def _key(ctx: Context) -> str:
    return ctx.settings.derived_key("passkey challenges")


def _signing_in(at: Page) -> str:
    return f"sign in at {at.origin}"


def _making(at: Page, principal: Principal) -> str:
    return f"make for {principal.id} in {principal.session_id} at {at.origin}"


async def sign_in_challenge(ctx: Context, at: Page, address: str) -> PasskeyChallenge:
    """For whoever asks: it says nothing of anybody."""
    await _refuse_crowd(ctx, address)
    now = await repository.now(ctx.db)
    made = challenges.new_challenge(_key(ctx), _signing_in(at), int(now.timestamp()))
    return PasskeyChallenge(text(made), at.rp_id)


async def _refuse_crowd(ctx: Context, address: str) -> None:
    await limit(ctx, "passkey", address, most=60, seconds=60)
    await limit(ctx, "passkey", "everybody", most=1200, seconds=60)


@sessions.counted("passkey")
async def sign_in(ctx: Context, given: PasskeyLogin, at: Page, source: Source) -> Session:
    """A passkey whose device has verified the person stands for password and code. Raises SignInFailed."""
    await _refuse_crowd(ctx, source.address)
    found = await passkey_repository.by_credential(ctx.db, raw(given.credential_id))
    if found is None:
        raise SignInFailed(REFUSED)
    now = await repository.now(ctx.db)
    challenge = await _challenge_of(ctx, given.client_data, _signing_in(at), now)
    count = await asyncio.to_thread(_verified_count, given, found, at, challenge[0]) if challenge else None
    async with ctx.db.transaction("staff") as tx:
        rows = await repository.person_everywhere(tx, found.person_id, "FOR SHARE")
        works = [row for row in rows if row.active and row.role in SENIOR]
        if not works:
            raise SignInFailed(REFUSED)
        person = next((row for row in works if row.outlet_id == found.outlet_id), works[0])
        if challenge and count is not None and await _use(tx, found, challenge, count):
            await guessing.record(tx, person, "passkey", "ok", source)
            return await sessions.open_session(ctx, tx, person, now + SESSION, None)
        await guessing.record(tx, person, "passkey", "failed", source)
    raise SignInFailed(REFUSED)


async def _use(tx: Tx, found: PasskeyRow, challenge: tuple[bytes, datetime], count: int) -> bool:
    spent = await passkey_repository.spend(tx, credentials.digest(challenge[0].hex()), challenge[1])
    return spent and await passkey_repository.used(tx, found, count)


async def _challenge_of(
    ctx: Context, client_data: str, purpose: str, now: datetime
) -> tuple[bytes, datetime] | None:
    """The challenge that was answered, and when it ends; none for one that the platform did not give for this."""
    challenge = await asyncio.to_thread(_answered, raw(client_data))
    if challenge is None:
        return None
    end = challenges.ends_at(_key(ctx), purpose, challenge, int(now.timestamp()))
    return None if end is None else (challenge, datetime.fromtimestamp(end, UTC))


def _answered(client_data: bytes) -> bytes | None:
    from webauthn.helpers import parse_client_data_json  # large, and seldom needed

    try:
        return parse_client_data_json(client_data).challenge
    except Exception:  # whatever it is, a stranger wrote it
        return None


def _verified_count(given: PasskeyLogin, found: PasskeyRow, at: Page, challenge: bytes) -> int | None:
    """How often the passkey was used, by its own count; none where anything of the answer is wrong."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    handle, credential_id = raw(given.user_handle), raw(given.credential_id)
    answer = AuthenticatorAssertionResponse(
        client_data_json=raw(given.client_data),
        authenticator_data=raw(given.authenticator_data),
        signature=raw(given.signature),
        user_handle=handle,
    )
    if handle != found.person_id.bytes:
        return None
    try:
        verified = verify_authentication_response(
            credential=AuthenticationCredential(text(credential_id), credential_id, answer),
            expected_challenge=challenge,
            expected_rp_id=at.rp_id,
            expected_origin=at.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except Exception:  # whatever it is, a stranger wrote it
        return None
    return verified.new_sign_count


async def list_own(ctx: Context, principal: Principal) -> Passkeys:
    """The caller's."""
    home = await _home(ctx.db, principal)
    return Passkeys(await passkey_repository.of_person(ctx.db, home, principal.id))


async def _home(conn: Database | Tx, principal: Principal) -> int:
    """The outlet where the caller's user name stands, which passkeys go with wherever the caller is signed in."""
    return await repository.home_of(conn, principal.id) or principal.outlet_id


async def new_challenge(
    ctx: Context, principal: Principal, proof: Proof, at: Page, source: Source
) -> NewPasskeyChallenge:
    """For a passkey of the caller, who proves to be there in person. Raises WrongProof."""
    await _refuse_more(ctx.db, principal)
    async with proven(ctx, principal, proof, source) as found:
        person, now = found.person, await repository.now(found.tx)
        outlet = await api.outlet(found.tx, person.outlet_id)
        known = await passkey_repository.credential_ids(found.tx, person.outlet_id, person.id)
    made = challenges.new_challenge(_key(ctx), _making(at, principal), int(now.timestamp()))
    return NewPasskeyChallenge(
        challenge=text(made),
        rp_id=at.rp_id,
        rp_name=outlet.name,
        user_id=text(person.id.bytes),
        user_name=person.username or person.name,
        known=[text(each) for each in known],
    )


async def _refuse_more(conn: Database | Tx, principal: Principal) -> None:
    home = await _home(conn, principal)
    if len(await passkey_repository.of_person(conn, home, principal.id)) >= MOST:
        raise TooManyPasskeys(f"There are {MOST} already; remove one that is not needed.")


async def make(ctx: Context, principal: Principal, new: NewPasskey, at: Page) -> Passkey:
    """Keep a passkey that the caller's device has made. Raises WrongProof."""
    await limit(ctx, "passkeys", str(principal.id), most=10, seconds=60)
    now = await repository.now(ctx.db)
    challenge = await _challenge_of(ctx, new.client_data, _making(at, principal), now)
    made = await asyncio.to_thread(_verified_key, new, at, challenge[0]) if challenge else None
    if challenge is None or made is None:
        raise WrongProof("This passkey can't be used. Begin anew.")
    public_key, count = made
    try:
        async with ctx.db.transaction("staff") as tx:
            person = await caller(tx, principal, "FOR UPDATE")
            await _refuse_more(tx, principal)
            if not await passkey_repository.spend(tx, credentials.digest(challenge[0].hex()), challenge[1]):
                raise WrongProof("This passkey can't be used. Begin anew.")
            at_home = (person.outlet_id, person.id)
            kept = await passkey_repository.add(
                tx, *at_home, new.name, raw(new.credential_id), public_key, count
            )
            await api.audit(tx, principal, "passkey.made", f"person:{person.id}", {"name": new.name})
            ended = await end_all_sessions(tx, person, principal.session_id)
    except asyncpg.UniqueViolationError:
        raise AlreadyInUse("This passkey is there already.") from None
    ctx.get(api.Revocations).add(*ended)
    return kept


def _verified_key(new: NewPasskey, at: Page, challenge: bytes) -> tuple[bytes, int] | None:
    """Public key and count of a new passkey; none where anything of the answer is wrong."""
    from webauthn import verify_registration_response
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

    credential_id = raw(new.credential_id)
    answer = AuthenticatorAttestationResponse(raw(new.client_data), raw(new.attestation))
    try:
        verified = verify_registration_response(
            credential=RegistrationCredential(text(credential_id), credential_id, answer),
            expected_challenge=challenge,
            expected_rp_id=at.rp_id,
            expected_origin=at.origin,
            require_user_verification=True,
        )
    except Exception:  # whatever it is, a device or a stranger wrote it
        return None
    if verified.credential_id != credential_id:
        return None
    return verified.credential_public_key, verified.sign_count


async def remove_own(ctx: Context, principal: Principal, passkey_id: UUID) -> None:
    """One of the caller's."""
    async with ctx.db.transaction("staff") as tx:
        person = await repository.person(tx, await _home(tx, principal), principal.id, "FOR UPDATE")
        if person is None:
            raise NotFound("There is no such passkey.")
        ended = await _remove(tx, principal, person, passkey_id, principal.session_id)
    ctx.get(api.Revocations).add(*ended)


async def remove_of(ctx: Context, principal: Principal, person_id: UUID) -> None:
    """All passkeys of somebody else. Raises NotYours for an owner's."""
    async with ctx.db.transaction("staff") as tx:
        rows = await repository.person_everywhere(tx, person_id, "FOR UPDATE")
        here = next((row for row in rows if row.outlet_id == principal.outlet_id), None)
        if here is None:
            raise NotFound("There is no such person.")
        for row in rows:
            if row.active or row is here:  # an owner of another outlet is one here
                require_may_remove_authenticator(principal.role, row.role)
        await require_sign_in_is_theirs(tx, principal, person_id)
        person = next((row for row in rows if row.username is not None), here)
        ended = await _remove(tx, principal, person)
    ctx.get(api.Revocations).add(*ended)


async def _remove(
    tx: Tx, principal: Principal, person: PersonRow, passkey_id: UUID | None = None, keep: UUID | None = None
) -> list[UUID]:
    """The sessions that ended with it. Raises NotFound."""
    names = await passkey_repository.remove(tx, person.outlet_id, person.id, passkey_id)
    if not names:
        raise NotFound("There is no such passkey.")
    await api.audit(
        tx, principal, "passkey.removed", f"person:{person.id}", {"person": person.name, "names": names}
    )
    return await end_all_sessions(tx, person, keep)
