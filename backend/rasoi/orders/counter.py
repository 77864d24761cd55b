"""Where orders are handed in: those that arrive while others are being written go together, in one transaction.

An order that finds nobody before it is written at once. Orders of one outlet take the same lane, one batch after
another, so that no two batches of this process can wait for each other's bills or stock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from rasoi.orders import repository as db
from rasoi.orders.repository import Placement
from rasoi.platform.database import Database

LANES = 2
TOGETHER = 16

Answer = tuple[str, str]


@dataclass
class Lane:
    """Orders that wait, each with who waits for its answer."""

    waiting: deque[tuple[Placement, asyncio.Future[Answer]]] = field(default_factory=deque)
    busy: bool = False
    worker: asyncio.Task[None] | None = None


class Counter:
    """One per process."""

    def __init__(self, conn: Database) -> None:
        self.conn = conn
        self.lanes = [Lane() for _ in range(LANES)]

    async def place(self, outlet_id: int, placement: Placement) -> Answer:
        """The outcome and body for this order. Raises what its own writing raised."""
        lane = self.lanes[outlet_id % LANES]
        if lane.busy:
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            lane.waiting.append((placement, answer))
            return await answer
        lane.busy = True
        try:
            return (await db.place_all(self.conn, [placement]))[0]
        finally:
            self._go_on(lane)

    def _go_on(self, lane: Lane) -> None:
        if lane.waiting:
            lane.worker = asyncio.create_task(self._serve(lane))
        else:
            lane.busy = False

    async def _serve(self, lane: Lane) -> None:
        try:
            while lane.waiting:
                count = min(TOGETHER, len(lane.waiting))
                await self._write([lane.waiting.popleft() for _ in range(count)])
        finally:
            self._go_on(lane)

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
