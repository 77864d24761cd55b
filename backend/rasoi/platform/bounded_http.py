"""HTTP with bounds, as nginx has them: how long a handshake, a head and a body may take and how large they may be, how many
connections there may be in all and from one address. Where there are too many, the one that has waited longest without asking
anything goes, so that a silent client costs nobody else a place."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import msgspec
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from rasoi.platform import problems
from rasoi.platform.coalescing import CoalescingTransport
from rasoi.platform.rate_limit import network
from rasoi.platform.sparing_log import SparingLog

log = SparingLog(__name__)
CUT = Counter("rasoi_connections_cut_total", "Connections that were ended for a bound, by which", ["bound"])
SWEEP_S = 0.5
DESCRIPTORS = 65_536
PIPELINED = 32  # requests that wait for the answer to one before them


@dataclass(frozen=True)
class Bounds:
    """Seconds, bytes and counts; the sizes are nginx's."""

    handshake_s: float = 10  # of TLS
    head_s: float = 10
    body_s: float = 15
    idle_s: float = 5
    unread_s: float = 30
    head_bytes: int = 32 * 1024
    url_bytes: int = 8 * 1024
    headers: int = 100
    body_bytes: int = 2 * 256 * 1024  # on the wire, chunks and trailers with it; routes take half
    connections: int = 4096
    of_address: int = 2048


class Stage(Enum):
    """What a connection does."""

    HANDSHAKE = "handshake"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    IDLE = "idle"


