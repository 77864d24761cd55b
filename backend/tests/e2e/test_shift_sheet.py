"""A waiter's own shift on the tablet: a float, cash in and out, a count without knowing the sum."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import TABLET, WAITER_PIN, House, Screens, enter_pin

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def picture(page: Page, name: str) -> None:
    if where := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(where) / f"{name}.png")


async def test_a_waiter_starts_moves_counts_and_closes(house: House, screens: Screens) -> None:
    reason = (await house.get("/api/shifts/own", who="waiter"))["reasons"][0]
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.get_by_test_id("my-shift").click()
    sheet = waiter.get_by_role("dialog")
    await sheet.get_by_role("button", name="Bar drawer").click()
    start = sheet.get_by_test_id("start-shift")
    await expect(start).to_be_disabled()
    await sheet.get_by_label("What is in it now").fill("1000")
    await picture(waiter, "shift-start")
    await start.click()

    await sheet.get_by_test_id("cash-out").click()
    confirm = sheet.get_by_test_id("confirm-movement")
    await sheet.get_by_label("How much").fill("250")
    await expect(confirm).to_be_disabled()
    await sheet.get_by_role("button", name=reason).click()
    await picture(waiter, "shift-out")
    await confirm.click()
    await expect(sheet.get_by_test_id("movement")).to_contain_text("−₹250.00")
    await picture(waiter, "shift-open")
    shift = (await house.get("/api/shifts/own", who="waiter"))["shift"]
    assert [(each["kind"], each["amount_paise"]) for each in shift["movements"]] == [("out", 250_00)]

    await sheet.get_by_test_id("count-shift").click()
    await expect(sheet).not_to_contain_text("₹750.00")
    await sheet.get_by_label("₹500", exact=True).fill("1")
    await sheet.get_by_label("₹200", exact=True).fill("1")
    await sheet.get_by_role("button", name="One ₹20 more").click()
    await expect(sheet.get_by_test_id("counted")).to_contain_text("₹720.00")
    await picture(waiter, "shift-count")
    await waiter.set_viewport_size({"width": 360, "height": 740})
    assert await sheet.evaluate(
        "it => [it, ...it.querySelectorAll('*')].every(e => e.getBoundingClientRect().right <= 360)"
    )
    await picture(waiter, "shift-phone")
    # no answer: what was counted stays, and the same again is the same act
    await waiter.route("**/count", lambda route: route.abort(), times=1)
    screens.watch(waiter).expect("ERR_FAILED", "Failed to load resource")
    await sheet.get_by_test_id("confirm-count").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("can’t be reached")
    await expect(sheet.get_by_test_id("counted")).to_contain_text("₹720.00")
    await sheet.get_by_test_id("confirm-count").click()
    await expect(sheet.get_by_test_id("shift-over")).to_contain_text("₹30.00 too little")
    await expect(sheet).to_contain_text("₹750.00")
    await picture(waiter, "shift-over")
    await sheet.get_by_role("button", name="Done").click()
    await picture(waiter, "shift-floor")
    assert (await house.get("/api/shifts/own", who="waiter"))["shift"] is None
