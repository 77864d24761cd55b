"""A stack for tests, with data and ports of its own, through the command line as people use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from rasoi.embedded.postgres import free_port, free_ports
from rasoi.settings import REPOSITORY
from tests.support import Platform, plain_environment


@dataclass
class Stack(Platform):
    """`rasoi stack up --detach` with the same few doors as a platform of one process."""

    arguments: tuple[str, ...] = ()
    first_port: int = field(default_factory=free_ports)

    def start(self, seconds: float = 240) -> Stack:
        self.port = self.port or free_port()
        self.data.mkdir(parents=True, exist_ok=True)
        self.rasoi("up", "--detach", *self.arguments, seconds=seconds)
        return self

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "STACK_PORTS": str(self.first_port),
            "POOL_SIZE": "8",
            "DEMO": "1",
            **self.environ,
        }

    def rasoi(self, *arguments: str, seconds: float = 60, check: bool = True) -> str:
        """What `rasoi stack …` prints. Raises where it fails, unless told not to."""
        return self.command("stack", *arguments, seconds=seconds, check=check)

    def command(self, *arguments: str, seconds: float = 60, check: bool = True) -> str:
        """The same of any command."""
        done = subprocess.run(
            [sys.executable, "-m", "rasoi.cli", *arguments], cwd=REPOSITORY / "backend", timeout=seconds,
            env={**plain_environment(), **self.environment()}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode and check:
            raise RuntimeError(f"rasoi {' '.join(arguments[:2])}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.rasoi("status", "--json", check=False)))

    def pid(self, instance: str) -> int | None:
        """Its process, if it has one now."""
        services = self.status()["services"]
        pid: int | None = next(each["pid"] for each in services if each["instance"] == instance)
        return pid

    def kill(self) -> None:
        """The supervisor ends as in a crash, and takes all along."""
        os.kill(self.status()["pid"], signal.SIGKILL)

    def stop(self, *_: Any, **__: Any) -> int:
        self.rasoi("down")
        return 0
