"""What the orders room counts."""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter

from rasoi.contracts.orders import OrderState
from rasoi.orders import repository as db
from rasoi.orders.domain import Bill
from rasoi.platform.context import Context
from rasoi.platform.metrics import LeaderGauge

ORDERS = LeaderGauge("rasoi_orders", "Orders under way, by state", ["status"])
PLACEMENTS = Counter(
    "rasoi_order_placements_total", "Tries to place an order, by what came of it", ["outcome"]
)
TRANSITIONS = Counter(
    "rasoi_order_transitions_total", "Orders that came into a state, after placing", ["status"]
)

PLACEMENTS.labels("placed")  # there from the start, so that the first one is seen as an increase


def count_transitions(tx: Any, bill: Bill) -> None:
    """Count the states that the bill's orders come into when this transaction commits."""
    for change in bill.pending_events:
        if isinstance(change.payload, OrderState):
            for status in change.payload.path[1:]:
                tx.on_commit(TRANSITIONS.labels(status).inc)


async def count_live(ctx: Context) -> None:
    """Report how many orders are under way."""
    counts = await db.by_status(ctx.db)
    ORDERS.report({(status,): counts.get(status, 0) for status in db.LIVE})
