"""What the notifications room does on other rooms' events: the rules say what to tell, this writes it."""

from __future__ import annotations

from rasoi.notifications import repository, service
from rasoi.notifications.domain import RULES, sessions_of
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Contract, Event


async def notify(ctx: Context, tx: Tx, event: Event, data: Contract) -> None:
    """Tell whom the event concerns."""
    bill_id, session_ids = sessions_of(data)
    if bill_id:
        for session_id in session_ids:
            tx.defer_write(repository.add_sessions, (event.outletid, session_id, bill_id))
    for draft in RULES[type(data)](data):
        service.send(tx, event, draft)


async def prune(ctx: Context) -> None:
    """Drop what nobody will read any more."""
    await repository.prune(ctx.db)
