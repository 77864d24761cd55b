"""What the provider told or holds that only a person can settle: webhooks that wait or are parked, money that fits no
payment of ours. What can be tied to no outlet is for the first one, whose house the account is."""

from __future__ import annotations

import structlog

from rasoi.payments import queue, schemas, tasks
from rasoi.payments.metrics import WEBHOOKS
from rasoi.payments.webhooks import process_webhook
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import NotFound
from rasoi.staff.api import audit, outlet_ids

log = structlog.get_logger(__name__)


class UnknownWebhook(NotFound):
    slug, title = "unknown-webhook", "There is no such webhook"


class NoOpenWebhook(NotFound):
    slug, title = "no-open-webhook", "There is no such webhook, or it waits no more"


class UnknownMoney(NotFound):
    slug, title = "unknown-money", "There is no such money, or it was settled already"


async def open_webhooks(ctx: Context, outlet_id: int) -> schemas.Webhooks:
    return schemas.Webhooks(await queue.open_webhooks(ctx.db, outlet_id, await outlet_ids(ctx.db)))


async def replay_webhook(ctx: Context, principal: Principal, event_id: str) -> schemas.WebhookReplayed:
    """Apply it now, if it can be."""
    mine = await queue.has_webhook(ctx.db, principal.outlet_id, await outlet_ids(ctx.db), event_id)
    waiting = await queue.replay_webhooks(ctx.db, None, event_id) if mine else []
    if not waiting:
        raise UnknownWebhook()
    states = [await process_webhook(ctx, each) for each in waiting]
    async with ctx.db.transaction("payments") as tx:
        await audit(tx, principal, "webhook.replay", event_id, {"state": states[0]})
    return schemas.WebhookReplayed(states[0])


async def dismiss_webhook(ctx: Context, principal: Principal, event_id: str, reason: str) -> None:
    """A person says that it doesn't matter here, and why. Trying it again by its id takes that back."""
    by = principal.name or principal.role or ""
    async with ctx.db.transaction("payments") as tx:
        await audit(
            tx,
            principal,
            "webhook.dismiss",
            event_id,
            await dismissed(tx, principal.outlet_id, event_id, by, reason),
        )


async def dismissed(tx: Tx, outlet_id: int, event_id: str, by: str, reason: str) -> dict[str, str | None]:
    """End it; returns what the audit log keeps, also why it could not be applied. Raises NoOpenWebhook."""
    said = f"dismissed by {by}: {reason}"
    before = await queue.dismiss_webhook(tx, outlet_id, await outlet_ids(tx), event_id, said)
    if before is None:
        raise NoOpenWebhook()
    WEBHOOKS.labels("dismissed").inc()
    log.warning("webhook dismissed", webhook=event_id, by=by, reason=reason)
    return {
        "reason": reason,
        "provider": before.provider,
        "event": before.event,
        "state": before.state,
        "outcome": before.outcome,
    }


async def unmatched(ctx: Context, outlet_id: int) -> schemas.UnmatchedList:
    found = await tasks.unmatched(ctx.db, outlet_id, await outlet_ids(ctx.db))
    return schemas.UnmatchedList([schemas.unmatched_view(row) for row in found])


async def settle_unmatched(ctx: Context, principal: Principal, provider: str, payment_id: str) -> None:
    """A person has dealt with it: it was refunded in the dashboard, or belongs to another shop of the account."""
    by = principal.name or principal.role or ""
    async with ctx.db.transaction("payments") as tx:
        outlets = await outlet_ids(tx)
        if not await tasks.settle_unmatched(tx, principal.outlet_id, outlets, provider, payment_id, by):
            raise UnknownMoney()
        await audit(tx, principal, "payment.unmatched_settled", payment_id, {"provider": provider})
