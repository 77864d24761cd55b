"""A restaurant through real browsers: its people's screens, and beside them what its API says."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    expect,
)

from rasoi.embedded.postgres import free_port
from tests import devices
from tests.devices import MANAGER as MANAGER
from tests.stack.running import Stack
from tests.support import Platform, private_directory

Json = dict[str, Any]
Prepare = Callable[[Page], Awaitable[None]]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAIN_HOST = "rasoi.test"  # neither HTTPS nor localhost: no secure context
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1",
]
PATIENCE_MS = 15_000
PHONE, TABLET, WALL, DESK = (390, 844), (1180, 820), (1920, 1080), (1440, 900)
WAITER_PIN, COOK_PIN = "1101", "2201"
GUARD_MS = 700  # a ticket that has just come under the finger ignores taps for 500 ms


async def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "the end-to-end tests need Chromium on the PATH"
    return await playwright.chromium.launch(executable_path=path, args=FLAGS)


@contextmanager
def running(**environ: str) -> Iterator[Platform]:
    """A platform, or the stack of many processes where that is to be tested, or one that runs already at E2E_URL with the
    demo restaurant; `{port}` in a setting becomes its port."""
    if url := os.environ.get("E2E_URL"):
        assert not environ, (
            "a test that needs settings of its own can't be run against a platform that runs already"
        )
        yield Elsewhere(Path(), port=urlsplit(url).port or 80)
        return
    kind = Stack if os.environ.get("E2E_PLATFORM") == "stack" else Platform
    with private_directory() as directory:
        port = free_port()
        settings = {name: value.format(port=port) for name, value in environ.items()}
        platform = kind(directory / "data", settings, port=port).start()
        yield platform
        platform.stop()


def last_half_day() -> int:
    """Midnight or noon in Kolkata, in minutes, whichever was last: the business day does not turn while the tests run."""
    return 720 if datetime.now(ZoneInfo("Asia/Kolkata")).hour >= 12 else 0


class Elsewhere(Platform):
    """One of this machine that others started."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@dataclass
