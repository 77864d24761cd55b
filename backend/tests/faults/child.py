"""A platform's parts in a process of their own, which ends itself, or waits to be stopped, at a chosen moment.

python -m tests.faults.child DATABASE_URL DATA MOMENT [BILL]
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from rasoi import app
from rasoi.orders.service import locked_bill
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.inbox import Inbox
from rasoi.settings import load
from tests.faults.service import SECRET


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_handler() -> None:
    """The kitchen's handler has done its work, and its transaction is open."""
    index = next(n for n, room in enumerate(app.ROOMS) if room.name == "kitchen")
    handlers = dict(app.ROOMS[index].handlers)
    for contract, handler in handlers.items():

        async def fatal(*about: Any, handler: Any = handler) -> None:
            await handler(*about)
            die()

        handlers[contract] = fatal
    app.ROOMS[index] = replace(app.ROOMS[index], handlers=handlers)


def before_a_commit() -> None:
    """A room's handler has written its events, and not committed."""
    flush = Tx.flush

    async def fatal(tx: Tx) -> None:
        events = bool(tx.events)
        await flush(tx)
        if events:
            die()

    Tx.flush = fatal  # type: ignore[method-assign, assignment]


def before_the_position_is_saved() -> None:
    """The effects are committed, and nobody noted how far the reader came."""
    handle = Inbox.handle

    async def fatal(inbox: Inbox, entries: list[Any]) -> None:
        await handle(inbox, entries)
        if entries:
            die()

    Inbox.handle = fatal  # type: ignore[method-assign, assignment]


def before_a_handler() -> None:
    """The log was read, and no handler has begun."""

    async def fatal(inbox: Inbox, entries: list[Any]) -> None:
        if entries:
            die()

    Inbox.handle = fatal  # type: ignore[method-assign, assignment]


MOMENTS: dict[str, Callable[[], None]] = {
    moment.__name__: moment
    for moment in (before_a_handler, in_a_handler, before_a_commit, before_the_position_is_saved)
}


async def run(url: str, data: str, moment: str) -> None:
    """A whole platform, until the moment comes."""
    MOMENTS[moment]()
    async with app.platform(load({"RASOI_DATA": data, "SECRET_KEY": SECRET}), url, None):
        await asyncio.sleep(60)


async def hold(url: str, data: str, bill_id: str) -> None:
    """Write an event of a bill, and stay in the transaction."""
    settings = load({"RASOI_DATA": data, "SECRET_KEY": SECRET})
    ctx = Context(settings, await Database.connect(url))
    async with ctx.db.transaction("orders") as tx:
        async with locked_bill(ctx, 1, UUID(bill_id), tx=tx) as (_, bill):
            bill.record_bill_event()
        print("holding", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    _, url, data, moment, *more = sys.argv
    asyncio.run(hold(url, data, *more) if moment == "hold" else run(url, data, moment))
