"""Cash at the counter for an order that is paid beforehand: it is kept for the guest, taken once, and comes back late."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import (
    COOK_PIN,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Json,
    Screens,
    bump,
    enter_pin,
    pay_window,
    put_in_cart,
    send_cart,
    ticket,
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
        await until(counter, each, "expired")
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


async def test_a_bill_is_paid_in_two_takings(house: House, screens: Screens) -> None:
    """What was ordered while the guest's window stood open is what is due then: cash takes the rest, and no more."""
    table = "Table 9"
    phone = await screens.open(house.links[table])
    await put_in_cart(phone, "lachha-paratha")
    first = await send_cart(phone)
    window = await pay_window(phone)
    second = await house.order(table, lachha_paratha=2)
    assert second["bill_id"] == first["bill_id"]
    await window.get_by_role("button", name=re.compile("^Pay ₹")).click()
    async with asyncio.timeout(60):
        while (bill := await house.get(f"/api/bills/{first['bill_id']}"))["payment_status"] != "partly_paid":
            await asyncio.sleep(0.2)
    paid, rest = bill["paid_paise"], bill["due_paise"]
    assert rest > 0 and paid + rest == bill["totals"]["total_paise"]
    await expect(phone.get_by_test_id("bill")).to_have_attribute("data-payment", "partly_paid")
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    assert await take_at_table(waiter, waiter.locator(f"[data-testid=table][data-table='{table}']")) == rest
    await expect(phone.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")
    bill = await house.get(f"/api/bills/{first['bill_id']}")
    assert (bill["status"], bill["due_paise"], bill["paid_paise"]) == ("closed", 0, paid + rest)
    assert len(bill["documents"]) == 1
    taken = [each for each in await house.payments(first["bill_id"]) if each["captured_paise"]]
    assert {each["method"]: each["captured_paise"] for each in taken} == {"upi": paid, "cash": rest}
    await expect(waiter.get_by_test_id("take-cash")).to_have_count(0)


async def take_at_table(waiter: Page, tile: Locator) -> int:
    """From the floor: the table, cash, exactly, confirmed; returns what was asked for."""
    await waiter.get_by_test_id("tab-tables").click()
    await tile.click()
    await waiter.get_by_test_id("take-cash").click()
    asked = await waiter.get_by_test_id("cash-due").inner_text()
    await waiter.get_by_test_id("tender").first.click()
    await waiter.get_by_test_id("confirm-cash").click()
    await expect(waiter.get_by_test_id("cash-done")).to_be_visible()
    await waiter.get_by_test_id("cash-close").click()
    return round(float(re.sub(r"[^\d.]", "", asked)) * 100)


@pytest_asyncio.fixture(loop_scope="session")
async def paid_first(house: House) -> AsyncIterator[House]:
    """Also at a table what is ordered is paid before it is made."""
    before = (await house.get("/api/staff/outlet"))["dine_in_payment"]
    await house.setting(dine_in_payment="prepaid")
    yield house
    await house.setting(dine_in_payment=before)


async def test_at_a_table_the_kitchen_gets_what_is_paid_and_nothing_else(
    paid_first: House, screens: Screens
) -> None:
    """Two orders of one party are two bills: the one that is paid is cooked and served while the other waits for its money."""
    house, table = paid_first, "Table 11"
    kitchen = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(kitchen, COOK_PIN)
    await expect(kitchen.get_by_role("main", name="Tickets")).to_be_visible()
    phone = await screens.open(house.links[table])
    await put_in_cart(phone, "lachha-paratha")
    order = await send_cart(phone)
    assert order["status"] == "awaiting_payment"
    await (await pay_window(phone)).get_by_role("button", name=re.compile("^Pay ₹")).click()
    await expect(ticket(kitchen, order["number"])).to_be_visible()

    await phone.get_by_test_id("order-more").click()
    await put_in_cart(phone, "lachha-paratha", 2)
    other = await send_cart(phone)
    assert other["bill_id"] != order["bill_id"]
    await bump(kitchen, order["number"])
    await house.act("serve", *await tickets_of(house, order), who="waiter")
    await expect(phone.get_by_test_id("pay-card")).to_have_count(1)
    await until(house, order, "completed")
    assert (await house.get(f"/api/orders/{other['id']}"))["status"] == "awaiting_payment"
    await expect(ticket(kitchen, other["number"])).to_have_count(0)

    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    due = (await house.get(f"/api/bills/{other['bill_id']}"))["due_paise"]
    assert await take_at_table(waiter, waiter.locator(f"[data-testid=table][data-table='{table}']")) == due
    await expect(ticket(kitchen, other["number"])).to_be_visible()
    await expect(phone.get_by_test_id("pay-card")).to_have_count(0)


async def tickets_of(house: House, order: Json) -> list[str]:
    return [part["ticket_id"] for part in (await house.get(f"/api/orders/{order['id']}"))["progress"]]


async def until(house: House, order: Json, status: str) -> None:
    async with asyncio.timeout(60):
        while (await house.get(f"/api/orders/{order['id']}"))["status"] != status:
            await asyncio.sleep(0.2)
