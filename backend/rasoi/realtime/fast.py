"""Socket.IO to many screens at once: the one file that goes below the public API of python-socketio.

A broadcast encodes its packet and its WebSocket frame once and writes that frame to every connection's transport.
A connection is one coroutine: no writer task, no queue, no timers; one sweep pings all of them. Everything else a
connection is sent takes the same way, so a channel's order holds. A connection of an ASGI server other than uvicorn's
`websockets-sansio` or `wsproto` goes through the public API instead. Written against python-socketio 5.18, python-engineio
4.15 and uvicorn 0.54; tests/realtime/test_fast.py holds every version that is installed to what this file relies on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import socketio
import structlog
from engineio import AsyncServer as EngineServer
from engineio import packet as engine_packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

log = structlog.get_logger(__name__)

UNSENT_LIMIT = 512 * 1024  # at a sweep: the screen does not keep up
BURST_LIMIT = 4 * 1024 * 1024  # at any time
UNSENT_PACKETS = 500
HANG_UP_S = 5.0
CONNECT_S = 10.0
NAMESPACE = "/"
NO_ENVIRON: dict[str, Any] = {}


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


def known_protocol(send: Any) -> WebSocketsSansIOProtocol | WSProtocol | None:
    """The server's connection behind an ASGI `send`, when it is one whose transport may be written to."""
    protocol = getattr(send, "__self__", None)
    return protocol if isinstance(protocol, WebSocketsSansIOProtocol | WSProtocol) else None


class FastSocket(AsyncSocket):  # type: ignore[misc]
    """An Engine.IO connection that writes straight to its transport."""

    __slots__ = (
        "closed", "closing", "connected", "hang_up_send", "last_ping", "next_ping", "opened", "protocol", "server",
        "session", "sid", "transport", "upgraded", "upgrading",
    )  # fmt: skip

    def __init__(self, server: FastEngine, sid: str, protocol: Any, send: Any) -> None:
        self.server, self.sid, self.protocol, self.transport = server, sid, protocol, protocol.transport
        self.hang_up_send = send
        self.connected = self.upgraded = True
        self.closing = self.closed = self.upgrading = False
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
        """Until the client goes, or says something that is not Engine.IO."""
        while True:
            message = await receive()
            text = message.get("text")
            if text is None or len(text) > self.server.max_http_buffer_size:
                return
            try:
                await self.receive(engine_packet.Packet(encoded_packet=text))
            except UnknownPacketError:
                continue
            except (SocketIsClosedError, ValueError, TypeError, KeyError, RecursionError):
                return

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        if not self.closed and not self.closing:
            await super().close(wait=False, abort=abort, reason=reason)
            self.server.later(self._hang_up())

    async def _hang_up(self) -> None:
        """Say goodbye as WebSocket does; cut the line of one that does not answer."""
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            return
        try:
            await asyncio.wait_for(self.hang_up_send({"type": "websocket.close"}), HANG_UP_S)
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
        self.is_wanted: Callable[[str], bool] = lambda sid: True

    def later(self, work: Any) -> None:
        """Run in the background, kept from the garbage collector."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI connection, from its beginning to its end."""
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())
        protocol = known_protocol(send)
        if scope["type"] != "websocket" or protocol is None:
            await self.handle_request(scope, receive, send)
            return
        await receive()
        if not self._is_supported(scope):
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        socket = FastSocket(self, self.generate_id(), protocol, send)
        self._free_handshake(scope, protocol)
        self.sockets[socket.sid] = socket
        try:
            await socket.send(self._open_packet(socket.sid))
            await self._trigger_event("connect", socket.sid, NO_ENVIRON, run_async=False)
            await socket.listen(receive)
        finally:
            self.sockets.pop(socket.sid, None)
            await socket.close(wait=False, abort=True, reason=self.reason.TRANSPORT_CLOSE)

    def _is_supported(self, scope: Any) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        environ = {"HTTP_ORIGIN": origin, "HTTP_HOST": headers.get(b"host", "")}
        allowed = self._cors_allowed_origins(environ)
        if origin and allowed is not None and origin not in allowed:
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

    @staticmethod
    def _free_handshake(scope: Any, protocol: Any) -> None:
        """The request has been answered: its headers need not stay in memory for hours."""
        scope["headers"] = []
        if isinstance(protocol, WebSocketsSansIOProtocol):
            del protocol.request, protocol.response

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

    async def _check(self, socket: Any, now: float) -> None:
        if not isinstance(socket, FastSocket):
            if await socket.check_ping_timeout() and socket.queue.qsize() > UNSENT_PACKETS:
                await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
            return
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


class FastServer(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server over FastEngine, with a broadcast that encodes once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(async_mode="asgi", transports=["websocket"], async_handlers=False, **options)
        self.eio.is_wanted = lambda sid: self.manager.sid_from_eio_sid(sid, NAMESPACE) is not None

    def _engineio_server_class(self) -> type[FastEngine]:
        return FastEngine

    def has_members(self, room: str) -> bool:
        """Whether anybody listens, so that nothing is encoded for nobody."""
        return room in self.manager.rooms.get(NAMESPACE, ())

    def broadcast(self, room: str, event: str, payload: bytes) -> int:
        """Send an event with one argument, already JSON, to everybody in a room. Returns how many there are."""
        members = self.manager.rooms.get(NAMESPACE, {}).get(room)
        if not members:
            return 0
        frame = event_frame(event, payload)
        sockets, others = self.eio.sockets, []
        for sid, eio_sid in members._fwdm.items():
            socket = sockets.get(eio_sid)
            if type(socket) is FastSocket:
                socket.write(frame)
            elif socket is not None:
                others.append(sid)
        if others:
            data = self.packet_class.json.loads(payload)
            self.eio.later(self.emit(event, data, to=others))
        return len(members)

    async def hang_up(self, sid: str, reason: str) -> None:
        """Tell a screen why, then close its connection."""
        eio_sid = self.manager.eio_sid_from_sid(sid, NAMESPACE)
        await self.emit(reason, to=sid)
        await self.disconnect(sid)
        await self.eio.disconnect(eio_sid)
