"""HTTP of the staff room."""

from __future__ import annotations

from uuid import UUID

from litestar import get, patch, post
from litestar.params import JSONBody

from rasoi.platform.auth import Principal, public
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit
from rasoi.platform.roles import STAFF, permit
from rasoi.staff import (
    api,
    authenticator_routes,
    device_routes,
    devices,
    first_run,
    lifts,
    outlet_routes,
    passkey_routes,
    rights,
    service,
    service_tokens,
    sessions,
)
from rasoi.staff.device_routes import DeviceToken
from rasoi.staff.guessing import Source
from rasoi.staff.schemas import (
    AuditLog,
    Me,
    NewPerson,
    Outlet,
    OutletPatch,
    PasswordLogin,
    People,
    Person,
    PersonPatch,
    PinLogin,
    RefreshRequest,
    Session,
    SwitchRequest,
)

TAGS = ["staff"]


@post("/api/staff/login", guards=[public], status_code=200, tags=TAGS)
async def login(
    data: JSONBody[PasswordLogin], ctx: Context, caller_address: str, device_token: DeviceToken = None
) -> Session:
    """Sign in by username and password, and the code of an authenticator app where one was set up. Only at a place where
    the person signed in lately is a missing code told from a wrong password."""
    source = Source(caller_address, await devices.find(ctx, device_token))
    return await sessions.sign_in_with_password(ctx, data, source)


@post("/api/staff/login/pin", guards=[public], status_code=200, tags=TAGS)
async def login_pin(
    data: JSONBody[PinLogin], ctx: Context, caller_address: str, device_token: DeviceToken = None
) -> Session:
    """Sign in by PIN, as one of the people of a paired device."""
    device = await devices.device_of(ctx, device_token)
    return await sessions.sign_in_at_device(ctx, device, data.person_id, data.pin, caller_address)


@post("/api/staff/refresh", guards=[public], status_code=200, tags=TAGS)
async def refresh(data: JSONBody[RefreshRequest], ctx: Context) -> Session:
    """Exchange a refresh token for the next one and a new access token."""
    return await sessions.refresh(ctx, data.refresh_token)


@post("/api/staff/logout", guards=[STAFF], status_code=204, tags=TAGS)
async def logout(principal: Principal, ctx: Context) -> None:
    """End this session, everywhere within seconds."""
    await sessions.sign_out(ctx, principal)


@post("/api/staff/switch", guards=[STAFF], status_code=200, tags=TAGS)
async def switch(data: JSONBody[SwitchRequest], principal: Principal, ctx: Context) -> Session:
    """Go on at another outlet where the caller works; this session ends. Not on a paired device."""
    return await sessions.switch(ctx, principal, data.outlet_id)


@get("/api/staff/me", guards=[STAFF], tags=TAGS)
async def me(principal: Principal, ctx: Context) -> Me:
    """Who is signed in."""
    return await sessions.me(ctx, principal)


@get("/api/staff/people", guards=[permit("manage_people")], tags=TAGS)
async def list_people(
    principal: Principal, ctx: Context, cursor: UUID | None = None, limit: Limit = 50
) -> People:
    """The outlet's people."""
    return await service.list_people(ctx, principal, cursor, limit)


@post("/api/staff/people", guards=[permit("manage_people")], tags=TAGS)
async def add_person(data: JSONBody[NewPerson], principal: Principal, ctx: Context) -> Person:
    """Add a person."""
    return await service.add_person(ctx, principal, data)


@patch("/api/staff/people/{person_id:uuid}", guards=[permit("manage_people")], tags=TAGS)
async def change_person(
    person_id: UUID, data: JSONBody[PersonPatch], principal: Principal, ctx: Context
) -> Person:
    """Change a person; a new role, PIN or password, or leaving, ends their sessions."""
    return await service.change_person(ctx, principal, person_id, data)


@get("/api/staff/outlet", guards=[STAFF], tags=TAGS)
async def get_outlet(principal: Principal, ctx: Context) -> Outlet:
    """The outlet's settings."""
    return await api.outlet(ctx.db, principal.outlet_id)


@patch("/api/staff/outlet", guards=[permit("change_settings")], tags=TAGS)
async def change_outlet(data: JSONBody[OutletPatch], principal: Principal, ctx: Context) -> Outlet:
    """Change the outlet's settings."""
    return await service.change_outlet(ctx, principal, data)


@get("/api/staff/audit", guards=[permit("see_log")], tags=TAGS)
async def list_audit(
    principal: Principal, ctx: Context, cursor: UUID | None = None, limit: Limit = 50
) -> AuditLog:
    """Who did what, newest first."""
    return await service.list_audit(ctx, principal, cursor, limit)


ROUTES = (
    login,
    login_pin,
    refresh,
    logout,
    switch,
    me,
    list_people,
    add_person,
    change_person,
    get_outlet,
    change_outlet,
    list_audit,
    *authenticator_routes.ROUTES,
    *outlet_routes.ROUTES,
    *passkey_routes.ROUTES,
    *device_routes.ROUTES,
    *first_run.ROUTES,
    *lifts.ROUTES,
    *rights.ROUTES,
    *service_tokens.ROUTES,
)
