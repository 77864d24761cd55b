"""Every page of the guests', waiters' and managers' screens, and what stands over it, on a small phone and on a wall: no errors,
nothing without a name, no barrier that axe knows."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import (
    WAITER_PIN,
    House,
    Screens,
    dish,
    enter_pin,
    paired,
    put_in_cart,
    send_cart,
    sign_in,
)
from tests.e2e.pass_orders import a_guests_order, bump_all, takeaway, tickets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.parametrize("size", [(360, 740), (1920, 1080)], ids=["360px", "1920px"]),
]


async def close(page: Page, where: str) -> None:
    """Look at what stands over the page, then put it away."""
    await expect(page.get_by_role("dialog")).to_be_visible()
    await in_order(page, where)
    await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).first.click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_index(house: House, screens: Screens, size: tuple[int, int]) -> None:
    page = await screens.open(house.url, size)
    await expect(page.get_by_role("link", name=re.compile("Kitchen"))).to_be_visible()
    await in_order(page, "index")


async def test_guest(house: House, screens: Screens, size: tuple[int, int]) -> None:
    page = await screens.open(house.links["Table 10"], size)
    await expect(dish(page, "paneer-tikka")).to_be_visible()
    await in_order(page, "menu")
    await page.get_by_test_id("search").fill("no such dish")
    await in_order(page, "nothing found")
    await page.get_by_test_id("search").fill("")
    await page.get_by_test_id("allergies").click()
    await page.locator("[data-testid=allergy][data-code=nuts]").click()
    await in_order(page, "allergies")
    await page.get_by_test_id("allergies-done").click()
    await dish(page, "paneer-tikka").get_by_test_id("add-item").click()
    await page.get_by_test_id("line-allergies").locator("summary").click()
    await close(page, "choices")
    await put_in_cart(page, "cheese-naan")
    await in_order(page, "menu with a cart")
    await page.get_by_test_id("cart-bar").click()
    await expect(page.get_by_test_id("quote-payable")).to_be_visible()
    await in_order(page, "cart")
    await house.put(f"/api/menu/items/{house.item('cheese-naan')['id']}/availability", {"available": False})
    await expect(page.get_by_test_id("cart-line")).to_contain_text("Sold out")
    await in_order(page, "cart with what is sold out")
    await house.put(f"/api/menu/items/{house.item('cheese-naan')['id']}/availability", {"available": True})
    await page.get_by_test_id("back-to-menu").click()
    order = await send_cart(page)
    await in_order(page, "order")
    await page.get_by_test_id("cancel-order").click()
    await in_order(page, "whether to cancel")
    await page.get_by_role("button", name="Keep it").click()
    await page.get_by_test_id("call-waiter").click()
    await in_order(page, "order with a message")
    due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"]
    paid = {"bill_id": order["bill_id"], "amount_paise": due, "tendered_paise": due}
    await house.post("/api/payments/confirm-cash", paid)
    await expect(page.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")
    await bump_all(house, order)
    await expect(page.get_by_test_id("tracker")).to_have_attribute("data-status", "ready")
    await in_order(page, "paid and ready")
    await page.get_by_test_id("back-to-menu").click()
    await in_order(page, "menu with an order")


async def test_guests_who_wait(house: House, screens: Screens, size: tuple[int, int]) -> None:
    await house.order("Table 11", green_salad=1)
    await house.setting(admit_joiners=True)
    joiner = await screens.open(house.links["Table 11"], size)
    await expect(joiner.get_by_test_id("visit")).to_have_attribute("data-state", "waiting")
    await in_order(joiner, "waits to join")
    await house.setting(admit_joiners=False)
    wrong = await screens.open(f"{house.url}/order?table=nosuchcode", size)
    screens.watch(wrong).expect("404: POST /api/sessions$")
    await expect(wrong.get_by_text("This QR code is not in use")).to_be_visible()
    await in_order(wrong, "no such code")
    unpaid = await screens.open(f"{house.url}/order", size)
    await put_in_cart(unpaid, "boondi-raita")
    await unpaid.get_by_test_id("cart-bar").click()
    await unpaid.get_by_test_id("customer-name").fill("Asha")
    await unpaid.get_by_test_id("back-to-menu").click()
    await send_cart(unpaid)
    await expect(unpaid.get_by_test_id("tracker")).to_have_attribute("data-status", "awaiting_payment")
    await in_order(unpaid, "awaits payment")


async def test_waiter_floor(house: House, screens: Screens, size: tuple[int, int]) -> None:
    order = await house.order("Table 13", green_salad=1)
    await house.post(f"/api/bills/{order['bill_id']}/attention", {"reason": "help"})
    await bump_all(house, await house.order("Table 12", lachha_paratha=1))
    asked = await a_guests_order(house, "Table 9")
    await house.act("bump", (await tickets(house, asked))["tandoor"]["id"])
    await house.post(f"/api/orders/{asked['id']}/cancel", {"reason": "we must go"}, who="guest")
    back = await takeaway(house, green_salad=1)
    await house.post(f"/api/orders/{back['id']}/cancel", {"reason": "waited too long"}, who="manager")
    await takeaway(house, lachha_paratha=1)

    page = await screens.open(f"{house.url}/waiter", size)
    await paired(page)
    await in_order(page, "who is serving")
    await enter_pin(page, WAITER_PIN)
    await expect(page.get_by_test_id("call").first).to_be_visible()
    await expect(page.get_by_test_id("decide").first).to_be_visible()
    await expect(page.get_by_test_id("to-hand-out")).to_be_visible()
    await in_order(page, "floor")
    await page.get_by_test_id("decide").first.get_by_role("button", name="Cancel it").click()
    await close(page, "why to cancel")
    await page.get_by_test_id("serve").first.click()
    await expect(page.get_by_role("status").filter(has_text="Undo").first).to_be_visible()
    await in_order(page, "floor with a message")
    for tab in ("takeaway", "menu"):
        await page.get_by_test_id(f"tab-{tab}").click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await in_order(page, tab)
    await page.get_by_test_id("tab-takeaway").click()
    await page.get_by_test_id("takeaway").first.click()
    await expect(page.get_by_test_id("bill-panel").first).to_be_visible()
    await in_order(page, "takeaway's bill")


async def test_waiter_table(house: House, screens: Screens, size: tuple[int, int]) -> None:
    await house.order("Table 13", green_salad=1)
    page = await screens.open(f"{house.url}/waiter", size)
    await enter_pin(page, WAITER_PIN)
    await page.locator("[data-testid=table][data-table='Table 13']").click()
    await expect(page.get_by_test_id("take-cash")).to_be_visible()
    await in_order(page, "bill")
    await page.get_by_test_id("buyer").click()
    await close(page, "buyer")
    await page.get_by_test_id("cancel").first.click()
    await close(page, "why")
    await page.get_by_test_id("new-order").click()
    await expect(page.get_by_test_id("send-order")).to_be_visible()
    await in_order(page, "new order")
    await page.get_by_test_id("search").fill("boondi")
    await page.locator("[data-testid=menu-item][data-item=boondi-raita]").click()
    await expect(page.get_by_test_id("draft-line")).to_have_count(1)
    await in_order(page, "new order with a line")
    await page.get_by_test_id("search").fill("paneer butter")
    await page.locator("[data-testid=menu-item][data-item=paneer-butter-masala]").click()
    await close(page, "choices")
    await page.get_by_test_id("allergies").click()
    await page.locator("[data-testid=allergy][data-code=milk]").click()
    await in_order(page, "allergies")
    await page.get_by_test_id("allergies-done").click()
    await in_order(page, "new order with an allergy")
    await page.get_by_test_id("back").click()
    await page.get_by_test_id("take-cash").click()
    await in_order(page, "cash")
    await page.get_by_test_id("tender").first.click()
    await page.get_by_test_id("confirm-cash").click()
    await expect(page.get_by_test_id("cash-done")).to_be_visible()
    await in_order(page, "cash taken")


async def test_manage(house: House, screens: Screens, size: tuple[int, int]) -> None:
    await house.order("Table 13", green_salad=1)
    page = await screens.open(f"{house.url}/manage", size)
    await expect(page.get_by_label("User name")).to_be_visible()
    await in_order(page, "sign-in")
    await sign_in(page)
    for name in (
        "Payments",
        "Documents",
        "Reports",
        "Stock",
        "Menu",
        "Offers",
        "Team",
        "Devices",
        "Settings",
        "Orders",
    ):
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await in_order(page, name)
        if name == "Team":
            await page.get_by_role("button", name="Add a person").click()
            await close(page, "a new person")
        if name == "Offers":
            await page.get_by_role("button", name="Make an offer").click()
            await close(page, "a new offer")
        if name == "Devices":
            await page.get_by_role("button", name=re.compile("^Shut out")).first.click()
            await close(page, "whether to shut out")
    await page.get_by_role("row", name=re.compile(r"^Order \d")).first.click()
    await close(page, "an order")
