"""Wire shapes of devices and of what is known of sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.platform.description import one_of
from rasoi.staff.schemas import LINE, NamedOutlet, RoleName

DeviceState = Literal["waiting", "paired", "revoked"]
DeviceName = Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]


class PairingCode(msgspec.Struct):
    """`code` is for people to read; the device keeps `device_code` to itself and asks with it every `interval` seconds."""

    code: str
    device_code: str
    expires_in: int
    interval: int


class DeviceCode(msgspec.Struct, forbid_unknown_fields=True):
    device_code: Annotated[str, Meta(min_length=1, max_length=200)]


class PairingState(msgspec.Struct):
    """`token` once somebody has let the device in; `over` when it must ask for another code."""

    state: Annotated[str, one_of(("waiting", "paired", "over"))]
    token: str | None = None


class NewDevice(msgspec.Struct, forbid_unknown_fields=True):
    """The code that a device shows, and what it shall be called."""

    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=LINE)]
    name: DeviceName


class Device(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    state: Annotated[str, one_of(("waiting", "paired", "revoked"))]
    paired_at: datetime | None
    last_seen: datetime | None
    build: str | None
    """The build of the screens that it showed last."""
    revoked_at: datetime | None


class Devices(msgspec.Struct):
    items: list[Device]
    next: UUID | None


class DevicePerson(msgspec.Struct):
    id: UUID
    name: str
    role: RoleName


class AtDevice(msgspec.Struct):
    """Where a device stands, and who may sign in at it by PIN."""

    id: UUID
    name: str
    outlet: NamedOutlet
    people: list[DevicePerson]


class SignIn(msgspec.Struct, kw_only=True):
    """`network` is an address, or an IPv6 network of one household."""

    id: UUID
    at: datetime
    person_id: UUID
    person_name: str
    method: Annotated[str, one_of(("password", "pin", "passkey"))]
    outcome: Annotated[str, one_of(("ok", "failed", "locked out"))]
    network: str
    device_name: str | None


class SignIns(msgspec.Struct):
    items: list[SignIn]
    next: UUID | None
