"""Cash: the whole amount due, taken by a named waiter, also for a prepaid order that has expired meanwhile."""

from __future__ import annotations

from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.capture import apply_capture
from rasoi.payments.due import DueChanged, due_of, ensure_open
from rasoi.payments.shifts import shift_for_cash
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict, Unprocessable
from rasoi.staff.api import audit


async def confirm_cash(
    ctx: Context, principal: Principal, request: schemas.CashRequest, key: IdempotencyKey
) -> Response[bytes]:
    """A named waiter took the whole amount due. An expired order comes back by it, or nothing is taken."""

    async def work(tx: Tx) -> tuple[int, schemas.Payment]:
        shift_id = await shift_for_cash(tx, principal)
        due = await orders.due_at_counter(tx, await due_of(tx, principal, request))
        if due.due_paise != request.amount_paise:
            raise DueChanged(f"₹{due.due_paise / 100:.2f} is due.", due_paise=due.due_paise)
        if request.tendered_paise < request.amount_paise:
            raise Unprocessable("Less was given than is due.", due_paise=due.due_paise)
        ledger = await ensure_open(tx, due)
        attempt = ledger.take_cash(principal.id, principal.name or "", request.tendered_paise)
        attempt.shift_id = shift_id
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
