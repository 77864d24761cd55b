"""HTTP of the payments room."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from rasoi.payments import (
    attention,
    checkout,
    counter,
    reading,
    refunds,
    schemas,
    statistics,
    webhooks,
)
from rasoi.payments import repository as db
from rasoi.payments.domain import UNDER_WAY
from rasoi.payments.providers import Providers
from rasoi.platform.auth import Principal, public
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.rate_limit import limit
from rasoi.platform.roles import FLOOR, GUESTS_AND_FLOOR, Approval, permit

Status = Literal["pending", "processing", "completed", "failed", "expired", "cancelled"]
RefundStatus = Literal["requested", "pending", "unknown", "to_hand_out", "processed"]
Method = Literal["cash", "card_machine", "house_upi", "voucher", "upi", "card", "netbanking", "wallet"]
TAGS = ["payments"]
DAILY = {200: ResponseSpec(schemas.DailyStats, generate_examples=False)}
CHECKOUT = {200: ResponseSpec(schemas.Checkout, generate_examples=False)}


async def spare_provider(ctx: Context, principal: Principal) -> None:
    """What guests may ask of the provider by us: each a little, all together what it puts up with."""
    if principal.kind == "guest":
        await limit(ctx, "provider", str(principal.session_id), 30, 60)
        await limit(ctx, "provider", f"outlet {principal.outlet_id}", 3000, 60)


@post("/api/payments/checkout", guards=[GUESTS_AND_FLOOR], status_code=200, responses=CHECKOUT, tags=TAGS)
async def start_checkout(
    ctx: Context, principal: Principal, data: JSONBody[schemas.CheckoutRequest], key: IdempotencyKey
) -> Response[bytes]:
    """What the browser needs to pay online what is due. A retry gets the same provider's order."""
    await spare_provider(ctx, principal)
    name = data.provider or ctx.get(Providers).first.provider.name
    return await checkout.start_checkout(ctx, principal, data, key, name)


@get("/api/payments/online", guards=[GUESTS_AND_FLOOR], tags=TAGS)
async def online_payment(ctx: Context) -> schemas.OnlinePayment:
    """Whether online payment is to be offered now: not while the provider does not answer."""
    guard = ctx.get(Providers).first
    return schemas.OnlinePayment(guard.provider.name, guard.available)


@post(
    "/api/payments/create-razorpay-order",
    guards=[GUESTS_AND_FLOOR],
    status_code=200,
    responses=CHECKOUT,
    tags=TAGS,
)
async def create_razorpay_order(
    ctx: Context, principal: Principal, data: JSONBody[schemas.DueRequest], key: IdempotencyKey
) -> Response[bytes]:
    """The checkout with Razorpay as the provider."""
    await spare_provider(ctx, principal)
    return await checkout.start_checkout(ctx, principal, data, key, "razorpay")


@post("/api/payments/verify", guards=[GUESTS_AND_FLOOR], status_code=200, tags=TAGS)
async def verify_checkout(
    ctx: Context, principal: Principal, data: JSONBody[schemas.VerifyRequest]
) -> schemas.Payment:
    """The checkout succeeded, says the browser; its proof is checked and the provider itself is asked."""
    await spare_provider(ctx, principal)
    return await checkout.verify_checkout(ctx, principal, data.payment_id, data.reply)


@post("/api/payments/verify-razorpay", guards=[GUESTS_AND_FLOOR], status_code=200, tags=TAGS)
async def verify_razorpay(
    ctx: Context, principal: Principal, data: JSONBody[schemas.VerifyRazorpayRequest]
) -> schemas.Payment:
    """The same for Razorpay's own names of the reply."""
    await spare_provider(ctx, principal)
    return await checkout.verify_checkout(ctx, principal, data.payment_id, data.reply)


@post("/api/payments/{payment_id:uuid}/look", guards=[GUESTS_AND_FLOOR], status_code=200, tags=TAGS)
async def look(ctx: Context, principal: Principal, payment_id: UUID) -> schemas.Payment:
    """Ask the provider what became of a payment whose window was closed."""
    await spare_provider(ctx, principal)
    return await checkout.look(ctx, principal, payment_id)


