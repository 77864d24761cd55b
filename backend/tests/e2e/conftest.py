"""One Chromium and one restaurant for all end-to-end tests; each test finds free tables and has its own devices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, async_playwright, expect

from tests.e2e.board_page import BoardPage, build, open_board
from tests.e2e.browser import PATIENCE_MS, House, Screens, launch, running
from tests.support import Platform

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
def restaurant() -> Iterator[Platform]:
    with running() as platform:
        yield platform


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_house(restaurant: Platform) -> AsyncIterator[House]:
    opened = await House(restaurant, restaurant.url).open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def house(shared_house: House) -> House:
    """The restaurant that the tests share, without anything that earlier ones left at its stoves and tables."""
    await shared_house.clear()
    return shared_house


@pytest_asyncio.fixture(loop_scope="session")
async def screens(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Screens]:
    """This test's devices. Whatever went wrong on one of them, and was not expected, fails the test."""
    opened = Screens(browser)
    yield opened
    troubles = opened.troubles
    if troubles or request.node.stash.get(FAILED, True):
        for number, (page, _) in enumerate(opened.opened):
            with suppress(Error):
                await page.screenshot(path=tmp_path / f"{number}.png", timeout=5000)
        print(f"screenshots: {tmp_path}")
    await opened.close()
    assert troubles == []


@pytest.fixture(scope="session")
def built_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("board"))


@pytest_asyncio.fixture(loop_scope="session")
async def board(browser: Browser, built_board: Path) -> AsyncIterator[BoardPage]:
    """The kitchen board with tickets that the test makes up."""
    opened = await open_board(browser, built_board)
    yield opened
    await opened.page.context.close()
    assert opened.troubles == []
