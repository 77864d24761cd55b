"""More tickets than one answer holds: the screens say how many wait behind, and show what comes to the front."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser import COOK_PIN, WALL, House, Json, Screens, enter_pin, running, ticket

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
MOST, BEHIND = 300, 4
FIVE = re.compile(r"\b5 more")


@pytest_asyncio.fixture(loop_scope="session")
async def busy() -> AsyncIterator[House]:
    """A restaurant of its own: what is left of three hundred orders is in no other test's way."""
    with running(DEMO="1") as platform:
        house = await House(platform, platform.url).open()
        yield house
        await house.close()


async def order_many(house: House, count: int) -> list[Json]:
    """By table, so that no two orders of a table wait for each other."""
    tables = sorted(house.links)
    placed: list[Json] = []
    while len(placed) < count:
        part = tables[: count - len(placed)]
        placed += await asyncio.gather(*(house.order(table, lachha_paratha=1) for table in part))
    return placed


async def test_what_stands_behind_is_counted_and_comes_to_the_front(busy: House, screens: Screens) -> None:
    house = busy
    placed = await order_many(house, MOST + BEHIND)
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    expo = await screens.open(f"{house.url}/expo", WALL)
    pickup = await screens.open(f"{house.url}/pickup", WALL)
    for page in (wall, expo, pickup):
        await enter_pin(page, COOK_PIN)
    await expect(wall.get_by_role("status").filter(has_text=re.compile(r"^\+4 more$"))).to_be_visible()
    await expect(expo.get_by_role("status").filter(has_text="and 4 more tickets")).to_be_visible()
    await expect(pickup.get_by_role("status").filter(has_text="and 4 more")).to_be_visible()

    await house.order("Table 1", lachha_paratha=1)
    for page in (wall, expo, pickup):
        await expect(page.get_by_role("status").filter(has_text=FIVE)).to_be_visible()

    board = await house.board("tandoor")
    assert (len(board["tickets"]), board["more"]) == (MOST, BEHIND + 1)
    newest = max(placed, key=lambda each: each["number"])
    assert newest["id"] not in {each["order_id"] for each in board["tickets"]}
    one = {"action_id": "00000000-0000-4000-8000-000000000001", "action": "rush", "order_id": newest["id"]}
    await house.post("/api/kitchen/actions", {"actions": [one]}, who="manager")
    await expect(ticket(wall, newest["number"])).to_be_visible()
    await expect(wall.get_by_role("status").filter(has_text=FIVE)).to_be_visible()
