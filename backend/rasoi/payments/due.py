"""What is due on a bill, and the one open payment that asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.domain import PaymentRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import PAYMENTS
from rasoi.platform.auth import Principal
from rasoi.platform.database import Tx
from rasoi.platform.problems import Conflict, Unprocessable
from rasoi.staff.api import now_and_business_day
from rasoi.staff.api import outlet as read_outlet


class DueChanged(Conflict):
    slug, title = "due-changed", "The amount due is another one"


class NotApproved(Conflict):
    slug, title = "not-approved", "Staff have to approve this order first"


class NothingDue(Conflict):
    slug, title = "nothing-due", "Nothing is due"


async def due_of(tx: Tx, principal: Principal, request: schemas.DueRequest) -> orders.DueBill:
    """The bill that the request names, locked. To a guest of another table it does not exist."""
    if (request.order_id is None) == (request.bill_id is None):
        raise Unprocessable("Name either the order or the bill.")
    await orders.require_seated(tx, principal, lock=True)
    due = await orders.lock_due(tx, principal.outlet_id, order_id=request.order_id, bill_id=request.bill_id)
    if principal.kind == "guest" and principal.session_id not in due.session_ids:
        raise orders.UnknownBill()
    if due.unapproved:
        raise NotApproved("It can be paid as soon as a waiter has let it through.")
    return due


async def new_payment(tx: Tx, due: orders.DueBill, expires_at: datetime | None = None) -> Ledger:
    """Ask for what is due on a locked bill that has no open payment."""
    now, today = await now_and_business_day(tx, due.outlet_id)
    if expires_at is None:
        expires_at = now + timedelta(seconds=(await read_outlet(tx, due.outlet_id)).payment_timeout_s)
    row = PaymentRow(
        outlet_id=due.outlet_id,
        id=uuid7(),
        bill_id=due.bill_id,
        order_id=due.order_id,
        amount_paise=due.due_paise,
        business_day=today,
        created_at=now,
        expires_at=expires_at,
        poll_at=expires_at,
    )
    ledger = Ledger(row, [], [], now, today)
    ledger.begin()
    await db.save(tx, ledger)
    return ledger


def wait_for_cash(ledger: Ledger, due: orders.DueBill) -> bool:
    """An open payment lasts as long as its order waits for cash. Whether it was extended."""
    until, expires_at = due.cash_until, ledger.row.expires_at
    if until is None or expires_at is None or expires_at >= until:
        return False
    ledger.extend(until)
    return True


async def align_open_payment(
    tx: Tx, due: orders.DueBill, expires_at: datetime | None = None
) -> Ledger | None:
    """The locked bill's open payment asks for exactly what is due. One over another amount is cancelled; a new one
    follows where orders wait for it. Returns the open payment, if there is one."""
    ref = await db.open_payment(tx, due.outlet_id, due.bill_id)
    if ref is not None:
        ledger = await db.load(tx, ref, lock=True)
        assert ledger is not None
        if ledger.row.amount_paise == due.due_paise:
            if wait_for_cash(ledger, due):
                await db.save(tx, ledger)
            return ledger
        ledger.close_unpaid("cancelled")
        await db.save(tx, ledger)
        tx.on_commit(PAYMENTS.labels("none", "cancelled", "amount changed").inc)
        expires_at = expires_at or ledger.row.expires_at
    if due.due_paise > 0 and due.awaiting_order_ids:
        return await new_payment(tx, due, expires_at)
    return None


async def ensure_open(tx: Tx, due: orders.DueBill) -> Ledger:
    """The open payment over what is due on a locked bill."""
    if due.due_paise <= 0:
        raise NothingDue("Nothing is due on this bill.", due_paise=0)
    return await align_open_payment(tx, due) or await new_payment(tx, due)
