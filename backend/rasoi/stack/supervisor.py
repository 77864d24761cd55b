"""Keeps the stack: starts its parts in order, starts again what ends, replaces replicas one by one, stops all."""

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
from rasoi.stack.native import LOOPBACK, Native, check_ports
from rasoi.stack.parts import Part, Stopping, Task, memory_mb
from rasoi.stack.plan import Service

LOOK_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S = 0.2, 10.0, 30.0
DAILY_S, TRIM_S = 86_400.0, 60.0
LARGEST_LOG = 50_000_000
STOP_ORDER = ("gateway", "watch", "room", "rasoi", "task", "server")


@dataclass
class Kept:
    """A replica and how it fares. Whoever starts or stops it holds its `turn`."""

    service: Service
    name: str
    number: int
    port: int
    part: Part
    log: str
    state: str = "waiting"
    restarts: int = 0
    failures: int = 0
    since: float = 0.0
    up: threading.Event = field(default_factory=threading.Event)
    turn: threading.RLock = field(default_factory=threading.RLock)

    def start(self, stopping: threading.Event) -> float:
        """Returns the seconds that it took. Raises ChildFailed."""
        began = time.monotonic()
        self.state = "starting"
        try:
            self.part.start(stopping)
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
        self.part.stop()
        self.state = "stopped"
        ours = self.part.child if self.service.kind == "room" else None
        return (ours.process.returncode or 0) if ours else 0

    @property
    def ended(self) -> bool:
        return self.state in ("ready", "failed") and not (self.part.child and self.part.child.alive)

    def told(self) -> dict[str, Any]:
        """Its line of `rasoi stack status --json`."""
        child = self.part.child
        pid = child.process.pid if child and child.alive else None
        return {
            "name": self.service.name, "replica": self.number, "instance": self.name, "pid": pid, "port": self.port or None,
            "state": self.state, "health": self.part.health() if self.state in ("ready", "done") else self.state,
            "restarts": self.restarts, "log": self.log, "rss_mb": memory_mb(pid) if pid else 0,
        }  # fmt: skip


