"""Discounts that staff give by hand and take back: who may, and what is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from uuid_utils.compat import uuid7

from rasoi.orders import giving, schemas, service, views
from rasoi.orders import repository as db
from rasoi.orders.discounts import COMPLIMENTARY
from rasoi.orders.domain import Bill
from rasoi.orders.rows import DiscountRow, LineRow, OrderRow
from rasoi.orders.voiding import line_of, require_listed
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Unprocessable
from rasoi.staff.api import approved_by, audit, authorize
from rasoi.staff.api import outlet as read_outlet

ON_THE_HOUSE = "On the house"


class OneOfBoth(Unprocessable):
    slug, title = "percent-or-amount", "Say either a percentage or an amount"


async def discount_line(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    request: schemas.DiscountRequest,
    key: IdempotencyKey,
    approval: str | None,
) -> Response[bytes]:
    """Take something off a line, once by the key, and answer with the order. Above the caller's limit it needs an approval of
    the line. Raises what `authorize` does, BillIsClosed, IllegalChange, TooMuchOff, UnknownReason."""
    model = await _manual(ctx, principal, request)

    async def work(tx: Tx) -> tuple[int, schemas.Order]:
        async with service.locked_bill(ctx, principal.outlet_id, order_id=order_id, tx=tx) as (_, bill):
            order = bill.order(order_id)
            line = line_of(order, line_id)
            giving.require_open(bill, [order])
            given = giving.off_lines(
                [line], model, percent_bp=request.percent_bp, paise=request.amount_paise or 0
            )
            told = await _give(ctx, tx, principal, bill, model, given, "discount", line_id, approval)
            await audit(tx, principal, "order.discount", str(order_id), _told(order, line, request) | told)
        return 200, views.order_view(order, bill.row, by_guest=False)

    return await idempotent(ctx, "orders", principal, key, work)


async def give_away(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    request: schemas.ComplimentaryRequest,
    key: IdempotencyKey,
    approval: str | None,
) -> Response[bytes]:
    """Give so many of a line on the house, under the same rules: it is eaten and its stock is used."""
    await _require_reason(ctx, principal, request.reason)
    model = _model(principal, request, COMPLIMENTARY, ON_THE_HOUSE)

    async def work(tx: Tx) -> tuple[int, schemas.Order]:
        async with service.locked_bill(ctx, principal.outlet_id, order_id=order_id, tx=tx) as (_, bill):
            order = bill.order(order_id)
            line = line_of(order, line_id)
            giving.require_open(bill, [order])
            given = giving.on_the_house(line, model, request.quantity)
            told = await _give(ctx, tx, principal, bill, model, given, COMPLIMENTARY, line_id, approval)
            detail = _told(order, line, request) | {"quantity": request.quantity}
            await audit(tx, principal, "order.complimentary", str(order_id), detail | told)
        return 200, views.order_view(order, bill.row, by_guest=False)

    return await idempotent(ctx, "orders", principal, key, work)


async def discount_bill(
    ctx: Context,
    principal: Principal,
    bill_id: UUID,
    request: schemas.DiscountRequest,
    key: IdempotencyKey,
    approval: str | None,
) -> Response[bytes]:
    """Take something off all that is on the bill now, once by the key, and answer with the bill. An approval is of the bill."""
    model = await _manual(ctx, principal, request)

    async def work(tx: Tx) -> tuple[int, schemas.BillView]:
        async with service.locked_bill(ctx, principal.outlet_id, bill_id, tx=tx) as (_, bill):
            orders = giving.counted(bill)
            giving.require_open(bill, orders)
            lines = [line for order in orders for line in order.lines if line.status == "active"]
            given = giving.off_lines(
                lines, model, percent_bp=request.percent_bp, paise=request.amount_paise or 0
            )
            told = await _give(ctx, tx, principal, bill, model, given, "discount", bill_id, approval)
            detail = {"reason": request.reason, "note": request.note}
            await audit(tx, principal, "bill.discount", str(bill_id), detail | told)
        return 200, await _view(ctx, principal, bill)

    return await idempotent(ctx, "orders", principal, key, work)


async def take_back(
    ctx: Context, principal: Principal, bill_id: UUID, discount_id: UUID, key: IdempotencyKey
) -> Response[bytes]:
    """Take a discount back that was given by hand, from all lines that have it, as long as nothing of the bill is paid."""

    async def work(tx: Tx) -> tuple[int, schemas.BillView]:
        async with service.locked_bill(ctx, principal.outlet_id, bill_id, tx=tx) as (_, bill):
            orders = giving.counted(bill)
            giving.require_open(bill, orders)
            had = [
                (line, each)
                for order in orders
                for line in order.lines
                for each in line.discounts
                if each.id == discount_id
            ]
            kept = giving.without(bill, discount_id)
            model = had[0][1]
            for order in bill.discount(kept, model, by=principal.id):
                await db.save_lines(tx, order)
            detail = {
                "dish": ", ".join(dict.fromkeys(line.name for line, _ in had))[:200],
                "discount": model.name,
                "amount_paise": sum(each.paise for _, each in had),
            }
            await audit(tx, principal, "bill.take_back_discount", str(bill_id), detail)
        return 200, await _view(ctx, principal, bill)

    return await idempotent(ctx, "orders", principal, key, work)


async def _manual(ctx: Context, principal: Principal, request: schemas.DiscountRequest) -> DiscountRow:
    if (request.percent_bp is None) == (request.amount_paise is None):
        raise OneOfBoth()
    await _require_reason(ctx, principal, request.reason)
    percent = request.percent_bp
    return _model(principal, request, "manual", f"Discount {percent / 100:g}%" if percent else "Discount")


async def _require_reason(ctx: Context, principal: Principal, reason: str) -> None:
    require_listed(reason, (await read_outlet(ctx.db, principal.outlet_id)).discount_reasons)


def _model(
    principal: Principal,
    request: schemas.DiscountRequest | schemas.ComplimentaryRequest,
    kind: str,
    name: str,
) -> DiscountRow:
    """The discount before it is known what it comes to."""
    return DiscountRow(
        id=uuid7(),
        kind=kind,
        name=name,
        paise=0,
        given_paise=0,
        given_quantity=0,
        reason=request.reason,
        note=request.note,
        by=principal.id,
        by_name=principal.name,
    )


def _told(
    order: OrderRow, line: LineRow, request: schemas.DiscountRequest | schemas.ComplimentaryRequest
) -> dict[str, Any]:
    return {"number": order.number, "dish": line.name, "reason": request.reason, "note": request.note}


async def _give(
    ctx: Context,
    tx: Tx,
    principal: Principal,
    bill: Bill,
    model: DiscountRow,
    given: giving.Given,
    permission: str,
    subject: UUID,
    approval: str | None,
) -> dict[str, Any]:
    """The lines with their discount, where the caller or who approved it may give it; what the audit log is told of that. The
    limit is for all of this kind that one bill gets by hand, so that many small discounts are no way around it."""
    paise = sum(each.paise for rows in given.values() for each in rows if each.id == model.id)
    before = giving.given_by_hand(bill, permission == COMPLIMENTARY)
    lifted = await authorize(
        ctx, tx, principal, permission, str(subject), approval, paise=paise, in_all_paise=before + paise
    )
    facts = {"at": bill.now, "approved_by": lifted.name if lifted else None}
    stamped = {line_id: list(_stamp(rows, model.id, facts)) for line_id, rows in given.items()}
    for order in bill.discount(stamped, model, by=model.by):
        await db.save_lines(tx, order)
    return {"amount_paise": paise} | approved_by(lifted)


def _stamp(rows: Iterable[DiscountRow], discount_id: UUID, facts: dict[str, Any]) -> Iterable[DiscountRow]:
    for row in rows:
        yield msgspec.structs.replace(row, **facts) if row.id == discount_id else row


async def _view(ctx: Context, principal: Principal, bill: Bill) -> schemas.BillView:
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    return views.bill_view(bill.row, bill.orders, outlet, None, by_guest=False)
