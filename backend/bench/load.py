"""A cheap load of HTTP requests from a process of its own: wrk's, or where it is not installed or a rate is asked for, this.

Here the specification comes as JSON on standard input, and the result leaves as JSON on standard output."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop

from bench.rows import percentile

KEY = b"$KEY$"
SEPARATOR = "\x1e"
WITHOUT_WRK = "wrk is not installed: Python asked, and took processor time from what it measured."


class Connection(asyncio.Protocol):
    """One request at a time; `done` gets the status of each answer."""

    def __init__(self) -> None:
        self.buffer = b""
        self.need = -1
        self.done: asyncio.Future[int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if self.need < 0:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            at = self.buffer.lower().find(b"content-length:", 0, head)
            length = int(self.buffer[at + 15 : self.buffer.find(b"\r\n", at)]) if at > 0 else 0
            self.need = head + 4 + length
        if len(self.buffer) >= self.need and self.done is not None:
            status = int(self.buffer[9:12])
            self.buffer, self.need = b"", -1
            done, self.done = self.done, None
            done.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(0)

    def ask(self, request: bytes) -> asyncio.Future[int]:
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.done


class Load:
    """`rate` None: each connection asks as fast as it is answered; otherwise that many a second, as pgbench -R does:
    at random moments, and the wait for a free connection counts."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.requests = [text.encode() for text in spec["requests"]]
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.due = 0.0

    async def run(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        connect = [
            loop.create_connection(Connection, self.spec["host"], self.spec["port"])
            for _ in range(self.spec["connections"])
        ]
        connections = [protocol for _, protocol in await asyncio.gather(*connect)]
        self.due = time.perf_counter()
        end = self.due + self.spec["seconds"]
        begun = time.perf_counter()
        await asyncio.gather(*(self.client(connection, end) for connection in connections))
        seconds = time.perf_counter() - begun
        return {
            "seconds": seconds,
            "p50": percentile(self.latencies, 0.5) * 1000,
            "p99": percentile(self.latencies, 0.99) * 1000,
            "statuses": {str(status): count for status, count in self.statuses.items()},
        }

    async def client(self, connection: Connection, end: float) -> None:
        rate = self.spec.get("rate")
        while True:
            begun = time.perf_counter()
            if rate:
                self.due += random.expovariate(rate)
                begun = self.due
                if begun > end:
                    return
                if (pause := begun - time.perf_counter()) > 0:
                    await asyncio.sleep(pause)
            elif begun > end:
                return
            request = random.choice(self.requests).replace(KEY, uuid4().hex.encode())
            status = await connection.ask(request)
            self.latencies.append(time.perf_counter() - begun)
            self.statuses[status] += 1
            if status == 0:
                return


async def load(*, good: str = "2", **spec: Any) -> dict[str, Any]:
    """Run a load in a process of its own; only statuses that begin with `good` count for its rate."""
    wrk = None if spec.get("rate") else shutil.which("wrk")
    if wrk:
        address = f"http://{spec['host']}:{spec['port']}"
        how = ["-t1", f"-c{spec['connections']}", f"-d{spec['seconds']}s", "--timeout", "10s"]
        command = [wrk, *how, "-s", str(Path(__file__).with_suffix(".lua")), address, "--", uuid4().hex]
        text = SEPARATOR.join(spec["requests"])
    else:
        command, text = [sys.executable, "-m", "bench.load"], json.dumps(spec)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    answer, _ = await process.communicate(text.encode())
    if process.returncode:
        raise SystemExit(f"the load failed: {answer.decode()}")
    result: dict[str, Any] = json.loads(answer.splitlines()[-1])
    statuses = result["statuses"]
    bad = {status: count for status, count in statuses.items() if not status.startswith(good)}
    if bad:
        print(f"bench: {spec['requests'][0].split(' HTTP')[0]} answered {bad}", file=sys.stderr)
    total, refused = sum(statuses.values()), sum(bad.values())
    return result | {
        "rate": (total - refused) / result["seconds"],
        "refused": refused / total if total else 1.0,
    }


def caption() -> str:
    """What has to be said below a table of the machine, and of how the load was made."""
    said = f"{os.cpu_count()} cores, which also carried databases, brokers and the load: compare ratios, not figures."
    return said if shutil.which("wrk") else f"{said} {WITHOUT_WRK}"


def post(path: str, token: str, body: bytes, *headers: str) -> str:
    """A request whose Idempotency-Key is drawn anew each time."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, f"Idempotency-Key: {KEY.decode()}", *headers, "", body.decode()])


def get(path: str, token: str) -> str:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}", "", ""])


if __name__ == "__main__":
    print(json.dumps(uvloop.run(Load(json.load(sys.stdin)).run())))
