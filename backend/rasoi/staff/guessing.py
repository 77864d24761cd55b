"""How often somebody may guess: by account and place, by account in all, and by strangers in all.

What is wrong from one place slows that account at that place only, so a guest's tries never stop the people who work
there. Tries from many places slow the account for places that it never came from. A name that nobody has is counted as
any other, in memory: it writes no row of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.rate_limit import limit, network
from rasoi.staff import credentials, device_repository, repository
from rasoi.staff.device_repository import DeviceRow
from rasoi.staff.domain import FREE_TRIES, Failures, PersonRow, after_failure, refuse_locked
from rasoi.staff.metrics import LOCK_OUTS

log = structlog.get_logger(__name__)

FREE_TRIES_OF_STRANGERS = 30  # at one account, from all places that it never signed in from
STRANGERS_PER_MINUTE = 300  # passwords of all accounts, from such places
REMEMBERED = 10_000
NOBODY = bytes(32)  # the row that tries for unknown names are written to


@dataclass(frozen=True)
class Source:
    """Where a try comes from: a paired device, or an address."""

    address: str
    device: DeviceRow | None = None

    @property
    def network(self) -> str:
        return network(self.address)

    @property
    def key(self) -> str:
        return f"device:{self.device.id}" if self.device else f"network:{self.network}"

    @property
    def device_id(self) -> UUID | None:
        return self.device.id if self.device else None

    def device_at(self, outlet_id: int) -> UUID | None:
        """The device, where it is of this outlet."""
        return self.device.id if self.device and self.device.outlet_id == outlet_id else None


class UnknownNames:
    """Wrong tries for names that nobody has, as the database keeps those for names that somebody has."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, Failures] = OrderedDict()

    def get(self, key: bytes) -> Failures | None:
        return self._found.get(key)

    def put(self, key: bytes, failures: Failures) -> None:
        self._found.pop(key, None)
        self._found[key] = failures
        if len(self._found) > REMEMBERED:
            self._found.popitem(last=False)


@dataclass(frozen=True)
class Budget:
    key: bytes
    free: int


class Tries:
    """The wrong tries at one account from one place. With `unknown`, for a name that nobody has: the same work, but no
    row of its own."""

    def __init__(
        self, method: str, account: str, source: Source, *, trusted: bool, unknown: UnknownNames | None = None
    ) -> None:
        self.method = method
        self.unknown = unknown
        self._before: list[Failures | None] = []
        self.budgets = [Budget(credentials.digest(f"{method}:{account}:{source.key}"), FREE_TRIES)]
        if not trusted:
            self.budgets.append(Budget(credentials.digest(f"{method}:{account}"), FREE_TRIES_OF_STRANGERS))

    async def begin(self, tx: Tx) -> datetime:
        """The time; others who try here wait for the transaction's end. Raises LockedOut."""
        self._before = []
        for budget in self.budgets:
            found, now = await repository.lock_failures(tx, budget.key)
            found = self.unknown.get(budget.key) if self.unknown else found
            refuse_locked(found, now)
            self._before.append(found)
        return now

    async def count(self, tx: Tx, now: datetime) -> bool:
        """One more wrong try; whether it locks those after it."""
        locked = False
        for budget, before in zip(self.budgets, self._before, strict=True):
            failed = after_failure(before, now, budget.free)
            await repository.save_failures(tx, NOBODY if self.unknown else budget.key, failed)
            if self.unknown:
                self.unknown.put(budget.key, failed)
            locked |= failed.locked_until is not None
        if locked:
            tx.on_commit(LOCK_OUTS.labels(self.method).inc)
            log.warning("sign-in locked", method=self.method)
        return locked

    async def forget(self, tx: Tx) -> None:
        for budget in self.budgets:
            await repository.forget_failures(tx, budget.key)


async def is_trusted(ctx: Context, person: PersonRow | None, source: Source) -> bool:
    """A paired device of the person's outlet, or a place that they signed in from lately."""
    outlet_id, person_id = (person.outlet_id, person.id) if person else (0, UUID(int=0))
    if source.device is not None and source.device.outlet_id == outlet_id:
        return True
    return await device_repository.came_from(ctx.db, outlet_id, person_id, source.network)


async def refuse_crowd(ctx: Context, source: Source, *, trusted: bool) -> None:
    """Raises TooManyRequests when too many passwords come from one place, or from strangers in all."""
    await limit(ctx, "password sign-in", source.address, most=60, seconds=60)
    if not trusted:
        await limit(ctx, "password sign-in", "strangers", most=STRANGERS_PER_MINUTE, seconds=60)


async def record(tx: Tx, person: PersonRow, method: str, outcome: str, source: Source) -> None:
    """Write down that somebody signed in, or that somebody tried to as them."""
    await device_repository.record_sign_in(
        tx, person.outlet_id, person.id, method, outcome, source.network, source.device_id
    )
