"""Wire shapes of the notifications room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class Notification(msgspec.Struct, kw_only=True):
    id: UUID
    audience: str
    kind: str
    title: str
    text: str
    order_id: UUID | None
    bill_id: UUID | None
    table: str | None
    state: str
    created_at: datetime
    version: int


class Notifications(msgspec.Struct):
    items: list[Notification]
    next: UUID | None
