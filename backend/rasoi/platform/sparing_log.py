"""Log lines about what anybody outside can cause: a few of a kind in a while, and how many more there were."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import structlog

AT_ONCE, EVERY_S = 5, 10.0


class SparingFilter(logging.Filter):
    """The same for a library's lines below errors, by their text before anything is put in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock, self.seen = clock, dict[str, tuple[float, int]]()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            return True
        now = self.clock()
        since, count = self.seen.get(record.msg, (now, 0))
        if now - since >= EVERY_S:
            since, count = now, 0
        self.seen[record.msg] = (since, count + 1)
        return count < AT_ONCE


class SparingLog:
    """At most AT_ONCE lines of one text within EVERY_S; the next one after that says how many were left out."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.log, self.clock = structlog.get_logger(name), clock
        self.seen: dict[str, tuple[float, int]] = {}

    def info(self, text: str, **more: Any) -> None:
        """`text` is a constant; what differs from line to line goes into `more`."""
        now = self.clock()
        since, count = self.seen.get(text, (now, 0))
        left_out = 0
        if now - since >= EVERY_S:
            since, left_out, count = now, max(0, count - AT_ONCE), 0
        self.seen[text] = (since, count + 1)
        if count < AT_ONCE:
            self.log.info(text, **more, **({"left_out_before": left_out} if left_out else {}))
