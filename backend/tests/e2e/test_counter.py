"""Cash at the counter for an order that is paid beforehand: it is kept for the guest, taken once, and comes back late."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import (
    TABLET,
    WAITER_PIN,
    House,
    Json,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
ONLINE_S, COUNTER_S = 60, 1800


@pytest_asyncio.fixture(loop_scope="session")
async def counter(house: House) -> AsyncIterator[House]:
    """Takeaways are paid before they are made; for money online they wait a minute, for cash half an hour."""
    before = await house.get("/api/staff/outlet")
    names = ("takeaway_payment", "payment_timeout_s", "counter_timeout_s")
    await house.setting(takeaway_payment="prepaid", payment_timeout_s=ONLINE_S, counter_timeout_s=COUNTER_S)
    yield house
    await house.setting(**{name: before[name] for name in names})


async def to_go(house: House, screens: Screens) -> tuple[Page, Json]:
    phone = await screens.open(f"{house.url}/order")
    await put_in_cart(phone, "lachha-paratha")
    return phone, await send_cart(phone)


async def at_the_counter(house: House, screens: Screens) -> Page:
    tablet = await screens.open(f"{house.url}/waiter#takeaway", TABLET)
    await enter_pin(tablet, WAITER_PIN)
    return tablet


def card(page: Page, order: Json) -> Locator:
    return page.get_by_test_id("takeaway").filter(has_text=re.compile(rf"^\s*{order['token']}\b"))


async def take_exactly(tablet: Page, order: Json) -> None:
    """From the list: the order, cash, exactly, confirmed."""
    await card(tablet, order).click()
    await tablet.get_by_test_id("take-cash").click()
    await tablet.get_by_test_id("tender").first.click()
    await tablet.get_by_test_id("confirm-cash").click()


async def test_it_is_kept_for_cash_and_taken_in_four_taps(counter: House, screens: Screens) -> None:
    phone, order = await to_go(counter, screens)
    second = await phone.context.new_page()  # another tab of the same phone
    await second.goto(phone.url)
    await phone.get_by_test_id("pay-cash").click()
    for tab in (phone, second):
        await expect(tab.get_by_test_id("cash-called")).to_contain_text(f"Say number {order['token']}")
        await expect(tab.get_by_test_id("pay-cash")).to_have_count(0)
    tablet = await at_the_counter(counter, screens)
    await expect(card(tablet, order)).to_contain_text("Cash at the counter")
    await take_exactly(tablet, order)
    await expect(tablet.get_by_test_id("cash-done")).to_be_visible()
    for tab in (phone, second):
        await expect(tab.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")
        await expect(tab.get_by_test_id("pay-card")).to_have_count(0)
    assert (await counter.ticket_of(order))["order_id"] == order["id"]
    cash = [each for each in await counter.payments(order["bill_id"]) if each["status"] == "completed"]
    assert len(cash) == 1


async def test_after_its_time_the_counter_takes_it_or_says_why_not(counter: House, screens: Screens) -> None:
    await counter.setting(payment_timeout_s=30)
    phone, order = await to_go(counter, screens)
    _, other = await to_go(counter, screens)
    for each in (order, other):
        await until_expired(counter, each)
    await expect(phone.get_by_test_id("tracker")).to_have_attribute("data-status", "expired")
    tablet = await at_the_counter(counter, screens)
    await expect(tablet.get_by_test_id("late")).to_contain_text("cash brings it back")
    item = counter.item("lachha-paratha")["id"]
    await counter.put(f"/api/menu/items/{item}/availability", {"available": False})
    try:
        screens.watch(tablet).expect("409: POST /api/payments/confirm-cash")
        await take_exactly(tablet, other)
        await expect(tablet.get_by_role("alert")).to_contain_text("Lachha Paratha")
        await expect(tablet.get_by_test_id("cash-done")).to_have_count(0)
        await tablet.goto(f"{counter.url}/waiter#takeaway")
        await tablet.reload()
        for each in (order, other):
            await expect(card(tablet, each)).to_contain_text("no longer to be had: Lachha Paratha")
    finally:
        await counter.put(f"/api/menu/items/{item}/availability", {"available": True})
    assert (await counter.get(f"/api/orders/{other['id']}"))["status"] == "expired"
    await tablet.goto(f"{counter.url}/waiter#takeaway")
    await tablet.reload()
    await take_exactly(tablet, order)
    await expect(tablet.get_by_test_id("cash-done")).to_be_visible()
    await expect(phone.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")


async def until_expired(house: House, order: Json) -> None:
    async with asyncio.timeout(60):
        while (await house.get(f"/api/orders/{order['id']}"))["status"] != "expired":
            await asyncio.sleep(0.5)