@post("/api/payments/callback/{outlet_id:int}/{payment_id:uuid}", guards=[public], status_code=303, tags=TAGS)
async def take_callback(
    ctx: Context,
    outlet_id: Annotated[int, PathParameter(ge=1, le=2**31 - 1)],
    payment_id: UUID,
    request: Request[Any, Any, Any],
) -> Response[None]:
    """Where the checkout sends a browser within an app: the signed reply as a form. Leads on to the guest's page."""
    reply = {name: str(value)[:500] for name, value in (await request.form()).items()}
    where = await checkout.take_callback(ctx, outlet_id, payment_id, reply)
    return Response(None, status_code=303, headers={"Location": where})


@post(
    "/api/payments/confirm-cash",
    guards=[permit("take_cash")],
    status_code=201,
    responses={201: ResponseSpec(schemas.Payment, generate_examples=False)},
    tags=TAGS,
)
async def confirm_cash(
    ctx: Context, principal: Principal, data: JSONBody[schemas.CashRequest], key: IdempotencyKey
) -> Response[bytes]:
    """The whole amount due was taken in cash. 409 with the amount when another is due."""
    return await counter.confirm_cash(ctx, principal, data, key)


@post(
    "/api/payments/confirm-tender",
    guards=[permit("take_tenders")],
    status_code=201,
    responses={201: ResponseSpec(schemas.Payment, generate_examples=False)},
    tags=TAGS,
)
async def confirm_tender(
    ctx: Context, principal: Principal, data: JSONBody[schemas.TenderRequest], key: IdempotencyKey
) -> Response[bytes]:
    """The whole amount due was paid on the card machine, by UPI to the house, or with a voucher. 409 with the amount when
    another is due, and where this reference has paid before."""
    return await counter.confirm_tender(ctx, principal, data, key)


@post(
    "/api/payments/{payment_id:uuid}/refund",
    guards=[permit("refund").or_lifted()],
    status_code=202,
    responses={202: ResponseSpec(schemas.Refund, generate_examples=False)},
    tags=TAGS,
)
async def refund(
    ctx: Context,
    principal: Principal,
    payment_id: UUID,
    data: JSONBody[schemas.RefundRequest],
    key: IdempotencyKey,
    approval: Approval = None,
) -> Response[bytes]:
    """Give money back. Cash is to be handed out, and stays a task until a person says that it was."""
    return await refunds.refund(ctx, principal, payment_id, data, key, approval)


