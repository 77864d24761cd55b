"""Razorpay's entities as new ones look, its checks of what is sent, and its errors."""

from __future__ import annotations

import re
import secrets
import string
import time
from typing import Any

from razorpay_simulator.store import Doc

ALPHABET = string.ascii_letters + string.digits
METHODS = ("upi", "card", "netbanking", "wallet")
DETAILS: dict[str, Doc] = {
    "upi": {"vpa": "guest@okrasoi"},
    "card": {"card_id": "card_RasoiTest0001", "card": {"network": "RuPay", "last4": "1111", "type": "debit"}},
    "netbanking": {"bank": "SBIN"},
    "wallet": {"wallet": "mobikwik"},
}
KEY = re.compile(r"[A-Za-z0-9_-]{10,}\Z")


class ApiError(Exception):
    """An answer of Razorpay's that is not 2xx."""

    def __init__(
        self,
        description: str,
        *,
        status: int = 400,
        field: str | None = None,
        code: str = "BAD_REQUEST_ERROR",
    ) -> None:
        super().__init__(description)
        self.status = status
        self.body: Doc = {
            "error": {
                "code": code,
                "description": description,
                "field": field,
                "source": "business" if status < 500 else "internal",
                "step": "payment_initiation",
                "reason": "input_validation_failed" if status == 400 else "NA",
                "metadata": {},
            }
        }


def new_id(prefix: str) -> str:
    """Such as `order_` and 14 letters or digits."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(14))


def notes_of(body: Doc) -> Any:
    """The notes as Razorpay returns them: none at all come back as an empty list."""
    notes = body.get("notes") or {}
    if not isinstance(notes, dict) or len(notes) > 15 or any(len(str(v)) > 256 for v in notes.values()):
        raise ApiError("The notes are not valid: at most 15 pairs of at most 256 characters.", field="notes")
    return notes or []


def parse_amount(value: Any, least: int, text: str) -> int:
    """An amount as the API takes it: a whole number, in JSON or as digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ApiError("The amount must be an integer.", field="amount")
    if value < least:
        raise ApiError(text, field="amount")
    return value


def fee_of(amount: int) -> tuple[int, int]:
    """Fee with its GST, and the GST in it: 2 % and 18 % of that."""
    base = amount * 2 // 100
    tax = base * 18 // 100
    return base + tax, tax


def new_order(body: Doc, amount: int) -> Doc:
    return {
        "id": new_id("order_"),
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": body["currency"],
        "receipt": body.get("receipt"),
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": notes_of(body),
        "created_at": int(time.time()),
    }


def new_payment(amount: int, currency: str, method: str, order_id: str | None) -> Doc:
    return {
        "id": new_id("pay_"),
        "entity": "payment",
        "amount": amount,
        "currency": currency,
        "status": "created",
        "order_id": order_id,
        "invoice_id": None,
        "international": False,
        "method": method,
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": None,
        "card_id": None,
        "bank": None,
        "wallet": None,
        "vpa": None,
        "email": "guest@example.com",
        "contact": "+919000000000",
        "notes": [],
        "fee": None,
        "tax": None,
        "error_code": None,
        "error_description": None,
        "error_source": None,
        "error_step": None,
        "error_reason": None,
        "acquirer_data": {},
        "created_at": int(time.time()),
    } | DETAILS[method]


def new_refund(payment: Doc, amount: int, body: Doc) -> Doc:
    return {
        "id": new_id("rfnd_"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": notes_of(body),
        "receipt": body.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": int(time.time()),
        "batch_id": None,
        "status": "pending",
        "speed_processed": "normal",
        "speed_requested": body.get("speed", "normal"),
    }


def public(doc: Doc) -> Doc:
    """The document without what only the simulator knows."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}
