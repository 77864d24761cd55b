"""The plan's services as processes of this machine: their programs, environments, files and ports."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from signal import SIGQUIT, SIGTERM
from urllib.parse import urlsplit

from rasoi.embedded import ChildFailed, Embedded
from rasoi.embedded.children import end_orphans
from rasoi.embedded.kafka import Kafka
from rasoi.embedded.postgres import STOP as STOP_POSTGRES
from rasoi.embedded.postgres import Postgres
from rasoi.embedded.redis import STOP, Redis
from rasoi.settings import REPOSITORY, Settings, SettingsError
from rasoi.stack import gateway, scrape
from rasoi.stack.plan import Addresses, Plan, Service, controller_port, environment
from rasoi.stack.processes import RASOI, ManagedProcess, Program, Server, Task

DRAIN_S = 3.0
LOOPBACK = "127.0.0.1"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
RULES = REPOSITORY / "prometheus" / "rules" / "*.yml"


@dataclass
class LocalDeployment:
    """The stack on this machine, as processes. `settings` are the gateway's; `embedded` brings PostgreSQL and Redis."""

    settings: Settings
    plan: Plan
    embedded: Embedded

    @property
    def kafka(self) -> str:
        ours = f"{LOOPBACK}:{self.plan['kafka'].port}" if "kafka" in self.plan else ""
        return self.settings.kafka_bootstrap or ours

    @property
    def inside(self) -> str:
        """The gateway as this machine reaches it, whatever its public address."""
        return replace(self.settings, public_url="").url

    def simulator(self, host: str) -> str:
        if "simulator" not in self.plan:
            return ""
        scheme = "https" if self.settings.tls_cert else "http"
        return f"{scheme}://{host}:{self.plan['simulator'].port}"

    def directory(self, name: str) -> Path:
        path = self.embedded.data / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        """A process of ours gets what we were given, and the addresses of the stack."""
        outside, inside = urlsplit(self.settings.url).hostname, urlsplit(self.inside).hostname
        addresses = Addresses(
            LOOPBACK, self.embedded.database_url, self.embedded.redis_url or "", self.kafka, str(self.settings.kafka_replicas),
            self.settings.url, self.settings.razorpay_simulator_url or self.simulator(outside or LOOPBACK),
            str(self.plan["simulator"].port if "simulator" in self.plan else self.settings.simulator_port),
            self.settings.simulator_base_url or self.simulator(inside or LOOPBACK), self.inside,
        )  # fmt: skip
        own = {
            "SECRET_KEY": self.settings.secret_key,
            "POOL_SIZE": str(self.settings.pool_size),
            "RASOI_DATA": str(self.directory("services")),
            "PYTHONUNBUFFERED": "1",
            "INSIDE_ONLY": "1",
            "FORWARDED_ALLOW_IPS": LOOPBACK,  # the gateway, which tells who the caller is
            "TLS_CERT": "",  # the gateway's
            "TLS_KEY": "",
        }
        return {**os.environ, **environment(addresses), **own, **more}

    def process(self, service: Service, name: str, port: int) -> ManagedProcess:
        """One replica of a service, not yet started."""
        if service.kind == "server":
            return Server(getattr(self, f"_begin_{service.name}"))
        if service.kind == "gateway":
            return self._gateway(service)
        if service.kind == "watch":
            return self._prometheus(service)
        kind = Task if service.kind == "task" else Program
        environ = partial(self.environ, self._own(service, port))
        process = kind(name, [*RASOI, *service.command], environ, self.log(name), self.directory("services"))
        if isinstance(process, Program):
            inside = urlsplit(self.inside).hostname or LOOPBACK
            base = self.simulator(inside) if service.name == "simulator" else f"http://{LOOPBACK}:{port}"
            process.url = f"{base}{service.ready}"
        return process

    def log(self, name: str) -> Path:
        return self.embedded.logs / f"{name}.log"

    def _own(self, service: Service, port: int) -> dict[str, str]:
        if service.name != "simulator":
            return {"PORT": str(port)}
        tls = {"TLS_CERT": self.settings.tls_cert, "TLS_KEY": self.settings.tls_key}
        more = {name: str(path) for name, path in tls.items() if path}
        return {"HOST": self.settings.simulator_host, **more}  # browsers go there

    def _begin_postgres(self) -> Postgres:
        self.embedded.start_postgres()
        assert self.embedded.postgres is not None
        return self.embedded.postgres

    def _begin_redis(self) -> Redis:
        self.embedded.start_redis()
        assert self.embedded.redis is not None
        return self.embedded.redis

    def _begin_kafka(self) -> Kafka:
        port, controller = self.plan["kafka"].port, controller_port(self.plan)
        broker = Kafka(self.directory("kafka"), port, controller, self.log("kafka"))
        broker.start()
        return broker

    def _gateway(self, service: Service) -> Program:
        run = self.directory("nginx")
        argv: list[str | Path] = [program("nginx"), "-p", run, "-c", run / "nginx.conf", "-e", "stderr"]
        url = f"{self.inside}{service.ready}"
        made = Program("nginx", argv, lambda: os.environ, self.log("nginx"), run, url, title="nginx")
        made.stop_signals, made.patience = (SIGQUIT, SIGTERM), DRAIN_S  # sockets would keep it for longer
        return made

    def write_gateway(self) -> None:
        """What nginx reads when it starts, and when it is told to read again."""
        settings, run = self.settings, self.directory("nginx")
        tls = (settings.tls_cert, settings.tls_key) if settings.tls_cert and settings.tls_key else None
        text = gateway.render(
            self.plan.upstreams(LOOPBACK), spares=self.plan.spares(LOOPBACK), listen=f"{settings.host}:{settings.port}",
            run=run, tls=tls, access_log=Path("/dev/stdout"), proxies=settings.trusted_proxies,
        )  # fmt: skip
        (run / "nginx.conf").write_text(text)

    def _prometheus(self, service: Service) -> Program:
        run, address = self.directory("prometheus"), f"{LOOPBACK}:{service.port}"
        argv = [
            program("prometheus"), f"--config.file={run / 'prometheus.yml'}", f"--storage.tsdb.path={run / 'data'}",
            f"--web.listen-address={address}", "--storage.tsdb.retention.time=15d", "--log.level=warn",
        ]  # fmt: skip
        url = f"http://{address}{service.ready}"
        return Program("prometheus", argv, lambda: os.environ, self.log("prometheus"), run, url)

    def write_scrape(self) -> None:
        """What Prometheus reads when it starts."""
        address = f"{LOOPBACK}:{self.plan['prometheus'].port}"
        text = scrape.render(self.plan.upstreams(LOOPBACK), rules=RULES, itself=address)
        (self.directory("prometheus") / "prometheus.yml").write_text(text)

    def recover(self) -> int:
        """End what a supervisor that was killed left running; the caller holds the lock. Returns how many."""
        python = Path(sys.executable).name
        programs = {
            "nginx": "nginx",
            "prometheus": "prometheus",
            "services": python,
            "kafka": "java",
            "redis": "redis-server",
        }
        found = sum(end_orphans(self.embedded.data / name, each, STOP) for name, each in programs.items())
        return found + end_orphans(self.embedded.data / "postgres", "postgres", STOP_POSTGRES)

    def ports(self) -> list[tuple[str, str, int]]:
        """All that is listened on: by whom, at which address."""
        found = [
            (name, LOOPBACK, port) for s in self.plan.services for name, _, port in s.instances() if port
        ]
        found += [(f"{room.name}'s spare", LOOPBACK, room.spare_port) for room in self.plan.rooms]
        if "kafka" in self.plan:
            found.append(("Kafka's controller", LOOPBACK, controller_port(self.plan)))
        return found


def check_ports(wanted: Sequence[tuple[str, str, int]]) -> None:
    """Raises SettingsError for the first that is taken."""
    for name, host, port in wanted:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                remedy = "HOST or PORT" if name == "the gateway" else "STACK_PORTS"
                raise SettingsError(
                    f"can't listen on {host} port {port} for {name}: {error.strerror}; set {remedy}"
                ) from None


def program(name: str) -> str:
    """Where this program is. Raises ChildFailed, saying how to get it."""
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{SBIN}"
    if found := shutil.which(name, path=path):
        return found
    raise ChildFailed(
        f"the stack needs {name}, and it is not here: apt-get install {name}, or --without {name}"
    )
