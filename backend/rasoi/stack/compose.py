"""docker-compose.yml, from the plan: the same services, commands and ports in containers."""

from __future__ import annotations

from typing import Any

import yaml

from rasoi.room_list import NAMES
from rasoi.stack import compose_servers as servers
from rasoi.stack.arguments import DEFAULTS
from rasoi.stack.compose_servers import BROKERS, GATEWAY_PORT, Json, broker, common, health, tls
from rasoi.stack.plan import Addresses, Plan, Service, environment

HEAD = """\
# Made from backend/rasoi/stack/plan.py by `make generated`, which overwrites what is changed here.
# Needs Docker Engine 25 or later with Compose 2.24 or later. The settings come from .env: `python3 infra/env.py` writes one
# with secrets of its own, and .env.example tells what each is for.
# Three brokers instead of one: docker compose --env-file .env --env-file infra/three-brokers.env up
"""
CERTIFICATE, KEY = f"{servers.TLS}/fullchain.pem", f"{servers.TLS}/privkey.pem"
TOOLS, SIMULATOR = "tools", "simulator"


def addresses(plan: Plan) -> Addresses:
    """Hosts are the containers' names; a browser finds what is published on the machine."""
    simulator, (payments, *_) = plan["simulator"].port, plan.upstreams()["payments"]
    return Addresses(
        host="0.0.0.0",  # noqa: S104  a container's own network; only the gateway and the simulator are published
        database_url="postgresql://rasoi@postgres/rasoi",
        redis_url="redis://redis:6379",
        kafka="${KAFKA_BOOTSTRAP:-" + broker(1, plan) + "}",
        kafka_replicas="${KAFKA_REPLICAS:-1}",
        public_url="${PUBLIC_URL:-" + tls("http", "s") + "://localhost:${PORT:-" + str(GATEWAY_PORT) + "}}",
        simulator_url="${RAZORPAY_SIMULATOR_URL:-}",
        simulator_port=str(simulator),
        simulator_inside=tls("http", "s") + f"://simulator:{simulator}",
        webhook_url=f"http://{payments}",
    )


def document(plan: Plan) -> Json:
    """The whole of docker-compose.yml as data."""
    services: Json = {"redis": servers.redis(), "postgres": servers.postgres(plan)}
    services |= {f"kafka-{n}": servers.kafka(n, plan) for n in range(1, BROKERS + 1)}
    services["migrate"] = _migrate(plan)
    services["migrate-daily"] = _migrate_daily(plan)
    services["simulator"] = _simulator(plan)
    for room in plan.rooms:
        services |= {name: _room(room, port, plan) for name, _, port in room.instances()}
    services["tools"] = _tools(plan)
    services |= {
        "nginx": servers.nginx(plan),
        "prometheus": servers.prometheus(plan),
        "grafana": servers.grafana(),
    }
    volumes = [
        "postgres",
        "simulator",
        "prometheus",
        "grafana",
        *(f"kafka-{n}" for n in range(1, BROKERS + 1)),
    ]
    return {"name": "rasoi", "services": services, "volumes": dict.fromkeys(volumes)}


