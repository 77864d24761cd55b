"""UPI QR codes: made over the API, credited when a person scans and pays, closed when used, in time, or on demand."""

from __future__ import annotations

import time

from razorpay_simulator.bank import Bank
from razorpay_simulator.entities import ApiError, new_id, new_payment, notes_of, parse_amount
from razorpay_simulator.store import Doc

LEAST_S, MOST_S = 120, 7200


def create_qr_code(bank: Bank, body: Doc) -> Doc:
    if body.get("type") != "upi_qr":
        raise ApiError("The selected type is invalid.", field="type")
    if body.get("usage") not in ("single_use", "multiple_use"):
        raise ApiError("The selected usage is invalid.", field="usage")
    fixed = body.get("fixed_amount") is True
    amount = (
        parse_amount(body.get("payment_amount"), 100, "The payment amount must be at least INR 1.00")
        if fixed
        else None
    )
    now, close_by = int(time.time()), body.get("close_by")
    if close_by is not None and not LEAST_S <= parse_amount(close_by, 0, "") - now <= MOST_S:
        raise ApiError("close_by should be between 2 minutes and 2 hours from now.", field="close_by")
    code = {
        "id": new_id("qr_"),
        "entity": "qr_code",
        "created_at": now,
        "name": body.get("name"),
        "usage": body["usage"],
        "type": "upi_qr",
        "image_url": f"https://rzp.io/i/{new_id('')}",
        "payment_amount": amount,
        "status": "active",
        "description": body.get("description"),
        "fixed_amount": fixed,
        "payments_amount_received": 0,
        "payments_count_received": 0,
        "notes": notes_of(body),
        "customer_id": None,
        "close_by": close_by,
        "closed_at": None,
        "close_reason": None,
    }
    with bank.store.change():
        bank.store.put(code)
        bank.queue_event("qr_code.created", qr_code=code)
    return code


def qr_code(bank: Bank, code_id: str) -> Doc:
    """As it is now: its time may be over."""
    code = bank.existing("qr_code", code_id)
    if code["status"] == "active" and code["close_by"] is not None and time.time() > code["close_by"]:
        with bank.store.change():
            _close(bank, code, "expired")
    return code


def close_qr_code(bank: Bank, code_id: str) -> Doc:
    code = qr_code(bank, code_id)
    if code["status"] == "closed":
        raise ApiError("The QR code is closed already.")
    with bank.store.change():
        _close(bank, code, "on_demand")
    return code


def pay_qr_code(bank: Bank, code_id: str, body: Doc) -> Doc:
    """A person scanned it and paid. A fixed amount can't be changed; a closed code takes nothing."""
    code = qr_code(bank, code_id)
    if code["status"] != "active":
        raise ApiError("The QR code is closed.")
    amount = (
        code["payment_amount"]
        if code["fixed_amount"]
        else parse_amount(body.get("amount"), 100, "Too little")
    )
    with bank.store.change():
        payment = new_payment(amount, "INR", "upi", None) | {"_qr_code": code_id}
        bank.capture_now(payment)
        code["payments_amount_received"] += amount
        code["payments_count_received"] += 1
        bank.store.put(code)
        bank.queue_event("qr_code.credited", payment=payment, qr_code=code)
        if code["usage"] == "single_use":
            _close(bank, code, "paid")
    return payment


def _close(bank: Bank, code: Doc, reason: str) -> None:
    code.update(status="closed", closed_at=int(time.time()), close_reason=reason)
    bank.store.put(code)
    bank.queue_event("qr_code.closed", qr_code=code)
