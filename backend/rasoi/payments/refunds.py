"""Giving money back: promised by the platform or a manager, asked of the provider by a worker, told by the provider."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import structlog
from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import queue, schemas
from rasoi.payments import repository as db
from rasoi.payments.capture import lock
from rasoi.payments.domain import UNDER_WAY
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import REFUNDS
from rasoi.payments.providers import (
    GuardedCalls,
    OutcomeUnknown,
    ProviderRefund,
    ProviderUnavailable,
    RefundImpossible,
    RequestRejected,
    calls_to,
)
from rasoi.payments.refund_booking import book_refund
from rasoi.payments.repository import Ref
from rasoi.payments.shifts import shift_for_cash
from rasoi.payments.tasks import record_or_note
from rasoi.payments.workers import POLL_S, WorkerSignals
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.jobs import for_each
from rasoi.platform.problems import Conflict, NotFound
from rasoi.staff.api import approved_by, audit, authorize

log = structlog.get_logger(__name__)
REFUSED_S = 5 * 86400.0  # a refund that is refused so long is paid out another way


async def refund(
    ctx: Context,
    principal: Principal,
    payment_id: UUID,
    request: schemas.RefundRequest,
    key: IdempotencyKey,
    approval: str | None = None,
) -> Response[bytes]:
    """Promise money back. A provider is asked by the worker; cash is a task until a person has handed it out. Above the
    caller's limit it needs an approval."""

    async def work(tx: Tx) -> tuple[int, schemas.Refund]:
        _, ledger = await lock(tx, Ref(principal.outlet_id, payment_id))
        paise = request.amount_paise
        lifted = await authorize(
            ctx,
            tx,
            principal,
            "refund",
            str(payment_id),
            approval,
            paise=paise,
            in_all_paise=ledger.asked_back_paise + paise,
        )
        attempt = ledger.attempt_with(request.amount_paise)
        row = ledger.request_refund(
            attempt, request.amount_paise, request.reason, (principal.id, principal.name)
        )
        if lifted is not None:
            row.approved_by, row.approved_by_name = lifted.id, lifted.name
        if row.on_bill:
            await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, row.amount_paise)
        await db.save(tx, ledger)
        detail = {"refund": str(row.id), "amount_paise": row.amount_paise, "reason": request.reason}
        await audit(tx, principal, "payment.refund", str(payment_id), detail | approved_by(lifted))
        return 202, schemas.refund_view(row, staff=True)

    answer = await idempotent(ctx, "payments", principal, key, work)
    ctx.get(WorkerSignals).refunds.set()
    return answer


class UnknownRefund(NotFound):
    slug, title = "unknown-refund", "There is no such refund"


class NotToHandOut(Conflict):
    slug, title = "not-to-hand-out", "This refund is not to be handed out"


async def hand_out(
    ctx: Context, principal: Principal, refund_id: UUID, request: schemas.HandOutRequest, key: IdempotencyKey
) -> Response[bytes]:
    """A named person has paid a refund out by hand, once."""

    async def work(tx: Tx) -> tuple[int, schemas.Refund]:
        ref = await db.payment_of_refund(tx, principal.outlet_id, refund_id)
        if ref is None:
            raise UnknownRefund()
        shift_id = await shift_for_cash(tx, principal) if request.method == "cash" else None
        _, ledger = await lock(tx, ref)
        row = next(each for each in ledger.refunds if each.id == refund_id)
        if row.handed_by is not None:
            raise NotToHandOut(
                f"{row.handed_by_name} has handed it out already.", handed_by=row.handed_by_name
            )
        if row.status != "to_hand_out":
            raise NotToHandOut("The payment provider gives it back; please wait.", refund_status=row.status)
        row.shift_id = shift_id
        ledger.hand_out(row, principal.id, principal.name or "", request.method, request.reference)
        await db.save(tx, ledger)
        detail = {"refund": str(row.id), "amount_paise": row.amount_paise, "method": request.method}
        await audit(tx, principal, "payment.refund_handed_out", str(ref.id), detail)
        await db.add_to_day(tx, ledger)
        tx.on_commit(REFUNDS.labels(row.method or "unknown", "processed").inc)
        return 200, schemas.refund_view(row, staff=True)

    return await idempotent(ctx, "payments", principal, key, work)


