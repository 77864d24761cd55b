"""The faults as data: what happens to whom, and how. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Literal

from rasoi.stack.plan import Plan, Service

STOPPED_S = 7.0  # longer than a leader's lease (3 s), a consumer's session (6 s) and a transaction (5 s) last
PAUSE_S = (0.5, 2.0)
SERVERS = ("kafka", "postgres", "redis")
# rows that a service locks in its transactions; while we hold them, it waits there to be stopped
HELD = {
    "kitchen": "SELECT FROM kitchen.board ORDER BY station FOR UPDATE",
    "payments": "SELECT FROM orders.bill WHERE status = 'open' ORDER BY id FOR UPDATE",
}
How = Literal["kill", "restart", "stop", "stop-leader", "stop-in-transaction"]


class UnknownFault(Exception):
    """There is no fault of this name; the text is one line."""


@dataclass(frozen=True)
class Fault:
    """`target` is one replica's name to kill, otherwise a service's. `stopped_s`: how long it stands still."""

    how: How
    target: str
    stopped_s: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.how}-{self.target}"


@dataclass(frozen=True)
class ScheduledFault:
    """A fault, and how long to let the rush go on in peace before it."""

    fault: Fault
    after_s: float


def every_fault(stack: Plan) -> list[Fault]:
    """kill -9 of each process; SIGSTOP of each that others wait for, and at the worst moments; orderly restarts."""
    living = [service for service in stack.services if service.kind != "task"]
    found = [Fault("kill", name) for service in living for name, _, _ in service.instances()]
    found += [
        Fault("stop", each.name, STOPPED_S) for each in living if each.replicas == 1 and _answers_itself(each)
    ]
    found += [Fault("stop-leader", "orders", STOPPED_S)]
    found += [Fault("stop-in-transaction", room, STOPPED_S) for room in HELD]
    return found + [Fault("restart", name) for name in (*SERVERS, "nginx", "orders")]


def _answers_itself(service: Service) -> bool:
    """PostgreSQL and nginx have children that do, and nobody waits for Prometheus."""
    return service.kind in ("room", "rasoi") or service.name in ("kafka", "redis")


def schedule(stack: Plan, seed: int, only: Collection[str] = ()) -> list[ScheduledFault]:
    """Every fault once, or those of these names, in the seed's order. Raises UnknownFault."""
    known = {fault.name: fault for fault in every_fault(stack)}
    for name in only:
        if name not in known:
            raise UnknownFault(f"there is no fault {name}; the faults are {', '.join(known)}")
    chosen = [fault for name, fault in known.items() if not only or name in only]
    chance = Random(seed)
    chance.shuffle(chosen)
    return [ScheduledFault(fault, chance.uniform(*PAUSE_S)) for fault in chosen]


def longest_gap(since: float, stamps: Collection[float], until: float) -> float:
    """The longest time without any of `stamps` between two moments."""
    edges = [since, *sorted(stamp for stamp in stamps if since < stamp < until), until]
    return max(after - before for before, after in pairwise(edges))
