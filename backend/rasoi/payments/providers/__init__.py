"""What the platform asks of a payment provider, and how a provider may fail."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rasoi.payments.domain import ProviderPayment
from rasoi.platform.context import Context


class OutcomeUnknown(Exception):
    """No clean answer: it may or may not have been done. Look before acting again."""


class RequestRejected(Exception):
    """The provider said no, clearly, and did nothing."""


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's refund as it says that it is. `reference` is our refund's id, where we asked for it."""

    id: str
    payment_id: str
    amount_paise: int
    status: str
    reference: str | None = None


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook tells; both None for events that don't matter here."""

    event: str
    payment: ProviderPayment | None = None
    refund: ProviderRefund | None = None


class Provider(Protocol):
    """One way to collect money online. Calls raise OutcomeUnknown or RequestRejected; no transaction may be open across them."""

    name: str
    key_id: str
    checkout_script: str
    simulated: bool

    async def create(self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]) -> str:
        """The provider's order for this receipt, made or found; safe to repeat."""
        ...

    async def lookup(self, payment_id: str) -> ProviderPayment: ...

    async def payments_of(self, order_id: str) -> list[ProviderPayment]: ...

    async def capture(self, payment_id: str, amount_paise: int, currency: str) -> ProviderPayment: ...

    async def refund(self, payment_id: str, amount_paise: int, reference: str) -> ProviderRefund:
        """Give money back; safe to repeat with the same reference."""
        ...

    async def find_refund(self, payment_id: str, reference: str) -> ProviderRefund | None: ...

    def verify_checkout(self, order_id: str, payment_id: str, signature: str) -> bool: ...

    def verify_webhook(self, body: bytes, signature: bytes) -> bool: ...

    def read_webhook(self, body: bytes) -> WebhookEvent:
        """Raises ValueError where there is nothing to read."""
        ...

    def close(self) -> None: ...


def provider_of(ctx: Context) -> Provider:
    """The one that the composition root put there."""
    return ctx.get(Provider)  # type: ignore[type-abstract]
