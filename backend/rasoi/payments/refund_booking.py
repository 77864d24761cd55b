"""A refund as the provider tells of it, booked in a locked payment: one that we asked for, or one made by itself."""

from __future__ import annotations

from rasoi.orders import api as orders
from rasoi.payments.domain import AttemptRow, Mismatch, RefundRow, RefundTooLarge
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import REFUNDS
from rasoi.payments.providers import ProviderRefund
from rasoi.platform.database import Tx


class NotKnownYet(Exception):
    """It concerns a payment that we don't know, or don't know to be captured: it has to wait."""


async def book_refund(tx: Tx, ledger: Ledger, found: ProviderRefund) -> None:
    """One that we did not ask for (the owner used the provider's own dashboard) is written down as well: the books must
    agree. Raises NotKnownYet, Mismatch, or RefundTooLarge where more went back than came."""
    attempt = ledger.attempt_of(found.payment_id)
    if attempt is not None and attempt.status == "returned":
        return
    if attempt is None or attempt.status != "captured":
        raise NotKnownYet(f"{found.payment_id} is not captured here yet")
    row = _ours(ledger, found) or (
        ledger.promised(attempt, found.amount_paise) if found.status != "failed" else None
    )
    before = row.status if row else None
    if row is None:
        if found.status == "failed":
            return
        row = await _adopt(tx, ledger, attempt, found)
    elif row.amount_paise != found.amount_paise:
        raise Mismatch(f"refund {row.id} is of {row.amount_paise}, {found.id} of {found.amount_paise}")
    status, error = found.status, row.error
    if status == "failed":
        status, error = "to_hand_out", "the provider could not pay it out"
    ledger.advance_refund(row, status, provider_refund_id=found.id, error=error)
    if row.status != before:
        tx.on_commit(REFUNDS.labels(row.method or "unknown", row.status).inc)


async def _adopt(tx: Tx, ledger: Ledger, attempt: AttemptRow, found: ProviderRefund) -> RefundRow:
    row, shrunk = None, 0
    if found.amount_paise > attempt.refundable_paise:
        row, shrunk = ledger.shrink_promises(attempt, found.amount_paise)
    if found.amount_paise > attempt.refundable_paise:
        raise RefundTooLarge(refundable_paise=attempt.refundable_paise)
    if row is not None:
        ledger.take_over(row, attempt, found.amount_paise)
    else:
        row = ledger.request_refund(attempt, found.amount_paise, "refunded at the payment provider")
    if row.on_bill:
        await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, found.amount_paise - shrunk)
    return row


def _ours(ledger: Ledger, found: ProviderRefund) -> RefundRow | None:
    return next(
        (r for r in ledger.refunds if r.provider_refund_id == found.id or str(r.id) == found.reference), None
    )
