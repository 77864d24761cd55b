"""`rasoi run` as a process: start, stop, crash, restart, and what it refuses."""

from __future__ import annotations

import re
import signal
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support import Platform, children_of, run_rasoi

pytestmark = pytest.mark.slow
Start = Callable[..., Platform]


def family(platform: Platform) -> list[psutil.Process]:
    assert platform.process is not None
    return psutil.Process(platform.process.pid).children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if runs(p)]


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; it may do so between two questions."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def announced(platform: Platform, starts: int) -> list[str]:
    """The tables' codes that it printed, once it has printed its last line that many times."""
    deadline = time.monotonic() + 10
    while (text := platform.log.read_text()).count("make run") < starts:
        assert time.monotonic() < deadline, text
        time.sleep(0.02)
    return re.findall(r"\?table=\w+", text)


def refused(platform: Platform, directory: Path, **environ: str) -> tuple[int, str]:
    """The exit status and the only line of a start that cannot succeed."""
    log = directory / "refused.log"
    log.unlink(missing_ok=True)
    status = run_rasoi("run", environ={**platform.environment(), **environ}, log=log).wait(30)
    lines = log.read_text().splitlines()
    assert len(lines) == 1, lines
    return status, lines[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_cleanly(platform_process: Start, number: signal.Signals) -> None:
    platform = platform_process()
    children = family(platform)
    assert len(children) > 3
    assert platform.stop(number) == 0
    assert alive(children) == []
    assert "database system is shut down" in (platform.data / "log" / "postgres.log").read_text()
    assert "Traceback" not in platform.log.read_text()


def test_what_it_writes_is_its_own(platform_process: Start) -> None:
    """The signing key, the books of the simulator, every log: nobody else on the machine reads them."""
    platform = platform_process()
    modes = {each: each.lstat().st_mode for each in [platform.data, *platform.data.rglob("*")]}
    readable = [
        str(each)
        for each, mode in modes.items()
        if mode & 0o066 and not stat.S_ISLNK(mode) and not stat.S_ISSOCK(mode)
    ]
    assert readable == []
    assert [str(each) for each, mode in modes.items() if mode & 0o011 and not stat.S_ISDIR(mode)] == []


def test_a_kill_leaves_no_child_and_the_next_start_recovers(platform_process: Start) -> None:
    platform = platform_process()
    announced(platform, 1)
    children = family(platform)
    platform.kill()
    deadline = time.monotonic() + 10
    while alive(children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive(children) == []
    assert children_of(platform.data) == []
    platform.start()
    tables = announced(platform, 2)
    assert tables[: len(tables) // 2] == tables[len(tables) // 2 :], "the same data as before"


def test_what_cannot_work_is_one_line_and_damages_nothing(platform_process: Start, tmp_path: Path) -> None:
    platform = platform_process()
    status, line = refused(platform, tmp_path, RASOI_DATA=str(tmp_path / "other"))
    assert status == 2
    assert str(platform.port) in line
    assert not (tmp_path / "other").exists()

    status, line = refused(platform, tmp_path, PORT="0")
    assert status == 1
    assert f"a platform already runs on {platform.data}" in line

    nowhere = {
        "PORT": "0",
        "RASOI_DATA": str(tmp_path / "other"),
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none",
    }
    status, line = refused(platform, tmp_path, **nowhere)
    assert status == 1
    assert "the database cannot be reached" in line
    assert "u:p" not in line

    assert platform.ready()
