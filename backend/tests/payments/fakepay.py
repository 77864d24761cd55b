"""A second payment provider, unlike Razorpay: a page of its own to go to, plain codes, and event ids in the body."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from rasoi.payments.domain import ProviderPayment
from rasoi.payments.providers import (
    CheckoutAction,
    ProviderDispute,
    ProviderRefund,
    RequestRejected,
    WebhookEvent,
)

SECRET = b"the fake provider's secret"


def sign(text: bytes) -> str:
    return hmac.digest(SECRET, text, "sha256").hex()


@dataclass
class FakePay:
    """Its books are dictionaries; what it would send is collected in `events`."""

    name: str = "fakepay"
    simulated: bool = True
    signature_header: str = "fake-signature"
    webhook_headers: tuple[str, ...] = ("fake-signature",)
    orders: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    payments: dict[str, ProviderPayment] = field(default_factory=dict)
    refunds: dict[str, ProviderRefund] = field(default_factory=dict)
    events: list[bytes] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    closed: bool = False

    async def create(self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]) -> str:
        for order_id, (known, _, _) in self.orders.items():
            if known == receipt:
                return order_id
        order_id = f"session-{next(self.numbers)}"
        self.orders[order_id] = (receipt, amount_paise, currency)
        return order_id

    def checkout_action(self, order_id: str, callback_url: str) -> CheckoutAction:
        return CheckoutAction(kind="redirect", url=f"https://pay.example/{order_id}", options={})

    def verify_checkout(self, order_id: str, reply: Mapping[str, str]) -> str | None:
        payment_id, proof = reply.get("paid", ""), reply.get("proof", "")
        return payment_id if hmac.compare_digest(sign(f"{order_id}/{payment_id}".encode()), proof) else None

    async def lookup(self, payment_id: str) -> ProviderPayment:
        return self.payments[payment_id]

    async def payments_of(self, order_id: str) -> list[ProviderPayment]:
        return [payment for payment in self.payments.values() if payment.order_id == order_id]

    async def capture(self, payment_id: str, amount_paise: int, currency: str) -> ProviderPayment:
        payment = self.payments[payment_id]
        if payment.status != "authorized" or amount_paise != payment.amount_paise:
            raise RequestRejected("not to be captured")
        return self._keep(msgspec.structs.replace(payment, status="captured"))

    async def refund(self, payment_id: str, amount_paise: int, reference: str) -> ProviderRefund:
        made = ProviderRefund(
            id=f"back-{next(self.numbers)}",
            payment_id=payment_id,
            amount_paise=amount_paise,
            status="pending",
            reference=reference,
        )
        self.refunds[made.id] = made
        return made

    async def refunds_of(self, payment_id: str) -> list[ProviderRefund]:
        return [refund for refund in self.refunds.values() if refund.payment_id == payment_id]

    async def received_by(self, order_id: str) -> int:
        return sum(
            each.amount_paise for each in await self.payments_of(order_id) if each.status == "captured"
        )

    async def payments_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderPayment], bool]:
        return list(self.payments.values())[skip:], False

    async def refunds_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderRefund], bool]:
        return list(self.refunds.values())[skip:], False

    async def disputes_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderDispute], bool]:
        return [], False

    async def ping(self) -> None:
        pass

    def verify_webhook(self, body: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(sign(body).encode(), signature)

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        return str(msgspec.json.decode(body)["event_id"])

    def read_webhook(self, body: bytes) -> WebhookEvent:
        return msgspec.convert(msgspec.json.decode(body)["tells"], WebhookEvent)

    def close(self) -> None:
        self.closed = True

    # what a person at its page, and its staff, do

    def pay(self, order_id: str, payment_id: str | None = None) -> dict[str, str]:
        """Authorise the order's amount; returns the reply that the browser brings back."""
        _, amount, currency = self.orders[order_id]
        payment = ProviderPayment(
            id=payment_id or f"payment-{next(self.numbers)}",
            order_id=order_id,
            amount_paise=amount,
            currency=currency,
            status="authorized",
            method="wallet",
        )
        self._keep(payment)
        return {"paid": payment.id, "proof": sign(f"{order_id}/{payment.id}".encode())}

    def finish_refunds(self) -> None:
        for refund in list(self.refunds.values()):
            self.refunds[refund.id] = msgspec.structs.replace(refund, status="processed")
            self._send(WebhookEvent(event="refunded", refund=self.refunds[refund.id]))

    def _keep(self, payment: ProviderPayment) -> ProviderPayment:
        self.payments[payment.id] = payment
        self._send(WebhookEvent(event=payment.status, payment=payment))
        return payment

    def _send(self, event: WebhookEvent) -> None:
        body = {"event_id": f"event-{next(self.numbers)}", "tells": event}
        self.events.append(msgspec.json.encode(body))
