"""The real nginx in front of services, for tests: started on a free port, with its files in a directory of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from rasoi.embedded import ChildFailed
from rasoi.embedded.postgres import free_port
from rasoi.stack import gateway
from rasoi.stack.deployment import program

HOST = "127.0.0.1"


def nginx() -> str:
    """The program; a test that needs it is skipped where it is missing."""
    try:
        return program("nginx")
    except ChildFailed:
        pytest.skip("no nginx here: apt-get install nginx")


class Gateway:
    """nginx in front of these ports by room, as `async with Gateway(port, {"orders": [8101, 8102], …})`."""

    def __init__(
        self,
        port: int,
        replicas: Mapping[str, Sequence[int]],
        spares: Mapping[str, int] | None = None,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.replicas, self.spares, self.tls = replicas, spares or {}, tls
        self.program = nginx()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    async def __aenter__(self) -> Gateway:
        self.directory = tempfile.TemporaryDirectory(prefix="rasoi-nginx-")
        self.run = Path(self.directory.name)
        self._write()
        self.errors = (self.run / "errors.log").open("wb")
        argv: list[str | Path] = [self.program, "-p", self.run, "-c", self.run / "nginx.conf", "-e", "stderr"]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=self.errors)
        async with httpx.AsyncClient(verify=False) as client, asyncio.timeout(10):
            while not await self._answers(client):
                assert self.process.poll() is None, (self.run / "errors.log").read_text()
                await asyncio.sleep(0.02)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 10)
        self.errors.close()
        self.directory.cleanup()

    def reload(self) -> None:
        """Take the configuration anew, as `rasoi stack restart nginx` does."""
        self._write()
        self.process.send_signal(signal.SIGHUP)

    def _write(self) -> None:
        text = gateway.render(
            {room: [f"{HOST}:{port}" for port in ports] for room, ports in self.replicas.items()},
            spares={room: f"{HOST}:{port}" for room, port in self.spares.items()},
            listen=f"{HOST}:{self.port}",
            run=self.run,
            tls=self.tls,
        )
        (self.run / "nginx.conf").write_text(text)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/gateway/health")).status_code == 200
        except httpx.TransportError:
            return False

    async def noted(self, **fields: Any) -> dict[str, Any]:
        """Its log's line of the request with these fields; each of its two workers writes its lines out by itself."""
        async with asyncio.timeout(10):
            while True:
                for line in map(json.loads, self.access_log().splitlines()):
                    if fields.items() <= line.items():
                        told: dict[str, Any] = line
                        return told
                self.process.send_signal(signal.SIGUSR1)
                await asyncio.sleep(0.05)

    def access_log(self) -> str:
        """What it has noted so far of each request, complete lines only."""
        text = (self.run / "access.log").read_text()
        return text[: text.rfind("\n") + 1]
