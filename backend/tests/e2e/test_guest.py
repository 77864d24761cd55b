"""Guests on their phones: order, pay, follow; and what they are told when something can't be had."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.browser import (
    COOK_PIN,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Json,
    Screens,
    bump,
    dish,
    enter_pin,
    mark,
    pay_window,
    put_in_cart,
    send_cart,
    ticket,
    unreloaded,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
CLOSED_MESSAGE = "The payment window was closed. Nothing was charged. Your order is kept for you."


async def test_from_the_table_to_the_pass_and_back(house: House, screens: Screens) -> None:
    kitchen = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(kitchen, COOK_PIN)
    await expect(kitchen.get_by_role("main", name="Tickets")).to_be_visible()
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    guest = await screens.open(house.links["Table 1"])
    for page in (kitchen, waiter, guest):
        await mark(page)

    await put_in_cart(guest, "lachha-paratha", 2)
    order = await send_cart(guest)
    await (await pay_window(guest)).get_by_role("button", name=re.compile("^Pay ₹")).click()
    await expect(guest.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")

    seen = ticket(kitchen, order["number"])
    await expect(seen).to_contain_text("Lachha Paratha")
    await expect(seen).to_contain_text("Table 1")
    await expect(seen.get_by_text("Paid", exact=True)).to_be_visible()
    await bump(kitchen, order["number"])

    tracker = guest.get_by_test_id("tracker")
    await expect(tracker).to_have_attribute("data-status", "ready")
    await expect(tracker.get_by_test_id("tracker-headline")).to_have_text("Your food is ready")
    await (
        waiter.locator(f"[data-testid=ready-order][data-order='{order['id']}']")
        .get_by_test_id("serve")
        .click()
    )
    await expect(tracker).to_have_attribute("data-status", "completed")
    await expect(tracker.locator("[data-testid=step][data-state=done]")).to_have_count(5)

    assert [await unreloaded(page) for page in (kitchen, waiter, guest)] == [True, True, True]
    (payment,) = await house.payments(order["bill_id"])
    assert (payment["status"], payment["method"], payment["captured_paise"]) == (
        "completed",
        "upi",
        payment["amount_paise"],
    )


async def takeaway(house: House, screens: Screens, name: str) -> tuple[Page, dict[str, object]]:
    """A guest with a takeaway order that waits to be paid."""
    guest = await screens.open(f"{house.url}/order")
    await put_in_cart(guest, "boondi-raita")
    await guest.get_by_test_id("cart-bar").click()
    await guest.get_by_test_id("customer-name").fill(name)
    await guest.get_by_test_id("back-to-menu").click()
    order = await send_cart(guest)
    await expect(guest.get_by_test_id("tracker")).to_have_attribute("data-status", "awaiting_payment")
    return guest, order


async def test_a_closed_payment_window_leaves_nothing_hanging(house: House, screens: Screens) -> None:
    guest, order = await takeaway(house, screens, "Asha")
    window = await pay_window(guest)
    await window.get_by_role("button", name="Close the payment window").click()
    await window.get_by_role("button", name="Leave").click()
    await expect(guest.get_by_test_id("pay-trouble")).to_have_text(CLOSED_MESSAGE)
    assert (await house.get(f"/api/orders/{order['id']}"))["status"] == "awaiting_payment"

    await expect(guest.get_by_test_id("pay-online")).to_have_text("Try again online")
    await (await pay_window(guest)).get_by_role("button", name=re.compile("^Pay ₹")).click()
    await expect(guest.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")
    await expect(guest.get_by_test_id("token")).to_be_visible()
    await expect(guest.get_by_test_id("pay-card")).to_have_count(0)
    (payment,) = await house.payments(str(order["bill_id"]))
    assert (payment["status"], len(payment["attempts"])) == ("completed", 1)


async def test_a_failed_payment_is_tried_again_in_the_same_window(house: House, screens: Screens) -> None:
    guest, order = await takeaway(house, screens, "Bala")
    window = await pay_window(guest)
    screens.watch(guest).expect("402: POST /_simulator/pay")
    await window.get_by_role("button", name="Let it fail").click()
    await expect(window.get_by_role("alert")).not_to_be_empty()
    assert (await house.get(f"/api/orders/{order['id']}"))["status"] == "awaiting_payment"
    await window.get_by_role("radio", name=re.compile("Card")).check(force=True)
    await window.get_by_role("button", name=re.compile("^Pay ₹")).click()

    await expect(guest.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")
    await expect(guest.get_by_test_id("pay-trouble")).to_have_count(0)
    (payment,) = await house.payments(str(order["bill_id"]))
    assert (payment["status"], payment["method"]) == ("completed", "card")
    assert payment["captured_paise"] == payment["amount_paise"]


async def test_the_last_portions_go_to_whoever_was_first(house: House, screens: Screens) -> None:
    """Raan has 5 portions. A phone that has not heard of the others is told how many are left."""
    late = await screens.open(house.links["Table 2"], deaf=True)
    await put_in_cart(late, "raan", 3)
    onlooker = await screens.open(house.links["Table 3"])
    await expect(dish(onlooker, "raan").get_by_test_id("add-item")).to_be_visible()
    await mark(onlooker)

    await house.order("Table 4", raan=3)
    screens.watch(late).expect("409: POST /api/orders$")
    await late.get_by_test_id("cart-bar").click()
    await late.get_by_test_id("place-order").click()
    refusal = late.get_by_test_id("order-refused")
    await expect(refusal).to_contain_text("Only 2 of Raan-e-Rasoi left. Nothing was ordered yet.")
    await refusal.get_by_test_id("accept-change").click()
    await late.get_by_test_id("place-order").click()
    await expect(late.get_by_test_id("tracker")).to_have_attribute("data-status", "confirmed")

    await expect(dish(onlooker, "raan").get_by_test_id("sold-out")).to_be_visible()
    await expect(dish(onlooker, "raan").get_by_test_id("add-item")).to_have_count(0)
    assert await unreloaded(onlooker)
    assert not await house.availability("raan")


async def test_a_dish_whose_required_choice_is_gone_is_off_sale(house: House, screens: Screens) -> None:
    """Of every choice of sugar the last; seen at once by whoever looks at the menu."""
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.locator("[data-testid=table][data-table='Table 14']").click()
    await waiter.get_by_test_id("search").fill("masala chai")
    guest = await screens.open(f"{house.url}/order")
    await expect(dish(guest, "masala-chai").get_by_test_id("add-item")).to_be_visible()
    for page in (waiter, guest):
        await mark(page)
    (sugar,) = [group for group in house.item("masala-chai")["modifier_groups"] if group["min"]]
    choices = [f"/api/menu/modifiers/{each['id']}/availability" for each in sugar["modifiers"]]
    for choice in choices[1:]:
        await house.put(choice, {"available": False})
    await dish(guest, "masala-chai").get_by_test_id("add-item").click()
    await expect(guest.get_by_test_id("modifier").nth(1)).to_be_disabled()
    await guest.get_by_role("button", name="Close").click()
    await house.put(choices[0], {"available": False})
    await expect(dish(guest, "masala-chai").get_by_test_id("sold-out")).to_be_visible()
    await expect(dish(waiter, "masala-chai")).to_be_disabled()
    assert not await house.availability("masala-chai")
    for choice in choices:
        await house.put(choice, {"available": True})
    await expect(dish(guest, "masala-chai").get_by_test_id("add-item")).to_be_visible()
    await expect(dish(waiter, "masala-chai")).to_be_enabled()
    assert [await unreloaded(page) for page in (waiter, guest)] == [True, True]


@dataclass
class Special:
    """A dish that a phone still has in its menu, and that the restaurant has taken off its own."""

    like: Json
    variant: str = field(default_factory=lambda: str(uuid4()))
    on_the_menu: bool = True
    has_a_price: bool = False

    async def show(self, page: Page) -> None:
        await page.route(re.compile(r"/api/menu(\?|$)"), self._menu)
        await page.route("**/api/orders/quote", self._quote)

    async def _menu(self, route: Route) -> None:
        known = {"if-none-match": "another menu"}
        response = await route.fetch(headers=route.request.headers | known)
        menu = await response.json()
        if self.on_the_menu:
            variant = self.like["variants"][0] | {"id": self.variant}
            own = {"id": str(uuid4()), "code": "special", "name": "Sunday Special", "variants": [variant]}
            menu["categories"][0]["items"].insert(0, self.like | own)
        await route.fulfill(response=response, json=menu)

    async def _quote(self, route: Route) -> None:
        """As it was answered while the dish was still there."""
        asked = route.request.post_data or ""
        priced = asked.replace(self.variant, self.like["variants"][0]["id"]) if self.has_a_price else asked
        await route.continue_(post_data=priced)


@pytest.mark.parametrize("late", [False, True], ids=["before the price", "after the price"])
async def test_a_dish_that_is_gone_from_the_menu_altogether(
    house: House, screens: Screens, late: bool
) -> None:
    """A phone that has not heard of it is told by the dish's name, and goes on with one tap."""
    special = Special(house.item("boondi-raita"), has_a_price=late)
    guest = await screens.open(house.links["Table 7"], deaf=True, prepare=special.show)
    screens.watch(guest).expect("422: POST /api/orders(/quote)?$")
    await put_in_cart(guest, "special")
    await put_in_cart(guest, "lachha-paratha")
    special.on_the_menu = False
    await guest.get_by_test_id("cart-bar").click()
    if late:
        await guest.get_by_test_id("place-order").click()
        refusal = guest.get_by_test_id("order-refused")
        await expect(refusal).to_contain_text(
            "Sunday Special is no longer on the menu. Nothing was ordered yet."
        )
        await refusal.get_by_test_id("accept-change").click()
    else:
        gone = guest.get_by_test_id("cart-line").filter(has_text="Sunday Special")
        await expect(gone).to_contain_text("No longer on the menu")
        await expect(guest.get_by_test_id("place-order")).to_be_disabled()
        await gone.get_by_test_id("take-out").click()
    await expect(guest.get_by_test_id("cart-line")).to_have_count(1)
    await guest.get_by_test_id("place-order").click()
    await expect(guest.get_by_test_id("tracker")).to_contain_text("Lachha Paratha")
    await expect(guest.get_by_test_id("tracker")).not_to_contain_text("Special")


