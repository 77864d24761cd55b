"""The waiter's tablet and the manager's desk."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.browser import DESK, MANAGER, TABLET, WAITER_PIN, House, Screens, enter_pin

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


def paise(text: str) -> int:
    """`₹1,234.50` as 123450."""
    return round(float(re.sub(r"[^\d.]", "", text)) * 100)


async def shown(locator: Locator) -> int:
    return paise(await locator.inner_text())


async def test_cash_is_taken_once_and_the_change_is_told(house: House, screens: Screens) -> None:
    order = await house.order("Table 7", boondi_raita=3, lachha_paratha=1)
    due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"]
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    tile = waiter.locator("[data-testid=table][data-table='Table 7']")
    await expect(tile).to_have_attribute("data-status", "occupied")
    await tile.click()
    await waiter.get_by_test_id("take-cash").click()
    assert await shown(waiter.get_by_test_id("cash-due")) == due
    confirm = waiter.get_by_test_id("confirm-cash")

    pad = waiter.get_by_role("group", name="Amount")
    await pad.get_by_role("button", name="1", exact=True).click()
    await expect(waiter.get_by_text("Still missing")).to_be_visible()
    await expect(confirm).to_be_disabled()
    for digit in "000":
        await pad.get_by_role("button", name=digit, exact=True).click()
    assert await shown(waiter.get_by_test_id("cash-tendered")) == 100_000
    assert await shown(waiter.get_by_test_id("cash-change")) == 100_000 - due

    await confirm.dblclick()
    await expect(waiter.get_by_test_id("cash-done")).to_contain_text("taken by Ravi Kumar")
    assert await shown(waiter.get_by_test_id("change")) == 100_000 - due
    (payment,) = await house.payments(order["bill_id"])
    (attempt,) = payment["attempts"]
    assert (payment["status"], payment["method"], payment["captured_paise"]) == ("completed", "cash", due)
    assert (attempt["tendered_paise"], attempt["change_paise"]) == (100_000, 100_000 - due)
    assert attempt["waiter"]["name"] == "Ravi Kumar"

    await waiter.get_by_test_id("cash-close").click()
    await waiter.get_by_test_id("tab-tables").click()
    await expect(tile).to_contain_text("Paid")
    tickets = [part["ticket_id"] for part in (await house.get(f"/api/orders/{order['id']}"))["progress"]]
    await house.act("bump", *tickets)
    await house.act("serve", *tickets, who="waiter")
    await expect(tile).to_have_attribute("data-status", "occupied")
    await tile.click()
    await waiter.get_by_test_id("clear-table").click()
    await expect(tile).to_have_attribute("data-status", "free")
    await expect(tile).to_contain_text("Free")


async def sign_in(page: Page) -> None:
    await page.get_by_label("User name").fill(MANAGER["username"])
    await page.get_by_label("Password").fill(MANAGER["password"])
    await page.get_by_role("button", name="Sign in").click()


async def reported(house: House, day: str) -> int:
    """The paise of the day's orders, once the reports have them all."""
    orders = (await house.get("/api/orders", business_day=day, limit=200))["items"]
    dead = ("cancelled", "rejected", "expired")
    sold = sum(each["totals"]["total_paise"] for each in orders if each["status"] not in dead)
    query = {"from": day, "to": day}
    async with asyncio.timeout(10):
        while (await house.get("/api/reports/sales", **query))["total"]["total_paise"] != sold:
            await asyncio.sleep(0.1)
    return int(sold)