class ComposeDumper(yaml.SafeDumper):
    """Lists in one line, and everything spelled out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def in_one_line(self, data: list[Any]) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


ComposeDumper.add_representer(list, ComposeDumper.in_one_line)


def render(plan: Plan) -> str:
    return HEAD + yaml.dump(
        document(plan), Dumper=ComposeDumper, sort_keys=False, width=140, allow_unicode=True
    )


def _ours(service: Service, plan: Plan, after: Json, secrets: Json) -> Json:
    """Our own image, as a user without rights, with nothing to write to but /tmp and its volume."""
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "${OTEL_EXPORTER_OTLP_ENDPOINT:-}",
        "POOL_SIZE": DEFAULTS["POOL_SIZE"],
        "LOG_FORMAT": "json",
        "RASOI_DATA": "/tmp/rasoi",  # noqa: S108
        "INSIDE_ONLY": "1",
        "FORWARDED_ALLOW_IPS": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8",  # the gateway, on the compose network
        "RAZORPAY_KEY_ID": "${RAZORPAY_KEY_ID:-}",  # no secret: screens know by it whether money is real
        "SECRET_KEY": _required("SECRET_KEY"),
    }
    return {
        "image": "rasoi", "user": "10001:10001", "init": True, "read_only": True, "tmpfs": ["/tmp"],  # noqa: S108
        **common("rasoi", service.memory_mb, after),
        "command": ["rasoi", *service.command],
        "stop_grace_period": "30s",
        "environment": environment(addresses(plan)) | given | secrets,
    }  # fmt: skip


def _required(name: str) -> str:
    return "${" + name + ":?is missing in .env: python3 infra/env.py}"


def password_of(room: str) -> str:
    """The name in .env of the password that this room signs in at PostgreSQL with."""
    return f"DATABASE_PASSWORD_{room.upper()}"


def _owner() -> Json:
    return {"DATABASE_PASSWORD": _required("DATABASE_PASSWORD")}


def _provider() -> Json:
    """What only payments know."""
    names = ("RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRETS", "RAZORPAY_BASE_URL")
    return {name: "${" + name + ":-}" for name in names}


def _room(room: Service, port: int, plan: Plan) -> Json:
    secrets = {
        "DATABASE_URL": f"postgresql://rasoi_{room.name}@postgres/rasoi",
        "DATABASE_PASSWORD": _required(password_of(room.name)),
        "PORT": str(port),
    }
    secrets |= _provider() if room.name == "payments" else {}
    secrets |= (
        {"DEMO": "${DEMO:-0}"} if room.name == "staff" else {}
    )  # which refuses the demo's people otherwise
    made = _ours(room, plan, _after(room), secrets)
    return made | {"healthcheck": health("CMD", *_probe(f"http://127.0.0.1:{port}{room.ready}"))}


def _simulator(plan: Plan) -> Json:
    """Only by its profile; beside real keys it refuses to run. It has no database, and its books are its own."""
    service = plan["simulator"]
    made = _ours(service, plan, {}, {"RASOI_DATA": "/data"})
    with_certificate = {"TLS_CERT": tls("", CERTIFICATE), "TLS_KEY": tls("", KEY)}
    shared = (
        "HOST",
        "PUBLIC_URL",
        "SIMULATOR_PORT",
        "SIMULATOR_WEBHOOK_URL",
        "LOG_FORMAT",
        "RASOI_DATA",
        "RAZORPAY_KEY_ID",
        "SECRET_KEY",
    )
    made["environment"] = {name: made["environment"][name] for name in shared} | with_certificate
    url = tls("http", "s") + f"://127.0.0.1:{service.port}{service.ready}"
    return {"profiles": [SIMULATOR]} | made | {
        "restart": "on-failure:5",
        "ports": [f"127.0.0.1:{service.port}:{service.port}"],  # no real money, and no business of the network's
        "volumes": ["simulator:/data", servers.CERTIFICATES],
        "healthcheck": health("CMD", *_probe(url)),
    }  # fmt: skip


def _migrate(plan: Plan) -> Json:
    """To its end before any room starts; the image is built here, once. What it can't do is told, and not tried for ever."""
    secrets = _owner() | {password_of(room): _required(password_of(room)) for room in NAMES}
    made = _ours(plan["migrate"], plan, _after(plan["migrate"]), secrets | {"DEMO": "${DEMO:-0}"})
    build = {"context": ".", "dockerfile": "backend/Dockerfile", "provenance": False}
    return {"build": build} | made | {"restart": "no"}


def _migrate_daily(plan: Plan) -> Json:
    """The months of logs are made ahead, so migrations are looked at once a day."""
    made = _ours(
        plan["migrate"], plan, {"migrate": {"condition": "service_completed_successfully"}}, _owner()
    )
    return made | {"command": ["sh", "-c", "while sleep 86400; do rasoi migrate; done"]}


def _tools(plan: Plan) -> Json:
    """Never started by itself: docker compose run --rm tools rasoi events parked."""
    made = _ours(plan["migrate"], plan, {}, _owner() | _provider())
    return {"profiles": [TOOLS]} | made | {"command": ["rasoi", "--help"], "restart": "no"}


def _probe(url: str) -> list[str]:
    return ["python", "-I", "-S", "/rasoi/backend/rasoi/probe.py", url]


def _after(service: Service) -> Json:
    """Rooms wait for every broker that there is; Redis only helps, and is not waited for to be well."""
    found: Json = {}
    for name in service.after:
        if name == "kafka":
            found |= {
                f"kafka-{n}": {"condition": "service_healthy", **({"required": False} if n > 1 else {})}
                for n in range(1, BROKERS + 1)
            }
        else:
            conditions = {"migrate": "service_completed_successfully", "redis": "service_started"}
            found[name] = {"condition": conditions.get(name, "service_healthy")}
    return found
