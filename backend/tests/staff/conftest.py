"""The staff room over HTTP, under its own database role, with one outlet and a person of each role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from rasoi import hosting, staff
from rasoi.platform import http
from rasoi.platform.auth import Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.settings import Settings
from rasoi.staff import service
from rasoi.staff.api import Revocations
from rasoi.staff.devices import SelfPairing
from rasoi.staff.guessing import UnknownNames
from rasoi.staff.schemas import NewPerson
from tests.conftest import AsRoom
from tests.support import asgi_transport

PEOPLE = [
    NewPerson(name="Asha", role="owner", username="asha", password="asha's password", pin="9001"),
    NewPerson(name="Binod", role="manager", username="binod", password="binod's password", pin="9002"),
    NewPerson(name="Chitra", role="waiter", pin="1001"),
    NewPerson(name="Dev", role="kitchen", pin="2001"),
]
PINS = {"owner": "9001", "manager": "9002", "waiter": "1001", "kitchen": "2001"}


@dataclass
class Desk:
    """A client of the room, with shorthands."""

    ctx: Context
    client: httpx.AsyncClient
    ids: dict[str, UUID]
    signed_in: str = ""
    device: str = ""
    pairing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pin(self, pin: str, who: str | UUID = "waiter") -> Any:
        """On the desk's own device."""
        async with self.pairing:
            self.device = self.device or (await self.pair("The desk"))[0]
        person = who if isinstance(who, UUID) else self.ids[who]
        return await self.client.post(
            "/api/staff/login/pin",
            json={"person_id": str(person), "pin": pin},
            headers={"X-Device-Token": self.device},
        )

    async def password(self, role: str) -> Any:
        person = next(each for each in PEOPLE if each.role == role)
        body = {"username": person.username, "password": person.password}
        return await self.client.post("/api/staff/login", json=body)

    async def token(self, role: str) -> str:
        senior = role in ("owner", "manager")
        answer = await (self.password(role) if senior else self.pin(PINS[role], role))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def pair(self, name: str = "Tablet 1") -> tuple[str, str]:
        """A paired device: its token and id."""
        code = await self.client.post("/api/staff/devices/code")
        assert code.status_code == 200, code.text
        new = {"code": code.json()["code"], "name": name}
        device = await self.call("POST", "/api/staff/devices", await self.manager(), new)
        assert device.status_code == 201, device.text
        body = {"device_code": code.json()["device_code"]}
        state = await self.client.post("/api/staff/devices/token", json=body)
        assert state.status_code == 200, state.text
        return state.json()["token"], device.json()["id"]

    async def manager(self) -> str:
        """The manager's access token: signs in once."""
        if not self.signed_in:
            body = {"username": "binod", "password": "binod's password"}
            answer = await self.client.post("/api/staff/login", json=body)
            assert answer.status_code == 200, answer.text
            self.signed_in = str(answer.json()["access_token"])
        return self.signed_in

    async def call(self, method: str, path: str, token: str, json: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.request(method, path, headers=headers, json=json)


async def make_context(db: Database, settings: Settings) -> Context:
    ctx = Context(settings, db)
    revocations = Revocations()
    ctx.register(revocations)
    ctx.register(Tokens(settings.secret_key, revocations.is_revoked))
    ctx.register(UnknownNames())
    ctx.register(SelfPairing())
    ctx.register(hosting.unfinished_work())
    return ctx


@pytest.fixture
async def ctx(as_room: AsRoom, settings: Settings) -> Context:
    return await make_context(await as_room("staff"), settings)


@pytest.fixture
async def desk(ctx: Context) -> AsyncIterator[Desk]:
    ids: dict[str, UUID] = {}
    async with ctx.db.transaction("staff") as tx:
        await service.ensure_outlet(tx, 1, "Rasoi", timezone="Asia/Kolkata")
        for person in PEOPLE:
            ids[person.role] = await service.ensure_person(tx, ctx.settings.pin_key, 1, person)
    app = http.application(ctx, staff.ROOM.routes, version="0")
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url="http://rasoi.test") as client:
        yield Desk(ctx, client, ids)
