"""PostgreSQL and Redis as real children: start, stop, crash, recovery."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from rasoi.embedded import AlreadyRunning, ChildFailed, Embedded, reachable_database, spawn_child
from rasoi.embedded import redis as redis_program
from rasoi.settings import load
from tests.support import children_of, private_directory

# a platform reduced to its children: starts them, says so, waits
PARENT = """
import sys, time
from rasoi.embedded import Embedded
from rasoi.settings import load
embedded = Embedded(load({"RASOI_DATA": sys.argv[1]})).start()
print(embedded.database_url, flush=True)
time.sleep(600)
"""


@pytest.fixture
def data() -> Iterator[Path]:
    with private_directory() as directory:
        yield directory / "data"


def embedded(data: Path) -> Embedded:
    return Embedded(load({"RASOI_DATA": str(data)}))


@pytest.fixture
def parent(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(data)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        yield process, process.stdout.readline().strip()
        process.kill()
    until(lambda: not children_of(data))


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


async def ask(url: str, sql: str) -> object:
    conn = await asyncpg.connect(url)
    try:
        return await conn.fetchval(sql)
    finally:
        await conn.close()


async def test_starts_serves_keeps_and_stops(data: Path) -> None:
    with embedded(data) as first:
        assert first.postgres is not None
        assert str(await ask(first.database_url, "SHOW server_version")).startswith("18.")
        await ask(first.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert await ask(first.postgres.tcp_url(), "SELECT current_user") == "postgres"
        if first.redis_url:
            from redis.asyncio import Redis

            async with Redis.from_url(first.redis_url) as redis:
                assert await redis.ping()
    assert children_of(data) == []
    began = time.monotonic()
    with embedded(data) as second:
        assert time.monotonic() - began < 20  # no port, lock or old server is waited for
        assert await ask(second.database_url, "SELECT answer FROM kept") == 42
        assert (
            await ask(second.database_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            is False
        )


async def test_durable_settings(data: Path) -> None:
    with embedded(data) as running:
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "max_connections": "60",
        }.items():
            assert await ask(running.database_url, f"SHOW {name}") == value


async def test_strangers_stay_out(data: Path) -> None:
    with embedded(data) as running:
        assert running.postgres is not None
        assert stat.S_IMODE((data / "postgres.password").stat().st_mode) == 0o600
        assert stat.S_IMODE(running.postgres.sockets.stat().st_mode) == 0o700
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://rasoi:guess@127.0.0.1:{running.postgres.port}/rasoi")


def test_a_second_platform_on_the_same_data_is_refused(
    parent: tuple[subprocess.Popen[str], str], data: Path
) -> None:
    with pytest.raises(AlreadyRunning, match=rf"already runs on .* \(process {parent[0].pid}\)"):
        embedded(data).start()
    assert parent[0].poll() is None
    assert children_of(data)


async def test_a_short_command_reaches_the_database_either_way(
    parent: tuple[subprocess.Popen[str], str], data: Path
) -> None:
    with reachable_database(load({"RASOI_DATA": str(data)})) as url:
        assert url == parent[1]
        await ask(url, "CREATE TABLE seen AS SELECT 1")
    parent[0].terminate()
    parent[0].wait()
    until(lambda: not children_of(data))
    with reachable_database(load({"RASOI_DATA": str(data)})) as url:
        assert await ask(url, "SELECT count(*) FROM seen") == 1
    assert children_of(data) == []


async def test_a_killed_parent_leaves_no_child_and_loses_nothing(
    parent: tuple[subprocess.Popen[str], str], data: Path
) -> None:
    await ask(parent[1], "CREATE TABLE kept AS SELECT 42 AS answer")
    assert children_of(data)
    parent[0].kill()
    parent[0].wait()
    until(lambda: not children_of(data), 5)
    with embedded(data) as again:
        assert await ask(again.database_url, "SELECT answer FROM kept") == 42


async def test_a_killed_parent_whose_start_follows_at_once(
    parent: tuple[subprocess.Popen[str], str], data: Path
) -> None:
    parent[0].kill()
    with embedded(data) as again:
        assert await ask(again.database_url, "SELECT 1") == 1


async def test_an_orphan_is_ended_and_its_cluster_recovered(data: Path) -> None:
    """An orphan proper: without the death signal, as on systems that have none."""
    first = embedded(data).start()
    assert first.postgres is not None
    assert first.postgres.child is not None
    first.stop()
    argv = [*map(str, first.postgres.child.process.args)]  # type: ignore[arg-type]
    orphan = subprocess.Popen(
        argv,
        cwd=first.postgres.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=first.postgres.user.pw_uid if first.postgres.user else None,
        group=first.postgres.user.pw_gid if first.postgres.user else None,
    )
    pid_file = data / "postgres" / "postmaster.pid"  # its last line says so once it takes connections
    until(lambda: pid_file.exists() and "ready" in pid_file.read_text())
    with embedded(data) as again:
        assert orphan.wait(10) == 0
        assert await ask(again.database_url, "SELECT 1") == 1


async def test_a_stale_pid_file_that_names_another_program(data: Path) -> None:
    embedded(data).start().stop()
    stale = data / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{data}/postgres\n1\n5432\n/tmp\n127.0.0.1\n 1 1\nready\n")
    with embedded(data) as again:
        assert await ask(again.database_url, "SELECT 1") == 1


async def test_an_interrupted_first_start_begins_anew(data: Path) -> None:
    half = data / "postgres.new" / "cluster"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    with embedded(data) as running:
        assert await ask(running.database_url, "SELECT 1") == 1
    assert not (data / "postgres.new").exists()


async def test_a_long_path_still_has_sockets(data: Path) -> None:
    with embedded(data / ("long" * 20) / ("path" * 10)) as running:
        assert await ask(running.database_url, "SELECT 1") == 1
        assert running.postgres is not None
        short = running.postgres.sockets.parent
    assert not short.exists()


async def test_named_services_start_no_child(data: Path) -> None:
    environ = {"RASOI_DATA": str(data), "DATABASE_URL": "postgresql://h/d", "REDIS_URL": "redis://h"}
    with Embedded(load(environ)) as running:
        assert (running.database_url, running.redis_url) == ("postgresql://h/d", "redis://h")
        assert children_of(data) == []


async def test_without_redis_it_runs_and_says_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_program, "binary", lambda: None)
    environ = {"RASOI_DATA": str(data), "DATABASE_URL": "postgresql://h/d"}
    with Embedded(load(environ)) as running:
        assert running.redis_url is None


def test_an_unusable_cluster_is_one_line_and_stays_as_it_is(data: Path) -> None:
    embedded(data).start().stop()
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(
        ChildFailed, match=r"PostgreSQL ended at its start: .*(initialized by|version)"
    ) as failed:
        embedded(data).start()
    assert "\n" not in str(failed.value)
    assert children_of(data) == []
    (data / "postgres" / "PG_VERSION").write_text("18\n")
    embedded(data).start().stop()


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from rasoi.embedded import spawn_child
child = spawn_child(["sleep", "600"], None, Path({str(tmp_path / "log")!r}))
print(child.process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert os.getsid(child.pid) == child.pid, "a Ctrl-C in the terminal reaches the parent first"
        parent.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_child_that_ends_early_is_explained(tmp_path: Path) -> None:
    child = spawn_child(["sh", "-c", "echo cannot cook; exit 3"], None, tmp_path / "log", name="Cook")
    with pytest.raises(ChildFailed, match=r"Cook ended at its start: cannot cook \(see .*log\)"):
        child.wait_until(lambda: False, 5)


def test_a_child_that_ignores_us_is_killed(tmp_path: Path) -> None:
    child = spawn_child(["sh", "-c", "trap '' TERM; echo up; exec sleep 600"], None, tmp_path / "log")
    child.patience = 0.2
    until(lambda: "up" in (tmp_path / "log").read_text())
    child.stop()
    assert child.process.returncode == -signal.SIGKILL


async def test_children_of_a_thread_outlive_it(data: Path) -> None:
    """The kernel sends the death signal when the starting thread ends, not when the process does."""
    running = embedded(data)
    thread = threading.Thread(target=running.start)
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert await ask(running.database_url, "SELECT 1") == 1
    running.stop()


async def test_a_killed_child_is_revived_on_the_same_address(data: Path) -> None:
    with embedded(data) as running:
        further = running.spawn_child(["sleep", "600"], None, "further")
        assert running.postgres is not None
        assert running.postgres.child is not None
        await ask(running.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for child in (running.postgres.child, further):
            child.process.kill()
            child.process.wait()
        running.revive()
        assert await ask(running.database_url, "SELECT answer FROM kept") == 42
        assert running.children[0][0].alive
        assert not running.failed
    assert children_of(data) == []


def test_a_child_that_keeps_ending_is_given_up_with_one_error(data: Path) -> None:
    environ = {"RASOI_DATA": str(data), "DATABASE_URL": "postgresql://h/d", "REDIS_URL": "redis://h"}
    with Embedded(load(environ)) as running:
        running.spawn_child(["true"], None, "brief")

        def end_and_revive() -> None:
            running.children[0][0].process.wait()
            running.revive()

        for _ in range(4):
            end_and_revive()
        with pytest.raises(ChildFailed, match="brief keeps ending"):
            end_and_revive()
        assert running.failed
        running.revive()
