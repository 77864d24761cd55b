"""Webhooks: verified over the raw body, kept as they came, answered; a worker feeds them into the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from logging import DEBUG, ERROR, WARNING

import structlog

from rasoi.payments import disputes, queue, tasks
from rasoi.payments import repository as db
from rasoi.payments.capture import record
from rasoi.payments.domain import Mismatch, ProviderPayment, RefundTooLarge
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import WEBHOOKS
from rasoi.payments.providers import LookedUp, WebhookEvent, provider_named
from rasoi.payments.refund_booking import NotKnownYet
from rasoi.payments.refunds import record_refund
from rasoi.payments.workers import POLL_S, WorkerSignals
from rasoi.platform.context import Context
from rasoi.platform.jobs import for_each
from rasoi.platform.problems import BadRequest, Unauthenticated

log = structlog.get_logger(__name__)
LONGEST_PAUSE_S = 900.0
PATIENCE_S = 3 * 86400.0
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
    added = await queue.add_webhook(ctx.db, provider.name, event_id, kept, body)
    if not added and await queue.has_other_body(ctx.db, provider.name, event_id, body):
        # nobody signed the header that the id stands in: it keeps no genuine one out
        other_id = f"{event_id[:100]} {hashlib.sha256(body).hexdigest()}"
        added = await queue.add_webhook(ctx.db, provider.name, other_id, kept, body)
    if added:
        ctx.get(WorkerSignals).webhooks.set()
    else:
        WEBHOOKS.labels("repeated").inc()


async def process_webhooks(ctx: Context) -> None:
    """Wait for webhooks, then work on all whose time has come."""
    await ctx.get(WorkerSignals).webhooks.wait(POLL_S)
    while waiting := await queue.claim_webhooks(ctx.db):
        await for_each(waiting, partial(process_webhook, ctx), "webhook")


async def process_webhook(ctx: Context, each: queue.StoredWebhook) -> str:
    """One webhook; returns its state. What can't be applied yet waits and is tried again, later each time; what never
    can is parked, where people see it."""
    event, again_s, outlet_id = None, None, None
    try:
        event = provider_named(ctx, each.provider).read_webhook(each.body)
        ref = await _ref_of(ctx, each.provider, event)
        outlet_id = ref.outlet_id if ref else event.payment.outlet_id if event.payment else None
        state, outcome = await apply_webhook(ctx, each.provider, event, ref)
    except ValueError as error:
        state, outcome = "parked", f"unreadable: {error}"
    except (Mismatch, RefundTooLarge) as error:
        state, outcome = "parked", f"mismatch: {error}"
        if event and not event.dispute and await tasks.is_noted(ctx.db, each.provider, _subject(event) or ""):
            state = "superseded"  # a person has a task about it
    except Exception as error:
        known = isinstance(error, NotKnownYet)
        state, outcome = "waiting", str(error) if known else f"failed: {error!r}"
        again_s = min(2.0**each.tries, LONGEST_PAUSE_S)
        if each.age_s > PATIENCE_S:
            state, again_s = "parked", None
    level = ERROR if state == "parked" else WARNING if state == "waiting" else DEBUG
    log.log(level, "webhook", webhook=each.event_id, state=state, reason=outcome, tries=each.tries)
    WEBHOOKS.labels(state).inc()
    name = event.event if event else None
    await queue.finish_webhook(ctx.db, each, state, outcome[:500], again_s, name, _subject(event), outlet_id)
    if state == "applied" and event is not None and event.payment is not None:
        await queue.wake_waiting(ctx.db, each.provider, event.payment.id)
    return state


async def _ref_of(ctx: Context, provider: str, event: WebhookEvent) -> db.Ref | None:
    """Our payment that it tells of. A refund may be told of before its payment, which comes with it."""
    ref, told = None, event.refund or event.dispute
    if told is not None:
        ref = await db.by_provider_payment(ctx.db, provider, told.payment_id)
    if ref is None and event.payment is not None:
        ref = await db.by_provider_order(ctx.db, provider, event.payment.order_id)
    return ref


def _subject(event: WebhookEvent | None) -> str | None:
    """The provider's payment that it tells of."""
    if event is None:
        return None
    told = event.refund or event.dispute
    return told.payment_id if told else event.payment.id if event.payment else None


async def apply_webhook(
    ctx: Context, provider: str, event: WebhookEvent, ref: db.Ref | None
) -> tuple[str, str]:
    """Feed what the provider told of our payment `ref` into the ledger; returns the webhook's state, and what became of it."""
    if event.dispute is not None:
        return _state(await disputes.take_in(ctx, provider, event.dispute, ref))
    if event.refund is not None:
        return await _apply_refund(ctx, event, ref)
    if event.payment is None:
        return "superseded", "nothing that matters here"
    if ref is None:
        raise NotKnownYet(f"no payment of ours has the provider's order {event.payment.order_id or 'none'}")
    return _state((await _record(ctx, ref, event.payment)).has_changed)


async def _record(ctx: Context, ref: db.Ref, payment: ProviderPayment) -> Ledger:
    """Record a snapshot; what it leaves open is looked up at once."""
    ledger = await record(ctx, ref, LookedUp(payment), recheck_after=timedelta(0))
    attempt = ledger.attempt_of(payment.id)
    if attempt is not None and attempt.poll_at is not None:
        ctx.get(WorkerSignals).attempts.set()
    return ledger


async def _apply_refund(ctx: Context, event: WebhookEvent, ref: db.Ref | None) -> tuple[str, str]:
    """A refund may be told of before its payment, which comes with it: that one is looked up then."""
    assert event.refund is not None
    if ref is None:
        raise NotKnownYet(f"no payment of ours is {event.refund.payment_id}")
    try:
        return _state((await record_refund(ctx, ref, event.refund)).has_changed)
    except NotKnownYet:
        if event.payment is not None:
            await _record(ctx, ref, event.payment)
        raise


def _state(is_news: bool) -> tuple[str, str]:
    return ("applied", "") if is_news else ("superseded", "it was known already")
