"""Payments, attempts, refunds, and what the payment provider tells of them."""

from __future__ import annotations

from rasoi.contracts.orders import (
    BillChanged,
    BillClosed,
    BillVoided,
    BillWrittenOff,
    OrderCancelled,
    OrderPlaced,
    OrderProgressed,
)
from rasoi.payments import comparison, handlers, reconciliation, refunds, webhooks, workers
from rasoi.payments.day_routes import ROUTES as DAY_ROUTES
from rasoi.payments.providers import Providers
from rasoi.payments.providers.razorpay import SIMULATOR_KEY_ID
from rasoi.payments.providers.registry import build_providers
from rasoi.payments.routes import ROUTES
from rasoi.payments.shift_routes import ROUTES as SHIFT_ROUTES
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.context import Context
from rasoi.platform.rooms import Job, Room

__all__ = ["ROOM", "SIMULATOR_KEY_ID", "build_providers"]


async def start(ctx: Context) -> None:
    """The signals that wake the workers of this process."""
    ctx.register(WorkerSignals())


async def stop(ctx: Context) -> None:
    ctx.get(Providers).close()


ROOM = Room(
    name="payments",
    linger_s=0.03,
    routes=[*ROUTES, *SHIFT_ROUTES, *DAY_ROUTES],
    handlers={
        OrderPlaced: handlers.on_order,
        OrderProgressed: handlers.on_order,
        OrderCancelled: handlers.on_order,
        BillChanged: handlers.on_bill,
        BillClosed: handlers.on_bill,
        BillVoided: handlers.on_bill,
        BillWrittenOff: handlers.on_bill,
    },
    jobs=(
        Job("process webhooks", 0.01, webhooks.process_webhooks),
        Job("send refunds", 0.01, refunds.send_refunds),
        Job("finish attempts", 0.01, reconciliation.finish_attempts),
        Job("reconcile payments", 3.0, reconciliation.reconcile),
        Job("compare books", 1.0, comparison.compare_books),
        Job("count what waits", 5.0, workers.count_waiting),
        Job("prune webhooks", 3600.0, workers.prune),
    ),
    start=start,
    stop=stop,
)
