"""Where things stand on guests', waiters' and managers' screens: dishes and Pay in sight, messages in a lane, Back and focus."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser import (
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
    sign_in,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
SMALL, MIDDLE = (360, 740), (1024, 768)

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
