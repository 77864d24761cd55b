"""A refund as the provider tells of it, booked in a locked payment: one that we asked for, or one made by itself; and
what a lost dispute took."""

from __future__ import annotations

from rasoi.orders import api as orders
from rasoi.payments.domain import AttemptRow, Mismatch, RefundRow, RefundTooLarge
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import REFUNDS
from rasoi.payments.providers import ProviderDispute, ProviderRefund
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
    rows = _ours(ledger, found)
    if not rows and found.status == "failed":
        return
    before = {row.id: row.status for row in ledger.refunds}
    rows = rows or await _adopt(tx, ledger, attempt, found)
    if (ours := sum(row.amount_paise for row in rows)) != found.amount_paise:
        raise Mismatch(f"refund {rows[0].id} is of {ours}, {found.id} of {found.amount_paise}")
    for row in rows:
        failed = found.status == "failed"
        ledger.advance_refund(
            row,
            "to_hand_out" if failed else found.status,
            provider_refund_id=found.id,
            error="the provider could not pay it out" if failed else row.error,
        )
        if row.status != before.get(row.id):
            tx.on_commit(REFUNDS.labels(row.method or "unknown", row.status).inc)


async def book_dispute(tx: Tx, ledger: Ledger, found: ProviderDispute) -> int:
    """What a lost dispute took: given back by the provider, though no refund of its. Booked once, whoever tells of it again.
    Returns what our books can't hold of it: it had gone back to the guest before. Raises NotKnownYet or Mismatch."""
    attempt = ledger.attempt_of(found.payment_id)
    if attempt is None or attempt.status not in ("captured", "returned"):
        raise NotKnownYet(f"{found.payment_id} is not captured here yet")
    if found.currency != ledger.row.currency:
        raise Mismatch(f"dispute {found.id} is in {found.currency}, its payment in {ledger.row.currency}")
    rows = [row for row in ledger.refunds if row.dispute_id == found.id]
    if not rows:
        free = attempt.refundable_paise
        rows = ledger.keep_promises(attempt, found.deducted_paise)
        own = min(found.deducted_paise - sum(row.amount_paise for row in rows), attempt.refundable_paise)
        if own > 0:
            reason = "the guest's bank took it back: a dispute was lost"
            rows.append(ledger.request_refund(attempt, own, reason, dispute_id=found.id))
        for row in rows:
            row.reference = found.id
            ledger.advance_refund(row, "processed", error=row.error)
            tx.on_commit(REFUNDS.labels(row.method or "unknown", "processed").inc)
        if attempt.on_bill and (more := min(free, found.deducted_paise)):
            await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, more)
    return found.deducted_paise - sum(row.amount_paise for row in rows)


async def _adopt(tx: Tx, ledger: Ledger, attempt: AttemptRow, found: ProviderRefund) -> list[RefundRow]:
    """One that the provider made by itself: it keeps what we promised, where that is of this amount or there is no other
    money for it, and what is left of it is written down as a refund of its own."""
    if promise := ledger.promised(attempt, found.amount_paise):
        return [promise]
    free = attempt.refundable_paise
    rows = ledger.keep_promises(attempt, found.amount_paise)
    own = found.amount_paise - sum(row.amount_paise for row in rows)
    if own > attempt.refundable_paise:
        raise RefundTooLarge(refundable_paise=attempt.refundable_paise)
    if own:
        rows.append(ledger.request_refund(attempt, own, "refunded at the payment provider"))
    if attempt.on_bill and (more := min(free, found.amount_paise)):
        await orders.apply_refund(tx, ledger.row.outlet_id, ledger.row.bill_id, more)
    return rows


def _ours(ledger: Ledger, found: ProviderRefund) -> list[RefundRow]:
    """Those that it is: several where one of the owner's keeps several promises."""
    return [r for r in ledger.refunds if r.provider_refund_id == found.id or str(r.id) == found.reference]
