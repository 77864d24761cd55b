"""A manager sets up the tables: added, renamed, given another code, removed."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser import DESK, House, Screens, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_table_is_added_renamed_and_removed(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage#tables", DESK)
    await sign_in(desk)
    sheet, rows = desk.get_by_role("dialog"), desk.get_by_role("row")
    await expect(rows.filter(has_text="Table 1").first).to_be_visible()
    before = await rows.count()
    await desk.get_by_role("button", name="Add a table").click()
    await sheet.get_by_label("Name").fill("table 1")
    screens.watch(desk).expect(r"409: POST /api/tables$", r"409: DELETE /api/tables/")
    await sheet.get_by_role("button", name="Save").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("There is a table called table 1 already")
    await sheet.get_by_label("Name").fill("Bar 1")
    await sheet.get_by_label("Area").fill("Bar")
    await sheet.get_by_label("Seats").fill("2")
    await sheet.get_by_role("button", name="Save").click()
    row = rows.filter(has_text="Bar 1")
    await expect(row.get_by_role("link")).to_have_attribute("href", re.compile(r"/order\?table="))
    assert await rows.count() == before + 1

    code = desk.get_by_role("img", name="QR code of Bar 1")
    await expect(code).to_have_count(0)
    await desk.emulate_media(media="print")
    await desk.evaluate("dispatchEvent(new Event('beforeprint'))")
    await expect(code).to_be_visible()
    await expect(row).to_have_count(0)
    await expect(desk.get_by_role("navigation")).to_have_count(0)
    await desk.evaluate("dispatchEvent(new Event('afterprint'))")
    await desk.emulate_media(media="screen")
    first = await row.get_by_role("link").get_attribute("href")
    await desk.get_by_role("button", name="New code for Bar 1").click()
    await sheet.get_by_role("button", name="Make a new code").click()
    await expect(row.get_by_role("link")).not_to_have_attribute("href", first or "")

    link = await row.get_by_role("link").get_attribute("href")
    guest = await screens.open(f"{house.url}/order{(link or '').partition('/order')[2]}")
    await expect(guest.get_by_text("Bar 1").first).to_be_visible()
    await desk.get_by_role("button", name="Edit Bar 1").click()
    await sheet.get_by_role("button", name="Remove this table…").click()
    await sheet.get_by_role("button", name="Remove it").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("Clear the table first")
    await sheet.get_by_role("button", name="Keep it").click()
    table = (await house.at("Bar 1"))["id"]
    await house.post(f"/api/tables/{table}/clear", {})

    await desk.get_by_role("button", name="Edit Bar 1").click()
    await sheet.get_by_label("Name").fill("Counter 1")
    await sheet.get_by_role("button", name="Save").click()
    await expect(rows.filter(has_text="Counter 1")).to_be_visible()
    await desk.get_by_role("button", name="Edit Counter 1").click()
    await sheet.get_by_role("button", name="Remove this table…").click()
    await sheet.get_by_role("button", name="Remove it").click()
    await expect(rows.filter(has_text="Counter 1")).to_have_count(0)
