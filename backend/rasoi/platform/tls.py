"""TLS whose handshakes have bounds. A server of the event loop tells a protocol of a connection only when the handshake is done,
so that until then nobody counts it; here connections are accepted one by one, and counted from then on."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from rasoi.platform.bounded_http import BoundedHttp
from rasoi.platform.sparing_log import SparingLog

log = SparingLog(__name__)
AT_ONCE = 64  # accepted in one turn of the loop; the others wait in the kernel
PAUSE_S = 1  # when the machine has no descriptor left
SHUTDOWN_S = 5  # for the other side's goodbye
NONE_LEFT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Handshake:
    """What stands for a connection's transport until TLS is agreed on."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task = task

    def abort(self) -> None:
        self.task.cancel()


class Listener:
    """Accepts connections at a socket, of which it owns nothing but the reading, and agrees on TLS with each."""

    def __init__(
        self, at: socket.socket, backlog: int, context: ssl.SSLContext, protocol: Callable[[], BoundedHttp]
    ) -> None:
        self.at, self.context, self.protocol = at, context, protocol
        self.loop = asyncio.get_running_loop()
        self.handshakes: set[asyncio.Task[Any]] = set()
        self.pause: asyncio.TimerHandle | None = None
        at.setblocking(False)
        at.listen(backlog)
        self._read()

    def _read(self) -> None:
        self.loop.add_reader(self.at.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, peer = self.at.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                if error.errno not in NONE_LEFT:
                    raise
                self.loop.remove_reader(self.at.fileno())
                self.pause = self.loop.call_later(PAUSE_S, self._read)
                return
            connection.setblocking(False)
            self.agree(connection, peer)

    def agree(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        """Begin the handshake of an accepted connection."""
        protocol = self.protocol()
        shaking = self.loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=self.context, ssl_shutdown_timeout=SHUTDOWN_S
        )
        task = self.loop.create_task(shaking)
        self.handshakes.add(task)
        task.add_done_callback(partial(self._agreed, connection, protocol))
        protocol.agrees_on_tls(Handshake(task), peer)

    def _agreed(self, connection: socket.socket, protocol: BoundedHttp, task: asyncio.Task[Any]) -> None:
        self.handshakes.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error:  # they were too slow, went, or spoke something else
            protocol.doors.leave(protocol)
            connection.close()
        if error and not isinstance(error, OSError):
            log.info("a handshake failed", reason=repr(error))

    async def settle(self, seconds: float) -> None:
        """Give the handshakes under way that long, and end the others."""
        if self.handshakes:
            await asyncio.wait(self.handshakes, timeout=seconds)
        for task in list(self.handshakes):
            task.cancel()

    def close(self) -> None:
        """Accept no more. Where the socket was closed before, the loop has forgotten it already."""
        if self.pause:
            self.pause.cancel()
        with suppress(ValueError, OSError):
            self.loop.remove_reader(self.at.fileno())

    async def wait_closed(self) -> None:
        await self.settle(0)
