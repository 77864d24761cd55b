"""HTTP of the orders room."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter

from rasoi.orders import (
    discount_routes,
    placing,
    rearrangement_routes,
    schemas,
    seating_routes,
    service,
    table_routes,
    views,
    voiding,
)
from rasoi.orders import repository as db
from rasoi.orders.reinstating import missing_of_each
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.fast_path import FAST_PATH
from rasoi.platform.http import RequestScope
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.rate_limit import limit
from rasoi.platform.roles import EVERYBODY, FLOOR, GUEST, GUESTS_AND_FLOOR, Approval, permit
from rasoi.staff.api import outlet as read_outlet

Status = Literal[
    "live",
    "counter",
    "placed",
    "awaiting_payment",
    "confirmed",
    "preparing",
    "ready",
    "served",
    "completed",
    "rejected",
    "expired",
    "cancelled",
]


CANCELLED = {
    200: ResponseSpec(schemas.Order, generate_examples=False),
    202: ResponseSpec(schemas.Order, generate_examples=False, description="The kitchen is asked"),
}


def _lines(row: Any) -> int:
    lines: int = row["weight"]
    return lines


@post("/api/orders/quote", guards=[GUESTS_AND_FLOOR], status_code=200)
async def quote(ctx: Context, principal: Principal, data: JSONBody[schemas.QuoteRequest]) -> schemas.Quote:
    """What a cart costs, with every tax line. Nothing is kept."""
    return await placing.quote(ctx, principal, data)


@post(
    "/api/orders",
    guards=[GUESTS_AND_FLOOR],
    status_code=201,
    responses={201: ResponseSpec(schemas.Order, generate_examples=False)},
    opt=FAST_PATH,
)
async def place_order(request_scope: RequestScope, data: JSONBody[schemas.PlaceRequest]) -> Response[bytes]:
    """Place an order, whole. 409 when the price or the availability is not what the guest saw."""
    if request_scope.principal.role == "guest":
        await limit(request_scope.ctx, "order", str(request_scope.principal.session_id), 120, 60)
    return await placing.place(
        request_scope.ctx, request_scope.principal, data, request_scope.key, request_scope.address
    )


@get("/api/orders/{order_id:uuid}", guards=[EVERYBODY.and_scope("orders:read")])
async def get_order(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    """One order."""
    read, order = await service.readable_order(ctx, principal, order_id)
    return views.order_view(order, read.bill, by_guest=principal.role == "guest")


@get("/api/orders", guards=[EVERYBODY.and_scope("orders:read")])
async def list_orders(
    ctx: Context,
    principal: Principal,
    status: Status | None = None,
    type: Literal["dine_in", "takeaway"] | None = None,
    business_day: date | None = None,
    table_id: UUID | None = None,
    q: Annotated[int | None, Parameter(ge=1, le=2_000_000_000)] = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Orders:
    """Orders, newest first; a guest's own session's only. `status` "live": not yet at their end; "counter": expired unpaid
    today, and cash may still bring it back, as far as nothing is named that it needs and can't be had now."""
    by_guest = principal.role == "guest"
    session = principal.session_id if by_guest else None
    find = partial(
        db.list_orders,
        ctx.db,
        principal.outlet_id,
        status=status,
        kind=type,
        day=business_day,
        table_id=table_id,
        number=q,
        session_id=session,
        before=cursor,
    )
    rows, more = await read_page(limit, lambda most: find(limit=most), weight_of=_lines)
    found = await db.with_bills(ctx.db, principal.outlet_id, rows)
    missing = (
        await missing_of_each(ctx.db, principal.outlet_id, [order for order, _ in found])
        if status == "counter"
        else {}
    )
    return schemas.Orders(
        [
            views.listed_order(order, bill, missing.get(order.id, []), by_guest=by_guest)
            for order, bill in found
        ],
        more,
    )


