"""An owner's outlets: added, set up, closed and reopened at the manager's desk, and gone to from its header."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import DESK, House, Screens, sign_in
from tests.e2e.test_pairing import OWNER

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

NEW = "Bandra West"


async def owners_desk(house: House, screens: Screens, page: str) -> Page:
    desk = await screens.open(f"{house.url}/manage#{page}", DESK)
    await desk.get_by_label("User name").fill(OWNER["username"])
    await desk.get_by_label("Password").fill(OWNER["password"])
    await desk.get_by_role("button", name="Sign in").click()
    return desk


async def test_an_owner_adds_closes_and_goes_to_an_outlet(house: House, screens: Screens) -> None:
    first = (await house.get("/api/staff/outlet"))["name"]
    await house.order("Table 3", green_salad=1)
    desk = await owners_desk(house, screens, "outlets")
    screens.watch(desk).expect(r"409: POST /api/outlets/1/close$", r"422: POST /api/outlets$")
    await expect(desk.get_by_role("row", name=first)).to_contain_text("You are here")
    header = desk.get_by_role("combobox", name="Outlet", exact=True)
    await expect(header).to_have_count(0)

    await desk.get_by_role("button", name="Add an outlet").click()
    sheet = desk.get_by_role("dialog")
    await sheet.get_by_label("Name", exact=True).fill(NEW)
    await expect(sheet.get_by_label("Timezone")).to_have_value("Asia/Kolkata")
    await sheet.get_by_role("combobox", name="GST").select_option("regular")
    await sheet.get_by_label("GSTIN").fill("27AAPFU0939F1ZX")
    await sheet.get_by_role("button", name="Add it").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("check digit")
    await sheet.get_by_role("combobox", name="GST").select_option("none")
    await sheet.get_by_role("button", name="Add it").click()
    row = desk.get_by_role("row", name=NEW)
    await expect(row).to_contain_text("Open")

    await desk.get_by_role("button", name=f"Settings of {NEW}").click()
    await expect(desk.get_by_role("heading", level=1, name=NEW)).to_be_visible()
    await desk.get_by_label("Phone", exact=True).fill("+91 22 1234 5678")
    await desk.get_by_role("button", name="Save 1 change").click()
    await expect(desk.get_by_role("button", name="Nothing to save")).to_be_visible()
    await desk.get_by_role("button", name="All outlets").click()

    await desk.get_by_role("button", name=f"Close {first}").click()
    await sheet.get_by_role("button", name="Close it").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("still has")
    await sheet.get_by_role("button", name="Keep it open").click()
    await desk.get_by_role("button", name=f"Close {NEW}").click()
    await sheet.get_by_role("button", name="Close it").click()
    await expect(row).to_contain_text("Closed")
    await expect(header.locator("option")).to_have_text([first, f"{NEW} (closed)"])
    await desk.get_by_role("button", name=f"Reopen {NEW}").click()
    await expect(row).to_contain_text("Open")

    await header.select_option(label=NEW)
    await expect(row).to_contain_text("You are here")
    await desk.get_by_role("link", name="Team").click()
    await expect(desk.get_by_role("cell", name="Ravi Kumar")).to_have_count(0)
    await expect(desk.get_by_role("cell", name="Went on at another outlet")).to_be_visible()
    await header.select_option(label=first)
    await expect(desk.get_by_role("cell", name="Ravi Kumar").first).to_be_visible()

    await desk.get_by_role("button", name="Edit Ravi Kumar").click()
    await sheet.get_by_role("combobox", name=NEW).select_option("waiter")
    await sheet.get_by_label(f"PIN at {NEW}").fill("4455")
    await sheet.get_by_role("button", name=f"Save what Ravi Kumar is at {NEW}").click()
    await expect(desk.get_by_text(f"Ravi Kumar works at {NEW}")).to_be_visible()
    await expect(sheet.get_by_role("combobox", name=NEW)).to_have_value("waiter")


async def test_a_manager_has_no_outlets_page(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage#outlets", DESK)
    await sign_in(desk)
    await expect(desk.get_by_role("link", name="Settings")).to_be_visible()
    await expect(desk.get_by_role("link", name="Outlets")).to_have_count(0)
    await expect(desk.get_by_role("heading", level=1, name="Outlets")).to_have_count(0)
