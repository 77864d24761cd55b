"""Child processes that end with their parent, and the recovery of those that outlived one."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
LARGEST_LOG = 10_000_000
_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawner")
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ChildFailed(Exception):
    """A child did not start or ended too early; the text is one line that names its log."""


@dataclass
class Child:
    """A process that we started. `stop_signals` are tried in turn, `patience` seconds each."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    patience: float = 5.0

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End it, gently first, and wait until it is gone."""
        for number in (*self.stop_signals, signal.SIGKILL):
            if not self.alive:
                return
            self.process.send_signal(number)
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                continue

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return as soon as `ready()`; raises ChildFailed when it ends first or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive:
                raise ChildFailed(f"{self.name} ended at its start: {self.last_words()} (see {self.log})")
            if time.monotonic() > deadline:
                self.stop()
                raise ChildFailed(f"{self.name} was not ready after {seconds:.0f} s (see {self.log})")
            time.sleep(0.005)

    def last_words(self) -> str:
        """The last line of its log that has any text."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else f"exit status {self.process.returncode}"


def _bind_to_parent(parent: int, number: signal.Signals) -> Callable[[], None]:
    """What the child runs before exec, after the change of user (which would clear the death signal)."""

    def bind() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # the parent died in between
            os._exit(1)

    return bind


def spawn_child(
    argv: Sequence[str | Path],
    env: Mapping[str, str] | None,
    log: Path,
    *,
    name: str | None = None,
    user: pwd.struct_passwd | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,),
) -> Child:
    """Start a process in a session of its own, with its output in `log`, that dies when we do.

    The kernel ties it to the thread that starts it, so one thread that stays starts all of them.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_name(log.name + ".1"))
    with log.open("ab") as output:
        process = _spawner.submit(
            subprocess.Popen,
            [str(part) for part in argv],
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=_bind_to_parent(os.getpid(), death_signal),
        ).result()
    return Child(name or Path(argv[0]).name, process, log, stop_signals)


def _living_in(directory: Path, program: str) -> list[psutil.Process]:
    """Processes of that program that work in `directory`: PostgreSQL and Redis both move into their data."""
    wanted = str(directory.resolve())
    living = psutil.process_iter(["name", "cwd"])
    return [p for p in living if (p.info["cwd"], p.info["name"]) == (wanted, program)]


def end_orphans(directory: Path, program: str, stop_signals: Sequence[signal.Signals]) -> int:
    """End what an earlier platform left running on `directory`; the caller holds its lock. Returns how many."""
    found = left = _living_in(directory, program)
    for number in (*stop_signals, signal.SIGKILL):
        pids = {process.pid for process in left}
        for process in left:
            with suppress(psutil.NoSuchProcess):
                if number is signal.SIGKILL or process.ppid() not in pids:  # its head ends the others
                    process.send_signal(number)
                    process.resume()  # one that was stopped hears nothing before
        deadline = time.monotonic() + 5
        while left and time.monotonic() < deadline:
            time.sleep(0.01)
            left = _living_in(directory, program)
    return len(found)
