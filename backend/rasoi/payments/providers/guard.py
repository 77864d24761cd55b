"""A slow or dead provider costs nobody but those who wait for it, and them no longer than a deadline.

Each call has a deadline for the whole of it. Guests, what follows webhooks, and the reconciler have places of their own,
so that none waits behind another. After some failures in a row nothing more is asked: callers are refused at once and the
guests' screens offer cash, until a probe is answered again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

import structlog

from rasoi.payments.domain import ProviderPayment
from rasoi.payments.metrics import PROVIDER_AVAILABLE
from rasoi.payments.providers.protocol import (
    OutcomeUnknown,
    Provider,
    ProviderDispute,
    ProviderRefund,
    ProviderUnavailable,
    RequestRejected,
)

log = structlog.get_logger(__name__)
T = TypeVar("T")
FAILURES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0


@dataclass(frozen=True)
class Lane:
    """How many of one kind of caller ask at once, for how long each, and how long one waits for a place."""

    places: int
    deadline_s: float
    wait_s: float


LaneName = Literal["guests", "webhooks", "reconciler"]
LANES: Mapping[LaneName, Lane] = {
    "guests": Lane(places=16, deadline_s=6.0, wait_s=1.0),
    "webhooks": Lane(places=4, deadline_s=8.0, wait_s=8.0),
    "reconciler": Lane(places=4, deadline_s=8.0, wait_s=8.0),
}


class Guard:
    """What stands between one provider and all who ask it in this process."""

    def __init__(
        self,
        provider: Provider,
        lanes: Mapping[LaneName, Lane] = LANES,
        *,
        failures: int = FAILURES,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self.provider = provider
        self.available = True
        self._lanes = {name: (lane, asyncio.Semaphore(lane.places)) for name, lane in lanes.items()}
        self._most_failures, self._failures = failures, 0
        self._first_pause_s = first_pause_s
        self._probing: asyncio.Task[None] | None = None
        PROVIDER_AVAILABLE.labels(provider.name).set(1)

    def calls(self, lane: LaneName) -> GuardedCalls:
        return GuardedCalls(self, lane)

    async def call(self, lane_name: LaneName, ask: Callable[[], Awaitable[T]]) -> T:
        """Raises ProviderUnavailable when nothing was asked, OutcomeUnknown at the deadline."""
        lane, places = self._lanes[lane_name]
        self._refuse_unavailable()
        async with self._place(places, lane.wait_s):
            self._refuse_unavailable()
            return await self._judged(ask, lane.deadline_s)

    def _refuse_unavailable(self) -> None:
        if not self.available:
            raise ProviderUnavailable("the payment provider does not answer")

    @asynccontextmanager
    async def _place(self, places: asyncio.Semaphore, wait_s: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(wait_s):
                await places.acquire()
        except TimeoutError:
            raise ProviderUnavailable("too many wait for the payment provider") from None
        try:
            yield
        finally:
            places.release()

    async def _judged(self, ask: Callable[[], Awaitable[T]], deadline_s: float) -> T:
        """What comes of a call tells whether the provider is there; a clear no does as well."""
        try:
            async with asyncio.timeout(deadline_s):
                found = await ask()
        except TimeoutError:
            self._failed()
            raise OutcomeUnknown(f"no answer within {deadline_s:g} s") from None
        except OutcomeUnknown:
            self._failed()
            raise
        except RequestRejected:
            self._answered()
            raise
        self._answered()
        return found

    def _answered(self) -> None:
        self._failures = 0
        if not self.available:
            self.available = True
            PROVIDER_AVAILABLE.labels(self.provider.name).set(1)
            log.warning("payment provider answers again", provider=self.provider.name)

    def _failed(self) -> None:
        self._failures += 1
        if self._failures < self._most_failures or not self.available:
            return
        self.available = False
        PROVIDER_AVAILABLE.labels(self.provider.name).set(0)
        log.error("payment provider does not answer: online payment is off", provider=self.provider.name)
        self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask something harmless, less and less often, until it is answered."""
        pause_s, deadline_s = self._first_pause_s, self._lanes["guests"][0].deadline_s
        while not self.available:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            with suppress(OutcomeUnknown, RequestRejected):
                await self._judged(self.provider.ping, deadline_s)

    def close(self) -> None:
        if self._probing is not None:
            self._probing.cancel()
        self.provider.close()


class GuardedCalls:
    """The provider's calls, through its guard."""

    def __init__(self, guard: Guard, lane: LaneName) -> None:
        self._call, self._provider, self._lane = guard.call, guard.provider, lane

    async def create(self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]) -> str:
        def ask() -> Awaitable[str]:
            return self._provider.create(
                receipt=receipt, amount_paise=amount_paise, currency=currency, notes=notes
            )

        return await self._call(self._lane, ask)

    async def lookup(self, payment_id: str) -> ProviderPayment:
        return await self._call(self._lane, lambda: self._provider.lookup(payment_id))

    async def payments_of(self, order_id: str) -> list[ProviderPayment]:
        return await self._call(self._lane, lambda: self._provider.payments_of(order_id))

    async def capture(self, payment_id: str, amount_paise: int, currency: str) -> ProviderPayment:
        return await self._call(
            self._lane, lambda: self._provider.capture(payment_id, amount_paise, currency)
        )

    async def refund(self, payment_id: str, amount_paise: int, reference: str) -> ProviderRefund:
        return await self._call(
            self._lane, lambda: self._provider.refund(payment_id, amount_paise, reference)
        )

    async def refunds_of(self, payment_id: str) -> list[ProviderRefund]:
        return await self._call(self._lane, lambda: self._provider.refunds_of(payment_id))

    async def received_by(self, order_id: str) -> int:
        return await self._call(self._lane, lambda: self._provider.received_by(order_id))

    async def payments_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderPayment], bool]:
        return await self._call(self._lane, lambda: self._provider.payments_between(first, last, skip))

    async def refunds_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderRefund], bool]:
        return await self._call(self._lane, lambda: self._provider.refunds_between(first, last, skip))

    async def disputes_between(
        self, first: datetime, last: datetime, skip: int
    ) -> tuple[list[ProviderDispute], bool]:
        return await self._call(self._lane, lambda: self._provider.disputes_between(first, last, skip))
