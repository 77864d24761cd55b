"""Money comes in: the one forward-only function that callback, webhook and reconciler all feed.

Locks are always taken in this order: the bill, then its payments.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments.domain import OPEN, AttemptRow, ProviderPayment
from rasoi.payments.due import align_open_payment
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import PAYMENTS, reason_of
from rasoi.payments.providers import GuardedCalls, OutcomeUnknown, ProviderUnavailable, RequestRejected
from rasoi.payments.repository import Ref
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import NotFound

log = structlog.get_logger(__name__)
RECHECK_AFTER = timedelta(seconds=10)


class UnknownPayment(NotFound):
    slug, title = "unknown-payment", "There is no such payment"


async def lock(tx: Tx, ref: Ref) -> tuple[orders.DueBill, Ledger]:
    """The payment with its bill, both locked until the transaction ends."""
    bill_id = await db.bill_of(tx, ref)
    if bill_id is None:
        raise UnknownPayment()
    due = await orders.lock_due(tx, ref.outlet_id, bill_id)
    ledger = await db.load(tx, ref, lock=True)
    assert ledger is not None
    return due, ledger


async def record_attempt(tx: Tx, ref: Ref, found: ProviderPayment, recheck_after: timedelta) -> Ledger:
    """Take in what the provider says of one of its payments, whoever heard it. Raises Mismatch."""
    due, ledger = await lock(tx, ref)
    captured = ledger.observe(found)
    attempt = ledger.attempt_of(found.id)
    if captured is not None:
        await apply_capture(tx, due, ledger, captured)
    elif attempt is not None and attempt.status in ("created", "authorized", "unknown"):
        attempt.poll_at = None if ledger.row.status == "completed" else ledger.now + recheck_after
        ledger.changed_attempts[attempt.id] = attempt
    elif attempt is not None and attempt.id in ledger.changed_attempts and attempt.status == "failed":
        tx.on_commit(PAYMENTS.labels(attempt.method or "unknown", "failed", reason_of(found.reason)).inc)
    await db.save(tx, ledger)
    await db.add_to_day(tx, ledger)
    return ledger


async def apply_capture(tx: Tx, due: orders.DueBill, ledger: Ledger, attempt: AttemptRow) -> bool:
    """Put captured money on the bill, or promise it back when it can't be used."""
    if ledger.row.status == "completed":
        fulfilment = orders.Fulfilment(False, "it was paid already")
    else:
        fulfilment = await orders.apply_capture(
            tx,
            due,
            attempt.amount_paise,
            ledger.row.id,
            method=attempt.method,
            cashier=attempt.waiter_name,
        )
    if fulfilment.ok:
        ledger.fulfil(attempt)
    else:
        ledger.refund_unusable(attempt, fulfilment.reason or "it can't be used")
    await db.save(tx, ledger)
    if fulfilment.ok:
        await align_open_payment(tx, await orders.lock_due(tx, due.outlet_id, due.bill_id))
    outcome = "completed" if fulfilment.ok else "unusable"
    tx.on_commit(PAYMENTS.labels(attempt.method or "unknown", outcome, fulfilment.reason or "").inc)
    return fulfilment.ok


def _to_capture(ledger: Ledger, provider_payment_id: str) -> AttemptRow | None:
    """The attempt, when its capture is still ours to ask for: nothing else has paid meanwhile."""
    attempt = ledger.attempt_of(provider_payment_id)
    if attempt is None or ledger.row.status == "completed":
        return None
    return attempt if attempt.status in ("authorized", "unknown") else None


async def record_and_capture(ctx: Context, ref: Ref, found: ProviderPayment, calls: GuardedCalls) -> Ledger:
    """Record what the provider has just answered; capture what is only authorised. A capture without a clear answer is
    looked up before anything else is done; when that fails too, the attempt stays unknown and is looked up later."""
    ledger = await record(ctx, ref, found)
    if found.status != "authorized" or _to_capture(ledger, found.id) is None:
        return ledger
    try:
        found = await calls.capture(found.id, ledger.row.amount_paise, ledger.row.currency)
    except ProviderUnavailable:
        raise
    except (OutcomeUnknown, RequestRejected) as error:
        log.warning("capture without a clear answer", payment=str(ref.id), reason=str(error))
        try:
            found = await calls.lookup(found.id)
        except (OutcomeUnknown, RequestRejected):
            return await _mark_unknown(ctx, ref, found.id)
    return await record(ctx, ref, found)


async def _mark_unknown(ctx: Context, ref: Ref, provider_payment_id: str) -> Ledger:
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        attempt = ledger.attempt_of(provider_payment_id)
        if attempt is not None and attempt.status == "authorized":
            ledger.mark_unknown(attempt)
            attempt.poll_at = ledger.now + RECHECK_AFTER
            await db.save(tx, ledger)
    return ledger


async def record(
    ctx: Context, ref: Ref, found: ProviderPayment, recheck_after: timedelta = RECHECK_AFTER
) -> Ledger:
    """Take in what the provider says, in a transaction of its own; what is half way is asked about after `recheck_after`."""
    async with ctx.db.transaction("payments") as tx:
        ledger = await record_attempt(tx, ref, found, recheck_after)
    if any(refund.status == "requested" for refund in ledger.refunds):
        ctx.get(WorkerSignals).refunds.set()
    return ledger


async def expire(tx: Tx, ref: Ref) -> bool:
    """The payment's time is over and the provider holds no money for it: orders that waited for it expire with it."""
    due, ledger = await lock(tx, ref)
    if ledger.row.status not in OPEN or ledger.row.expires_at is None or ledger.row.expires_at > ledger.now:
        return False
    if any(attempt.status in ("authorized", "unknown") for attempt in ledger.attempts):
        return False
    status = "failed" if ledger.attempts else "expired"
    ledger.close_unpaid(status)
    await db.save(tx, ledger)
    await orders.expire_unpaid(tx, due.outlet_id, due.bill_id)
    tx.on_commit(PAYMENTS.labels("none", status, "not paid in time").inc)
    return True
