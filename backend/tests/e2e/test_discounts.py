"""Discounts that a waiter gives at the table by a manager's PIN, and what the guest's bill says of them."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.browser import (
    PHONE,
    TABLET,
    WAITER_PIN,
    House,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
MANAGER_PIN, WHY = "8001", "Waited too long"


async def picture(page: Page, name: str) -> None:
    if where := os.environ.get("PICTURES"):
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(where) / f"{name}.png")


@asynccontextmanager
async def offer(house: House, code: str) -> AsyncIterator[None]:
    """A fifth off one dish."""
    body: dict[str, Any] = {
        "name": "Early bird",
        "percent_bp": 2_000,
        "kind": "percent",
        "item_ids": [house.item(code)["id"]],
        "combinable": True,
    }
    made = await house.post("/api/offers", body, who="manager")
    try:
        yield
    finally:
        await house.post(f"/api/offers/{made['id']}/end", {}, who="manager")


async def with_pin(page: Page) -> None:
    """Two taps and four digits, after which the discount is given."""
    asked = page.get_by_role("dialog", name="A manager’s PIN is needed")
    await asked.get_by_role("button", name="Arjun Nair").click()
    await page.keyboard.type(MANAGER_PIN)
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def tap(page: Page, *names: str | Locator) -> None:
    for name in names:
        await (page.locator(name) if isinstance(name, str) else name).click()


async def test_discounts_are_given_by_a_managers_pin_shown_and_taken_back(
    house: House, screens: Screens
) -> None:
    before = (await house.get("/api/staff/outlet"))["dine_in_payment"]
    await house.setting(dine_in_payment="pay_later")
    guest = await screens.open(house.links["Table 6"], PHONE)
    async with offer(house, "lachha-paratha"):
        await put_in_cart(guest, "lachha-paratha", 2)
        await put_in_cart(guest, "green-salad", 2)
        order = await send_cart(guest)
    await house.setting(dine_in_payment=before)
    paratha, salad = (
        next(each for each in order["lines"] if word in each["name"]) for word in ("Lachha", "Salad")
    )
    dish = paratha["unit_price_paise"] * 2 - sum(each["paise"] for each in paratha["discounts"])
    assert dish < paratha["unit_price_paise"] * 2
    bill_path = f"/api/bills/{order['bill_id']}"
    full = (await house.get(bill_path))["totals"]["total_paise"]

    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    screens.watch(waiter).expect(r"403: POST /api/(orders|bills)/", "failed: POST")
    await enter_pin(waiter, WAITER_PIN)
    line = waiter.get_by_test_id("order-line").filter(has_text="Lachha")
    # five taps from the floor, and the manager's
    await tap(
        waiter,
        "[data-testid=table][data-table='Table 6']",
        line.get_by_test_id("discount-line"),
        waiter.get_by_role("button", name="10%", exact=True),
        waiter.get_by_test_id("discount-reason").filter(has_text=WHY),
    )
    tenth = (dish + 5) // 10
    await expect(waiter.get_by_test_id("discount-then")).to_contain_text(f"₹{(dish - tenth) / 100:,.2f}")
    await picture(waiter, "sheet")
    await waiter.get_by_test_id("confirm-discount").click()
    await with_pin(waiter)
    await expect(line).to_contain_text(
        f"Discount 10% −₹{tenth / 100:.2f}: {WHY}, Ravi Kumar, approved by Arjun Nair"
    )

    on_house = waiter.get_by_test_id("order-line").filter(has_text="Salad")
    await tap(waiter, on_house.get_by_test_id("discount-line"), "[data-testid=on-the-house]")
    await waiter.get_by_role("dialog").get_by_role("button", name="One less").click()
    await waiter.get_by_test_id("discount-reason").filter(has_text=WHY).click()
    await picture(waiter, "house")
    await waiter.get_by_role("button", name=re.compile(r"^Give 1 × .* on the house$")).click()
    await with_pin(waiter)
    given = waiter.get_by_test_id("given")
    await expect(given).to_have_count(2)
    await expect(given.last).to_contain_text(f"On the house −₹{salad['unit_price_paise'] / 100:.2f}")

    await guest.reload()
    bill = guest.get_by_test_id("bill")
    await expect(bill).to_contain_text("3 discounts")
    await bill.scroll_into_view_if_needed()
    await picture(guest, "guest")
    assert "Ravi" not in await bill.inner_text() and WHY not in await bill.inner_text()

    await given.first.get_by_test_id("take-back").click()
    await waiter.get_by_test_id("confirm-take-back").click()
    await expect(given).to_have_count(1)
    await given.get_by_test_id("take-back").click()
    await picture(waiter, "back")
    await waiter.get_by_test_id("confirm-take-back").click()
    await expect(given).to_have_count(0)
    assert (await house.get(bill_path))["totals"]["total_paise"] == full


async def test_a_bills_discount_whose_answer_is_lost_is_given_once(house: House, screens: Screens) -> None:
    order = await house.order("Table 7", lachha_paratha=2, green_salad=1)
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    screens.watch(waiter).expect(r"403: POST /api/bills/", "failed: POST")
    lost: list[str] = []

    async def lose(route: Route) -> None:
        """The first one that is let through arrives, and its answer does not."""
        if "manager-approval" not in route.request.headers or lost:
            await route.continue_()
        else:
            await route.fetch()
            lost.append(route.request.headers["idempotency-key"])
            await route.abort()

    await waiter.route(re.compile(r"/api/bills/.*/discounts$"), lose)
    await enter_pin(waiter, WAITER_PIN)
    await tap(waiter, "[data-testid=table][data-table='Table 7']", "[data-testid=discount-bill]")
    await waiter.get_by_label("Amount").fill("99999")
    await expect(waiter.get_by_role("dialog")).to_contain_text("are left")
    await waiter.get_by_test_id("discount-reason").filter(has_text=WHY).click()
    await expect(waiter.get_by_test_id("confirm-discount")).to_be_disabled()
    await waiter.get_by_label("Amount").fill("50")
    await picture(waiter, "bill")
    await waiter.get_by_role("button", name="Take ₹50 off the whole bill").click()
    asked = waiter.get_by_role("dialog", name="A manager’s PIN is needed")
    await asked.get_by_role("button", name="Arjun Nair").click()
    await waiter.keyboard.type(MANAGER_PIN)
    await expect(waiter.get_by_test_id("discount-unsure")).to_be_visible()
    await picture(waiter, "unsure")
    await waiter.get_by_role("button", name="Try again").click()
    await with_pin(waiter)
    assert lost
    await expect(waiter.get_by_test_id("given")).to_contain_text("Discount −₹50.00")
    assert (await house.get(f"/api/bills/{order['bill_id']}"))["orders"][0]["totals"][
        "discount_paise"
    ] == 50_00
