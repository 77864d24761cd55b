"""Events of the inventory room. Subject: the stock item's id."""

from __future__ import annotations

from uuid import UUID

from rasoi.platform.events import Contract, contract


class StockState(Contract, frozen=True, kw_only=True):
    """A stock item after the change; quantities in thousandths of `unit`."""

    stock_id: UUID
    name: str
    kind: str
    unit: str
    on_hand_milli: int
    reserved_milli: int
    available_milli: int
    reorder_level_milli: int
    low: bool
    affected_item_ids: list[UUID] = []


@contract("rasoi.inventory.low.v1", "inventory")
class StockLow(StockState, frozen=True, kw_only=True):
    """Fell to its reorder level or below."""


@contract("rasoi.inventory.depleted.v1", "inventory")
class StockDepleted(StockState, frozen=True, kw_only=True):
    """Counted stock ran out: `affected_item_ids` can't be sold."""


@contract("rasoi.inventory.restocked.v1", "inventory")
class StockRestocked(StockState, frozen=True, kw_only=True):
    """Available again, or above its reorder level."""


@contract("rasoi.inventory.shortage.v1", "inventory")
class StockShortage(StockState, frozen=True, kw_only=True):
    """A count or waste made the available quantity negative; `order_ids` are at risk."""

    order_ids: list[UUID] = []
