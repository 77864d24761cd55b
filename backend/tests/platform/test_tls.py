"""Accepting connections and agreeing on TLS; tests/security/test_tls.py attacks a real process."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from rasoi.platform import tls
from rasoi.platform.bounded_http import BoundedHttp, Bounds, Doors, Stage, bounded
from rasoi.platform.tls import Listener
from tests.certificates import self_signed


class Socket(socket.socket):
    """A listening one whose machine has no descriptor left, that many times."""

    without = 0

    def accept(self) -> tuple[socket.socket, Any]:
        if self.without:
            self.without -= 1
            raise OSError(errno.EMFILE, "too many")
        return super().accept()


@pytest.fixture
def at() -> Any:
    with Socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return self_signed(tmp_path)


@pytest.fixture
def protocol() -> Callable[[], BoundedHttp]:
    config = uvicorn.Config(None, log_config=None, lifespan="off")  # type: ignore[arg-type]
    config.load()
    made = bounded(Doors(Bounds(connections=1)))
    return lambda: made(config, ServerState(), {})


@pytest.fixture
async def listener(at: Socket, certificate: tuple[Path, Path], protocol: Callable[[], BoundedHttp]) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    made = Listener(at, 8, context, protocol)
    yield made
    made.close()
    await made.settle(0)


async def until(told: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not told():
            await asyncio.sleep(0.01)


async def test_where_no_descriptor_is_left_it_waits_and_goes_on(
    at: Socket, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "PAUSE_S", 0.1)
    at.without = 1
    with socket.create_connection(at.getsockname()):
        await until(lambda: listener.pause is not None)
        assert not listener.handshakes
        await until(lambda: len(listener.handshakes) == 1)


async def test_a_handshake_counts_from_being_accepted_and_no_more_when_it_failed(
    at: Socket, listener: Listener, protocol: Callable[[], BoundedHttp]
) -> None:
    doors = protocol().doors
    with socket.create_connection(at.getsockname()) as client:
        await until(lambda: len(doors.open) == 1)
        (waiting,) = doors.waiting
        assert waiting.stage is Stage.HANDSHAKE
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        await until(lambda: not doors.open and not doors.waiting and not listener.handshakes)


async def test_one_that_is_ended_before_it_began_is_closed(
    at: Socket, listener: Listener, protocol: Callable[[], BoundedHttp]
) -> None:
    """There is room for one: of two that come in one turn, the first goes."""
    with socket.create_connection(at.getsockname()) as first, socket.create_connection(at.getsockname()):
        await until(lambda: len(protocol().doors.open) == 1 and len(listener.handshakes) == 1)
        first.settimeout(1)
        assert await asyncio.to_thread(first.recv, 1) == b""


async def test_closing_ends_what_stalls(at: Socket, listener: Listener) -> None:
    with socket.create_connection(at.getsockname()):
        await until(lambda: len(listener.handshakes) == 1)
        listener.close()
        listener.close()
        await listener.settle(0)
        await until(lambda: not listener.handshakes)