class Supervisor:
    """One stack on its data, from `run` until SIGINT, SIGTERM or `rasoi stack down`."""

    def __init__(self, native: Native, say: Callable[[str], None]) -> None:
        self.native, self.say = native, say
        self.box, self.plan, self.settings = native.box, native.plan, native.settings
        self.stopping = threading.Event()
        self.fault: Exception | None = None
        self.kept: list[Kept] = []
        self.spares: dict[str, Kept] = {}
        self.replacing = threading.Lock()

    def run(self, announce: Callable[[dict[str, Any]], None]) -> None:
        """Returns after a clean stop. Raises AlreadyRunning, SettingsError, ChildFailed."""
        self.box.take()
        door: control.Control | None = None
        keepers: list[threading.Thread] = []
        try:
            if found := self.native.recover():
                self.say(f"ended {found} processes that an earlier stack left")
            check_ports([("the gateway", self.settings.host, self.settings.port), *self.native.ports()])
            self._prepare()
            door = control.Control(self.box.sockets() / "control.sock", self._answer)
            self._note(door, ready=False)
            keepers = [threading.Thread(target=self._keep, args=[kept], name=kept.name) for kept in self.kept]
            self._until_told(keepers, announce, door)
        finally:
            self.stopping.set()
            for keeper in keepers:
                keeper.join()
            self._stop_all()
            if door:
                door.close()
            (self.box.data / control.NAME).unlink(missing_ok=True)
            self.box.stop()
        if self.fault:
            raise self.fault

    def _prepare(self) -> None:
        if "nginx" in self.plan:
            self.native.write_gateway()
        if "prometheus" in self.plan:
            self.native.write_scrape()
        self.kept = [
            self._new(service, name, number, port)
            for service in self.plan.services
            for name, number, port in service.instances()
        ]

    def _new(self, service: Service, name: str, number: int, port: int) -> Kept:
        shown = port if service.kind != "gateway" else self.settings.port
        part = self.native.part(service, name, port)
        return Kept(service, name, number, shown, part, str(self.native.log(name)))

    def _note(self, door: control.Control, *, ready: bool) -> None:
        control.note(self.box.data, {"pid": os.getpid(), "control": str(door.path), "ready": ready})

    def _until_told(
        self,
        keepers: list[threading.Thread],
        announce: Callable[[dict[str, Any]], None],
        door: control.Control,
    ) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        for keeper in keepers:
            keeper.start()
        if all(self._wait(kept) for kept in self.kept):
            announce(self.status())
            self._note(door, ready=True)
        while not self.stopping.wait(TRIM_S):
            for kept in self.kept:
                trim(Path(kept.log))
        self.say("stopping")

    def _wait(self, kept: Kept) -> bool:
        """Whether it came up, before all is told to end."""
        while not kept.up.wait(0.05):
            if self.stopping.is_set():
                return False
        return True

    def _keep(self, kept: Kept) -> None:
        """The life of one replica: its turn in the start, then again and again whenever it ends."""
        before = [each for each in self.kept if each.service.name in kept.service.after]
        if not all(self._wait(each) for each in before):
            return
        try:
            with kept.turn:
                self.say(f"{kept.name:<16}ready after {kept.start(self.stopping):.1f} s")
        except Stopping:
            return
        except Exception as error:
            self.fault = error
            self.stopping.set()
            return
        if isinstance(kept.part, Task):
            self._repeat(kept)
        while not self.stopping.wait(LOOK_S):
            with kept.turn:
                if kept.ended:
                    self._start_again(kept)

    def _start_again(self, kept: Kept) -> None:
        if time.monotonic() - kept.since > STEADY_S:
            kept.failures = 0
        pause = min(FIRST_PAUSE_S * 2**kept.failures, LONGEST_PAUSE_S)
        kept.failures += 1
        kept.restarts += 1
        kept.state = "failed"
        self.say(f"{kept.name} ended; starting it again in {pause:.1f} s")
        if self.stopping.wait(pause):
            return
        try:
            self.say(f"{kept.name} is back after {kept.start(self.stopping):.1f} s")
        except Stopping:
            return
        except (ChildFailed, OSError) as error:
            self.say(str(error))

    def _repeat(self, kept: Kept) -> None:
        """Once a day, since months of logs are made ahead."""
        while not self.stopping.wait(DAILY_S):
            try:
                kept.start(self.stopping)
            except Stopping:
                return
            except (ChildFailed, OSError) as error:
                self.say(str(error))

    def _stop_all(self) -> None:
        """Those in front first, so that nothing is asked of what is gone."""
        everything = [*self.kept, *self.spares.values()]
        with ThreadPoolExecutor(32) as pool:
            for kind in STOP_ORDER:
                list(pool.map(self._stop, [kept for kept in everything if kept.service.kind == kind]))

    def _stop(self, kept: Kept) -> None:
        if status := kept.stop():
            self.say(f"{kept.name} ended with status {status}")

    def status(self) -> dict[str, Any]:
        """All that `rasoi stack status --json` says."""
        with ThreadPoolExecutor(32) as pool:
            services = list(pool.map(Kept.told, self.kept))
        prometheus = (
            f"http://{LOOPBACK}:{self.plan['prometheus'].port}" if "prometheus" in self.plan else None
        )
        demo = next((kept.part.output for kept in self.kept if isinstance(kept.part, Task)), "")
        return {
            "url": self.settings.url, "prometheus_url": prometheus, "data": str(self.box.data), "pid": os.getpid(),
            "ready": all(each["health"] == "ok" for each in services), "services": services, "demo": demo,
        }  # fmt: skip

    def _answer(self, request: dict[str, Any], say: control.Say) -> None:
        if request["do"] == "status":
            say(self.status())
        elif request["do"] == "down":
            self.stopping.set()
            say({"said": "stopping"})
        elif request["do"] == "restart":
            try:
                for name in self._named(request["services"]):
                    self._restart(name, lambda text: say({"said": text}))
            except (ChildFailed, OSError) as error:
                say({"fault": str(error)})
            except Stopping:
                say({"fault": "the stack is stopping"})

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

    def _restart(self, name: str, say: Callable[[str], None]) -> None:
        """Replace its replicas one by one, each once the one before is ready; a room's spare stands in meanwhile."""
        mine = [kept for kept in self.kept if kept.service.name == name]
        with self.replacing:
            if mine[0].service.kind == "gateway":
                self._reread(mine[0], say)
                return
            if mine[0].service.kind == "room":
                self._stand_in(mine[0].service, say)
            self._replace(mine, say)
            if spare := self.spares.pop(name, None):
                self._stop(spare)

    def _stand_in(self, service: Service, say: Callable[[str], None]) -> None:
        if (old := self.spares.get(service.name)) and old.part.health() == "ok":
            return
        spare = self._new(service, f"{service.name}-spare", 0, service.spare_port)
        self.spares[service.name] = spare
        say(f"{spare.name} stands in after {spare.start(self.stopping):.1f} s")

    def _replace(self, mine: Iterable[Kept], say: Callable[[str], None]) -> None:
        for kept in mine:
            with kept.turn:
                self._stop(kept)
                say(f"{kept.name} is new after {kept.start(self.stopping):.1f} s")

    def _reread(self, kept: Kept, say: Callable[[str], None]) -> None:
        """nginx takes its configuration and certificates anew, and drops no connection for it."""
        self.native.write_gateway()
        if child := kept.part.child:
            child.process.send_signal(signal.SIGHUP)
        say("nginx has read its configuration again")


def trim(log: Path) -> None:
    """Begin a large log anew while its writer, which appends, holds it open; the one before is kept."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
