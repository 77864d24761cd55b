"""Payments, attempts, refunds, and what the payment provider tells of them."""

from __future__ import annotations

from rasoi.contracts.orders import (
    BillChanged,
    BillClosed,
    BillVoided,
    OrderCancelled,
    OrderPlaced,
    OrderProgressed,
)
from rasoi.payments import handlers, workers
from rasoi.payments.capture import WorkerSignals
from rasoi.payments.providers import Provider, provider_of
from rasoi.payments.providers.razorpay import Razorpay
from rasoi.payments.routes import ROUTES
from rasoi.platform.context import Context
from rasoi.platform.rooms import Job, Room
from rasoi.settings import Settings

__all__ = ["ROOM", "SIMULATOR_KEY_ID", "Provider", "build_provider"]

SIMULATOR_KEY_ID = "rzp_test_simulator"
RAZORPAY_CHECKOUT = "https://checkout.razorpay.com/v1/checkout.js"
EVERYWHERE = ("0.0.0.0", "::", "localhost")  # noqa: S104 - compared with, not listened on


def build_provider(settings: Settings) -> Razorpay:
    """Razorpay with the installation's keys, or the simulator where there are none."""
    if not settings.simulated:
        return Razorpay(
            key_id=settings.razorpay_key_id, key_secret=settings.razorpay_key_secret,
            webhook_secrets=settings.razorpay_webhook_secrets, checkout_script=RAZORPAY_CHECKOUT,
            base_url=settings.razorpay_base_url or None,
        )  # fmt: skip
    return Razorpay(
        key_id=SIMULATOR_KEY_ID, key_secret=settings.simulator_key_secret, webhook_secrets=settings.razorpay_webhook_secrets,
        checkout_script=f"{settings.checkout_origin}/checkout.js",
        base_url=settings.razorpay_base_url or settings.razorpay_simulator_url or _simulator_beside(settings),
    )  # fmt: skip


def _simulator_beside(settings: Settings) -> str:
    """The simulator that `rasoi run` started on this machine."""
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.simulator_port}"


async def start(ctx: Context) -> None:
    """The signals that wake the workers of this process."""
    ctx.register(WorkerSignals())


async def stop(ctx: Context) -> None:
    provider_of(ctx).close()


ROOM = Room(
    name="payments",
    linger_s=0.03,
    routes=ROUTES,
    handlers={
        OrderPlaced: handlers.on_order,
        OrderProgressed: handlers.on_order,
        OrderCancelled: handlers.on_order,
        BillChanged: handlers.on_bill,
        BillClosed: handlers.on_bill,
        BillVoided: handlers.on_bill,
    },
    jobs=(
        Job("process webhooks", 0.01, workers.process_webhooks),
        Job("send refunds", 0.01, workers.send_refunds),
        Job("look up and expire payments", 3.0, workers.reconcile),
        Job("count what waits", 5.0, workers.count_waiting),
        Job("prune webhooks", 3600.0, workers.prune),
    ),
    start=start,
    stop=stop,
)
