"""One phone, two tabs: what one does, the other knows, and nothing is ordered twice."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.browser import House, Screens, dish, put_in_cart, send_cart

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def another_tab(page: Page) -> Page:
    tab = await page.context.new_page()
    await tab.goto(page.url.split("#")[0])
    await expect(dish(tab, "lachha-paratha")).to_be_visible()
    return tab


async def orders_at(house: House, table: str) -> int:
    at = next(each for each in (await house.get("/api/tables"))["items"] if each["name"] == table)
    return len((await house.get("/api/orders", table_id=at["id"], status="live"))["items"])


async def test_dishes_of_two_tabs_are_one_cart_and_one_order(house: House, screens: Screens) -> None:
    before = await orders_at(house, "Table 8")
    one = await screens.open(house.links["Table 8"])
    two = await another_tab(one)
    await put_in_cart(one, "lachha-paratha")
    await put_in_cart(two, "boondi-raita")
    await expect(one.get_by_test_id("cart-bar")).to_contain_text("2 items")
    await one.get_by_test_id("cart-bar").click()
    await expect(one.get_by_test_id("place-order")).to_be_enabled()

    await send_cart(two)
    await expect(one.get_by_test_id("tracker").first).to_be_visible()
    await expect(one.get_by_test_id("cart-line")).to_have_count(0)
    assert await orders_at(house, "Table 8") == before + 1


async def test_an_order_whose_answer_was_lost_finds_out_by_itself(house: House, screens: Screens) -> None:
    before = await orders_at(house, "Table 9")
    phone = await screens.open(house.links["Table 9"])
    screens.watch(phone).expect("failed: POST .*/api/orders ")
    await put_in_cart(phone, "lachha-paratha")
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        lost += 1
        await route.fetch()  # it arrives, and its answer doesn't
        await route.abort()

    await phone.route("**/api/orders", lose, times=1)
    await phone.get_by_test_id("cart-bar").click()
    await phone.get_by_test_id("place-order").click()
    await expect(phone.get_by_test_id("tracker").first).to_be_visible()
    assert (lost, await orders_at(house, "Table 9")) == (1, before + 1)
