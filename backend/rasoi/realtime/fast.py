"""Socket.IO to many screens at once: the one file that goes below the public API of python-socketio.

A broadcast encodes its packet and its WebSocket frame once and writes that frame to every connection's transport.
A connection is one coroutine: no writer task, no queue, no timers; one sweep pings all of them. Everything else a
connection is sent takes the same way, so a channel's order holds. What a connection says is read by realtime/incoming.py
alone: no name, namespace or attachment of a client's reaches python-socketio. Written against python-socketio 5.18,
python-engineio 4.15 and uvicorn 0.54; tests/realtime/test_fast.py holds every version that is installed to what this file
relies on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
import socketio
import structlog
from engineio import AsyncServer as EngineServer
from engineio import packet as engine_packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError

from rasoi.platform.problems import BadRequest
from rasoi.realtime import incoming
from rasoi.realtime.connection import ScreenConnection
from rasoi.realtime.incoming import Budget

log = structlog.get_logger(__name__)

UNSENT_LIMIT = 512 * 1024  # at a sweep: the screen does not keep up
BURST_LIMIT = 4 * 1024 * 1024  # at any time
PACKETS_AT_ONCE, PACKETS_PER_S = 250, 5  # it joins at most 100 channels, and answers a ping every 4 s
HANG_UP_S = 5.0
CONNECT_S = 10.0
NAMESPACE = "/"
Asking = Callable[[str, Any], Awaitable[Any]]


def text_frame(payload: bytes) -> bytes:
    """One unmasked, unfragmented WebSocket text frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def event_frame(event: str, payload: bytes) -> bytes:
    """A Socket.IO event of the default namespace with one JSON argument: Engine.IO message 4, Socket.IO event 2."""
    return text_frame(b'42["' + event.encode() + b'",' + payload + b"]")


def screen_of(send: Any) -> ScreenConnection | None:
    """The connection behind an ASGI `send`, whose transport may be written to."""
    protocol = getattr(send, "__self__", None)
    return protocol if isinstance(protocol, ScreenConnection) else None


class FastSocket(AsyncSocket):  # type: ignore[misc]
    """An Engine.IO connection that writes straight to its transport."""

    __slots__ = (
        "budget", "closed", "closing", "connected", "hang_up_send", "introduced", "last_ping", "next_ping", "opened",
        "protocol", "server", "session", "sid", "transport", "upgraded", "upgrading",
    )  # fmt: skip

    def __init__(self, server: FastEngine, sid: str, protocol: ScreenConnection, send: Any) -> None:
        self.server, self.sid, self.protocol, self.transport = server, sid, protocol, protocol.transport
        self.hang_up_send = send
        self.connected = self.upgraded = True
        self.closing = self.closed = self.upgrading = self.introduced = False
        self.budget = Budget(PACKETS_AT_ONCE, PACKETS_PER_S)
        self.session: dict[str, Any] = {}
        self.opened = time.monotonic()
        self.schedule_ping()

    def schedule_ping(self) -> None:
        """The sweep sends the next ping."""
        self.last_ping: float | None = None
        self.next_ping = time.monotonic() + self.server.ping_interval

    async def send(self, pkt: Any) -> None:
        if self.closed:
            raise SocketIsClosedError()
        encoded = pkt.encode()
        if isinstance(encoded, bytes):
            await self.hang_up_send({"type": "websocket.send", "bytes": encoded})
        else:
            self.write(text_frame(encoded.encode()))

    def write(self, frame: bytes) -> None:
        """Hand over a frame. A screen that does not read is dropped; it fetches the state when it comes back."""
        transport = self.transport
        if self.protocol.close_sent or transport.is_closing():
            return
        transport.write(frame)
        self.drop_above(BURST_LIMIT)

    def drop_above(self, limit: int) -> None:
        """Cut the line when more than `limit` bytes wait to be read."""
        if self.transport.get_write_buffer_size() > limit:
            log.info("screen dropped: it does not read", sid=self.sid)
            self.transport.abort()

    async def listen(self, receive: Any) -> None:
        """Until the client goes, or sends what no screen sends. What is left of it is not read then."""
        while not self.closed and not self.protocol.refused:
            message = await receive()
            if message["type"] == "websocket.disconnect" or self.protocol.refused:
                return
            try:
                packet = incoming.read(message.get("text"))
                if not self.budget.take(1):
                    raise incoming.BadPacket("too many packets")
                await self._take(packet)
            except incoming.BadPacket as bad:
                self.protocol.refuse(str(bad))
            except SocketIsClosedError:
                return

    async def _take(self, packet: incoming.Packet) -> None:
        match packet:
            case incoming.Pong():
                if self.last_ping is not None:
                    self.schedule_ping()
                return
            case incoming.Goodbye():
                await self.close(wait=False, reason=self.server.reason.CLIENT_DISCONNECT)
                return
            case incoming.Introduction() if not self.introduced:
                self.introduced = True
                await self.server.on_introduction(self, packet)
            case incoming.Asked() if self.server.is_wanted(self.sid):
                answer = await self.server.on_asked(self, packet)
                if packet.number and not self.closed:
                    self.write(
                        text_frame(b"43%s[%s]" % (packet.number.encode(), msgspec.json.encode(answer)))
                    )
            case _:
                raise incoming.BadPacket("out of turn")
        await asyncio.sleep(0)  # others have their turn

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        if not self.closed and not self.closing:
            await super().close(wait=False, abort=abort, reason=reason)
            self.server.later(self._hang_up())

    async def _hang_up(self) -> None:
        """Say goodbye as WebSocket does; cut the line of one that does not answer."""
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            return
        try:
            async with asyncio.timeout(HANG_UP_S):
                await self.hang_up_send({"type": "websocket.close"})
            await asyncio.sleep(HANG_UP_S)
        except Exception as gone:
            log.debug("screen had gone", sid=self.sid, reason=repr(gone))
        if not self.transport.is_closing() or self.transport.get_write_buffer_size():
            self.transport.abort()


