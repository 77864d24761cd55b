"""What the room's workers share: their signals, what is counted of their work, and the pruning of it."""

from __future__ import annotations

from rasoi.payments import comparison_db, queue
from rasoi.payments.metrics import COMPARED, OLDEST, UNSETTLED, WAITING
from rasoi.platform.context import Context
from rasoi.platform.wake import WakeSignal

POLL_S = 1.0
WEBHOOK_DAYS = 90


class WorkerSignals:
    """Wakes this process's workers; those of other processes find their work by polling."""

    def __init__(self) -> None:
        self.webhooks = WakeSignal()
        self.refunds = WakeSignal()
        self.attempts = WakeSignal()


async def count_waiting(ctx: Context) -> None:
    """Tell what waits to be worked on, and what was captured without an end."""
    rows = await queue.waiting(ctx.db)
    WAITING.report({(row["work"],): row["count"] for row in rows})
    OLDEST.report({(row["work"],): row["oldest_s"] for row in rows})
    UNSETTLED.report({(): await queue.unsettled(ctx.db)})
    COMPARED.report({(name,): age_s for name, age_s in (await comparison_db.compared_s(ctx.db)).items()})


async def prune(ctx: Context) -> None:
    """Webhooks that are long done."""
    await queue.prune_webhooks(ctx.db, WEBHOOK_DAYS)
