"""Use-cases of messages: writing one, listing them, and hearing that a screen showed one."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from uuid_utils.compat import uuid7

from rasoi.contracts.notifications import NotificationChanged
from rasoi.notifications import repository
from rasoi.notifications.domain import TEMPLATES, Draft, MessageRow, advance, overlapping, render
from rasoi.notifications.schemas import Notification, Notifications
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.events import Event, new_event
from rasoi.platform.paging import read_page
from rasoi.platform.problems import NotFound


def send(tx: Tx, event: Event, draft: Draft) -> None:
    """Record a message and send it to the screens, once per cause and audience."""
    row = _new_row(event, draft)
    sent = new_event(_payload(row), subject=str(row.id), outlet_id=row.outlet_id, version=row.version)
    tx.defer_write(_record, (row, sent))


async def _record(tx: Tx, drafted: list[tuple[MessageRow, Event]]) -> None:
    added = await repository.add(tx, [row for row, _ in drafted])
    tx.events += [sent for row, sent in drafted if row.id in added]


def _new_row(event: Event, draft: Draft) -> MessageRow:
    title, text = render(draft.kind, draft.values)
    row = MessageRow(
        outlet_id=event.outletid,
        id=uuid7(),
        cause=draft.dedupe_key or str(event.id),
        audience=TEMPLATES[draft.kind].audience,
        kind=draft.kind,
        title=title,
        text=text,
        order_id=draft.order_id,
        bill_id=draft.bill_id,
        session_id=draft.session_id,
        table_name=draft.table,
        state="queued",
        created_at=event.time,
    )
    advance(row, "sent", event.time)  # the event that carries it to the screens commits with it
    return row


def _payload(row: MessageRow) -> NotificationChanged:
    return NotificationChanged(
        notification_id=row.id,
        audience=row.audience,
        kind=row.kind,
        title=row.title,
        text=row.text,
        order_id=row.order_id,
        bill_id=row.bill_id,
        session_id=row.session_id,
        table=row.table_name,
        state=row.state,
        created_at=row.created_at,
    )


async def record_delivery(ctx: Context, principal: Principal, message_id: UUID, state: str) -> Notification:
    """A screen says that it has shown the message, or that it was read."""
    async with ctx.db.transaction("notifications") as tx:
        row = await repository.lock(tx, principal.outlet_id, message_id)
        if row is None or not await _is_for(tx, principal, row):
            raise NotFound("There is no such message.")
        if advance(row, state, await repository.now(tx)):
            row.version += 1
            await repository.save(tx, row)
            tx.emit(_payload(row), subject=str(row.id), outlet_id=row.outlet_id, version=row.version)
    return _view(row)


async def _is_for(tx: Tx, principal: Principal, row: MessageRow) -> bool:
    if principal.kind == "staff":
        return row.audience == "staff"
    mine = row.session_id in (principal.session_id, None)
    return (
        row.audience == "guest"
        and mine
        and await repository.on_bill(tx, row.outlet_id, principal.session_id, row.bill_id)
    )


async def messages(
    ctx: Context, principal: Principal, after: UUID | None, before: UUID | None, limit: int
) -> Notifications:
    """The caller's messages, newest first. `after` may bring a few that the screen has: they have the same ids."""
    since = overlapping(after) if after else None
    if principal.kind == "staff":
        find = partial(repository.for_staff, ctx.db, principal.outlet_id)
    else:
        find = partial(repository.for_guest, ctx.db, principal.outlet_id, principal.session_id)
    rows, more = await read_page(limit, lambda most: find(after=since, before=before, limit=most))
    return Notifications([_view(row) for row in rows], more)


def _view(row: MessageRow) -> Notification:
    return Notification(
        id=row.id,
        audience=row.audience,
        kind=row.kind,
        title=row.title,
        text=row.text,
        order_id=row.order_id,
        bill_id=row.bill_id,
        table=row.table_name,
        state=row.state,
        created_at=row.created_at,
        version=row.version,
    )
