"""Use-cases of devices: showing a code, being let in by a manager, knowing its people, being revoked."""

from __future__ import annotations

import hmac
import time
from functools import partial
from uuid import UUID

import asyncpg
import msgspec

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.paging import read_page
from rasoi.platform.problems import NotFound
from rasoi.platform.rate_limit import limit
from rasoi.staff import api, credentials, device_repository, pairing, repository
from rasoi.staff.device_repository import DeviceRow
from rasoi.staff.device_schemas import (
    AtDevice,
    Device,
    Devices,
    NewDevice,
    PairingCode,
    PairingState,
    SignIns,
)
from rasoi.staff.domain import AlreadyInUse, UnknownDevice
from rasoi.staff.schemas import NamedOutlet
from rasoi.staff.sessions import end_sessions

DEMO_NAME = "Demo screen"


class SelfPairing(msgspec.Struct, frozen=True):
    """The demo on its own machine lets screens in by itself, for as long as its public PINs work: `pins` by name. Empty
    everywhere else."""

    outlet_id: int = 0
    pins: tuple[tuple[str, str], ...] = ()


def _key(ctx: Context) -> str:
    return ctx.settings.derived_key("device pairing")


async def new_code(ctx: Context, address: str, *, at_home: bool) -> PairingCode:
    """A code for a device to show. `at_home`: the caller is a browser on this very machine."""
    await limit(ctx, "pairing code", address, most=30, seconds=60)
    await limit(ctx, "pairing code", "everybody", most=600, seconds=60)
    key = _key(ctx)
    code = pairing.new_code(key)
    if at_home and (outlet_id := await _demo_outlet(ctx)):
        async with ctx.db.transaction("staff") as tx:
            await device_repository.add(tx, outlet_id, DEMO_NAME, code, pairing.LIFETIME_S, None)
    return PairingCode(
        code, pairing.device_code(key, code, int(time.time())), pairing.LIFETIME_S, pairing.INTERVAL_S
    )


async def _demo_outlet(ctx: Context) -> int | None:
    """The demo's outlet while one of its public PINs works there."""
    demo = ctx.get(SelfPairing)
    if not demo.pins:
        return None
    stored = await repository.pin_hashes(ctx.db, demo.outlet_id)
    known = {name: credentials.pin_hash(ctx.settings.pin_key, demo.outlet_id, pin) for name, pin in demo.pins}
    works = any(name in known and hmac.compare_digest(known[name], bytes(hashed)) for name, hashed in stored)
    return demo.outlet_id if works else None


async def pairing_state(ctx: Context, device_code: str, address: str) -> PairingState:
    """What has become of the code; with the device's token once it was let in, as often as it asks."""
    await limit(ctx, "pairing", address, most=300, seconds=60)
    key, now = _key(ctx), int(time.time())
    code = pairing.read_device_code(key, device_code, now)
    if code is None:
        return PairingState("over")
    token = pairing.device_token(key, device_code)
    async with ctx.db.transaction("staff") as tx:
        device = await device_repository.claim(tx, code, credentials.digest(token))
        if device is not None:
            detail = {"name": device.name}
            await api.audit_job(tx, device.outlet_id, "device.paired", f"device:{device.id}", detail)
    if device is None:
        device = await device_repository.by_token(ctx.db, credentials.digest(token))
    return PairingState("waiting") if device is None else PairingState("paired", token)


async def let_in(ctx: Context, principal: Principal, new: NewDevice) -> Device:
    """A manager has typed the code that a device shows: it belongs to the manager's outlet."""
    await limit(ctx, "pairing by", str(principal.id), most=30, seconds=60)
    code = pairing.read_code(_key(ctx), new.code)
    try:
        async with ctx.db.transaction("staff") as tx:
            device = await device_repository.add(
                tx, principal.outlet_id, new.name, code, pairing.LIFETIME_S, principal.id
            )
            await api.audit(tx, principal, "device.let_in", f"device:{device.id}", {"name": new.name})
    except asyncpg.UniqueViolationError:
        raise AlreadyInUse("This code was entered already.") from None
    return device


async def revoke(ctx: Context, principal: Principal, device_id: UUID) -> Device:
    """The device's token is worth nothing from now on, and whoever is signed in on it is signed out."""
    outlet_id = principal.outlet_id
    async with ctx.db.transaction("staff") as tx:
        device = await device_repository.revoke(tx, outlet_id, device_id)
        if device is None:
            raise NotFound("There is no such device.")
        ended = await device_repository.live_sessions(tx, outlet_id, device_id)
        await end_sessions(tx, outlet_id, ended, "device")
        await api.audit(tx, principal, "device.revoked", f"device:{device_id}", {"name": device.name})
    ctx.get(api.Revocations).add(*ended)
    return device


async def list_devices(ctx: Context, principal: Principal, before: UUID | None, limit: int) -> Devices:
    """The outlet's devices, the newest first."""
    rows, more = await read_page(
        limit, partial(device_repository.devices, ctx.db, principal.outlet_id, before)
    )
    return Devices(rows, more)


async def list_sign_ins(ctx: Context, principal: Principal, before: UUID | None, limit: int) -> SignIns:
    """Who signed in or tried to, the newest first."""
    rows, more = await read_page(
        limit, partial(device_repository.sign_ins, ctx.db, principal.outlet_id, before)
    )
    return SignIns(rows, more)


async def find(ctx: Context, token: str | None) -> DeviceRow | None:
    """The device with this token; none for a revoked one and for one that never was."""
    return await device_repository.by_token(ctx.db, credentials.digest(token)) if token else None


async def device_of(ctx: Context, token: str | None) -> DeviceRow:
    """The same. Raises UnknownDevice where there is none."""
    found = await find(ctx, token)
    if found is None:
        raise UnknownDevice("This device is not paired, or no longer.")
    return found


async def at_device(ctx: Context, token: str | None, build: str | None) -> AtDevice:
    """Where a device stands, and who may sign in at it. It counts as seen."""
    device = await device_of(ctx, token)
    await device_repository.saw(ctx.db, device, build)
    outlet = await api.outlet(ctx.db, device.outlet_id)
    people = (
        await device_repository.people_with_pins(ctx.db, device.outlet_id) if not outlet.closed_at else []
    )
    named = NamedOutlet(outlet.id, outlet.name, outlet.timezone, outlet.currency)
    return AtDevice(device.id, device.name, named, people)
