"""Gauges of the orders room."""

from __future__ import annotations

from prometheus_client import Gauge

from rasoi.orders import repository as db
from rasoi.platform.context import Context

ORDERS = Gauge("rasoi_orders", "Orders under way, by state", ["status"])


async def count_live(ctx: Context) -> None:
    """Refresh the gauge from the database."""
    counts = await db.by_status(ctx.db)
    for status in db.LIVE:
        ORDERS.labels(status).set(counts.get(status, 0))
