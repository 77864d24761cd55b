"""A dinner service played against a running platform: `rasoi rush`."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Returns the exit status: 0 nothing lost or doubled, 1 something was, 2 it could not play."""
    from rasoi.rush.command import main as play  # only here: help of other commands stays quick

    return play(argv)
