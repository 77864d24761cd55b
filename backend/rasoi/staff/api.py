"""What other rooms may ask the staff room: settings, the audit log, what roles may do, and which sessions were ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog

from rasoi.cancelling import cancel_all
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.problems import Forbidden, NotFound
from rasoi.platform.rights import AboveLimit, NotPermitted
from rasoi.staff import credentials, lifts_repository, repository, rights_repository
from rasoi.staff.domain import ACCESS_S, OutletClosed, PersonRow, is_gstin, require_open
from rasoi.staff.lifts_repository import Approver
from rasoi.staff.repository import (
    any_outlet,
    day_began,
    hold_day,
    lock_day,
    now_and_business_day,
    open_outlets,
    outlet_ids,
    outlet_is_open,
)
from rasoi.staff.schemas import GuestLimits, Outlet, TenderName

__all__ = [
    "Approver",
    "GuestLimits",
    "Outlet",
    "OutletClosed",
    "Revocations",
    "TenderName",
    "UnfinishedWork",
    "any_outlet",
    "approved_by",
    "audit",
    "audit_as",
    "audit_job",
    "authorize",
    "day_began",
    "first_outlet",
    "hold_day",
    "invalidate_outlet",
    "is_gstin",
    "learn_rights",
    "lock_day",
    "now_and_business_day",
    "open_outlets",
    "outlet",
    "outlet_ids",
    "outlet_is_open",
    "require_open",
    "require_right",
]

log = structlog.get_logger(__name__)

CACHE_S = 5.0
POLL_S = 2.0
# no access token outlives this, so what was revoked earlier needs no remembering
REMEMBER_S = ACCESS_S + 60


class _Outlets:
    """Settings of one database's outlets: for 5 s, or until `forget` names a newer version."""

    def __init__(self) -> None:
        self._cached: dict[int, tuple[float, Outlet]] = {}
        self._oldest_valid: dict[int, int] = {}

    def get(self, outlet_id: int) -> Outlet | None:
        until, found = self._cached.get(outlet_id, (0.0, None))
        return found if until > time.monotonic() else None

    def put(self, found: Outlet) -> None:
        if found.version >= self._oldest_valid.get(found.id, 0):
            self._cached[found.id] = (time.monotonic() + CACHE_S, found)

    def forget(self, outlet_id: int, version: int) -> None:
        self._oldest_valid[outlet_id] = max(version, self._oldest_valid.get(outlet_id, 0))
        self._cached.pop(outlet_id, None)


_outlets: WeakKeyDictionary[Database, _Outlets] = WeakKeyDictionary()


async def outlet(conn: Database | Tx, outlet_id: int) -> Outlet:
    """An outlet's settings: from memory for a Database, as stored for a Tx. Raises NotFound."""
    cache = _outlets.setdefault(conn, _Outlets()) if isinstance(conn, Database) else None
    if cache is not None and (kept := cache.get(outlet_id)) is not None:
        return kept
    found = await repository.read_outlet(conn, outlet_id)
    if found is None:
        raise NotFound("There is no such outlet.")
    if cache is not None:
        cache.put(found)
    return found


async def first_outlet(conn: Database | Tx) -> Outlet:
    """Who is meant where nobody says which: the first outlet that is open, or of all that are closed. Raises NotFound."""
    for found in (await open_outlets(conn), await outlet_ids(conn)):
        if found:
            return await outlet(conn, found[0])
    raise NotFound("There is no outlet yet.")


class UnfinishedWork:
    """How many tables with guests, open bills and orders under way an outlet has, by those names: another room knows, and
    the composition root says whom to `ask`. None comes to be before the transaction ends."""

    def __init__(self, ask: Callable[[Tx, int], Awaitable[Mapping[str, int]]]) -> None:
        self.ask = ask


def invalidate_outlet(db: Database, outlet_id: int, version: int) -> None:
    """The settings have changed: what is older than `version` is stale."""
    _outlets.setdefault(db, _Outlets()).forget(outlet_id, version)


