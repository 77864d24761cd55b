"""The stack as data: which processes, on which ports, after which others. docker-compose.yml is made from it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rasoi.room_list import LIST, NAMES, PORTS_OF_A_ROOM

REPLICAS = {"orders": 2}
FIRST_PORT = 8100
MOST_REPLICAS = PORTS_OF_A_ROOM - 1
READY, GATEWAY_HEALTH, SIMULATOR_HEALTH = "/health/ready", "/gateway/health", "/checkout.js"
CONNECTIONS_BESIDE_POOL = 4  # leadership, wake signals
CONNECTIONS_FOR_TOOLS = 30
Kind = Literal["server", "task", "rasoi", "room", "gateway", "watch"]


class PlanError(Exception):
    """What was asked for can't be planned; the text is one line."""


@dataclass(frozen=True)
class Service:
    """One part of the stack. `port` is its first replica's, the next ones follow; `command` is for `rasoi`."""

    name: str
    kind: Kind
    port: int = 0
    command: tuple[str, ...] = ()
    replicas: int = 1
    ready: str = ""
    after: tuple[str, ...] = ()
    memory_mb: int = 256  # a container's limit

    @property
    def spare_port(self) -> int:
        return self.port + MOST_REPLICAS

    def instances(self) -> list[tuple[str, int, int]]:
        """Each replica's own name, number and port."""
        names = [self.name] if self.replicas == 1 else [f"{self.name}-{n + 1}" for n in range(self.replicas)]
        return [(name, n + 1, self.port + n if self.port else 0) for n, name in enumerate(names)]


@dataclass(frozen=True)
class Plan:
    """All services in an order in which they can start."""

    services: tuple[Service, ...]

    def __getitem__(self, name: str) -> Service:
        return next(each for each in self.services if each.name == name)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self.services)

    @property
    def rooms(self) -> list[Service]:
        return [each for each in self.services if each.kind == "room"]

    def without(self, names: tuple[str, ...]) -> Plan:
        """The rest; nothing waits for what is left out. Raises PlanError for an unknown name."""
        for name in names:
            if name not in self:
                raise PlanError(f"the stack has no {name}; it has {', '.join(s.name for s in self.services)}")
        return Plan(tuple(each for each in self.services if each.name not in names))

    def upstreams(self, host: str = "") -> dict[str, list[str]]:
        """Each room's addresses; hosts are its replicas' own names unless one is given."""
        return {
            room.name: [f"{host or name}:{port}" for name, _, port in room.instances()] for room in self.rooms
        }

    def spares(self, host: str) -> dict[str, str]:
        """Each room's address that answers during its rolling restart only."""
        return {room.name: f"{host}:{room.spare_port}" for room in self.rooms}

    def connections(self, pool: int) -> int:
        """The most connections to PostgreSQL, with a spare of one room."""
        processes = sum(room.replicas for room in self.rooms) + 1
        return processes * (pool + CONNECTIONS_BESIDE_POOL) + CONNECTIONS_FOR_TOOLS


@dataclass(frozen=True)
class Addresses:
    """Where the parts find each other, and people find the gateway: one machine and containers differ in it."""

    host: str
    database_url: str
    redis_url: str
    kafka: str
    kafka_replicas: str
    public_url: str
    simulator_url: str
    simulator_port: str
    simulator_inside: str
    webhook_url: str


def plan(
    replicas: Mapping[str, int] | None = None, *, first_port: int = FIRST_PORT, simulated: bool = True
) -> Plan:
    """The stack with these numbers of replicas. Raises PlanError."""
    wanted = REPLICAS | dict(replicas or {})
    for name, number in wanted.items():
        if name not in NAMES:
            raise PlanError(f"only rooms have replicas, and {name} is none of {', '.join(NAMES)}")
        if not 1 <= number <= MOST_REPLICAS:
            raise PlanError(f"{name} can have 1 to {MOST_REPLICAS} replicas, not {number}")
    simulator = Service(
        "simulator", "rasoi", first_port + 2, ("simulator",), 1, SIMULATOR_HEALTH, memory_mb=192
    )
    return Plan(
        (
            Service("redis", "server", memory_mb=128),
            Service("postgres", "server", memory_mb=1024),
            Service("kafka", "server", first_port, memory_mb=1024),
            Service("migrate", "task", 0, ("migrate",), after=("postgres",)),
            *([simulator] if simulated else []),
            *(_room(room.name, wanted.get(room.name, 1), first_port + room.port) for room in LIST),
            Service("nginx", "gateway", ready=GATEWAY_HEALTH, after=NAMES, memory_mb=128),
            Service("prometheus", "watch", first_port + 3, ready="/-/ready", memory_mb=512),
        )
    )  # fmt: skip


def _room(name: str, replicas: int, port: int) -> Service:
    return Service(name, "room", port, ("serve", name), replicas, READY, ("redis", "kafka", "migrate"))


def controller_port(plan: Plan) -> int:
    """Where Kafka's controllers talk among themselves."""
    return plan["kafka"].port + 1


def environment(addresses: Addresses) -> dict[str, str]:
    """The environment of every process of ours, besides its PORT and the secrets."""
    return {
        "HOST": addresses.host,
        "EVENTS": "kafka",
        "KAFKA_BOOTSTRAP": addresses.kafka,
        "KAFKA_REPLICAS": addresses.kafka_replicas,
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "PUBLIC_URL": addresses.public_url,
        "RAZORPAY_SIMULATOR_URL": addresses.simulator_url,
        "SIMULATOR_PORT": addresses.simulator_port,
        "SIMULATOR_BASE_URL": addresses.simulator_inside,
        "SIMULATOR_WEBHOOK_URL": addresses.webhook_url,
    }


def parse_replicas(text: str) -> dict[str, int]:
    """`orders=2,payments=2` as numbers by room. Raises PlanError."""
    found = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        if not number.isascii() or not number.isdigit():
            raise PlanError(f"replicas are written as orders=2,payments=2, not {text!r}")
        found[name.strip()] = int(number)
    return found
