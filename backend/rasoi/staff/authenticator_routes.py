"""HTTP of authenticator apps."""

from __future__ import annotations

from uuid import UUID

from litestar import delete, get, post
from litestar.params import JSONBody

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.roles import MANAGERS, permit
from rasoi.staff import authenticators
from rasoi.staff.authenticator_schemas import (
    AuthenticatorState,
    FirstCode,
    NewAuthenticator,
    OwnPassword,
    Proof,
    RecoveryCodes,
)
from rasoi.staff.guessing import Source

TAGS = ["staff"]
OWN = "/api/staff/me/authenticator"


@get(OWN, guards=[MANAGERS], tags=TAGS)
async def own_authenticator(principal: Principal, ctx: Context) -> AuthenticatorState:
    """Whether the caller signs in with an authenticator app, and how many recovery codes are left."""
    return await authenticators.state(ctx, principal)


@post(OWN, guards=[MANAGERS], status_code=200, tags=TAGS)
async def begin_authenticator(
    data: JSONBody[OwnPassword], principal: Principal, ctx: Context, caller_address: str
) -> NewAuthenticator:
    """Begin to set up an authenticator app; its first code at `/confirm` brings it into use."""
    return await authenticators.begin(ctx, principal, data.password, Source(caller_address))


@post(f"{OWN}/confirm", guards=[MANAGERS], status_code=200, tags=TAGS)
async def confirm_authenticator(
    data: JSONBody[FirstCode], principal: Principal, ctx: Context
) -> RecoveryCodes:
    """Bring the app into use; the caller's other sign-ins end."""
    return await authenticators.confirm(ctx, principal, data.code)


@post(f"{OWN}/recovery-codes", guards=[MANAGERS], status_code=200, tags=TAGS)
async def renew_recovery_codes(
    data: JSONBody[Proof], principal: Principal, ctx: Context, caller_address: str
) -> RecoveryCodes:
    """Ten new recovery codes; the old ones are good no more, and the caller's other sign-ins end."""
    return await authenticators.renew_codes(ctx, principal, data, Source(caller_address))


@post(f"{OWN}/remove", guards=[MANAGERS], status_code=204, tags=TAGS)
async def remove_own_authenticator(
    data: JSONBody[Proof], principal: Principal, ctx: Context, caller_address: str
) -> None:
    """Sign in by password alone again; the caller's other sign-ins end."""
    await authenticators.remove(ctx, principal, data, Source(caller_address))


@delete("/api/staff/people/{person_id:uuid}/authenticator", guards=[permit("manage_people")], tags=TAGS)
async def remove_authenticator(person_id: UUID, principal: Principal, ctx: Context) -> None:
    """Remove the app of somebody who has lost it, and end their sign-ins. An owner may, for a manager; nobody for an
    owner."""
    await authenticators.remove_of(ctx, principal, person_id)


ROUTES = (
    own_authenticator,
    begin_authenticator,
    confirm_authenticator,
    renew_recovery_codes,
    remove_own_authenticator,
    remove_authenticator,
)
