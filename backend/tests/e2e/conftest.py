"""One Chromium and one restaurant for all end-to-end tests; each test has its own tables and devices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from rasoi.embedded.postgres import free_port
from tests.e2e.browser import PATIENCE_MS, House, Screens, launch
from tests.support import Platform, private_directory

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@contextmanager
def running(**environ: str) -> Iterator[Platform]:
    """A platform; `{port}` in a setting becomes its port."""
    with private_directory() as directory:
        port = free_port()
        platform = Platform(directory / "data", {k: v.format(port=port) for k, v in environ.items()}, port=port)
        platform.start()
        yield platform
        if platform.process and platform.process.poll() is None:
            platform.stop()


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
async def house(restaurant: Platform) -> AsyncIterator[House]:
    """The restaurant that the tests share."""
    opened = await House(restaurant, restaurant.url).open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def screens(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Screens]:
    """This test's devices. Whatever went wrong on one of them, and was not expected, fails the test."""
    opened = Screens(browser)
    yield opened
    troubles = opened.troubles
    if troubles or request.node.stash.get(FAILED, True):
        for number, (page, _) in enumerate(opened.opened):
            await page.screenshot(path=tmp_path / f"{number}.png", timeout=5000)
        print(f"screenshots: {tmp_path}")
    await opened.close()
    assert troubles == []


@pytest.fixture
def platform_with() -> Iterator[Callable[..., Any]]:
    """`await platform_with(PUBLIC_URL="http://…:{port}")`: a platform of this test's own."""
    opened = []

    async def start(**environ: str) -> Platform:
        manager = running(**environ)
        platform = await asyncio.to_thread(manager.__enter__)
        opened.append(manager)
        return platform

    yield start
    for manager in opened:
        manager.__exit__(None, None, None)
