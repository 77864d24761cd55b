"""Every screen of the demo says so, and none any more once its people have credentials of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.barriers import barriers
from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    PHONE,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    running,
    sign_in,
)
from tests.support import Platform

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
OWNER = {"username": "owner", "password": "rasoi-owner-demo"}
PLACES = {
    "/": PHONE, "/order": PHONE, "/waiter": TABLET, "/kitchen": WALL, "/kitchen?station=tandoor": WALL, "/expo": WALL,
    "/pickup": WALL, "/manage": DESK,
}  # fmt: skip


@pytest.fixture
def own() -> Iterator[Platform]:
    """A platform whose people this test changes."""
    with running(DEMO="1") as platform:
        yield platform


async def test_the_word_demo_goes_with_the_last_credential(own: Platform, screens: Screens) -> None:
    house = await House(own, own.url).open()
    try:
        for table in ("Table 1", "Table 2", "Table 3"):
            await house.order(table, lachha_paratha=1, green_salad=1)
        pages = [await screens.open(house.url + path, size) for path, size in PLACES.items()]
        for page in pages:
            await expect(page.get_by_role("note").filter(has_text="Demo")).to_be_visible()
            screens.watch(page).expect("401: ")
        waiter, board, expo, pickup, desk = pages[2], *pages[4:8]
        for page, pin in ((waiter, WAITER_PIN), (board, COOK_PIN), (expo, COOK_PIN), (pickup, COOK_PIN)):
            await enter_pin(page, pin)
        await sign_in(desk)
        for page in pages:
            await expect(page.get_by_role("note").filter(has_text="Demo")).to_be_visible()
        assert await barriers(board, two_themes=True) == []

        token = (await house.post("/api/staff/login", OWNER, who=None))["access_token"]
        owner = {"Authorization": f"Bearer {token}"}
        people = (await house.http.get("/api/staff/people", headers=owner)).json()["items"]
        others = [each for each in people if each["role"] != "owner"]
        [own_row] = [each for each in people if each["role"] == "owner"]
        for each in others:
            answer = await house.http.patch(
                f"/api/staff/people/{each['id']}", json={"active": False}, headers=owner
            )
            answer.raise_for_status()
        changed = {"password": "known to nobody", "pin": "7391"}
        await expect(pages[0].get_by_role("note").filter(has_text="Demo")).to_be_visible()
        (
            await house.http.patch(f"/api/staff/people/{own_row['id']}", json=changed, headers=owner)
        ).raise_for_status()
        for page in pages:
            await expect(page.get_by_role("note").filter(has_text="Demo")).to_have_count(0)
        assert (await house.http.get("/api/build")).json()["demo"] is False
    finally:
        await house.close()
