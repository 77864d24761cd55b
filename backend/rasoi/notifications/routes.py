"""HTTP of the notifications room."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post

from rasoi.notifications import service
from rasoi.notifications.schemas import Notification, Notifications
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit
from rasoi.platform.roles import EVERYBODY

TAGS = ["notifications"]


@get("/api/notifications", guards=[EVERYBODY], tags=TAGS)
async def list_messages(
    principal: Principal,
    ctx: Context,
    after: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> Notifications:
    """The caller's messages, newest first: those later than `after`, a page from `cursor` on."""
    return await service.messages(ctx, principal, after, cursor, limit)


@post("/api/notifications/{message_id:uuid}/delivered", guards=[EVERYBODY], status_code=200, tags=TAGS)
async def delivered(message_id: UUID, principal: Principal, ctx: Context) -> Notification:
    """A screen has shown the message."""
    return await service.record_delivery(ctx, principal, message_id, "delivered")


@post("/api/notifications/{message_id:uuid}/read", guards=[EVERYBODY], status_code=200, tags=TAGS)
async def read(message_id: UUID, principal: Principal, ctx: Context) -> Notification:
    """Somebody has read the message."""
    return await service.record_delivery(ctx, principal, message_id, "read")


ROUTES = (list_messages, delivered, read)
