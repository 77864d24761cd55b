"""Where orders are handed in: those that arrive while others are being written go together, in one transaction.

An order that finds nobody before it is written at once. A second batch may be under way beside the first, so that one
is priced and answered while the other is written; fewer and larger batches beat more at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from rasoi.orders import repository as db
from rasoi.orders.repository import Placement
from rasoi.platform.database import Database

TOGETHER = 16
AT_ONCE, WORTH = 2, 4

Answer = tuple[str, bytes]


class Counter:
    """One per process."""

    def __init__(self, conn: Database) -> None:
        self.conn = conn
        self.waiting: deque[tuple[Placement, asyncio.Future[Answer]]] = deque()
        self._writing: set[asyncio.Task[None]] = set()

    async def place(self, placement: Placement) -> Answer:
        """The outcome and body for this order. Raises what its own writing raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self.waiting.append((placement, answer))
        if len(self.waiting) == 1:
            loop.call_soon(self._go_on)  # after those whose requests were read in the same turn
        elif len(self.waiting) == WORTH:
            self._go_on()
        return await answer

    def _go_on(self) -> None:
        """One batch is written at once; a second only when it is worth a transaction of its own."""
        while (
            self.waiting
            and len(self._writing) < AT_ONCE
            and (not self._writing or len(self.waiting) >= WORTH)
        ):
            task = asyncio.create_task(self._write(self._next()))
            self._writing.add(task)
            task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        self._go_on()

    def _next(self) -> list[tuple[Placement, asyncio.Future[Answer]]]:
        """Those who came first; of one key or one table a single order, the others keep their turn."""
        batch: list[tuple[Placement, asyncio.Future[Answer]]] = []
        later: list[tuple[Placement, asyncio.Future[Answer]]] = []
        taken: set[tuple[Any, ...]] = set()
        while self.waiting and len(batch) < TOGETHER:
            each = self.waiting.popleft()
            apart = {each[0].alone, each[0].table}
            (later if apart & taken else batch).append(each)
            taken |= apart
        self.waiting.extendleft(reversed(later))
        return batch

    async def _write(self, batch: list[tuple[Placement, asyncio.Future[Answer]]]) -> None:
        batch = [(placement, answer) for placement, answer in batch if not answer.done()]
        if not batch:
            return
        try:
            answers = await db.place_all(self.conn, [placement for placement, _ in batch])
        except Exception as error:
            if len(batch) > 1:  # whose fault it was shows when each is alone
                for each in batch:
                    await self._write([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, answer), given in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(given)
