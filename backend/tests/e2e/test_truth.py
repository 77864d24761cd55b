"""A screen says live only while it is known to be the server's; HTTP is the truth, the socket only tells sooner."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, Page, WebSocketRoute, expect

from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    PHONE,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Prepare,
    Screens,
    enter_pin,
    put_in_cart,
    send_cart,
    sign_in,
    ticket,
)
from tests.e2e.network import NOISE, SOCKET, Network

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
PROVEN_WITHIN_S, NOTICED_WITHIN_S = 15, 10
NOT_LIVE = re.compile("Not live|Reconnecting")
POLLING = "Updates every few seconds"


@dataclass
class Kind:
    """How one kind of screen is opened, and how it shows an order at a table."""

    open: Callable[[House, Screens, Prepare], Awaitable[Page]]
    shows: Callable[[Page, str, int], Locator]
    table: str


async def _kitchen(house: House, screens: Screens, prepare: Prepare) -> Page:
    page = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL, prepare=prepare)
    await enter_pin(page, COOK_PIN)
    await expect(page.get_by_role("main", name="Tickets")).to_be_visible()
    return page


async def _waiter(house: House, screens: Screens, prepare: Prepare) -> Page:
    page = await screens.open(f"{house.url}/waiter", TABLET, prepare=prepare)
    await enter_pin(page, WAITER_PIN)
    await expect(page.get_by_role("button", name=re.compile("Table 10"))).to_be_visible()
    return page


async def _manager(house: House, screens: Screens, prepare: Prepare) -> Page:
    page = await screens.open(f"{house.url}/manage", DESK, prepare=prepare)
    await sign_in(page)
    await expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    return page


async def _guest(house: House, screens: Screens, prepare: Prepare) -> Page:
    page = await screens.open(house.links["Table 13"], PHONE, prepare=prepare)
    await put_in_cart(page, "lachha-paratha")
    await send_cart(page)
    return page


KINDS = {
    "kitchen": Kind(_kitchen, lambda page, _, number: ticket(page, number), "Table 10"),
    "waiter": Kind(
        _waiter,
        lambda page, table, _: page.locator(f"[data-testid=table][data-table='{table}']").filter(
            has_text="₹"
        ),
        "Table 11",
    ),
    "manager": Kind(
        _manager,
        lambda page, _, number: page.get_by_role("row", name=f"Order {number}", exact=True),
        "Table 12",
    ),
    "guest": Kind(
        _guest,
        lambda page, _, number: page.get_by_role("article", name=f"Order {number}", exact=True),
        "Table 13",
    ),
}


async def opened(name: str, house: House, screens: Screens, network: Network) -> Page:
    page = await KINDS[name].open(house, screens, network.attach)
    screens.watch(page).expect(*NOISE)
    await expect(page.get_by_text(NOT_LIVE)).to_have_count(0)
    await expect(page.get_by_text(POLLING)).to_have_count(0)
    return page


@pytest.mark.parametrize("way", ["failing", "silent"])
@pytest.mark.parametrize("name", KINDS)
async def test_a_screen_whose_requests_have_no_answer_is_not_live(
    house: House, screens: Screens, name: str, way: str
) -> None:
    """Its socket is there all the time, and says nothing of it."""
    network = Network()
    page = await opened(name, house, screens, network)
    network.requests = way  # type: ignore[assignment]
    await expect(page.get_by_text(NOT_LIVE)).to_be_visible(timeout=PROVEN_WITHIN_S * 1000)
    await network.mend()
    await expect(page.get_by_text(NOT_LIVE)).to_have_count(0)


@pytest.mark.parametrize("way", ["failing", "silent"])
@pytest.mark.parametrize("name", KINDS)
async def test_a_screen_that_is_back_without_its_state_is_not_live(
    house: House, screens: Screens, name: str, way: str
) -> None:
    network = Network()
    page = await opened(name, house, screens, network)
    network.requests = way  # type: ignore[assignment]
    await network.cut_sockets()
    await asyncio.sleep(3)
    network.sockets = "open"
    for _ in range(4):
        await asyncio.sleep(3)
        await expect(page.get_by_text(NOT_LIVE)).to_be_visible()
    await network.mend()
    await expect(page.get_by_text(NOT_LIVE)).to_have_count(0)


@pytest.mark.parametrize("name", KINDS)
async def test_a_screen_without_sockets_loads_polls_and_says_so(
    house: House, screens: Screens, name: str
) -> None:
    kind, network = KINDS[name], Network(sockets="closed")
    page = await kind.open(house, screens, network.attach)
    screens.watch(page).expect(*NOISE)
    await expect(page.get_by_text(POLLING)).to_be_visible()
    order = await house.order(kind.table, lachha_paratha=1)
    await expect(kind.shows(page, kind.table, order["number"]).first).to_be_visible(timeout=8000)

    network.sockets = "open"
    await expect(page.get_by_text(POLLING)).to_have_count(0)
    await network.cut_sockets()
    await expect(page.get_by_text(POLLING)).to_be_visible()


@pytest.mark.parametrize("name", KINDS)
async def test_a_dead_connection_shows_within_ten_seconds(house: House, screens: Screens, name: str) -> None:
    network = Network()
    page = await opened(name, house, screens, network)
    died = time.monotonic()
    network.requests = "silent"
    await network.cut_sockets("silent")
    await expect(page.get_by_text(NOT_LIVE)).to_be_visible(timeout=NOTICED_WITHIN_S * 1000)
    assert time.monotonic() - died < NOTICED_WITHIN_S


@pytest.mark.parametrize("name", KINDS)
async def test_a_connection_that_is_taken_and_never_answered_is_begun_anew(
    house: House, screens: Screens, name: str
) -> None:
    """As by a server that has just started: the transport is open, and nobody says who is let in."""
    taken: list[WebSocketRoute] = []
    session = {
        "sid": "taken",
        "upgrades": [],
        "pingInterval": 60_000,
        "pingTimeout": 60_000,
        "maxPayload": 10**6,
    }

    async def answer(socket: WebSocketRoute) -> None:
        if taken:
            socket.connect_to_server()
        else:
            socket.send("0" + json.dumps(session))
            socket.on_message(lambda message: None)
        taken.append(socket)

    async def attach(page: Page) -> None:
        await page.route_web_socket(SOCKET, answer)

    page = await KINDS[name].open(house, screens, attach)
    screens.watch(page).expect(*NOISE)
    await expect(page.get_by_text(POLLING)).to_be_visible()
    await expect(page.get_by_text(POLLING)).to_have_count(0, timeout=30_000)
    assert len(taken) > 1
