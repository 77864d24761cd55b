"""What Razorpay does with orders and payments, with its checks, its error texts and its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from razorpay_simulator.entities import (
    METHODS,
    ApiError,
    fee_of,
    new_id,
    new_order,
    new_payment,
    new_refund,
    parse_amount,
    public,
)
from razorpay_simulator.store import Doc, Store

OUTCOMES = ("success", "failure", "authorized", "pending", "late")
MOST = 50_000_000  # ₹5,00,000, the ordinary account's limit for one payment


@dataclass
class Moods:
    """What tests may ask the bank to do by itself.

    refunds: what becomes of a new one: processed, pending or failed. same_order: a receipt that was used gets its order.
    returns: payments that come late, or second for a paid order, are given back uncaptured. balance: what there is to
    refund from, None for enough; captures add to it."""

    refunds: str = "processed"
    same_order: bool = False
    returns: bool = False
    balance: int | None = None


class Bank:
    """The rules over the books."""

    def __init__(self, store: Store, key_secret: str, account: str = "acc_RasoiSimulator") -> None:
        self.store = store
        self.key_secret = key_secret
        self.account = account
        self.moods = Moods()

    # orders

    def create_order(self, body: Doc) -> Doc:
        amount = parse_amount(body.get("amount"), 100, "Order amount less than minimum amount allowed")
        if amount > MOST:
            raise ApiError("Amount exceeds maximum amount allowed.", field="amount")
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
            same = known["amount"] == amount and (body.get("unique_receipt") is True or self.moods.same_order)
            if same:
                return known
            raise ApiError("Order receipt should be unique.", field="receipt")
        order = new_order(body, amount) | {"_manual": _is_manual(body)}
        if body.get("partial_payment") is True:
            order["partial_payment"] = True
            order["first_payment_min_amount"] = body.get("first_payment_min_amount")
        with self.store.change():
            self.store.put(order, receipt=receipt)
        return order

    def order(self, order_id: str) -> Doc:
        return self.existing("order", order_id)

    def payment(self, payment_id: str) -> Doc:
        return self.existing("payment", payment_id)

    def existing(self, kind: str, found: str) -> Doc:
        doc = self.store.get(kind, found)
        if doc is None:
            raise ApiError("The id provided does not exist", field="id")
        return doc

    # payments

    def pay(self, order_id: str, method: str, outcome: str, more: Doc | None = None) -> Doc:
        """What the person at the checkout did.

        Late looks like a failure now, and is captured afterwards on the same payment id; see `settle_late`. `more`: a part
        as `amount` where the order may be paid in parts, `fee_bearer` customer, `discount` of an offer, `currency`."""
        if method not in METHODS:
            raise ApiError("The selected method is invalid.", field="method")
        if outcome not in OUTCOMES:
            raise ApiError(f"The outcome is one of {', '.join(OUTCOMES)}.", field="outcome")
        order = self.order(order_id)
        if order["status"] == "paid":
            raise ApiError("Payment already done for this order.", field="order_id")
        with self.store.change():
            payment = self._retried(order, method) or self._begun(order, method, more or {})
            order["attempts"] += 1
            order["status"] = "attempted"
            self.save_order(order)
            self.save_payment(payment)
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
            self._authorize(payment, capture=capture and not self.moods.returns)
            if self.moods.returns:
                self._return(payment)
        return payment

    def give_back(self, payment_id: str) -> Doc:
        """Not captured in time, or one too many: Razorpay returns it by itself."""
        payment = self.payment(payment_id)
        if payment["captured"] or payment["status"] == "refunded":
            raise ApiError("Only payments that were not captured are returned.")
        with self.store.change():
            self._return(payment)
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
            self.capture_now(payment)
        return payment

    def _retried(self, order: Doc, method: str) -> Doc | None:
        """A UPI payment that failed is tried again under its own id."""
        last = next(iter(self.store.children("payment", order["id"])), None)
        retry = method == "upi" and last is not None and (last["method"], last["status"]) == ("upi", "failed")
        return last if retry else None

    def _begun(self, order: Doc, method: str, more: Doc) -> Doc:
        amount = order["amount_due"]
        if more.get("amount") is not None:
            amount = parse_amount(more["amount"], 100, "The amount must be at least INR 1.00")
            if not order.get("partial_payment") or amount > order["amount_due"]:
                raise ApiError("Payment amount is not the order's.", field="amount")
        received = amount
        if discount := int(more.get("discount", 0)):
            amount = received = amount - discount
        if more.get("fee_bearer") == "customer":
            amount += fee_of(amount)[0]
        payment = new_payment(amount, str(more.get("currency", order["currency"])), method, order["id"])
        return payment | {"_received": received, "_discount": discount}

    def _fail(self, payment: Doc) -> None:
        payment.update(
            status="failed",
            error_code="BAD_REQUEST_ERROR",
            error_source="customer",
            error_step="payment_authentication",
            error_description="Your payment could not be completed. Try another way to pay.",
            error_reason="payment_failed",
        )
        self.save_payment(payment)
        self.queue_event("payment.failed", payment=payment)

    def _authorize(self, payment: Doc, *, capture: bool) -> None:
        payment["status"] = "authorized"
        for name in ("code", "description", "source", "step", "reason"):
            payment[f"error_{name}"] = None
        self.save_payment(payment)
        self.queue_event("payment.authorized", payment=payment)
        if capture:
            self.capture_now(payment)

    def capture_now(self, payment: Doc) -> None:
        """Also a payment without an order, of a QR code."""
        fee, tax = fee_of(payment["_received"] if "_received" in payment else payment["amount"])
        payment.update(status="captured", captured=True, fee=fee, tax=tax)
        self.save_payment(payment)
        if self.moods.balance is not None:
            self.moods.balance += payment["amount"] - fee
        self.queue_event("payment.captured", payment=payment)
        if payment["order_id"] is None:
            return
        order = self.order(payment["order_id"])
        if order["status"] == "paid":
            return
        order["amount_paid"] += payment["_received"]
        order["amount_due"] = max(0, order["amount_due"] - payment["_received"] - payment["_discount"])
        if order["amount_due"] == 0:
            order["status"] = "paid"
        self.save_order(order)
        if order["status"] == "paid":
            self.queue_event("order.paid", payment=payment, order=order)

    def _return(self, payment: Doc) -> None:
        """Such money was never the shop's; its refund stands in the books all the same."""
        payment.update(status="refunded", refund_status="full", amount_refunded=payment["amount"])
        refund = new_refund(payment, payment["amount"], {}) | {"status": "processed"}
        self.save_payment(payment)
        self.store.put(refund, parent=payment["id"])
        self.queue_event("refund.created", payment=payment, refund=refund)
        self.queue_event("refund.processed", payment=payment, refund=refund)

    def save_order(self, order: Doc) -> None:
        self.store.put(order)

    def save_payment(self, payment: Doc) -> None:
        self.store.put(payment, parent=payment["order_id"] or payment.get("_qr_code"))

    # signatures and webhooks

    def signed(self, payment: Doc) -> Doc:
        """What the checkout hands to the shop's page after a success."""
        text = f"{payment['order_id']}|{payment['id']}".encode()
        return {
            "razorpay_payment_id": payment["id"],
            "razorpay_order_id": payment["order_id"],
            "razorpay_signature": hmac.new(self.key_secret.encode(), text, hashlib.sha256).hexdigest(),
        }

    def queue_event(self, event: str, **entities: Doc) -> None:
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


def _is_manual(body: Doc) -> bool:
    return (
        body.get("payment_capture") in (0, "0", False)
        or (body.get("payment") or {}).get("capture") == "manual"
    )
