"""Whole platforms, in this process or beside it, for tests that hurt them."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import asyncpg
import httpx
import pytest

from rasoi import app
from rasoi.embedded.postgres import url_of_running
from rasoi.platform.database import Database
from rasoi.platform.local import LocalTransport
from rasoi.settings import REPOSITORY, Settings, load
from tests import oracles
from tests.faults.service import SECRET, Service
from tests.support import Platform


async def eventually(look: Any, seconds: float = 10) -> Any:
    """What `look` finds, within some seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, "it did not come"
        await asyncio.sleep(0.05)
    return found


@dataclass
class Box:
    """A running platform: what people do with it, and its database under the owner."""

    service: Service
    db: Any

    async def answers(self) -> bool:
        """Whether its database does."""
        try:
            return bool(await self.db.fetchval("SELECT true"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False

    async def clean(self, seconds: float = 10) -> None:
        """Everything promised is kept once it came to rest."""
        assert await oracles.at_rest(self.db, seconds=seconds) == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"RASOI_DATA": str(tmp_path), "SECRET_KEY": SECRET})


@asynccontextmanager
async def inside(settings: Settings, url: str) -> AsyncIterator[Box]:
    """A platform in this process."""
    async with app.platform(settings, url, None) as platform:
        transport = httpx.ASGITransport(app=platform.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.url) as http:
            yield Box(await Service(http).open(), platform.ctx.db)


@asynccontextmanager
async def without_readers(settings: Settings, url: str) -> AsyncIterator[Box]:
    """The same, of which nothing reads an event: as a platform is between a commit and its readers."""

    async def never(transport: LocalTransport) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalTransport, "start", never)
        async with inside(settings, url) as box:
            yield box


@asynccontextmanager
async def beside(platform: Platform, url: str | None = None) -> AsyncIterator[Box]:
    """A platform in a process of its own."""
    found = url or url_of_running(platform.data / "postgres")
    assert found is not None
    db = await Database.connect(found, size=2)
    async with httpx.AsyncClient(base_url=platform.url, timeout=15) as http:
        yield Box(await Service(http).open(), db)
    await db.close()


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Callable[..., Popen[str]]]:
    """`child(url, moment)` starts tests/faults/child.py; none outlives the test."""
    started: list[Popen[str]] = []

    def start(url: str, *arguments: str) -> Popen[str]:
        argv = [sys.executable, "-m", "tests.faults.child", url, str(tmp_path / "child"), *arguments]
        started.append(Popen(argv, cwd=REPOSITORY / "backend", stdout=PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


async def ended(process: Popen[Any], seconds: float = 20) -> int:
    """The exit status of a process that ends by itself."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        assert time.monotonic() < deadline, "it did not end"
        await asyncio.sleep(0.02)
    return int(process.returncode)