async def refund_excess(tx: Tx, outlet_id: int, bill_id: UUID) -> None:
    """Give back what was paid beyond the total of a locked bill, newest money first."""
    due = await orders.lock_due(tx, outlet_id, bill_id)
    excess = due.paid_paise - due.refunded_paise - due.total_paise
    if excess <= 0:
        return
    given = 0
    for ref in await db.paid_of_bill(tx, outlet_id, bill_id):
        ledger = await db.load(tx, ref, lock=True)
        assert ledger is not None
        ledger.label = due.label
        for attempt in ledger.attempts:
            paise = min(excess - given, attempt.refundable_paise)
            if attempt.on_bill and paise > 0:
                ledger.request_refund(attempt, paise, "more was paid than the bill comes to")
                given += paise
        await db.save(tx, ledger)
    if given:
        await orders.apply_refund(tx, outlet_id, bill_id, given)


async def record_refund(ctx: Context, ref: Ref, found: ProviderRefund) -> Ledger:
    """Take in what the provider says of a refund, in a transaction of its own."""
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        await book_refund(tx, ledger, found)
        await db.save(tx, ledger)
        await db.add_to_day(tx, ledger)
    return ledger


async def send_refunds(ctx: Context) -> None:
    """Wait for refunds, then ask the provider for all whose time has come."""
    await ctx.get(WorkerSignals).refunds.wait(POLL_S)
    while due := await queue.claim_refunds(ctx.db):
        await for_each(due, partial(send_refund, ctx), "refund")


async def send_refund(ctx: Context, each: queue.DueRefund) -> None:
    """Ask for it, or about it. No clear answer: it is looked for before it is asked for again. A clear no: again later, for
    days; where it can never be, it is for a person to pay out."""
    calls = calls_to(ctx, each.provider, "reconciler")
    try:
        await record_refund(ctx, each.ref, await _ask(calls, each))
    except ProviderUnavailable as error:
        log.warning("refund waits for the provider", refund=str(each.id), reason=str(error))
    except OutcomeUnknown as error:
        log.warning("refund without a clear answer", refund=str(each.id), tries=each.tries, reason=str(error))
        await mark_refund(ctx, each, str(error), status="unknown")
    except RefundImpossible as error:
        await _look_again(ctx, each, calls)
        await mark_refund(ctx, each, str(error), status="to_hand_out")
    except RequestRejected as error:
        log.warning("refund refused", refund=str(each.id), tries=each.tries, reason=str(error))
        over = each.age_s > REFUSED_S
        await mark_refund(ctx, each, str(error), status="to_hand_out" if over else None)


async def _ask(calls: GuardedCalls, each: queue.DueRefund) -> ProviderRefund:
    """Look first where an earlier try may have been heard; then ask, under the refund's own idempotency key."""
    if each.tries > 1 or each.status != "requested" or each.provider_refund_id is not None:
        for found in await calls.refunds_of(each.provider_payment_id):
            if found.reference == str(each.id) or found.id == each.provider_refund_id:
                return found
    if each.provider_refund_id is not None:
        raise OutcomeUnknown(f"the provider does not know {each.provider_refund_id} any more")
    return await calls.refund(each.provider_payment_id, each.amount_paise, str(each.id))


async def _look_again(ctx: Context, each: queue.DueRefund, calls: GuardedCalls) -> None:
    """It may be impossible because the provider has given the money back already."""
    found = await calls.lookup(each.provider_payment_id)
    await record_or_note(ctx, each.provider, each.ref, await db.amount_of(ctx.db, each.ref), found, calls)


async def mark_refund(ctx: Context, each: queue.DueRefund, error: str, *, status: str | None) -> None:
    """What came of asking; with no status it is as far as it was, and the error is told."""
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, each.ref)
        row = next(refund for refund in ledger.refunds if refund.id == each.id)
        changed = row.provider_refund_id is not None or row.amount_paise != each.amount_paise
        if row.status not in UNDER_WAY or (status == "to_hand_out" and changed):
            return  # it is another one than was refused
        if status is None:
            ledger.delay_refund(row, error)
        else:
            ledger.advance_refund(row, status, error=error)
        await db.save(tx, ledger)
        if status == "to_hand_out":
            tx.on_commit(REFUNDS.labels(row.method or "unknown", status).inc)
            log.error("refund is to be paid out by hand", refund=str(row.id), reason=error)