def raise_descriptors() -> None:
    """As many as the machine allows: a connection takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Doors:
    """The connections of one process. `is_proxy` tells addresses that speak for many."""

    def __init__(self, bounds: Bounds, is_proxy: Callable[[str], bool] = lambda address: False) -> None:
        self.bounds, self.is_proxy = bounds, is_proxy
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.most = (
            bounds.connections if soft == resource.RLIM_INFINITY else min(bounds.connections, soft * 3 // 4)
        )
        self.open: dict[Any, str] = {}
        self.of: dict[str, dict[Any, None]] = {}
        self.waiting: dict[BoundedHttp, float] = {}  # until when; who has waited longest is first
        self.sweeping: asyncio.TimerHandle | None = None

    def enter(self, connection: BoundedHttp, address: str) -> None:
        """A connection was made. Above a bound another one goes for it, or itself."""
        owner = network(address)
        mine = self.of.setdefault(owner, {})
        full = len(self.open) >= self.most
        crowded = len(mine) >= self.bounds.of_address and not self.is_proxy(address)
        self.open[connection] = owner
        mine[connection] = None
        if full or crowded:
            among = mine if crowded else self.open
            goes = next((each for each in self.waiting if each in among), connection)
            goes.cut("of one address" if crowded else "connections")
            self.leave(goes)  # now, so that the next that comes in this turn of the loop ends another one
        if self.sweeping is None:
            self.sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def become(self, connection: BoundedHttp, other: Any) -> None:
        """It is a WebSocket now."""
        owner = self.leave(connection)
        self.open[other] = owner
        self.of.setdefault(owner, {})[other] = None

    def leave(self, connection: Any) -> str:
        self.waiting.pop(connection, None)
        owner = self.open.pop(connection, "")
        if mine := self.of.get(owner):
            mine.pop(connection, None)
            if not mine:
                del self.of[owner]
        return owner

    def waits(self, connection: BoundedHttp, seconds: float | None) -> None:
        """From now on at most that long; None when it is our turn."""
        self.waiting.pop(connection, None)
        if seconds is not None:
            self.waiting[connection] = asyncio.get_running_loop().time() + seconds

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in [each for each, until in self.waiting.items() if until <= now]:
            connection.is_late()
        self.sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep) if self.open else None


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, with bounds. Made by `bounded`."""

    doors: ClassVar[Doors]
    transport: Any

    def agrees_on_tls(self, handshake: Any, peer: tuple[str, int]) -> None:
        """It was accepted, and `connection_made` follows when the handshake is done; until then `handshake.abort()` ends it."""
        self.transport, self.client, self.stage = handshake, peer, Stage.HANDSHAKE
        self.doors.waits(self, self.doors.bounds.handshake_s)
        self.doors.enter(self, peer[0])

    def connection_made(self, transport: Any) -> None:
        counted = self in self.doors.open
        super().connection_made(CoalescingTransport(transport, self.loop))  # type: ignore[arg-type]
        self.stage, self.taken, self.chunk = Stage.HEAD, 0, 0
        self.has_moved = False  # to another stage, or to the next request, with what is being read
        self.refusal: tuple[type[problems.Problem], str] | None = None
        self.doors.waits(self, self.doors.bounds.head_s)
        if not counted:
            self.doors.enter(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self.doors.leave(self)
        super().connection_lost(exc)

    def cut(self, bound: str) -> None:
        """End the connection at once."""
        CUT.labels(bound).inc()
        log.info("connection cut", bound=bound, address=self.client and self.client[0])
        self.transport.abort()

    def is_late(self) -> None:
        """Its time is up: say so where it has asked something, and make sure that it goes."""
        if self.stage is Stage.HANDSHAKE:
            self.cut(self.stage.value)
        elif self.transport.is_closing():
            self.transport.abort()
        elif self.stage in (Stage.HEAD, Stage.BODY) and self.taken:
            CUT.labels(self.stage.value).inc()
            log.info("connection cut", bound=self.stage.value, address=self.client and self.client[0])
            self._say(problems.RequestTimeout, "The request did not arrive in time.")
        else:
            self.cut("silent" if self.stage is Stage.HEAD else self.stage.value)

    def data_received(self, data: bytes) -> None:
        bounds, self.chunk = self.doors.bounds, len(data)
        self.taken += self.chunk
        if self.stage is Stage.BODY and self.taken > bounds.body_bytes:
            self.cut("body bytes")
            return
        super().data_received(data)
        if self.has_moved and not self.transport.is_closing():  # once, whatever came together
            self.doors.waits(self, self._seconds_of_stage())
        self.has_moved = False
        if self.stage is Stage.HEAD and self.taken > bounds.head_bytes and not self.transport.is_closing():
            self._say(problems.BadRequest, "The headers are too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.stage, self.taken, self.has_moved = Stage.HEAD, self.chunk, True

    def on_headers_complete(self) -> None:
        """Raising here refuses the request; uvicorn then calls `send_400_response`."""
        bounds = self.doors.bounds
        if len(self.url) > bounds.url_bytes:
            self._refuse(problems.UriTooLong, "The address is too long.")
        if len(self.headers) > bounds.headers or (
            self.taken > bounds.head_bytes and self._head_size() > bounds.head_bytes
        ):
            self._refuse(problems.BadRequest, "The headers are too long.")
        if len(self.pipeline) >= PIPELINED:
            self._refuse(problems.BadRequest, "That were too many requests at once.")
        self.stage, self.taken, self.has_moved = Stage.BODY, self.chunk, True
        super().on_headers_complete()

    def _head_size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.stage, self.has_moved = Stage.ANSWER, True

    def _seconds_of_stage(self) -> float | None:
        """How long what is read may take; nothing while we answer."""
        if self.stage is Stage.HEAD:
            return self.doors.bounds.head_s
        return self.doors.bounds.body_s if self.stage is Stage.BODY else None

    def on_response_complete(self) -> None:
        """Its answer may wait in our buffer, and the next request may have begun."""
        self.transport.flush()
        super().on_response_complete()
        if self.stage is Stage.ANSWER and not self.pipeline:
            self.stage = Stage.IDLE
            bounds, unread = self.doors.bounds, self.transport.get_write_buffer_size() > 0
            self.doors.waits(self, bounds.unread_s if unread else bounds.idle_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.doors.waits(self, self.doors.bounds.unread_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.stage is Stage.ANSWER:
            self.doors.waits(self, None)

    def handle_websocket_upgrade(self) -> None:
        self.transport = self.transport.transport  # its packets are sent whole already
        super().handle_websocket_upgrade()
        other: Any = self.transport.get_protocol()
        if other is not self and not self.transport.is_closing():
            self.doors.become(self, other)
            other.on_lost = lambda: self.doors.leave(other)
        else:
            self.doors.leave(self)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn says of a request that it can't read."""
        self._say(*(self.refusal or (problems.BadRequest, "That is not HTTP.")))

    def _refuse(self, kind: type[problems.Problem], detail: str) -> None:
        self.refusal = (kind, detail)
        raise ValueError(detail)

    def _say(self, kind: type[problems.Problem], detail: str) -> None:
        """Answer with a problem, unless another answer is under way, and close: a moment later by force."""
        if self._may_say():
            said = {
                "type": f"/problems/{kind.slug}",
                "title": kind.title,
                "status": kind.status,
                "detail": detail,
            }
            body = msgspec.json.encode(said)
            head = (
                b"content-type: application/problem+json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[kind.status] + head % len(body) + body)
        self.transport.close()
        self.doors.waits(self, 1)

    def _may_say(self) -> bool:
        if self.cycle is None or self.cycle.response_complete:
            return True
        return self.stage is Stage.BODY and not self.cycle.response_started and not self.pipeline


def bounded(doors: Doors) -> type[BoundedHttp]:
    """The protocol of one server."""
    return type("Bounded", (BoundedHttp,), {"doors": doors})
