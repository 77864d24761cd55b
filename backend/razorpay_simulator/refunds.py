"""What Razorpay does with refunds: asked for over the API, or made in the dashboard."""

from __future__ import annotations

import json

from razorpay_simulator.bank import Bank
from razorpay_simulator.entities import KEY, ApiError, new_refund, parse_amount
from razorpay_simulator.store import Doc

LOW_BALANCE = (
    "Your account does not have enough balance to carry out the refund operation. You can add funds to your account from"
    " your Razorpay dashboard or capture new payments."
)


def create_refund(bank: Bank, payment_id: str, body: Doc, key: str | None) -> Doc:
    """Give money back; without an amount, all that is left. One refund per idempotency key."""
    asked = json.dumps([payment_id, body], sort_keys=True)
    if key is not None:
        if not KEY.match(key):
            raise ApiError("The idempotency key must be at least 10 of A-Z, a-z, 0-9, _ and -.")
        if known := bank.store.refund_key(key):
            if known[0] != asked:
                raise ApiError("Different request body sent for the same Idempotency Header.")
            return bank.existing("refund", known[1])
    payment = bank.payment(payment_id)
    amount = _amount(payment, body)
    if bank.moods.balance is not None:
        if amount > bank.moods.balance:
            raise ApiError(LOW_BALANCE)
        bank.moods.balance -= amount
    refund = new_refund(payment, amount, body)
    with bank.store.change():
        if key is not None:
            bank.store.keep_refund_key(key, asked, refund["id"])
        bank.store.put(refund, parent=payment_id)
        _book(bank, payment, amount)
        bank.queue_event("refund.created", payment=payment, refund=refund)
        if bank.moods.refunds != "pending":
            _finish(bank, payment, refund, bank.moods.refunds)
    return refund


def _amount(payment: Doc, body: Doc) -> int:
    """What is to be refunded: at least a rupee, and no more than the order got."""
    left = (
        payment.get("_received", payment["amount"]) - payment["amount_refunded"] - payment.get("_deducted", 0)
    )
    if not payment["captured"]:
        raise ApiError("The payment status should be captured for action to be taken")
    if left <= 0:
        raise ApiError("The payment has been fully refunded already")
    if body.get("amount") is None:
        return int(left)
    amount = parse_amount(body["amount"], 100, "The amount must be at least INR 1.00")
    if amount > left:
        raise ApiError("The total refund amount is greater than the refund payment amount", field="amount")
    return amount


def settle_refund(bank: Bank, refund_id: str, status: str) -> Doc:
    """A pending refund comes to its end: processed or failed."""
    refund = bank.existing("refund", refund_id)
    if refund["status"] != "pending" or status not in ("processed", "failed"):
        raise ApiError("The refund is not pending.")
    with bank.store.change():
        _finish(bank, bank.payment(refund["payment_id"]), refund, status)
    return refund


def _finish(bank: Bank, payment: Doc, refund: Doc, status: str) -> None:
    refund["status"] = status
    bank.store.put(refund, parent=payment["id"])
    if status == "failed":
        _book(bank, payment, -refund["amount"])
    bank.queue_event(f"refund.{status}", payment=payment, refund=refund)


def _book(bank: Bank, payment: Doc, amount: int) -> None:
    payment["amount_refunded"] += amount
    whole = payment["amount_refunded"] == payment.get("_received", payment["amount"])
    payment["status"] = "refunded" if whole else "captured"
    payment["refund_status"] = "full" if whole else "partial" if payment["amount_refunded"] else None
    bank.save_payment(payment)
