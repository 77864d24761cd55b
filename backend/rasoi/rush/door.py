"""The device on which the rush's people sign in: paired by its manager when it begins, shut out when it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasoi.rush.client import Caller, Client, Refused, Unplayable

TAKEN = 409  # the demo on its own machine lets every device in by itself


class Door:
    """A paired device."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.id = ""
        self.headers: dict[str, str] = {}
        self.people: dict[str, str] = {}

    async def _post(self, path: str, body: Any = None) -> Any:
        return (await self.client.ask("POST", path, body=body, headers=self.headers)).body

    async def pair(self, manager: Caller, name: str) -> None:
        """Raises Refused, Unplayable."""
        shown = await self._post("/api/staff/devices/code")
        try:
            await manager.post("/api/staff/devices", {"code": shown["code"], "name": name})
        except Refused as refused:
            if refused.status != TAKEN:
                raise
        state = await self._post("/api/staff/devices/token", {"device_code": shown["device_code"]})
        self.headers = {"X-Device-Token": state["token"]}
        here = (await self.client.ask("GET", "/api/staff/login/people", headers=self.headers)).body
        self.id = here["id"]
        self.people = {each["name"]: each["id"] for each in here["people"]}

    def signing_in(self, name: str, pin: str) -> Callable[[], Awaitable[str]]:
        """Signs in a person by name and PIN."""

        async def sign_in() -> str:
            if name not in self.people:
                raise Unplayable(f"nobody called {name} signs in by PIN there")
            body = {"person_id": self.people[name], "pin": pin}
            return str((await self._post("/api/staff/login/pin", body))["access_token"])

        return sign_in

    async def leave(self, manager: Caller) -> None:
        """The device is shut out; whoever is signed in on it is signed out."""
        if self.id:
            await manager.ask("DELETE", f"/api/staff/devices/{self.id}")
