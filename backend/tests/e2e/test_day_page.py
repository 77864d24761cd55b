"""The day's close at the manager's desk: what stands against it, the drawers, the close, its report on paper."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.browser import DESK, PHONE, House, Screens, running, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def own_house() -> AsyncIterator[House]:
    """A restaurant of its own: with its day closed, the others' figures would fall on the next."""
    with running() as platform:
        opened = await House(platform, platform.url).open()
        yield opened
        await opened.close()


async def picture(page: Page, name: str, *, whole: bool = False) -> None:
    if where := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(where) / f"{name}.png", full_page=whole)


async def a_shift(house: House, drawer: str, float_paise: int) -> str:
    shift = await house.post("/api/shifts", {"drawer": drawer, "float_paise": float_paise})
    return str(shift["id"])


async def sell_in_cash(house: House) -> int:
    """What a paid order came to, in paise."""
    order = await house.order("Table 3", green_salad=2)
    [bill] = (await house.at("Table 3"))["bills"]
    due: int = bill["due_paise"]
    body = {"bill_id": order["bill_id"], "amount_paise": due, "tendered_paise": due}
    await house.post("/api/payments/confirm-cash", body)
    return due


async def test_a_manager_settles_closes_and_prints_a_day(own_house: House, screens: Screens) -> None:
    house = own_house
    first = await a_shift(house, "Main drawer", 2000_00)
    await sell_in_cash(house)
    count = {"counts": [{"denomination_paise": 500_00, "quantity": 3}]}
    await house.post(f"/api/shifts/{first}/count", count)
    await a_shift(house, "Bar drawer", 1000_00)

    desk = await screens.open(f"{house.url}/manage#day", DESK)
    await sign_in(desk)
    checks = desk.get_by_test_id("check")
    await expect(checks.filter(has_text="Parties at tables")).to_contain_text("Table 3")
    await expect(checks.filter(has_text="Drawers not counted")).to_contain_text("Blocks")
    await expect(checks.filter(has_text="Differences to approve")).to_contain_text("Blocks")
    close = desk.get_by_test_id("close-day")
    await expect(close).to_be_disabled()
    await expect(desk.get_by_text("No day was closed yet")).to_be_visible()
    await picture(desk, "day-blocked", whole=True)

    await desk.get_by_role("button", name="Approve Ravi Kumar’s difference").click()
    sheet = desk.get_by_role("dialog")
    await expect(sheet).to_contain_text("too little")
    await picture(desk, "day-approve")
    await sheet.get_by_role("button", name="Approve it").click()
    await expect(checks.filter(has_text="Differences to approve")).to_have_count(0)

    await desk.get_by_role("button", name="Count Bar drawer").click()
    await expect(sheet).not_to_contain_text("should be ₹")
    await sheet.get_by_label("₹500", exact=True).fill("2")
    await sheet.get_by_role("button", name="One ₹10 more").click()
    await expect(sheet.get_by_test_id("counted")).to_contain_text("₹1,010.00")
    await picture(desk, "day-count")
    await sheet.get_by_role("button", name="That is what is there").click()
    await expect(desk.get_by_text("Bar drawer is counted: ₹10.00 too much")).to_be_visible()
    await expect(desk.get_by_text("Nobody has a drawer, and no difference waits.")).to_be_visible()

    await house.clear()
    await expect(close).to_be_enabled()
    await close.click()
    await desk.get_by_test_id("confirm-close").click()
    report = desk.get_by_test_id("z-report")
    await expect(report).to_contain_text("Z report 1")
    [day] = (await house.get("/api/days"))["items"]
    kept = await house.get(f"/api/days/{day['id']}")
    assert (len(kept["shifts"]), kept["sales_paise"] > 0, len(kept["documents"])) == (2, True, 1)
    await expect(report).to_contain_text(kept["documents"][0]["last_number"])
    await expect(report).to_contain_text("Bar drawer, Ravi Kumar")
    await picture(desk, "z-report", whole=True)

    await desk.emulate_media(media="print")
    await expect(desk.get_by_role("navigation")).to_have_count(0)
    await expect(desk.get_by_role("region", name="Messages")).to_have_count(0)
    await desk.set_viewport_size({"width": 272, "height": 900})  # the 72 mm that a roll of 80 mm prints
    assert await desk.evaluate("document.documentElement.scrollWidth") <= 272
    await picture(desk, "z-roll", whole=True)
    await desk.emulate_media(media="screen")
    await desk.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await desk.get_by_role("button", name="Day close").click()
    await expect(desk.get_by_test_id("readiness")).to_contain_text("It has not begun yet")
    await expect(close).to_be_disabled()
    await picture(desk, "day-closed", whole=True)
    await desk.get_by_role("button", name="Show Z report 1").click()
    await expect(report).to_contain_text(re.compile("Closed .* by"))
