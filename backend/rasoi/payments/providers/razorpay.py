"""Razorpay, through its SDK; the simulator speaks the same API. The SDK is imported at its first use: it is large."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import structlog

from rasoi.payments.domain import ProviderPayment
from rasoi.payments.providers.protocol import (
    CheckoutAction,
    OutcomeUnknown,
    ProviderDispute,
    ProviderRefund,
    RefundImpossible,
    RequestRejected,
    WebhookEvent,
)
from rasoi.payments.providers.razorpay_calls import SdkCalls
from rasoi.settings import Settings, SettingsError

log = structlog.get_logger(__name__)
T = TypeVar("T")

STATES = {
    "created": "created",
    "authorized": "authorized",
    "captured": "captured",
    "refunded": "captured",  # but see `observed`
    "failed": "failed",
}
REFUND_STATES = {"pending": "pending", "processed": "processed", "failed": "failed"}
METHODS = {
    "upi": "upi",
    "card": "card",
    "netbanking": "netbanking",
    "wallet": "wallet",
    "emi": "card",
    "paylater": "wallet",
}
NEVER_REFUNDED = (  # what no waiting changes; a low balance is not among them
    "fully refunded already",
    "greater than the refund",
    "should be captured",
    "at least inr 1.00",
    "id provided does not exist",
)
RECEIPT_USED = "receipt should be unique"
MOST_PAISE = 2**53
PAGE = 100  # the most that Razorpay lists at once

SIMULATOR_KEY_ID = "rzp_test_simulator"
CHECKOUT_SCRIPT = "https://checkout.razorpay.com/v1/checkout.js"
EVERYWHERE = ("0.0.0.0", "::", "localhost")  # noqa: S104 - compared with, not listened on


def build(settings: Settings) -> Razorpay:
    """Razorpay with the installation's keys, or the simulator where there are none."""
    if not settings.simulated:
        if not settings.razorpay_key_secret:
            raise SettingsError("RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET go together; one of them is missing")
        return _real(settings)
    url = settings.simulator_base_url or settings.razorpay_simulator_url or _simulator_beside(settings)
    return Razorpay(
        key_id=SIMULATOR_KEY_ID,
        key_secret=settings.simulator_key_secret,
        webhook_secrets=settings.razorpay_webhook_secrets,
        checkout_script=f"{settings.checkout_origin}/checkout.js",
        base_url=url,
        simulated=True,
    )


def _real(settings: Settings) -> Razorpay:
    """With the installation's own keys, which go to Razorpay over a checked connection and nowhere else."""
    if not settings.razorpay_webhook_secrets:
        raise SettingsError(
            "RAZORPAY_WEBHOOK_SECRETS is missing: with real keys no webhook would be believed"
        )
    base_url = settings.razorpay_base_url
    if base_url and not base_url.startswith("https://"):
        raise SettingsError(
            "RAZORPAY_BASE_URL must begin with https://: real keys go over checked connections only"
        )
    simulators = {settings.razorpay_simulator_url, settings.simulator_base_url, _simulator_beside(settings)}
    if base_url and base_url in simulators:
        raise SettingsError("RAZORPAY_BASE_URL is the simulator's address: real keys never go there")
    return Razorpay(
        key_id=settings.razorpay_key_id,
        key_secret=settings.razorpay_key_secret,
        webhook_secrets=settings.razorpay_webhook_secrets,
        checkout_script=CHECKOUT_SCRIPT,
        base_url=base_url or None,
    )


def _simulator_beside(settings: Settings) -> str:
    """The simulator that `rasoi run` started on this machine."""
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.simulator_port}"


