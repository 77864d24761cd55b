"""Faults that tests may inject into the next calls."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("refuse", "hang", "hang_after", "cut_after", "bad_gateway", "too_many", "trickle")


@dataclass
class Fault:
    """What happens to the next `times` calls whose "METHOD /path" begins with `match`.

    refuse: the connection ends and nothing is done. hang: nothing is done, and no answer for `seconds`.
    hang_after, cut_after: it is done, but the answer is late or cut off. bad_gateway: an HTML page with 502.
    too_many: 429. trickle: it is done, and the answer comes a byte at a time for `seconds`.
    Only the "after" kinds and trickle change the books."""

    match: str
    kind: str
    seconds: float = 30.0
    times: int = 1


@dataclass
class Faults:
    """The faults still to come."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, line: str) -> Fault | None:
        """The fault for this call, if any."""
        for fault in self.waiting:
            if line.startswith(fault.match):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
