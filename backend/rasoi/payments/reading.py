"""Reading payments and the day's totals."""

from __future__ import annotations

from uuid import UUID

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments.capture import UnknownPayment
from rasoi.payments.ledger import Ledger
from rasoi.payments.repository import Ref
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context

MOST_DAYS = 366


async def readable(ctx: Context, principal: Principal, payment_id: UUID) -> Ledger:
    """A payment of the caller's outlet; a guest's own bill's only. Anything else does not exist for them."""
    ledger = await db.load(ctx.db, Ref(principal.outlet_id, payment_id))
    if ledger is None:
        raise UnknownPayment()
    if principal.kind == "guest":
        assert principal.session_id
        if not await orders.is_bill_of(ctx.db, principal.outlet_id, ledger.row.bill_id, principal.session_id):
            raise UnknownPayment()
    return ledger
