"""Use-cases of payments: asking for money, taking cash, giving money back, reading."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.capture import (
    UnknownPayment,
    WorkerSignals,
    align_open_payment,
    apply_capture,
    lock,
    new_payment,
    record_and_capture,
)
from rasoi.payments.domain import OPEN, Mismatch, RefundRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import REFUNDS
from rasoi.payments.providers import OutcomeUnknown, Provider, RequestRejected, provider_of
from rasoi.payments.repository import Ref
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, claim, idempotent, store
from rasoi.platform.problems import BadRequest, Conflict, NotFound, Unavailable, Unprocessable
from rasoi.staff.api import Outlet, audit, now_and_business_day
from rasoi.staff.api import outlet as read_outlet

FIRST_POLL = timedelta(seconds=30)
LEAST_ONLINE_PAISE = 100
MOST_DAYS = 366


class DueChanged(Conflict):
    slug, title = "due-changed", "The amount due is another one"


class NothingDue(Conflict):
    slug, title = "nothing-due", "Nothing is due"


class PaymentOver(Conflict):
    slug, title = "payment-expired", "The time to pay is over"


class BadSignature(BadRequest):
    slug, title = "bad-signature", "The payment's signature is not valid"


class NotConfirmed(Conflict):
    slug, title = "payment-mismatch", "This payment is not for that bill"


class ProviderAway(Unavailable):
    slug, title = "payment-provider-away", "The payment provider does not answer"

    def __init__(self) -> None:
        super().__init__(
            "Please try again in a moment; you are not charged twice.", headers={"Retry-After": "3"}
        )


class ProviderRefused(Conflict):
    slug, title = "payment-refused", "The payment provider refused"


class UnknownBill(NotFound):
    slug, title = "unknown-bill", "There is no such bill"


async def due_of(
    tx: Tx, principal: Principal, request: schemas.DueRequest | schemas.CashRequest
) -> orders.DueBill:
    """The bill that the request names, locked. To a guest of another table it does not exist."""
    if (request.order_id is None) == (request.bill_id is None):
        raise Unprocessable("Name either the order or the bill.")
    due = await orders.due(tx, principal.outlet_id, order_id=request.order_id, bill_id=request.bill_id)
    if principal.kind == "guest" and principal.session_id not in due.session_ids:
        raise UnknownBill()
    locked = await orders.lock_due(tx, due.outlet_id, due.bill_id)
    return msgspec.structs.replace(locked, order_id=due.order_id)


async def ensure_open(tx: Tx, due: orders.DueBill) -> Ledger:
    """The open payment over what is due on a locked bill."""
    if due.due_paise <= 0:
        raise NothingDue("Nothing is due on this bill.", due_paise=0)
    return await align_open_payment(tx, due) or await new_payment(tx, due)


async def _ready_for_checkout(tx: Tx, due: orders.DueBill, outlet: Outlet) -> Ledger:
    """The open payment, with time enough left to pay it."""
    if due.due_paise < LEAST_ONLINE_PAISE:
        raise NothingDue("There is nothing due that can be paid online.", due_paise=due.due_paise)
    ledger = await ensure_open(tx, due)
    left = (ledger.row.expires_at or ledger.now) - ledger.now
    patience = timedelta(seconds=outlet.payment_timeout_s)
    if due.awaiting_order_ids and left <= timedelta(0):
        raise PaymentOver("The order's time to be paid is over; please order again.")
    if not due.awaiting_order_ids and left < patience / 2:
        ledger.extend(ledger.now + patience)
        await db.save(tx, ledger)
    return ledger


async def create_razorpay_order(
    ctx: Context, principal: Principal, request: schemas.DueRequest, key: IdempotencyKey
) -> Response[bytes]:
    """Commit the intent, ask the provider for its order, then commit its answer."""
    provider = provider_of(ctx)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    async with ctx.db.transaction("payments") as tx:
        if stored := await claim(tx, principal, key):
            return stored.response()
        ledger = await _ready_for_checkout(tx, await due_of(tx, principal, request), outlet)
        if ledger.row.provider_order_id:
            return await _answer(tx, principal, key, _checkout(ledger, provider, outlet))
        await store(tx, principal, key, None, None)
    row = ledger.row
    try:
        provider_order_id = await provider.create(
            receipt=row.id.hex, amount_paise=row.amount_paise, currency=row.currency,
            notes={"outlet": str(row.outlet_id), "payment": str(row.id)},
        )  # fmt: skip
        async with ctx.db.transaction("payments") as tx:
            _, ledger = await lock(tx, Ref(row.outlet_id, row.id))
            if ledger.row.status not in OPEN:
                raise DueChanged("The amount due has changed meanwhile; please look again.")
            if ledger.row.provider_order_id is None:
                poll_at = min(ledger.now + FIRST_POLL, ledger.row.expires_at or ledger.now + FIRST_POLL)
                ledger.process(provider.name, provider_order_id, poll_at)
                await db.save(tx, ledger)
            return await _answer(tx, principal, key, _checkout(ledger, provider, outlet))
    except OutcomeUnknown:
        await _release(ctx, principal, key)
        raise ProviderAway() from None
    except RequestRejected as error:
        await _release(ctx, principal, key)
        raise ProviderRefused(str(error)) from None
    except Conflict:
        await _release(ctx, principal, key)
        raise


async def _release(ctx: Context, principal: Principal, key: IdempotencyKey) -> None:
    await db.forget_intent(ctx.db, principal.outlet_id, principal.key, key.route, key.value)


def _checkout(ledger: Ledger, provider: Provider, outlet: Outlet) -> schemas.Checkout:
    row = ledger.row
    return schemas.Checkout(
        payment_id=row.id, key_id=provider.key_id, razorpay_order_id=row.provider_order_id or "", amount_paise=row.amount_paise,
        currency=row.currency, name=outlet.name, checkout_script=provider.checkout_script, simulated=provider.simulated,
        expires_at=row.expires_at,
    )  # fmt: skip


async def _answer(
    tx: Tx, principal: Principal, key: IdempotencyKey, checkout: schemas.Checkout
) -> Response[bytes]:
    body = msgspec.json.encode(checkout)
    await store(tx, principal, key, 200, body)
    return Response(body, status_code=200, media_type="application/json")


async def verify(ctx: Context, principal: Principal, request: schemas.VerifyRequest) -> schemas.Payment:
    """The browser says that it paid: signature over our own order id, then the provider's word, then the ledger."""
    provider = provider_of(ctx)
    ledger = await readable(ctx, principal, request.payment_id)
    ours = ledger.row.provider_order_id
    if ours is None or ours != request.razorpay_order_id:
        raise BadSignature("This is not the payment that was started.")
    if not provider.verify_checkout(ours, request.razorpay_payment_id, request.razorpay_signature):
        raise BadSignature("The signature does not fit.")
    try:
        found = await provider.lookup(request.razorpay_payment_id)
        ledger = await record_and_capture(
            ctx, Ref(principal.outlet_id, request.payment_id), found, fresh=True
        )
    except OutcomeUnknown:
        raise ProviderAway() from None
    except (RequestRejected, Mismatch) as error:
        raise NotConfirmed(str(error)) from None
    return schemas.payment_view(ledger, staff=principal.kind == "staff")


