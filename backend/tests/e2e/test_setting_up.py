"""The first steps of a new house."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import DESK, House, Screens, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def managers(house: House, screens: Screens, page: str, size: tuple[int, int] = DESK) -> Page:
    desk = await screens.open(f"{house.url}/manage#{page}", size)
    await sign_in(desk)
    return desk


async def test_the_first_steps_show_in_a_new_house_until_they_are_closed(
    house: House, screens: Screens
) -> None:
    async def none(route: Route) -> None:
        await route.fulfill(json={"items": [], "next": None})

    desk = await screens.open(f"{house.url}/manage#team", DESK)
    await desk.route(re.compile("/api/tables$"), none)
    await sign_in(desk)
    steps = desk.get_by_role("region", name="Before your first guest")
    await expect(steps.get_by_role("listitem").filter(has_text="Tables: to do")).to_contain_text(
        "Until there are any"
    )
    await expect(steps.get_by_role("listitem").filter(has_text="Menu: done")).to_be_visible()
    await in_order(desk, "first steps")
    await desk.unroute(re.compile("/api/tables$"))
    await desk.get_by_role("link", name="Orders").click()
    await expect(steps.get_by_role("listitem").filter(has_text="Tables: done")).to_be_visible()
    await steps.get_by_role("button", name=re.compile("Don’t show this again|Close")).click()
    await expect(steps).to_have_count(0)
    await desk.reload()
    await expect(desk.get_by_role("heading", level=1, name="Orders")).to_be_visible()
    await expect(steps).to_have_count(0)


async def test_a_house_that_stands_is_not_told_how_to_begin(house: House, screens: Screens) -> None:
    desk = await managers(house, screens, "team")
    await expect(desk.get_by_role("heading", level=1, name="Team")).to_be_visible()
    await expect(desk.get_by_role("region", name="Before your first guest")).to_have_count(0)
