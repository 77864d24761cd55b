"""The whole service: prepare, play, let everything settle, then compare."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rasoi.cancelling import cancel_all
from rasoi.rush.client import Caller, Client, NoAnswer, Refused, Unplayable
from rasoi.rush.compare import Books, Evidence, Findings, compare
from rasoi.rush.cooks import Cook, Floor
from rasoi.rush.door import Door
from rasoi.rush.guests import House, Table, Visit
from rasoi.rush.plan import plan
from rasoi.rush.report import Report, Spread

FIRST_ANSWER_S = 5.0
PAGE = 200
CLOCKS_DIFFER_S = 60
Json = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    url: str
    orders: int
    rate: float
    seed: int
    outlet: int
    manager: str
    manager_password: str
    waiter: str
    waiter_pin: str
    cook: str
    kitchen_pin: str
    settle_s: float


def signing_in(client: Client, path: str, body: Json) -> Callable[[], Awaitable[str]]:
    async def sign_in() -> str:
        return str((await client.ask("POST", path, body=body)).body["access_token"])

    return sign_in


class Service:
    """One dinner service."""

    def __init__(self, client: Client, options: Options, name: str) -> None:
        self.options = options
        self.client = client
        self.door = Door(client)
        manager = {"username": options.manager, "password": options.manager_password}
        self.manager = Caller(client, signing_in(client, "/api/staff/login", manager))
        self.waiter = Caller(client, self.door.signing_in(options.waiter, options.waiter_pin))
        self.kitchen = Caller(client, self.door.signing_in(options.cook, options.kitchen_pin))
        self.evidence = Evidence()
        self.house = House(client, self.waiter, [], options.seed, name, self.evidence)
        self.cooks: list[Cook] = []
        self.floor = Floor(options.outlet, self.waiter)

    @property
    def staff(self) -> list[Cook | Floor]:
        return [*self.cooks, self.floor]

    async def prepare(self) -> None:
        """Sign everyone in and look around. Raises Unplayable with one line."""
        try:
            await self.client.ask("GET", "/health/ready", patience=FIRST_ANSWER_S)
        except (NoAnswer, Refused):
            raise Unplayable(f"no platform answers at {self.options.url}; is it running?") from None
        for who, sign_in in (
            ("manager's password", partial(self.manager.get, "/api/staff/me")),
            ("device", partial(self.door.pair, self.manager, self.house.name)),
            ("waiter's PIN", partial(self.waiter.get, "/api/staff/me")),
            ("kitchen's PIN", partial(self.kitchen.get, "/api/staff/me")),
        ):
            try:
                await sign_in()
            except Refused as refused:
                raise Unplayable(f"the {who} was not accepted: {refused}") from None
        codes = {each["table"]: each["url"] for each in await self.manager.get("/api/tables/codes")}
        tables = (await self.waiter.get("/api/tables"))["items"]
        self.house.tables = [
            Table(each["id"], _code(codes[each["name"]])) for each in tables if each["name"] in codes
        ]
        self.house.menu = await self.waiter.get("/api/menu")
        stations = [each["code"] for each in self.house.menu["stations"]]
        outlet = self.house.menu["outlet"]["id"]
        self.cooks = [
            Cook(station, outlet, self.kitchen, self.evidence, self.options.seed) for station in stations
        ]
        if not any(category["items"] for category in self.house.menu["categories"]):
            raise Unplayable("the menu is empty: there is nothing to order")

    async def play(self, progress: Callable[[House, int], None]) -> tuple[Report, Findings]:
        """Raises Unplayable when the platform goes away for good."""
        since = time.time()
        staff = [asyncio.create_task(work) for one in self.staff for work in one.works()]
        try:
            async with asyncio.timeout(30):
                await asyncio.gather(*(one.screen.ready.wait() for one in self.staff))
            begun = self.house.began = time.monotonic()
            parties = plan(self.options.orders, self.options.rate, self.options.seed, len(self.house.tables))
            visits = [asyncio.create_task(Visit(self.house, party).run()) for party in parties]
            await self._watch(asyncio.gather(*visits), staff, progress)
            books, unfinished = await self._settled(since, progress)
        except (NoAnswer, TimeoutError) as error:
            raise Unplayable(f"the platform does not answer any more: {error}") from None
        finally:
            await cancel_all(staff)
            with suppress(NoAnswer, Refused):
                await self.door.leave(self.manager)
        findings = compare(self.evidence, books)
        return self._report(books, findings, unfinished, time.monotonic() - begun), findings

    async def _watch(
        self,
        visits: asyncio.Future[Any],
        staff: list[asyncio.Task[None]],
        progress: Callable[[House, int], None],
    ) -> None:
        """Until the last party has left. Staff never go before."""
        while not visits.done():
            progress(self.house, 0)
            await asyncio.wait([visits, *staff], timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            for gone in (task for task in staff if task.done()):
                gone.result()
        await visits

    async def _settled(self, since: float, progress: Callable[[House, int], None]) -> tuple[Books, int]:
        """The books once everything rests and the screens agree, or when time is up."""
        deadline = time.monotonic() + self.options.settle_s
        while True:
            moving = len(await self._orders(since, "live"))
            progress(self.house, len(self.evidence.placed) - moving)
            late = time.monotonic() > deadline
            if late or not moving:
                books = await self._books(await self._orders(since))
                if late or compare(self.evidence, books) == Findings():
                    return books, moving
            await asyncio.sleep(0.5)

    async def _orders(self, since: float, status: str = "") -> list[Json]:
        """All orders that carry our tags, or those of them in a state."""
        found: list[Json] = []
        cursor, of_status = "", f"&status={status}" if status else ""
        while True:
            page = await self.manager.get(f"/api/orders?limit={PAGE}{cursor}{of_status}")
            found += [
                order for order in page["items"] if (order["note"] or "").startswith(self.house.name + "/")
            ]
            oldest = page["items"][-1]["placed_at"] if page["items"] else None
            if page["next"] is None or oldest is None or _epoch(oldest) < since - CLOCKS_DIFFER_S:
                return found
            cursor = f"&cursor={page['next']}"

    async def _books(self, orders: list[Json]) -> Books:
        bills, payments = {}, []
        for bill_id in sorted({order["bill_id"] for order in orders}):
            bills[bill_id] = await self.manager.get(f"/api/bills/{bill_id}")
            payments += (await self.manager.get(f"/api/payments?bill_id={bill_id}&limit={PAGE}"))["items"]
        boards = {}
        for cook in self.cooks:
            board = await self.kitchen.get(f"/api/kitchen/boards/{cook.station}")
            boards[cook.station] = {ticket["id"]: ticket["version"] for ticket in board["tickets"]}
            self.evidence.boards[cook.station] = {
                each["id"]: each["version"] for each in cook.board.tickets.values()
            }
        return Books(orders, bills, payments, boards)

    def _report(self, books: Books, findings: Findings, unfinished: int, seconds: float) -> Report:
        house = self.house
        return Report(
            placed=len(self.evidence.placed),
            refused=house.refused,
            paid_cash=house.paid_cash,
            paid_online=house.paid_online,
            cooked=sum(order["ready_at"] is not None for order in books.orders),
            completed=sum(order["status"] == "completed" for order in books.orders),
            cancelled=sum(order["status"] == "cancelled" for order in books.orders),
            lost=len(findings.lost),
            duplicated=len(findings.doubled),
            place_ms=Spread.of(house.place_s),
            screen_ms=Spread.of(self._to_screen(books)),
            seconds=round(seconds, 1),
            unfinished=unfinished,
            retries=self.client.retries,
            reconnects=sum(one.screen.cuts for one in self.staff),
        )

    def _to_screen(self, books: Books) -> list[float]:
        """Seconds from each order's confirmation to the first sight of each of its tickets."""
        confirmed = {
            order["id"]: _epoch(order["confirmed_at"]) for order in books.orders if order["confirmed_at"]
        }
        seen = [sight for cook in self.cooks for sight in cook.first_seen.values()]
        return [at - confirmed[order_id] for order_id, at in seen if order_id in confirmed]


def _epoch(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _code(url: str) -> str:
    """The opaque code in a table's QR link."""
    return parse_qs(urlsplit(url).query)["table"][0]
