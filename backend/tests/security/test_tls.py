"""Slow, silent and endless clients of TLS against a real process: before, in and after the handshake."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import time
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.realtime.raw import ended
from tests.security.test_bounds import POST, WHOLE, Server, drip, served

BOUNDS = {"handshake_s": 1.0}
RECORD = b"\x17\x03\x03\x40\x00"  # the head of one that holds 16 KiB


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return self_signed(tmp_path)


@pytest.fixture
def trusted(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


class Client:
    """TLS by hand over a plain connection, so that records can be sent in pieces."""

    def __init__(
        self, trusted: ssl.SSLContext, stream: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.stream, (self.reader, self.writer) = stream, stream
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trusted.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")

    async def agree(self) -> Client:
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                self.writer.write(self.outgoing.read())
                return self
            self.writer.write(self.outgoing.read())
            self.incoming.write(await self.reader.read(65536))

    def records(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self.outgoing.read()

    async def say(self, data: bytes) -> None:
        self.writer.write(self.records(data))
        await self.writer.drain()

    async def hear(self) -> bytes:
        """What comes next, of at most 64 KiB."""
        async with asyncio.timeout(3):
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    return self.tls.read(65536)
                self.incoming.write(await self.reader.read(65536))


async def client(server: Server, trusted: ssl.SSLContext, address: str = "127.0.0.1") -> Client:
    return await Client(trusted, await server.open(address)).agree()


def hello(trusted: ssl.SSLContext) -> bytes:
    """A client's first message."""
    outgoing = ssl.MemoryBIO()
    tls = trusted.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


async def test_a_handshake_that_stalls_ends_in_time(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    whole = hello(trusted)
    async with served(*certificate, **BOUNDS) as server:

        async def slow(first: bytes, piece: bytes) -> float:
            stream = await server.open()
            stream[1].write(first)
            return (await drip(stream, piece))[0]

        took = dict(
            zip(
                ("silence", "half a hello", "a hello in bytes", "no answer to its answer", "not TLS"),
                await asyncio.gather(
                    slow(b"", b""),
                    slow(whole[:40], b""),
                    slow(whole[:5], b"\x01"),
                    slow(whole, b""),
                    slow(WHOLE, b""),
                ),
                strict=True,
            )
        )
        assert {name: seconds for name, seconds in took.items() if seconds > 3} == {}
        async with asyncio.timeout(2):
            while server.connections:
                await asyncio.sleep(0.05)


async def test_records_in_pieces_have_the_time_of_what_they_carry(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    """The handshake is done, and one byte of a record comes at a time: no part of a request is ever whole."""
    async with served(*certificate, **BOUNDS) as server:

        async def slow(*said: bytes) -> float:
            made = await client(server, trusted)
            for each in said:
                await made.say(each)
            if said == (WHOLE,):
                assert b"200" in await made.hear()
            made.writer.write(RECORD)
            return (await drip(made.stream, b"x"))[0]

        took = dict(
            zip(
                ("a head", "the rest of a head", "a body", "the next request"),
                await asyncio.gather(
                    slow(),
                    slow(b"GET / HTTP/1.1\r\n"),
                    slow(POST + b"Content-Length: 9\r\n\r\n1"),
                    slow(WHOLE),
                ),
                strict=True,
            )
        )
        assert {name: seconds for name, seconds in took.items() if seconds > 4} == {}


async def test_who_does_not_read_or_say_goodbye_is_cut(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    async with served(*certificate, **BOUNDS) as server:
        unread, unsaid = await client(server, trusted), await client(server, trusted)
        await unread.say(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await unsaid.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(6):
            while server.connections:
                await asyncio.sleep(0.1)
        for each in (unread, unsaid):
            each.writer.close()


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01\x02\x00"], ids=["silent", "a byte of a hello"])
async def test_handshakes_that_wait_lock_nobody_out(
    first: bytes, certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    """From one address as from many, and with room for far fewer than come."""
    async with served(*certificate, handshake_s=30, connections=100, of_address=60) as server:
        streams = []
        for number in range(250):
            stream = await server.open(f"127.0.0.{2 + number % 4}")
            streams.append(stream)
            stream[1].write(first)
        await asyncio.sleep(0.5)
        assert server.connections <= 100
        for address in ("127.0.0.1", "127.0.0.2"):
            made = await client(server, trusted, address)
            await made.say(WHOLE)
            assert b"200" in await made.hear()
            made.writer.close()
        for _, writer in streams:
            writer.close()


async def test_handshakes_of_one_address_take_not_all_places(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    async with served(*certificate, handshake_s=30, connections=300, of_address=20) as server:
        streams = [await server.open("127.0.0.2") for _ in range(80)]
        await asyncio.sleep(0.5)
        assert server.connections <= 20
        made = await client(server, trusted)  # from another one
        await made.say(WHOLE)
        assert b"200" in await made.hear()
        for _, writer in [*streams, made.stream]:
            writer.close()


async def test_who_is_in_its_handshake_when_the_process_ends_is_answered(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    """And one that stalls in it keeps no process from ending."""
    async with served(*certificate, handshake_s=30) as server:
        _, silent = await server.open()
        late = Client(trusted, await server.open())
        await asyncio.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        await asyncio.sleep(0.3)
        await (await late.agree()).say(WHOLE)
        assert b"200" in await late.hear()
        await asyncio.to_thread(server.process.wait, 8)
        assert time.monotonic() - begun < 4
        for writer in (silent, late.writer):
            writer.close()


async def test_a_whole_handshake_is_counted_once(
    certificate: tuple[Path, Path], trusted: ssl.SSLContext
) -> None:
    """Twenty places hold twenty connections that were agreed on, and each goes on being served."""
    async with served(*certificate, idle_s=30, connections=20) as server:
        made = [await client(server, trusted) for _ in range(20)]
        for _ in range(2):
            for each in made:
                await each.say(WHOLE)
                assert b"200" in await each.hear()
        for each in made:
            each.writer.close()
            await ended(each.reader)
        assert not server.process.poll()
