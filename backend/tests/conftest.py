"""Fixtures for all tests: a fresh database, connections under a room's role, Redis, whole platforms."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest

from rasoi.platform import rate_limit
from rasoi.platform.database import Database
from rasoi.settings import Settings, load
from tests.support import SHARED, Cluster, Platform, SharedCluster, private_directory

hypothesis.settings.register_profile(
    "rasoi", hypothesis.settings(), deadline=None
)  # a busy machine is no fault
hypothesis.settings.load_profile("rasoi")
NO_SKIPS = bool(os.environ.get("CI"))  # there, a tool that is missing is a failure
AsRoom = Callable[[str], Awaitable[Database]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI is set, no test is skipped: what it lacks is named as its failure."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        why = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"CI is set, and this was skipped: {why}"
    return report


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rate limits count in minutes of the clock; a test that reaches one must not fail since a minute ends meanwhile."""
    began = time.time()
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: began))


@pytest.fixture(scope="session")
def bare_cluster() -> Iterator[Cluster]:
    """PostgreSQL and Redis with nothing in them."""
    cluster = (SharedCluster() if SHARED in os.environ else Cluster()).start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def cluster(bare_cluster: Cluster) -> Cluster:
    """The same, with the migrated template."""
    asyncio.run(bare_cluster.prepare_template())
    return bare_cluster


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """The URL of this test's own, freshly migrated database."""
    name = await cluster.create()
    yield cluster.url(name)
    await cluster.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's database, under its owner."""
    database = await Database.connect(database_url)
    yield database
    await database.close()


@pytest.fixture
async def as_room(database_url: str) -> AsyncIterator[AsRoom]:
    """`await as_room("kitchen")`: this test's database, under that room's role."""
    opened: dict[str, Database] = {}

    async def connect(room: str) -> Database:
        if room not in opened:
            opened[room] = await Database.connect(database_url, role=f"rasoi_{room}")
        return opened[room]

    yield connect
    for database in opened.values():
        await database.close()


@pytest.fixture
async def redis_url(cluster: Cluster) -> str:
    """A Redis that holds nothing. Skips where this machine has none."""
    from redis.asyncio import Redis

    if cluster.redis_url is None:
        pytest.skip("no redis-server on this machine")
    async with Redis.from_url(cluster.redis_url) as redis:
        await redis.flushall()
    return cluster.redis_url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a platform that keeps its data in this test's directory."""
    return load(
        {"RASOI_DATA": str(tmp_path), "SECRET_KEY": "a secret that only the tests know, and long enough"}
    )


@pytest.fixture
def platform_process() -> Iterator[Callable[..., Platform]]:
    """`platform_process(LOG_LEVEL="debug", …)` starts `rasoi run`; all that a test started ends with it."""
    with private_directory() as directory:
        started: list[Platform] = []

        def start(**environ: str) -> Platform:
            platform = Platform(directory / f"platform{len(started)}", environ)
            started.append(platform)
            return platform.start()

        yield start
        for platform in started:
            if platform.process and platform.process.poll() is None:
                platform.stop()