class FastEngine(EngineServer):  # type: ignore[misc]
    """Engine.IO over WebSocket, one coroutine per connection and one sweep for all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, monitor_clients=False)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self.is_wanted: Callable[[str], bool]
        self.is_own_origin: Callable[[str, str], bool]
        self.on_introduction: Callable[[FastSocket, incoming.Introduction], Awaitable[None]]
        self.on_asked: Callable[[FastSocket, incoming.Asked], Awaitable[Any]]

    def later(self, work: Any) -> None:
        """Run in the background, kept from the garbage collector."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI connection, from its beginning to its end."""
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())
        protocol = screen_of(send)
        if scope["type"] != "websocket" or protocol is None:
            await _refuse_http(send)
            return
        await receive()
        if not self._is_supported(scope):
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        socket = FastSocket(self, self.generate_id(), protocol, send)
        scope["headers"] = []  # answered: they need not stay in memory for hours
        self.sockets[socket.sid] = socket
        try:
            await socket.send(self._open_packet(socket.sid))
            await self._trigger_event("connect", socket.sid, {}, run_async=False)
            await socket.listen(receive)
        finally:
            self.sockets.pop(socket.sid, None)
            reason = "refused" if protocol.refused else self.reason.TRANSPORT_CLOSE
            await socket.close(wait=False, abort=True, reason=reason)

    def _is_supported(self, scope: Any) -> bool:
        """Screens are pages of ours: browsers always say whose page it is, and other programs say the same."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self.is_own_origin(headers.get(b"origin", ""), headers.get(b"host", "")):
            return False
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return query.get("EIO") == ["4"] and query.get("transport") == ["websocket"] and "sid" not in query

    def _open_packet(self, sid: str) -> Any:
        return engine_packet.Packet(
            engine_packet.OPEN,
            {
                "sid": sid,
                "upgrades": [],
                "pingTimeout": int(self.ping_timeout * 1000),
                "pingInterval": int(self.ping_interval * 1000),
                "maxPayload": self.max_http_buffer_size,
            },
        )

    async def _sweep(self) -> None:
        """Once a second: ping who is due, drop who did not answer or never said who it is."""
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            for socket in list(self.sockets.values()):
                try:
                    await self._check(socket, now)
                except Exception as error:
                    log.warning("sweep failed for a screen", sid=socket.sid, reason=repr(error))

    async def _check(self, socket: FastSocket, now: float) -> None:
        socket.drop_above(UNSENT_LIMIT)
        if socket.last_ping is not None and time.time() - socket.last_ping > self.ping_timeout:
            await socket.close(wait=False, abort=True, reason=self.reason.PING_TIMEOUT)
        elif now - socket.opened > CONNECT_S and not self.is_wanted(socket.sid):
            await socket.close(wait=False, reason=self.reason.SERVER_DISCONNECT)
        elif socket.last_ping is None and now >= socket.next_ping:
            socket.last_ping = time.time()
            await socket.send(engine_packet.Packet(engine_packet.PING))

    async def shutdown(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        await super().shutdown()


async def _refuse_http(send: Any) -> None:
    """There is no polling: nothing but a WebSocket of our own server is taken."""
    body = msgspec.json.encode(
        {
            "type": "/problems/bad-request",
            "title": BadRequest.title,
            "status": 400,
            "detail": "Only WebSockets.",
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class FastServer(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server over FastEngine, with a broadcast that encodes once. `asked` are the handlers of `join`
    and `leave`: coroutines from screen and channel to the answer."""

    def __init__(
        self, asked: Mapping[str, Asking], is_own_origin: Callable[[str, str], bool], **options: Any
    ) -> None:
        super().__init__(async_mode="asgi", transports=["websocket"], async_handlers=False, **options)
        self.asked = asked
        self.eio.is_wanted = lambda sid: self._screen(sid) is not None
        self.eio.on_introduction, self.eio.on_asked = self._introduce, self._ask
        self.eio.is_own_origin = is_own_origin

    def _engineio_server_class(self) -> type[FastEngine]:
        return FastEngine

    def _screen(self, eio_sid: str) -> str | None:
        sid: str | None = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
        return sid

    async def _introduce(self, socket: FastSocket, packet: incoming.Introduction) -> None:
        await self._handle_connect(socket.sid, NAMESPACE, {"token": packet.token})

    async def _ask(self, socket: FastSocket, packet: incoming.Asked) -> Any:
        return await self.asked[packet.event](self._screen(socket.sid) or "", packet.channel)

    def has_members(self, room: str) -> bool:
        """Whether anybody listens, so that nothing is encoded for nobody."""
        return room in self.manager.rooms.get(NAMESPACE, ())

    def broadcast(self, room: str, event: str, payload: bytes) -> int:
        """Send an event with one argument, already JSON, to everybody in a room. Returns how many there are."""
        members = self.manager.rooms.get(NAMESPACE, {}).get(room)
        if not members:
            return 0
        frame, sockets = event_frame(event, payload), self.eio.sockets
        for eio_sid in members._fwdm.values():
            if socket := sockets.get(eio_sid):
                socket.write(frame)
        return len(members)

    async def hang_up(self, sid: str, reason: str) -> None:
        """Tell a screen why, then close its connection, whatever goes wrong on the way."""
        socket = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, NAMESPACE))
        try:
            await self.emit(reason, to=sid)
            await self.disconnect(sid)
        finally:
            if socket is not None:
                await socket.close(reason=self.eio.reason.SERVER_DISCONNECT)
