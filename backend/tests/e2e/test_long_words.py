"""Every screen under long words and large amounts, on small and on zoomed screens: nothing sticks out of its box."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Page, Route, expect

from tests.e2e.browser import (
    COOK_PIN,
    WAITER_PIN,
    House,
    Json,
    Screens,
    dish,
    enter_pin,
    sign_in,
)
from tests.e2e.pass_orders import BOTH, a_guests_order, act_on, bump_all, held_order, takeaway, tickets

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
SMALL, ZOOMED, MIDDLE = (360, 740), (180, 370), (1024, 768)  # zoomed: 200 % of the small one
NUMBERS = itertools.count()
COUNTER_STATES = ("placed", "awaiting_payment", "confirmed", "preparing", "ready", "served", "expired")
WORD = "Schweinshaxenfleischknödelsuppenterrinenschüsseldeckelgriffe"
LENGTHENED = {
    "name",
    "name_hi",
    "description",
    "note",
    "customer_name",
    "reason",
    "variant",
    "area",
    "legal_name",
    "address",
    "label",
    "error",
    "requested_by",
    "table",
    "buyer",
}

# What sticks out of the screen, or out of its own box; what may be scrolled to or is cut with dots does not.
STICKS_OUT = """(part) => {
  const found = [];
  const scrolls = (each) => /auto|scroll/.test(getComputedStyle(each).overflowX);
  for (const each of document.querySelectorAll(`${part} *`)) {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    if (!box.width || !box.height || style.visibility === 'hidden' || each.closest('svg, .visually-hidden, [hidden]')) continue;
    let inside = false;
    for (let up = each; up && up !== document.body; up = up.parentElement) if (scrolls(up)) inside = true;
    const text = (each.innerText || each.value || '').slice(0, 30);
    const said = `${each.tagName.toLowerCase()}.${String(each.className).split(' ')[0]} "${text}"`;
    if (!inside && (box.right > innerWidth + 1 || box.left < -1)) found.push(`off the screen: ${said}`);
    const shown = style.display !== 'inline' && style.overflowX === 'visible' && each.clientWidth > 0;
    if (shown && each.scrollWidth > each.clientWidth + 1)
      found.push(`wider than its box: ${said} ${each.scrollWidth} in ${each.clientWidth}`);
  }
  return found;
}"""


def lengthened(value: Any) -> Any:
    """An answer whose every name and note is one long word."""
    if isinstance(value, list):
        return [lengthened(each) for each in value]
    if not isinstance(value, dict):
        return value
    long = {
        key: f"{WORD}{next(NUMBERS)}"
        for key, old in value.items()
        if key in LENGTHENED and (isinstance(old, str) or (old is None and key in ("note", "customer_name")))
    }
    return {key: lengthened(each) for key, each in value.items()} | long


def with_answers(change: Callable[[Any], Any]) -> Callable[[Route], Awaitable[None]]:
    """What a route does to give the server's answer changed; a page that has gone needs none."""

    async def answer(route: Route) -> None:
        with suppress(Error):
            response = await route.fetch()
            if not response.ok or "json" not in response.headers.get("content-type", ""):
                await route.fulfill(response=response)
            else:
                await route.fulfill(response=response, json=change(await response.json()))

    return answer


async def lengthen(page: Page) -> None:
    answer = with_answers(lengthened)

    await page.route(
        re.compile(
            r"/api/(menu|orders|bills|documents|tables|kitchen|staff/(people|audit)|inventory|payments)"
        ),
        answer,
    )


async def takeaways_in_every_state(route: Route) -> None:
    """Both lists of the counter's page: each takeaway stands there once in each state that the page has words for."""
    with suppress(Error):
        response = await route.fetch(
            url=route.request.url.replace("status=counter", "type=takeaway&status=live")
        )
        answer = await response.json()
        items = [
            each | {"id": f"{each['id'][:-1]}{number}", "status": state, "payment_status": "unpaid"}
            for each in answer["items"]
            for number, state in enumerate(COUNTER_STATES)
        ]
        await route.fulfill(response=response, json=answer | {"items": lengthened(items)})


async def holds(page: Page, where: str, part: str = "body") -> None:
    """Nothing in that part sticks out, and the page does not scroll sideways. A list may still be filling itself when its
    page is first looked at: what is wrong then must be right within two seconds, and stay wrong to be told."""
    for _ in range(20):
        wide = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found = await page.evaluate(STICKS_OUT, part)
        if wide <= 0 and not found:
            return
        await page.wait_for_timeout(100)
    assert wide <= 0, f"{where} is {wide} px wider than the screen: {found}"
    assert found == [], (where, found)


