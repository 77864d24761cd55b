"""`make soak`: a long service in real browsers, after which every screen equals the server and no heap has grown.

python -m tests.e2e.soak [--minutes 60] [--seed 1] [--json]

Two kitchen screens, a waiter, a guest and a manager, with access tokens of a minute. Round after round: a rush, while one
screen after another loses its network in some way; then quiet, in which each screen is compared with the server; then
everything is cooked and served, and the JavaScript heaps are measured after a collection. Twice there is a new build.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
from playwright.async_api import CDPSession, Error, Page, async_playwright, expect

from rasoi.settings import REPOSITORY
from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    PHONE,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    launch,
    put_in_cart,
    send_cart,
    sign_in,
)
from tests.e2e.network import Network, Way
from tests.support import Platform, private_directory

TOKEN_S = 60
ROUND_S, CUT_S, ORDER_EVERY_S = 60, 12, 2.0
EQUAL_WITHIN_S = 30
BUILDS = 2
# a screen that has shown more holds a little more: its bill, its list of orders, what was compiled meanwhile
MAY_GROW = 0.15
MAY_GROW_BYTES = 1_500_000
DISHES = ("lachha_paratha", "missi_roti", "cheese_naan")
CUTS: tuple[tuple[Way, Way], ...] = (
    ("closed", "open"), ("silent", "silent"), ("open", "failing"), ("closed", "closed"), ("silent", "open"),
)  # fmt: skip
EXPECTED = re.compile(r"WebSocket|net::ERR_|^failed: |^50\d: |^401: |^404: ")
NOT_KNOWN = re.compile("Not live|Reconnecting")

Check = Callable[[], Awaitable[None]]


class SoakHouse(House):
    """Its people's tokens end as early as the screens'."""

    async def get(self, path: str, who: str = "manager", **query: Any) -> Any:
        await self.renew()
        try:
            return await super().get(path, who, **query)
        except httpx.TransportError:  # a connection from before the server started anew
            return await super().get(path, who, **query)

    async def post(self, path: str, body: dict[str, Any], who: str | None = "waiter") -> Any:
        if who:
            await self.renew()
        return await super().post(path, body, who)

    async def renew(self) -> None:
        if time.monotonic() - getattr(self, "renewed", 0) > TOKEN_S / 3:
            self.renewed = time.monotonic()
            await self.sign_in_all()


@dataclass
class Screen:
    """One screen with its network, its way to be compared with the server, and its heap after each round."""

    name: str
    page: Page
    network: Network
    equals: Check
    cdp: CDPSession
    heap: list[int] = field(default_factory=list)

    async def measure(self) -> None:
        for _ in range(3):
            await self.cdp.send("HeapProfiler.collectGarbage")
        usage = await self.cdp.send("Runtime.getHeapUsage")
        self.heap.append(int(usage["usedSize"]))


@dataclass
class Soak:
    """The whole of it."""

    platform: Platform
    built: Path
    house: SoakHouse
    chance: random.Random
    screens: list[Screen] = field(default_factory=list)
    orders: int = 0
    cuts: int = 0
    faults: list[str] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        rounds = max(3 * (BUILDS + 1), round(seconds / ROUND_S))
        new_builds = {rounds * (turn + 1) // (BUILDS + 2) for turn in range(BUILDS)}
        for turn in range(rounds):
            await self.rush(min(ROUND_S, seconds / rounds) * 0.6)
            if turn in new_builds:
                await self.new_build(turn)
            await self.compare(f"round {turn + 1}")
            await self.house.serve_all()
            await self.compare(f"round {turn + 1}, served")
            for screen in self.screens:
                if turn in new_builds:
                    screen.heap.clear()  # another page
                await screen.measure()
            print(self.line(turn + 1, rounds), file=sys.stderr, flush=True)

    def line(self, turn: int, rounds: int) -> str:
        heaps = ", ".join(f"{screen.name} {screen.heap[-1] / 1e6:.1f}" for screen in self.screens)
        return f"round {turn} of {rounds}: {self.orders} orders, {self.cuts} cuts; heap in MB: {heaps}"

    async def rush(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        cutting = asyncio.create_task(self.cut_networks(ends))
        while time.monotonic() < ends:
            await self.order()
            if self.chance.random() < 0.3:
                await self.cook_one()
            await asyncio.sleep(ORDER_EVERY_S * self.chance.random() * 2)
        await cutting

    async def order(self) -> None:
        dish = self.chance.choice(DISHES)
        await self.house.order(self.house.table(), **{dish: self.chance.randint(1, 3)})
        self.orders += 1

    async def cook_one(self) -> None:
        tickets = (await self.house.board("tandoor"))["tickets"]
        if tickets:
            await self.house.act("bump", self.chance.choice(tickets)["id"])

    async def cut_networks(self, ends: float) -> None:
        while (left := ends - time.monotonic()) > 2:
            screen, (sockets, requests) = self.chance.choice(self.screens), self.chance.choice(CUTS)
            self.cuts += 1
            screen.network.requests = requests
            if sockets != "open":
                await screen.network.cut_sockets(sockets)
            await asyncio.sleep(min(CUT_S * self.chance.random(), left))
            await screen.network.mend()

    async def new_build(self, turn: int) -> None:
        """The server starts anew with other screens; each page loads itself again, by itself."""
        for page in self.built.glob("*.html"):
            page.write_text(page.read_text() + f"<!-- build {turn} -->\n")
        for screen in self.screens:
            await screen.page.evaluate("window.old = true")
        await asyncio.to_thread(self.platform.stop)
        await asyncio.to_thread(self.platform.start)
        await asyncio.sleep(3)  # connections from before are not used again after 2 s
        for screen in self.screens:
            if not await self.within(60, lambda page=screen.page: _is_new(page)):  # type: ignore[misc]
                self.faults.append(f"{screen.name}: stayed on the old build")

    async def within(self, seconds: float, done: Callable[[], Awaitable[bool]]) -> bool:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            with suppress(Error):
                if await done():
                    return True
            await asyncio.sleep(0.3)
        return False

    async def compare(self, when: str) -> None:
        for screen in self.screens:
            if trouble := await self.differs(screen):
                self.faults.append(f"{when}: {screen.name} differs from the server: {trouble[:400]}")

    async def differs(self, screen: Screen) -> str:
        """Asked again while it may still be on its way: what was in flight when the rush ended is no difference."""
        ends = time.monotonic() + EQUAL_WITHIN_S
        while True:
            try:
                async with asyncio.timeout(EQUAL_WITHIN_S):
                    await expect(screen.page.get_by_text(NOT_KNOWN)).to_have_count(0, timeout=20_000)
                    await screen.equals()
                return ""
            except (AssertionError, TimeoutError, Error) as error:
                if time.monotonic() > ends:
                    return f"{type(error).__name__} {error}"

    def judge(self) -> list[str]:
        """What was not as it must be."""
        found = list(self.faults)
        for screen in self.screens:
            third = max(1, len(screen.heap) // 3)
            first, last = statistics.median(screen.heap[:third]), statistics.median(screen.heap[-third:])
            if last - first > max(first * MAY_GROW, MAY_GROW_BYTES):
                found.append(f"{screen.name}: its heap grew from {first / 1e6:.1f} to {last / 1e6:.1f} MB")
        return found


async def _is_new(page: Page) -> bool:
    return not await page.evaluate("window.old === true")


# How each screen is compared with what the API says.


def kitchen_equals(house: House, page: Page) -> Check:
    async def check() -> None:
        """It tells its own hash whenever it compares itself, every 8 s."""
        async with page.expect_response(
            lambda r: "/api/kitchen/boards/" in r.url and "if-none-match" in r.request.headers, timeout=20_000
        ) as comparing:
            pass
        answer = await comparing.value
        board = await house.board("tandoor")
        assert answer.request.headers["if-none-match"] == f'"{board["hash"]}"', "another hash"
        assert answer.status == 304, answer.status
        await expect(page.get_by_text("to send")).to_have_count(0)

    return check


def waiter_equals(house: House, page: Page) -> Check:
    async def check() -> None:
        for table in (await house.get("/api/tables", who="waiter"))["items"]:
            due = table["bill"]["due_paise"] if table["bill"] else 0
            tile = page.locator(f"[data-testid=table][data-table='{table['name']}']")
            await expect(tile).to_contain_text(rupees(due) if due else re.compile("Free|Paid|$"))
        ready = (await house.get("/api/kitchen/ready", who="waiter"))["items"]
        orders = {each["order_id"] for each in ready}
        await expect(page.get_by_test_id("ready-order")).to_have_count(len(orders))

    return check


def guest_equals(house: House, page: Page) -> Check:
    async def check() -> None:
        shown = await page.get_by_test_id("tracker").evaluate_all(
            "all => all.map((each) => [each.getAttribute('aria-label'), each.dataset.status])"
        )
        for label, status in shown:
            number = int(label.split()[-1])
            found = (await house.get("/api/orders", q=number))["items"]
            [order] = [each for each in found if each["number"] == number]
            assert order["status"] == status, (number, order["status"], status)
        assert shown, "no order is shown"

    return check


def manager_equals(house: House, page: Page) -> Check:
    async def check() -> None:
        orders = (await house.get("/api/orders", limit=10))["items"]
        for order in orders:
            row = page.get_by_role("row", name=f"Order {order['number']}", exact=True)
            label = {"served": "Served", "ready": "Ready"}.get(order["status"])
            await expect(row).to_contain_text(label or str(order["number"]))

    return check


def rupees(paise: int) -> str:
    whole, part = divmod(paise, 100)
    return f"₹{whole:,}" if not part else f"₹{whole:,}.{part:02}"


async def open_screens(soak: Soak, screens: Screens) -> None:
    house = soak.house

    async def add(
        name: str, url: str, size: tuple[int, int], enter: Callable[[Page], Awaitable[Any]], equals: Any
    ) -> None:
        network = Network()
        page = await screens.open(url, size, prepare=network.attach)
        await enter(page)
        cdp = await page.context.new_cdp_session(page)
        soak.screens.append(Screen(name, page, network, equals(house, page), cdp))

    async def order_as_guest(page: Page) -> None:
        await put_in_cart(page, "lachha-paratha")
        await send_cart(page)

    for number in (1, 2):
        url = f"{house.url}/kitchen?station=tandoor"
        await add(f"kitchen {number}", url, WALL, lambda page: enter_pin(page, COOK_PIN), kitchen_equals)
    await add(
        "waiter", f"{house.url}/waiter", TABLET, lambda page: enter_pin(page, WAITER_PIN), waiter_equals
    )
    await add("guest", house.links[house.table()], PHONE, order_as_guest, guest_equals)
    await add("manager", f"{house.url}/manage", DESK, sign_in, manager_equals)


async def soak(minutes: float, seed: int, directory: Path) -> tuple[Soak, list[str]]:
    built = directory / "screens"
    shutil.copytree(REPOSITORY / "kds_frontend" / "dist", built)
    environ = {"SCREENS": str(built), "ACCESS_TOKEN_S": str(TOKEN_S)}
    platform = Platform(directory / "data", environ).start()
    try:
        house = cast(SoakHouse, await SoakHouse(platform, platform.url).open())
        async with async_playwright() as playwright:
            screens = Screens(await launch(playwright))
            running = Soak(platform, built, house, random.Random(seed))
            await open_screens(running, screens)
            await running.run(minutes * 60)
            found = running.judge()
            found += [
                trouble for trouble in screens.troubles if not EXPECTED.search(trouble.split(": ", 1)[1])
            ]
            await screens.close()
        await house.close()
    finally:
        platform.stop()
    return running, found


def main() -> int:
    top = argparse.ArgumentParser(prog="soak", description=__doc__.splitlines()[0] if __doc__ else None)
    top.add_argument("--minutes", type=float, default=60, help="how long (default: %(default)s)")
    top.add_argument(
        "--seed", type=int, default=1, help="who orders what, who is cut off (default: %(default)s)"
    )
    top.add_argument("--json", action="store_true", help="print the result as one JSON object")
    given = top.parse_args()
    expect.set_options(timeout=15_000)
    with private_directory() as directory:
        ended, found = asyncio.run(soak(given.minutes, given.seed, directory))
    result = {
        "minutes": given.minutes,
        "orders": ended.orders,
        "cuts": ended.cuts,
        "builds": BUILDS,
        "heap_mb": {screen.name: [round(size / 1e6, 2) for size in screen.heap] for screen in ended.screens},
        "faults": found,
    }
    print(
        json.dumps(result, ensure_ascii=False)
        if given.json
        else json.dumps(result, indent=1, ensure_ascii=False)
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
