"""The kitchen's, the pass's and the pickup wall's pages and what stands over them, on a small phone and on a wall: no errors,
nothing without a name, no barrier that axe knows, in both themes."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.barriers import barriers, in_order
from tests.e2e.board_page import BoardPage, item, ticket
from tests.e2e.browser import COOK_PIN, GUARD_MS, House, Screens, bump, enter_pin, paired
from tests.e2e.network import NOISE, Network
from tests.e2e.pass_orders import BOTH, a_guests_order, act_on, bump_all, held_order, takeaway, tickets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.parametrize("size", [(360, 740), (1920, 1080)], ids=["360px", "1920px"]),
]
MANAGER_PIN = "8001"


async def test_kitchen(house: House, screens: Screens, size: tuple[int, int]) -> None:
    for table in ("Table 12", "Table 11"):
        await house.order(table, lachha_paratha=1, green_salad=1)
    network = Network()
    page = await screens.open(f"{house.url}/kitchen", size, prepare=network.attach)
    await paired(page)
    await in_order(page, "who is here")
    await page.get_by_role("button", name="Imran Qureshi").click()
    await in_order(page, "PIN")
    await page.get_by_role("button", name="Somebody else").click()
    await page.get_by_role("button", name="Sign in with a password").click()
    await in_order(page, "password")
    await page.get_by_role("button", name="Without a password").click()
    await enter_pin(page, COOK_PIN)
    await expect(page.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()
    await in_order(page, "stations")
    await page.get_by_role("button", name=re.compile("Tandoor")).click()
    await expect(page.get_by_role("main", name="Tickets").get_by_role("article").first).to_be_visible()
    await in_order(page, "board")
    await page.get_by_role("button", name="More").click()
    await in_order(page, "settings")
    await page.get_by_role("menuitem", name=re.compile("Keys")).click()
    await in_order(page, "keys")
    await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    board = await house.board("tandoor")
    await bump(page, board["tickets"][0]["order_number"])
    await expect(page.get_by_role("status").filter(has_text="done").first).to_be_visible()
    await in_order(page, "board with a message")
    await page.get_by_role("button", name="Recall").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await in_order(page, "recall")
    await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    screens.watch(page).expect(*NOISE)
    network.requests = "closed"
    await network.cut_sockets()
    await expect(page.get_by_text("Not live for")).to_be_visible()
    await in_order(page, "board that is not live")


ALLERGIC = {"allergies": ["nuts"], "note": "Birthday: a candle, and no onion at all"}
CHANGED = [
    item("Naan", state="ready"),
    item("Paneer Tikka", variant="Full", modifiers=["Extra hot"], note="Well done", allergens=["milk"]),
    item("Dal Makhani", state="voided"),
    item("Raita", allergies=["milk"], allergens=["milk"]),
]


async def test_the_board_in_every_state(board: BoardPage, size: tuple[int, int]) -> None:
    """Late, rushed, held, cancelled, asked, allergic, changed, new and long tickets at once."""
    await board.page.set_viewport_size({"width": size[0], "height": size[1]})
    now = await board.page.evaluate("new Date().toISOString()")
    soon = await board.page.evaluate("new Date(Date.now() - 400_000).toISOString()")
    await board.show(
        ticket(1, *CHANGED, **ALLERGIC, seen=False),
        ticket(2, item("Naan"), placed_at=soon, rush=True, state="cooking"),
        ticket(3, item("Naan"), state="held", course=2, placed_at=now),
        ticket(4, item("Naan", state="voided"), state="voided", placed_at=now),
        ticket(5, item("Naan"), cancel_requested=True, cancel_decider="kitchen", placed_at=now),
        ticket(6, item("Naan"), cancel_requested=True, cancel_decider="floor", placed_at=soon),
        ticket(
            7,
            *(item(f"Dish {n}", note="x" * 200) for n in range(30)),
            note="y " * 100,
            placed_at=now,
            seen=False,
        ),
        *(ticket(n, item("Naan"), item("Roti"), placed_at=now, paid=True) for n in range(8, 60)),
    )
    assert await barriers(board.page, two_themes=True) == []
    opener = board.page.get_by_role("button", name=re.compile(r"\+\d+ more$")).first
    if await opener.count():
        await opener.click()
        assert await barriers(board.page, two_themes=True) == []
        await board.page.keyboard.press("Escape")
    counts = board.page.get_by_role("button", name=re.compile("All day", re.IGNORECASE))
    if await counts.count():
        await counts.first.click()
        assert await barriers(board.page, two_themes=True) == []
        await board.page.keyboard.press("Escape")
    following = board.page.get_by_role("button", name="Next page")
    if await following.count():
        await board.page.keyboard.press("PageDown")
        assert await barriers(board.page, two_themes=True) == []


async def test_expo(house: House, screens: Screens, size: tuple[int, int]) -> None:
    await bump_all(house, await house.order("Table 2", **BOTH))
    part = await house.order("Table 3", **BOTH)
    await house.act("bump", (await tickets(house, part))["tandoor"]["id"])
    await act_on(house, "rush", part, who="waiter")
    await held_order(house)
    asked = await a_guests_order(house, "Table 9")
    await house.act("bump", (await tickets(house, asked))["tandoor"]["id"])
    await house.act("start", (await tickets(house, asked))["chinese"]["id"])
    await house.post(f"/api/orders/{asked['id']}/cancel", {"reason": "we must go"}, who="guest")
    gone = await house.order("Table 8", **BOTH)
    await house.act("bump", (await tickets(house, gone))["tandoor"]["id"])
    await house.post(f"/api/orders/{gone['id']}/cancel", {"reason": "waited too long"}, who="manager")
    await takeaway(house, lachha_paratha=1)

    for pin, decides in ((COOK_PIN, False), (MANAGER_PIN, True)):
        page = await screens.open(f"{house.url}/expo", size)
        await paired(page)
        await in_order(page, "sign-in")
        await enter_pin(page, pin)
        await expect(page.locator("article.whole").first).to_be_visible()
        await expect(page.get_by_role("button", name="Cancel order")).to_have_count(int(decides))
        await in_order(page, "pass")
        if not decides:
            await page.get_by_role("button", name="Keys").click()
            await in_order(page, "keys")
            await page.keyboard.press("Escape")
            continue
        await page.wait_for_timeout(GUARD_MS)
        await page.locator("article.whole").first.get_by_role("button", name="Hand over", exact=True).click()
        await expect(page.get_by_text("Handed over").first).to_be_visible()
        await in_order(page, "pass with what is handed over")


async def test_pickup(house: House, screens: Screens, size: tuple[int, int]) -> None:
    empty = await screens.open(f"{house.url}/pickup", size)
    await paired(empty)
    await in_order(empty, "sign-in")
    await enter_pin(empty, COOK_PIN)
    await expect(empty.get_by_text("Nothing is being made")).to_be_visible()
    await in_order(empty, "nothing to pick up")
    for _ in range(2):
        await bump_all(house, await takeaway(house, lachha_paratha=1))
        await takeaway(house, missi_roti=1)
    ready = empty.get_by_role("region", name=re.compile("^Ready"))
    await expect(ready.get_by_role("listitem").nth(1)).to_be_visible()
    await asyncio.sleep(0.5)
    await in_order(empty, "tokens")
