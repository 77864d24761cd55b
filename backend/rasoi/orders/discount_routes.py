"""HTTP of discounts that are given by hand."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, delete, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.orders import granting, schemas
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.roles import Approval, permit

ORDER = {200: ResponseSpec(schemas.Order, generate_examples=False)}
BILL = {200: ResponseSpec(schemas.BillView, generate_examples=False)}


@post(
    "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/discount",
    guards=[permit("discount").or_lifted()],
    status_code=200,
    responses=ORDER,
)
async def discount_line(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    key: IdempotencyKey,
    data: JSONBody[schemas.DiscountRequest],
    approval: Approval = None,
) -> Response[bytes]:
    """Take something off a line of an open bill. A role's limit is for all discounts that one bill gets by hand."""
    return await granting.discount_line(ctx, principal, order_id, line_id, data, key, approval)


@post(
    "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/complimentary",
    guards=[permit("complimentary").or_lifted()],
    status_code=200,
    responses=ORDER,
)
async def give_away(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    key: IdempotencyKey,
    data: JSONBody[schemas.ComplimentaryRequest],
    approval: Approval = None,
) -> Response[bytes]:
    """Give so many of a line of an open bill on the house: they are made, eaten and cost nothing."""
    return await granting.give_away(ctx, principal, order_id, line_id, data, key, approval)


@post(
    "/api/bills/{bill_id:uuid}/discounts",
    guards=[permit("discount").or_lifted()],
    status_code=200,
    responses=BILL,
)
async def discount_bill(
    ctx: Context,
    principal: Principal,
    bill_id: UUID,
    key: IdempotencyKey,
    data: JSONBody[schemas.DiscountRequest],
    approval: Approval = None,
) -> Response[bytes]:
    """Take something off all that is on an open bill now, spread over its lines."""
    return await granting.discount_bill(ctx, principal, bill_id, data, key, approval)


@delete(
    "/api/bills/{bill_id:uuid}/discounts/{discount_id:uuid}",
    guards=[permit("take_back_discounts")],
    status_code=200,
    responses=BILL,
)
async def take_back(
    ctx: Context, principal: Principal, bill_id: UUID, discount_id: UUID, key: IdempotencyKey
) -> Response[bytes]:
    """Take a discount back that was given by hand, until a part of the bill is paid."""
    return await granting.take_back(ctx, principal, bill_id, discount_id, key)


ROUTES = (discount_line, give_away, discount_bill, take_back)
