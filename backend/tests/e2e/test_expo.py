"""The pass and the guests' wall screen: what is whole, what is handed over, and who decides about a cancellation."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import COOK_PIN, TABLET, WAITER_PIN, WALL, House, Json, Screens, enter_pin
from tests.e2e.pass_orders import (
    BOTH,
    a_guests_order,
    act_on,
    bump_all,
    held_order,
    status_is,
    takeaway,
    tickets,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
MANAGER_PIN = "8001"
STEADY_MS = 700  # a card that has just come under the finger ignores taps for 500 ms


async def pass_of(house: House, screens: Screens, pin: str = COOK_PIN, size: tuple[int, int] = WALL) -> Page:
    page = await screens.open(f"{house.url}/expo", size)
    await enter_pin(page, pin)
    await expect(page.get_by_role("heading", name="Pass", exact=True)).to_be_visible()
    return page


def card(page: Page, order: Json) -> Locator:
    return page.locator(f"article[data-order='{order['id']}']")


async def press(page: Page, button: Locator) -> None:
    """A tap on what has stood there long enough."""
    await expect(button).to_be_visible()
    await page.wait_for_timeout(STEADY_MS)
    await button.click()


async def test_an_order_becomes_whole_is_handed_over_and_taken_back(house: House, screens: Screens) -> None:
    order = await house.order("Table 2", **BOTH)
    page = await pass_of(house, screens)
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    mine = card(page, order)
    await expect(mine).to_contain_text("Missing")
    await expect(mine).to_contain_text("2 × Lachha Paratha")
    assert await mine.get_by_role("list", name="Stations").get_by_role("listitem").count() == 2
    hand_over = mine.get_by_role("button", name=re.compile("^Hand over"))
    await expect(hand_over).to_be_disabled()

    parts = await tickets(house, order)
    await house.act("bump", parts["tandoor"]["id"])
    await expect(mine.get_by_role("button", name="Hand over 1 of 2")).to_be_enabled()
    await expect(mine.get_by_role("listitem").filter(has_text="Tandoor: ready")).to_have_count(1)
    await house.act("bump", parts["chinese"]["id"])
    await expect(mine).to_have_class(re.compile("whole"))

    await press(page, mine.get_by_role("button", name="Hand over", exact=True))
    await expect(mine).to_contain_text("Handed over")
    await status_is(house, order, "served")
    await expect(waiter.get_by_role("status").filter(has_text="Table 2: on its way")).to_be_visible()
    await expect(waiter.locator(f"[data-order='{order['id']}']")).to_have_count(0)

    await press(page, mine.get_by_role("button", name="Undo"))
    await status_is(house, order, "ready")
    await expect(mine.get_by_role("button", name="Hand over", exact=True)).to_be_visible()
    await expect(waiter.locator(f"[data-order='{order['id']}']")).to_be_visible()

    await press(page, mine.get_by_role("button", name="Hand over", exact=True))
    await expect(mine).to_have_count(0, timeout=12_000)


async def test_by_keys_and_undo_takes_back_its_own_order(house: House, screens: Screens) -> None:
    first = await house.order("Table 3", lachha_paratha=1)
    second = await house.order("Table 4", lachha_paratha=1)
    for order in (first, second):
        await bump_all(house, order)
    page = await pass_of(house, screens)
    for order in (first, second):
        await expect(card(page, order)).to_have_class(re.compile("whole"))
    ids = await page.locator("article").evaluate_all("cards => cards.map((card) => card.dataset.order)")
    for order in (first, second):
        await page.keyboard.press(str(ids.index(order["id"]) + 1))
        await expect(card(page, order)).to_have_attribute("aria-current", "true")
        await page.keyboard.press("Enter")
        await status_is(house, order, "served")
    await page.keyboard.press("Escape")
    await press(page, card(page, first).get_by_role("button", name="Undo"))
    await status_is(house, first, "ready")
    assert (await house.get(f"/api/orders/{second['id']}"))["status"] == "served"
    await page.keyboard.press("u")
    await status_is(house, second, "ready")
    for order in (first, second):
        assert (await act_on(house, "hand_over", order))["applied"]


async def test_a_rush_is_in_front_everywhere(house: House, screens: Screens) -> None:
    old = await house.order("Table 5", missi_roti=1)
    new = await house.order("Table 6", missi_roti=1)
    page = await pass_of(house, screens)
    await press(page, card(page, new).get_by_role("button", name=re.compile("^Rush")))
    await expect(card(page, new)).to_contain_text("Rush")
    ids = await page.locator("article").evaluate_all("cards => cards.map((card) => card.dataset.order)")
    assert ids.index(new["id"]) < ids.index(old["id"])
    async with asyncio.timeout(5):
        while not (await tickets(house, new))["tandoor"]["rush"]:
            await asyncio.sleep(0.1)
    board = await house.board("tandoor")
    numbers = [each["order_id"] for each in board["tickets"]]
    assert numbers.index(new["id"]) < numbers.index(old["id"])
    for order in (old, new):
        await bump_all(house, order)
        await act_on(house, "hand_over", order)


async def test_a_course_on_hold_waits_with_fire(house: House, screens: Screens) -> None:
    order = await held_order(house)
    page = await pass_of(house, screens)
    mine = card(page, order)
    await expect(mine).to_contain_text("Course 2 waits")
    await house.act("bump", (await tickets(house, order))["tandoor"]["id"])
    await expect(mine).to_have_class(re.compile("whole"))
    await press(page, mine.get_by_role("button", name="Hand over", exact=True))
    await press(page, mine.get_by_role("button", name="Fire course 2"))
    await expect(mine).not_to_contain_text("Course 2 waits")
    assert (await tickets(house, order))["chinese"]["state"] == "queued"
    await bump_all(house, order)
    await act_on(house, "hand_over", order)


async def test_what_is_ready_is_cancelled_by_the_floor_and_not_by_a_cook(
    house: House, screens: Screens
) -> None:
    order = await a_guests_order(house, "Table 9")
    parts = await tickets(house, order)
    await house.act("bump", parts["tandoor"]["id"])
    await house.act("start", parts["chinese"]["id"])
    cook = await pass_of(house, screens)
    boss = await pass_of(house, screens, MANAGER_PIN)
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await house.post(f"/api/orders/{order['id']}/cancel", {"reason": "we must go"}, who="guest")

    seen, decided = card(cook, order), card(boss, order)
    await expect(seen).to_contain_text("A waiter or manager decides")
    await expect(seen.get_by_role("button", name="Cancel order")).to_have_count(0)
    await expect(seen.get_by_role("button", name=re.compile("^Hand over"))).to_be_disabled()
    asked = waiter.locator(f"[data-testid=decide][data-order='{order['id']}']")
    await expect(asked).to_contain_text("2 × Lachha Paratha")
    refused = await act_on(house, "accept_cancel", order)
    assert (refused["applied"], refused["reason"]) == (False, "waiter-decides")

    await press(boss, decided.get_by_role("button", name="Cancel order"))
    await status_is(house, order, "cancelled")
    await expect(asked).to_have_count(0)
    for page in (seen, decided):
        await expect(page).to_contain_text("Cancelled")
    board = [each for each in (await house.board("chinese"))["tickets"] if each["order_id"] == order["id"]]
    assert [each["state"] for each in board] == ["voided"], "until a cook of that station has seen it"
    await press(cook, seen.get_by_role("button", name="Clear away"))
    await expect(seen).to_have_count(0)
    await expect(decided).to_have_count(0)
    await house.act("acknowledge", board[0]["id"])


async def test_the_waiter_decides_with_a_reason(house: House, screens: Screens) -> None:
    order = await a_guests_order(house, "Table 12")
    parts = await tickets(house, order)
    await house.act("bump", parts["tandoor"]["id"])
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    await house.post(f"/api/orders/{order['id']}/cancel", {"reason": "we must go"}, who="guest")
    asked = waiter.locator(f"[data-testid=decide][data-order='{order['id']}']")
    await asked.get_by_role("button", name="Keep it").click()
    await waiter.get_by_role("button", name="It is on its way").click()
    await waiter.get_by_test_id("confirm-reason").click()
    await expect(asked).to_have_count(0)
    async with asyncio.timeout(5):
        while (await house.get(f"/api/orders/{order['id']}"))["cancel_requested"]:
            await asyncio.sleep(0.1)
    entries = (await house.get("/api/staff/audit"))["items"]
    entry = next(each for each in entries if each["action"] == "order.refuse_cancel")
    assert (entry["subject"], entry["detail"]["reason"]) == (order["id"], "It is on its way")
    await house.act("bump", parts["chinese"]["id"])
    assert (await act_on(house, "hand_over", order))["applied"]


async def test_served_is_taken_back_on_the_waiters_tablet(house: House, screens: Screens) -> None:
    order = await house.order("Table 11", lachha_paratha=1)
    await bump_all(house, order)
    waiter = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(waiter, WAITER_PIN)
    ready = waiter.locator(f"[data-testid=ready-order][data-order='{order['id']}']")
    await ready.get_by_test_id("serve").click()
    await status_is(house, order, "served")
    await waiter.get_by_role("status").filter(has_text="Table 11").get_by_role("button", name="Undo").click()
    await status_is(house, order, "ready")
    await expect(ready).to_be_visible()
    await ready.get_by_test_id("serve").click()
    await status_is(house, order, "served")


async def test_the_pass_without_sockets_and_through_a_cut(house: House, screens: Screens) -> None:
    page = await screens.open(f"{house.url}/expo", WALL, deaf=True)
    await enter_pin(page, COOK_PIN)
    order = await house.order("Table 14", lachha_paratha=1)
    await expect(card(page, order)).to_be_visible(timeout=10_000)
    screens.watch(page).expect("net::ERR_", "failed: ", "WebSocket")
    await bump_all(house, order)
    await expect(card(page, order)).to_have_class(re.compile("whole"))
    await page.context.set_offline(True)
    await press(page, card(page, order).get_by_role("button", name="Hand over", exact=True))
    await expect(page.get_by_text("1 to send")).to_be_visible()
    await page.context.set_offline(False)
    await status_is(house, order, "served")
    await expect(page.get_by_text("to send")).to_have_count(0)


async def test_more_orders_than_room_are_counted_at_the_edge(house: House, screens: Screens) -> None:
    orders = [await house.order(f"Table {n}", lachha_paratha=1) for n in (2, 3, 4, 5, 6, 7) * 2]
    page = await pass_of(house, screens, size=(1024, 600))
    await expect(page.locator("article")).to_have_count(
        len((await house.get("/api/kitchen/pass", who="cook"))["tickets"])
    )
    edge = page.get_by_role("button", name=re.compile("more orders? to the right"))
    await expect(edge).to_be_visible()
    hidden = int(re.findall(r"\d+", await edge.inner_text())[0])
    total = await page.locator("article").count()
    inside = await page.locator("article").evaluate_all(
        """cards => cards.filter((card) => {
          const [main, box] = [card.parentElement.getBoundingClientRect(), card.getBoundingClientRect()];
          return box.left < main.right - 1 && box.right > main.left + 1;
        }).length"""
    )
    assert hidden + inside == total and hidden > 0
    await edge.click()
    await expect(page.get_by_role("button", name=re.compile("to the left"))).to_be_visible()
    for order in orders:
        await bump_all(house, order)
        await act_on(house, "hand_over", order)


async def test_the_wall_screen_calls_tokens_and_no_names(house: House, screens: Screens) -> None:
    order = await takeaway(house, lachha_paratha=1)
    page = await screens.open(f"{house.url}/pickup", WALL)
    await enter_pin(page, COOK_PIN)
    making = page.get_by_role("region", name=re.compile("^Being made"))
    ready = page.get_by_role("region", name=re.compile("^Ready"))
    token = making.get_by_text(order["token"], exact=True)
    await expect(token).to_be_visible()
    assert await token.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 100
    await bump_all(house, order)
    called = ready.get_by_text(order["token"], exact=True)
    await expect(called).to_be_visible()
    await expect(called).to_have_class(re.compile("fresh"))
    await expect(making.get_by_text(order["token"], exact=True)).to_have_count(0)
    assert await called.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 180
    text = await page.locator("body").inner_text()
    assert "Table" not in text and "Paratha" not in text
    assert (await act_on(house, "hand_over", order))["applied"]
    await expect(called).to_have_count(0)


async def test_more_tokens_than_room_take_turns_and_say_so(house: House, screens: Screens) -> None:
    orders = [await takeaway(house, lachha_paratha=1) for _ in range(14)]
    page = await screens.open(f"{house.url}/pickup", (1024, 600), deaf=True)
    await enter_pin(page, COOK_PIN)
    making = page.get_by_role("region", name=re.compile("^Being made"))
    await expect(making.get_by_test_id("pages")).to_contain_text("page 1 of")
    seen: set[str] = set()
    async with asyncio.timeout(60):
        while not {order["token"] for order in orders} <= seen:
            seen |= set(await making.get_by_role("listitem").all_inner_texts())
            await asyncio.sleep(0.3)
    for order in orders:
        await bump_all(house, order)
        await act_on(house, "hand_over", order)
