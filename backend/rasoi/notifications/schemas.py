"""Wire shapes of the notifications room."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from rasoi.notifications.domain import TRANSITIONS
from rasoi.platform.description import one_of


class Notification(msgspec.Struct, kw_only=True):
    id: UUID
    audience: Annotated[str, one_of(("guest", "staff"))]
    kind: str
    title: str
    text: str
    order_id: UUID | None
    bill_id: UUID | None
    table: str | None
    state: Annotated[str, one_of(TRANSITIONS)]
    created_at: datetime
    version: int


class Notifications(msgspec.Struct):
    items: list[Notification]
    next: UUID | None
