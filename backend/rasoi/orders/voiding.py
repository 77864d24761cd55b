"""Taking back a quantity of a line: who may, what becomes of the stock, and what is written."""

from __future__ import annotations

from uuid import UUID

from litestar import Response

from rasoi.kitchen import api as kitchen
from rasoi.orders import repository as db
from rasoi.orders import schemas, service, views
from rasoi.orders.domain import require_voidable
from rasoi.orders.rows import LineRow, OrderRow, VoidCause, VoidRow
from rasoi.orders.states import AT_KITCHEN, TERMINATED
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import NotFound, Unprocessable
from rasoi.staff.api import Approver, approved_by, audit, authorize
from rasoi.staff.api import outlet as read_outlet


class UnknownLine(NotFound):
    slug, title = "unknown-line", "There is no such line"


class UnknownReason(Unprocessable):
    slug, title = "unknown-reason", "This reason is not on the list"


async def void_line(
    ctx: Context,
    principal: Principal,
    order_id: UUID,
    line_id: UUID,
    request: schemas.VoidRequest,
    key: IdempotencyKey,
    approval: str | None = None,
) -> Response[bytes]:
    """Take back `request.quantity` of a line, once by the key, and answer with the order. Raises NotPermitted where
    the kitchen has begun it, the role may not waste that and no `approval` of the line lets it, BillIsClosed, NotSoMany,
    UnknownReason."""

    async def work(tx: Tx) -> tuple[int, schemas.Order]:
        async with service.locked_bill(ctx, principal.outlet_id, order_id=order_id, tx=tx) as (_, bill):
            order = bill.order(order_id)
            line = line_of(order, line_id)
            require_voidable(bill.row, order)
            reasons = (await read_outlet(ctx.db, principal.outlet_id)).void_reasons
            require_listed(request.reason, reasons)
            cause = VoidCause(
                quantity=request.quantity,
                reason=request.reason,
                note=request.note,
                stage=await _stage(tx, order, line),
                by=principal.id,
                by_name=principal.name,
            )
            lifted = None
            if cause.begun:
                lifted = await authorize(ctx, tx, principal, "void_begun", str(line_id), approval)
            await _write(tx, principal, order, line, bill.void_line(order, line, cause), lifted)
        return 200, views.order_view(order, bill.row, by_guest=False)

    return await idempotent(ctx, "orders", principal, key, work)


def require_listed(reason: str, reasons: list[str]) -> None:
    """Raises UnknownReason for what the outlet's list does not have."""
    if reason not in reasons:
        raise UnknownReason(f"Say one of these: {', '.join(reasons)}.", reasons=reasons)


def line_of(order: OrderRow, line_id: UUID) -> LineRow:
    """Raises UnknownLine."""
    found = next((line for line in order.lines if line.id == line_id), None)
    if found is None:
        raise UnknownLine()
    return found


async def _stage(tx: Tx, order: OrderRow, line: LineRow) -> str | None:
    """How far the kitchen is with the line; None where it has not got it yet."""
    if order.status not in AT_KITCHEN:
        return None
    return await kitchen.stage_of(tx, order.outlet_id, order.id, line.id)


async def _write(
    tx: Tx, principal: Principal, order: OrderRow, line: LineRow, void: VoidRow, lifted: Approver | None
) -> None:
    """The lines, the stock that nobody has begun to use, and who did it. What was begun, the kitchen's event makes waste."""
    await db.save_lines(tx, order)
    if not void.begun:
        await db.release_part(tx, order.outlet_id, order.id, line.id, void.quantity, line.quantity)
    if order.status in TERMINATED:
        await db.release_stock(tx, order.outlet_id, order.id)
    detail = {
        "number": order.number,
        "dish": line.name,
        "quantity": void.quantity,
        "reason": void.reason,
        "note": void.note,
        "stage": void.stage,
        "amount_paise": void.total_paise,
    }
    await audit(tx, principal, "order.void_line", str(order.id), detail | approved_by(lifted))
