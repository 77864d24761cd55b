"""A Docker engine of our own, from Debian's packages, unpacked into a cache and run from there: nothing is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM

from commands import Failed, last_lines, run

PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd", "tini-static")
# of the machine itself; Debian 12's are recent enough
PROGRAMS = {
    "runc": "runc",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "xz": "xz-utils",
    "git": "git",
}
SUITE = "forky"  # the first Debian with an engine that Compose's start_interval works on
SHARES = Path("/sys/fs/cgroup/cpu")
START_S, STOP_S = 60.0, 90.0


class Engine:
    """`data` holds images and build cache, and is kept between runs; containers, volumes and networks are not."""

    def __init__(self, cache: Path, store: str) -> None:
        self.cache, self.store = cache, store
        self.unpacked, self.running = cache / "engine", cache / "run"
        self.process: subprocess.Popen[bytes] | None = None
        binaries = f"{self.unpacked}/usr/bin:{self.unpacked}/usr/sbin"
        self.environ: Mapping[str, str] = {
            **os.environ,
            "PATH": f"{binaries}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "DOCKER_HOST": f"unix://{self.running}/docker.sock",
            "DOCKER_CONFIG": str(cache / "config"),
            "DEBIAN_FRONTEND": "noninteractive",
        }

    def docker(self, *arguments: str | Path, seconds: float = 600, check: bool = True) -> str:
        return run("docker", *arguments, env=self.environ, seconds=seconds, check=check).stdout.strip()

    def start(self) -> str:
        """Returns its version. Raises Failed with what is missing."""
        install_programs()
        self._unpack()
        self._give_shares()
        unmount(self.cache)  # what a run that was killed left
        shutil.rmtree(self.running, ignore_errors=True)
        self.running.mkdir(parents=True)
        data, containerd = self.cache / f"data-{self.store}", str(self.store == "containerd").lower()
        argv = [
            "dockerd", "--data-root", data, "--exec-root", self.running / "exec", "--pidfile", self.running / "pid",
            "--host", self.environ["DOCKER_HOST"], "--ip6tables=false", "--feature", f"containerd-snapshotter={containerd}",
        ]  # fmt: skip
        with (self.cache / "engine.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in argv], env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while run("docker", "info", env=self.environ, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed(
                    f"the engine did not start:\n{last_lines((self.cache / 'engine.log').read_text())}"
                )
            time.sleep(0.5)
        self.clear()
        return f"engine {self.docker('version', '--format', '{{.Server.Version}}')}, {self.docker('compose', 'version')}"

    def _unpack(self) -> None:
        """The packages from the mirror that this machine's own apt uses."""
        if (self.unpacked / "complete").is_file():
            return
        work = self.cache / "apt"
        shutil.rmtree(self.unpacked, ignore_errors=True)
        for directory in ("lists/partial", "cache/archives/partial", "debs"):
            (work / directory).mkdir(parents=True, exist_ok=True)
        (work / "list").write_text(f"deb {mirror()} {SUITE} main\n")
        apt = [
            "apt-get", "-q", "-o", f"Dir::Etc::SourceList={work}/list", "-o", "Dir::Etc::SourceParts=-",
            "-o", f"Dir::State::Lists={work}/lists", "-o", f"Dir::Cache={work}/cache",
            "-o", "Acquire::Check-Valid-Until=false", "-o", "APT::Sandbox::User=root",
        ]  # fmt: skip
        run(*apt, "update", env=self.environ)
        run(*apt, "download", *PACKAGES, env=self.environ, cwd=work / "debs")
        for package in (work / "debs").glob("*.deb"):
            run("dpkg", "-x", package, self.unpacked)
        shutil.rmtree(work)
        plugins = {"cliPluginsExtraDirs": [str(self.unpacked / "usr/libexec/docker/cli-plugins")]}
        (self.cache / "config").mkdir(exist_ok=True)
        (self.cache / "config" / "config.json").write_text(json.dumps(plugins))
        (self.unpacked / "complete").touch()

    def _give_shares(self) -> None:
        """Under cgroup v1 all containers together would weigh as much as one process of the machine."""
        if (SHARES / "cpu.shares").exists():
            with suppress(OSError):
                (SHARES / "docker").mkdir(exist_ok=True)
                (SHARES / "docker" / "cpu.shares").write_text("16384")

    def clear(self) -> None:
        """End and remove all but images and build cache; everything in this engine is ours."""
        if found := self.docker("ps", "-aq").split():
            self.docker("rm", "-f", "-v", *found, seconds=120)
        self.docker("volume", "prune", "-af")
        self.docker("network", "prune", "-f")

    def stop(self) -> None:
        """Nothing of it is left running or mounted."""
        if self.process is None:
            return
        with suppress(Failed):
            self.clear()
        self.process.send_signal(SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, SIGKILL)
            self.process.wait(10)
        unmount(self.cache)
        shutil.rmtree(self.running, ignore_errors=True)


class RunningEngine(Engine):
    """The machine's own, whatever else is in it; only what is ours is removed, by the project's name."""

    def __init__(self, cache: Path) -> None:
        super().__init__(cache, "")
        self.environ = os.environ

    def start(self) -> str:
        if run("docker", "info", check=False).returncode:
            raise Failed(
                "no Docker engine answers here; without --real one is brought from Debian's packages"
            )
        return f"engine {self.docker('version', '--format', '{{.Server.Version}}')}, {self.docker('compose', 'version')}"

    def clear(self) -> None:
        return None

    def stop(self) -> None:
        return None


def unmount(below: Path) -> None:
    """All that is mounted under this directory, so that removing it removes nothing of the machine's."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((each for each in mounts if each.startswith(f"{below}/")), reverse=True):
        run("umount", mount, check=False)


def mirror() -> str:
    """The address that this machine's apt has Debian from."""
    found = run("apt-get", "indextargets", "--format", "$(REPO_URI)").stdout.split()
    usable = [each.rstrip("/") for each in found if "security" not in each]
    if not usable:
        raise Failed("apt knows no Debian mirror: its lists are empty, or this is no Debian; apt-get update")
    return usable[0]


def install_programs() -> None:
    """What the engine needs of the machine. Raises Failed where it can't be had."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [package for name, package in PROGRAMS.items() if not shutil.which(name, path=path)]
    if os.geteuid() != 0:
        raise Failed("an engine of our own needs root; with a Docker engine that you may use: --real")
    if not shutil.which("apt-get"):
        raise Failed("an engine of our own comes from Debian's packages, and there is no apt-get here")
    if missing:
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "update", "-q", env=environ)
        run("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, env=environ)
