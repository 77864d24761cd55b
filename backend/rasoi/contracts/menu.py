"""Events of the menu room. Subject: the item's id, or `outlet:<n>` for the menu as a whole."""

from __future__ import annotations

from uuid import UUID

from rasoi.platform.events import Contract, contract


class StationName(Contract, frozen=True, kw_only=True):
    code: str
    name: str


@contract("rasoi.menu.republished.v1", "menu")
class MenuRepublished(Contract, frozen=True, kw_only=True):
    """Names, prices, taxes or groups changed: snapshots older than `menu_version` are stale."""

    menu_version: int
    stations: list[StationName] = []


@contract("rasoi.menu.availability_changed.v1", "menu")
class AvailabilityChanged(Contract, frozen=True, kw_only=True):
    """An item was 86ed or is back, or what may be chosen with it changed. `reason`: staff, stock, choice."""

    item_id: UUID
    name: str
    available: bool
    reason: str | None = None
    remaining: int | None = None
