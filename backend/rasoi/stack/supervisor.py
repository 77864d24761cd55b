"""Supervises the stack: starts its processes in order, starts again what ends, replaces replicas one by one, stops all."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasoi.embedded import ChildFailed
from rasoi.stack import control
from rasoi.stack.deployment import LOOPBACK, LocalDeployment, check_ports
from rasoi.stack.plan import Service
from rasoi.stack.processes import ManagedProcess, Stopping, Task, memory_mb

LOOK_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S = 0.2, 10.0, 30.0
DAILY_S, TRIM_S = 86_400.0, 60.0
LARGEST_LOG = 50_000_000
STOP_ORDER = ("gateway", "watch", "room", "rasoi", "task", "server")


@dataclass
class Replica:
    """One replica of a service, and its state. Whoever starts or stops it holds its `lock`."""

    service: Service
    name: str
    number: int
    port: int
    process: ManagedProcess
    log: str
    state: str = "waiting"
    restarts: int = 0
    failures: int = 0
    since: float = 0.0
    up: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self, stopping: threading.Event) -> float:
        """Returns the seconds that it took. Raises ChildFailed."""
        began = time.monotonic()
        self.state = "starting"
        try:
            self.process.start(stopping)
        except ChildFailed:
            self.state = "failed"
            raise
        finally:
            self.since = time.monotonic()
        self.state = "done" if self.service.kind == "task" else "ready"
        self.up.set()
        return self.since - began

    def stop(self) -> int:
        """Returns the exit status of a process of ours, which is 0 where it drained; servers have their own."""
        self.state = "stopping"
        self.process.stop()
        self.state = "stopped"
        ours = self.process.child if self.service.kind == "room" else None
        return (ours.process.returncode or 0) if ours else 0

    @property
    def ended(self) -> bool:
        return self.state in ("ready", "failed") and not (self.process.child and self.process.child.alive)

    def description(self) -> dict[str, Any]:
        """Its line of `rasoi stack status --json`."""
        child = self.process.child
        pid = child.process.pid if child and child.alive else None
        return {
            "name": self.service.name, "replica": self.number, "instance": self.name, "pid": pid, "port": self.port or None,
            "state": self.state, "health": self.process.health() if self.state in ("ready", "done") else self.state,
            "restarts": self.restarts, "log": self.log, "rss_mb": memory_mb(pid) if pid else 0,
        }  # fmt: skip


class Supervisor:
    """One stack on its data, from `run` until SIGINT, SIGTERM or `rasoi stack down`."""

    def __init__(self, deployment: LocalDeployment, report: Callable[[str], None]) -> None:
        self.deployment, self.report = deployment, report
        self.embedded, self.plan, self.settings = deployment.embedded, deployment.plan, deployment.settings
        self.stopping = threading.Event()
        self.failure: Exception | None = None
        self.replicas: list[Replica] = []
        self.spares: dict[str, Replica] = {}
        self.replacing = threading.Lock()

    def run(self, announce: Callable[[dict[str, Any]], None]) -> None:
        """Returns after a clean stop. Raises AlreadyRunning, SettingsError, ChildFailed."""
        self.embedded.take()
        control_server: control.Control | None = None
        threads: list[threading.Thread] = []
        try:
            if found := self.deployment.recover():
                self.report(f"ended {found} processes that an earlier stack left")
            check_ports([("the gateway", self.settings.host, self.settings.port), *self.deployment.ports()])
            self._prepare()
            control_server = control.Control(self.embedded.sockets() / "control.sock", self._answer)
            self._write_state(control_server, ready=False)
            threads = [
                threading.Thread(target=self._supervise, args=[replica], name=replica.name)
                for replica in self.replicas
            ]
            self._run_until_stopped(threads, announce, control_server)
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()
            self._stop_all()
            if control_server:
                control_server.close()
            (self.embedded.data / control.STATE_FILE).unlink(missing_ok=True)
            self.embedded.stop()
        if self.failure:
            raise self.failure

    def _prepare(self) -> None:
        if "nginx" in self.plan:
            self.deployment.write_gateway()
        if "prometheus" in self.plan:
            self.deployment.write_scrape()
        self.replicas = [
            self._new(service, name, number, port)
            for service in self.plan.services
            for name, number, port in service.instances()
        ]

    def _new(self, service: Service, name: str, number: int, port: int) -> Replica:
        shown = port if service.kind != "gateway" else self.settings.port
        process = self.deployment.process(service, name, port)
        return Replica(service, name, number, shown, process, str(self.deployment.log(name)))

    def _write_state(self, control_server: control.Control, *, ready: bool) -> None:
        control.write_state(
            self.embedded.data, {"pid": os.getpid(), "control": str(control_server.path), "ready": ready}
        )

    def _run_until_stopped(
        self,
        threads: list[threading.Thread],
        announce: Callable[[dict[str, Any]], None],
        control_server: control.Control,
    ) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        for thread in threads:
            thread.start()
        if all(self._wait_until_up(replica) for replica in self.replicas):
            announce(self.status())
            self._write_state(control_server, ready=True)
        while not self.stopping.wait(TRIM_S):
            for replica in self.replicas:
                trim(Path(replica.log))
        self.report("stopping")

    def _wait_until_up(self, replica: Replica) -> bool:
        """Whether it came up, before all is told to end."""
        while not replica.up.wait(0.05):
            if self.stopping.is_set():
                return False
        return True

    def _supervise(self, replica: Replica) -> None:
        """The life of one replica: its start after those it needs, then again and again whenever it ends."""
        before = [each for each in self.replicas if each.service.name in replica.service.after]
        if not all(self._wait_until_up(each) for each in before):
            return
        try:
            with replica.lock:
                self.report(f"{replica.name:<16}ready after {replica.start(self.stopping):.1f} s")
        except Stopping:
            return
        except Exception as error:
            self.failure = error
            self.stopping.set()
            return
        if isinstance(replica.process, Task):
            self._run_daily(replica)
        while not self.stopping.wait(LOOK_S):
            with replica.lock:
                if replica.ended:
                    self._restart_after_exit(replica)

    def _restart_after_exit(self, replica: Replica) -> None:
        if time.monotonic() - replica.since > STEADY_S:
            replica.failures = 0
        pause = min(FIRST_PAUSE_S * 2**replica.failures, LONGEST_PAUSE_S)
        replica.failures += 1
        replica.restarts += 1
        replica.state = "failed"
        self.report(f"{replica.name} ended; starting it again in {pause:.1f} s")
        if self.stopping.wait(pause):
            return
        try:
            self.report(f"{replica.name} is back after {replica.start(self.stopping):.1f} s")
        except Stopping:
            return
        except (ChildFailed, OSError) as error:
            self.report(str(error))

    def _run_daily(self, replica: Replica) -> None:
        """Once a day, since months of logs are made ahead."""
        while not self.stopping.wait(DAILY_S):
            try:
                replica.start(self.stopping)
            except Stopping:
                return
            except (ChildFailed, OSError) as error:
                self.report(str(error))

    def _stop_all(self) -> None:
        """Those in front first, so that nothing is asked of what is gone."""
        everything = [*self.replicas, *self.spares.values()]
        with ThreadPoolExecutor(32) as pool:
            for kind in STOP_ORDER:
                list(
                    pool.map(self._stop, [replica for replica in everything if replica.service.kind == kind])
                )

    def _stop(self, replica: Replica) -> None:
        if status := replica.stop():
            self.report(f"{replica.name} ended with status {status}")

    def status(self) -> dict[str, Any]:
        """All that `rasoi stack status --json` says."""
        with ThreadPoolExecutor(32) as pool:
            services = list(pool.map(Replica.description, self.replicas))
        prometheus = (
            f"http://{LOOPBACK}:{self.plan['prometheus'].port}" if "prometheus" in self.plan else None
        )
        demo = next(
            (replica.process.output for replica in self.replicas if isinstance(replica.process, Task)), ""
        )
        return {
            "url": self.settings.url, "prometheus_url": prometheus, "data": str(self.embedded.data), "pid": os.getpid(),
            "ready": all(each["health"] == "ok" for each in services), "services": services, "demo": demo,
        }  # fmt: skip

    def _answer(self, request: dict[str, Any], report: control.Report) -> None:
        if request["action"] == "status":
            report(self.status())
        elif request["action"] == "down":
            self.stopping.set()
            report({"message": "stopping"})
        elif request["action"] == "restart":
            try:
                for name in self._named(request["services"]):
                    self._restart(name, lambda text: report({"message": text}))
            except (ChildFailed, OSError) as error:
                report({"error": str(error)})
            except Stopping:
                report({"error": "the stack is stopping"})

    def _named(self, names: list[str]) -> list[str]:
        """Services by name, `rooms` for all rooms. Raises ChildFailed for what is none or can't be restarted."""
        found = [
            each
            for name in names
            for each in ([r.name for r in self.plan.rooms] if name == "rooms" else [name])
        ]
        for name in found:
            if name not in self.plan or self.plan[name].kind == "task":
                raise ChildFailed(f"{name} is no service that can be restarted")
        return found

    def _restart(self, name: str, report: Callable[[str], None]) -> None:
        """Replace its replicas one by one, each once the one before is ready; a room's spare stands in meanwhile."""
        mine = [replica for replica in self.replicas if replica.service.name == name]
        with self.replacing:
            if mine[0].service.kind == "gateway":
                self._reload_gateway(mine[0], report)
                return
            if mine[0].service.kind == "room":
                self._start_spare(mine[0].service, report)
            self._replace(mine, report)
            if spare := self.spares.pop(name, None):
                self._stop(spare)

    def _start_spare(self, service: Service, report: Callable[[str], None]) -> None:
        if (old := self.spares.get(service.name)) and old.process.health() == "ok":
            return
        spare = self._new(service, f"{service.name}-spare", 0, service.spare_port)
        self.spares[service.name] = spare
        report(f"{spare.name} stands in after {spare.start(self.stopping):.1f} s")

    def _replace(self, mine: Iterable[Replica], report: Callable[[str], None]) -> None:
        for replica in mine:
            with replica.lock:
                self._stop(replica)
                report(f"{replica.name} is new after {replica.start(self.stopping):.1f} s")

    def _reload_gateway(self, replica: Replica, report: Callable[[str], None]) -> None:
        """nginx takes its configuration and certificates anew, and drops no connection for it."""
        self.deployment.write_gateway()
        if child := replica.process.child:
            child.process.send_signal(signal.SIGHUP)
        report("nginx has read its configuration again")


def trim(log: Path) -> None:
    """Begin a large log anew while its writer, which appends, holds it open; the one before is kept."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
