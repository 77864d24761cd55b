"""Guests', waiters' and managers' screens under long words, on small and on zoomed screens, and what stands over them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Page, Route, expect

from tests.e2e.browser import (
    MANAGER,
    PHONE,
    TABLET,
    WAITER_PIN,
    House,
    Screens,
    dish,
    enter_pin,
    pay_window,
    put_in_cart,
    send_cart,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
SMALL, ZOOMED, MIDDLE = (360, 740), (180, 370), (1024, 768)  # zoomed: 200 % of the small one
NUMBERS = itertools.count()
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
}

# What sticks out of the screen, or out of its own box; what may be scrolled to or is cut with dots does not.
STICKS_OUT = """() => {
  const found = [];
  const scrolls = (each) => /auto|scroll/.test(getComputedStyle(each).overflowX);
  for (const each of document.querySelectorAll('body *')) {
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
        re.compile(r"/api/(menu|orders|bills|tables|kitchen|staff/(people|audit)|inventory|payments\?)"),
        answer,
    )


async def holds(page: Page, where: str) -> None:
    """Nothing sticks out, and the page does not scroll sideways."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where} is {wide} px wider than the screen"
    found = await page.evaluate(STICKS_OUT)
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
    waiter = await screens.open(f"{house.url}/waiter", SMALL)
    await lengthen(waiter)
    await enter_pin(waiter, WAITER_PIN)
    await expect(waiter.get_by_test_id("table").first).to_be_visible()
    await holds(waiter, "floor")
    for tab in ("takeaway", "menu"):
        await waiter.get_by_test_id(f"tab-{tab}").click()
        await expect(waiter.get_by_role("heading", level=1)).to_be_visible()
        await holds(waiter, tab)
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


async def sign_in(page: Page) -> None:
    await page.get_by_label("User name").fill(MANAGER["username"])
    await page.get_by_label("Password").fill(MANAGER["password"])
    await page.get_by_role("button", name="Sign in").click()


PAGES = ("Orders", "Payments", "Reports", "Stock", "Menu", "Team", "Settings")


@pytest.mark.parametrize("size", [SMALL, ZOOMED, MIDDLE], ids=["360px", "360px-at-200", "1024px"])
async def test_long_words_on_the_managers_pages(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    await house.order("Table 9", boondi_raita=1)
    desk = await screens.open(f"{house.url}/manage", size)
    await lengthen(desk)
    await sign_in(desk)
    for name in PAGES:
        await desk.goto(f"{house.url}/manage#{name.lower()}")
        await expect(desk.get_by_role("heading", level=1, name=name)).to_be_visible()
        await desk.wait_for_load_state("networkidle")
        await holds(desk, name)


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


WHOLE_IN_SIGHT = """([top, bottom]) => [...document.querySelectorAll('[data-testid=menu-item]')].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.top >= top - 1 && box.bottom <= bottom + 1;
}).length"""


async def test_six_dishes_are_in_sight_on_a_small_phone(house: House, screens: Screens) -> None:
    """Also with something in the cart, at the top of the menu and further down."""
    guest = await screens.open(f"{house.url}/order", SMALL)
    await put_in_cart(guest, "boondi-raita")
    await guest.evaluate("window.scrollTo(0, 0)")
    bar = await guest.get_by_test_id("cart-bar").bounding_box()
    nav = await guest.get_by_role("navigation", name="Categories").bounding_box()
    assert bar and nav
    sight = [nav["y"] + nav["height"], bar["y"]]
    assert await guest.evaluate(WHOLE_IN_SIGHT, sight) >= 6
    await guest.get_by_role("button", name="Dals").click()
    await guest.wait_for_timeout(800)
    nav = await guest.get_by_role("navigation", name="Categories").bounding_box()
    assert nav
    assert await guest.evaluate(WHOLE_IN_SIGHT, [nav["y"] + nav["height"], bar["y"]]) >= 6
    for add in (await guest.get_by_test_id("add-item").all())[:8]:
        box = await add.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44, box


COVERED = """() => {
  const boxes = (what) => [...document.querySelectorAll(what)].map((each) => [each, each.getBoundingClientRect()]);
  const common = (a, b, from, to) => [Math.max(a[from], b[from]), Math.min(a[to], b[to])];
  const covers = (control, a, b) => {
    const [left, right] = common(a, b, 'left', 'right'), [top, bottom] = common(a, b, 'top', 'bottom');
    if (right - left < 1 || bottom - top < 1) return false;
    const under = document.elementsFromPoint((left + right) / 2, (top + bottom) / 2); // nothing that is scrolled away
    return under.some((each) => control.contains(each));
  };
  const toasts = boxes('.toaster .toast').filter(([, box]) => box.height);
  const covered = boxes('button, a, input, select, textarea').filter(
    ([each, box]) => !each.closest('.toaster') && toasts.some(([, toast]) => covers(each, toast, box)));
  return [toasts.length, covered.map(([each]) => each.innerText || each.ariaLabel)];
}"""


async def test_messages_have_a_lane_of_their_own(house: House, screens: Screens) -> None:
    """They cover no control of the page that they come to."""
    guest = await screens.open(house.links["Table 12"], PHONE)
    await put_in_cart(guest, "green-salad")
    await send_cart(guest)
    await guest.get_by_test_id("back-to-menu").click()
    await guest.get_by_test_id("call-waiter").click()
    await expect(guest.get_by_text("A waiter is on the way.")).to_be_visible()
    assert await guest.evaluate(COVERED) == [1, []]
    desk = await screens.open(f"{house.url}/manage", MIDDLE)
    await sign_in(desk)
    await desk.goto(f"{house.url}/manage#menu")
    row = desk.get_by_role("listitem").filter(has_text="Kesar Phirni")
    for word in ("Sell out", "Back on sale"):
        await row.get_by_role("button", name=word).click()
        await expect(desk.get_by_role("status").filter(has_text="Kesar Phirni").last).to_be_visible()
        assert await desk.evaluate(COVERED) == [1, []]
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.get_by_test_id("tab-menu").click()
    switch = waiter.locator("[data-testid=eighty-six][data-item=phirni]")
    for checked in ("false", "true"):
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", checked)
        await expect(waiter.get_by_role("status").filter(has_text="Kesar Phirni").last).to_be_visible()
        assert await waiter.evaluate(COVERED) == [1, []]


TOASTS_SHOWN = """() => {
  window.toastsSeen = [];
  const look = () => { for (const each of document.querySelectorAll('.toaster .toast span'))
    if (!window.toastsSeen.includes(each.innerText)) window.toastsSeen.push(each.innerText); };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.mark.parametrize("elsewhere", [False, True], ids=["on the order", "on the menu"])
async def test_a_payment_is_told_once(house: House, screens: Screens, elsewhere: bool) -> None:
    guest = await screens.open(house.links["Table 12"], SMALL)
    await put_in_cart(guest, "green-salad")
    order = await send_cart(guest)
    await guest.evaluate(TOASTS_SHOWN)
    if elsewhere:
        await guest.get_by_test_id("back-to-menu").click()
        due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"]
        paid = {"bill_id": order["bill_id"], "amount_paise": due, "tendered_paise": due}
        await house.post("/api/payments/confirm-cash", paid)
        await expect(guest.get_by_test_id("order-strip")).to_be_visible()
    else:
        await (await pay_window(guest)).get_by_role("button", name=re.compile("^Pay ₹")).click()
        await expect(guest.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")
    await guest.wait_for_timeout(1500)
    assert len(await guest.evaluate("window.toastsSeen")) == int(elsewhere)


async def test_pay_stays_in_sight_on_the_order(house: House, screens: Screens) -> None:
    guest = await screens.open(f"{house.url}/order", SMALL)
    await put_in_cart(guest, "green-salad")
    order = await send_cart(guest)
    due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"] // 100
    pay = guest.get_by_role("button", name=re.compile(rf"^Pay ₹{due}\b"))
    for height in (0, 300, 5000):
        await guest.evaluate(f"window.scrollTo(0, {height})")
        await expect(pay).to_be_in_viewport(ratio=1)
    await pay.click()
    window = guest.frame_locator("iframe.razorpay-checkout-frame")
    await window.get_by_role("button", name=re.compile("^Pay ₹")).click()
    await expect(guest.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")
    await expect(pay).to_have_count(0)


async def test_back_closes_what_stands_over_the_page_and_the_focus_returns(
    house: House, screens: Screens
) -> None:
    guest = await screens.open(f"{house.url}/order", PHONE)
    name = dish(guest, "boondi-raita").get_by_role("button", name=re.compile("^Boondi Raita"))
    for close in ("Back", "Close", "Escape"):
        await name.focus()
        await name.press("Enter")
        await expect(guest.get_by_test_id("item-sheet")).to_be_visible()
        if close == "Back":
            await guest.go_back()
        elif close == "Close":
            await guest.get_by_role("button", name="Close").click()
        else:
            await guest.keyboard.press("Escape")
        await expect(guest.get_by_test_id("item-sheet")).to_have_count(0)
        await expect(name, close).to_be_focused()
    allergies = guest.get_by_test_id("allergies")
    await allergies.focus()
    await allergies.press("Enter")
    await expect(guest.get_by_test_id("allergy-chips")).to_be_visible()
    await guest.go_back()
    await expect(allergies).to_be_focused()

    await house.order("Table 9", green_salad=1)
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.locator("[data-testid=table][data-table='Table 9']").click()
    await waiter.reload()
    await expect(waiter.get_by_role("heading", name="Table 9", level=1)).to_be_visible()
    await waiter.get_by_test_id("take-cash").click()
    await expect(waiter.get_by_test_id("cash-due")).to_be_visible()
    await waiter.go_back()
    await expect(waiter.get_by_test_id("cash-due")).to_have_count(0)
    await expect(waiter.get_by_test_id("take-cash")).to_be_focused()
    await waiter.get_by_test_id("new-order").click()
    await expect(waiter.get_by_test_id("send-order")).to_be_visible()
    await waiter.go_back()
    await expect(waiter.get_by_test_id("bill-due")).to_be_visible()
    await waiter.go_back()
    await expect(waiter.get_by_role("heading", name="Tables")).to_have_count(1)

    order = (await house.get("/api/orders", limit=1))["items"][0]
    desk = await screens.open(f"{house.url}/manage", MIDDLE)
    await sign_in(desk)
    await desk.get_by_role("link", name="Stock").click()
    await desk.get_by_role("link", name="Orders").click()
    row = desk.get_by_role("row", name=f"Order {order['number']}", exact=True)
    await row.click()
    await expect(desk.get_by_role("dialog")).to_be_visible()
    await desk.go_back()
    await expect(desk.get_by_role("dialog")).to_have_count(0)
    await desk.go_back()
    await expect(desk.get_by_role("heading", level=1, name="Stock")).to_be_visible()
