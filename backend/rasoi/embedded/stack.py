"""What a platform on one box needs beside itself, as one thing to start and stop."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from rasoi.embedded import redis as redis_program
from rasoi.embedded.children import Child, ChildFailed, spawn_child
from rasoi.embedded.postgres import Postgres, url_of_running
from rasoi.embedded.redis import Redis
from rasoi.settings import Settings

LONGEST_SOCKET = len("/.s.PGSQL.65535.lock")
SUN_PATH = 107
MOST_REVIVALS, WITHIN_S = 5, 60.0
LET_GO_S = 1.0  # a process that was just killed holds its lock a little longer


class AlreadyRunning(Exception):
    """Another live platform uses the same data; the text is one line that names it."""


class Embedded:
    """PostgreSQL and Redis where the settings name none, and any further children.

    After `start`, `database_url` and `redis_url` are what to connect to; `redis_url` is None without Redis.
    """

    def __init__(self, settings: Settings, overrides: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.data = settings.data
        self.logs = self.data / "log"
        self.database_url = settings.database_url
        self.redis_url: str | None = settings.redis_url or None
        self.children: list[tuple[Child, Callable[[], Child]]] = []
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self._overrides = dict(overrides or {})
        self._lock: int | None = None
        self._turn = threading.RLock()
        self._revived: deque[float] = deque(maxlen=MOST_REVIVALS)
        self.failed = False

    def start(self) -> Embedded:
        """Take the data directory for ourselves and start what is missing."""
        self.take()
        try:
            if not self.settings.redis_url:
                self.start_redis()
            if not self.settings.database_url:
                self.start_postgres()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop children in the reverse of their starting, and let go of the data."""
        with self._turn:
            while self.children:
                self.children.pop()[0].stop()
            if self.postgres:
                self.postgres.stop()
            if self.redis:
                self.redis.stop()
            for directory in (short := self._short()) / "postgres", short:
                with suppress(OSError):
                    directory.rmdir()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def spawn_child(self, argv: Sequence[str | Path], env: Mapping[str, str] | None, name: str) -> Child:
        """Start a further child that ends with us, with its output in log/<name>.log."""

        def begin() -> Child:
            return spawn_child(argv, env, self.logs / f"{name}.log", name=name)

        with self._turn:
            self.children.append((begin(), begin))
            return self.children[-1][0]

    def revive(self) -> None:
        """Start again what ended by itself. Raises ChildFailed, once, when that does not help; `failed` then says so."""
        with self._turn:
            if self._lock is None or self.failed or not (dead := self._dead()):
                return
            self._revived.append(time.monotonic())
            try:
                if len(self._revived) == MOST_REVIVALS and self._revived[-1] - self._revived[0] < WITHIN_S:
                    raise ChildFailed(f"{' and '.join(dead)} keeps ending; see {self.logs}")
                if self.postgres:
                    self.postgres.revive()
                if self.redis:
                    self.redis.revive()
                self.children = [(c if c.alive else begin(), begin) for c, begin in self.children]
            except ChildFailed:
                self.failed = True
                raise

    def _dead(self) -> list[str]:
        servers = [server.child for server in (self.postgres, self.redis) if server]
        return [
            child.name for child in (*servers, *(c for c, _ in self.children)) if child and not child.alive
        ]

    def __enter__(self) -> Embedded:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def take(self) -> None:
        """Hold a lock for as long as we live; the kernel lets go of it however we end."""
        if self._lock is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        path = self.data / "platform.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        deadline = time.monotonic() + LET_GO_S
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                owner = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
                os.close(descriptor)
                raise AlreadyRunning(
                    f"a platform already runs on {self.data} (process {owner}); "
                    "stop it first, or set RASOI_DATA to another directory"
                )
            time.sleep(0.02)
        self.data.chmod(0o700)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._lock = descriptor

    def sockets(self) -> Path:
        """A directory for unix sockets: beside the data, or a short private one where that path is too long."""
        beside = self.data / "run"
        if len(os.fsencode(beside)) + LONGEST_SOCKET <= SUN_PATH:
            beside.mkdir(exist_ok=True)
            return beside
        short = self._short()
        short.mkdir(mode=0o700, exist_ok=True)
        if short.is_symlink() or short.stat().st_uid != os.geteuid():
            raise ChildFailed(f"{short} belongs to somebody else; remove it, or shorten RASOI_DATA")
        return short

    def _short(self) -> Path:
        name = hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"rasoi-{os.geteuid()}-{name}"

    def start_postgres(self) -> None:
        sockets = self.sockets() / "postgres"
        self.postgres = Postgres(self.data / "postgres", sockets, self.logs / "postgres.log", self._overrides)
        self.postgres.start()
        self.database_url = self.postgres.url()

    def start_redis(self) -> None:
        program = redis_program.binary()
        if program is None:
            return
        self.redis = Redis(self.data / "redis", self.sockets(), self.logs / "redis.log")
        self.redis.start(program)
        self.redis_url = self.redis.url


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def reachable_database(settings: Settings) -> Iterator[str]:
    """The database's URL for a short command, whether a platform runs on these data or not."""
    embedded = Embedded(settings)
    try:
        embedded.start()
    except AlreadyRunning:
        yield settings.database_url or _url_of_other(settings.data)
        return
    try:
        yield embedded.database_url
    finally:
        embedded.stop()


def _url_of_other(data: Path) -> str:
    """The URL of the PostgreSQL that another live platform runs on these data; it may just be starting."""
    deadline = time.monotonic() + 15
    while (url := url_of_running(data / "postgres")) is None:
        if time.monotonic() > deadline:
            raise AlreadyRunning(f"the platform that runs on {data} has no PostgreSQL that answers")
        time.sleep(0.05)
    return url
