"""What the provider told or holds that only a person can settle: webhooks that wait or are parked, money that fits no
payment of ours."""

from __future__ import annotations

from rasoi.payments import queue, schemas, tasks
from rasoi.payments.webhooks import process_webhook
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.problems import NotFound
from rasoi.staff.api import audit


class UnknownWebhook(NotFound):
    slug, title = "unknown-webhook", "There is no such webhook"


class UnknownMoney(NotFound):
    slug, title = "unknown-money", "There is no such money, or it was settled already"


async def open_webhooks(ctx: Context) -> schemas.Webhooks:
    return schemas.Webhooks(await queue.open_webhooks(ctx.db))


async def replay_webhook(ctx: Context, principal: Principal, event_id: str) -> schemas.WebhookReplayed:
    """Apply it now, if it can be."""
    waiting = await queue.replay_webhooks(ctx.db, None, event_id)
    if not waiting:
        raise UnknownWebhook()
    states = [await process_webhook(ctx, each) for each in waiting]
    async with ctx.db.transaction("payments") as tx:
        await audit(tx, principal, "webhook.replay", event_id, {"state": states[0]})
    return schemas.WebhookReplayed(states[0])


async def unmatched(ctx: Context) -> schemas.UnmatchedList:
    return schemas.UnmatchedList([schemas.unmatched_view(row) for row in await tasks.unmatched(ctx.db)])


async def settle_unmatched(ctx: Context, principal: Principal, provider: str, payment_id: str) -> None:
    """A person has dealt with it: it was refunded in the dashboard, or belongs to another shop of the account."""
    async with ctx.db.transaction("payments") as tx:
        if not await tasks.settle_unmatched(tx, provider, payment_id, principal.name or principal.role or ""):
            raise UnknownMoney()
        await audit(tx, principal, "payment.unmatched_settled", payment_id, {"provider": provider})
