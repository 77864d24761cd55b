"""What a tap or a key does on the kitchen board, in real Chromium: never something else than what it said before."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.board_page import BoardPage, Json, item, ticket

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
GUARD_MS, SETTLES_MS, DOUBLE_TAP_MS = 700, 6500, 150


def three(number: int, **more: object) -> Json:
    return ticket(number, item("Naan"), item("Missi Roti"), item("Paneer Tikka"), **more)


def card(board: BoardPage, number: int) -> Locator:
    return board.page.get_by_role("article", name=f"Order {number},").first


def head(board: BoardPage, number: int) -> Locator:
    return card(board, number).get_by_role("button", name=re.compile(rf"^{number} .*Table")).first


def undo(board: BoardPage, number: int) -> Locator:
    said = board.page.get_by_role("status").filter(has_text=f"{number} done")
    return said.get_by_role("button", name="Undo")


async def double_tap(board: BoardPage, control: Locator) -> None:
    """Of a finger: the second comes once the screen has drawn what the first one did."""
    box = await control.bounding_box()
    assert box
    for wait in (DOUBLE_TAP_MS, 0):
        await board.page.mouse.click(box["x"] + 40, box["y"] + 20)
        await board.page.wait_for_timeout(wait)


async def pause(board: BoardPage) -> None:
    """Until what stands there may be tapped."""
    await board.page.wait_for_timeout(GUARD_MS)


async def test_one_tap_bumps_and_each_undo_brings_back_its_own_ticket(board: BoardPage) -> None:
    await board.show(*map(three, range(1, 7)))
    before = await board.places()
    await pause(board)
    await head(board, 2).click()
    await head(board, 5).click()
    await expect(card(board, 2)).to_have_count(0)
    await expect(card(board, 5)).to_have_count(0)
    await pause(board)
    await undo(board, 2).click()
    await expect(card(board, 2)).to_be_visible()
    await expect(card(board, 5)).to_have_count(0)
    assert await board.asked() == [("bump", "t2"), ("bump", "t5"), ("recall", "t2")]
    assert (await board.places())["t2"] == before["t2"]


async def test_the_last_line_of_a_ticket_has_an_undo_that_brings_back_that_line_alone(
    board: BoardPage,
) -> None:
    await board.show(
        ticket(1, item("Naan", state="ready"), item("Roti", state="cooking"), state="cooking"), three(2)
    )
    await pause(board)
    await card(board, 1).get_by_role("button", name="Roti").click()
    await expect(card(board, 1)).to_have_count(0)
    await pause(board)
    await undo(board, 1).click()
    await expect(card(board, 1).get_by_role("button", name="Naan")).to_have_attribute("aria-pressed", "true")
    await expect(card(board, 1).get_by_role("button", name="Roti")).to_have_attribute("aria-pressed", "false")
    assert await board.asked() == [("bump", "i1-1"), ("recall", "i1-1")]


async def test_undo_of_a_ticket_leaves_struck_what_was_struck_before(board: BoardPage) -> None:
    await board.show(
        ticket(1, item("Naan", state="ready"), item("Roti"), item("Dal"), state="cooking"), three(2)
    )
    await pause(board)
    await head(board, 1).click()
    await pause(board)
    await undo(board, 1).click()
    await expect(card(board, 1).get_by_role("button", name="Naan")).to_have_attribute("aria-pressed", "true")
    await expect(card(board, 1).get_by_role("button", name="Dal")).to_have_attribute("aria-pressed", "false")


async def test_a_double_tap_does_not_bump_the_ticket_that_came_into_the_place(board: BoardPage) -> None:
    await board.show(*map(three, range(1, 40)))
    await pause(board)
    place = await head(board, 1).bounding_box()
    assert place
    await double_tap(board, head(board, 1))
    await expect(card(board, 1)).to_have_count(0)
    await board.page.wait_for_timeout(100)
    assert await board.asked() == [("bump", "t1")]
    await pause(board)
    await board.page.mouse.click(place["x"] + 40, place["y"] + 20)
    assert len(await board.asked()) == 2


async def test_a_double_tap_on_start_is_not_done(board: BoardPage) -> None:
    await board.page.evaluate("kitchen.explicitStart = true")
    await board.show(three(1), three(2))
    await pause(board)
    await double_tap(board, head(board, 1))
    await board.page.wait_for_timeout(100)
    assert await board.asked() == [("start", "t1")]
    await pause(board)
    await head(board, 1).click()
    await expect(card(board, 1)).to_have_count(0)


async def test_a_double_tap_on_a_line_strikes_it_once(board: BoardPage) -> None:
    await board.show(three(1))
    await pause(board)
    await double_tap(board, card(board, 1).get_by_role("button", name="Missi Roti"))
    await board.page.wait_for_timeout(100)
    assert await board.asked() == [("start", "t1"), ("bump", "i1-1")]


async def test_a_cancellation_that_arrives_under_the_finger_cancels_nothing(board: BoardPage) -> None:
    """Its question has a place of its own, where nothing was, and does not listen at once."""
    await board.show(*map(three, range(1, 5)))
    await pause(board)
    before = [await each.bounding_box() for each in await board.page.get_by_role("button").all()]
    await board.change(id="t1", cancel_requested=True, cancel_decider="kitchen", seen=False)
    question = board.page.get_by_role("alert").get_by_role("button", name="Cancel it")
    where = await question.bounding_box()
    assert where
    for box in before:
        assert box
        apart = (
            box["x"] + box["width"] <= where["x"] + 1
            or where["x"] + where["width"] <= box["x"] + 1
            or box["y"] + box["height"] <= where["y"] + 1
            or where["y"] + where["height"] <= box["y"] + 1
        )
        assert apart, "the question stands where something else could be tapped"
    await question.click()
    await head(board, 1).click()
    await board.page.wait_for_timeout(100)
    assert await board.asked() == [("bump", "t1")]


async def test_a_question_that_waits_is_answered(board: BoardPage) -> None:
    await board.show(three(1, cancel_requested=True, cancel_decider="kitchen"), three(2))
    await pause(board)
    question = board.page.get_by_role("alert")
    await expect(question).to_contain_text("1 Table 2?")
    await question.get_by_role("button", name="Keep it").click()
    await expect(question).to_have_count(0)
    assert await board.asked() == [("refuse_cancel", "o1")]


async def test_a_held_key_acts_once(board: BoardPage) -> None:
    await board.show(*map(three, range(1, 7)))
    await pause(board)
    await board.page.keyboard.press("1")
    for _ in range(5):
        await board.page.keyboard.down("Enter")
    await board.page.keyboard.up("Enter")
    await head(board, 2).focus()
    for _ in range(5):
        await board.page.keyboard.down("Space")
    await board.page.keyboard.up("Space")
    await board.page.wait_for_timeout(100)
    assert await board.asked() == [("bump", "t1"), ("bump", "t2")]


async def test_a_hole_is_filled_at_once_and_the_rest_settles_after_five_seconds(board: BoardPage) -> None:
    await board.show(*map(three, range(1, 40)))
    before = await board.places()
    last = max(int(id[1:]) for id in before)
    await pause(board)
    await head(board, 4).click()
    await expect(card(board, 4)).to_have_count(0)
    after = await board.places()
    stood = {id: place for id, place in before.items() if id not in ("t4", f"t{last}")}
    assert {id: after[id] for id in stood} == stood
    assert before["t4"] in after.values(), "the hole is not filled"
    await board.page.wait_for_timeout(3500)
    assert await board.places() == after
    await board.page.mouse.click(
        5, 700
    )  # a touch that means nothing holds the board still for five seconds more
    await board.page.wait_for_timeout(3500)
    assert await board.places() == after
    await board.page.wait_for_timeout(SETTLES_MS - 3500)
    order = [int(id[1:]) for id in await board.places()]
    assert sorted(order) == sorted(set(order))
    settled = await board.places()
    assert sorted(settled, key=settled.__getitem__) == sorted(settled, key=lambda id: int(id[1:]))


async def test_news_on_another_page_shows_at_the_edge_and_to_look_at_goes_there(board: BoardPage) -> None:
    await board.show(*map(three, range(1, 60)))
    await pause(board)
    await board.add(three(60, seen=False))
    await board.add(three(61, seen=False))
    following = board.page.get_by_role("button", name="Next page")
    await expect(following).to_contain_text("2")
    look = board.page.get_by_role("button", name="to look at")
    for number in (60, 61):
        await look.click()
        await expect(card(board, number)).to_be_visible()
        await board.page.get_by_role("button", name="Seen").click()
        if await look.count() == 0:
            break
    await expect(look).to_have_count(0)
    assert sorted(await board.asked()) == [("see", "t60"), ("see", "t61")]
