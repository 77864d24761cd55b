"""HTTP of passkeys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.params import JSONBody

from rasoi.platform.auth import Principal, public
from rasoi.platform.context import Context
from rasoi.platform.roles import MANAGERS, permit
from rasoi.staff import passkeys
from rasoi.staff.authenticator_schemas import Proof
from rasoi.staff.guessing import Source
from rasoi.staff.passkey_schemas import (
    NewPasskey,
    NewPasskeyChallenge,
    Passkey,
    PasskeyChallenge,
    PasskeyLogin,
    Passkeys,
)
from rasoi.staff.passkeys import Page
from rasoi.staff.schemas import Session

TAGS = ["staff"]
OWN = "/api/staff/me/passkeys"
AnyRequest = Request[Any, Any, Any]


def _page(ctx: Context, request: AnyRequest) -> Page:
    """The page that asks."""
    return passkeys.page(ctx, request.headers.get("origin"), request.headers.get("host", ""))


@post("/api/staff/login/passkey/challenge", guards=[public], status_code=200, tags=TAGS)
async def passkey_challenge(ctx: Context, caller_address: str, request: AnyRequest) -> PasskeyChallenge:
    """What a passkey is to sign; on a page of our own that is served by HTTPS, or on localhost."""
    return await passkeys.sign_in_challenge(ctx, _page(ctx, request), caller_address)


@post("/api/staff/login/passkey", guards=[public], status_code=200, tags=TAGS)
async def login_passkey(
    data: JSONBody[PasskeyLogin], ctx: Context, caller_address: str, request: AnyRequest
) -> Session:
    """Sign in by a passkey, as an owner or manager."""
    at = _page(ctx, request)
    return await passkeys.sign_in(ctx, data, at, Source(caller_address))


@get(OWN, guards=[MANAGERS], tags=TAGS)
async def own_passkeys(principal: Principal, ctx: Context) -> Passkeys:
    """The caller's passkeys."""
    return await passkeys.list_own(ctx, principal)


@post(f"{OWN}/challenge", guards=[MANAGERS], status_code=200, tags=TAGS)
async def new_passkey_challenge(
    data: JSONBody[Proof],
    principal: Principal,
    ctx: Context,
    caller_address: str,
    request: AnyRequest,
) -> NewPasskeyChallenge:
    """Begin to make a passkey."""
    at = _page(ctx, request)
    return await passkeys.new_challenge(ctx, principal, data, at, Source(caller_address))


@post(OWN, guards=[MANAGERS], tags=TAGS)
async def make_passkey(
    data: JSONBody[NewPasskey], principal: Principal, ctx: Context, request: AnyRequest
) -> Passkey:
    """Keep a passkey that the caller's device has made; the caller's other sign-ins end."""
    return await passkeys.make(ctx, principal, data, _page(ctx, request))


@delete(f"{OWN}/{{passkey_id:uuid}}", guards=[MANAGERS], tags=TAGS)
async def remove_own_passkey(passkey_id: UUID, principal: Principal, ctx: Context) -> None:
    """Remove one of the caller's passkeys; the caller's other sign-ins end."""
    await passkeys.remove_own(ctx, principal, passkey_id)


@delete("/api/staff/people/{person_id:uuid}/passkeys", guards=[permit("manage_people")], tags=TAGS)
async def remove_passkeys(person_id: UUID, principal: Principal, ctx: Context) -> None:
    """Remove all passkeys of somebody who has lost their device, and end their sign-ins. An owner may, for a manager;
    nobody for an owner."""
    await passkeys.remove_of(ctx, principal, person_id)


ROUTES = (
    passkey_challenge,
    login_passkey,
    own_passkeys,
    new_passkey_challenge,
    make_passkey,
    remove_own_passkey,
    remove_passkeys,
)
