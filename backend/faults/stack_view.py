"""The stack under fault, as seen from beside it: its supervisor, its database, its services' metrics."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from rasoi.app import ROOMS
from rasoi.embedded.postgres import url_of_running
from rasoi.platform.database import Database
from rasoi.stack import control
from tests.stack.running import Stack

ANSWER_S, RESTART_S, LOOK_S = 30.0, 120.0, 0.2
OLD_S = 1.0  # an event that is not consumed by then is behind
LEADS = re.compile(r'^rasoi_leader\{room="(\w+)"\} 1', re.MULTILINE)
BEHIND = """SELECT count(*) FROM {log}.outbox o WHERE o.type = ANY($1)
AND o.created_at < clock_timestamp() - $2 * interval '1 second'
AND NOT EXISTS (SELECT FROM {room}.inbox i WHERE i.log = '{log}' AND i.event_id = o.event_id)"""
PLACED = "SELECT extract(epoch FROM placed_at)::float8 FROM orders.orders WHERE placed_at > to_timestamp($1)"
DATABASE_UNAVAILABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
Json = dict[str, Any]


class FaultNotSurvived(Exception):
    """A fault was not survived as it should be, or could not be injected; the text is one line."""


@dataclass
class StackView:
    """A running stack with its database under the owner, who sees all rooms."""

    stack: Stack
    db: Any

    @classmethod
    async def open(cls, stack: Stack) -> StackView:
        url = url_of_running(stack.data / "stack" / "postgres")
        assert url is not None
        return cls(stack, await Database.connect(url, size=3))

    async def status(self) -> Json:
        """What the supervisor tells of all services."""
        return await asyncio.to_thread(self._ask, {"action": "status"}, ANSWER_S)

    async def restart(self, service: str) -> None:
        """Replace its replicas one by one. Raises FaultNotSurvived."""
        answer = await asyncio.to_thread(self._ask, {"action": "restart", "services": [service]}, RESTART_S)
        if "error" in answer:
            raise FaultNotSurvived(f"{service} could not be restarted: {answer['error']}")

    def _ask(self, request: Json, seconds: float) -> Json:
        """The supervisor's last answer."""
        return list(control.request(self.stack.data / "stack", request, seconds))[-1]

    async def instances(self, service: str) -> list[Json]:
        return [each for each in (await self.status())["services"] if each["name"] == service]

    async def instance(self, name: str) -> Json:
        """One replica's line of the status."""
        services = (await self.status())["services"]
        return next(each for each in services if each["instance"] == name)

    async def leads(self, instance: Json, room: str) -> bool:
        """Whether this replica says that it leads the room; one that does not answer does not."""
        try:
            async with httpx.AsyncClient(timeout=1.0) as http:
                metrics = await http.get(f"http://127.0.0.1:{instance['port']}/metrics")
        except httpx.TransportError:
            return False
        return room in LEADS.findall(metrics.text)

    async def caught_up(self) -> bool:
        """Whether every event but the very last is consumed by all who want it."""
        try:
            return not any([await self._behind(room) for room in ROOMS])
        except DATABASE_UNAVAILABLE:
            return False

    async def _behind(self, room: Any) -> int:
        total = 0
        for log in room.logs:
            types = [cls.event_type for cls in room.handlers if cls.event_room == log]
            total += await self.db.fetchval(BEHIND.format(log=log, room=room.name), types, OLD_S)
        return total

    async def placed_since(self, since: float) -> list[float]:
        """When orders were placed; none while the database is away."""
        try:
            return [row[0] for row in await self.db.fetch(PLACED, since)]
        except DATABASE_UNAVAILABLE:
            return []

    async def books(self) -> Any:
        """The simulator's."""
        port = (await self.instance("simulator"))["port"]
        async with httpx.AsyncClient(timeout=20) as http:
            return (await http.get(f"http://127.0.0.1:{port}/_simulator/books")).json()


async def until(look: Callable[[], Awaitable[Any]], seconds: float, pause: float = LOOK_S) -> Any:
    """What `look` finds in time; None where it finds nothing."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        if time.monotonic() > deadline:
            return None
        await asyncio.sleep(pause)
    return found
