"""Sessions are renewed while people work: nothing on a screen may change for it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    MANAGER,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
    ticket,
)
from tests.e2e.pass_orders import bump_all, takeaway

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
SIGN_INS = re.compile(r"/api/(staff/(login|login/pin|refresh)|sessions|sessions/refresh)$")
LIFETIME_S, RENEWALS, WITHIN_S = 5, 3, 40


class Renewals:
    """Tells a browser that its tokens end soon, and counts how often it asks for new ones."""

    def __init__(self) -> None:
        self.count = 0

    async def shorten(self, context: BrowserContext) -> None:
        await context.route(SIGN_INS, self._answer)

    async def _answer(self, route: Route) -> None:
        answer = await route.fetch()
        body: dict[str, Any] = await answer.json()
        self.count += route.request.url.endswith("refresh")
        await route.fulfill(response=answer, json={**body, "expires_in": LIFETIME_S})

    async def pass_by(self) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.count < RENEWALS:
                await asyncio.sleep(0.2)


def sockets(page: Page) -> list[str]:
    """The live connections that the page opens from now on."""
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    return opened


async def test_two_boards_of_one_browser_hear_new_orders_after_three_renewals(
    house: House, screens: Screens
) -> None:
    renewals = Renewals()
    first = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await renewals.shorten(first.context)
    await enter_pin(first, COOK_PIN)
    await expect(first.get_by_role("main", name="Tickets")).to_be_visible()
    second = await first.context.new_page()
    await second.goto(f"{house.url}/kitchen?station=tandoor")
    await expect(second.get_by_role("main", name="Tickets")).to_be_visible()
    await asyncio.sleep(1)
    again = [sockets(first), sockets(second)]
    await renewals.pass_by()
    order = await house.order("Table 9", lachha_paratha=1)
    for page in (first, second):
        await expect(ticket(page, order["number"])).to_be_visible(timeout=5000)
    assert again == [[], []]


async def test_a_half_filled_form_outlives_three_renewals(house: House, screens: Screens) -> None:
    renewals = Renewals()
    desk = await screens.open(f"{house.url}/manage", DESK)
    await renewals.shorten(desk.context)
    await desk.get_by_label("User name").fill(MANAGER["username"])
    await desk.get_by_label("Password").fill(MANAGER["password"])
    await desk.get_by_role("button", name="Sign in").click()
    await desk.get_by_role("link", name="Settings").click()
    phone = desk.get_by_label("Phone", exact=True)
    await expect(phone).to_be_visible()
    await phone.fill("+91 98765")
    again = sockets(desk)
    await renewals.pass_by()
    await expect(phone).to_have_value("+91 98765")
    assert again == []


async def test_the_floor_hears_a_new_order_after_three_renewals(house: House, screens: Screens) -> None:
    renewals = Renewals()
    tablet = await screens.open(f"{house.url}/waiter", DESK)
    await renewals.shorten(tablet.context)
    await enter_pin(tablet, WAITER_PIN)
    await expect(tablet.get_by_role("button", name=re.compile("Table 14"))).to_be_visible()
    await asyncio.sleep(1)
    again = sockets(tablet)
    await renewals.pass_by()
    await house.order("Table 14", lachha_paratha=1)
    await expect(tablet.get_by_role("button", name=re.compile("Table 14.*₹", re.DOTALL))).to_be_visible(
        timeout=5000
    )
    assert again == []


async def test_a_guest_who_writes_a_note_hears_of_the_order_after_three_renewals(
    house: House, screens: Screens
) -> None:
    renewals = Renewals()

    async def prepare(page: Page) -> None:
        await renewals.shorten(page.context)

    table = house.table()
    phone = await screens.open(house.links[table], prepare=prepare)
    await put_in_cart(phone, "lachha-paratha")
    order = await send_cart(phone)
    await phone.get_by_test_id("order-more").click()
    await put_in_cart(phone, "missi-roti")
    await phone.get_by_test_id("cart-bar").click()
    note = phone.get_by_role("textbox").first
    await note.fill("less oil, pl")
    await asyncio.sleep(1)
    again = sockets(phone)
    await renewals.pass_by()
    await expect(note).to_have_value("less oil, pl")
    await phone.get_by_test_id("back-to-menu").click()
    await phone.get_by_test_id("open-order").click()
    await house.act("bump", (await house.ticket_of(order))["id"])
    tracker = phone.get_by_role("article", name=f"Order {order['number']}", exact=True)
    await expect(tracker).to_have_attribute("data-status", "ready", timeout=5000)
    assert again == []


async def test_the_pass_keeps_its_sheet_and_hears_a_new_order_after_three_renewals(
    house: House, screens: Screens
) -> None:
    renewals = Renewals()
    before = await house.order("Table 3", lachha_paratha=1)
    await bump_all(house, before)
    wall = await screens.open(f"{house.url}/expo", WALL)
    await renewals.shorten(wall.context)
    await enter_pin(wall, COOK_PIN)
    whole = wall.locator(f"article[data-order='{before['id']}']")
    await expect(whole).to_have_class(re.compile("whole"))
    await wall.keyboard.press("1")
    await wall.get_by_role("button", name="Keys").click()
    await expect(wall.get_by_role("dialog")).to_be_visible()
    await asyncio.sleep(1)
    again = sockets(wall)
    await renewals.pass_by()
    await wall.get_by_role("dialog").get_by_role("button", name="Close").click()
    await expect(whole).to_have_attribute("aria-current", "true")
    order = await house.order("Table 4", lachha_paratha=1)
    seen = wall.locator(f"article[data-order='{order['id']}']")
    await expect(seen).to_be_visible(timeout=5000)
    await bump_all(house, order)
    await expect(seen).to_have_class(re.compile("whole"), timeout=5000)
    assert again == []


async def test_the_pickup_wall_calls_a_token_after_three_renewals(house: House, screens: Screens) -> None:
    renewals = Renewals()
    wall = await screens.open(f"{house.url}/pickup", WALL)
    await renewals.shorten(wall.context)
    await enter_pin(wall, COOK_PIN)
    await expect(wall.get_by_role("region", name=re.compile("^Ready"))).to_be_visible()
    await asyncio.sleep(1)
    again = sockets(wall)
    await renewals.pass_by()
    order = await takeaway(house, lachha_paratha=1)
    for name, moved in (("^Being made", False), ("^Ready", True)):
        if moved:
            await bump_all(house, order)
        token = wall.get_by_role("region", name=re.compile(name)).get_by_text(order["token"], exact=True)
        await expect(token).to_be_visible(timeout=5000)
    assert again == []
