"""Tables of states, on one that has a fork, a way back and an end."""

from __future__ import annotations

import pytest

from rasoi.platform.transitions import IllegalTransition, is_legal, is_stale, route

TABLE = {
    "new": frozenset({"short", "long"}),
    "long": frozenset({"longer"}),
    "longer": frozenset({"end"}),
    "short": frozenset({"end", "new"}),
    "end": frozenset[str](),
    "apart": frozenset({"end"}),
}


def test_one_step() -> None:
    assert is_legal(TABLE, "new", "short") and is_legal(TABLE, "short", "new")
    assert not is_legal(TABLE, "new", "end") and not is_legal(TABLE, "end", "new")


@pytest.mark.parametrize(
    ("now", "target", "steps"),
    [
        ("new", "short", ["short"]),
        ("new", "end", ["short", "end"]),
        ("new", "longer", ["long", "longer"]),
        ("short", "longer", ["new", "long", "longer"]),
        ("long", "end", ["longer", "end"]),
    ],
)
def test_the_shortest_way_is_taken(now: str, target: str, steps: list[str]) -> None:
    assert route(TABLE, now, target) == steps


@pytest.mark.parametrize(
    ("now", "target"), [("end", "new"), ("new", "apart"), ("long", "short"), ("end", "end")]
)
def test_there_is_no_way(now: str, target: str) -> None:
    with pytest.raises(IllegalTransition, match=f"{now} can't become {target}"):
        route(TABLE, now, target)


@pytest.mark.parametrize(
    ("now", "seen", "stale"),
    [
        ("new", "new", True),
        ("end", "end", True),
        ("longer", "long", True),
        ("end", "new", True),
        ("long", "longer", False),
        ("short", "long", False),
        ("short", "new", False),
        ("new", "apart", False),
    ],
)
def test_what_is_no_news(now: str, seen: str, stale: bool) -> None:
    """The same or from before is none; from before, but also a step ahead, may be news."""
    assert is_stale(TABLE, now, seen) is stale
