"""What is held in memory of each outlet until word of a change comes, so that placing asks no question for it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Generic, TypeVar

from rasoi.platform.context import Context

T = TypeVar("T")


class HeldByOutlet(ABC, Generic[T]):
    """Read at first use and dropped when it changes."""

    def __init__(self) -> None:
        self._held: dict[int, T] = {}
        self._changes: dict[int, int] = defaultdict(int)
        self._reading: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @abstractmethod
    async def read(self, ctx: Context, outlet_id: int) -> T:
        """It as the database has it now."""

    def is_fresh(self, held: T) -> bool:
        """Whether what is held may still be used, although no change was told."""
        return True

    async def of(self, ctx: Context, outlet_id: int) -> T:
        """The outlet's; read once, however many ask at a time."""
        held = self._held.get(outlet_id)
        if held is not None and self.is_fresh(held):
            return held
        async with self._reading[outlet_id]:
            held = self._held.get(outlet_id)
            if held is None or not self.is_fresh(held):
                before = self._changes[outlet_id]
                held = await self.read(ctx, outlet_id)
                if self._changes[outlet_id] == before:  # else it may be older than the change
                    self._held[outlet_id] = held
            return held

    def drop(self, outlet_id: int) -> None:
        self._changes[outlet_id] += 1
        self._held.pop(outlet_id, None)
