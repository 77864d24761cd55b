"""What happens without anybody asking: webhooks are processed, refunds sent, payments looked up and expired."""

from __future__ import annotations

import contextlib
from logging import ERROR, WARNING
from uuid import UUID

import structlog

from rasoi.orders import api as orders
from rasoi.payments import queue
from rasoi.payments import repository as db
from rasoi.payments.capture import UnknownPayment, WorkerSignals, expire, lock, record_and_capture
from rasoi.payments.domain import AttemptRow, IllegalTransition, Mismatch, RefundRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import OLDEST, REFUNDS, UNSETTLED, WAITING, WEBHOOKS
from rasoi.payments.providers import (
    OutcomeUnknown,
    ProviderRefund,
    RequestRejected,
    WebhookEvent,
    provider_of,
)
from rasoi.payments.repository import Ref
from rasoi.platform.context import Context
from rasoi.platform.database import Tx

log = structlog.get_logger(__name__)
POLL_S = 1.0
MOST_TRIES = 12
INTENT_S = 10
WEBHOOK_DAYS = 90


# webhooks


async def process_webhooks(ctx: Context) -> None:
    """Wait for webhooks, then work on all whose time has come."""
    await ctx.get(WorkerSignals).webhooks.wait(POLL_S)
    while waiting := await queue.claim_webhooks(ctx.db, provider_of(ctx).name):
        for each in waiting:
            await process_webhook(ctx, each)


async def process_webhook(ctx: Context, each: queue.StoredWebhook) -> None:
    """One webhook. What fails is tried again, later each time."""
    provider = provider_of(ctx)
    again_s = None
    try:
        outcome = await apply_webhook(ctx, provider.read_webhook(each.body))
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
    await queue.finish_webhook(ctx.db, provider.name, each.event_id, outcome, again_s)


async def apply_webhook(ctx: Context, notice: WebhookEvent) -> str:
    """Feed what the provider told into the ledger; returns what became of it."""
    if notice.payment is not None:
        ref = await db.by_provider_order(ctx.db, notice.payment.order_id)
        if ref is None:
            return "unknown order"
        await record_and_capture(ctx, ref, notice.payment, fresh=False)
        return "processed"
    if notice.refund is not None:
        ref = await db.by_provider_payment(ctx.db, notice.refund.payment_id)
        if ref is None:
            return "unknown payment"
        await record_refund(ctx, ref, notice.refund)
        return "processed"
    return "ignored"


# refunds


async def record_refund(ctx: Context, ref: Ref, found: ProviderRefund) -> None:
    """Take in what the provider says of a refund. One that we did not ask for (the owner used the provider's own
    dashboard) is written down as well: the books must agree."""
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        row = _ours(ledger, found)
        before = row.status if row else None
        if row is None:
            attempt = ledger.attempt_of(found.payment_id)
            if attempt is None or attempt.status != "captured":
                raise UnknownPayment(f"{found.payment_id} is not captured here yet")
            row = await _adopt(tx, ledger, attempt, found)
        elif row.amount_paise != found.amount_paise:
            raise Mismatch(f"refund {row.id} is of {row.amount_paise}, {found.id} of {found.amount_paise}")
        if ledger.advance_refund(row, found.status, provider_refund_id=found.id):
            log.error("refund failed", refund=str(row.id), payment=str(ref.id), amount_paise=row.amount_paise)
            if row.on_bill:
                await orders.apply_refund(tx, ref.outlet_id, ledger.row.bill_id, -row.amount_paise)
        await db.save(tx, ledger)
        await db.add_to_day(tx, ledger)
        if row.status != before:
            tx.on_commit(REFUNDS.labels(row.method or "unknown", row.status).inc)


async def _adopt(tx: Tx, ledger: Ledger, attempt: AttemptRow, found: ProviderRefund) -> RefundRow:
    row = ledger.request_refund(attempt, found.amount_paise, "refunded at the payment provider")
    row.next_try_at = None
    if row.on_bill:
        await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, row.amount_paise)
    return row


