"""How `rasoi stack status` and `restart` speak to the supervisor: lines of JSON through a unix socket."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from rasoi.settings import Settings

Report = Callable[[dict[str, Any]], None]
Handle = Callable[[dict[str, Any], Report], None]
STATE_FILE = "stack.json"


class NoStack(Exception):
    """No stack runs on these data; the text is one line."""


class Control(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers each request, one line, with as many lines as `answer_request` says."""

    daemon_threads = True

    def __init__(self, path: Path, answer_request: Handle) -> None:
        path.unlink(missing_ok=True)
        self.path, self.answer_request = path, answer_request
        super().__init__(str(path), ControlHandler)
        path.chmod(0o600)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="control").start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.path.unlink(missing_ok=True)


class ControlHandler(socketserver.StreamRequestHandler):
    server: Control

    def handle(self) -> None:
        def report(answer: dict[str, Any]) -> None:
            self.wfile.write(json.dumps(answer).encode() + b"\n")

        with suppress(BrokenPipeError):
            self.server.answer_request(json.loads(self.rfile.readline()), report)


def request(data: Path, request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
    """The supervisor's answers, as they come. Raises NoStack."""
    known = read_state(data)
    with socket.socket(socket.AF_UNIX) as conn:
        conn.settimeout(seconds)
        try:
            conn.connect(str(known.get("control", data / "none")))
            conn.sendall(json.dumps(request).encode() + b"\n")
            for line in conn.makefile("rb"):
                yield json.loads(line)
        except OSError:
            raise NoStack(f"no stack answers on {data}; start one: rasoi stack up") from None


def read_state(data: Path) -> dict[str, Any]:
    """What the last supervisor on these data noted of itself."""
    try:
        found = json.loads((data / STATE_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def installation(settings: Settings) -> Settings:
    """With the data of the stack that runs beside these, if one does: a command then finds its database and its key."""
    if settings.database_url or not running(settings.data / "stack"):
        return settings
    return replace(settings, data=settings.data / "stack")


def running(data: Path) -> bool:
    """Whether the last supervisor on these data lives."""
    pid = read_state(data).get("pid")
    return isinstance(pid, int) and psutil.pid_exists(pid)


def write_state(data: Path, known: dict[str, Any]) -> None:
    """Keep it for other commands, and for the next supervisor; whole, or as it was."""
    draft = data / f"{STATE_FILE}.new"
    draft.write_text(json.dumps(known))
    os.replace(draft, data / STATE_FILE)
