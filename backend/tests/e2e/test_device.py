"""What a device may do to a screen: forbid its storage or fill it, take its sound away, load it anew."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Error, Page, expect

from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    GUARD_MS,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    dish,
    enter_pin,
    mark,
    put_in_cart,
    send_cart,
    sign_in,
    ticket,
    unreloaded,
)
from tests.e2e.network import NOISE, Network

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

FORBIDDEN = """for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
}"""
FULL = (
    """Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; void 0;"""
)
SOUND = """window.sounds = [];
window.AudioContext = class extends AudioContext { constructor() { super(); window.sounds.push(this); } };"""
NOTHING_KEPT, NO_ROOM = (
    re.compile("keeps nothing|Storage is off"),
    re.compile("storage is full", re.IGNORECASE),
)


async def forbid(page: Page) -> None:
    await page.add_init_script(FORBIDDEN)


async def listen(page: Page) -> None:
    await page.add_init_script(SOUND)


async def test_a_phone_without_storage_orders_all_the_same(house: House, screens: Screens) -> None:
    phone = await screens.open(house.links[house.table()], prepare=forbid)
    await expect(phone.get_by_text(NOTHING_KEPT)).to_be_visible()
    await put_in_cart(phone, "lachha-paratha")
    order = await send_cart(phone)
    own = await house.ticket_of(order)
    await house.act("bump", own["id"])
    await expect(phone.get_by_test_id("tracker")).to_have_attribute("data-status", "ready")


async def bump(wall: Page, number: int) -> None:
    """Tap the head of a ticket."""
    await ticket(wall, number).get_by_role("button", name=re.compile(rf"^{number} ")).first.click()


async def test_a_kitchen_without_storage_cooks_all_the_same(house: House, screens: Screens) -> None:
    order = await house.order(house.table(), lachha_paratha=1)
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=forbid)
    await expect(wall.get_by_text(NOTHING_KEPT)).to_be_visible()
    await enter_pin(wall, COOK_PIN)
    await expect(ticket(wall, order["number"])).to_be_visible()
    await expect(wall.get_by_text(NOTHING_KEPT)).to_be_visible()
    await wall.wait_for_timeout(GUARD_MS)
    await bump(wall, order["number"])
    await expect(ticket(wall, order["number"])).to_have_count(0)
    await expect(wall.get_by_text("to send")).to_have_count(0)


async def test_a_waiter_without_storage_takes_orders_all_the_same(house: House, screens: Screens) -> None:
    tablet = await screens.open(f"{house.url}/waiter", TABLET, prepare=forbid)
    await enter_pin(tablet, WAITER_PIN)
    await expect(tablet.get_by_text(NOTHING_KEPT)).to_be_visible()
    await tablet.locator("[data-testid=table][data-status=free]").first.click()
    await expect(tablet.get_by_role("searchbox")).to_be_visible()


async def test_a_manager_without_storage_sees_the_day_all_the_same(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage", DESK, prepare=forbid)
    await expect(desk.get_by_text(NOTHING_KEPT)).to_be_visible()
    await sign_in(desk)
    await expect(desk.get_by_role("heading", name="Orders")).to_be_visible()
    await expect(desk.get_by_text(NOTHING_KEPT)).to_be_visible()


async def test_taps_are_kept_and_sent_where_the_storage_is_full(house: House, screens: Screens) -> None:
    order = await house.order(house.table(), lachha_paratha=1)
    network = Network()
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=network.attach)
    screens.watch(wall).expect(*NOISE)
    await enter_pin(wall, COOK_PIN)
    await expect(ticket(wall, order["number"])).to_be_visible()
    await wall.evaluate(FULL)
    network.requests = "closed"
    await wall.wait_for_timeout(GUARD_MS)
    await bump(wall, order["number"])
    await expect(wall.get_by_text("1 to send")).to_be_visible()
    await expect(wall.get_by_text(NO_ROOM)).to_be_visible()
    await network.mend()
    await expect(wall.get_by_text("to send")).to_have_count(0)
    assert order["id"] not in {each["order_id"] for each in (await house.board("tandoor"))["tickets"]}
    await expect(wall.get_by_text(NO_ROOM)).to_have_count(0)


async def test_the_bell_says_when_it_cannot_ring(house: House, screens: Screens) -> None:
    silent = re.compile("No sound")
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=listen)
    await enter_pin(wall, COOK_PIN)  # keys: the bell may ring from here on
    await expect(wall.get_by_role("main", name="Tickets")).to_be_visible()
    await expect(wall.get_by_text(silent)).to_have_count(0)

    screens.watch(wall).expect(
        "AudioContext was not allowed to start"
    )  # after a reload by the browser's own button
    await wall.evaluate("sounds[0].suspend()")
    await expect(wall.get_by_text(silent)).to_be_visible()
    await wall.mouse.click(5, 1000)
    await expect(wall.get_by_text(silent)).to_have_count(0)

    await wall.reload()
    await expect(wall.get_by_role("main", name="Tickets")).to_be_visible()
    running = "window.sounds.some(({ state }) => state === 'running')"
    await wall.wait_for_timeout(500)
    assert await wall.get_by_text(silent).is_visible() is not await wall.evaluate(running)
    await wall.get_by_role("button", name=re.compile("bell can’t ring|Sound is on")).click()
    await expect(wall.get_by_text(silent)).to_have_count(0)


# A page that loads itself anew for a new build.


async def renew_build(network: Network) -> None:
    network.open_sockets[-1].send('42["hello",{"build":"another"}]')


async def reloaded(page: Page) -> None:
    async with asyncio.timeout(12):
        while True:
            with suppress(Error):  # while it goes
                if not await unreloaded(page):
                    return
            await asyncio.sleep(0.2)


async def test_a_waiters_table_and_what_was_written_down(house: House, screens: Screens) -> None:
    network = Network()
    tablet = await screens.open(f"{house.url}/waiter", TABLET, prepare=network.attach)
    await enter_pin(tablet, WAITER_PIN)
    await tablet.locator("[data-testid=table][data-status=free]").first.click()
    await tablet.get_by_test_id("category").filter(has_text="Breads").click()
    await tablet.locator("[data-testid=menu-item][data-item=lachha-paratha]").first.click()
    await expect(tablet.get_by_test_id("draft-line")).to_have_count(1)
    await mark(tablet)
    await renew_build(network)
    await reloaded(tablet)
    await expect(tablet.get_by_test_id("draft-line")).to_have_count(1)


async def test_a_guests_cart(house: House, screens: Screens) -> None:
    network = Network()
    phone = await screens.open(house.links[house.table()], prepare=network.attach)
    await put_in_cart(phone, "lachha-paratha")
    await phone.get_by_test_id("cart-bar").click()
    await expect(phone.get_by_test_id("cart-line")).to_have_count(1)
    await mark(phone)
    await renew_build(network)
    await reloaded(phone)
    await expect(phone.get_by_test_id("cart-line")).to_have_count(1)
    assert await dish(phone, "lachha-paratha").count() == 0


async def test_a_half_filled_form_is_not_taken_away(house: House, screens: Screens) -> None:
    network = Network()
    desk = await screens.open(f"{house.url}/manage", DESK, prepare=network.attach)
    await sign_in(desk)
    await desk.get_by_role("link", name="Settings").click()
    await desk.get_by_label("Phone", exact=True).fill("+91 98765")
    await mark(desk)
    await renew_build(network)
    await desk.wait_for_timeout(8000)
    assert await unreloaded(desk)
    await expect(desk.get_by_label("Phone", exact=True)).to_have_value("+91 98765")
    await desk.get_by_role("link", name="Stock").click()
    await reloaded(desk)
    await expect(desk.get_by_role("heading", name="Stock")).to_be_visible()


async def test_the_kitchens_station(house: House, screens: Screens) -> None:
    network = Network()
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=network.attach)
    await enter_pin(wall, COOK_PIN)
    await expect(wall.get_by_role("main", name="Tickets")).to_be_visible()
    order = await house.order(house.table(), lachha_paratha=1)
    await expect(ticket(wall, order["number"])).to_be_visible()
    await mark(wall)
    await renew_build(network)
    await reloaded(wall)
    await expect(ticket(wall, order["number"])).to_be_visible()


async def test_what_is_new_on_the_board(house: House, screens: Screens) -> None:
    """Through a reload and a new build: what was new still is, and what a cook has seen is not new again."""
    seen = await house.order("Table 2", lachha_paratha=1)
    network = Network()
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=network.attach)
    await enter_pin(wall, COOK_PIN)
    await expect(ticket(wall, seen["number"])).to_be_visible()
    await wall.get_by_role("button", name="Seen: the news on this page").click()
    await expect(ticket(wall, seen["number"]).get_by_text("New", exact=True)).to_have_count(0)
    new = await house.order("Table 3", lachha_paratha=1)

    async def only_the_second_is_new() -> None:
        await expect(ticket(wall, new["number"]).get_by_text("New", exact=True)).to_be_visible()
        await expect(ticket(wall, new["number"])).to_have_class(re.compile(r"\balert\b"))
        await expect(wall.get_by_role("button", name="1 to look at")).to_be_visible()
        await expect(ticket(wall, seen["number"])).not_to_have_class(re.compile(r"\balert\b"))

    await only_the_second_is_new()
    screens.watch(wall).expect("AudioContext was not allowed to start")
    await wall.reload()
    await only_the_second_is_new()
    await mark(wall)
    await renew_build(network)
    await reloaded(wall)
    await only_the_second_is_new()
