"""Tokens of integrations: made and shown once, listed without the token, revoked."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from rasoi.contracts.staff import SessionRevoked
from rasoi.platform.auth import SERVICE_PREFIX, Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.description import one_of
from rasoi.platform.problems import Conflict, NotFound
from rasoi.platform.roles import permit
from rasoi.staff import api, credentials, repository
from rasoi.staff.schemas import LINE

Scope = Literal[
    "menu:read", "stock:read", "orders:read", "bills:read", "documents:read", "payments:read", "reports:read"
]
TAGS = ["staff"]
MOST = 50  # live ones of one outlet
SHOWN = 200
ROW = "id, name, scopes, created_at, expires_at, revoked_at, last_used_at"


class TooManyServiceTokens(Conflict):
    slug: ClassVar[str] = "too-many-service-tokens"
    title: ClassVar[str] = "There are too many service tokens"


class NewServiceToken(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=10)]
    days: Annotated[int, Meta(ge=1, le=366)] = 90


class ServiceToken(msgspec.Struct, kw_only=True):
    """`last_used_at` is true to some minutes."""

    id: UUID
    name: str
    scopes: list[Annotated[str, one_of(get_args(Scope))]]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeServiceToken(ServiceToken, kw_only=True):
    """The one answer that holds the token."""

    token: str


class ServiceTokens(msgspec.Struct):
    """The newest first, 200 at most."""

    items: list[ServiceToken]


async def make(ctx: Context, principal: Principal, new: NewServiceToken) -> MadeServiceToken:
    """A token of the caller's outlet."""
    token, outlet_id = SERVICE_PREFIX + secrets.token_urlsafe(32), principal.outlet_id
    async with ctx.db.transaction("staff") as tx:
        await repository.lock_outlet(tx, outlet_id)
        live = await tx.fetchval(
            """SELECT count(*) FROM staff.service_token
            WHERE outlet_id = $1 AND revoked_at IS NULL AND expires_at > now()""",
            outlet_id,
        )
        if live >= MOST:
            raise TooManyServiceTokens(f"There are {MOST} already; revoke one that is not needed.")
        row: Any = await tx.fetchrow(
            f"""INSERT INTO staff.service_token (outlet_id, name, token_hash, scopes, created_by, expires_at)
            VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING {ROW}""",
            outlet_id,
            new.name,
            credentials.digest(token),
            sorted(set(new.scopes)),
            principal.id,
            new.days,
        )
        detail = {"name": new.name, "scopes": row["scopes"], "days": new.days}
        await api.audit(tx, principal, "service_token.made", f"service_token:{row['id']}", detail)
    ctx.get(Tokens).take_services(await repository.service_principals(ctx.db))
    return MadeServiceToken(**dict(row), token=token)


async def revoke(ctx: Context, principal: Principal, token_id: UUID) -> ServiceToken:
    """Good for nothing from now on: every process hears of it."""
    async with ctx.db.transaction("staff") as tx:
        row = await tx.fetchrow(
            f"""UPDATE staff.service_token SET revoked_at = now()
            WHERE outlet_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING {ROW}""",
            principal.outlet_id,
            token_id,
        )
        if row is None:
            raise NotFound("There is no such token, or it was revoked before.")
        told = SessionRevoked(session_id=token_id)
        tx.emit(told, subject=str(token_id), outlet_id=principal.outlet_id, version=1)
        subject, detail = f"service_token:{token_id}", {"name": row["name"]}
        await api.audit(tx, principal, "service_token.revoked", subject, detail)
    ctx.get(api.Revocations).add(token_id)
    return ServiceToken(**dict(row))


@get("/api/staff/service-tokens", guards=[permit("manage_tokens")], tags=TAGS)
async def list_service_tokens(principal: Principal, ctx: Context) -> ServiceTokens:
    """The outlet's tokens for integrations, without the tokens themselves."""
    sql = f"SELECT {ROW} FROM staff.service_token WHERE outlet_id = $1 ORDER BY id DESC LIMIT {SHOWN}"
    rows = await ctx.db.fetch(sql, principal.outlet_id)
    return ServiceTokens([ServiceToken(**dict(row)) for row in rows])


@post("/api/staff/service-tokens", guards=[permit("manage_tokens")], tags=TAGS)
async def make_service_token(
    data: JSONBody[NewServiceToken], principal: Principal, ctx: Context
) -> MadeServiceToken:
    """A token for an integration; this answer is the only one that shows it."""
    return await make(ctx, principal, data)


@delete(
    "/api/staff/service-tokens/{token_id:uuid}", guards=[permit("manage_tokens")], status_code=200, tags=TAGS
)
async def revoke_service_token(token_id: UUID, principal: Principal, ctx: Context) -> ServiceToken:
    """End a token at once."""
    return await revoke(ctx, principal, token_id)


ROUTES = (list_service_tokens, make_service_token, revoke_service_token)
