"""A manager makes, changes, pauses and ends an offer; a guest sees it in the cart and on the bill."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import DESK, House, Screens, put_in_cart, send_cart, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_an_offer_from_the_desk_to_the_bill(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage#offers", DESK)
    await sign_in(desk)
    sheet, rows = desk.get_by_role("dialog"), desk.get_by_role("row")
    await desk.get_by_role("button", name="Make an offer").click()
    await sheet.get_by_label("Name").fill("Happy hour")
    await sheet.get_by_label("Percent", exact=True).fill("0")
    await sheet.get_by_role("button", name="Save").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("how many percent")
    await sheet.get_by_label("Percent", exact=True).fill("12.5")
    await sheet.get_by_role("combobox", name="On", exact=True).select_option("items")
    await sheet.get_by_label("Lachha Paratha").check()
    await sheet.get_by_role("button", name="Save").click()
    row = rows.filter(has_text="Happy hour")
    await expect(row).to_contain_text("12.5% off · Lachha Paratha")
    await expect(row).to_contain_text("On")

    guest = await screens.open(house.links["Table 1"])
    await put_in_cart(guest, "lachha-paratha", 2)
    price = house.item("lachha-paratha")["variants"][0]["price_paise"]
    off = f"-₹{(2 * price * 1250 + 5000) // 10_000 / 100:,.2f}"
    order = await send_cart(guest)
    assert order["totals"]["discount_paise"] == (2 * price * 1250 + 5000) // 10_000
    bill = guest.get_by_test_id("bill")
    await expect(bill).to_contain_text("Happy hour")
    await expect(bill).to_contain_text(off)

    await desk.get_by_role("button", name="Pause Happy hour").click()
    await expect(row).to_contain_text("Paused")
    await desk.get_by_role("button", name="Undo").click()
    await expect(row).to_contain_text("On")
    await desk.get_by_role("button", name="Change Happy hour").click()
    await expect(sheet.get_by_label("Percent", exact=True)).to_have_value("12.5")
    await expect(sheet.get_by_label("Lachha Paratha")).to_be_checked()
    await sheet.get_by_role("checkbox", name="Fri", exact=True).check()
    await sheet.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Fri")
    await desk.get_by_role("button", name="End Happy hour").click()
    await sheet.get_by_role("button", name="End it").click()
    await expect(row).to_contain_text("Over")
    await expect(row.get_by_role("button")).to_have_count(0)
