"""Money that a named person takes: the whole amount due, also for a prepaid order that has expired meanwhile."""

from __future__ import annotations

import asyncpg
from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.capture import apply_capture
from rasoi.payments.domain import TENDERS
from rasoi.payments.due import DueChanged, due_of, ensure_open
from rasoi.payments.shifts import shift_for_cash
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict, Unprocessable
from rasoi.staff.api import audit
from rasoi.staff.api import outlet as read_outlet


class TenderNotTaken(Conflict):
    slug, title = "tender-not-taken", "This outlet does not take this way of paying"


class ReferenceUsed(Conflict):
    slug, title = "reference-used", "This reference has paid already"


async def confirm_cash(
    ctx: Context, principal: Principal, request: schemas.CashRequest, key: IdempotencyKey
) -> Response[bytes]:
    """A named person took the whole amount due in cash. An expired order comes back by it, or nothing is taken."""
    return await _confirm(ctx, principal, request, key, "cash", tendered_paise=request.tendered_paise)


async def confirm_tender(
    ctx: Context, principal: Principal, request: schemas.TenderRequest, key: IdempotencyKey
) -> Response[bytes]:
    """The same in another tender. Raises TenderNotTaken, ReferenceUsed, and Unprocessable where its reference is missing."""
    if request.tender not in (await read_outlet(ctx.db, principal.outlet_id)).tenders:
        raise TenderNotTaken(
            f"Nobody can pay {TENDERS[request.tender].words} here; an owner or manager can allow it."
        )
    return await _confirm(ctx, principal, request, key, request.tender, reference=request.reference)


async def _confirm(
    ctx: Context,
    principal: Principal,
    request: schemas.CashRequest | schemas.TenderRequest,
    key: IdempotencyKey,
    name: str,
    *,
    tendered_paise: int | None = None,
    reference: str | None = None,
) -> Response[bytes]:
    tender = TENDERS[name]
    if tender.needs_reference and reference is None:
        raise Unprocessable(f"Say {tender.reference}.")

    async def work(tx: Tx) -> tuple[int, schemas.Payment]:
        shift_id = await shift_for_cash(tx, principal) if name == "cash" else None
        due = await orders.due_at_counter(tx, await due_of(tx, principal, request))
        if due.due_paise != request.amount_paise:
            raise DueChanged(f"₹{due.due_paise / 100:.2f} is due.", due_paise=due.due_paise)
        if tendered_paise is not None and tendered_paise < request.amount_paise:
            raise Unprocessable("Less was given than is due.", due_paise=due.due_paise)
        ledger = await ensure_open(tx, due)
        attempt = ledger.take(
            name, principal.id, principal.name or "", tendered_paise=tendered_paise, reference=reference
        )
        attempt.shift_id = shift_id
        try:
            taken = await apply_capture(tx, due, ledger, attempt)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "attempt_reference_key":
                raise
            raise ReferenceUsed(
                f"{reference} has paid another bill; look at what the guest shows you."
            ) from None
        if not taken:
            raise Conflict("This bill can't take the money now; please look again.")
        detail = {
            "bill": str(due.bill_id),
            "amount_paise": attempt.amount_paise,
            "method": name,
            "tendered_paise": tendered_paise,
            "reference": reference,
        }
        told = {field: value for field, value in detail.items() if value is not None}
        if name == "cash":
            await audit(tx, principal, "payment.cash", str(ledger.row.id), told)
        else:
            await audit(tx, principal, "payment.tender", str(ledger.row.id), told)
        await db.add_to_day(tx, ledger)
        return 201, schemas.payment_view(ledger, staff=True)

    return await idempotent(ctx, "payments", principal, key, work)
