"""`rasoi stack`: start, show, follow, replace and stop the platform as many processes on this machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rasoi.embedded import AlreadyRunning, ChildFailed, Embedded
from rasoi.embedded import redis as redis_program
from rasoi.embedded.postgres import free_port
from rasoi.settings import Settings, SettingsError
from rasoi.stack import control
from rasoi.stack.control import NoStack
from rasoi.stack.deployment import LocalDeployment
from rasoi.stack.plan import Plan, PlanError, parse_replicas, plan
from rasoi.stack.processes import RASOI
from rasoi.stack.show import logs, show
from rasoi.stack.supervisor import Supervisor

UP_S, STATUS_S, RESTART_S, DOWN_S = 240.0, 10.0, 300.0, 60.0


def main(settings: Settings, given: argparse.Namespace) -> int:
    actions = {"up": up, "status": status, "logs": logs, "restart": restart, "down": down}
    try:
        return actions[given.action](replace(settings, data=settings.data / "stack"), given)
    except PlanError as wrong:
        raise SettingsError(str(wrong)) from None


def planned(settings: Settings, given: argparse.Namespace) -> Plan:
    """The stack as it was asked for, without what stands elsewhere. Raises PlanError."""
    found = plan(
        parse_replicas(given.replicas), first_port=settings.stack_ports, simulated=settings.simulated
    )
    elsewhere = {
        "postgres": bool(settings.database_url),
        "kafka": bool(settings.kafka_bootstrap),
        "redis": bool(settings.redis_url) or redis_program.binary() is None,
        "simulator": bool(settings.razorpay_simulator_url),
    }
    left_out = [name for name, away in elsewhere.items() if away and name in found]
    return found.without(tuple(left_out)).without(tuple(filter(None, given.without.split(","))))


def up(settings: Settings, given: argparse.Namespace) -> int:
    chosen = planned(settings, given)
    if given.detach:
        return _detach(settings, given)
    settings = replace(settings, port=settings.port or free_port(), events="kafka")
    overrides = {"max_connections": str(chosen.connections(settings.pool_size))}
    deployment = LocalDeployment(settings, chosen, Embedded(settings, overrides))
    began, lock = time.monotonic(), threading.Lock()

    def report(text: str) -> None:
        with lock:
            print(f"  {text}", flush=True)

    def announce(status: dict[str, Any]) -> None:
        print(f"\nRasoi is ready after {time.monotonic() - began:.1f} s; data stay in {settings.data}.\n")
        show(status)

    Supervisor(deployment, report).run(announce)
    return 0


def _detach(settings: Settings, given: argparse.Namespace) -> int:
    """Start the supervisor in a session of its own, and tell what it says until all is ready."""
    log = settings.data / "log" / "stack.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = [*RASOI, "stack", "up", "--replicas", given.replicas, "--without", given.without]
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + UP_S
    with log.open() as said:
        try:
            while process.poll() is None and not _ready(settings, process.pid):
                sys.stdout.write(said.read())
                sys.stdout.flush()
                if time.monotonic() > deadline:
                    raise ChildFailed(f"the stack was not ready after {UP_S:.0f} s (see {log})")
                time.sleep(0.1)
        except BaseException:
            process.terminate()
            raise
        sys.stdout.write(said.read())
    return process.poll() or 0


def _ready(settings: Settings, pid: int) -> bool:
    known = control.read_state(settings.data)
    return bool(known.get("ready")) and known["pid"] == pid


def status(settings: Settings, given: argparse.Namespace) -> int:
    """0 where all is well, 1 where something is not."""
    status = next(control.request(settings.data, {"action": "status"}, STATUS_S))
    if given.json:
        print(json.dumps(status, indent=2))
    else:
        show(status)
    return 0 if status["ready"] else 1


def restart(settings: Settings, given: argparse.Namespace) -> int:
    for answer in control.request(settings.data, {"action": "restart", "services": given.service}, RESTART_S):
        if "error" in answer:
            raise ChildFailed(answer["error"])
        print(f"  {answer['message']}", flush=True)
    return 0


def down(settings: Settings, _: argparse.Namespace) -> int:
    """Returns once nothing is left, also of a stack whose supervisor was killed."""
    with suppress(NoStack):
        list(control.request(settings.data, {"action": "down"}, STATUS_S))
    embedded, deadline = Embedded(settings), time.monotonic() + DOWN_S
    while True:
        try:
            embedded.take()
            break
        except AlreadyRunning:
            if time.monotonic() > deadline:
                raise
    found = LocalDeployment(settings, plan(), embedded).recover()
    embedded.stop()
    print("  the stack is down" + (f"; {found} processes of a killed one were ended" if found else ""))
    return 0
