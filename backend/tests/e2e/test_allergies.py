"""What a guest must not eat, from the phone or the waiter's tablet to the ticket, the pass and the bill."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import (
    PHONE,
    TABLET,
    WAITER_PIN,
    House,
    Screens,
    dish,
    enter_pin,
    put_in_cart,
    send_cart,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def tickets(house: House, order: Any, station: str) -> list[Any]:
    """The order's tickets on a station's board."""
    board = await house.board(station)
    return [ticket for ticket in board["tickets"] if ticket["order_id"] == order["id"]]


async def choose(page: Page, *codes: str) -> None:
    """In the sheet of the party's allergies, opened by its button."""
    await page.get_by_test_id("allergies").click()
    sheet = page.get_by_role("dialog", name=re.compile("^Allergies"))
    for code in codes:
        await sheet.locator(f"[data-testid=allergy][data-code={code}]").click()
    await sheet.get_by_test_id("allergies-done").click()
    await expect(sheet).to_have_count(0)


def bands(part: Page | Locator) -> Locator:
    return part.get_by_test_id("allergy-band")


async def test_picked_once_on_the_phone_it_stands_on_every_ticket(house: House, screens: Screens) -> None:
    guest = await screens.open(house.links["Table 10"])
    await choose(guest, "soya", "nuts")
    await guest.reload()
    await expect(guest.get_by_test_id("allergies")).to_contain_text("2")
    await put_in_cart(guest, "boondi-raita")
    order = await send_cart(guest)
    assert order["allergies"] == ["nuts", "soya"]
    await expect(bands(guest.get_by_test_id("tracker")).first).to_have_text(re.compile("nuts, soya"))
    await expect(bands(guest.get_by_test_id("bill"))).to_have_text(re.compile("nuts, soya"))
    paid = {"bill_id": order["bill_id"]}
    due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"]
    await house.post("/api/payments/confirm-cash", {**paid, "amount_paise": due, "tendered_paise": due})
    (seen,) = await tickets(house, order, order["lines"][0]["station"])
    assert seen["allergies"] == ["nuts", "soya"]
    assert seen["items"][0]["allergies"] == []

    await guest.get_by_test_id("back-to-menu").click()
    await put_in_cart(guest, "green-salad")
    again = await send_cart(guest)
    assert again["allergies"] == ["nuts", "soya"], "the next order says it too"


async def test_a_dish_that_contains_it_says_so_before_it_is_chosen(house: House, screens: Screens) -> None:
    guest = await screens.open(f"{house.url}/order")
    card = dish(guest, "murgh-malai-tikka")
    await expect(card.get_by_test_id("contains")).to_have_text("Contains milk, nuts")
    await choose(guest, "nuts")
    await expect(card.get_by_test_id("contains")).to_have_text("Contains nuts, milk")
    await expect(
        card.get_by_role("button", name=re.compile("^Murgh Malai Tikka.*₹419.*Contains nuts, milk"))
    ).to_be_visible()
    await card.get_by_test_id("add-item").click()
    sheet = guest.get_by_test_id("item-sheet")
    await expect(bands(sheet)).to_contain_text("nuts")
    await guest.get_by_test_id("add-to-cart").click()
    await guest.get_by_test_id("cart-bar").click()
    line = guest.get_by_test_id("cart-line")
    await expect(line.get_by_test_id("contains")).to_have_text("Contains nuts")
    await choose(guest, "nuts")  # taken back
    await expect(line.get_by_test_id("contains")).to_have_count(0)


async def test_of_one_dish_only(house: House, screens: Screens) -> None:
    guest = await screens.open(house.links["Table 11"])
    await dish(guest, "cheese-naan").get_by_role("button", name=re.compile("^Cheese Naan")).click()
    await guest.get_by_test_id("line-allergies").locator("summary").click()
    await guest.locator("[data-testid=item-sheet] [data-code=milk]").click()
    await expect(bands(guest.get_by_test_id("item-sheet"))).to_contain_text("milk")
    await guest.get_by_test_id("add-to-cart").click()
    await put_in_cart(guest, "green-salad")
    order = await send_cart(guest)
    assert (order["allergies"], [line["allergies"] for line in order["lines"]]) == ([], [["milk"], []])
    line = guest.get_by_test_id("tracker").get_by_role("listitem").filter(has_text="Cheese Naan")
    await expect(bands(line)).to_have_text(re.compile("milk"))
    await expect(line.get_by_test_id("contains")).to_have_text("Contains milk")


async def test_the_waiter_is_told_and_the_table_keeps_it(house: House, screens: Screens) -> None:
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    table = next(each for each in (await house.get("/api/tables"))["items"] if each["name"] == "Table 13")
    await waiter.goto(
        f"{house.url}/waiter#order/{table['id']}/{table['bill']['id'] if table['bill'] else '-'}"
    )
    await choose(waiter, "egg")
    await waiter.get_by_test_id("search").fill("green salad")
    await waiter.locator("[data-testid=menu-item][data-item=green-salad]").click()
    async with waiter.expect_response(re.compile("/api/orders$")) as answer:
        await waiter.get_by_test_id("send-order").click()
    order = await (await answer.value).json()
    assert order["allergies"] == ["egg"]
    await expect(bands(waiter.get_by_test_id("bill-order").first)).to_have_text(re.compile("egg"))
    (seen,) = await tickets(house, order, "curry")
    assert seen["allergies"] == ["egg"]

    await waiter.get_by_test_id("new-order").click()
    await expect(waiter.get_by_test_id("allergies")).to_have_text("Allergies: Egg")
    await waiter.get_by_test_id("search").fill("lachha")
    await waiter.locator("[data-testid=menu-item][data-item=lachha-paratha]").click()
    async with waiter.expect_response(re.compile("/api/orders$")) as answer:
        await waiter.get_by_test_id("send-order").click()
    assert (await (await answer.value).json())["allergies"] == ["egg"], "what the bill says already"

    await house.act("bump", seen["id"])
    ready = waiter.locator(f"[data-testid=ready-order][data-order='{order['id']}']")
    await expect(bands(ready)).to_have_text(re.compile("egg"))
    await house.act("serve", seen["id"], who="waiter")


async def test_both_chips_are_large_enough_to_tap(house: House, screens: Screens) -> None:
    guest = await screens.open(f"{house.url}/order", PHONE)
    await guest.get_by_test_id("allergies").click()
    for chip in await guest.get_by_test_id("allergy").all():
        box = await chip.bounding_box()
        assert box and box["height"] >= 44, box