class Watch:
    """Everything that went wrong on a page, less what the test expects."""

    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def expect(self, *patterns: str) -> None:
        """What may go wrong, as regular expressions."""
        self.expected += patterns

    @property
    def unexpected(self) -> list[str]:
        return [
            trouble
            for trouble in self.troubles
            if not any(re.search(known, trouble) for known in self.expected)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        # a failed load comes as a response or a failed request too, with its address
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.troubles.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page went elsewhere
            self.troubles.append(f"failed: {request.method} {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(
                f"{response.status}: {response.request.method} {urlsplit(response.url).path}"
            )


@dataclass
class Screens:
    """Opens pages, each on a device of its own, and knows what went wrong on them."""

    browser: Browser
    opened: list[tuple[Page, Watch]] = field(default_factory=list)

    async def open(
        self, url: str, size: tuple[int, int] = PHONE, *, deaf: bool = False, prepare: Prepare | None = None
    ) -> Page:
        """`deaf`: its socket is never answered, as on a phone whose messages are late. `prepare` sees the page first."""
        width, height = size
        context = await self.browser.new_context(viewport={"width": width, "height": height}, locale="en-IN")
        context.set_default_timeout(PATIENCE_MS)
        page, watch = await context.new_page(), Watch()
        watch.follow(page)
        if deaf:
            await page.route_web_socket(re.compile("/socket.io/"), lambda _: None)
        if prepare:
            await prepare(page)
        self.opened.append((page, watch))
        await page.goto(url)
        return page

    def watch(self, page: Page) -> Watch:
        return next(watch for known, watch in self.opened if known is page)

    @property
    def troubles(self) -> list[str]:
        return [
            f"{urlsplit(page.url).path}: {text}" for page, watch in self.opened for text in watch.unexpected
        ]

    async def close(self) -> None:
        for page, _ in self.opened:
            await page.context.close()


@dataclass
class House:
    """The restaurant behind the screens, as its API tells it."""

    platform: Platform
    url: str
    menu: Json = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)  # by the table's name
    turn: int = 0
    device: str = ""

    async def open(self) -> House:
        # the server ends a connection after 5 s of rest: one that is about to end must not be used again
        limits = httpx.Limits(keepalive_expiry=2)
        self.http = httpx.AsyncClient(base_url=self.platform.url, timeout=20, trust_env=False, limits=limits)
        await self.sign_in_all()
        self.links = {each["table"]: each["url"] for each in await self.get("/api/tables/codes")}
        self.menu = await self.get("/api/menu")
        await self.setting(admit_joiners=False, day_cutoff_minutes=last_half_day())
        return self

    async def setting(self, **values: Any) -> None:
        await self._ask("PATCH", "/api/staff/outlet", "manager", json=values)

    async def at(self, name: str) -> Json:
        tables = (await self.get("/api/tables"))["items"]
        found: Json = next(each for each in tables if each["name"] == name)
        return found

    async def sign_in_all(self) -> None:
        self.tokens: dict[str, str] = {}
        self.device = self.device or await devices.pair(self.http, "The tests")
        self.tokens["manager"] = (await self.post("/api/staff/login", MANAGER, who=None))["access_token"]
        for who, pin in (("waiter", WAITER_PIN), ("cook", COOK_PIN)):
            self.tokens[who] = await devices.sign_in(self.http, self.device, pin)

    async def get(self, path: str, who: str = "manager", **query: Any) -> Any:
        return await self._ask("GET", path, who, params=query)

    async def post(self, path: str, body: Json, who: str | None = "waiter") -> Any:
        return await self._ask("POST", path, who, json=body, headers={"Idempotency-Key": str(uuid4())})

    async def put(self, path: str, body: Json, who: str = "waiter") -> Any:
        return await self._ask("PUT", path, who, json=body)

    async def patch(self, path: str, body: Json, who: str = "manager") -> Any:
        return await self._ask("PATCH", path, who, json=body)

    async def _ask(self, method: str, path: str, who: str | None, **request: Any) -> Any:
        """The answer to somebody's request. Access tokens end while the tests run; then all sign in again."""
        for last in (False, True):
            headers = request.get("headers", {}) | (
                {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
            )
            answer = await self.http.request(method, path, **request | {"headers": headers})
            if answer.status_code != 401 or not who or last:
                break
            await self.sign_in_all()
        return answer.raise_for_status().json()

    def item(self, code: str) -> Json:
        items = (item for category in self.menu["categories"] for item in category["items"])
        return next(item for item in items if item["code"] == code)

    async def availability(self, code: str) -> bool:
        self.menu = await self.get("/api/menu")
        return bool(self.item(code)["available"])

    async def order(self, table: str, **portions: int) -> Json:
        """An order of the waiter's, by item code (`lachha_paratha=2`)."""
        variants = {self.item(code.replace("_", "-"))["variants"][0]["id"]: n for code, n in portions.items()}
        lines = [{"variant_id": id, "quantity": n, "modifiers": []} for id, n in variants.items()]
        asked = {"type": "dine_in", "lines": lines}
        at = await self.at(table)
        if at["bill"]:
            asked["bill_id"] = at["bill"]["id"]
        total = (await self.post("/api/orders/quote", asked))["totals"]["total_paise"]
        placed = {**asked, "table_id": at["id"], "expected_total_paise": total}
        return dict(await self.post("/api/orders", placed))

    async def act(self, action: str, *tickets: str, who: str = "cook") -> None:
        """A kitchen action on some tickets; each must be taken."""
        actions = [
            {"action_id": str(uuid4()), "action": action, "ticket_id": ticket_id} for ticket_id in tickets
        ]
        results = (await self.post("/api/kitchen/actions", {"actions": actions}, who=who))["results"]
        assert [result["applied"] for result in results] == [True] * len(tickets), results

    def table(self) -> str:
        """The next of the tables, over and over."""
        self.turn += 1
        return sorted(self.links)[self.turn % len(self.links)]

    async def ticket_of(self, order: Json, station: str = "tandoor") -> Json:
        tickets = (await self.board(station))["tickets"]
        return next(each for each in tickets if each["order_id"] == order["id"])

    async def clear(self) -> None:
        """As at the start of a day: nothing to cook or serve, and every table free, paid or not."""
        await self.serve_all()
        for each in (await self.get("/api/tables"))["items"]:
            if each["sitting"]:
                owing = any(bill["due_paise"] for bill in each["bills"])
                way, body = ("walk-out", {"reason": "the test is over"}) if owing else ("clear", {})
                await self.post(f"/api/tables/{each['id']}/{way}", body, who="manager")

    async def serve_all(self) -> None:
        """Cook everything, keep what somebody wants to cancel, and hand it over at the pass."""
        at_pass = (await self.get("/api/kitchen/pass", who="cook"))["tickets"]
        await self._act_on_all("fire", [each for each in at_pass if each["state"] == "held"])
        await self._act_on_all("bump", [each for each in at_pass if each["state"] not in ("ready", "voided")])
        await self._act_on_all("acknowledge", [each for each in at_pass if _unseen_voids(each)])
        cooked = {each["order_id"] for each in at_pass if each["state"] != "voided"}
        asked = {each["order_id"] for each in at_pass if each["cancel_requested"]}
        for order_id in {each["order_id"]: None for each in at_pass}:
            if order_id in asked:
                await self._end("refuse_cancel", order_id)
            await self._end("hand_over" if order_id in cooked else "clear", order_id)
        await self._until_served({each["order_id"] for each in at_pass})

    async def _until_served(self, orders: set[str]) -> None:
        """Handing over reaches the orders by an event: until then a test that counts orders counts an old one."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_MS / 1000
        while under_way := orders & await self._unserved():
            assert asyncio.get_running_loop().time() < deadline, f"still not served: {under_way}"
            await asyncio.sleep(0.05)

    async def _unserved(self) -> set[str]:
        live = (await self.get("/api/orders", status="live", limit=200))["items"]
        return {each["id"] for each in live if each["status"] != "served"}

    async def _act_on_all(self, action: str, tickets: list[Json]) -> None:
        for start in range(0, len(tickets), 50):
            await self.act(action, *(each["id"] for each in tickets[start : start + 50]))

    async def _end(self, action: str, order_id: str) -> None:
        one = {
            "action_id": str(uuid4()),
            "action": action,
            "order_id": order_id,
            "reason": "the test is over",
        }
        await self.post("/api/kitchen/actions", {"actions": [one]}, who="manager")

    async def board(self, station: str) -> Json:
        return dict(await self.get(f"/api/kitchen/boards/{station}", who="cook"))

    async def payments(self, bill_id: str) -> list[Json]:
        return list((await self.get("/api/payments", bill_id=bill_id))["items"])

    async def close(self) -> None:
        await self.http.aclose()


def _unseen_voids(ticket: Json) -> bool:
    return any(each["state"] == "voided" and not each["acknowledged"] for each in ticket["items"])


# What people do on their screens.


LET_IN = """async ([code, manager]) => {
  const send = async (path, body, token) => {
    const headers = {'Content-Type': 'application/json', ...(token ? {Authorization: `Bearer ${token}`} : {})};
    return (await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)})).json();
  };
  const {access_token} = await send('/api/staff/login', manager);
  return send('/api/staff/devices', {code, name: 'A screen'}, access_token);
}"""


async def paired(page: Page) -> None:
    """A staff screen that asks who is there; a manager lets it in where it shows a code."""
    people, code = page.get_by_role("group", name=re.compile("Who is")), page.get_by_test_id("pairing-code")
    await expect(people.or_(code)).to_be_visible()
    if shown := await code.all():
        text = await shown[0].get_attribute("aria-label") or ""
        await page.evaluate(LET_IN, [text.replace(" ", ""), MANAGER])
    await expect(people).to_be_visible()


async def enter_pin(page: Page, pin: str) -> None:
    """Two taps and four digits; the manager, who has no use for a PIN here, by password."""
    await paired(page)
    if pin not in devices.NAMES:
        await page.get_by_role("button", name="Sign in with a password").click()
        await sign_in(page)
    else:
        await page.get_by_role("button", name=devices.NAMES[pin]).click()
        await expect(page.get_by_role("group", name=re.compile("^PIN of"))).to_be_visible()
        await page.keyboard.type(pin)


async def sign_in(desk: Page, who: dict[str, str] = MANAGER) -> None:
    await desk.get_by_label("User name").fill(who["username"])
    await desk.get_by_label("Password").fill(who["password"])
    await desk.get_by_role("button", name="Sign in").click()


async def put_in_cart(page: Page, code: str, quantity: int = 1) -> None:
    """One of the dishes without choices, from the menu's card."""
    card = dish(page, code)
    await card.get_by_test_id("add-item").click()
    for _ in range(quantity - 1):
        await card.get_by_role("button", name="One more").click()


