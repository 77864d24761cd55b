"""The payment providers of an installation, by the name that rows and paths carry."""

from __future__ import annotations

from collections.abc import Iterable

from rasoi.payments.providers.guard import Guard, GuardedCalls, LaneName
from rasoi.payments.providers.protocol import (
    CheckoutAction,
    LookedUp,
    OutcomeUnknown,
    Provider,
    ProviderDispute,
    ProviderRefund,
    ProviderUnavailable,
    RefundImpossible,
    RequestRejected,
    WebhookEvent,
)
from rasoi.platform.context import Context
from rasoi.platform.problems import NotFound

__all__ = [
    "CheckoutAction",
    "GuardedCalls",
    "LookedUp",
    "OutcomeUnknown",
    "Provider",
    "ProviderDispute",
    "ProviderRefund",
    "ProviderUnavailable",
    "Providers",
    "RefundImpossible",
    "RequestRejected",
    "WebhookEvent",
    "calls_to",
    "provider_named",
]


class UnknownProvider(NotFound):
    slug, title = "unknown-payment-provider", "There is no such payment provider here"


class Providers:
    """Each with its guard. The first is used when none is named."""

    def __init__(self, providers: Iterable[Provider | Guard]) -> None:
        guards = [each if isinstance(each, Guard) else Guard(each) for each in providers]
        self._by_name = {guard.provider.name: guard for guard in guards}

    @property
    def first(self) -> Guard:
        return next(iter(self._by_name.values()))

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    def get(self, name: str) -> Guard:
        """Raises UnknownProvider."""
        if name not in self._by_name:
            raise UnknownProvider(f"There is no payment provider {name!r} here.")
        return self._by_name[name]

    def close(self) -> None:
        for guard in self._by_name.values():
            guard.close()


def provider_named(ctx: Context, name: str) -> Provider:
    """For what needs no call: signatures, webhooks, the checkout's action."""
    return ctx.get(Providers).get(name).provider


def calls_to(ctx: Context, name: str, lane: LaneName) -> GuardedCalls:
    """For calls of the provider, within the limits of one kind of caller."""
    return ctx.get(Providers).get(name).calls(lane)
