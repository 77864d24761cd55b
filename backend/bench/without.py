"""`rasoi run` without one of the pieces that trade clarity for speed: `python -m bench.without PIECE`.

The platform has no such setting; only the paired measurements of bench.pieces start it so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from rasoi.optional_packages import hide_optional_packages
from rasoi.settings import load


def fast_path(app: Any) -> None:
    """Placing goes through Litestar, as every other request does."""
    app.FastPath = lambda inner, routes: inner


def batch_handler(app: Any) -> None:
    """The kitchen handles orders one by one."""
    app.ROOMS[:] = [replace(room, batch_handler=None) for room in app.ROOMS]


def direct_sockets(app: Any) -> None:
    """Broadcasts by python-socketio's public API, which encodes for each screen anew."""
    import json

    from rasoi.realtime import fast

    def broadcast(self: Any, room: str, event: str, payload: bytes) -> int:
        self.eio.later(self.emit(event, json.loads(payload), to=room))
        return len(self.manager.rooms.get(fast.NAMESPACE, {}).get(room, ()))

    fast.FastServer.broadcast = broadcast  # type: ignore[method-assign]


def coalescing(app: Any) -> None:
    """An answer's head and its body leave as uvicorn writes them."""
    from rasoi.platform import coalescing

    def write(self: coalescing.CoalescingTransport, data: bytes) -> None:
        self.transport.write(data)

    coalescing.CoalescingTransport.write = write  # type: ignore[method-assign]


def hidden_packages(app: Any) -> None:
    """Libraries import whatever optional packages there are; see `run`."""


PIECES: dict[str, Callable[[Any], None]] = {
    each.__name__: each for each in (fast_path, batch_handler, direct_sockets, coalescing, hidden_packages)
}


def run(piece: str) -> int:
    with nullcontext() if piece == hidden_packages.__name__ else hide_optional_packages():
        from rasoi import app
    PIECES[piece](app)
    return app.run(load(os.environ))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
