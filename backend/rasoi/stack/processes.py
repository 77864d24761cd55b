"""The processes of the stack, each with the same few methods: start and wait until it answers, stop, health."""

from __future__ import annotations

import http.client
import ssl
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Protocol
from urllib.parse import urlsplit

import psutil

from rasoi.embedded import Child, spawn_child
from rasoi.embedded.children import end_orphans
from rasoi.embedded.kafka import Kafka
from rasoi.embedded.postgres import Postgres
from rasoi.embedded.redis import Redis

RASOI = (sys.executable, "-m", "rasoi.cli")
START_S, STOP_S, ANSWER_S = 90.0, 20.0, 3.0


class Stopping(Exception):
    """The stack was told to end while this process was starting."""


class ManagedProcess(Protocol):
    """One process that the supervisor looks after. `start` returns once it answers, and raises ChildFailed."""

    @property
    def child(self) -> Child | None: ...
    def start(self, stopping: threading.Event) -> None: ...
    def stop(self) -> None: ...
    def health(self) -> str: ...


@dataclass
class Program:
    """A program that answers over HTTP at `url` when it is ready. Its children that outlived it have its `title`."""

    name: str
    argv: Sequence[str | Path]
    environ: Callable[[], Mapping[str, str]]
    log: Path
    cwd: Path
    url: str = ""
    title: str = ""
    stop_signals: Sequence[Signals] = (SIGTERM,)
    patience: float = STOP_S
    child: Child | None = None

    def start(self, stopping: threading.Event) -> None:
        if self.title:
            end_orphans(self.cwd, self.title, (SIGTERM,))
        child = self.child = spawn_child(
            self.argv, self.environ(), self.log, name=self.name, cwd=self.cwd, stop_signals=self.stop_signals
        )
        child.patience = self.patience

        def ready() -> bool:
            if stopping.wait(0.05):
                raise Stopping()
            return answers(self.url) == "ok"

        child.wait_until(ready, START_S)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def health(self) -> str:
        if not self.child or not self.child.alive:
            return "ended"
        return answers(self.url)


@dataclass
class Server:
    """PostgreSQL, Redis or Kafka, begun and revived by its own class."""

    begin: Callable[[], Postgres | Redis | Kafka]
    server: Postgres | Redis | Kafka | None = None

    @property
    def child(self) -> Child | None:
        return self.server.child if self.server else None

    def start(self, stopping: threading.Event) -> None:
        if self.server is None:
            self.server = self.begin()
        else:
            self.server.revive()
        if self.child:
            self.child.patience = STOP_S

    def stop(self) -> None:
        if self.server:
            self.server.stop()

    def health(self) -> str:
        return "ok" if self.child and self.child.alive else "ended"


@dataclass
class Task:
    """A command that is run to its end at the start, and once a day after that."""

    name: str
    argv: Sequence[str]
    environ: Callable[[], Mapping[str, str]]
    log: Path
    cwd: Path
    child: Child | None = None
    output: str = field(default="", init=False)

    def start(self, stopping: threading.Event) -> None:
        began = self.log.stat().st_size if self.log.exists() else 0
        child = self.child = spawn_child(self.argv, self.environ(), self.log, name=self.name, cwd=self.cwd)

        def done() -> bool:
            if stopping.wait(0.05):
                raise Stopping()
            return child.process.poll() == 0

        child.wait_until(done, START_S)
        with self.log.open("rb") as file:
            file.seek(began)
            self.output = file.read().decode(errors="replace")

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def health(self) -> str:
        return "ok" if self.child and self.child.process.poll() == 0 else "failed"


def answers(url: str) -> str:
    """`ok` where this address answers with 200; otherwise what it does."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    conn: http.client.HTTPConnection
    if parts.scheme == "https":
        unchecked = ssl._create_unverified_context()  # noqa: S323  our own, over the loopback
        conn = http.client.HTTPSConnection(host, parts.port, timeout=ANSWER_S, context=unchecked)
    else:
        conn = http.client.HTTPConnection(host, parts.port, timeout=ANSWER_S)
    try:
        conn.request("GET", parts.path)
        status = conn.getresponse().status
        return "ok" if status == 200 else f"status {status}"
    except (OSError, http.client.HTTPException):
        return "no answer"
    finally:
        conn.close()


def memory_mb(pid: int) -> int:
    """What a process holds in memory, and what its children hold beside it."""
    try:
        head = psutil.Process(pid)
        total = head.memory_info().rss
        for child in head.children(recursive=True):
            with suppress(psutil.Error):
                total += child.memory_full_info().uss
    except psutil.Error:
        return 0
    return round(total / 2**20)
