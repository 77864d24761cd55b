"""What the platform asks of a payment provider, and how a provider may fail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from rasoi.payments.domain import ProviderPayment


class OutcomeUnknown(Exception):
    """No clean answer: it may or may not have been done. Look before acting again."""


class ProviderUnavailable(OutcomeUnknown):
    """Nothing was asked: the provider does not answer, or too many wait for it already."""


class RequestRejected(Exception):
    """The provider said no, clearly, and did nothing."""


class RefundImpossible(RequestRejected):
    """A refund that can never be made, however often it is asked for."""


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's refund as it says that it is. `reference` is our refund's id, where we asked for it."""

    id: str
    payment_id: str
    amount_paise: int
    status: str
    reference: str | None = None


class ProviderDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A guest's bank asks for money of a payment back. `status`: open, under_review, and at its end won, lost or closed.
    `deducted_paise` is what a lost one took."""

    id: str
    payment_id: str
    amount_paise: int
    currency: str
    status: str
    deducted_paise: int = 0


class LookedUp(msgspec.Struct, frozen=True):
    """A payment as the provider has just answered, with its refunds; as a webhook's snapshot when they are None."""

    payment: ProviderPayment
    refunds: list[ProviderRefund] | None = None


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook tells; all None for events that don't matter here. A refund's may come with its payment."""

    event: str
    payment: ProviderPayment | None = None
    refund: ProviderRefund | None = None
    dispute: ProviderDispute | None = None


class CheckoutAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser does to let the guest pay. `kind` names the way, `url` what to load or where to go for it,
    `options` what to pass on."""

    kind: str
    url: str
    options: dict[str, str]


class Provider(Protocol):
    """One way to collect money online. Calls raise OutcomeUnknown or RequestRejected; no transaction may be open across
    them."""

    name: str
    simulated: bool
    signature_header: str
    webhook_headers: tuple[str, ...]
    """Headers that are kept with a webhook."""

    async def create(self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]) -> str:
        """The provider's order for this receipt, made or found; safe to repeat."""
        ...

    def checkout_action(self, order_id: str, callback_url: str) -> CheckoutAction:
        """`callback_url` takes the checkout's reply as a form, where the browser can't hand it over itself."""
        ...

    def verify_checkout(self, order_id: str, reply: Mapping[str, str]) -> str | None:
        """The provider's payment that this reply of its checkout proves for our order; None when it proves nothing."""
        ...

    async def lookup(self, payment_id: str) -> ProviderPayment: ...

    async def payments_of(self, order_id: str) -> list[ProviderPayment]: ...

    async def capture(self, payment_id: str, amount_paise: int, currency: str) -> ProviderPayment: ...

    async def refund(self, payment_id: str, amount_paise: int, reference: str) -> ProviderRefund:
        """Give money back; safe to repeat with the same reference."""
        ...

    async def refunds_of(self, payment_id: str) -> list[ProviderRefund]: ...

    async def received_by(self, order_id: str) -> int:
        """What an order of the provider's got, in paise."""
        ...

    async def payments_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderPayment], bool]:
        """A page of the payments made within this time, and whether more follow."""
        ...

    async def refunds_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderRefund], bool]: ...

    async def disputes_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderDispute], bool]:
        """Of those that began within this time, as they stand now."""
        ...

    async def ping(self) -> None:
        """Ask something that changes nothing."""
        ...

    def verify_webhook(self, body: bytes, signature: bytes) -> bool: ...

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """What tells this event from others; the same at each delivery of it. None when it names none."""
        ...

    def read_webhook(self, body: bytes) -> WebhookEvent:
        """Raises ValueError where there is nothing to read."""
        ...

    def close(self) -> None: ...
