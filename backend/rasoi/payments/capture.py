"""Money comes in: the one forward-only function that callback, webhook and reconciler all feed.

Locks are always taken in this order: the bill, then its payments.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import structlog

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments.domain import OPEN, AttemptRow, ProviderPayment
from rasoi.payments.due import align_open_payment, wait_for_cash
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import PAYMENTS, reason_of
from rasoi.payments.providers import (
    GuardedCalls,
    LookedUp,
    OutcomeUnknown,
    ProviderUnavailable,
    RequestRejected,
)
from rasoi.payments.refund_booking import book_refund
from rasoi.payments.repository import Ref
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import NotFound

log = structlog.get_logger(__name__)
RECHECK_AFTER = timedelta(seconds=10)


class UnknownPayment(NotFound):
    slug, title = "unknown-payment", "There is no such payment"


async def lock(tx: Tx, ref: Ref, captured_at: datetime | None = None) -> tuple[orders.DueBill, Ledger]:
    """The payment with its bill, both locked until the transaction ends. `captured_at` is the provider's time."""
    bill_id = await db.bill_of(tx, ref)
    if bill_id is None:
        raise UnknownPayment()
    due = await orders.lock_due(tx, ref.outlet_id, bill_id)
    ledger = await db.load(tx, ref, lock=True, captured_at=captured_at)
    assert ledger is not None
    ledger.label = due.label
    return due, ledger


async def record_attempt(tx: Tx, ref: Ref, found: LookedUp, recheck_after: timedelta) -> Ledger:
    """Take in what the provider says of one of its payments, whoever heard it. Raises Mismatch.

    What a webhook's snapshot alone doesn't tell in full is booked when the provider has been asked."""
    due, ledger = await lock(tx, ref, found.payment.captured_at)
    if found.refunds is None and not ledger.is_plain(found.payment):
        ledger.look_up(found.payment)
        await db.save(tx, ledger)
        return ledger
    captured = ledger.observe(found.payment)
    attempt = ledger.attempt_of(found.payment.id)
    if captured is not None and found.payment.is_given_back:
        ledger.set_aside()
        await db.save(tx, ledger)
        await _ask_anew(tx, due, ledger)
    elif captured is not None:
        await apply_capture(tx, due, ledger, captured)
    elif attempt is not None and attempt.status in ("created", "authorized", "unknown"):
        attempt.poll_at = None if ledger.row.status == "completed" else ledger.now + recheck_after
        ledger.changed_attempts[attempt.id] = attempt
    elif attempt is not None and attempt.id in ledger.changed_attempts:
        tx.on_commit(
            PAYMENTS.labels(attempt.method or "unknown", attempt.status, reason_of(found.payment.reason)).inc
        )
    for refund in found.refunds or ():
        await book_refund(tx, ledger, refund)
    await db.save(tx, ledger)
    await db.add_to_day(tx, ledger)
    return ledger


async def apply_capture(tx: Tx, due: orders.DueBill, ledger: Ledger, attempt: AttemptRow) -> bool:
    """Put captured money on the bill, and promise back what can't be used of it: all, or what is not due."""
    if ledger.row.status == "completed":
        fulfilment = orders.Fulfilment(False, "it was paid already")
    elif attempt.amount_paise != ledger.row.amount_paise:
        fulfilment = orders.Fulfilment(False, "another amount was paid than was asked for")
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
        if fulfilment.excess_paise:
            ledger.request_refund(attempt, fulfilment.excess_paise, "more was paid than is due")
    else:
        ledger.refund_unusable(attempt, fulfilment.reason or "it can't be used")
    await db.save(tx, ledger)
    if fulfilment.due is not None:
        await align_open_payment(tx, fulfilment.due)
    else:
        await _ask_anew(tx, due, ledger)
    outcome = "completed" if fulfilment.ok else "unusable"
    tx.on_commit(PAYMENTS.labels(attempt.method or "unknown", outcome, fulfilment.reason or "").inc)
    return fulfilment.ok


async def _ask_anew(tx: Tx, due: orders.DueBill, ledger: Ledger) -> None:
    """An order that still waits can be paid again within its time, and expires with it."""
    if ledger.row.status == "cancelled":
        await align_open_payment(
            tx, await orders.lock_due(tx, due.outlet_id, due.bill_id), ledger.row.expires_at
        )


