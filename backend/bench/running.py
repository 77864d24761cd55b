"""What it takes to run: sockets, their memory, starting, idling."""

from __future__ import annotations

import statistics
import time

import psutil

from bench import rooms, sockets
from bench.box import Box
from bench.rows import Row, at_least, under
from rasoi.realtime import WS


async def measure_sockets(box: Box, quick: bool) -> list[Row]:
    """Both in one run, on the WebSocket implementation that the platform uses."""
    rows = []
    for found in await sockets.compare(1000, 30 if quick else 100):
        ours = found["server"] == WS
        name = f"messages to {found['sockets']:,} sockets in one room, on {found['server']}"
        gates = (2.0, 5.0) if ours else (None, None)
        rows.append(
            at_least(
                name,
                f"{found['ours_per_s']:,}/s",
                f"sio.emit {found['emit_per_s']:,}/s",
                found["ratio"],
                *gates,
            )
        )
        if ours:
            beside = f"stock python-socketio {found['stock_kib']} KiB"
            rows.append(under("memory per connected socket", found["ours_kib"], "KiB", 45, 30, beside))
    return rows


async def measure_start(box: Box, quick: bool) -> list[Row]:
    """A second start on the same data, then its memory after some seconds of nothing."""
    seconds = []
    for _ in range(1 if quick else 3):
        box.stop()
        seconds.append(box.start())
    time.sleep(3 if quick else 10)
    assert box.process
    process = psutil.Process(box.process.pid)
    names = {child.pid: round(child.memory_info().rss / 2**20) for child in process.children()}
    memory = process.memory_info().rss / 2**20
    return [
        under(
            "all rooms in one process: a second start to its first answer",
            statistics.median(seconds),
            "s",
            3,
            1,
        ),
        under("its idle memory", memory, "MB", 90, 60, f"with {len(names)} children beside it"),
        *await rooms.measure(box, quick),
    ]
