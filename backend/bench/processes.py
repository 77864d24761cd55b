"""The platform as many processes, measured: `rasoi stack up` with data and ports of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.box import SECRET, Box, environment
from rasoi.embedded.postgres import free_ports
from rasoi.settings import REPOSITORY
from rasoi.stack.plan import plan

QUIET_PERCENT, QUIET_S, LONGEST_S = 20.0, 1.0, 20.0


class NoStack(Exception):
    """The stack does not start here; the text says why."""


@dataclass
class Stack(Box):
    """A box whose platform is the native stack, reached through its gateway."""

    first_port: int = field(default_factory=free_ports)

    @property
    def cluster(self) -> Path:
        return self.data / "stack" / "postgres"

    @property
    def kafka(self) -> str:
        return f"127.0.0.1:{plan(first_port=self.first_port)['kafka'].port}"

    def start(self, program: tuple[str, ...] = ()) -> float:
        """`program`: more options of `rasoi stack up`. Returns the seconds until all is ready. Raises NoStack."""
        begun = time.perf_counter()
        self._rasoi("up", "--detach", *program)
        return time.perf_counter() - begun

    def start_database(self) -> None:
        """PostgreSQL with the demo in it, and nobody who reads it yet."""
        keep = ("postgres", "redis", "migrate")
        without = [each.name for each in plan().services if each.name not in keep]
        self.start(("--without", ",".join(without)))

    def status(self) -> list[dict[str, Any]]:
        """Its processes, as `rasoi stack status --json` tells them."""
        return list(json.loads(self._rasoi("status", "--json"))["services"])

    def stop(self) -> None:
        self._rasoi("down")

    def _rasoi(self, *arguments: str) -> str:
        own = {
            "PORT": str(self.port), "STACK_PORTS": str(self.first_port), "RASOI_DATA": str(self.data), "DEMO": "1",
            "SECRET_KEY": SECRET, "LOG_LEVEL": "warning",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "rasoi.cli", "stack", *arguments], cwd=REPOSITORY / "backend", timeout=240,
            env=environment() | own, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise NoStack(said[-1] if said else f"rasoi stack {arguments[0]} failed")
        return done.stdout


def until_quiet() -> None:
    """Until this machine has been at rest for a moment, so that nothing that was left to do is measured; not for ever."""
    deadline = time.monotonic() + LONGEST_S
    while psutil.cpu_percent(QUIET_S) > QUIET_PERCENT and time.monotonic() < deadline:
        pass