def _to_capture(ledger: Ledger, provider_payment_id: str) -> AttemptRow | None:
    """The attempt, when its capture is still ours to ask for: nothing else has paid meanwhile."""
    attempt = ledger.attempt_of(provider_payment_id)
    if attempt is None or ledger.row.status == "completed":
        return None
    return attempt if attempt.status in ("authorized", "unknown") else None


async def look_closely(calls: GuardedCalls, found: ProviderPayment, due_paise: int) -> LookedUp:
    """What the provider has just answered, with its refunds, and what its order got where the amount is another one."""
    if found.status == "captured" and found.amount_paise != due_paise:
        received = await calls.received_by(found.order_id)
        if received == due_paise < found.amount_paise:
            found = msgspec.structs.replace(found, received_paise=due_paise)
    refunds = await calls.refunds_of(found.id) if found.status == "captured" and found.refunded_paise else []
    return LookedUp(found, refunds)


async def record_and_capture(
    ctx: Context, ref: Ref, due_paise: int, found: ProviderPayment, calls: GuardedCalls
) -> Ledger:
    """Record what the provider has just answered; capture what is only authorised. A capture without a clear answer is
    looked up before anything else is done; when that fails too, the attempt stays unknown and is looked up later."""
    ledger = await record(ctx, ref, await look_closely(calls, found, due_paise))
    if found.status != "authorized" or _to_capture(ledger, found.id) is None:
        return ledger
    try:
        found = await calls.capture(found.id, found.amount_paise, found.currency)
    except ProviderUnavailable:
        raise
    except (OutcomeUnknown, RequestRejected) as error:
        log.warning("capture without a clear answer", payment=str(ref.id), reason=str(error))
        try:
            found = await calls.lookup(found.id)
        except (OutcomeUnknown, RequestRejected):
            return await _mark_unknown(ctx, ref, found.id)
    return await record(ctx, ref, await look_closely(calls, found, due_paise))


async def _mark_unknown(ctx: Context, ref: Ref, provider_payment_id: str) -> Ledger:
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        attempt = ledger.attempt_of(provider_payment_id)
        if attempt is not None and attempt.status == "authorized":
            ledger.mark_unknown(attempt)
            attempt.poll_at = ledger.now + RECHECK_AFTER
            await db.save(tx, ledger)
    return ledger


async def record(ctx: Context, ref: Ref, found: LookedUp, recheck_after: timedelta = RECHECK_AFTER) -> Ledger:
    """Take in what the provider says, in a transaction of its own; what is half way is asked about after `recheck_after`.

    Most of it is told several times. What our books have already needs no lock: they only ever go forward from it."""
    known = await db.load(ctx.db, ref)
    if known is not None and not found.refunds and known.has_booked(found.payment):
        ledger = known
    else:
        async with ctx.db.transaction("payments") as tx:
            ledger = await record_attempt(tx, ref, found, recheck_after)
    if any(refund.status == "requested" for refund in ledger.refunds):
        ctx.get(WorkerSignals).refunds.set()
    return ledger


async def expire(tx: Tx, ref: Ref, *, whatever_is_under_way: bool = False) -> bool:
    """The payment's time is over and the provider holds no money for it: orders that waited for it expire with it.
    What is under way at the provider keeps it open, but not for ever."""
    due, ledger = await lock(tx, ref)
    if ledger.row.status not in OPEN or ledger.row.expires_at is None or ledger.row.expires_at > ledger.now:
        return False
    if wait_for_cash(ledger, due) and ledger.row.expires_at > ledger.now:
        await db.save(tx, ledger)
        return False
    under_way = any(attempt.status in ("authorized", "unknown") for attempt in ledger.attempts)
    if under_way and not whatever_is_under_way:
        return False
    status = "failed" if ledger.attempts else "expired"
    ledger.close_unpaid(status)
    await db.save(tx, ledger)
    await orders.expire_unpaid(tx, due.outlet_id, due.bill_id)
    tx.on_commit(PAYMENTS.labels("none", status, "not paid in time").inc)
    return True