@get("/api/payments/refund-tasks", guards=[FLOOR], tags=TAGS)
async def list_refund_tasks(
    ctx: Context,
    principal: Principal,
    status: Literal["to_hand_out", "under_way"],
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.RefundTasks:
    """What is to be handed out by a person, or under way at the provider; newest first."""
    statuses = UNDER_WAY if status == "under_way" else (status,)
    find = partial(db.find_refunds, ctx.db, principal.outlet_id, statuses=statuses, before=cursor)
    found, more = await read_page(limit, lambda most: find(limit=most), lambda each: each[0].id)
    return schemas.RefundTasks([schemas.refund_task(row, bill_id) for row, bill_id in found], more)


@post(
    "/api/payments/refunds/{refund_id:uuid}/hand-out",
    guards=[permit("hand_out_refunds")],
    status_code=200,
    responses={200: ResponseSpec(schemas.Refund, generate_examples=False)},
    tags=TAGS,
)
async def hand_out(
    ctx: Context,
    principal: Principal,
    refund_id: UUID,
    data: JSONBody[schemas.HandOutRequest],
    key: IdempotencyKey,
) -> Response[bytes]:
    """The person who is signed in has paid this refund out. Once: 409 with the name of whoever has done it before."""
    return await refunds.hand_out(ctx, principal, refund_id, data, key)


@get("/api/payments/{payment_id:uuid}", guards=[GUESTS_AND_FLOOR], tags=TAGS)
async def get_payment(ctx: Context, principal: Principal, payment_id: UUID) -> schemas.Payment:
    """One payment with its attempts and refunds."""
    ledger = await reading.readable(ctx, principal, payment_id)
    return schemas.payment_view(ledger, staff=principal.kind == "staff")


@get("/api/payments", guards=[FLOOR.and_scope("payments:read")], tags=TAGS)
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
    find = partial(
        db.find,
        ctx.db,
        principal.outlet_id,
        day=business_day,
        status=status,
        method=method,
        bill_id=bill_id,
        before=cursor,
    )
    found, more = await read_page(limit, lambda most: find(limit=most), lambda ledger: ledger.row.id)
    return schemas.Payments([schemas.payment_view(ledger, staff=True) for ledger in found], more)


@get("/api/payments/refunds", guards=[permit("see_money")], tags=TAGS)
async def list_refunds(
    ctx: Context,
    principal: Principal,
    business_day: date | None = None,
    status: RefundStatus | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Refunds:
    """Refunds, newest first; of a business day those that were made on it."""
    find = partial(
        db.find_refunds,
        ctx.db,
        principal.outlet_id,
        statuses=status and (status,),
        day=business_day,
        before=cursor,
    )
    found, more = await read_page(limit, lambda most: find(limit=most), lambda each: each[0].id)
    return schemas.Refunds([schemas.listed_refund(row, bill_id) for row, bill_id in found], more)


@get("/api/payments/stats/daily", guards=[permit("see_money")], responses=DAILY, tags=TAGS)
async def daily_stats(
    ctx: Context,
    principal: Principal,
    first: Annotated[date | None, QueryParameter(name="from")] = None,
    last: Annotated[date | None, QueryParameter(name="to")] = None,
    hours: bool = False,
    format: Literal["json", "csv"] = "json",
) -> Response[bytes]:
    """What came in and went back by method, for each business day of the outlet; also by hour, also as a file."""
    found = await statistics.daily_stats(ctx, principal, first, last, hours=hours)
    if format == "json":
        return Response(msgspec.json.encode(found), media_type="application/json")
    name = f"payments-{found.days[0].business_day}-{found.days[-1].business_day}.csv"
    return Response(
        statistics.as_csv(found, hours=hours).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@get("/api/payments/webhooks", guards=[permit("strange_money")], tags=TAGS)
async def open_webhooks(ctx: Context, principal: Principal) -> schemas.Webhooks:
    """The provider's webhooks that wait for something, or are parked for a person."""
    return await attention.open_webhooks(ctx, principal.outlet_id)


@post(
    "/api/payments/webhooks/{event_id:str}/replay",
    guards=[permit("strange_money")],
    status_code=200,
    tags=TAGS,
)
async def replay_webhook(ctx: Context, principal: Principal, event_id: str) -> schemas.WebhookReplayed:
    """Apply a webhook now, if it can be."""
    return await attention.replay_webhook(ctx, principal, event_id)


@post(
    "/api/payments/webhooks/{event_id:str}/dismiss",
    guards=[permit("strange_money")],
    status_code=200,
    tags=TAGS,
)
async def dismiss_webhook(
    ctx: Context, principal: Principal, event_id: str, data: JSONBody[schemas.DismissRequest]
) -> schemas.Received:
    """A webhook that can't be applied doesn't matter, says a person, and why."""
    await attention.dismiss_webhook(ctx, principal, event_id, data.reason)
    return schemas.Received()


@get("/api/payments/unmatched", guards=[permit("strange_money")], tags=TAGS)
async def unmatched(ctx: Context, principal: Principal) -> schemas.UnmatchedList:
    """Money at the provider that fits no payment of ours. It goes from the list once the provider has given it back."""
    return await attention.unmatched(ctx, principal.outlet_id)


@post(
    "/api/payments/unmatched/{provider:str}/{provider_payment_id:str}/settle",
    guards=[permit("strange_money")],
    status_code=200,
    tags=TAGS,
)
async def settle_unmatched(
    ctx: Context, principal: Principal, provider: str, provider_payment_id: str
) -> schemas.Received:
    """A person has dealt with it elsewhere."""
    await attention.settle_unmatched(ctx, principal, provider, provider_payment_id)
    return schemas.Received()


@post("/api/payments/webhook/{provider:str}", guards=[public], status_code=200, tags=TAGS)
async def webhook(ctx: Context, provider: str, request: Request[Any, Any, Any]) -> schemas.Received:
    """Verified over the raw body, kept as it came, answered; the worker does the rest."""
    await webhooks.receive_webhook(ctx, provider, request.headers, await request.body())
    return schemas.Received()


ROUTES = [
    start_checkout,
    online_payment,
    create_razorpay_order,
    verify_checkout,
    verify_razorpay,
    look,
    take_callback,
    confirm_cash,
    confirm_tender,
    refund,
    list_refund_tasks,
    hand_out,
    get_payment,
    list_payments,
    list_refunds,
    daily_stats,
    open_webhooks,
    replay_webhook,
    dismiss_webhook,
    unmatched,
    settle_unmatched,
    webhook,
]
