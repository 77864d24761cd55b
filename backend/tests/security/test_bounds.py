"""Slow, silent and endless clients against a real process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from rasoi import hosting
from rasoi.platform.bounded_http import BoundedHttp, Bounds
from rasoi.settings import Settings
from tests.realtime.raw import ended

QUICK = {"head_s": 1.0, "body_s": 1.5, "idle_s": 0.5, "unread_s": 1.5}
BACKEND = Path(__file__).resolve().parents[2]
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Server:
    """The process, and where it listens."""

    process: subprocess.Popen[str]
    port: int

    async def open(self, address: str = "127.0.0.1") -> Stream:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))

    async def get(self, address: str = "127.0.0.1", request: bytes = WHOLE) -> bytes:
        """One request on a new connection. Raises where it is not answered in time."""
        reader, writer = await self.open(address)
        try:
            writer.write(request)
            async with asyncio.timeout(3):
                return await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()

    @property
    def megabytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    @property
    def connections(self) -> int:
        return len(
            [c for c in psutil.Process(self.process.pid).net_connections("tcp") if c.status == "ESTABLISHED"]
        )


@contextlib.asynccontextmanager
async def served(*tls: Path, **bounds: float) -> AsyncIterator[Server]:
    """With bounds that are QUICK and these, and this certificate and its key."""
    argv = [sys.executable, "-m", "tests.security.bounded_server", json.dumps(QUICK | bounds), *map(str, tls)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=BACKEND) as process:
        try:
            assert process.stdout
            yield Server(process, int(await asyncio.to_thread(process.stdout.readline)))
        finally:
            process.kill()


async def drip(stream: Stream, piece: bytes, every_s: float = 0.05) -> tuple[float, bytes]:
    """Send `piece` again and again until the server ends it: after how long, and what it said."""
    reader, writer = stream
    begun = time.monotonic()
    reading = asyncio.create_task(ended(reader, 8))
    while not reading.done():
        with contextlib.suppress(ConnectionError):
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(every_s)
    said = await reading
    writer.close()
    return time.monotonic() - begun, said


async def test_slow_heads_slow_bodies_and_silence_end_in_time() -> None:
    async with served() as server:

        async def begun(*sent: bytes) -> Stream:
            reader, writer = await server.open()
            for each in sent:
                writer.write(each)
                await writer.drain()
            return reader, writer

        async def answered() -> Stream:
            reader, writer = await begun(WHOLE)
            await reader.readuntil(b"\r\n\r\n0")
            return reader, writer

        slow = {
            "a slow head": drip(await begun(b"GET / HTTP/1.1\r\nHost: x\r\n"), b"X: y\r\n"),
            "a slow line": drip(await begun(b"GET / HTTP/1.1\r\nHost: "), b"x"),
            "a slow body": drip(await begun(POST + b"Content-Length: 9999\r\n\r\n"), b" "),
            "slow chunks": drip(await begun(POST + b"Transfer-Encoding: chunked\r\n\r\n"), b"1\r\nx\r\n"),
            "slow trailers": drip(
                await begun(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"), b"X: y\r\n"
            ),
            "silence": drip(await begun(), b""),
            "half a body": drip(await begun(POST + b"Content-Length: 9\r\n\r\n1234"), b""),
            "line ends only": drip(await begun(), b"\r\n"),
            "idle after an answer": drip(await answered(), b""),
            "line ends after an answer": drip(await answered(), b"\r\n"),
            "a slow second head": drip(await answered(), b"G"),
        }
        ends = dict(zip(slow, await asyncio.gather(*slow.values()), strict=True))
        assert {name: took for name, (took, _) in ends.items() if took > 4} == {}
        for name in ("a slow head", "a slow line", "a slow body", "slow chunks"):
            assert b"408" in ends[name][1], name
        assert ends["silence"][1] == b""
        assert b"200" in await server.get()
        async with asyncio.timeout(2):
            while server.connections:
                await asyncio.sleep(0.05)


async def test_endless_heads_and_bodies_cost_little() -> None:
    """Endless headers grew one process by 300 MB."""
    endless = {
        "a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"y" * 65536),
        "headers": (b"GET / HTTP/1.1\r\n", b"X-A: yyyyyyyyyyyyyyyyyyyyy\r\n" * 2000),
        "an address": (b"GET /", b"y" * 65536),
        "a method": (b"", b"G" * 65536),
        "line ends": (b"", b"\r\n" * 32768),
        "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
        "an extension of a chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536),
        "trailers": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: yyyyyyyyyyyyyyyyyyy\r\n" * 2000),
    }
    async with served() as server:
        await server.get()
        before = server.megabytes

        async def attack(first: bytes, more: bytes) -> float:
            reader, writer = await server.open()
            writer.write(first)
            return (await drip((reader, writer), more, 0))[0]

        took = await asyncio.gather(*(attack(*each) for each in endless.values() for _ in range(5)))
        assert max(took) < 4
        assert server.megabytes - before < 40
        assert b"200" in await server.get()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 101 + b"\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 90 + b"\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", b"200"),
        (b"GET /" + b"y" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"nonsense\r\n\r\n", b"400"),
        (POST + b"Content-Length: 200000\r\n\r\n" + b" " * 200_000, b"200"),
    ],
    ids=lambda each: repr(each)[:30],
)
async def test_sizes(request_: bytes, status: bytes) -> None:
    async with served() as server:
        head = await server.get(request=request_)
        assert head.split()[1] == status
        assert status == b"200" or b"application/problem+json" in head


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nX: y", POST + b"Content-Length: 9\r\n\r\n1"])
async def test_420_that_wait_lock_nobody_out(first: bytes) -> None:
    """From one address as from many, and with room for far fewer than come."""
    async with served(head_s=30, body_s=30, connections=300, of_address=200) as server:
        streams = []
        for number in range(420):
            stream = await server.open(f"127.0.0.{2 + number % 4}")
            streams.append(stream)
            stream[1].write(first)
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        for address in ("127.0.0.1", "127.0.0.2"):
            assert b"200" in await server.get(address)
        assert time.monotonic() - begun < 10
        assert server.connections <= 300
        for _, writer in streams:
            writer.close()


async def test_one_address_takes_not_all_places() -> None:
    async with served(head_s=30, connections=300, of_address=50) as server:
        streams = [await server.open() for _ in range(200)]
        await asyncio.sleep(0.3)
        assert server.connections <= 50
        assert b"200" in await server.get()
        for _, writer in streams:
            writer.close()


async def test_who_does_not_read_the_answer_is_cut() -> None:
    async with served() as server:
        _, writer = await server.open()
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await writer.drain()
        async with asyncio.timeout(6):
            while server.connections:
                await asyncio.sleep(0.1)
        writer.close()


async def test_an_answer_is_waited_for() -> None:
    """Bounds are for what the client does: a slow reader of a large answer gets all of it."""
    async with served() as server:
        reader, writer = await server.open()
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        async with asyncio.timeout(20):
            while part := await reader.read(1_000_000):
                size += len(part)
                await asyncio.sleep(0.01)
        assert size > 20_000_000
        writer.close()


def test_rasoi_itself_is_served_so(settings: Settings) -> None:
    config = hosting.server_config(settings, None, websockets="none")
    config.load()
    assert issubclass(config.http_protocol_class, BoundedHttp)
    assert config.http_protocol_class.doors.bounds == Bounds()