async def test_a_dish_86ed_while_it_is_in_a_cart(house: House, screens: Screens) -> None:
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await waiter.get_by_test_id("tab-menu").click()
    guest, late = (
        await screens.open(house.links["Table 5"]),
        await screens.open(house.links["Table 6"], deaf=True),
    )
    onlooker = await screens.open(f"{house.url}/order")
    for page in (guest, late):
        await put_in_cart(page, "rasmalai")
        await page.get_by_test_id("cart-bar").click()
        await expect(page.get_by_test_id("place-order")).to_be_enabled()
    await late.route(
        "**/api/menu*", lambda route: route.fulfill(status=304)
    )  # its next look comes too late as well

    switch = waiter.locator("[data-testid=eighty-six][data-item=rasmalai]")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")
    await expect(dish(onlooker, "rasmalai").get_by_test_id("sold-out")).to_be_visible()
    await expect(guest.get_by_test_id("cart-line")).to_contain_text("Sold out")
    await expect(guest.get_by_test_id("place-order")).to_be_disabled()

    screens.watch(late).expect("409: POST /api/orders$")
    await late.get_by_test_id("place-order").click()
    await expect(late.get_by_test_id("order-refused")).to_contain_text(
        "Rasmalai just sold out. Nothing was ordered yet."
    )

    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(guest.get_by_test_id("place-order")).to_be_enabled()
    await expect(dish(onlooker, "rasmalai").get_by_test_id("add-item")).to_be_visible()
