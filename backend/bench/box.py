"""The platform under measurement: `rasoi run` in a process of its own, with its embedded PostgreSQL as it ships."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from uuid_utils.compat import uuid7

from rasoi.app import ROOMS
from rasoi.embedded.postgres import binaries, free_port, url_of_running
from rasoi.platform import migrate
from rasoi.platform.auth import Principal, Tokens
from rasoi.settings import REPOSITORY

SECRET = "only for this benchmark, but as long as a real one"
BESIDE = "bench"  # pgbench's database: nobody reads its logs
FIRST, FREE = range(1, 51), range(51, 101)
LONG_PAST, NO_PAST, STATISTICS = LAST = 101, 102, 103
# of an outlet, in the order of their foreign keys
COPIED = (
    "menu.outlet_menu menu.tax_class menu.station menu.category menu.item menu.variant menu.modifier_group menu.modifier "
    "menu.item_modifier_group inventory.stock inventory.recipe"
).split()


@dataclass
class Box:
    """One platform, which can be stopped and started on the same data."""

    data: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rasoi-bench-")))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, program: tuple[str, ...] = ("rasoi.cli", "run")) -> float:
        """Returns the seconds until its first answer."""
        own = {
            "PORT": str(self.port),
            "RASOI_DATA": str(self.data),
            "SECRET_KEY": SECRET,
            "LOG_LEVEL": "warning",
        }
        begun = time.perf_counter()
        with (self.data / "bench.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program], cwd=REPOSITORY / "backend", env=environment() | own,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        while not self.answers():
            if self.process.poll() is not None or time.perf_counter() - begun > 60:
                raise SystemExit(f"the platform did not start; see {self.data / 'bench.log'}")
            time.sleep(0.005)
        return time.perf_counter() - begun

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/health/ready")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
        """One request outside of any measurement."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": str(uuid7()),
        }
        try:
            conn.request(method, path, None if body is None else json.dumps(body), headers)
            answer = conn.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if raw[:1] in (b"{", b"[") else raw
        finally:
            conn.close()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def cluster(self) -> Path:
        """Where PostgreSQL has its data."""
        return self.data / "postgres"

    def database_url(self, database: str = "") -> str:
        url = url_of_running(self.cluster)
        assert url, "PostgreSQL does not run"
        return url.replace("/rasoi?", f"/{database}?") if database else url

    def database_at(self, database: str) -> tuple[str, str, str]:
        """For other programs than ours: the host, which is a directory of sockets, the port and the user."""
        parts = urlsplit(self.database_url(database))
        at = parse_qs(parts.query)
        return unquote(at["host"][0]), at["port"][0], str(parts.username)

    async def connect(self, database: str = "") -> Any:
        conn = await asyncpg.connect(self.database_url(database))
        await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
        return conn

    def token(self, outlet: int, role: str = "waiter") -> str:
        """A sign-in of that outlet's staff."""
        person = Principal(
            kind="staff", id=uuid7(), outlet_id=outlet, role=role, session_id=uuid7(), name="Bench"
        )
        return Tokens(SECRET).issue(person, 12 * 3600)

    async def fill(self) -> None:
        """Copies of the demo's outlet: FIRST where takeaway waits for its payment, and FREE where the kitchen cooks at once."""
        conn = await self.connect()
        for table in ["staff.outlet", *COPIED]:
            key = "id" if table == "staff.outlet" else "outlet_id"
            columns = ", ".join(await columns_of(conn, table, key))
            await conn.execute(
                f"""INSERT INTO {table} ({key}, {columns}) SELECT n, {columns} FROM {table}, generate_series(2, $1::int) n
                WHERE {key} = 1 ON CONFLICT DO NOTHING""",
                LAST[-1],
            )
        await conn.execute(
            """UPDATE staff.outlet SET payment_timeout_s = 86400,
            takeaway_payment = CASE WHEN id >= $1 THEN 'pay_later' ELSE 'prepaid' END""",
            FREE[0],
        )
        await conn.close()

    async def make_beside(self, database: str = BESIDE) -> None:
        """Another database in the same PostgreSQL, with the same tables."""
        conn = await self.connect()
        if not await conn.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await conn.execute(f"CREATE DATABASE {database}")
        await conn.close()
        await migrate.prepare(self.database_url(database), ROOMS)

    def pgbench(self, script: Path, *options: str, log: Path) -> tuple[float, list[float]]:
        """Transactions a second, and the milliseconds of each."""
        host, port, user = self.database_at(BESIDE)
        for old in log.parent.glob(log.name + ".*"):
            old.unlink()
        to = ["-h", host, "-p", port, "-U", user, BESIDE]
        how: list[str | Path] = ["-n", "-M", "prepared", "-f", script, "-l", f"--log-prefix={log}", *options]
        done = subprocess.run([binaries() / "pgbench", *how, *to], capture_output=True, text=True, check=True)
        rate = next(line for line in done.stdout.splitlines() if line.startswith("tps = "))
        lines = [
            line.split()
            for file in log.parent.glob(log.name + ".*")
            for line in file.read_text().splitlines()
        ]
        return float(rate.split()[2]), [int(line[2]) / 1000 for line in lines]


def environment() -> dict[str, str]:
    """What of our own environment a measured process is given."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


async def columns_of(conn: Any, table: str, *without: str) -> list[str]:
    """A table's columns in their order."""
    sql = """SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum"""
    return [f'"{name}"' for (name,) in await conn.fetch(sql, table) if name not in without]
