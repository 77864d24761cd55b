"""What the menu counts."""

from __future__ import annotations

from prometheus_client import Counter

from rasoi.menu import repository
from rasoi.platform.context import Context
from rasoi.platform.metrics import LeaderGauge

STOCK_OUTS = Counter("rasoi_stock_outs_total", "Times that stock ran out and took items off the menu")
UNAVAILABLE = LeaderGauge(
    "rasoi_items_unavailable", "Items of the menu that can't be had now", ["outlet", "reason"]
)


async def count_unavailable(ctx: Context) -> None:
    """Report what can't be ordered, for want of stock or because somebody said so."""
    rows = await repository.unavailable(ctx.db)
    UNAVAILABLE.report({(str(row["outlet_id"]), row["reason"]): row["count"] for row in rows})
