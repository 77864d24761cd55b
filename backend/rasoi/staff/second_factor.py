"""Whether somebody who gave the right password gives the right code, too; in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Literal

import structlog

from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.staff import api, authenticator_repository, credentials, totp
from rasoi.staff.domain import PersonRow
from rasoi.staff.totp import Authenticator

log = structlog.get_logger(__name__)


def _owner(person: PersonRow) -> str:
    return f"{person.outlet_id}:{person.id}"


def seal(ctx: Context, person: PersonRow, secret: bytes) -> bytes:
    """A secret as it is stored."""
    return credentials.seal(ctx.settings.derived_key("authenticators"), secret, _owner(person))


def unseal(ctx: Context, person: PersonRow, sealed: bytes) -> bytes | None:
    """None once SECRET_KEY is another one."""
    secret = credentials.unseal(ctx.settings.derived_key("authenticators"), sealed, _owner(person))
    if secret is None:
        log.warning("an authenticator can't be read with this SECRET_KEY", person=str(person.id))
    return secret


def recovery_hash(ctx: Context, person: PersonRow, code: str) -> bytes:
    return credentials.recovery_hash(ctx.settings.derived_key("recovery codes"), person.id, totp.plain(code))


async def use(
    ctx: Context, tx: Tx, person: PersonRow, code: str | None, now: datetime
) -> Literal["not needed", "right", "missing", "wrong"]:
    """Use a code up. Others who try as this person wait for the transaction's end: no code counts twice."""
    kept = await authenticator_repository.find(tx, person.outlet_id, person.id, "FOR UPDATE")
    if kept is None or kept.proven_at is None:
        return "not needed"
    if code is None:
        return "missing"
    after = spent(ctx, person, kept, code, now)
    if after is None:
        return "wrong"
    await authenticator_repository.save(tx, person.outlet_id, person.id, after)
    if (left := len(after.recovery_hashes)) < len(kept.recovery_hashes):
        await api.audit_as(tx, person, "recovery_code.used", f"person:{person.id}", {"left": left})
    return "right"


def spent(
    ctx: Context, person: PersonRow, kept: Authenticator, code: str, now: datetime
) -> Authenticator | None:
    """What is kept once the code was used; none for a wrong one."""
    secret = unseal(ctx, person, kept.secret)
    return (
        None if secret is None else totp.spend(kept, secret, code, now, partial(recovery_hash, ctx, person))
    )
