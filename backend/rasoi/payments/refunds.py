"""Giving money back: promised by the platform or a manager, asked of the provider by a worker, told by the provider."""

from __future__ import annotations

from uuid import UUID

import structlog
from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import queue, schemas
from rasoi.payments import repository as db
from rasoi.payments.capture import lock
from rasoi.payments.domain import RefundRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import REFUNDS
from rasoi.payments.providers import (
    OutcomeUnknown,
    ProviderRefund,
    ProviderUnavailable,
    RequestRejected,
    calls_to,
)
from rasoi.payments.refund_booking import book_refund
from rasoi.payments.repository import Ref
from rasoi.payments.workers import POLL_S, WorkerSignals
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.staff.api import audit

log = structlog.get_logger(__name__)


async def refund(
    ctx: Context, principal: Principal, payment_id: UUID, request: schemas.RefundRequest, key: IdempotencyKey
) -> Response[bytes]:
    """Promise money back. Cash is handed out by the manager at once; a provider is asked by the worker."""

    async def work(tx: Tx) -> tuple[int, schemas.Refund]:
        _, ledger = await lock(tx, Ref(principal.outlet_id, payment_id))
        row = _waiting_cash(ledger, request.amount_paise)
        if row is None:
            attempt = ledger.attempt_with(request.amount_paise)
            row = ledger.request_refund(
                attempt, request.amount_paise, request.reason, (principal.id, principal.name)
            )
            if row.on_bill:
                await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, row.amount_paise)
        if row.next_try_at is None:
            ledger.advance_refund(row, "processed")
            tx.on_commit(REFUNDS.labels(row.method or "unknown", "processed").inc)
        await db.save(tx, ledger)
        detail = {"refund": str(row.id), "amount_paise": row.amount_paise, "reason": request.reason}
        await audit(tx, principal, "payment.refund", str(payment_id), detail)
        await db.add_to_day(tx, ledger)
        return 202, schemas.refund_view(row, staff=True)

    answer = await idempotent(ctx, "payments", principal, key, work)
    ctx.get(WorkerSignals).refunds.set()
    return answer


def _waiting_cash(ledger: Ledger, paise: int) -> RefundRow | None:
    """A cash refund of this amount that the platform asked a manager to hand out."""
    waiting = (
        r
        for r in ledger.refunds
        if r.method == "cash" and r.status == "requested" and r.amount_paise == paise
    )
    return next(waiting, None)


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
        failed = {r.attempt_id for r in ledger.refunds if r.automatic and r.status == "failed"}
        for attempt in ledger.attempts:
            paise = min(excess - given, attempt.refundable_paise)
            if attempt.on_bill and paise > 0 and attempt.id not in failed:  # what failed is for a manager
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
        for each in due:
            try:
                await send_refund(ctx, each)
            except ProviderUnavailable as error:
                log.warning("refund waits for the provider", refund=str(each.id), reason=str(error))
            except OutcomeUnknown as error:
                log.warning(
                    "refund without a clear answer", refund=str(each.id), tries=each.tries, reason=str(error)
                )
                await mark_refund(ctx, each.ref, each.id, "unknown", str(error))
            except Exception as error:
                log.error("refund could not be worked on", refund=str(each.id), reason=repr(error))


async def send_refund(ctx: Context, each: queue.DueRefund) -> None:
    """Look first where an earlier try may have been heard; then ask, under the refund's own idempotency key."""
    calls = calls_to(ctx, each.provider, "reconciler")
    found = None
    if each.tries > 1 or each.status != "requested" or each.provider_refund_id is not None:
        refunds = await calls.refunds_of(each.provider_payment_id)
        found = next(
            (r for r in refunds if str(each.id) == r.reference or each.provider_refund_id == r.id), None
        )
    if found is None and each.provider_refund_id is not None:
        raise OutcomeUnknown(f"the provider does not know {each.provider_refund_id} any more")
    if found is None:
        try:
            found = await calls.refund(each.provider_payment_id, each.amount_paise, str(each.id))
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
