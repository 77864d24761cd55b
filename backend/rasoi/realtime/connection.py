"""A screen's WebSocket below ASGI: how much it may send, in pieces that let others have their turn.

Whatever arrives is paid for before it is parsed, control frames and what comes after a refusal too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter
from uvicorn.protocols.websockets.wsproto_impl import WebsocketBuffer, WSProtocol
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection
from wsproto.utilities import LocalProtocolError

from rasoi.platform.sparing_log import SparingLog
from rasoi.realtime.incoming import LONGEST_CHARS, Budget

log = SparingLog(__name__)
BYTES_AT_ONCE, BYTES_PER_S = 32 * 1024, 2 * 1024  # joining 100 channels takes 8 KiB
PIECE = 1024  # the smallest frame has 6 bytes and costs 20 µs: 4 ms at most until others have their turn
HANG_UP_S = 5.0
POLICY = 1008  # RFC 6455, 7.4.1
SENT_AWAY = Counter(
    "rasoi_screen_offences_total",
    "Sockets closed for what they sent: more than their budget, or what no screen sends",
)


class ScreenConnection(WSProtocol):
    """uvicorn's protocol, with bounds."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.buffer = WebsocketBuffer(4 * LONGEST_CHARS)
        self.budget = Budget(BYTES_AT_ONCE, BYTES_PER_S)
        self.unread = b""
        self.refused = False
        self.on_lost: Callable[[], object] = lambda: None

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The first piece is the request's head, which the HTTP server has bounded."""
        if not hasattr(self, "scope"):
            super().data_received(data)
        elif self.refused:
            return
        elif not self.budget.take(len(data)):
            self.refuse("more than its budget")
        else:
            waiting, self.unread = bool(self.unread), self.unread + data
            if not waiting:
                self._read_piece()

    def _read_piece(self) -> None:
        if self.refused or self.transport.is_closing():
            self.unread = b""
            return
        piece, self.unread = self.unread[:PIECE], self.unread[PIECE:]
        super().data_received(piece)
        if self.unread:
            self.loop.call_soon(self._read_piece)

    def handle_close(self, event: CloseConnection) -> None:
        """Also of frames that can't be read: then the client has not said goodbye."""
        if not self.close_sent and self.conn.state is not ConnectionState.REMOTE_CLOSING:
            self.refuse("no WebSocket frame")
        super().handle_close(event)

    def refuse(self, reason: str) -> None:
        """Close the connection for what the client sent; nothing more of it is read."""
        if self.refused:
            return
        self.refused = True
        self.unread = b""
        SENT_AWAY.inc()
        log.info("screen sent away for what it sent", reason=reason, address=self.client and self.client[0])
        if not self.close_sent and not self.transport.is_closing():
            self.close_sent = True
            try:
                self.transport.write(
                    self.conn.send(CloseConnection(code=POLICY, reason="not what a screen sends"))
                )
            except LocalProtocolError:
                self.transport.abort()
        self.transport.close()
        asyncio.get_running_loop().call_later(HANG_UP_S, self.transport.abort)
