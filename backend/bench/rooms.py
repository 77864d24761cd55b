"""Each room as a process of its own, over a real Kafka: how soon it answers, and what it holds when nothing happens."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

import psutil

from bench.box import SECRET, Box, environment
from bench.rows import Row, under
from rasoi.embedded.children import ChildFailed
from rasoi.embedded.kafka import Kafka
from rasoi.embedded.postgres import free_port
from rasoi.platform.cluster import Cluster, ensure_topics
from rasoi.platform.kafka import publishes
from rasoi.room_list import NAMES
from rasoi.settings import REPOSITORY

DATABASE = "rooms"
START, IDLE = "one room's process: start to its first answer", "… its idle memory"


@dataclass
class Service:
    """One room, as `rasoi serve` runs it."""

    room: str
    environ: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Returns the seconds from its start to its first answer."""
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rasoi.cli", "serve", self.room], cwd=REPOSITORY / "backend",
            env=self.environ | {"PORT": str(self.port)}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        while not self._answers():
            if self.process.poll() is not None or time.perf_counter() - begun > 60:
                raise SystemExit(f"{self.room} did not start as a process of its own")
            time.sleep(0.005)
        return time.perf_counter() - begun

    def _answers(self) -> bool:
        conn = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            conn.request("GET", "/health/live")
            return conn.getresponse().status == 200
        except OSError:
            return False
        finally:
            conn.close()

    def memory(self) -> float:
        """MB, as the kernel counts it: pages of shared libraries included."""
        assert self.process
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@contextmanager
def _kafka(box: Box) -> Iterator[Kafka]:
    broker = Kafka(box.data / "kafka", free_port(), free_port(), box.data / "kafka.log")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


async def measure(box: Box, quick: bool) -> list[Row]:
    """The worst of all rooms. Topics and tables are there: making them belongs to an installation's first start."""
    try:
        with _kafka(box) as broker:
            await ensure_topics(Cluster(broker.bootstrap), list(filter(publishes, NAMES)))
            await box.make_beside(DATABASE)
            own = {
                "EVENTS": "kafka", "KAFKA_BOOTSTRAP": broker.bootstrap, "DATABASE_URL": box.database_url(DATABASE),
                "SECRET_KEY": SECRET, "RAZORPAY_SIMULATOR_URL": box.url, "RASOI_DATA": str(box.data), "LOG_LEVEL": "warning",
            }  # fmt: skip
            if (redis := box.data / "run" / "redis.sock").exists():
                own["REDIS_URL"] = f"unix://{redis}"
            return _rows([Service(name, environment() | own) for name in NAMES], quick)
    except ChildFailed as missing:
        return [Row(START, "not measured", str(missing)), Row(IDLE, "not measured", str(missing))]


def _rows(services: list[Service], quick: bool) -> list[Row]:
    seconds, memory = {}, {}
    for (
        each
    ) in services:  # one after another: together they need more connections than one box's PostgreSQL has
        try:
            seconds[each.room] = _seconds(each, 1 if quick else 3)
            time.sleep(3 if quick else 10)
            memory[each.room] = each.memory()
        finally:
            each.stop()
    slowest, largest = max(seconds, key=seconds.__getitem__), max(memory, key=memory.__getitem__)
    return [
        under(START, seconds[slowest], "s", 1, 0.5, _spread(slowest, seconds, "s", 2)),
        under(IDLE, memory[largest], "MB", 90, 60, _spread(largest, memory, "MB", 0)),
    ]


def _seconds(service: Service, times: int) -> float:
    """The median; the last of the processes stays."""
    found = []
    for _ in range(times):
        service.stop()
        found.append(service.start())
    return statistics.median(found)


def _spread(worst: str, figures: dict[str, float], unit: str, places: int) -> str:
    others = ", ".join(f"{name} {figure:.{places}f}" for name, figure in figures.items() if name != worst)
    return f"{worst}, the worst; {others} {unit}"
