"""Placements that arrive while others are being written are batched: one transaction writes all of them.

An order that finds nobody before it is written at once. A second batch may be under way beside the first, so that one
is priced and answered while the other is written; fewer and larger batches beat more at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from rasoi.orders import repository as db
from rasoi.orders.placement import Placement
from rasoi.platform.database import Database

MAX_BATCH = 16
MAX_CONCURRENT = 2
MIN_SECOND_BATCH = 4  # fewer than these wait for the batch before them

Answer = tuple[str, bytes]
Queued = tuple[Placement, asyncio.Future[Answer]]


class PlacementBatcher:
    """One per process."""

    def __init__(self, conn: Database) -> None:
        self.conn = conn
        self.queue: deque[Queued] = deque()
        self._writing: set[asyncio.Task[None]] = set()

    async def place(self, placement: Placement) -> Answer:
        """The outcome and body for this order. Raises what its own writing raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self.queue.append((placement, answer))
        if len(self.queue) == 1:
            loop.call_soon(self._start_batches)  # after those whose requests were read in the same turn
        elif len(self.queue) == MIN_SECOND_BATCH:
            self._start_batches()
        return await answer

    def _start_batches(self) -> None:
        """One batch is written at once; a second only when it is worth a transaction of its own."""
        while (
            self.queue
            and len(self._writing) < MAX_CONCURRENT
            and (not self._writing or len(self.queue) >= MIN_SECOND_BATCH)
        ):
            task = asyncio.create_task(self._write(self._next_batch()))
            self._writing.add(task)
            task.add_done_callback(self._batch_done)

    def _batch_done(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        self._start_batches()

    def _next_batch(self) -> list[Queued]:
        """Those who came first; of one key or one table a single order, the others stay where they are in the queue."""
        batch: list[Queued] = []
        skipped: list[Queued] = []
        scopes: set[tuple[Any, ...]] = set()
        while self.queue and len(batch) < MAX_BATCH:
            queued = self.queue.popleft()
            own = {queued[0].key_scope, queued[0].table_scope}
            (skipped if own & scopes else batch).append(queued)
            scopes |= own
        self.queue.extendleft(reversed(skipped))
        return batch

    async def _write(self, batch: list[Queued]) -> None:
        batch = [(placement, answer) for placement, answer in batch if not answer.done()]
        if not batch:
            return
        try:
            answers = await db.place_all(self.conn, [placement for placement, _ in batch])
        except Exception as error:
            if len(batch) > 1:  # whose fault it was shows when each is alone
                for queued in batch:
                    await self._write([queued])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, answer), result in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(result)
