"""Something is taken off an order at the table: the waiter's taps, the cook's board, the guest's bill, the manager's desk."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    GUARD_MS,
    PHONE,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
    sign_in,
    ticket,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
WHY = "Guest changed their mind"


async def test_a_dish_is_taken_off_in_three_taps_and_everybody_sees_it(
    house: House, screens: Screens
) -> None:
    before = (await house.get("/api/staff/outlet"))["dine_in_payment"]
    await house.setting(dine_in_payment="pay_later")
    guest = await screens.open(house.links["Table 5"], PHONE)
    await put_in_cart(guest, "lachha-paratha", 2)
    await put_in_cart(guest, "green-salad")
    order = await send_cart(guest)
    await house.setting(dine_in_payment=before)
    cook = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(cook, COOK_PIN)
    await expect(ticket(cook, order["number"])).to_be_visible()

    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.locator("[data-testid=table][data-table='Table 5']").click()
    line = waiter.get_by_test_id("order-line").filter(has_text="Lachha")
    await line.get_by_test_id("void-line").click()
    await waiter.get_by_test_id("void-reason").filter(has_text=WHY).click()
    await waiter.get_by_test_id("confirm-void").click()
    await expect(line).to_contain_text("1 ×")
    await expect(line.get_by_test_id("taken-off")).to_contain_text(f"taken off: {WHY}, Ravi Kumar")

    voided = ticket(cook, order["number"]).locator(".voided")
    await expect(voided).to_be_visible()
    await expect(ticket(cook, order["number"]).locator(".part")).to_have_count(2)
    await cook.wait_for_timeout(GUARD_MS)
    await voided.get_by_role("button").click()
    await expect(ticket(cook, order["number"]).locator(".voided.acknowledged")).to_be_visible()

    bill = guest.get_by_test_id("bill")
    await expect(bill.get_by_test_id("bill-void")).to_contain_text(f"taken off: {WHY}")
    assert "Ravi" not in await bill.inner_text()
    assert (await house.get(f"/api/bills/{order['bill_id']}"))["totals"]["total_paise"] > 0

    found = await house.ticket_of(order)
    await house.act("start", found["id"])
    await line.get_by_test_id("void-line").click()
    await waiter.get_by_test_id("void-reason").filter(has_text=WHY).click()
    screens.watch(waiter).expect("403")
    await waiter.get_by_test_id("confirm-void").click()
    await expect(waiter.get_by_text("what the kitchen has begun")).to_be_visible()
    await house.post(
        f"/api/orders/{order['id']}/lines/{order['lines'][0]['id']}/void",
        {"quantity": 1, "reason": WHY},
        who="manager",
    )
    pin = waiter.get_by_role("dialog", name="A manager’s PIN is needed")
    await pin.get_by_role("button", name="Close").click()
    await waiter.get_by_role("button", name="Keep it").click()
    await expect(line.get_by_test_id("void-line")).to_have_count(0)

    desk = await screens.open(f"{house.url}/manage", DESK)
    await sign_in(desk)
    await desk.get_by_role("row", name=f"Order {order['number']}", exact=True).click()
    await expect(desk.get_by_test_id("taken-off")).to_have_count(2)
