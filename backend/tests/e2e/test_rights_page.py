"""The owner's table of rights, and a manager's PIN on a waiter's tablet for one act that the waiter's role may not do."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import WAITER_PIN, House, Screens, enter_pin, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
OWNER = {"username": "owner", "password": "rasoi-owner-demo"}
MANAGER_PIN = "8001"
SIDEWAYS, SMALL = (1280, 800), (390, 844)


@pytest.mark.parametrize("size", [(1440, 900), SMALL], ids=["desk", "phone"])
async def test_an_owner_sets_a_limit_undoes_and_saves(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    page = await screens.open(f"{house.url}/manage#rights", size)
    await sign_in(page, OWNER)
    refund, limit = page.get_by_test_id("waiter-refund"), page.get_by_test_id("waiter-refund-limit")
    save = page.get_by_test_id("save-rights")
    await expect(refund).not_to_be_checked()
    await expect(save).to_be_disabled()
    await refund.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.type("a lot")
    await expect(page.get_by_role("alert")).to_contain_text("A limit is an amount")
    await expect(save).to_be_disabled()
    await limit.fill("500")
    await in_order(page, "a change")
    await page.get_by_test_id("undo").click()
    await expect(refund).not_to_be_checked()
    await refund.check()
    await limit.fill("500")
    await save.click()
    await expect(save).to_have_text("Nothing to save")
    me = await house.get("/api/staff/me", who="waiter")
    assert {"permission": "refund", "limit_paise": 500_00} in me["rights"]
    await refund.uncheck()  # as it was, for the tests that follow
    await save.click()
    await expect(save).to_have_text("Nothing to save")


async def test_a_manager_finds_no_page_of_rights(house: House, screens: Screens) -> None:
    page = await screens.open(f"{house.url}/manage#rights", SIDEWAYS)
    await sign_in(page)
    await expect(page.get_by_role("link", name="Team")).to_be_visible()
    await expect(page.get_by_role("link", name="Rights")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Orders")).to_be_visible()


async def test_a_waiter_declares_a_walk_out_by_a_managers_pin(house: House, screens: Screens) -> None:
    table = house.table()
    await house.order(table, lachha_paratha=1)
    page = await screens.open(f"{house.url}/waiter", SIDEWAYS)
    await enter_pin(page, WAITER_PIN)
    await page.locator(f"[data-testid=table][data-table='{table}']").click()
    await page.get_by_test_id("walk-out").click()
    await page.get_by_label("Reason").fill("they ran")
    screens.watch(page).expect(r"403: POST /api/tables/.*/walk-out$", r"403: POST /api/staff/lifts$")
    await page.get_by_test_id("confirm-reason").click()
    asked = page.get_by_role("dialog", name="A manager’s PIN is needed")
    await expect(asked).to_contain_text("Your role may not declare a walk-out.")
    await in_order(page, "who approves")
    await asked.get_by_role("button", name="Arjun Nair").click()
    await page.keyboard.type("0000")
    await expect(asked.get_by_role("alert")).to_have_text("That PIN is wrong.")
    await in_order(page, "a wrong PIN")
    await page.keyboard.type(MANAGER_PIN)
    await expect(asked).to_have_count(0)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await house.at(table))["sitting"] is None
    entry = (await house.get("/api/staff/audit", limit=1))["items"][0]
    assert (entry["action"], entry["detail"]["approved_by"]) == ("sitting.walk_out", "Arjun Nair")
    assert entry["actor_name"] == "Ravi Kumar"
