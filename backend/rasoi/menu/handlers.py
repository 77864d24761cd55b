"""Stock that ran out takes its items and modifiers off the menu; stock that came back puts them on again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from rasoi.contracts.inventory import StockDepleted, StockRestocked
from rasoi.menu import repository, service
from rasoi.menu.metrics import STOCK_OUTS
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event


async def stock_depleted(ctx: Context, tx: Tx, event: Event, data: StockDepleted) -> None:
    await _apply(tx, event.outletid, data.stock_id, data.affected_item_ids, repository.hold)
    tx.on_commit(STOCK_OUTS.inc)


async def stock_restocked(ctx: Context, tx: Tx, event: Event, data: StockRestocked) -> None:
    await _apply(tx, event.outletid, data.stock_id, data.affected_item_ids, repository.release)


async def _apply(
    tx: Tx,
    outlet_id: int,
    stock_id: UUID,
    affected: list[UUID],
    change: Callable[[Tx, int, UUID, list[UUID]], Awaitable[None]],
) -> None:
    """`affected` names items and modifiers alike."""
    if not affected:
        return
    await repository.lock_menu(tx, outlet_id)
    await change(tx, outlet_id, stock_id, affected)
    service.announce(tx, outlet_id, await repository.apply_holds(tx, outlet_id, affected), "stock")
    if modifiers := await repository.apply_holds_to_modifiers(tx, outlet_id, affected):
        items = await repository.bump_items_of_modifiers(tx, outlet_id, modifiers)
        service.announce(tx, outlet_id, items, "choice")
    await repository.bump_revision(tx, outlet_id)