def dish(page: Page, code: str) -> Locator:
    return page.locator(f"[data-testid=menu-item][data-item={code}]")


async def send_cart(page: Page) -> Json:
    """From the menu: to the cart, and send it; returns the order as it was answered."""
    await page.get_by_test_id("cart-bar").click()
    async with page.expect_response(
        lambda r: r.request.method == "POST" and r.url.endswith("/api/orders")
    ) as answer:
        await page.get_by_test_id("place-order").click()
    await expect(page.get_by_test_id("tracker").first).to_be_visible()
    return dict(await (await answer.value).json())


async def pay_window(page: Page) -> FrameLocator:
    """Open the payment window, and wait until it knows the amount."""
    await page.get_by_test_id("pay-online").click()
    window = page.frame_locator("iframe.razorpay-checkout-frame")
    await expect(window.get_by_role("button", name=re.compile(r"^Pay ₹"))).to_be_visible()
    return window


def ticket(page: Page, number: int | str) -> Locator:
    return page.get_by_role("article", name=re.compile(rf"^Order {number},"))


async def bump(page: Page, call_sign: int | str) -> None:
    """One tap on its head, as a cook bumps."""
    await expect(ticket(page, call_sign)).to_be_visible()
    await page.wait_for_timeout(GUARD_MS)
    await page.get_by_role("button", name=re.compile(rf"^{call_sign} .*: done$")).click()
    await expect(ticket(page, call_sign)).to_have_count(0)


async def mark(page: Page) -> None:
    """Sign this page load, so that `unreloaded` can tell a live change from a new load."""
    await page.evaluate("window.signed = true")


async def unreloaded(page: Page) -> bool:
    return bool(await page.evaluate("window.signed === true"))