async def test_the_manager_sees_the_day_and_stops_a_dish(house: House, screens: Screens) -> None:
    first = await house.order("Table 8", green_salad=2)
    desk = await screens.open(f"{house.url}/manage", DESK)
    await sign_in(desk)
    row = desk.get_by_role("row", name=f"Order {first['number']}", exact=True)
    await expect(row).to_contain_text("Table 8")
    await expect(row).to_contain_text("Unpaid")
    second = await house.order("Table 9", green_salad=1)
    await expect(desk.get_by_role("row", name=f"Order {second['number']}", exact=True)).to_be_visible()

    await desk.get_by_role("link", name="Payments").click()
    cash = desk.locator(".tile", has=desk.get_by_role("heading", name="Cash")).locator("b")
    before = await shown(cash)
    bill = await house.get(f"/api/bills/{first['bill_id']}")
    owed = {"amount_paise": bill["due_paise"], "tendered_paise": bill["due_paise"]}
    await house.post("/api/payments/confirm-cash", {"bill_id": bill["id"], **owed})
    await expect(cash).not_to_have_text(await cash.inner_text())
    assert await shown(cash) == before + bill["due_paise"]
    today = {"from": first["business_day"], "to": first["business_day"]}
    (day,) = (await house.get("/api/payments/stats/daily", **today))["days"]
    for name, method in (("Cash", "cash"), ("UPI", "upi"), ("Card", "card")):
        tile = desk.locator(".tile", has=desk.get_by_role("heading", name=name, exact=True)).locator("b")
        net = sum(each["net_paise"] for each in day["methods"] if each["method"] == method)
        await expect(tile).to_be_visible()
        assert await shown(tile) == net

    sold = await reported(house, first["business_day"])
    await desk.get_by_role("link", name="Reports").click()
    tile = desk.locator(".tile", has=desk.get_by_role("heading", name="Sales", exact=True)).locator("b")
    await expect(tile).to_be_visible()
    assert await shown(tile) == sold
    await expect(desk.get_by_role("row", name="Green Salad")).to_be_visible()
    await desk.get_by_role("button", name="Yesterday").click()
    await expect(desk.get_by_role("heading", name="Nothing sold yesterday")).to_be_visible()

    await desk.get_by_role("link", name="Menu").click()
    dish = desk.get_by_role("listitem").filter(has_text="Kesar Phirni")
    await dish.get_by_role("button", name="Sell out").click()
    await expect(dish.get_by_role("button", name="Back on sale")).to_be_visible()
    assert not await house.availability("phirni")
    await dish.get_by_role("button", name="Back on sale").click()
    await expect(dish.get_by_role("button", name="Sell out")).to_be_visible()
    assert await house.availability("phirni")


async def test_a_message_of_the_provider_is_dismissed_with_a_reason(house: House, screens: Screens) -> None:
    """What the server keeps of it is tested elsewhere: here its answers are made up."""
    parked = {
        "provider": "razorpay",
        "event_id": "evt_odd",
        "event": None,
        "subject": None,
        "state": "parked",
        "outcome": "unreadable: not a webhook that we can read",
        "tries": 1,
        "received_at": "2026-11-30T06:30:00Z",
        "next_try_at": None,
    }
    waiting, said = [parked], list[object]()

    async def answer(route: Route) -> None:
        if route.request.method == "POST":
            said.append((route.request.url.rsplit("/api/", 1)[1], route.request.post_data_json))
            waiting.clear()
            await route.fulfill(json={"status": "ok"})
        else:
            await route.fulfill(json={"items": waiting})

    async def intercept(page: Page) -> None:
        await page.route(re.compile("/api/payments/webhooks"), answer)

    desk = await screens.open(f"{house.url}/manage", DESK, prepare=intercept)
    await sign_in(desk)
    await desk.get_by_role("link", name="Payments").click()
    row = desk.get_by_test_id("at-provider").get_by_role("listitem").filter(has_text="unreadable")
    await row.get_by_test_id("dismiss").click()
    why = row.get_by_label("Why it doesn’t matter")
    await expect(why).to_be_focused()
    await why.press("Enter")
    await why.fill("   ")
    await why.press("Enter")
    assert said == [], "not without a reason"
    await why.fill("a test button in the dashboard")
    await why.press("Enter")
    await expect(row).to_have_count(0)
    reason = {"reason": "a test button in the dashboard"}
    assert said == [("payments/webhooks/evt_odd/dismiss", reason)]
