"""docker-compose.yml, from the plan: the same services, commands and ports in containers."""

from __future__ import annotations

from typing import Any

import yaml

from rasoi.embedded.kafka import HOME
from rasoi.embedded.postgres import CONFIGURATION, WAL_SEGMENT_MB
from rasoi.stack.arguments import DEFAULTS
from rasoi.stack.plan import Addresses, Plan, Service, controller_port, environment

HEAD = """\
# Made from backend/rasoi/stack/plan.py by `make generated`, which overwrites what is changed here.
# POSTGRES_PASSWORD, SECRET_KEY (32 characters or more) and GRAFANA_PASSWORD come from the environment or from .env.
# Three brokers instead of one: docker compose --env-file .env --env-file infra/three-brokers.env up
"""
IMAGES = {
    "postgres": "postgres:18.1",
    "redis": "redis:8.4",
    "kafka": "apache/kafka:4.3.1",
    "nginx": "nginxinc/nginx-unprivileged:1.29.3",
    "prometheus": "prom/prometheus:v3.7.3",
    "grafana": "grafana/grafana:12.2.1",
}
USERS = {
    "postgres": "postgres",
    "redis": "redis",
    "kafka": "appuser",
    "nginx": "101:101",
    "prometheus": "65534:65534",
    "grafana": "472",
}
BROKERS = 3
GRAFANA_PORT = 3000
THREE_BROKERS = "three-brokers"
GATEWAY_PORT = int(DEFAULTS["PORT"])
Json = dict[str, Any]


def addresses(plan: Plan) -> Addresses:
    """Hosts are the containers' names; a browser finds what is published on the machine."""
    simulator = plan["simulator"].port
    return Addresses(
        host="0.0.0.0",  # noqa: S104  a container's own network; only the gateway and the simulator are published
        database_url="postgresql://rasoi:${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}@postgres/rasoi",
        redis_url="redis://redis:6379",
        kafka="${KAFKA_BOOTSTRAP:-" + _broker(1, plan) + "}",
        kafka_replicas="${KAFKA_REPLICAS:-1}",
        public_url="${PUBLIC_URL:-http://localhost:${PORT:-" + str(GATEWAY_PORT) + "}}",
        simulator_url="${RAZORPAY_SIMULATOR_URL-http://localhost:" + str(simulator) + "}",
        simulator_inside="${RAZORPAY_BASE_URL-http://simulator:" + str(simulator) + "}",
        webhook_url=f"http://nginx:{GATEWAY_PORT}",
    )


def document(plan: Plan) -> Json:
    """The whole of docker-compose.yml as data."""
    services: Json = {"redis": _redis(), "postgres": _postgres(plan)}
    services |= {f"kafka-{n}": _kafka(n, plan) for n in range(1, BROKERS + 1)}
    for service in plan.services:
        if service.kind in ("room", "rasoi", "task"):
            services |= {name: _rasoi_service(service, port, plan) for name, _, port in service.instances()}
    services["migrate-daily"] = _daily_migration(plan)
    services |= {"nginx": _nginx(plan), "prometheus": _prometheus(plan), "grafana": _grafana()}
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


def three_brokers(plan: Plan) -> str:
    """An env-file that turns the one broker into three, of which two must have every event."""
    numbers = range(1, BROKERS + 1)
    values = {
        "COMPOSE_PROFILES": THREE_BROKERS,
        "KAFKA_BOOTSTRAP": ",".join(_broker(n, plan) for n in numbers),
        "KAFKA_VOTERS": ",".join(_voter(n, plan) for n in numbers),
        "KAFKA_REPLICAS": str(BROKERS),
        "KAFKA_MIN_INSYNC": str(BROKERS - 1),
    }
    lines = [f"{name}={value}" for name, value in values.items()]
    return "\n".join(
        [
            "# Made by `make generated`. Choose it before the first start: topics keep their copies.",
            *lines,
            "",
        ]
    )


