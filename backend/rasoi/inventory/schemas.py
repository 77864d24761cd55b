"""Stock on the wire. Quantities are thousandths of the stock's unit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.inventory.domain import CORRECTIONS, HIGHEST_MILLI, KINDS, UNITS
from rasoi.platform.description import one_of

Reason = Annotated[str, Meta(max_length=200)]


class Movement(msgspec.Struct, forbid_unknown_fields=True):
    """A receipt or waste."""

    stock_id: UUID
    quantity_milli: Annotated[int, Meta(gt=0, le=HIGHEST_MILLI)]
    reason: Reason | None = None


class Count(msgspec.Struct, forbid_unknown_fields=True):
    """How much there is."""

    stock_id: UUID
    quantity_milli: Annotated[int, Meta(ge=0, le=HIGHEST_MILLI)]
    reason: Reason | None = None


class StockView(msgspec.Struct):
    id: UUID
    code: str
    name: str
    kind: Annotated[str, one_of(KINDS)]
    unit: Annotated[str, one_of(UNITS)]
    on_hand_milli: int
    reserved_milli: int
    available_milli: int
    reorder_level_milli: int
    low: bool
    version: int


class StockList(msgspec.Struct):
    items: list[StockView]
    next: UUID | None


class MovementView(msgspec.Struct):
    """`portions`: how many were cooked, where the kitchen is the cause."""

    id: UUID
    kind: Annotated[str, one_of((*CORRECTIONS, "consume"))]
    quantity_milli: int
    portions: int | None
    order_id: UUID | None
    reason: str | None
    actor_name: str | None
    created_at: datetime


class MovementList(msgspec.Struct):
    items: list[MovementView]
    next: UUID | None
