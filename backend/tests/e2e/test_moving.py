"""A party goes to another table: the waiter's taps, the cook's board, the guest's phone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import (
    COOK_PIN,
    PHONE,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
    ticket,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_party_moves_in_three_taps_and_goes_on_ordering(house: House, screens: Screens) -> None:
    before = (await house.get("/api/staff/outlet"))["dine_in_payment"]
    await house.setting(dine_in_payment="pay_later")
    guest = await screens.open(house.links["Table 7"], PHONE)
    await put_in_cart(guest, "lachha-paratha")
    order = await send_cart(guest)
    cook = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(cook, COOK_PIN)
    await expect(ticket(cook, order["number"])).to_contain_text("Table 7")

    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.locator("[data-testid=table][data-table='Table 7']").click()
    await waiter.get_by_test_id("move-table").click()
    await expect(waiter.locator("[data-testid=move-to][data-table='Table 7']")).to_have_count(0)
    await waiter.locator("[data-testid=move-to][data-table='Table 8']").click()
    await expect(ticket(cook, order["number"])).to_contain_text("Table 8")
    await guest.get_by_role("button", name="Order more").click()
    await expect(guest.get_by_text("Table 8")).to_be_visible()

    await put_in_cart(guest, "lachha-paratha")
    second = await send_cart(guest)
    assert (second["bill_id"], second["table"]["name"]) == (order["bill_id"], "Table 8")
    await house.setting(dine_in_payment=before)
    await waiter.get_by_role("button", name="Undo").click()
    await expect(ticket(cook, order["number"])).to_contain_text("Table 7")
