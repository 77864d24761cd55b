"""What the kitchen counts."""

from __future__ import annotations

from prometheus_client import Histogram

from rasoi.kitchen import repository
from rasoi.platform.context import Context
from rasoi.platform.metrics import LeaderGauge
from rasoi.staff.api import outlet

MINUTES = tuple(60 * minutes for minutes in (1, 2, 3, 5, 8, 10, 15, 20, 30, 60))
TICKET_SECONDS = Histogram(
    "rasoi_ticket_seconds", "From a ticket's firing until all of it was ready", ["station"], buckets=MINUTES
)
OPEN_TICKETS = LeaderGauge(
    "rasoi_tickets", "Open tickets by how late they are", ["outlet", "station", "lateness"]
)
OLDEST = LeaderGauge("rasoi_ticket_oldest_seconds", "Age of the oldest open ticket", ["outlet", "station"])


async def count_open(ctx: Context) -> None:
    """Report how many tickets are open at each station, how late by the outlet's own limits, and the oldest's age."""
    outlets = [await outlet(ctx.db, outlet_id) for outlet_id in await repository.outlets(ctx.db)]
    limits = [(each.id, each.amber_s, each.red_s) for each in outlets]
    counts: dict[tuple[str, ...], float] = {}
    oldest: dict[tuple[str, ...], float] = {}
    for row in await repository.open_tickets_by_lateness(ctx.db, limits):
        place = (str(row["outlet_id"]), row["station"])
        counts |= {(*place, lateness): row[lateness] for lateness in ("fresh", "amber", "red")}
        oldest[place] = row["oldest"]
    OPEN_TICKETS.report(counts)
    OLDEST.report(oldest)