def _ours(ledger: Ledger, found: ProviderRefund) -> RefundRow | None:
    return next(
        (r for r in ledger.refunds if r.provider_refund_id == found.id or str(r.id) == found.reference), None
    )


async def send_refunds(ctx: Context) -> None:
    """Wait for refunds, then ask the provider for all whose time has come."""
    await ctx.get(WorkerSignals).refunds.wait(POLL_S)
    while due := await queue.claim_refunds(ctx.db):
        for each in due:
            try:
                await send_refund(ctx, each)
            except OutcomeUnknown as error:
                log.warning(
                    "refund without a clear answer", refund=str(each.id), tries=each.tries, reason=str(error)
                )
                await mark_refund(ctx, each.ref, each.id, "unknown", str(error))
            except (IllegalTransition, Mismatch) as error:
                log.error("refund does not match our books", refund=str(each.id), reason=str(error))


async def send_refund(ctx: Context, each: queue.DueRefund) -> None:
    """Look first where an earlier try may have been heard; then ask, under the refund's own idempotency key."""
    provider = provider_of(ctx)
    found = None
    if each.tries > 1 or each.status != "requested":
        found = await provider.find_refund(each.provider_payment_id, str(each.id))
    if found is None:
        try:
            found = await provider.refund(each.provider_payment_id, each.amount_paise, str(each.id))
        except RequestRejected as error:
            await mark_refund(ctx, each.ref, each.id, "failed", str(error))
            return
    await record_refund(ctx, each.ref, found)


async def mark_refund(ctx: Context, ref: Ref, refund_id: UUID, status: str, error: str) -> None:
    """OutcomeUnknown, or clearly refused; a refused one counts no more."""
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        row = next(refund for refund in ledger.refunds if refund.id == refund_id)
        if row.status in ("processed", "failed"):
            return
        if ledger.advance_refund(row, status, error=error) and row.on_bill:
            await orders.apply_refund(tx, ref.outlet_id, ledger.row.bill_id, -row.amount_paise)
        await db.save(tx, ledger)
    if status == "failed":
        log.error("refund refused", refund=str(refund_id), payment=str(ref.id), reason=error)
        REFUNDS.labels(row.method or "unknown", "failed").inc()


# the janitor


async def reconcile(ctx: Context) -> None:
    """Ask the provider about what is stuck, and end what nobody paid in time."""
    await db.forget_old_intents(ctx.db, INTENT_S)
    for ref, provider_payment_id in await queue.claim_attempts(ctx.db):
        with contextlib.suppress(OutcomeUnknown, RequestRejected):
            await record_and_capture(ctx, ref, await provider_of(ctx).lookup(provider_payment_id), fresh=True)
    for each in await queue.claim_payments(ctx.db):
        try:
            await poll_payment(ctx, each)
        except Exception as error:
            log.warning("payment could not be looked up", payment=str(each.ref.id), reason=repr(error))


async def poll_payment(ctx: Context, each: queue.PaymentToPoll) -> None:
    """Record what the provider holds for this payment; when its time is over and there is nothing, it expires.
    A provider that stays away can't keep it open for ever: money that turns up later is dealt with then."""
    try:
        if each.provider_order_id is not None:
            for found in await provider_of(ctx).payments_of(each.provider_order_id):
                await record_and_capture(ctx, each.ref, found, fresh=True)
    except (OutcomeUnknown, RequestRejected):
        if not each.long_overdue:
            raise
    if each.overdue:
        async with ctx.db.transaction("payments") as tx:
            await expire(tx, each.ref)


async def count_waiting(ctx: Context) -> None:
    """Tell what waits to be worked on, and what was captured without an end."""
    rows = await queue.waiting(ctx.db)
    WAITING.report({(row["work"],): row["count"] for row in rows})
    OLDEST.report({(row["work"],): row["oldest_s"] for row in rows})
    UNSETTLED.report({(): await queue.unsettled(ctx.db)})


async def prune(ctx: Context) -> None:
    """Webhooks that are long done."""
    await queue.prune_webhooks(ctx.db, WEBHOOK_DAYS)
