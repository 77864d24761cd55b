"""`rasoi payments doctor`, `rasoi payments webhooks replay` and `dismiss`, and `rasoi payments stats repair`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from rasoi.embedded import reachable_database
from rasoi.payments import doctor, queue, statistics_cli
from rasoi.payments import repository as db
from rasoi.payments.attention import NoOpenWebhook, dismissed
from rasoi.payments.doctor import Finding
from rasoi.payments.webhooks import process_webhook
from rasoi.platform.context import Context
from rasoi.settings import Settings
from rasoi.staff.api import audit_job, outlet_ids

OpenContext = Callable[[Settings, str], AbstractAsyncContextManager[Context]]


class NotFound(Exception):
    """What was named does not exist; the text is one line."""


def main(settings: Settings, given: argparse.Namespace, open_context: OpenContext) -> int:
    """The exit status: 0 when all is well."""

    async def work() -> int:
        with reachable_database(settings) as url:
            async with open_context(settings, url) as ctx:
                if given.action == "doctor":
                    return await doctor_command(ctx, given)
                if given.action == "stats":
                    return await statistics_cli.report(ctx.db, given.day, given.check)
                return await webhooks_command(ctx, given)

    return asyncio.run(work())


async def doctor_command(ctx: Context, given: argparse.Namespace) -> int:
    refs = await db.refs_named(ctx.db, given.bill, given.payment, given.day)
    if not refs and given.day is None:
        raise NotFound(f"there is no payment of {given.bill or given.payment}")
    found = 0
    async for finding in _findings(ctx, refs, given):
        found += 1
        print(f"{finding.about}\n  {finding.what}\n  to do: {finding.advice}", flush=True)
    print(f"{len(refs)} payments looked at, {found} findings.")
    return 1 if found else 0


async def _findings(ctx: Context, refs: list[db.Ref], given: argparse.Namespace) -> AsyncIterator[Finding]:
    if given.day is not None:
        for outlet_id in await db.outlets_of_day(ctx.db, given.day) or await db.outlets(ctx.db):
            async for finding in doctor.examine_day(ctx, outlet_id, given.day, heal=given.heal):
                yield finding
    async for finding in doctor.examine(ctx, _counted(refs), heal=given.heal):
        yield finding
    if given.day is not None:
        for finding in await doctor.stuck_webhooks(ctx):
            yield finding


def _counted(refs: list[db.Ref]) -> list[db.Ref]:
    if sys.stderr.isatty():
        print(f"{len(refs)} payments to look at …", file=sys.stderr, flush=True)
    return refs


async def webhooks_command(ctx: Context, given: argparse.Namespace) -> int:
    return await (dismiss_command if given.step == "dismiss" else replay_command)(ctx, given)


async def dismiss_command(ctx: Context, given: argparse.Namespace) -> int:
    """A named person ends one that waits or is parked."""
    async with ctx.db.transaction("payments") as tx:
        outlet_id = await queue.outlet_of_webhook(tx, await outlet_ids(tx), given.id)
        if outlet_id is None:
            raise NotFound(f"there is no webhook {given.id}")
        try:
            kept = await dismissed(tx, outlet_id, given.id, given.by, given.reason)
        except NoOpenWebhook:
            raise NotFound(f"webhook {given.id} waits no more, and is not parked") from None
        await audit_job(tx, outlet_id, "webhook.dismiss", given.id, kept | {"by": given.by})
    print(f"{given.id} was {kept['state']} ({kept['outcome']}), and is dismissed.")
    return 0


async def replay_command(ctx: Context, given: argparse.Namespace) -> int:
    waiting = await queue.replay_webhooks(ctx.db, given.state, given.id)
    if given.id is not None and not waiting:
        raise NotFound(f"there is no webhook {given.id}")
    left = 0
    for at, each in enumerate(waiting, 1):
        became = await process_webhook(ctx, each)
        left += became in ("waiting", "parked")
        print(f"{at}/{len(waiting)}  {each.event_id}  {became}", flush=True)
    print(f"{len(waiting)} webhooks replayed, {left} of them still wait or are parked.")
    return 1 if left else 0
