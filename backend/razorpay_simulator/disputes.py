"""What a guest's bank disputes: told by webhooks, and taken from the shop's account when it is lost."""

from __future__ import annotations

import time

from razorpay_simulator.bank import Bank
from razorpay_simulator.entities import ApiError, new_id, parse_amount
from razorpay_simulator.store import Doc

ENDS = ("won", "lost", "closed")


def open_dispute(bank: Bank, payment_id: str, body: Doc) -> Doc:
    """The bank asks for the money of a captured payment, or a part of it."""
    payment = bank.payment(payment_id)
    if not payment["captured"]:
        raise ApiError("Only payments that were captured are disputed.")
    now = int(time.time())
    dispute = {
        "id": new_id("disp_"),
        "entity": "dispute",
        "payment_id": payment_id,
        "amount": parse_amount(body.get("amount", payment["amount"]), 100, "The amount is wrong."),
        "currency": payment["currency"],
        "amount_deducted": 0,
        "reason_code": "goods_or_services_not_received",
        "respond_by": now + 3 * 86400,
        "status": "open",
        "phase": "chargeback",
        "created_at": now,
    }
    with bank.store.change():
        bank.store.put(dispute, parent=payment_id)
        bank.queue_event("payment.dispute.created", payment=payment, dispute=dispute)
    return dispute


def move_dispute(bank: Bank, dispute_id: str, status: str) -> Doc:
    """It goes on to `under_review`, or comes to its end. The payment itself says nothing of what a lost one took."""
    dispute = bank.existing("dispute", dispute_id)
    if dispute["status"] in ENDS or status not in ("under_review", *ENDS):
        raise ApiError("The dispute can not be moved so.")
    payment = bank.payment(dispute["payment_id"])
    dispute["status"] = status
    with bank.store.change():
        if status == "lost":
            dispute["amount_deducted"] = dispute["amount"]
            payment["_deducted"] = payment.get("_deducted", 0) + dispute["amount"]
            bank.save_payment(payment)
        bank.store.put(dispute, parent=payment["id"])
        bank.queue_event(f"payment.dispute.{status}", payment=payment, dispute=dispute)
    return dispute
