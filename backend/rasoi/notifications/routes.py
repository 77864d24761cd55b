"""HTTP of the notifications room."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import Parameter

from rasoi.notifications import service
from rasoi.notifications.schemas import Notification, Notifications
from rasoi.platform.auth import Principal, allow
from rasoi.platform.context import Context

ANY = allow("guest", "waiter", "kitchen", "manager", "owner")
TAGS = ["notifications"]


@get("/api/notifications", guards=[ANY], tags=TAGS)
async def list_messages(
    principal: Principal,
    ctx: Context,
    after: UUID | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> Notifications:
    """The caller's messages, newest first: those later than `after`, a page from `cursor` on."""
    return await service.messages(ctx, principal, after, cursor, limit)


@post("/api/notifications/{message_id:uuid}/delivered", guards=[ANY], status_code=200, tags=TAGS)
async def delivered(message_id: UUID, principal: Principal, ctx: Context) -> Notification:
    """A screen has shown the message."""
    return await service.record_delivery(ctx, principal, message_id, "delivered")


@post("/api/notifications/{message_id:uuid}/read", guards=[ANY], status_code=200, tags=TAGS)
async def read(message_id: UUID, principal: Principal, ctx: Context) -> Notification:
    """Somebody has read the message."""
    return await service.record_delivery(ctx, principal, message_id, "read")


ROUTES = (list_messages, delivered, read)
