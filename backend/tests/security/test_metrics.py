"""The metrics' text takes long to make, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from litestar import Litestar

from rasoi.platform import http


async def test_the_loop_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """It took 47 ms of the loop. Here the text is not done before the loop did something else."""
    begun, went_on = threading.Event(), threading.Event()

    def slow() -> bytes:
        begun.set()
        return b"# done\n" if went_on.wait(timeout=5) else b"# the loop stood still\n"

    async def something_else() -> None:
        while not begun.is_set():
            await asyncio.sleep(0)
        went_on.set()

    monkeypatch.setattr(http, "generate_latest", slow)
    app: Any = Litestar([http.metrics])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer, _ = await asyncio.gather(client.get("/metrics"), something_else())
    assert answer.content == b"# done\n"
