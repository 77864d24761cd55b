"""HTTP of the payments room."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter, QueryParameter

from rasoi.payments import queue, schemas, service
from rasoi.payments import repository as db
from rasoi.payments.capture import WorkerSignals
from rasoi.payments.metrics import WEBHOOKS
from rasoi.payments.providers import provider_of
from rasoi.platform.auth import Principal, allow, public
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.problems import BadRequest, Unauthenticated

PAYERS = allow("guest", "waiter", "manager", "owner")
FLOOR = allow("waiter", "manager", "owner")
MANAGERS = allow("manager", "owner")
Limit = Annotated[int, Parameter(ge=1, le=200)]
Status = Literal["pending", "processing", "completed", "failed", "expired", "cancelled"]
Method = Literal["cash", "upi", "card", "netbanking", "wallet"]
KEPT_HEADERS = ("content-type", "user-agent", "x-razorpay-event-id", "x-razorpay-signature")
LONGEST_EVENT_ID = 200


class NoSignature(BadRequest):
    slug, title = "no-signature", "The webhook is not signed"


class ForgedWebhook(Unauthenticated):
    slug, title = "bad-signature", "The webhook's signature is not valid"


@post(
    "/api/payments/create-razorpay-order",
    guards=[PAYERS], status_code=200, responses={200: ResponseSpec(schemas.Checkout, generate_examples=False)}, tags=["payments"],
)  # fmt: skip
async def create_razorpay_order(
    ctx: Context, principal: Principal, data: JSONBody[schemas.DueRequest], key: IdempotencyKey
) -> Response[bytes]:
    """What the browser needs to open the payment window for what is due. A retry gets the same provider's order."""
    return await service.create_razorpay_order(ctx, principal, data, key)


@post("/api/payments/verify-razorpay", guards=[PAYERS], status_code=200, tags=["payments"])
async def verify_razorpay(
    ctx: Context, principal: Principal, data: JSONBody[schemas.VerifyRequest]
) -> schemas.Payment:
    """The checkout succeeded, says the browser; the signature and Razorpay itself are asked."""
    return await service.verify(ctx, principal, data)


@post(
    "/api/payments/confirm-cash",
    guards=[FLOOR],
    status_code=201,
    responses={201: ResponseSpec(schemas.Payment, generate_examples=False)},
    tags=["payments"],
)
async def confirm_cash(
    ctx: Context, principal: Principal, data: JSONBody[schemas.CashRequest], key: IdempotencyKey
) -> Response[bytes]:
    """The whole amount due was taken in cash. 409 with the amount when another is due."""
    return await service.confirm_cash(ctx, principal, data, key)


@post(
    "/api/payments/{payment_id:uuid}/refund",
    guards=[MANAGERS], status_code=202, responses={202: ResponseSpec(schemas.Refund, generate_examples=False)}, tags=["payments"],
)  # fmt: skip
async def refund(
    ctx: Context,
    principal: Principal,
    payment_id: UUID,
    data: JSONBody[schemas.RefundRequest],
    key: IdempotencyKey,
) -> Response[bytes]:
    """Give money back. Cash is settled at once, by whoever asks for it."""
    return await service.refund(ctx, principal, payment_id, data, key)


@get("/api/payments/{payment_id:uuid}", guards=[PAYERS], tags=["payments"])
async def get_payment(ctx: Context, principal: Principal, payment_id: UUID) -> schemas.Payment:
    """One payment with its attempts and refunds."""
    ledger = await service.readable(ctx, principal, payment_id)
    return schemas.payment_view(ledger, staff=principal.kind == "staff")


@get("/api/payments", guards=[FLOOR], tags=["payments"])
async def list_payments(
    ctx: Context,
    principal: Principal,
    business_day: date | None = None,
    status: Status | None = None,
    method: Method | None = None,
    bill_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Payments:
    """Payments, newest first."""
    found = await db.find(
        ctx.db,
        principal.outlet_id,
        day=business_day,
        status=status,
        method=method,
        bill_id=bill_id,
        before=cursor,
        limit=limit + 1,
    )
    more = str(found[limit - 1].row.id) if len(found) > limit else None
    return schemas.Payments([schemas.payment_view(ledger, staff=True) for ledger in found[:limit]], more)


@get("/api/payments/stats/daily", guards=[MANAGERS], tags=["payments"])
async def daily_stats(
    ctx: Context,
    principal: Principal,
    first: Annotated[date | None, QueryParameter(name="from")] = None,
    last: Annotated[date | None, QueryParameter(name="to")] = None,
) -> schemas.DailyStats:
    """What came in and went back by method, for each business day of the outlet."""
    return await service.daily_stats(ctx, principal, first, last)


@post("/api/payments/webhook/razorpay", guards=[public], status_code=200, tags=["payments"])
async def razorpay_webhook(ctx: Context, request: Request[Any, Any, Any]) -> schemas.Received:
    """Verified over the raw body, kept as it came, answered; the worker does the rest."""
    provider = provider_of(ctx)
    body = await request.body()
    signature = request.headers.get("x-razorpay-signature", "")
    if not signature:
        WEBHOOKS.labels("unsigned").inc()
        raise NoSignature("X-Razorpay-Signature is missing.")
    if not provider.verify_webhook(body, signature.encode("utf-8", "surrogateescape")):
        WEBHOOKS.labels("forged").inc()
        raise ForgedWebhook("Nothing was changed.")
    event_id = request.headers.get("x-razorpay-event-id", "")
    if not 0 < len(event_id) <= LONGEST_EVENT_ID:
        event_id = hashlib.sha256(body).hexdigest()
    kept = {name: request.headers[name].replace("\0", "") for name in KEPT_HEADERS if name in request.headers}
    if await queue.add_webhook(ctx.db, provider.name, event_id, kept, body):
        ctx.get(WorkerSignals).webhooks.set()
    else:
        WEBHOOKS.labels("repeated").inc()
    return schemas.Received()


ROUTES = [
    create_razorpay_order,
    verify_razorpay,
    confirm_cash,
    refund,
    get_payment,
    list_payments,
    daily_stats,
    razorpay_webhook,
]