def _common(service: str, memory_mb: int, after: Json | None = None) -> Json:
    limits = {"memory": f"{memory_mb}M", "pids": 512}
    found: Json = {
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    if service in IMAGES:
        found = {"image": IMAGES[service], "user": USERS[service], **found}
    if after:
        found["depends_on"] = after
    return {**found, "deploy": {"resources": {"limits": limits}}}


def _health(*test: str, start_s: int = 60) -> Json:
    return {
        "test": list(test), "interval": "10s", "timeout": "5s", "retries": 3, "start_period": f"{start_s}s",
        "start_interval": "1s",
    }  # fmt: skip


def _postgres(plan: Plan) -> Json:
    settings = CONFIGURATION | {"max_connections": str(plan.connections(int(DEFAULTS["POOL_SIZE"])))}
    return {
        **_common("postgres", plan["postgres"].memory_mb),
        "command": ["postgres", *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
        "shm_size": "128mb",
        "environment": {
            "POSTGRES_USER": "rasoi", "POSTGRES_DB": "rasoi",
            "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}",
            "POSTGRES_INITDB_ARGS": f"--wal-segsize={WAL_SEGMENT_MB}",
        },
        "volumes": ["postgres:/var/lib/postgresql"],
        "healthcheck": _health("CMD-SHELL", "pg_isready -h 127.0.0.1 -U rasoi"),
    }  # fmt: skip


def _redis() -> Json:
    command = "redis-server --save  --appendonly no --maxmemory 64mb --maxmemory-policy volatile-ttl".split(
        " "
    )
    return {
        **_common("redis", 128),
        "command": command,
        "read_only": True,
        "healthcheck": _health("CMD", "redis-cli", "ping"),
    }


def _broker(number: int, plan: Plan) -> str:
    return f"kafka-{number}:{plan['kafka'].port}"


def _voter(number: int, plan: Plan) -> str:
    return f"{number}@kafka-{number}:{controller_port(plan)}"


def _kafka(number: int, plan: Plan) -> Json:
    """One broker with the native stack's properties, but for what more brokers change."""
    port, replicas, in_sync = plan["kafka"].port, "${KAFKA_REPLICAS:-1}", "${KAFKA_MIN_INSYNC:-1}"
    lines = (HOME / "server.properties").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    own = {
        "node.id": str(number),
        "controller.quorum.voters": "${KAFKA_VOTERS:-" + _voter(1, plan) + "}",
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:{controller_port(plan)}",
        "advertised.listeners": f"PLAINTEXT://{_broker(number, plan)}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": "/var/lib/kafka/data",
        "default.replication.factor": replicas,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "share.coordinator.state.topic.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.min.isr": in_sync,
        "min.insync.replicas": in_sync,
    }
    properties = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in (given | own).items()}
    more = {
        "CLUSTER_ID": "${KAFKA_CLUSTER_ID:-cmFzb2ktb25lLW9yLTNhYg}",
        "KAFKA_HEAP_OPTS": "-Xmx512m -Xms256m",
    }
    return {
        **({"profiles": [THREE_BROKERS]} if number > 1 else {}),
        **_common("kafka", plan["kafka"].memory_mb),
        "environment": properties | more,
        "volumes": [f"kafka-{number}:/var/lib/kafka/data"],
        "stop_grace_period": "30s",
        "healthcheck": _health("CMD-SHELL", f"nc -z 127.0.0.1 {port}"),
    }


def _rasoi_image(service: Service, plan: Plan, after: Json) -> Json:
    """Our own image, as a user without rights, with nothing to write to but /tmp and its volume."""
    build = {"context": ".", "dockerfile": "backend/Dockerfile"}
    secrets = {
        "SECRET_KEY": "${SECRET_KEY:?set SECRET_KEY}",
        "RAZORPAY_KEY_ID": "${RAZORPAY_KEY_ID:-}",
        "RAZORPAY_KEY_SECRET": "${RAZORPAY_KEY_SECRET:-}",
        "RAZORPAY_WEBHOOK_SECRETS": "${RAZORPAY_WEBHOOK_SECRETS:-}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "${OTEL_EXPORTER_OTLP_ENDPOINT:-}",
        "POOL_SIZE": DEFAULTS["POOL_SIZE"],
        "LOG_FORMAT": "json",
        "RASOI_DATA": "/tmp/rasoi",  # noqa: S108
        "FORWARDED_ALLOW_IPS": "*",  # only the gateway reaches it
    }
    return {
        "image": "rasoi", "build": build, "user": "10001:10001", "init": True, "read_only": True, "tmpfs": ["/tmp"],  # noqa: S108
        **_common("rasoi", service.memory_mb, after),
        "command": ["rasoi", *service.command],
        "stop_grace_period": "30s",
        "environment": environment(addresses(plan)) | secrets,
    }  # fmt: skip


def _rasoi_service(service: Service, port: int, plan: Plan) -> Json:
    made = _rasoi_image(service, plan, _depends_on(service))
    if service.kind == "task":
        return made | {"restart": "on-failure"}
    if service.kind == "rasoi":
        made["environment"] |= {"SIMULATOR_PORT": str(port), "RASOI_DATA": "/data"}
        made |= {"ports": [f"{port}:{port}"], "volumes": ["simulator:/data"]}
    else:
        made["environment"] |= {"PORT": str(port)}
    made["healthcheck"] = _health("CMD", "python", "-c", _http_probe(port, service.ready))
    return made


def _http_probe(port: int, path: str) -> str:
    return f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}{path}', timeout=3)"


