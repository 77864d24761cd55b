"""Whole paise: rounding and spreading without floats."""

from __future__ import annotations

from collections.abc import Sequence


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded to the nearest integer, halves away from zero."""
    quotient, rest = divmod(abs(numerator), denominator)
    magnitude = quotient + (1 if 2 * rest >= denominator else 0)
    return magnitude if numerator >= 0 else -magnitude


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` by largest remainder: the parts add up to `total` exactly."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
