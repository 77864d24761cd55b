"""From an order's placing to its tickets on the kitchen screens, at 200 orders a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import websockets

from bench.box import FREE, Box
from bench.load import load
from bench.placing import requests
from bench.rows import Row, percentile, under
from rasoi.cancelling import cancel_all

RATE = 200


class Screens:
    """Kitchen screens that note how old a new ticket is when it comes."""

    def __init__(self, box: Box, outlets: range, stations: list[str]) -> None:
        self.box = box
        self.channels = [(outlet, station) for outlet in outlets for station in stations]
        self.ages: list[float] = []
        self.joined = asyncio.Semaphore(0)

    async def watch(self, outlet: int, station: str) -> None:
        address = self.box.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with websockets.connect(address, compression=None, ping_interval=None, max_size=None) as socket:
            async for message in socket:
                assert isinstance(message, str)
                if message == "2":
                    await socket.send("3")
                elif message.startswith("42"):
                    self.note(json.loads(message[2:])[1], time.time())
                elif message.startswith("43"):
                    self.joined.release()
                elif message.startswith("40"):
                    await socket.send(
                        "421" + json.dumps(["join", {"channel": f"kitchen:{outlet}:{station}"}])
                    )
                elif message.startswith("0"):
                    await socket.send("40" + json.dumps({"token": self.box.token(outlet, "kitchen")}))

    def note(self, change: Any, now: float) -> None:
        if change.get("type", "").endswith("ticket_opened.v1"):
            self.ages.append(now - datetime.fromisoformat(change["data"]["ticket"]["placed_at"]).timestamp())


async def stations(box: Box) -> list[str]:
    """The stations of every outlet, which are the first one's."""
    conn = await box.connect()
    codes = [row["code"] for row in await conn.fetch("SELECT code FROM menu.station WHERE outlet_id = 1")]
    await conn.close()
    return codes


@asynccontextmanager
async def watching(screens: Screens) -> AsyncIterator[None]:
    """All of them joined."""
    tasks = [asyncio.create_task(screens.watch(*channel)) for channel in screens.channels]
    try:
        for _ in tasks:
            async with asyncio.timeout(20):
                await screens.joined.acquire()
        yield
    finally:
        await cancel_all(tasks)


async def orders(box: Box, outlets: range, rate: int, seconds: float) -> dict[str, Any]:
    """That many orders a second at random moments; returns what the load told."""
    asked = await requests(box, outlets)
    return await load(
        host="127.0.0.1",
        port=box.port,
        connections=16,
        rate=rate,
        requests=asked,
        good="201",
        seconds=seconds,
    )


async def show_orders(box: Box, outlets: range, rate: int, seconds: float) -> tuple[Screens, dict[str, Any]]:
    """Screens that saw the tickets of a load, after a shorter one to warm up."""
    screens = Screens(box, outlets, await stations(box))
    async with watching(screens):
        await orders(box, outlets, rate, 2)
        await asyncio.sleep(1)
        screens.ages.clear()
        answer = await orders(box, outlets, rate, seconds)
        await asyncio.sleep(1)
    return screens, answer


async def measure(box: Box, quick: bool) -> list[Row]:
    rows = []
    for outlets, gates in ((FREE, (25.0, 8.0)), (FREE[:1], None)):
        screens, answer = await show_orders(box, outlets, RATE, 5 if quick else 15)
        p50, p99 = (percentile(screens.ages, share) * 1000 for share in (0.5, 0.99))
        beside = f"p50 {p50:.1f} ms; {answer['rate']:.0f}/s, {len(screens.ages):,} tickets; answered p99 {answer['p99']:.1f} ms"
        name = f"order placed → ticket on screen, p99 at {RATE}/s, {len(outlets)} outlet{'s'[: len(outlets) > 1]}"
        rows.append(under(name, p99, "ms", *gates, beside) if gates else Row(name, f"{p99:.1f} ms", beside))
    return rows
