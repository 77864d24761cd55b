"""The simulator, and a receiver of its webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import certifi
import pytest
import razorpay

from tests.razorpay_simulator.process import KEY_ID, KEY_SECRET, Simulator


@dataclass
class Receiver:
    """What came in: (event id, signature, raw body). `statuses` are answered in turn, then 200."""

    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""

    def wait(self, enough: Callable[[list[tuple[str, str, bytes]]], bool], seconds: float = 8) -> None:
        deadline = time.monotonic() + seconds
        while not enough(self.got):
            assert time.monotonic() < deadline, self.got
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(
                (self.headers["x-razorpay-event-id"], self.headers["X-Razorpay-Signature"], body)
            )
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def simulator(tmp_path: Path, receiver: Receiver) -> Iterator[Simulator]:
    running = Simulator(tmp_path / "books.sqlite", receiver.url).start()
    yield running
    running.stop()


@pytest.fixture
def client(simulator: Simulator) -> razorpay.Client:
    """The real SDK."""
    made = razorpay.Client(auth=(KEY_ID, KEY_SECRET), base_url=simulator.url)
    made.cert_path = certifi.where()
    return made
