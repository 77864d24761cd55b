"""HTTP of devices."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.params import HeaderParameter, JSONBody, QueryParameter

from rasoi.platform.auth import Principal, public
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit
from rasoi.platform.roles import permit
from rasoi.settings import is_loopback
from rasoi.staff import devices
from rasoi.staff.device_schemas import (
    AtDevice,
    Device,
    DeviceCode,
    Devices,
    NewDevice,
    PairingCode,
    PairingState,
    SignIns,
)

TAGS = ["staff"]
DeviceToken = Annotated[
    str | None,
    HeaderParameter(name="X-Device-Token", max_length=100, description="The token of a paired device."),
]
Build = Annotated[str | None, QueryParameter(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@post("/api/staff/devices/code", guards=[public], status_code=200, tags=TAGS)
async def pairing_code(ctx: Context, caller_address: str, request: Request[Any, Any, Any]) -> PairingCode:
    """A code for a device to show until a manager enters it."""
    at_home = is_loopback(caller_address) and is_loopback(request.base_url.hostname or "")
    return await devices.new_code(ctx, caller_address, at_home=at_home)


@post("/api/staff/devices/token", guards=[public], status_code=200, tags=TAGS)
async def pairing_state(data: JSONBody[DeviceCode], ctx: Context, caller_address: str) -> PairingState:
    """Whether the device was let in, and its token."""
    return await devices.pairing_state(ctx, data.device_code, caller_address)


@get("/api/staff/devices", guards=[permit("manage_devices")], tags=TAGS)
async def list_devices(
    principal: Principal, ctx: Context, cursor: UUID | None = None, limit: Limit = 50
) -> Devices:
    """The outlet's devices, newest first."""
    return await devices.list_devices(ctx, principal, cursor, limit)


@post("/api/staff/devices", guards=[permit("manage_devices")], tags=TAGS)
async def let_in(data: JSONBody[NewDevice], principal: Principal, ctx: Context) -> Device:
    """Let in the device that shows this code."""
    return await devices.let_in(ctx, principal, data)


@delete("/api/staff/devices/{device_id:uuid}", guards=[permit("manage_devices")], status_code=200, tags=TAGS)
async def revoke(device_id: UUID, principal: Principal, ctx: Context) -> Device:
    """Shut a device out, and sign out who is signed in on it."""
    return await devices.revoke(ctx, principal, device_id)


@get("/api/staff/login/people", guards=[public], tags=TAGS)
async def at_device(ctx: Context, device_token: DeviceToken = None, build: Build = None) -> AtDevice:
    """For a paired device: where it stands, and who may sign in at it by PIN."""
    return await devices.at_device(ctx, device_token, build)


@get("/api/staff/sign-ins", guards=[permit("see_log")], tags=TAGS)
async def list_sign_ins(
    principal: Principal, ctx: Context, cursor: UUID | None = None, limit: Limit = 50
) -> SignIns:
    """Who signed in or tried to, and from where, newest first."""
    return await devices.list_sign_ins(ctx, principal, cursor, limit)


ROUTES = (pairing_code, pairing_state, list_devices, let_in, revoke, at_device, list_sign_ins)
