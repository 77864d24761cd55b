"""The project in containers: a copy of the tree, Compose, and what can be seen from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import images
from commands import Failed, last_lines, run
from engine import Engine

ROOT = images.ROOT
URL, PROMETHEUS = "http://localhost:8080", "http://127.0.0.1:8103"
UP_S, BACK_S = 420, 120.0
ONE = ("--env-file", ".env")
THREE = (*ONE, "--env-file", "infra/three-brokers.env")
# with all signs that an address, a shell or Compose might take for their own
PASSWORDS = {"DATABASE_PASSWORD": "'o/w:n@e r%$d'", "DATABASE_PASSWORD_MENU": "'m/e:n@u #?\"$x'"}
# one path of every room, and one that any of them answers
PATHS = (
    "/order", "/api/menu", "/api/inventory/x", "/api/orders/x", "/api/payments", "/api/kitchen/x", "/api/notifications",
    "/api/reports/x", "/api/staff/me", "/socket.io/?EIO=4",
)  # fmt: skip
ROWS = """SELECT (SELECT count(*) FROM orders.orders), (SELECT sum(amount_paise) FROM payments.payment),
(SELECT count(*) FROM kitchen.ticket), (SELECT count(*) FROM reports.sale)"""


@dataclass
class Rush:
    """A dinner service that is being played in a container of its own."""

    process: subprocess.Popen[str]
    log: Path

    def result(self) -> dict[str, Any]:
        """Raises Failed where something was lost, doubled or not settled."""
        try:
            out, _ = self.process.communicate(timeout=900)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed("the rush did not end in 900 s") from None
        told = self.log.read_text(errors="replace")
        try:
            found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise Failed(f"the rush has no result:\n{last_lines(out + told)}") from None
        if wrong := {name: found[name] for name in ("lost", "duplicated", "unfinished") if found.get(name)}:
            raise Failed(f"the rush: {wrong}\n{last_lines(told)}")
        return found


@dataclass
class Project:
    """`stand_ins`: whether base images are replaced. `brokers` are the env-files of the moment."""

    engine: Engine
    stand_ins: bool
    source: Path
    brokers: tuple[str, ...] = ONE
    environ: dict[str, str] = field(default_factory=dict)

    def copy(self) -> None:
        """The tree as git sees it, changes that are not committed included, with an .env of its own."""
        shutil.rmtree(self.source, ignore_errors=True)
        listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                target = self.source / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        run("python3", "infra/env.py", cwd=self.source)
        self.set(DEMO="1", **PASSWORDS)
        self.environ = {**self.engine.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        if self.stand_ins:
            (self.source / "stand-ins.json").write_text(images.override())
            self.environ["COMPOSE_FILE"] = "docker-compose.yml:stand-ins.json"

    def set(self, **values: str) -> None:
        """Give these names these values in .env."""
        path = self.source / ".env"
        lines = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in values]
        path.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in values.items()), ""]))

    def compose(self, *arguments: str, seconds: float = 600, check: bool = True) -> str:
        command = ("docker", "compose", *self.brokers, *arguments)
        return run(*command, env=self.environ, cwd=self.source, seconds=seconds, check=check).stdout.strip()

    def up(self, *more: str) -> str:
        """Start what is not running, and wait until all is healthy. Raises Failed with the unhealthy ones' last lines."""
        try:
            return self.compose("up", "-d", "--wait", "--wait-timeout", str(UP_S), *more, seconds=UP_S + 600)
        except Failed as reason:
            shown = self.compose("ps", "-a", "--format", "{{.Service}} {{.Status}}", check=False)
            bad = [line.split()[0] for line in shown.splitlines() if "(healthy)" not in line]
            raise Failed(
                f"{reason}\n{shown}\n{self.compose('logs', '--tail', '6', *bad, check=False)[-3000:]}"
            ) from None

    def down(self, *more: str) -> None:
        self.compose("down", "--remove-orphans", "-t", "20", *more)

    def rush(self, orders: int, rate: float, seed: int = 1) -> Rush:
        argv = [
            "docker", "run", "--rm", "--network", "host", "rasoi", "rasoi", "rush", "--url", URL, "--orders", str(orders),
            "--rate", str(rate), "--seed", str(seed), "--settle", "180", "--json",
        ]  # fmt: skip
        log = self.engine.cache / "rush.log"
        with log.open("wb") as output:
            made = subprocess.Popen(
                argv,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        return Rush(made, log)

    def answers(self, seconds: float = 30) -> float:
        """Seconds until every room answers through the gateway, whatever it says. Raises Failed."""
        began = time.monotonic()
        while bad := [path for path in PATHS if _status(URL + path) in (0, 500, 502, 503, 504)]:
            if time.monotonic() - began > seconds:
                raise Failed(
                    f"after {seconds:.0f} s these do not answer through the gateway: {', '.join(bad)}"
                )
            time.sleep(0.2)
        return time.monotonic() - began

    def kill(self, service: str) -> float:
        """SIGKILL of a container's first process, as in a crash; the seconds until Docker calls it healthy again."""
        container = self.compose("ps", "-q", service)
        before = self._state(container)[0]
        began = time.monotonic()
        os.kill(int(before), 9)
        while time.monotonic() - began < BACK_S:
            pid, health = self._state(container)
            if pid not in ("0", before) and health == "healthy":
                return time.monotonic() - began
            time.sleep(0.1)
        raise Failed(f"{service} was not healthy again {BACK_S:.0f} s after a crash")

    def _state(self, container: str) -> tuple[str, str]:
        pid, health = self.engine.docker(
            "inspect", "-f", "{{.State.Pid}} {{.State.Health.Status}}", container
        ).split()
        return pid, health

    def services(self) -> list[str]:
        """Those that run."""
        return self.compose("ps", "--services", "--status", "running").split()

    def inside(self, service: str, script: str) -> bool:
        command = ("docker", "compose", *self.brokers, "exec", "-T", service, "sh", "-c", script)
        return run(*command, env=self.environ, cwd=self.source, check=False).returncode == 0

    def rows(self) -> str:
        return self.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", "rasoi", "-Atc", ROWS)

    def asked(self, query: str) -> str:
        """Prometheus' answer."""
        with urlopen(f"{PROMETHEUS}/api/v1/query?query={query}", timeout=10) as answer:  # noqa: S310  our own
            return str(json.load(answer)["data"]["result"])


def _status(url: str) -> int:
    """0 where nobody answers."""
    try:
        with urlopen(url, timeout=15) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return 0
