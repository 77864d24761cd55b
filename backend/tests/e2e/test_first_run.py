"""A new house: the terminal's link, the page behind it, and what becomes of the link."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import DESK, PHONE, Screens, sign_in
from tests.support import Platform, private_directory

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
OWNER = {"username": "meera", "password": "a long password"}


@pytest.fixture
def empty() -> Iterator[Platform]:
    """A platform without a restaurant."""
    with private_directory() as directory:
        platform = Platform(directory / "data", {"DEMO": "0"}).start()
        yield platform
        platform.stop()


async def link_of(platform: Platform) -> str:
    """What the terminal shows once all is up."""
    async with asyncio.timeout(30):
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/setup#\S+", platform.log.read_text())):
            await asyncio.sleep(0.1)
    return found[0]


async def fill(page: Page) -> None:
    await page.get_by_label("Name", exact=True).fill("Kapoor's")
    await page.get_by_label("Your name").fill("Meera Kapoor")
    await page.get_by_label("User name").fill("Meera")
    await page.get_by_label("Password").fill(OWNER["password"])
    await page.get_by_label("The same again").fill(OWNER["password"])


async def test_the_link_sets_up_the_first_outlet_once(empty: Platform, screens: Screens) -> None:
    link = await link_of(empty)
    page = await screens.open(link, DESK)
    await expect(page.get_by_role("heading", name="Set up your restaurant")).to_be_visible()
    await in_order(page, "first run")
    await fill(page)
    await page.get_by_label("The same again").fill("another")
    await expect(page.get_by_text("The two passwords differ")).to_be_visible()
    await expect(page.get_by_role("button", name="Set it up")).to_be_disabled()
    await page.get_by_label("GST").select_option("regular")
    await page.get_by_label("GSTIN").fill("29abcde1234f1z5")
    await page.get_by_label("The same again").fill(OWNER["password"])
    screens.watch(page).expect("422: POST /api/setup", "409: POST /api/setup")
    await page.get_by_role("button", name="Set it up").click()
    await expect(page.get_by_role("alert")).to_contain_text("gstin")
    await in_order(page, "first run refused")
    await page.get_by_label("GSTIN").fill("27aapfu0939f1zv")
    await page.get_by_role("button", name="Set it up").click()
    await expect(page.get_by_role("heading", name="Kapoor's is set up")).to_be_visible()
    await in_order(page, "first run done")
    await page.get_by_role("button", name="Go to Manage").click()
    await sign_in(page, OWNER)
    await expect(page.get_by_role("link", name="Orders")).to_be_visible()
    await expect(page.get_by_role("note").filter(has_text="Demo")).to_have_count(0)

    again = await screens.open(link, PHONE)
    screens.watch(again).expect("409: POST /api/setup")
    await expect(again.get_by_role("heading", name="There is a restaurant already")).to_be_visible()
    await in_order(again, "used link")
    await expect(again.get_by_role("button", name="Go to Manage")).to_be_visible()


async def test_a_link_that_is_not_the_terminals(empty: Platform, screens: Screens) -> None:
    page = await screens.open(f"{empty.url}/setup")
    await expect(page.get_by_role("heading", name="The link is not whole")).to_be_visible()
    screens.watch(page).expect("403: POST /api/setup")
    await page.goto(f"{empty.url}/setup#{'x' * 32}")
    await expect(page.get_by_role("heading", name="This link is not valid")).to_be_visible()
    await in_order(page, "wrong link")
