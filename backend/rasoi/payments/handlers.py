"""What payments does when bills and orders change."""

from __future__ import annotations

from rasoi.contracts.orders import BillState, OrderState
from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments.due import align_open_payment
from rasoi.payments.refunds import refund_excess
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def on_order(ctx: Context, tx: Tx, event: Event, data: OrderState) -> None:
    """An order waits for its payment, or waits no more: ask for what is due now."""
    waits = data.status == "awaiting_payment"
    if waits or data.path[:1] == ["awaiting_payment"]:
        due = await orders.lock_due(tx, event.outletid, data.bill_id)
        await align_open_payment(tx, due, data.expires_at if waits else None)


async def on_bill(ctx: Context, tx: Tx, event: Event, data: BillState) -> None:
    """Money beyond the total goes back; an open payment over another amount than is due is called off. With none, and nothing
    to ask for, there is nothing to lock: who begins one later finds the bill as this event left it, or newer."""
    if data.payment_status == "overpaid":
        await refund_excess(tx, event.outletid, data.bill_id)
    elif data.due_paise == 0 and await db.open_payment(tx, event.outletid, data.bill_id) is None:
        return
    await align_open_payment(tx, await orders.lock_due(tx, event.outletid, data.bill_id))
