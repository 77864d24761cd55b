"""What the reports room takes from other rooms' events; a batch of them is written by one statement per table."""

from __future__ import annotations

from rasoi.contracts.kitchen import TicketChanged
from rasoi.contracts.orders import DocumentIssued, OrderState
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event
from rasoi.reports import repository
from rasoi.reports.domain import paper_of, preparation_of, sale_of


async def on_order(ctx: Context, tx: Tx, event: Event, order: OrderState) -> None:
    """Placed, confirmed after all, or not to be: what it sells."""
    tx.defer_write(repository.upsert_sales, sale_of(event.outletid, event.aggregateversion, order))


async def on_ticket(ctx: Context, tx: Tx, event: Event, change: TicketChanged) -> None:
    """Ready, or not so any more: how long it took."""
    if preparation := preparation_of(event.outletid, change):
        tx.defer_write(repository.upsert_preparations, preparation)


async def on_document(ctx: Context, tx: Tx, event: Event, document: DocumentIssued) -> None:
    """Issued, and never changed."""
    tx.defer_write(repository.add_documents, paper_of(event.outletid, document))
