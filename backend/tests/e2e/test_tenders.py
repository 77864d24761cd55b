"""What is paid on the card machine, by UPI to the house and with vouchers, on the waiter's tablet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import DESK, TABLET, WAITER_PIN, House, Screens, enter_pin, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def picture(page: Page, name: str) -> None:
    if where := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(where) / f"{name}.png")


async def floor(house: House, screens: Screens) -> Page:
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    return waiter


async def test_the_card_machine_is_three_taps_from_the_floor(house: House, screens: Screens) -> None:
    await house.setting(tenders=["card_machine"])
    order = await house.order("Table 7", lachha_paratha=2)
    waiter = await floor(house, screens)
    for tap in (
        "[data-testid=table][data-table='Table 7']",
        "[data-testid=take-tender]",
        "[data-testid=confirm-tender]",
    ):
        await waiter.locator(tap).click()
    await expect(waiter.get_by_test_id("tender-done")).to_contain_text(
        "on the card machine, taken by Ravi Kumar"
    )
    [payment] = await house.payments(order["bill_id"])
    assert (payment["status"], payment["method"], payment["attempts"][0]["waiter"]["name"]) == (
        "completed",
        "card_machine",
        "Ravi Kumar",
    )


async def test_upi_to_the_house_is_switched_on_shown_as_a_code_and_proven_by_its_reference(
    house: House, screens: Screens
) -> None:
    await house.setting(tenders=["card_machine"])
    desk = await screens.open(f"{house.url}/manage#settings", DESK)
    screens.watch(desk).expect(r"422: PATCH /api/staff/outlet$")
    await sign_in(desk)
    await desk.get_by_role("checkbox", name="UPI to your own address").check()
    await desk.get_by_role("checkbox", name="Vouchers").check()
    await desk.get_by_role("button", name="Save 1 change").click()
    await expect(desk.get_by_role("alert")).to_contain_text("needs the house's own UPI address")
    await picture(desk, "settings")
    await desk.get_by_label("Your UPI address").fill("rasoi@okbank")
    await desk.get_by_role("button", name="Save 2 changes").click()
    await expect(desk.get_by_role("button", name="Nothing to save")).to_be_visible()

    order = await house.order("Table 8", lachha_paratha=2)
    waiter = await floor(house, screens)
    await waiter.locator("[data-testid=table][data-table='Table 8']").click()
    await waiter.get_by_test_id("take-tender").click()
    await waiter.get_by_role("button", name="UPI", exact=True).click()
    await expect(waiter.get_by_role("img", name="UPI code over")).to_be_visible()
    confirm = waiter.get_by_test_id("confirm-tender")
    await expect(confirm).to_be_disabled()
    await waiter.get_by_label("UPI reference (UTR) on the guest’s phone").fill("530912345678")
    await picture(waiter, "upi")
    await confirm.click()
    await expect(waiter.get_by_test_id("tender-done")).to_contain_text("by UPI, taken by Ravi Kumar")
    await picture(waiter, "done")
    [payment] = await house.payments(order["bill_id"])
    assert [(each["method"], each["reference"]) for each in payment["attempts"]] == [
        ("house_upi", "530912345678")
    ]
