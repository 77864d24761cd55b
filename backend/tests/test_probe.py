"""The containers' health check: well is what answers with 200, over HTTP or HTTPS, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rasoi import probe
from rasoi.embedded.postgres import free_port


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def asked(url: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", "-S", probe.__file__, url], capture_output=True, text=True)
    return done.returncode, done.stderr


def test_a_service_that_is_ready_is_well(url: str) -> None:
    assert asked(f"{url}/health/ready") == (0, "")


def test_any_other_answer_and_none_are_not(url: str) -> None:
    assert asked(f"{url}/elsewhere") == (1, "status 503\n")
    status, reason = asked(f"http://127.0.0.1:{free_port()}/")
    assert status == 1 and reason.startswith("no answer: ")
