"""The kitchen's screen through a crash of the platform, and where the browser trusts the address less."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, expect

from tests.e2e.browser import (
    COOK_PIN,
    PLAIN_HOST,
    WALL,
    House,
    Screens,
    bump,
    enter_pin,
    mark,
    pay_window,
    put_in_cart,
    running,
    send_cart,
    ticket,
    unreloaded,
)
from tests.support import Platform

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
STALE_WITHIN_S, CHECKED_WITHIN_S = 10, 20
LOST = ("WebSocket connection to", "net::ERR_", "failed: ")


@pytest.fixture(scope="module")
def plain_platform() -> Iterator[Platform]:
    with running(PUBLIC_URL=f"http://{PLAIN_HOST}:{{port}}", DEMO="1") as platform:
        yield platform


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(plain_platform: Platform) -> AsyncIterator[House]:
    """A restaurant whose address is plain HTTP and not localhost."""
    house = await House(plain_platform, f"http://{PLAIN_HOST}:{plain_platform.port}").open()
    yield house
    await house.close()


async def shown(page: Page) -> list[str]:
    """The ids of the tickets on the board, as often as they are there."""
    found = (
        await page.get_by_role("main", name="Tickets")
        .get_by_role("article")
        .evaluate_all("cards => cards.map((card) => card.dataset.ticket)")
    )
    return sorted(found)


async def test_the_board_survives_a_crash_with_taps_waiting(plain: House, screens: Screens) -> None:
    """kill -9, taps while it is away, a new start: the board is the database's, and each tap counts once."""
    orders = [await plain.order("Table 1", lachha_paratha=1), await plain.order("Table 2", missi_roti=2)]
    bumped, kept = orders
    kitchen = await screens.open(f"{plain.url}/kitchen?station=tandoor", WALL)
    await enter_pin(kitchen, COOK_PIN)
    for order in orders:
        await expect(ticket(kitchen, order["number"])).to_be_visible()
    await mark(kitchen)
    versions = {each["order_id"]: each["version"] for each in (await plain.board("tandoor"))["tickets"]}

    screens.watch(kitchen).expect(*LOST)
    plain.platform.kill()
    killed = time.monotonic()
    alert = kitchen.get_by_role("alert").filter(has_text="Not live for")
    await expect(alert).to_be_visible(timeout=STALE_WITHIN_S * 1000)
    assert time.monotonic() - killed < STALE_WITHIN_S
    await expect(ticket(kitchen, kept["number"])).to_be_visible()
    await bump(kitchen, bumped["number"])
    await expect(kitchen.get_by_text("1 to send")).to_be_visible()

    await asyncio.to_thread(plain.platform.start)
    missed = await plain.order("Table 3", cheese_naan=1)
    await expect(ticket(kitchen, missed["number"])).to_be_visible()
    await expect(alert).to_have_count(0)
    await expect(kitchen.get_by_text("to send")).to_have_count(0)
    assert await unreloaded(kitchen)

    board = await plain.board("tandoor")
    assert await shown(kitchen) == sorted(each["id"] for each in board["tickets"])
    assert {each["order_id"] for each in board["tickets"]} == {kept["id"], missed["id"]}
    ready = [
        each for each in (await plain.get("/api/kitchen/ready"))["items"] if each["order_id"] == bumped["id"]
    ]
    assert [each["version"] - versions[bumped["id"]] for each in ready] == [2]  # started and bumped, once
    await the_screen_has_the_boards_hash(kitchen, board["hash"])


async def the_screen_has_the_boards_hash(page: Page, expected: int) -> None:
    """The screen tells its own hash when it compares itself with the server, every 15 s."""

    def compares(request: Request) -> bool:
        return "/api/kitchen/boards/" in request.url and "if-none-match" in request.headers

    async with page.expect_request(compares, timeout=CHECKED_WITHIN_S * 1000) as comparing:
        pass
    request = await comparing.value
    answer = await request.response()
    assert request.headers["if-none-match"].strip('"') == str(expected)
    assert answer and answer.status == 304


async def test_plain_http_that_is_not_localhost(plain: House, screens: Screens) -> None:
    """No secure context: no crypto.randomUUID, no service worker; everything works all the same."""
    kitchen = await screens.open(f"{plain.url}/kitchen?station=curry", WALL)
    await enter_pin(kitchen, COOK_PIN)
    await expect(kitchen.get_by_role("main", name="Tickets")).to_be_visible()
    link = plain.links["Table 5"]
    assert link.startswith(f"{plain.url}/order?table=")
    guest = await screens.open(link)
    for page in (kitchen, guest):
        assert await page.evaluate(
            "[isSecureContext, typeof crypto.randomUUID, typeof navigator.serviceWorker]"
        ) == [
            False,
            "undefined",
            "undefined",
        ]

    await put_in_cart(guest, "cucumber-raita")
    order = await send_cart(guest)
    await expect(ticket(kitchen, order["number"])).to_contain_text("Cucumber Raita")
    await bump(kitchen, order["number"])
    await expect(guest.get_by_test_id("tracker")).to_have_attribute("data-status", "ready")
    await (await pay_window(guest)).get_by_role("button", name=re.compile("^Pay ₹")).click()
    await expect(guest.get_by_test_id("bill")).to_have_attribute("data-payment", "paid")


async def test_a_station_that_does_not_exist_says_so(house: House, screens: Screens) -> None:
    kitchen = await screens.open(f"{house.url}/kitchen?station=nowhere", WALL)
    screens.watch(kitchen).expect("404: GET /api/kitchen/boards/nowhere")
    await enter_pin(kitchen, COOK_PIN)
    another = kitchen.get_by_role("button", name="Choose another station")
    await expect(another).to_be_visible()
    await expect(kitchen.get_by_text("All caught up")).to_have_count(0)
    await another.click()
    await expect(kitchen.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()


async def test_back_closes_a_sheet_then_leaves_the_board_for_the_stations(
    house: House, screens: Screens
) -> None:
    kitchen = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(kitchen, COOK_PIN)
    board = kitchen.get_by_role("main", name="Tickets")
    await expect(board).to_be_visible()
    await kitchen.get_by_role("button", name="Recall").click()
    await expect(kitchen.get_by_role("dialog")).to_be_visible()
    await kitchen.go_back()
    await expect(kitchen.get_by_role("dialog")).to_have_count(0)
    await expect(board).to_be_visible()
    await kitchen.go_back()
    await expect(kitchen.get_by_role("heading", name=re.compile("which station"))).to_be_visible()
    await kitchen.get_by_role("button", name=re.compile("Tandoor")).click()
    await expect(board).to_be_visible()
