"""Which providers an installation has: each by a function of the settings, None where it isn't set up."""

from __future__ import annotations

from collections.abc import Callable

from rasoi.payments.providers import Provider, Providers, razorpay
from rasoi.settings import Settings

BUILDERS: tuple[Callable[[Settings], Provider | None], ...] = (razorpay.build,)


def build_providers(settings: Settings) -> Providers:
    """All that the settings set up, the preferred one first."""
    made = [build(settings) for build in BUILDERS]
    return Providers(provider for provider in made if provider is not None)
