"""`rasoi serve`: what it refuses, each room under its own role, and the rooms as processes over a real Kafka."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from rasoi import app, payments, serve
from rasoi.embedded.kafka import Kafka
from rasoi.embedded.postgres import free_port
from rasoi.payments.providers.razorpay import Razorpay
from rasoi.platform.database import Database
from rasoi.room_list import NAMES
from rasoi.settings import REPOSITORY, SettingsError, load
from tests import oracles
from tests.gateway import Gateway
from tests.kafka_broker import kafka
from tests.support import Cluster, private_directory, run_rasoi

__all__ = ["kafka"]
GIVEN = {
    "EVENTS": "kafka",
    "KAFKA_BOOTSTRAP": "127.0.0.1:9",
    "DATABASE_URL": "postgresql://x@127.0.0.1:9/x",
    "SECRET_KEY": "a secret that only the tests know, and long enough",
    "RAZORPAY_SIMULATOR_URL": "http://127.0.0.1:9",
    "POOL_SIZE": "4",
}


@pytest.mark.parametrize(
    ("changed", "rooms", "said"),
    [
        ({"EVENTS": "local"}, ["orders"], "EVENTS=kafka"),
        ({"KAFKA_BOOTSTRAP": ""}, ["orders"], "KAFKA_BOOTSTRAP"),
        ({"DATABASE_URL": ""}, ["orders"], "DATABASE_URL"),
        ({"SECRET_KEY": ""}, ["orders"], "SECRET_KEY"),
        ({"RAZORPAY_SIMULATOR_URL": ""}, ["payments"], "RAZORPAY_KEY_ID"),
        ({}, ["orders", "cellar"], "cellar"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    changed: dict[str, str], rooms: list[str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        serve.select_rooms(load(GIVEN | changed), rooms)
    assert "\n" not in str(refused.value)


def test_rooms_are_chosen_by_name_or_all_of_them() -> None:
    assert [room.name for room in serve.select_rooms(load(GIVEN), ["orders", "staff"])] == ["staff", "orders"]
    assert [room.name for room in serve.select_rooms(load(GIVEN), ["all"])] == list(NAMES)


def test_malformed_brokers_are_refused() -> None:
    with pytest.raises(SettingsError, match="host:port"):
        load({"KAFKA_BOOTSTRAP": "broker"})


def test_run_with_kafka_is_refused() -> None:
    with pytest.raises(SettingsError, match="rasoi serve"):
        app.run(load({"EVENTS": "kafka"}))


def test_the_simulators_address_is_a_setting() -> None:
    settings = load({"RAZORPAY_SIMULATOR_URL": "http://sim:9100", "SIMULATOR_BASE_URL": "http://inside:9100"})
    assert settings.checkout_origin == "http://sim:9100"
    razorpay = payments.build_providers(settings).first.provider
    assert isinstance(razorpay, Razorpay)
    assert razorpay._base_url == "http://inside:9100"


async def test_each_room_works_under_its_own_role(database_url: str, kafka: Kafka, tmp_path: Path) -> None:
    environ = GIVEN | {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "RASOI_DATA": str(tmp_path),
    }
    rooms = serve.select_rooms(load(environ), ["all"])
    async with serve.service(load(environ), rooms) as running:
        for each in running.hosted:
            assert await each.ctx.db.fetchval("SELECT current_user") == f"rasoi_{each.room.name}"
            other = "kitchen.ticket" if each.room.name != "kitchen" else "payments.payment"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await each.ctx.db.fetchval(f"SELECT count(*) FROM {other}")
        transport = httpx.ASGITransport(app=running.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            told = (await client.get("/health/ready")).json()
    assert told["checks"]["kafka"] == "ok" and told["checks"]["postgresql"] == "ok"


class Services:
    """Every room as a process, some of them twice."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.directory, self.environ = directory, environ
        self.ports: dict[str, list[int]] = {}
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, room: str, port: int | None = None) -> int:
        port = port or free_port()
        environ = self.environ | {"PORT": str(port)}
        log = self.directory / f"{room}{port}.log"
        self.processes[port] = run_rasoi("serve", room, environ=environ, log=log)
        if port not in self.ports.setdefault(room, []):
            self.ports[room].append(port)
        return port

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            for port in self.processes:
                while not await self._answers(client, port):
                    assert self.processes[port].poll() is None, self.logs()
                    await asyncio.sleep(0.1)

    async def _answers(self, client: httpx.AsyncClient, port: int) -> bool:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False

    def logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-800:]}" for path in self.directory.glob("*.log"))

    def stop(self) -> dict[int, int]:
        """SIGTERM to all; their exit statuses."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        return {port: process.wait(20) for port, process in self.processes.items()}

    def kill(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait(10)


@pytest.fixture
async def services(database_url: str, cluster: Cluster, kafka: Kafka) -> AsyncIterator[Services]:
    simulator, public = free_port(), free_port()
    with private_directory() as directory, ExitStack() as stack:
        environ = GIVEN | {
            "DATABASE_URL": database_url,
            "REDIS_URL": cluster.redis_url or "",
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "RASOI_DATA": str(directory),
            "PUBLIC_URL": f"http://127.0.0.1:{public}",
            "RAZORPAY_SIMULATOR_URL": f"http://127.0.0.1:{simulator}",
            "SIMULATOR_PORT": str(simulator),
        }
        await app.load_demo(load(environ), database_url)
        bank = run_rasoi("simulator", environ=environ, log=directory / "simulator.log")
        stack.callback(bank.kill)
        made = Services(directory, environ)
        stack.callback(made.kill)
        for room in (*NAMES, "orders", "inventory"):
            made.start(room)
        await made.ready()
        async with Gateway(public, made.ports):
            yield made


@pytest.mark.endurance
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_rush_through_separate_services_survives_their_ends(
    services: Services, database: Database
) -> None:
    """A leading replica of inventory is stopped for 8 s; kill -9 of one of two replicas of orders and of the only
    kitchen; a clean restart of payments: nothing is lost or doubled, and every promise holds."""
    argv = [
        sys.executable,
        "-m",
        "rasoi.cli",
        "rush",
        "--url",
        services.environ["PUBLIC_URL"],
        "--orders",
        "60",
        "--rate",
        "6",
        "--json",
    ]
    rush = await asyncio.create_subprocess_exec(
        *argv, cwd=REPOSITORY / "backend", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    stopped = services.processes[services.ports["inventory"][0]]
    try:
        stopped.send_signal(signal.SIGSTOP)
        for room, number in (
            ("orders", signal.SIGKILL),
            ("kitchen", signal.SIGKILL),
            ("payments", signal.SIGTERM),
        ):
            await asyncio.sleep(2.5)
            port = services.ports[room][0]
            process = services.processes[port]
            process.send_signal(number)
            await asyncio.to_thread(process.wait, 20)
            services.start(room, port)
        stopped.send_signal(signal.SIGCONT)
        out, err = await asyncio.wait_for(rush.communicate(), 180)
    finally:
        stopped.send_signal(signal.SIGCONT)
        if rush.returncode is None:
            rush.kill()
    result = json.loads(out.splitlines()[-1])
    assert rush.returncode == 0, (result, err.decode()[-2000:], services.logs())
    assert (result["lost"], result["duplicated"], result["unfinished"]) == (0, 0, 0)
    assert await oracles.at_rest(database, seconds=30) == []
    await services.ready()
    assert set(services.stop().values()) == {0}
