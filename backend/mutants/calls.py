"""Which functions each test calls, and how long it takes: so only the tests that reach a mutant are run for it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg
import pytest

BACKEND = Path(__file__).resolve().parents[1]


class Calls:
    """A pytest plugin. `by_test`: seconds, and the names called as `file:qualified.name` or `sql:schema.function`."""

    def __init__(self) -> None:
        self.by_test: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()
        self.root = str(BACKEND / "rasoi") + "/"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.seen = set()
        began = time.monotonic()
        threading.settrace(self.trace)
        sys.settrace(self.trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self.by_test[item.nodeid] = {
                "seconds": round(time.monotonic() - began, 3),
                "calls": sorted(self.seen),
            }

    def trace(self, frame: FrameType, event: str, argument: Any) -> None:
        """Note a call of ours; asks for no tracing of lines."""
        code = frame.f_code
        if code.co_filename.startswith(self.root):
            name = code.co_qualname.replace("<locals>.", "")
            self.seen.add(f"rasoi/{code.co_filename[len(self.root) :]}:{name}")

    def pytest_sessionstart(self) -> None:
        from tests.support import Cluster

        drop = Cluster.drop

        async def note_and_drop(cluster: Cluster, name: str) -> None:
            conn = await asyncpg.connect(cluster.url(name))
            try:
                rows = await conn.fetch(
                    "SELECT schemaname, funcname FROM pg_stat_user_functions WHERE calls > 0"
                )
                self.seen |= {f"sql:{row['schemaname']}.{row['funcname']}" for row in rows}
            finally:
                await conn.close()
            await drop(cluster, name)

        Cluster.drop = note_and_drop  # type: ignore[method-assign, assignment]