SIZES = pytest.mark.parametrize("size", [SMALL, ZOOMED], ids=["360px", "360px-at-200"])


@SIZES
async def test_long_words_on_the_guests_phone(house: House, screens: Screens, size: tuple[int, int]) -> None:
    guest = await screens.open(f"{house.url}/order", size)
    await lengthen(guest)
    await guest.reload()
    await expect(dish(guest, "boondi-raita")).to_be_visible()
    await holds(guest, "menu")
    await dish(guest, "paneer-butter-masala").get_by_test_id("add-item").click()
    await expect(guest.get_by_test_id("item-sheet")).to_be_visible()
    await holds(guest, "choices")
    await guest.get_by_test_id("line-allergies").locator("summary").click()
    await guest.get_by_test_id("item-note").fill(WORD * 3)
    await holds(guest, "allergy of a line")
    await guest.get_by_role("button", name="Close").click()
    await guest.get_by_test_id("allergies").click()
    await holds(guest, "allergies")
    for chip in (await guest.get_by_test_id("allergy").all())[:8]:
        await chip.click()
    await guest.get_by_test_id("allergies-done").click()
    await dish(guest, "boondi-raita").get_by_test_id("add-item").click()
    await guest.get_by_test_id("item-note").fill(WORD * 3)
    await guest.get_by_test_id("add-to-cart").click()
    await guest.get_by_test_id("cart-bar").click()
    await expect(guest.get_by_test_id("quote-payable")).to_be_visible()
    await holds(guest, "cart")
    await guest.get_by_test_id("place-order").click()
    await expect(guest.get_by_test_id("tracker")).to_be_visible()
    await expect(guest.get_by_test_id("bill")).to_be_visible()
    await holds(guest, "order")


