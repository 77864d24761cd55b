"""Every page of every screen, on a small phone and on a wall: no errors, and nothing without a name."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import (
    COOK_PIN,
    MANAGER,
    WAITER_PIN,
    House,
    Screens,
    barriers,
    dish,
    enter_pin,
    put_in_cart,
    send_cart,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.parametrize("size", [(360, 740), (1920, 1080)], ids=["360px", "1920px"]),
]
NAMED = (
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "radio",
    "switch",
    "menuitem",
    "dialog",
    "img",
)


async def in_order(page: Page, where: str) -> None:
    """A title, one first heading, no control without a name, nothing wider than the page."""
    assert re.search("Rasoi", await page.title()), where
    await expect(page.get_by_role("heading", level=1), where).to_have_count(1)
    for role in NAMED:
        await expect(
            page.get_by_role(cast(Any, role), name=re.compile(r"^\s*$")), f"{where}: {role} without a name"
        ).to_have_count(0)
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where} is {wide} px wider than the screen"
    assert await page.evaluate("document.documentElement.lang") == "en", where


async def test_index(house: House, screens: Screens, size: tuple[int, int]) -> None:
    page = await screens.open(house.url, size)
    await expect(page.get_by_role("link", name=re.compile("Kitchen"))).to_be_visible()
    await in_order(page, "index")
    assert await barriers(page) == []


async def test_guest(house: House, screens: Screens, size: tuple[int, int]) -> None:
    table = "Table 10" if size[0] < 1000 else "Table 11"
    page = await screens.open(house.links[table], size)
    await expect(dish(page, "paneer-tikka")).to_be_visible()
    await in_order(page, "menu")
    await dish(page, "paneer-tikka").get_by_test_id("add-item").click()
    await expect(page.get_by_test_id("item-sheet")).to_be_visible()
    await in_order(page, "choices")
    await page.get_by_role("button", name="Close").click()
    await put_in_cart(page, "cheese-naan")
    await page.get_by_test_id("cart-bar").click()
    await expect(page.get_by_test_id("quote-payable")).to_be_visible()
    await in_order(page, "cart")
    await page.get_by_test_id("back-to-menu").click()
    await send_cart(page)
    await in_order(page, "tracker")
    wrong = await screens.open(f"{house.url}/order?table=nosuchcode", size)
    screens.watch(wrong).expect("404: POST /api/sessions$")
    await expect(wrong.get_by_text("This QR code is not in use")).to_be_visible()


async def test_kitchen(house: House, screens: Screens, size: tuple[int, int]) -> None:
    await house.order("Table 12", lachha_paratha=1, green_salad=1)
    page = await screens.open(f"{house.url}/kitchen", size)
    await expect(page.get_by_role("button", name="Enter")).to_be_visible()
    await in_order(page, "sign-in")
    await enter_pin(page, COOK_PIN)
    await expect(page.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()
    await in_order(page, "stations")
    await page.get_by_role("button", name=re.compile("Tandoor")).click()
    await expect(page.get_by_role("main", name="Tickets").get_by_role("article").first).to_be_visible()
    await in_order(page, "board")
    await page.get_by_role("button", name="More").click()
    await in_order(page, "settings")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Recall").click()
    await in_order(page, "recall")


async def test_waiter(house: House, screens: Screens, size: tuple[int, int]) -> None:
    order = await house.order("Table 13", green_salad=1)
    await house.post(f"/api/bills/{order['bill_id']}/attention", {"reason": "help"})
    page = await screens.open(f"{house.url}/waiter", size)
    await expect(page.get_by_role("group", name="Who is serving?")).to_be_visible()
    await in_order(page, "sign-in")
    await enter_pin(page, WAITER_PIN)
    tile = page.locator("[data-testid=table][data-table='Table 13']")
    await expect(tile).to_be_visible()
    await in_order(page, "floor")
    for tab in ("takeaway", "menu"):
        await page.get_by_test_id(f"tab-{tab}").click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await in_order(page, tab)
    await page.get_by_test_id("tab-tables").click()
    await tile.click()
    await expect(page.get_by_test_id("take-cash")).to_be_visible()
    await in_order(page, "bill")
    await page.get_by_test_id("take-cash").click()
    await in_order(page, "cash")
    await page.get_by_role("button", name="Close").click()
    await page.get_by_test_id("new-order").click()
    await expect(page.get_by_test_id("send-order")).to_be_visible()
    await in_order(page, "new order")


async def test_manage(house: House, screens: Screens, size: tuple[int, int]) -> None:
    page = await screens.open(f"{house.url}/manage", size)
    await expect(page.get_by_label("User name")).to_be_visible()
    await in_order(page, "sign-in")
    await page.get_by_label("User name").fill(MANAGER["username"])
    await page.get_by_label("Password").fill(MANAGER["password"])
    await page.get_by_role("button", name="Sign in").click()
    for name in ("Orders", "Payments", "Reports", "Stock", "Menu", "Team", "Settings"):
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await in_order(page, name)
        assert await barriers(page) == [], name
