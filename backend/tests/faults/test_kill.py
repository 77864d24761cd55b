"""A process killed at any point between an order's commit and its effects: each effect comes, once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from subprocess import Popen
from typing import Any

import pytest

from rasoi.settings import Settings
from tests.faults.child import MOMENTS
from tests.faults.conftest import Box, ended, inside, without_readers
from tests.faults.service import WAITER, guest

ORDERS = 6


async def serve_some(box: Box) -> list[dict[str, Any]]:
    """Orders at tables, some on the same bill and one of them paid, and takeaways that wait to be paid."""
    s = box.service
    found = [
        await s.order(WAITER, s.line(n), s.line(n + 9), table_id=s.tables[n % 4]["id"]) for n in range(ORDERS)
    ]
    found += [await s.order(guest(), s.line(n)) for n in range(2)]
    await s.cash(found[0])
    return found


async def tickets(box: Box) -> int:
    return int(await box.db.fetchval("SELECT count(DISTINCT order_id) FROM kitchen.ticket"))


async def test_between_commit_and_reader(settings: Settings, database_url: str) -> None:
    async with without_readers(settings, database_url) as box:
        await serve_some(box)
        assert await tickets(box) == 0
    async with inside(settings, database_url) as box:
        await box.clean()
        assert await tickets(box) == ORDERS


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
async def test_between_reader_and_position(
    settings: Settings, database_url: str, child: Callable[..., Popen[str]], moment: str
) -> None:
    async with without_readers(settings, database_url) as box:
        await serve_some(box)
    for _ in range(2):
        process = child(database_url, moment)
        assert await ended(process) == -signal.SIGKILL
    async with inside(settings, database_url) as box:
        await box.clean()
        assert await tickets(box) == ORDERS
