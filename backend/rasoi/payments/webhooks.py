"""Webhooks: verified over the raw body, kept as they came, answered; a worker feeds them into the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from logging import ERROR, WARNING

import structlog

from rasoi.payments import queue
from rasoi.payments import repository as db
from rasoi.payments.capture import record
from rasoi.payments.domain import Mismatch
from rasoi.payments.metrics import WEBHOOKS
from rasoi.payments.providers import WebhookEvent, provider_named
from rasoi.payments.refunds import record_refund
from rasoi.payments.workers import POLL_S, WorkerSignals
from rasoi.platform.context import Context
from rasoi.platform.problems import BadRequest, Unauthenticated

log = structlog.get_logger(__name__)
MOST_TRIES = 12
LONGEST_EVENT_ID = 200


class NoSignature(BadRequest):
    slug, title = "no-signature", "The webhook is not signed"


class ForgedWebhook(Unauthenticated):
    slug, title = "bad-webhook-signature", "The webhook's signature is not valid"


async def receive_webhook(ctx: Context, provider_name: str, headers: Mapping[str, str], body: bytes) -> None:
    """Keep a genuine one. Raises UnknownProvider, NoSignature or ForgedWebhook, and changes nothing then."""
    provider = provider_named(ctx, provider_name)
    signature = headers.get(provider.signature_header, "")
    if not signature:
        WEBHOOKS.labels("unsigned").inc()
        raise NoSignature(f"{provider.signature_header} is missing.")
    if not provider.verify_webhook(body, signature.encode("utf-8", "surrogateescape")):
        WEBHOOKS.labels("forged").inc()
        raise ForgedWebhook("Nothing was changed.")
    event_id = provider.webhook_id(body, headers) or ""
    if not 0 < len(event_id) <= LONGEST_EVENT_ID:
        event_id = hashlib.sha256(body).hexdigest()
    kept = {name: headers[name].replace("\0", "") for name in provider.webhook_headers if name in headers}
    if await queue.add_webhook(ctx.db, provider.name, event_id, kept, body):
        ctx.get(WorkerSignals).webhooks.set()
    else:
        WEBHOOKS.labels("repeated").inc()


async def process_webhooks(ctx: Context) -> None:
    """Wait for webhooks, then work on all whose time has come."""
    await ctx.get(WorkerSignals).webhooks.wait(POLL_S)
    while waiting := await queue.claim_webhooks(ctx.db):
        for each in waiting:
            await process_webhook(ctx, each)


async def process_webhook(ctx: Context, each: queue.StoredWebhook) -> None:
    """One webhook. What fails is tried again, later each time."""
    again_s = None
    try:
        event = provider_named(ctx, each.provider).read_webhook(each.body)
        outcome = await apply_webhook(ctx, each.provider, event)
    except ValueError as error:
        outcome = f"unreadable: {error}"
    except Mismatch as error:
        outcome = f"mismatch: {error}"
        log.error("webhook does not match our books", webhook=each.event_id, reason=str(error))
    except Exception as error:
        outcome = f"failed: {error!r}"[:500]
        again_s = min(2.0**each.tries, 600.0) if each.tries < MOST_TRIES else None
        log.log(
            WARNING if again_s else ERROR,
            "webhook failed",
            webhook=each.event_id,
            tries=each.tries,
            reason=repr(error),
        )
    WEBHOOKS.labels(outcome.partition(":")[0]).inc()
    await queue.finish_webhook(ctx.db, each.provider, each.event_id, outcome, again_s)


async def apply_webhook(ctx: Context, provider: str, event: WebhookEvent) -> str:
    """Feed what the provider told into the ledger; returns what became of it."""
    if event.payment is not None:
        ref = await db.by_provider_order(ctx.db, provider, event.payment.order_id)
        if ref is None:
            return "unknown order"
        ledger = await record(ctx, ref, event.payment, recheck_after=timedelta(0))
        if ledger.attempt_of(event.payment.id) is not None and event.payment.status == "authorized":
            ctx.get(WorkerSignals).attempts.set()
        return "processed"
    if event.refund is not None:
        ref = await db.by_provider_payment(ctx.db, provider, event.refund.payment_id)
        if ref is None:
            return "unknown payment"
        await record_refund(ctx, ref, event.refund)
        return "processed"
    return "ignored"