@post(
    "/api/orders/{order_id:uuid}/cancel",
    guards=[permit("cancel_orders", GUEST).or_lifted()],
    status_code=200,
    responses=CANCELLED,
)
async def cancel_order(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    data: JSONBody[schemas.ReasonRequest],
    approval: Approval = None,
) -> Response[bytes]:
    """Cancel it; 202 when the kitchen has it already and is asked."""
    status, order = await service.cancel(ctx, principal, order_id, data.reason, approval)
    return Response(msgspec.json.encode(order), status_code=status, media_type="application/json")


@post("/api/orders/{order_id:uuid}/approve", guards=[permit("approve_orders")], status_code=200)
async def approve_order(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    """Let a table's first order through to the kitchen."""
    return await service.approve(ctx, principal, order_id)


@post("/api/orders/{order_id:uuid}/reject", guards=[permit("approve_orders")], status_code=200)
async def reject_order(
    ctx: Context, principal: Principal, order_id: UUID, data: JSONBody[schemas.ReasonRequest]
) -> schemas.Order:
    """Turn it down."""
    return await service.reject(ctx, principal, order_id, data.reason)


@post(
    "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/void",
    guards=[permit("void_lines")],
    status_code=200,
    responses={200: ResponseSpec(schemas.Order, generate_examples=False)},
)
async def void_line(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    key: IdempotencyKey,
    data: JSONBody[schemas.VoidRequest],
    approval: Approval = None,
) -> Response[bytes]:
    """Take back a quantity of a line of an open bill; what the kitchen has begun needs a right of its own, or an approval."""
    return await voiding.void_line(ctx, principal, order_id, line_id, data, key, approval)


@get("/api/bills/{bill_id:uuid}", guards=[EVERYBODY.and_scope("bills:read")])
async def get_bill(ctx: Context, principal: Principal, bill_id: UUID) -> schemas.BillView:
    """One bill with its orders, taxes and round-off."""
    return await service.bill_view(ctx, principal, bill_id)


@get("/api/bills", guards=[EVERYBODY.and_scope("bills:read")])
async def list_bills(
    ctx: Context,
    principal: Principal,
    status: Literal["open", "closed", "voided", "written_off"] | None = None,
    walked_out: bool | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> schemas.Bills:
    """Bills, newest first; a guest's own only. `walked_out`: those whose party left without paying."""
    by_guest = principal.role == "guest"
    session = principal.session_id if by_guest else None
    find = partial(
        db.list_bills,
        ctx.db,
        principal.outlet_id,
        status=status,
        session_id=session,
        walked_out=walked_out,
        before=cursor,
    )
    rows, more = await read_page(limit, lambda most: find(limit=most), weight_of=_lines)
    found = await db.with_orders(ctx.db, principal.outlet_id, rows)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    today = await service.counter_day(ctx, principal.outlet_id, found)
    return schemas.Bills(
        [views.bill_view(bill, orders, outlet, today, by_guest=by_guest) for bill, orders in found], more
    )


@post("/api/bills/{bill_id:uuid}/attention", guards=[GUESTS_AND_FLOOR], status_code=200)
async def call_waiter(
    ctx: Context, principal: Principal, bill_id: UUID, data: JSONBody[schemas.AttentionRequest]
) -> schemas.BillView:
    """The guests want to pay cash, or need help."""
    return await service.call_waiter(ctx, principal, bill_id, data.reason)


@delete("/api/bills/{bill_id:uuid}/attention", guards=[FLOOR], status_code=200)
async def clear_attention(ctx: Context, principal: Principal, bill_id: UUID) -> schemas.BillView:
    """A waiter has seen to it."""
    return await service.call_waiter(ctx, principal, bill_id, None)


ROUTES = (
    quote,
    place_order,
    get_order,
    list_orders,
    cancel_order,
    approve_order,
    reject_order,
    void_line,
    get_bill,
    list_bills,
    call_waiter,
    clear_attention,
    *discount_routes.ROUTES,
    *seating_routes.ROUTES,
    *table_routes.ROUTES,
    *rearrangement_routes.ROUTES,
)