class Razorpay:
    """The Provider for Razorpay."""

    name = "razorpay"
    signature_header = "x-razorpay-signature"
    webhook_headers: tuple[str, ...] = (
        "content-type",
        "user-agent",
        "x-razorpay-event-id",
        "x-razorpay-signature",
    )

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        webhook_secrets: Sequence[str],
        checkout_script: str,
        base_url: str | None = None,
        simulated: bool = False,
        timeout: tuple[float, float] = (3.0, 5.0),
    ) -> None:
        self.simulated = simulated
        self._key_id = key_id
        self._key_secret = key_secret
        self._webhook_secrets = tuple(webhook_secrets)
        self._checkout_script = checkout_script
        self._base_url = base_url
        self._calls = SdkCalls(self.name, (key_id, key_secret), base_url, timeout, simulated=simulated)

    async def create(self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]) -> str:
        body = {"amount": amount_paise, "currency": currency, "receipt": receipt, "notes": notes}
        try:
            made = await self._calls.ask(lambda client, **how: client.order.create(body, **how))
        except (RequestRejected, OutcomeUnknown) as error:
            if isinstance(error, RequestRejected) and RECEIPT_USED not in str(error):
                raise
            made = await self._adopt(receipt, error)
        if (made.get("receipt"), made.get("amount"), made.get("currency")) != (
            receipt,
            amount_paise,
            currency,
        ):
            raise OutcomeUnknown("another order came back than was asked for")
        return str(made["id"])

    async def _adopt(self, receipt: str, error: Exception) -> dict[str, Any]:
        """The order that an earlier call made under this receipt; exactly this one."""
        found = await self._calls.ask(lambda client, **how: client.order.all({"receipt": receipt}, **how))
        for order in found.get("items", []):
            if order.get("receipt") == receipt:
                return order  # type: ignore[no-any-return]
        raise OutcomeUnknown(str(error))

    async def lookup(self, payment_id: str) -> ProviderPayment:
        return observed(await self._calls.ask(lambda client, **how: client.payment.fetch(payment_id, **how)))

    async def payments_of(self, order_id: str) -> list[ProviderPayment]:
        found = await self._calls.ask(lambda client, **how: client.order.payments(order_id, **how))
        return [observed(payment) for payment in found.get("items", [])]

    async def capture(self, payment_id: str, amount_paise: int, currency: str) -> ProviderPayment:
        # a dict of our own: the SDK's default one is shared between threads and would carry another call's amount
        body = {"amount": amount_paise, "currency": currency}
        return observed(
            await self._calls.ask(
                lambda client, **how: client.payment.capture(payment_id, amount_paise, data=body, **how)
            )
        )

    async def refund(self, payment_id: str, amount_paise: int, reference: str) -> ProviderRefund:
        body = {
            "amount": amount_paise,
            "speed": "normal",
            "receipt": reference,
            "notes": {"refund_id": reference},
        }
        headers = {"X-Refund-Idempotency": reference}
        try:
            made = await self._calls.ask(
                lambda client, **how: client.payment.refund(payment_id, body, headers=headers, **how)
            )
        except RequestRejected as error:
            if any(words in str(error).lower() for words in NEVER_REFUNDED):
                raise RefundImpossible(str(error)) from None
            raise
        return refund_of(made)

    async def ping(self) -> None:
        await self._calls.ask(lambda client, **how: client.order.all({"count": 1}, **how))

    async def refunds_of(self, payment_id: str) -> list[ProviderRefund]:
        refunds: list[ProviderRefund] = []
        while True:
            query = {"count": PAGE, "skip": len(refunds)}
            found = await self._calls.ask(
                lambda client, **how: client.payment.fetch_multiple_refund(payment_id, query, **how)  # noqa: B023
            )
            refunds += [refund_of(refund) for refund in found.get("items", [])]
            if len(found.get("items", [])) < PAGE:
                return refunds

    async def received_by(self, order_id: str) -> int:
        order = await self._calls.ask(lambda client, **how: client.order.fetch(order_id, **how))
        try:
            return int(order["amount_paid"])
        except (KeyError, TypeError, ValueError) as error:
            raise OutcomeUnknown(f"an order that can't be read: {error!r}") from None

    async def payments_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderPayment], bool]:
        return await self._listed("payment", observed, _window(first, last, skip))

    async def refunds_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderRefund], bool]:
        return await self._listed("refund", refund_of, _window(first, last, skip))

    async def disputes_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderDispute], bool]:
        return await self._listed("dispute", dispute_of, _window(first, last, skip))

    async def _listed(
        self, kind: str, read: Callable[[Any], T], query: dict[str, int]
    ) -> tuple[list[T], bool]:
        """A page of the entities of one kind, and whether more follow."""
        found = await self._calls.ask(lambda client, **how: getattr(client, kind).all(query, **how))
        return _page(found, read)

    def checkout_action(self, order_id: str, callback_url: str) -> CheckoutAction:
        options = {"key": self._key_id, "order_id": order_id, "callback_url": callback_url}
        return CheckoutAction(kind="razorpay", url=self._checkout_script, options=options)

    def verify_checkout(self, order_id: str, reply: Mapping[str, str]) -> str | None:
        """Over the order id that we stored, never the one that the browser sends back."""
        payment_id, signature = reply.get("razorpay_payment_id", ""), reply.get("razorpay_signature", "")
        signed = self._signed(f"{order_id}|{payment_id}".encode(), signature.encode(), (self._key_secret,))
        return payment_id if signed and reply.get("razorpay_order_id") == order_id else None

    def verify_webhook(self, body: bytes, signature: bytes) -> bool:
        return self._signed(body, signature, self._webhook_secrets)

    def _signed(self, text: bytes, signature: bytes, keys: Sequence[str]) -> bool:
        """Constant time, and each key is tried whatever came before."""
        fits = [
            hmac.compare_digest(hmac.digest(key.encode(), text, "sha256").hex().encode(), signature)
            for key in keys
        ]
        return any(fits)

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-razorpay-event-id")

    def read_webhook(self, body: bytes) -> WebhookEvent:
        try:
            told = msgspec.json.decode(body)
            event = _text(told["event"])
            if event.startswith("payment.dispute."):
                return WebhookEvent(event=event, dispute=dispute_of(told["payload"]["dispute"]["entity"]))
            if event not in EVENTS:
                return WebhookEvent(event=event)
            if event.startswith("refund."):
                payment = told["payload"].get("payment")
                return WebhookEvent(
                    event=event,
                    refund=refund_of(told["payload"]["refund"]["entity"]),
                    payment=observed(payment["entity"]) if payment else None,
                )
            return WebhookEvent(event=event, payment=observed(told["payload"]["payment"]["entity"]))
        except (
            msgspec.DecodeError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            OutcomeUnknown,
        ) as error:
            raise ValueError(f"not a webhook that we can read: {error!r}") from None

    def close(self) -> None:
        self._calls.close()


