"""Tables of states: from each one those that may follow it. No I/O; a room writes its table beside its rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

Transitions = Mapping[str, frozenset[str]]


class IllegalTransition(Exception):
    """A change of state that the table does not have."""


def is_legal(table: Transitions, now: str, target: str) -> bool:
    """Whether `target` may follow `now` in one step."""
    return target in table[now]


def route(table: Transitions, now: str, target: str) -> list[str]:
    """The states from `now` (left out) to `target`, by legal steps only. Raises IllegalTransition."""
    paths = deque([[now]])
    seen = {now}
    while paths:
        path = paths.popleft()
        for step in sorted(table[path[-1]] - seen):
            if step == target:
                return [*path[1:], step]
            seen.add(step)
            paths.append([*path, step])
    raise IllegalTransition(f"{now} can't become {target}")


def is_stale(table: Transitions, now: str, seen: str) -> bool:
    """Whether a snapshot that says `seen` is no news where we are at `now`: the same, or from before."""
    if seen == now:
        return True
    try:
        route(table, seen, now)
    except IllegalTransition:
        return False
    return seen not in table[now]
