"""What every process does on events of the staff room, and when it starts and stops."""

from __future__ import annotations

from rasoi.contracts.staff import OutletChanged, RightsChanged, SessionRevoked
from rasoi.platform.auth import Tokens
from rasoi.platform.context import Context
from rasoi.platform.events import Event
from rasoi.staff import (
    authenticator_repository,
    device_repository,
    lifts_repository,
    passkey_repository,
    repository,
)
from rasoi.staff.api import Revocations, invalidate_outlet, learn_rights
from rasoi.staff.first_run import FirstRun
from rasoi.staff.guessing import UnknownNames


async def outlet_changed(ctx: Context, event: Event, data: OutletChanged) -> None:
    """Settings in memory are stale."""
    invalidate_outlet(ctx.db, event.outletid, data.outlet_version)


async def rights_changed(ctx: Context, event: Event, data: RightsChanged) -> None:
    """Guard by the new table from now on."""
    await learn_rights(ctx.db, ctx.get(Tokens))


async def session_revoked(ctx: Context, event: Event, data: SessionRevoked) -> None:
    """Refuse the session from now on."""
    ctx.get(Revocations).add(data.session_id)


async def start(ctx: Context) -> None:
    """Know the ended sessions before the first request."""
    ctx.register(UnknownNames())
    ctx.register(FirstRun())
    await ctx.get(Revocations).start(ctx.db, ctx.get(Tokens))


async def stop(ctx: Context) -> None:
    await ctx.get(Revocations).stop()


async def prune(ctx: Context) -> None:
    """Drop sessions and sign-ins that are long over, and devices and apps that were begun and never proven."""
    await repository.prune(ctx.db)
    await device_repository.prune(ctx.db)
    await authenticator_repository.prune(ctx.db)
    await passkey_repository.prune(ctx.db)
    await lifts_repository.prune(ctx.db)
