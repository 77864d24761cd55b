"""What Razorpay does with orders, payments and refunds, with its checks, its error texts and its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import string
import time
from typing import Any

from razorpay_simulator.store import Doc, Store

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


class Bank:
    """The rules over the books. `settle_refunds` is what becomes of a new refund: processed, pending or failed."""

    def __init__(self, store: Store, key_secret: str, account: str = "acc_RasoiSimulator") -> None:
        self.store = store
        self.key_secret = key_secret
        self.account = account
        self.settle_refunds = "processed"
        self.same_order_for_receipt = False

    # orders

    def create_order(self, body: Doc) -> Doc:
        amount = parse_amount(body.get("amount"), 100, "Order amount less than minimum amount allowed")
        currency = body.get("currency")
        if currency != "INR":
            raise ApiError(
                "The currency field is required." if not currency else "Currency is not supported",
                field="currency",
            )
        receipt = body.get("receipt")
        if receipt is not None and (not isinstance(receipt, str) or len(receipt) > 40):
            raise ApiError("The receipt may not be greater than 40 characters.", field="receipt")
        if receipt and (known := self.store.with_receipt(receipt)):
            same = known["amount"] == amount and (
                body.get("unique_receipt") is True or self.same_order_for_receipt
            )
            if same:
                return known
            raise ApiError("Order receipt should be unique.", field="receipt")
        order = {
            "id": new_id("order_"),
            "entity": "order",
            "amount": amount,
            "amount_paid": 0,
            "amount_due": amount,
            "currency": currency,
            "receipt": receipt,
            "offer_id": None,
            "status": "created",
            "attempts": 0,
            "notes": notes_of(body),
            "created_at": int(time.time()),
        }
        manual = (
            body.get("payment_capture") in (0, "0", False)
            or (body.get("payment") or {}).get("capture") == "manual"
        )
        with self.store.change():
            self.store.put(order | {"_manual": manual}, receipt=receipt)
        return order

    def order(self, order_id: str) -> Doc:
        return self._existing("order", order_id)

    def payment(self, payment_id: str) -> Doc:
        return self._existing("payment", payment_id)

    def refund(self, refund_id: str) -> Doc:
        return self._existing("refund", refund_id)

    def _existing(self, kind: str, found: str) -> Doc:
        doc = self.store.get(kind, found)
        if doc is None:
            raise ApiError("The id provided does not exist", field="id")
        return doc

    # payments

    def pay(self, order_id: str, method: str, outcome: str) -> Doc:
        """What the person at the checkout did. `outcome`: success, failure, authorized, pending or late.

        Late looks like a failure now, and is captured afterwards on the same payment id; see `settle_late`."""
        if method not in METHODS:
            raise ApiError("The selected method is invalid.", field="method")
        if outcome not in ("success", "failure", "authorized", "pending", "late"):
            raise ApiError(
                "The outcome is one of success, failure, authorized, pending, late.", field="outcome"
            )
        order = self.order(order_id)
        if order["status"] == "paid":
            raise ApiError("Payment already done for this order.", field="order_id")
        with self.store.change():
            payment = self._retried(order, method) or self._new_payment(order, method)
            order["attempts"] += 1
            order["status"] = "attempted"
            self._save_order(order)
            self._save_payment(payment)
            if outcome in ("failure", "late"):
                self._fail(payment)
            elif outcome != "pending":
                self._authorize(payment, capture=outcome == "success" and not order.get("_manual"))
        return payment

    def settle_late(self, payment_id: str, *, capture: bool = True) -> Doc:
        """The bank answers after all: a failed or pending payment becomes authorised, and captured."""
        payment = self.payment(payment_id)
        if payment["status"] not in ("failed", "created"):
            raise ApiError("The payment is not waiting for its bank.")
        with self.store.change():
            self._authorize(payment, capture=capture)
        return payment

    def capture(self, payment_id: str, body: Doc) -> Doc:
        payment = self.payment(payment_id)
        amount = parse_amount(body.get("amount"), 1, "The amount field is required.")
        if payment["status"] != "authorized":
            raise ApiError(
                "This payment has already been captured"
                if payment["captured"]
                else "Only payments which have been authorized and not yet captured can be captured"
            )
        if amount != payment["amount"] or body.get("currency", "INR") != payment["currency"]:
            raise ApiError("Capture amount must be equal to the amount authorized", field="amount")
        with self.store.change():
            self._capture(payment)
        return payment

    def _retried(self, order: Doc, method: str) -> Doc | None:
        """A UPI payment that failed is tried again under its own id."""
        last = next(iter(self.store.children("payment", order["id"])), None)
        retry = method == "upi" and last is not None and (last["method"], last["status"]) == ("upi", "failed")
        return last if retry else None

    def _new_payment(self, order: Doc, method: str) -> Doc:
        return {
            "id": new_id("pay_"),
            "entity": "payment",
            "amount": order["amount"],
            "currency": order["currency"],
            "status": "created",
            "order_id": order["id"],
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

    def _fail(self, payment: Doc) -> None:
        payment.update(
            status="failed",
            error_code="BAD_REQUEST_ERROR",
            error_source="customer",
            error_step="payment_authentication",
            error_description="Your payment could not be completed. Try another way to pay.",
            error_reason="payment_failed",
        )
        self._save_payment(payment)
        self._queue_event("payment.failed", payment=payment)

    def _authorize(self, payment: Doc, *, capture: bool) -> None:
        payment["status"] = "authorized"
        for name in ("code", "description", "source", "step", "reason"):
            payment[f"error_{name}"] = None
        self._save_payment(payment)
        self._queue_event("payment.authorized", payment=payment)
        if capture:
            self._capture(payment)

    def _capture(self, payment: Doc) -> None:
        payment.update(status="captured", captured=True, fee=payment["amount"] * 2 // 100, tax=0)
        self._save_payment(payment)
        self._queue_event("payment.captured", payment=payment)
        order = self.order(payment["order_id"])
        if order["status"] != "paid":
            order.update(status="paid", amount_paid=payment["amount"], amount_due=0)
            self._save_order(order)
            self._queue_event("order.paid", payment=payment, order=order)

    def _save_order(self, order: Doc) -> None:
        self.store.put(order)

    def _save_payment(self, payment: Doc) -> None:
        self.store.put(payment, parent=payment["order_id"])

    # refunds

    def create_refund(self, payment_id: str, body: Doc, key: str | None) -> Doc:
        """Give money back; without an amount, all that is left. One refund per idempotency key."""
        asked = json.dumps([payment_id, body], sort_keys=True)
        if key is not None:
            if not KEY.match(key):
                raise ApiError("The idempotency key must be at least 10 of A-Z, a-z, 0-9, _ and -.")
            if known := self.store.refund_key(key):
                if known[0] != asked:
                    raise ApiError("Different request body sent for the same Idempotency Header.")
                return self.refund(known[1])
        payment = self.payment(payment_id)
        left = payment["amount"] - payment["amount_refunded"]
        if not payment["captured"]:
            raise ApiError("The payment status should be captured for action to be taken")
        if left == 0:
            raise ApiError("The payment has been fully refunded already")
        amount = (
            left
            if body.get("amount") is None
            else parse_amount(body["amount"], 100, "The amount must be at least INR 1.00")
        )
        if amount > left:
            raise ApiError(
                "The total refund amount is greater than the refund payment amount", field="amount"
            )
        refund = {
            "id": new_id("rfnd_"),
            "entity": "refund",
            "amount": amount,
            "currency": payment["currency"],
            "payment_id": payment_id,
            "notes": notes_of(body),
            "receipt": body.get("receipt"),
            "acquirer_data": {"arn": None},
            "created_at": int(time.time()),
            "batch_id": None,
            "status": "pending",
            "speed_processed": "normal",
            "speed_requested": body.get("speed", "normal"),
        }
        with self.store.change():
            if key is not None:
                self.store.keep_refund_key(key, asked, refund["id"])
            self.store.put(refund, parent=payment_id)
            self._book_refund(payment, amount)
            self._queue_event("refund.created", payment=payment, refund=refund)
            if self.settle_refunds != "pending":
                self._finish_refund(payment, refund, self.settle_refunds)
        return refund

    def settle_refund(self, refund_id: str, status: str) -> Doc:
        """A pending refund comes to its end: processed or failed."""
        refund = self.refund(refund_id)
        if refund["status"] != "pending" or status not in ("processed", "failed"):
            raise ApiError("The refund is not pending.")
        with self.store.change():
            self._finish_refund(self.payment(refund["payment_id"]), refund, status)
        return refund

    def _finish_refund(self, payment: Doc, refund: Doc, status: str) -> None:
        refund["status"] = status
        self.store.put(refund, parent=payment["id"])
        if status == "failed":
            self._book_refund(payment, -refund["amount"])
        self._queue_event(f"refund.{status}", payment=payment, refund=refund)

    def _book_refund(self, payment: Doc, amount: int) -> None:
        payment["amount_refunded"] += amount
        whole = payment["amount_refunded"] == payment["amount"]
        payment["status"] = "refunded" if whole else "captured"
        payment["refund_status"] = "full" if whole else "partial" if payment["amount_refunded"] else None
        self._save_payment(payment)

    # signatures and webhooks

    def signed(self, payment: Doc) -> Doc:
        """What the checkout hands to the shop's page after a success."""
        text = f"{payment['order_id']}|{payment['id']}".encode()
        return {
            "razorpay_payment_id": payment["id"],
            "razorpay_order_id": payment["order_id"],
            "razorpay_signature": hmac.new(self.key_secret.encode(), text, hashlib.sha256).hexdigest(),
        }

    def _queue_event(self, event: str, **entities: Doc) -> None:
        now = time.time()
        body = {
            "entity": "event",
            "account_id": self.account,
            "event": event,
            "contains": list(entities),
            "payload": {name: {"entity": public(doc)} for name, doc in entities.items()},
            "created_at": int(now),
        }
        self.store.queue(new_id(""), event, json.dumps(body, separators=(",", ":")).encode(), now, now)


def public(doc: Doc) -> Doc:
    """The document without what only the simulator knows."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}
