"""Processes that stand still (SIGSTOP): nobody waits for them long, and nothing is lost or done twice when they go on."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from subprocess import Popen

import pytest

from rasoi.settings import Settings
from tests.faults.conftest import beside, eventually, inside
from tests.faults.service import SECRET, WAITER
from tests.support import Platform

pytestmark = pytest.mark.slow


async def test_a_stopped_writer_with_an_event_in_its_open_transaction(
    settings: Settings, database_url: str, child: Callable[..., Popen[str]]
) -> None:
    async with inside(settings, database_url) as box:
        s = box.service
        held = await s.order(WAITER, table_id=s.tables[0]["id"])
        writer = child(database_url, "hold", held["bill_id"])
        assert writer.stdout is not None
        assert await asyncio.to_thread(writer.stdout.readline) == "holding\n"
        writer.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()

        other = await s.order(WAITER, table_id=s.tables[1]["id"])
        await eventually(lambda: s.tickets(other), 2)  # readers go on beside the gap

        async def same_bill() -> bool:
            answer = await s.ask(
                WAITER, "POST", f"/api/bills/{held['bill_id']}/attention", json={"reason": "help"}
            )
            assert answer.status_code in (200, 201, 409), answer.text
            return answer.status_code < 300

        await eventually(same_bill, 8)
        assert time.monotonic() - stopped < 6
        await s.order(WAITER, table_id=s.tables[0]["id"])
        await box.clean()
        writer.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.5)
        await box.clean()
        assert await box.db.fetchval("SELECT count(*) FROM orders.bill WHERE attention = 'help'") == 1


async def test_a_stopped_leader_is_replaced_and_doubles_nothing_when_it_goes_on(
    platform_process: Callable[..., Platform], database_url: str
) -> None:
    shared = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET}
    first = await asyncio.to_thread(platform_process, **shared)
    second = await asyncio.to_thread(platform_process, **shared)
    assert first.process is not None
    async with beside(first, database_url) as leading, beside(second, database_url) as following:
        order = await leading.service.order(WAITER, table_id=leading.service.tables[0]["id"])
        await eventually(lambda: following.service.tickets(order))
        s = following.service
        busy = [leading.service.order(WAITER, table_id=leading.service.tables[n]["id"]) for n in range(1, 6)]
        cut = asyncio.gather(*busy, return_exceptions=True)
        await asyncio.sleep(0.02)
        first.process.send_signal(signal.SIGSTOP)
        try:
            stopped = time.monotonic()
            order = await s.order(WAITER, s.line(), s.line(11), table_id=s.tables[7]["id"])
            await eventually(lambda: s.tickets(order), 12)
            assert time.monotonic() - stopped < 8
            await s.cook(order, "bump")
        finally:
            first.process.send_signal(signal.SIGCONT)
        await s.order(WAITER, table_id=s.tables[8]["id"])
        await leading.service.order(WAITER, table_id=s.tables[9]["id"])
        await cut
        await following.clean()
        assert following.service.http.base_url != leading.service.http.base_url
