"""`rasoi events parked` and `rasoi events replay`, as a person runs them, on what a platform has set aside."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from rasoi.settings import REPOSITORY, Settings
from tests.faults.conftest import without_readers
from tests.faults.service import WAITER
from tests.support import plain_environment

pytestmark = pytest.mark.slow

# what the kitchen's inbox does with an event that failed five times
PARK = """INSERT INTO kitchen.parked (log, position, subject, event, reason)
SELECT 'orders', id, subject, jsonb_build_object(
    'specversion', '1.0', 'id', event_id, 'source', '/rooms/orders', 'type', type, 'subject', subject, 'time', created_at,
    'outletid', outlet_id, 'aggregateversion', aggregate_version, 'correlationid', correlation_id, 'data', data), 'it burnt'
FROM orders.outbox WHERE type = 'rasoi.order.placed.v1'"""
Rasoi = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def rasoi(settings: Settings, database_url: str) -> Rasoi:
    """The command line beside the platform, in a process of its own: its exit status and what it printed."""
    environ = {
        "DATABASE_URL": database_url,
        "RASOI_DATA": str(settings.data),
        "SECRET_KEY": settings.secret_key,
    }

    async def run(*arguments: str) -> tuple[int, str]:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "rasoi.cli", *arguments], env={**plain_environment(), **environ},
            cwd=REPOSITORY / "backend", capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


async def test_parked_events_are_listed_and_handed_in_again(
    settings: Settings, database_url: str, rasoi: Rasoi
) -> None:
    async with without_readers(settings, database_url) as box:
        order = await box.service.order(WAITER, table_id=box.service.tables[0]["id"])
        await box.db.execute(PARK)
        status, listed = await rasoi("events", "parked")
        assert status == 0, listed
        assert "kitchen ← orders" in listed
        assert "rasoi.order.placed.v1" in listed
        assert f"{order['id']}  it burnt\n1 events are parked." in listed
        assert await box.service.tickets(order) == []
        assert await rasoi("events", "replay", "--room", "reports") == (
            0,
            "0 events handled, 0 keys still parked.\n",
        )
        assert await rasoi("events", "replay") == (0, "1 events handled, 0 keys still parked.\n")
        assert len(await box.service.tickets(order)) == 1
        assert await rasoi("events", "parked") == (0, "Nothing is parked.\n")


async def test_an_event_that_fails_again_stays_parked_with_its_reason(
    settings: Settings, database_url: str, rasoi: Rasoi
) -> None:
    async with without_readers(settings, database_url) as box:
        order = await box.service.order(WAITER, table_id=box.service.tables[0]["id"])
        await box.db.execute(PARK.replace("data)", "'{}'::jsonb)"))
        status, said = await rasoi("events", "replay")
        assert status == 1
        assert said.startswith(f"0 events handled, 1 keys still parked.\n  {order['id']}: ")
        assert "1 events are parked." in (await rasoi("events", "parked"))[1]
