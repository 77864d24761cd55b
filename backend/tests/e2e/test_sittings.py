"""Parties at a table: who joins is let in, who left owes and sees nothing of the next, a new code ends the old one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.browser import (
    TABLET,
    WAITER_PIN,
    House,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
TABLE = "Table 14"


@pytest_asyncio.fixture(loop_scope="session")
async def admitting(house: House) -> AsyncIterator[House]:
    """The house as it is by default: joining takes a tap."""
    await house.setting(admit_joiners=True)
    yield house
    await house.setting(admit_joiners=False)


def visit(page: Page, state: str) -> object:
    return expect(page.get_by_test_id("visit")).to_have_attribute("data-state", state)


async def test_a_second_phone_is_let_in_with_a_tap(admitting: House, screens: Screens) -> None:
    first = await screens.open(admitting.links[TABLE])
    await put_in_cart(first, "green-salad")
    mine = await send_cart(first)
    second = await screens.open(admitting.links[TABLE])
    await visit(second, "waiting")  # type: ignore[misc]
    await expect(second.get_by_test_id("cart-bar")).to_have_count(0)
    await expect(first.get_by_test_id("join-card")).to_be_visible()
    await first.get_by_test_id("let-in").click()
    await expect(second.get_by_test_id("visit")).to_have_count(0)
    await expect(first.get_by_test_id("join-card")).to_have_count(0)
    await put_in_cart(second, "green-salad")
    theirs = await send_cart(second)
    assert mine["bill_id"] == theirs["bill_id"]


async def test_the_next_party_owes_nothing_of_the_last(admitting: House, screens: Screens) -> None:
    gone = await screens.open(admitting.links[TABLE])
    await put_in_cart(gone, "green-salad")
    order = await send_cart(gone)
    bill = await admitting.get(f"/api/bills/{order['bill_id']}")
    due = bill["due_paise"]
    waiter = await screens.open(f"{admitting.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.locator(f"[data-testid=table][data-table='{TABLE}']").click()
    await expect(waiter.get_by_test_id("sitting")).to_be_visible()
    await expect(waiter.get_by_test_id("clear-table")).to_have_count(0)
    cash = {"bill_id": bill["id"], "amount_paise": due, "tendered_paise": due}
    await admitting.post("/api/payments/confirm-cash", cash)
    await waiter.get_by_test_id("clear-table").click()
    tile = waiter.locator(f"[data-testid=table][data-table='{TABLE}']")
    await expect(tile).to_have_attribute("data-status", "free")

    await visit(gone, "ended")  # type: ignore[misc]
    await expect(gone.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")
    await expect(gone.get_by_test_id("cart-bar")).to_have_count(0)
    here = await screens.open(admitting.links[TABLE])
    await put_in_cart(here, "green-salad")
    new = await send_cart(here)
    assert new["bill_id"] != order["bill_id"]
    owed = await admitting.get(f"/api/bills/{new['bill_id']}")
    assert (owed["due_paise"], len(owed["orders"])) == (due, 1)
    await gone.reload()
    await visit(gone, "ended")  # type: ignore[misc]
    await expect(gone.get_by_test_id("bill")).to_have_count(1)


async def test_who_came_by_a_renewed_code_scans_the_new_one_and_goes_on(
    admitting: House, screens: Screens
) -> None:
    guest = await screens.open(admitting.links[TABLE])
    await put_in_cart(guest, "green-salad")
    order = await send_cart(guest)
    at = await admitting.at(TABLE)
    new = await admitting.post(f"/api/tables/{at['id']}/code", {}, who="manager")
    await visit(guest, "renewed")  # type: ignore[misc]
    await expect(guest.get_by_test_id("bill")).to_be_visible()
    stranger = await screens.open(new["url"])
    await visit(stranger, "waiting")  # type: ignore[misc]
    await guest.goto(new["url"])
    await put_in_cart(guest, "green-salad")
    assert (await send_cart(guest))["bill_id"] == order["bill_id"]
    admitting.links[TABLE] = new["url"]