EVENTS = frozenset(
    {
        "payment.authorized",
        "payment.captured",
        "payment.failed",
        "order.paid",
        "refund.created",
        "refund.processed",
        "refund.failed",
        "refund.speed_changed",
    }
)


def _window(first: datetime, last: datetime, skip: int) -> dict[str, int]:
    return {"from": int(first.timestamp()), "to": int(last.timestamp()), "count": PAGE, "skip": skip}


def _page(found: dict[str, Any], read: Callable[[Any], T]) -> tuple[list[T], bool]:
    """What can be read of a list; an entity that can't is named in the log and does not hide the others."""
    page = []
    for entity in found.get("items", []):
        try:
            page.append(read(entity))
        except OutcomeUnknown as error:
            log.error(
                "an entity of the provider's can't be read", entity=repr(entity)[:200], reason=str(error)
            )
    return page, len(found.get("items", [])) >= PAGE


def observed(payment: Any) -> ProviderPayment:
    """The parts of Razorpay's payment entity that we use. Refunded without having been captured, it was given back by
    Razorpay itself and never ours."""
    try:
        status = STATES[payment["status"]]
        if payment["status"] == "refunded" and payment["captured"] is False:
            status = "returned"
        return ProviderPayment(
            id=_text(payment["id"]),
            order_id=_text(payment["order_id"] or ""),
            amount_paise=_paise(payment["amount"]),
            refunded_paise=_paise(payment.get("amount_refunded") or 0),
            currency=_text(payment["currency"]),
            status=status,
            method=METHODS.get(payment.get("method"), "card"),
            error=_text(payment.get("error_description") or "") or None,
            reason=_text(payment.get("error_reason") or "") or None,
            captured_at=_moment(payment.get("created_at")),
            outlet_id=_noted_outlet(payment.get("notes")),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise OutcomeUnknown(f"a payment that can't be read: {error!r}") from None


def _paise(value: Any) -> int:
    """An amount is a whole number of paise, and nothing that could be taken for one."""
    if type(value) is not int or not 0 <= value <= MOST_PAISE:
        raise ValueError(f"{value!r} is no amount in paise")
    return value


def _text(value: Any) -> str:
    """Text that can be kept."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{value!r} is no text")
    return value


def _moment(seconds: Any) -> datetime | None:
    """When the guest paid: the entity tells no time of capture of its own."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def dispute_of(dispute: Any) -> ProviderDispute:
    """The parts of the dispute entity."""
    try:
        amount, status = _paise(dispute["amount"]), _text(dispute["status"])
        return ProviderDispute(
            id=_text(dispute["id"]),
            payment_id=_text(dispute["payment_id"]),
            amount_paise=amount,
            currency=_text(dispute["currency"]),
            status=status,
            deducted_paise=_paise(dispute.get("amount_deducted") or amount) if status == "lost" else 0,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown(f"a dispute that can't be read: {error!r}") from None


def _noted_outlet(notes: Any) -> int | None:
    """The outlet that we wrote into an order's notes, where the payment carries them. Empty notes come as a list."""
    noted = str(notes.get("outlet", "")) if isinstance(notes, dict) else ""
    return int(noted) if re.fullmatch("[1-9][0-9]{0,8}", noted) else None


def refund_of(refund: Any) -> ProviderRefund:
    """The parts of the refund entity. Empty notes come back as a list."""
    try:
        notes = refund.get("notes")
        return ProviderRefund(
            id=_text(refund["id"]),
            payment_id=_text(refund["payment_id"]),
            amount_paise=_paise(refund["amount"]),
            status=REFUND_STATES[refund["status"]],
            reference=notes.get("refund_id") if isinstance(notes, dict) else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown(f"a refund that can't be read: {error!r}") from None