@SIZES
async def test_long_words_on_the_waiters_tablet(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    order = await house.order("Table 9", boondi_raita=2, lachha_paratha=1)
    await takeaway(house, lachha_paratha=1)
    waiter = await screens.open(f"{house.url}/waiter", size)
    await lengthen(waiter)
    await waiter.route(re.compile(r"/api/orders\?.*(type=takeaway|status=counter)"), takeaways_in_every_state)
    await enter_pin(waiter, WAITER_PIN)
    await expect(waiter.get_by_test_id("table").first).to_be_visible()
    await holds(waiter, "floor")
    await waiter.get_by_test_id("tab-takeaway").click()
    await expect(waiter.get_by_test_id("late").get_by_test_id("takeaway").first).to_be_visible()
    await holds(waiter, "takeaway")
    await waiter.get_by_test_id("tab-menu").click()
    await expect(waiter.get_by_role("heading", level=1)).to_be_visible()
    await holds(waiter, "menu")
    await waiter.goto(f"{house.url}/waiter#bill/{order['table']['id']}/{order['bill_id']}")
    await expect(waiter.get_by_test_id("bill-due")).to_be_visible()
    await holds(waiter, "bill")
    await waiter.get_by_test_id("take-cash").click()
    await holds(waiter, "cash")
    await waiter.get_by_role("button", name="Close").click()
    await waiter.get_by_test_id("cancel").first.click()
    await holds(waiter, "why")
    await waiter.get_by_role("button", name="Close").click()
    await waiter.get_by_test_id("new-order").click()
    await waiter.locator("[data-testid=menu-item]:not([disabled])").first.click()
    await holds(waiter, "choices")
    await waiter.get_by_role("button", name="Close").click()
    await holds(waiter, "new order")


@SIZES
async def test_long_words_in_the_kitchen_and_at_the_pass(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    held = await held_order(house)
    await act_on(house, "rush", held, who="waiter")
    part = await house.order("Table 3", **BOTH)
    await house.act("bump", (await tickets(house, part))["tandoor"]["id"])
    asked = await a_guests_order(house, "Table 9")
    await house.act("bump", (await tickets(house, asked))["tandoor"]["id"])
    await house.post(f"/api/orders/{asked['id']}/cancel", {"reason": "we must go"}, who="guest")
    await bump_all(house, await takeaway(house, lachha_paratha=1))

    kitchen = await screens.open(f"{house.url}/kitchen", size)
    await lengthen(kitchen)
    await enter_pin(kitchen, COOK_PIN)
    await expect(kitchen.get_by_role("heading", name=re.compile("which station"))).to_be_visible()
    await holds(kitchen, "stations")
    await kitchen.get_by_role("listitem").get_by_role("button").first.click()
    await expect(kitchen.get_by_role("button", name="Recall")).to_be_visible()
    await holds(kitchen, "board", "header")  # the tickets themselves: test_board_layout.py
    await kitchen.get_by_role("button", name="Recall").click()
    await expect(kitchen.get_by_role("dialog")).to_be_visible()
    await holds(kitchen, "recall", "dialog")
    await kitchen.keyboard.press("Escape")
    await kitchen.get_by_role("button", name="More").click()
    await holds(kitchen, "settings", "header")

    expo = await screens.open(f"{house.url}/expo", size)
    await lengthen(expo)
    await enter_pin(expo, "8001")
    await expect(expo.locator("article").nth(2)).to_be_visible()
    await holds(expo, "pass")
    pickup = await screens.open(f"{house.url}/pickup", size)
    await lengthen(pickup)
    await enter_pin(pickup, COOK_PIN)
    await expect(
        pickup.get_by_role("region", name=re.compile("^Ready")).get_by_role("listitem")
    ).to_have_count(1)
    await holds(pickup, "pickup")


PAGES = ("Orders", "Payments", "Documents", "Reports", "Stock", "Menu", "Day", "Team", "Settings")


async def to_decide(house: House) -> Json:
    """What managers' pages must hold besides their lists: a party that left, a question, a refund to hand out; its order."""
    await house.order("Table 8", boondi_raita=60)
    await house.post(
        f"/api/tables/{(await house.at('Table 8'))['id']}/walk-out", {"reason": "left"}, who="manager"
    )
    asked = await a_guests_order(house, "Table 9")
    await house.act("bump", (await tickets(house, asked))["tandoor"]["id"])
    await house.post(f"/api/orders/{asked['id']}/cancel", {"reason": "we must go"}, who="guest")
    refunded = await takeaway(house, boondi_raita=30)
    await house.post(f"/api/orders/{refunded['id']}/cancel", {"reason": "waited too long"}, who="manager")
    return refunded


@pytest.mark.parametrize("size", [SMALL, ZOOMED, MIDDLE], ids=["360px", "360px-at-200", "1024px"])
async def test_long_words_on_the_managers_pages(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    order = await to_decide(house)
    desk = await screens.open(f"{house.url}/manage", size)
    await lengthen(desk)
    await sign_in(desk)
    for name in PAGES:
        await desk.goto(f"{house.url}/manage#{name.lower()}")
        await expect(desk.get_by_role("heading", level=1, name=name)).to_be_visible()
        await desk.wait_for_load_state("networkidle")
        await holds(desk, name)
        if name in ("Orders", "Payments"):
            said = f"#{order['number']}" if name == "Orders" else "Cash"
            await desk.locator("tr[tabindex]").filter(has_text=said).first.click()
            await expect(desk.get_by_role("dialog").get_by_role("button", name="Close").first).to_be_visible()
            await desk.wait_for_load_state("networkidle")
            await holds(desk, f"drawer of {name}")
            await desk.keyboard.press("Escape")


def with_amounts(paise: int) -> Callable[[Any], Any]:
    """An answer in which everything costs a lot."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) for each in value]
        if isinstance(value, dict):
            return {
                key: paise if key.endswith("_paise") and isinstance(each, int) else change(each)
                for key, each in value.items()
            }
        return value

    return change


async def test_large_amounts_on_a_tablet_of_1024_px(house: House, screens: Screens) -> None:
    order = await house.order("Table 9", boondi_raita=1)
    answer = with_answers(with_amounts(98_76_543_21))

    waiter = await screens.open(f"{house.url}/waiter", MIDDLE)
    await waiter.route(re.compile(r"/api/(menu|orders|bills|tables)"), answer)
    await enter_pin(waiter, WAITER_PIN)
    await expect(waiter.get_by_test_id("table").first).to_be_visible()
    await holds(waiter, "floor")
    await waiter.goto(f"{house.url}/waiter#bill/{order['table']['id']}/{order['bill_id']}")
    await expect(waiter.get_by_test_id("bill-due")).to_be_visible()
    await holds(waiter, "bill")
    await waiter.get_by_test_id("take-cash").click()
    await holds(waiter, "cash")
    await waiter.get_by_role("button", name="Close").click()
    await waiter.get_by_test_id("new-order").click()
    await waiter.get_by_test_id("search").fill("boondi")
    await waiter.locator("[data-testid=menu-item][data-item=boondi-raita]").click()
    await holds(waiter, "new order")
    desk = await screens.open(f"{house.url}/manage", MIDDLE)
    await desk.route(re.compile(r"/api/(menu|orders|bills|payments|reports)"), answer)
    await sign_in(desk)
    for name in PAGES[:5]:
        await desk.goto(f"{house.url}/manage#{name.lower()}")
        await expect(desk.get_by_role("heading", level=1, name=name)).to_be_visible()
        await desk.wait_for_load_state("networkidle")
        await holds(desk, name)
