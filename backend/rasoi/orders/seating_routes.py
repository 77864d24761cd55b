"""HTTP of tables: guests' sessions, who sits where, and the tables' codes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody

from rasoi.orders import repository as db
from rasoi.orders import schemas, seating, tables, views
from rasoi.orders import seating_repository as rows
from rasoi.orders.sessions import refusal
from rasoi.platform.auth import Principal, Tokens, public
from rasoi.platform.context import Context
from rasoi.platform.problems import NotFound
from rasoi.platform.rate_limit import limit
from rasoi.platform.roles import GUEST, GUESTS, STAFF, Approval, permit
from rasoi.staff.api import Outlet, first_outlet, require_open
from rasoi.staff.api import outlet as read_outlet


class BadCode(NotFound):
    slug, title = "unknown-table-code", "This QR code is not valid any more"


@post("/api/sessions", guards=[public], status_code=201)
async def open_session(
    ctx: Context,
    data: JSONBody[schemas.SessionRequest],
    caller_address: str,
    request: Request[Any, Any, Any],
) -> schemas.GuestSession:
    """Exchange a table's QR code (or none, for takeaway) for a guest's token of 12 hours. A phone that shows the token that it
    has stays in its sitting; whoever else scans at a table where somebody sits may have to be let in (`state`)."""
    row = (
        None
        if data.table_code is None
        else await db.table_by_code(ctx.db, tables.qr_hash(data.table_code.lower()))
    )
    outlet = await _outlet_of(ctx, row, data.outlet_id)
    await limit(ctx, "session", caller_address, outlet.guest_limits.address_phones, 600)
    if data.table_code is not None and row is None:
        raise BadCode("Please scan the code on your table again, or ask a waiter.")
    require_open(outlet)
    if row is None:
        guest = tables.new_guest(outlet.id, None)
        await rows.add_session(ctx.db, outlet.id, guest.session_id)
        return await _session(ctx, guest, None, "takeaway")
    known = request.scope.get("user")
    guest, state = await seating.scan(ctx, row, known if isinstance(known, Principal) else None)
    return await _session(ctx, guest, schemas.NamedTable(row["id"], row["name"]), state)


async def _outlet_of(ctx: Context, table: Any, outlet_id: int | None) -> Outlet:
    """Of the scanned table; else the one that was asked for, or the first. Raises NotFound."""
    if table is not None:
        return await read_outlet(ctx.db, table["outlet_id"])
    return await (first_outlet(ctx.db) if outlet_id is None else read_outlet(ctx.db, outlet_id))


@post("/api/sessions/refresh", guards=[GUESTS], status_code=200)
async def refresh_session(ctx: Context, principal: Principal) -> schemas.GuestSession:
    """A new token for the same session; not once it has to scan again."""
    if principal.table_id is None:
        return await _session(ctx, principal, None, "takeaway")
    state = await rows.session_state(ctx.db, principal.outlet_id, principal.session_id) or "ended"
    session = await rows.session(ctx.db, principal.outlet_id, principal.session_id)
    at = session.table_id if session and session.table_id else principal.table_id  # they may have been moved
    row = await db.table(ctx.db, principal.outlet_id, at)
    if row is None or state in ("ended", "renewed"):
        raise refusal(state if row else "ended")
    seated = msgspec.structs.replace(principal, table_id=at)
    return await _session(ctx, seated, schemas.NamedTable(row["id"], row["name"]), state)


async def _session(
    ctx: Context, guest: Principal, table: schemas.NamedTable | None, state: str
) -> schemas.GuestSession:
    outlet = await read_outlet(ctx.db, guest.outlet_id)
    return schemas.GuestSession(
        token=ctx.get(Tokens).issue(guest, tables.SESSION_S),
        expires_in=tables.SESSION_S,
        session_id=guest.session_id,
        outlet=schemas.NamedOutlet(outlet.id, outlet.name, outlet.timezone),
        table=table,
        type="dine_in" if table else "takeaway",
        payment=outlet.dine_in_payment if table else outlet.takeaway_payment,
        state=state,
    )


@get("/api/sessions/current", guards=[GUESTS])
async def current_session(ctx: Context, principal: Principal) -> schemas.SessionView:
    """What the guest's session may do now, and who waits to be let in by it."""
    return await seating.session_view(ctx, principal)