def _depends_on(service: Service) -> Json:
    waits = {"kafka": "kafka-1"}
    conditions = {"migrate": "service_completed_successfully"}
    return {waits.get(n, n): {"condition": conditions.get(n, "service_healthy")} for n in service.after}


def _daily_migration(plan: Plan) -> Json:
    """The months of logs are made ahead, so migrations are looked at once a day."""
    made = _rasoi_image(plan["migrate"], plan, {"migrate": {"condition": "service_completed_successfully"}})
    return made | {"command": ["sh", "-c", "while sleep 86400; do rasoi migrate; done"]}


def _nginx(plan: Plan) -> Json:
    names = [name for room in plan.rooms for name, _, _ in room.instances()]
    after = {name: {"condition": "service_healthy"} for name in names}
    return {
        **_common("nginx", plan["nginx"].memory_mb, after),
        "command": ["nginx", "-e", "stderr"],
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108
        "stop_signal": "SIGQUIT",
        "ulimits": {"nofile": 20_000},
        "volumes": ["./nginx/containers.conf:/etc/nginx/nginx.conf:ro"],
        "ports": ["${PORT:-" + str(GATEWAY_PORT) + "}:" + str(GATEWAY_PORT)],
        "healthcheck": _health(
            "CMD", "curl", "-fsS", f"http://127.0.0.1:{GATEWAY_PORT}{plan['nginx'].ready}"
        ),
    }


def _prometheus(plan: Plan) -> Json:
    service = plan["prometheus"]
    return {
        **_common("prometheus", service.memory_mb),
        "command": [
            "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus",
            f"--web.listen-address=:{service.port}", "--storage.tsdb.retention.time=15d", "--log.level=warn",
        ],
        "volumes": ["./prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
        "ports": [f"127.0.0.1:{service.port}:{service.port}"],
        "healthcheck": _health("CMD", "wget", "-qO-", f"http://127.0.0.1:{service.port}{service.ready}"),
    }  # fmt: skip


def _grafana() -> Json:
    return {
        **_common("grafana", 512, {"prometheus": {"condition": "service_healthy"}}),
        "environment": {"GF_SECURITY_ADMIN_PASSWORD": "${GRAFANA_PASSWORD:?set GRAFANA_PASSWORD}"},
        "volumes": [
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/var/lib/grafana/dashboards:ro",
            "grafana:/var/lib/grafana",
        ],
        "ports": [f"127.0.0.1:{GRAFANA_PORT}:{GRAFANA_PORT}"],
        "healthcheck": _health("CMD", "wget", "-qO-", f"http://127.0.0.1:{GRAFANA_PORT}/api/health"),
    }