async def confirm_cash(
    ctx: Context, principal: Principal, request: schemas.CashRequest, key: IdempotencyKey
) -> Response[bytes]:
    """A named waiter took the whole amount due."""

    async def work(tx: Tx) -> tuple[int, schemas.Payment]:
        due = await due_of(tx, principal, request)
        if due.due_paise != request.amount_paise:
            raise DueChanged(f"₹{due.due_paise / 100:.2f} is due.", due_paise=due.due_paise)
        if request.tendered_paise < request.amount_paise:
            raise Unprocessable("Less was given than is due.", due_paise=due.due_paise)
        ledger = await ensure_open(tx, due)
        attempt = ledger.take_cash(principal.id, principal.name or "", request.tendered_paise)
        if not await apply_capture(tx, due, ledger, attempt):
            raise Conflict("This bill can't take the money now; please look again.")
        detail = {
            "bill": str(due.bill_id),
            "amount_paise": attempt.amount_paise,
            "tendered_paise": attempt.tendered_paise,
        }
        await audit(tx, principal, "payment.cash", str(ledger.row.id), detail)
        await db.add_to_day(tx, ledger)
        return 201, schemas.payment_view(ledger, staff=True)

    return await idempotent(ctx, "payments", principal, key, work)


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


async def readable(ctx: Context, principal: Principal, payment_id: UUID) -> Ledger:
    """A payment of the caller's outlet; a guest's own bill's only. Anything else does not exist for them."""
    ledger = await db.load(ctx.db, Ref(principal.outlet_id, payment_id))
    if ledger is None:
        raise UnknownPayment()
    if principal.kind == "guest":
        due = await orders.due(ctx.db, principal.outlet_id, bill_id=ledger.row.bill_id)
        if principal.session_id not in due.session_ids:
            raise UnknownPayment()
    return ledger


async def daily_stats(
    ctx: Context, principal: Principal, first: date | None, last: date | None
) -> schemas.DailyStats:
    """Totals by method for each business day from `first` to `last`; the last 7 days when not said."""
    last = last or (await now_and_business_day(ctx.db, principal.outlet_id))[1]
    first = first or last - timedelta(days=min(6, (last - date.min).days))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Unprocessable(f"Ask for 1 to {MOST_DAYS} days, the earlier one first.")
    rows = await db.daily(ctx.db, principal.outlet_id, first, last)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    found = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return schemas.DailyStats(
        outlet.timezone, [_day(day, [r for r in rows if r["business_day"] == day]) for day in found]
    )


def _day(day: date, rows: list[Any]) -> schemas.Day:
    names = ("captured_count", "captured_paise", "refunded_count", "refunded_paise")
    methods = [
        schemas.MethodTotals(
            **{name: row[name] for name in names},
            net_paise=row["captured_paise"] - row["refunded_paise"],
            method=row["method"],
        )
        for row in rows
    ]
    total = {name: sum(row[name] for row in rows) for name in names}
    return schemas.Day(
        day, methods, schemas.Totals(**total, net_paise=total["captured_paise"] - total["refunded_paise"])
    )