@post("/api/sessions/{session_id:uuid}/admit", guards=[permit("seat_tables", GUEST)], status_code=200)
async def admit(ctx: Context, principal: Principal, session_id: UUID) -> schemas.Joining:
    """Let a guest join who has scanned the code of a table where somebody sits."""
    return await seating.answer_joiner(ctx, principal, session_id, "admitted")


@post("/api/sessions/{session_id:uuid}/refuse", guards=[permit("seat_tables", GUEST)], status_code=200)
async def refuse(ctx: Context, principal: Principal, session_id: UUID) -> schemas.Joining:
    """Don't let the guest join."""
    return await seating.answer_joiner(ctx, principal, session_id, "refused")


@get("/api/tables", guards=[STAFF])
async def list_tables(ctx: Context, principal: Principal) -> schemas.Tables:
    """The floor plan."""
    outlet_id = principal.outlet_id
    floor = await db.floor(ctx.db, outlet_id)
    bills = await db.bills_at_tables(ctx.db, outlet_id)
    sittings = await rows.open_sittings(ctx.db, outlet_id)
    joiners = await rows.joiners(ctx.db, outlet_id, [sitting.id for sitting in sittings.values()])
    found = []
    for row in floor:
        sitting = sittings.get(row["id"])
        seated = views.sitting_view(sitting, joiners.get(sitting.id, [])) if sitting else None
        found.append(views.table_view(row, bills.get(row["id"], []), seated))
    return schemas.Tables(found, None)


@post("/api/tables/{table_id:uuid}/seat", guards=[permit("seat_tables")], status_code=200)
async def seat_table(
    ctx: Context, principal: Principal, table_id: UUID, data: JSONBody[schemas.SeatRequest]
) -> schemas.Sitting:
    """Seat a party at a free table, or correct how many they are."""
    return await seating.seat(ctx, principal, table_id, data.covers)


@post("/api/tables/{table_id:uuid}/clear", guards=[permit("seat_tables")], status_code=200)
async def clear_table(ctx: Context, principal: Principal, table_id: UUID) -> schemas.Sitting:
    """The party has left and the table is clean. 409 while a bill of the sitting is open."""
    return await seating.clear(ctx, principal, table_id)


@post("/api/tables/{table_id:uuid}/walk-out", guards=[permit("walk_outs").or_lifted()], status_code=200)
async def walk_out(
    ctx: Context,
    principal: Principal,
    table_id: UUID,
    data: JSONBody[schemas.GivenReason],
    approval: Approval = None,
) -> schemas.Sitting:
    """The party has left without paying: the table is free, and its bills stay open among the walk-outs."""
    return await seating.walk_out(ctx, principal, table_id, data.reason, approval)


@post("/api/bills/{bill_id:uuid}/write-off", guards=[permit("write_off").or_lifted()], status_code=200)
async def write_off(
    ctx: Context,
    principal: Principal,
    bill_id: UUID,
    data: JSONBody[schemas.GivenReason],
    approval: Approval = None,
) -> schemas.BillView:
    """Give up what a party that left without paying owes."""
    return await seating.write_off(ctx, principal, bill_id, data.reason, approval)


@post("/api/tables/{table_id:uuid}/code", guards=[permit("manage_tables")], status_code=201)
async def new_table_code(ctx: Context, principal: Principal, table_id: UUID) -> schemas.TableCode:
    """A new QR code; the old one stops working, and whoever came by it has to scan again."""
    return await seating.renew_code(ctx, principal, table_id)


@get("/api/tables/codes", guards=[permit("manage_tables")])
async def table_codes(ctx: Context, principal: Principal) -> list[schemas.TableCode]:
    """The QR links of all tables, for printing."""
    found = await db.tables(ctx.db, principal.outlet_id)
    return [
        schemas.TableCode(
            row["name"], tables.table_url(ctx, principal.outlet_id, row["id"], row["qr_generation"])
        )
        for row in found
    ]


ROUTES = (
    open_session,
    refresh_session,
    current_session,
    admit,
    refuse,
    list_tables,
    seat_table,
    clear_table,
    walk_out,
    write_off,
    new_table_code,
    table_codes,
)
