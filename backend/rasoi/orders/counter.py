"""Where orders are handed in: those that arrive while others are being written go together, in one transaction.

An order that finds nobody before it is written at once. One batch at a time, so that no two batches of this process
can wait for each other's bills or stock; measured on two cores, fewer and larger batches beat more at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque

from rasoi.orders import repository as db
from rasoi.orders.repository import Placement
from rasoi.platform.database import Database

TOGETHER = 16

Answer = tuple[str, str]


class Counter:
    """One per process."""

    def __init__(self, conn: Database) -> None:
        self.conn = conn
        self.waiting: deque[tuple[Placement, asyncio.Future[Answer]]] = deque()
        self.busy = False
        self._worker: asyncio.Task[None] | None = None

    async def place(self, placement: Placement) -> Answer:
        """The outcome and body for this order. Raises what its own writing raised."""
        if self.busy:
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self.waiting.append((placement, answer))
            return await answer
        self.busy = True
        try:
            return (await db.place_all(self.conn, [placement]))[0]
        finally:
            self._go_on()

    def _go_on(self) -> None:
        if self.waiting:
            self._worker = asyncio.create_task(self._serve())
        else:
            self.busy = False

    async def _serve(self) -> None:
        try:
            while self.waiting:
                count = min(TOGETHER, len(self.waiting))
                await self._write([self.waiting.popleft() for _ in range(count)])
        finally:
            self._go_on()

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
