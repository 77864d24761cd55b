"""Reconciliation: the provider is asked about what is stuck, and what nobody paid in time ends."""

from __future__ import annotations

import contextlib

import structlog

from rasoi.payments import queue
from rasoi.payments import repository as db
from rasoi.payments.capture import expire, record_and_capture
from rasoi.payments.providers import OutcomeUnknown, RequestRejected, provider_named
from rasoi.platform.context import Context

log = structlog.get_logger(__name__)
INTENT_S = 10


async def reconcile(ctx: Context) -> None:
    """Ask the provider about what is stuck, and end what nobody paid in time."""
    await db.forget_old_intents(ctx.db, INTENT_S)
    for attempt in await queue.claim_attempts(ctx.db):
        with contextlib.suppress(OutcomeUnknown, RequestRejected):
            found = await provider_named(ctx, attempt.provider).lookup(attempt.provider_payment_id)
            await record_and_capture(ctx, attempt.ref, found, fresh=True)
    for each in await queue.claim_payments(ctx.db):
        try:
            await poll_payment(ctx, each)
        except Exception as error:
            log.warning("payment could not be looked up", payment=str(each.ref.id), reason=repr(error))


async def poll_payment(ctx: Context, each: queue.PaymentToPoll) -> None:
    """Record what the provider holds for this payment; when its time is over and there is nothing, it expires.
    A provider that stays away can't keep it open for ever: money that turns up later is dealt with then."""
    try:
        if each.provider is not None and each.provider_order_id is not None:
            for found in await provider_named(ctx, each.provider).payments_of(each.provider_order_id):
                await record_and_capture(ctx, each.ref, found, fresh=True)
    except (OutcomeUnknown, RequestRejected):
        if not each.long_overdue:
            raise
    if each.overdue:
        async with ctx.db.transaction("payments") as tx:
            await expire(tx, each.ref)
