"""What a manager sets up: tokens for other programs, and the first steps of a new house."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import DESK, House, Screens, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def managers(house: House, screens: Screens, page: str, size: tuple[int, int] = DESK) -> Page:
    desk = await screens.open(f"{house.url}/manage#{page}", size)
    await sign_in(desk)
    return desk


async def test_a_token_is_made_shown_once_and_revoked(house: House, screens: Screens) -> None:
    desk = await managers(house, screens, "devices")
    await desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await expect(desk.get_by_text("No program reads from here")).to_be_visible()
    await desk.get_by_role("button", name="Make a token").click()
    form = desk.get_by_role("dialog", name="Make a token")
    await form.get_by_label("Integration").fill("Accounts")
    await form.get_by_role("button", name="Make it").click()
    await expect(form.get_by_role("alert")).to_have_text("Choose what it may read.")
    await form.get_by_label("Menu").check()
    await form.get_by_label("Reports").check()
    await in_order(desk, "a new token")
    await form.get_by_role("button", name="Make it").click()

    shown = desk.get_by_role("dialog", name="The token of Accounts")
    token = await shown.get_by_label("Token").input_value()
    await shown.get_by_role("button", name="Copy").click()
    await expect(shown.get_by_role("status")).to_have_text("Copied")
    assert await desk.evaluate("navigator.clipboard.readText()") == token
    await in_order(desk, "the token")
    await shown.get_by_role("button", name="Done").click()
    await expect(desk.get_by_text(token)).to_have_count(0)

    row = desk.get_by_role("row", name="Accounts")
    await expect(row).to_contain_text("Menu, Reports")
    await expect(row).to_contain_text("Never")
    async with httpx.AsyncClient(base_url=house.url) as program:
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await program.get("/api/menu", headers=bearer)).status_code == 200
        await in_order(desk, "integrations")
        await row.get_by_role("button", name="Revoke the token of Accounts").click()
        await desk.get_by_role("button", name="Keep it").click()
        await expect(row).to_be_visible()
        await row.get_by_role("button", name="Revoke the token of Accounts").click()
        await desk.get_by_role("button", name="Revoke it").click()
        await expect(row).to_have_count(0)
        assert (await program.get("/api/menu", headers=bearer)).status_code == 401


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
