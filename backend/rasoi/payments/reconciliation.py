"""Reconciliation: the provider is asked about what is stuck, and what nobody paid in time ends."""

from __future__ import annotations

import asyncio

import structlog

from rasoi.payments import queue
from rasoi.payments import repository as db
from rasoi.payments.capture import expire
from rasoi.payments.providers import calls_to
from rasoi.payments.tasks import record_or_note
from rasoi.payments.workers import POLL_S, WorkerSignals
from rasoi.platform.context import Context

log = structlog.get_logger(__name__)
INTENT_S = 10


async def finish_attempts(ctx: Context) -> None:
    """Wait for attempts that stopped half way, then ask about all whose time has come: a webhook told of them, or a
    capture had no clear answer."""
    await ctx.get(WorkerSignals).attempts.wait(POLL_S)
    await asyncio.gather(*(_finish_attempt(ctx, each) for each in await queue.claim_attempts(ctx.db)))


async def _finish_attempt(ctx: Context, each: queue.AttemptToPoll) -> None:
    try:
        calls = calls_to(ctx, each.provider, "webhooks")
        found = await calls.lookup(each.provider_payment_id)
        await record_or_note(ctx, each.provider, each.ref, each.due_paise, found, calls)
    except Exception as error:
        log.warning("attempt could not be looked up", payment=str(each.ref.id), reason=repr(error))


async def reconcile(ctx: Context) -> None:
    """Look at all payments whose time has come; the trouble of one is no trouble of the others."""
    await db.forget_old_intents(ctx.db, INTENT_S)
    await asyncio.gather(*(_reconcile_one(ctx, each) for each in await queue.claim_payments(ctx.db)))


async def _reconcile_one(ctx: Context, each: queue.PaymentToPoll) -> None:
    try:
        await poll_payment(ctx, each)
    except Exception as error:
        log.warning("payment could not be looked up", payment=str(each.ref.id), reason=repr(error))


async def poll_payment(ctx: Context, each: queue.PaymentToPoll) -> None:
    """Record what the provider holds for this payment; when its time is over and there is nothing, it expires.
    A provider that stays away can't keep it open for ever: money that turns up later is dealt with then."""
    try:
        await _ask_about(ctx, each)
    except Exception:
        if not each.long_overdue:
            raise
        log.exception("an overdue payment could not be looked up", payment=str(each.ref.id))
    if each.overdue:
        async with ctx.db.transaction("payments") as tx:
            await expire(tx, each.ref, whatever_is_under_way=each.long_overdue)


async def _ask_about(ctx: Context, each: queue.PaymentToPoll) -> None:
    if each.provider is None or each.provider_order_id is None:
        return
    calls = calls_to(ctx, each.provider, "reconciler")
    for found in await calls.payments_of(each.provider_order_id):
        await record_or_note(ctx, each.provider, each.ref, each.amount_paise, found, calls)