async def audit(
    tx: Database | Tx, principal: Principal, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Record who did what to what, in the caller's transaction. No secret belongs into `detail`."""
    await repository.record_audit(
        tx, principal.outlet_id, principal.id, principal.name, action, subject, detail
    )


async def audit_as(
    tx: Database | Tx, person: PersonRow, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Record what somebody did who is about to be signed in."""
    await repository.record_audit(tx, person.outlet_id, person.id, person.name, action, subject, detail)


async def audit_job(
    tx: Database | Tx, outlet_id: int, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Record what the platform did by itself, in the caller's transaction."""
    await repository.record_audit(tx, outlet_id, None, None, action, subject, detail)


async def learn_rights(conn: Database, tokens: Tokens) -> None:
    """Tell `tokens` of the tables of rights that have changed since."""
    for outlet_id, version, granted in await rights_repository.changed(conn, tokens.rights.versions):
        tokens.rights.take(outlet_id, version, granted)


def require_right(ctx: Context, principal: Principal, permission: str, paise: int = 0) -> None:
    """Raises NotPermitted, and AboveLimit where the amount is more than the caller's role may."""
    ctx.get(Tokens).rights.require(principal.outlet_id, principal.role, permission, paise)


class LiftRefused(Forbidden):
    slug, title = "approval-not-valid", "This approval does not cover this act, or not any more"


async def authorize(
    ctx: Context,
    tx: Tx,
    principal: Principal,
    permission: str,
    subject: str,
    approval: str | None,
    *,
    paise: int = 0,
    in_all_paise: int | None = None,
) -> Approver | None:
    """Who may not do it himself, up to `in_all_paise` (`paise` where nothing was before), needs an approval of this very
    act, which is used up with the caller's transaction; by whom. Raises NotPermitted, AboveLimit and LiftRefused."""
    in_all = paise if in_all_paise is None else in_all_paise
    try:
        require_right(ctx, principal, permission, in_all)
        return None
    except (NotPermitted, AboveLimit):
        if approval is None:
            raise
    rights, outlet_id = ctx.get(Tokens).rights, principal.outlet_id
    by = await lifts_repository.use(
        tx, outlet_id, principal.session_id, credentials.digest(approval), permission, subject, paise
    )
    if by is None or not rights.covers(outlet_id, by.role, permission, in_all):
        raise LiftRefused("Please ask for the PIN again.", permission=permission)
    return by


def approved_by(approver: Approver | None) -> dict[str, str]:
    """What the audit log says of an act that somebody else approved."""
    return {} if approver is None else {"approved_by": approver.name, "approved_by_id": str(approver.id)}


class Revocations:
    """The sessions ended lately, in memory: told by events, and by a poll should those not arrive. The poll also tells
    `tokens` which keys and service tokens there are, and what roles may do, and the database which of these tokens were
    used. `demo` says whether a PIN or password of the demo still works."""

    def __init__(self) -> None:
        self.demo = False
        self._tokens: Tokens | None = None
        self._ended: dict[UUID, float] = {}
        self._task: asyncio.Task[None] | None = None

    def is_revoked(self, session_id: UUID) -> bool:
        return session_id in self._ended

    def add(self, *session_ids: UUID) -> None:
        """These sessions are no longer good."""
        now = time.monotonic()
        for session_id in session_ids:
            self._ended.setdefault(session_id, now)

    async def load(self, conn: Database) -> None:
        """Learn what the database says, and forget what can't matter any more."""
        self.add(*await repository.revoked_sessions(conn, REMEMBER_S))
        self.demo = await repository.demo_works(conn)
        if self._tokens is not None:
            self._tokens.take(await repository.signing_keys(conn))
            self._tokens.take_services(await repository.service_principals(conn))
            await learn_rights(conn, self._tokens)
            if used := self._tokens.take_uses():
                await repository.note_uses(conn, used)
        oldest = time.monotonic() - REMEMBER_S
        self._ended = {session_id: since for session_id, since in self._ended.items() if since > oldest}

    async def start(self, conn: Database, tokens: Tokens | None = None) -> None:
        """Load once, then go on polling."""
        self._tokens = tokens
        await self.load(conn)
        self._task = asyncio.create_task(self._poll(conn))

    async def stop(self) -> None:
        if self._task is not None:
            await cancel_all([self._task])

    async def _poll(self, conn: Database) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self.load(conn)
            except Exception as error:  # whatever it is, the next poll tries again
                log.warning("revocations wait for the database", reason=repr(error))
