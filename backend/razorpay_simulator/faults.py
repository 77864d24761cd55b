"""Faults that tests may inject into the next calls, one by one or at seeded random."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

KINDS = (
    "refuse",
    "hang",
    "hang_after",
    "cut_after",
    "half_closed",
    "trickle",
    "bad_gateway",
    "gateway_error",
    "server_error",
    "too_many",
    "in_flight",
    "in_flight_after",
)
DONE_FIRST = frozenset({"hang_after", "cut_after", "half_closed", "trickle", "in_flight_after"})


@dataclass
class Fault:
    """What happens to the next `times` calls whose "METHOD /path" begins with `match`.

    refuse: the connection ends and nothing is done. hang: nothing is done, and no answer for `seconds`.
    hang_after, cut_after: it is done, but the answer is late or cut off. half_closed: it is done, half of the answer comes,
    then nothing for `seconds`. trickle: it is done, and the answer comes a byte at a time for `seconds`.
    bad_gateway: an HTML page with 502. gateway_error, server_error: 502 and 500 as JSON. too_many: 429.
    in_flight, in_flight_after: 409, as while the same request is being worked on; done only with the second.
    Only the kinds of DONE_FIRST change the books."""

    match: str
    kind: str
    seconds: float = 30.0
    times: int = 1


@dataclass
class RandomFaults:
    """A `share` of all calls whose "METHOD /path" begins with `match` meets one of `kinds`, the same ones for a seed."""

    seed: int
    share: float
    match: str = ""
    kinds: tuple[str, ...] = KINDS
    seconds: float = 1.0

    def __post_init__(self) -> None:
        self.kinds = tuple(self.kinds)
        self._random = random.Random(self.seed)  # noqa: S311

    def draw(self, line: str) -> Fault | None:
        hit, kind = self._random.random() < self.share, self._random.choice(self.kinds)
        return Fault(line, kind, self.seconds) if hit and line.startswith(self.match) else None


@dataclass
class Faults:
    """The faults still to come."""

    waiting: list[Fault] = field(default_factory=list)
    at_random: RandomFaults | None = None

    def take(self, line: str) -> Fault | None:
        """The fault for this call, if any."""
        for fault in self.waiting:
            if line.startswith(fault.match):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return self.at_random.draw(line) if self.at_random is not None and " /v1/" in line else None

    def clear(self) -> None:
        self.waiting.clear()
        self.at_random = None
