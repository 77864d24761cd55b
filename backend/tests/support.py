"""What tests of every room share: one real PostgreSQL, fresh databases, whole platforms as processes."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from rasoi.app import ROOMS
from rasoi.embedded import Embedded
from rasoi.embedded.postgres import ADMIN, DATABASE, free_port
from rasoi.platform import migrate
from rasoi.settings import REPOSITORY, load

# speed over durability: a test's cluster is thrown away
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
}


@contextmanager
def private_directory() -> Iterator[Path]:
    """A directory for data. Not pytest's: another session shuts its parent for other users, so for PostgreSQL too."""
    with tempfile.TemporaryDirectory(prefix="rasoi-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def fast_directory() -> Path:
    """A new directory, in memory where there is plenty: copying the template is ten times faster there."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2_000_000_000
    return Path(tempfile.mkdtemp(prefix="rasoi-test-", dir=memory if roomy else None))


@dataclass
class Cluster:
    """A PostgreSQL, and a Redis where there is one, for one test session."""

    root: Path = field(default_factory=fast_directory)
    made: int = 0
    template: str = DATABASE

    def start(self) -> Cluster:
        self.embedded = Embedded(load({"RASOI_DATA": str(self.root / "data")}), FAST).start()
        return self

    def stop(self) -> None:
        self.embedded.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def redis_url(self) -> str | None:
        return self.embedded.redis_url

    def url(self, database: str, user: str = "rasoi") -> str:
        assert self.embedded.postgres is not None
        return self.embedded.postgres.url(user, database)

    async def prepare_template(self) -> None:
        """Migrate the database that every test's own is copied from."""
        await migrate.prepare(self.url(DATABASE), ROOMS)

    async def create(self, template: str | None = None) -> str:
        """A fresh database; returns its name, which no other process that shares the cluster takes."""
        self.made += 1
        name = f"test_{os.getpid()}_{self.made}"
        await self._admin(
            f"CREATE DATABASE {name} TEMPLATE {template or self.template} OWNER rasoi STRATEGY file_copy"
        )
        return name

    async def drop(self, name: str) -> None:
        await self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _admin(self, sql: str) -> None:
        conn = await asyncpg.connect(self.url("postgres", ADMIN))
        try:
            await conn.execute(sql)
        finally:
            await conn.close()


SHARED = "TEST_CLUSTER"


class SharedCluster(Cluster):
    """One that another process keeps ready and migrated, as SHARED in the environment says: for mutation testing."""

    def __init__(self) -> None:
        self.place = json.loads(os.environ[SHARED])
        self.made = 0
        self.template = self.place["template"]

    def start(self) -> Cluster:
        return self

    def stop(self) -> None:
        """The other process's."""

    @property
    def redis_url(self) -> str | None:
        redis: str | None = self.place["redis"]
        return redis

    def url(self, database: str, user: str = "rasoi") -> str:
        url: str = self.place["url"].format(user=user, database=database)
        return url

    async def prepare_template(self) -> None:
        """Done already."""


@dataclass
class Platform:
    """`rasoi run` as a process of its own, with its own port and data."""

    data: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    def start(self, seconds: float = 60) -> Platform:
        """Start it and wait until it says that it is ready."""
        self.port = self.port or free_port()
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.process = run_rasoi("run", environ=self.environment(), log=self.log)
        deadline = time.monotonic() + seconds
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the platform did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)
        return self

    def environment(self) -> dict[str, str]:
        """What the process is started with."""
        return {"HOST": "127.0.0.1", "PORT": str(self.port), "RASOI_DATA": str(self.data), **self.environ}

    def ready(self) -> bool:
        """Whether /health/ready says so."""
        parts = urlsplit(self.url)
        conn = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
        try:
            conn.request("GET", "/health/ready")
            return conn.getresponse().status == 200
        except OSError:
            return False
        finally:
            conn.close()

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int:
        """Ask it to end; returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(10)


def asgi_transport(app: Any, raise_app_exceptions: bool = True) -> httpx.ASGITransport:
    """For a client of an application in this process; httpx and Litestar type ASGI differently."""
    return httpx.ASGITransport(app, raise_app_exceptions=raise_app_exceptions)


def plain_environment() -> dict[str, str]:
    """This process's environment without anybody's settings."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


def run_rasoi(*arguments: str, environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start the command line program in the background, with its output in `log`."""
    clean = plain_environment()
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "rasoi.cli", *arguments],
            cwd=REPOSITORY / "backend",
            env={**clean, "PYTHONUNBUFFERED": "1", **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def children_of(directory: Path) -> list[int]:
    """Living processes that work somewhere below `directory`."""
    import psutil

    below = str(directory.resolve())
    found: Iterable[psutil.Process] = psutil.process_iter(["cwd", "status"])
    return [p.pid for p in found if (p.info["cwd"] or "").startswith(below) and p.info["status"] != "zombie"]
