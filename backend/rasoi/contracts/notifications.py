"""Events of the notifications room. Subject: the message's id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from rasoi.platform.events import Contract, contract


@contract("rasoi.notification.changed.v1", "notifications")
class NotificationChanged(Contract, frozen=True, kw_only=True):
    """A message was written, or its delivery state moved on."""

    notification_id: UUID
    audience: str
    kind: str
    title: str
    text: str
    order_id: UUID | None = None
    bill_id: UUID | None = None
    session_id: UUID | None = None  # the guest whose it is; none: everybody on the bill
    table: str | None = None
    state: str
    created_at: datetime
