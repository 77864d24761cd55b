"""The containers of others' programs, as data for docker-compose.yml."""

from __future__ import annotations

from typing import Any

from rasoi.embedded.kafka import HOME
from rasoi.embedded.postgres import CONFIGURATION, WAL_SEGMENT_MB
from rasoi.stack.arguments import DEFAULTS
from rasoi.stack.plan import Plan, controller_port

# by tag and digest, as public repositories that pin them agree on; no registry was in reach to ask
IMAGES = {
    "postgres": "postgres:18.6@sha256:5a5a84b19854a9ffaa54082c166ff4ec27473a361e496e5ea167f298f2da9722",
    "redis": "redis:8.8.3-alpine@sha256:0b2b77d3ea5078274795e3177cdbdada8b96316684a38911d528534ed679b5ec",
    "kafka": "apache/kafka:4.3.1@sha256:77e3df9054047a88b520d0cc46e16696d3b22022e1d580aeccd2632df6532837",
    "nginx": "nginxinc/nginx-unprivileged:1.30.4-alpine3.24"
    "@sha256:44e36330f74d4f3a1d4e222acca9e23b401fb87811a7597024502bb759c4dd49",
    "prometheus": "prom/prometheus:v3.13.3@sha256:6976aa8a60fec930796ce5772b8d12da7a318a5daa8d40d69c5c7819a05eeed7",
    "grafana": "grafana/grafana:12.4.11@sha256:3ea272e5cab64a4a62240c682e2c62433b25614d956d44c299a10cb6994f6f2e",
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
TLS = "/etc/rasoi/tls"
CERTIFICATES = "${TLS_DIRECTORY:-./nginx}:" + TLS + ":ro"
Json = dict[str, Any]


def tls(without: str, more: str) -> str:
    """`without`, and `more` behind it where TLS_DIRECTORY is set."""
    return without + "${TLS_DIRECTORY:+" + more + "}"


def common(name: str, memory_mb: int, after: Json | None = None) -> Json:
    """Limits and rights of any container."""
    found: Json = {
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "local", "options": {"max-size": "20m", "max-file": "5"}},
    }
    if name in IMAGES:
        found = {"image": IMAGES[name], "user": USERS[name], **found}
    if after:
        found["depends_on"] = after
    return {**found, "deploy": {"resources": {"limits": {"memory": f"{memory_mb}M", "pids": 512}}}}


def health(*test: str) -> Json:
    """Asked every second while it starts, for which a machine short of CPU gets minutes; then rarely."""
    return {
        "test": list(test), "interval": "15s", "timeout": "10s", "retries": 6, "start_period": "180s", "start_interval": "1s",
    }  # fmt: skip


def postgres(plan: Plan) -> Json:
    """Its superuser only makes the owner of our database, at the first start."""
    settings = CONFIGURATION | {"max_connections": str(plan.connections(int(DEFAULTS["POOL_SIZE"])))}
    missing = ":?is missing in .env: python3 infra/env.py}"
    return {
        **common("postgres", plan["postgres"].memory_mb),
        "command": ["postgres", *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
        "shm_size": "128mb",
        "stop_grace_period": "60s",
        "environment": {
            "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD" + missing,
            "DATABASE_PASSWORD": "${DATABASE_PASSWORD" + missing,
            "POSTGRES_INITDB_ARGS": f"--wal-segsize={WAL_SEGMENT_MB}",
        },
        "volumes": ["postgres:/var/lib/postgresql", "./infra/postgres:/docker-entrypoint-initdb.d:ro"],
        "healthcheck": health("CMD-SHELL", "pg_isready -q -h 127.0.0.1 -U rasoi -d rasoi"),
    }  # fmt: skip


def redis() -> Json:
    settings = "--save  --appendonly no --maxmemory 64mb --maxmemory-policy volatile-ttl"
    return {
        **common("redis", 128),
        "command": ["redis-server", *settings.split(" ")],
        "read_only": True,
        "tmpfs": ["/data"],
        "healthcheck": health("CMD", "redis-cli", "ping"),
    }


def broker(number: int, plan: Plan) -> str:
    return f"kafka-{number}:{plan['kafka'].port}"


def _voter(number: int, plan: Plan) -> str:
    return f"{number}@kafka-{number}:{controller_port(plan)}"


def kafka(number: int, plan: Plan) -> Json:
    """One broker with the native stack's properties, but for what more brokers change."""
    port, replicas, in_sync = plan["kafka"].port, "${KAFKA_REPLICAS:-1}", "${KAFKA_MIN_INSYNC:-1}"
    lines = (HOME / "server.properties").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    own = {
        "node.id": str(number),
        "controller.quorum.voters": "${KAFKA_VOTERS:-" + _voter(1, plan) + "}",
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:{controller_port(plan)}",
        "advertised.listeners": f"PLAINTEXT://{broker(number, plan)}",
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
        **common("kafka", plan["kafka"].memory_mb),
        "environment": properties | more,
        # the image declares volumes at these paths too, which would be left behind at each `down`
        "tmpfs": ["/etc/kafka/secrets:mode=1777", "/mnt/shared/config:mode=1777"],
        "volumes": [f"kafka-{number}:/var/lib/kafka/data"],
        "stop_grace_period": "60s",
        "healthcheck": health("CMD-SHELL", f"nc -z 127.0.0.1 {port}"),
    }


def three_brokers(plan: Plan) -> str:
    """An env-file that turns the one broker into three, of which two must have every event."""
    numbers = range(1, BROKERS + 1)
    values = {
        "COMPOSE_PROFILES": "${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}" + THREE_BROKERS,
        "KAFKA_BOOTSTRAP": ",".join(broker(n, plan) for n in numbers),
        "KAFKA_VOTERS": ",".join(_voter(n, plan) for n in numbers),
        "KAFKA_REPLICAS": str(BROKERS),
        "KAFKA_MIN_INSYNC": str(BROKERS - 1),
    }
    head = "# Made by `make generated`. Choose it before the first start: topics keep their copies."
    return "\n".join([head, *(f"{name}={value}" for name, value in values.items()), ""])


def nginx(plan: Plan) -> Json:
    """It waits for no room: their names are resolved at run time, and its health is that a room answers through it."""
    url = tls("http", "s") + f"://127.0.0.1:{GATEWAY_PORT}/health/ready"
    return {
        **common("nginx", plan["nginx"].memory_mb),
        "command": ["nginx", "-e", "stderr"],
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108
        "stop_signal": "SIGQUIT",
        "stop_grace_period": "30s",
        "ulimits": {"nofile": 20_000},
        "volumes": ["./nginx/" + tls("containers", "-tls") + ".conf:/etc/nginx/nginx.conf:ro", CERTIFICATES],
        "ports": ["${PORT:-" + str(GATEWAY_PORT) + "}:" + str(GATEWAY_PORT)],
        "healthcheck": health("CMD", "curl", "-kfsS", "-m", "5", "-o", "/dev/null", url),
    }


def prometheus(plan: Plan) -> Json:
    service = plan["prometheus"]
    return {
        **common("prometheus", service.memory_mb),
        "command": [
            "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus",
            f"--web.listen-address=:{service.port}", "--storage.tsdb.retention.time=15d", "--log.level=warn",
        ],
        "volumes": ["./prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
        "ports": [f"127.0.0.1:{service.port}:{service.port}"],
        "healthcheck": health("CMD", "wget", "-qO-", f"http://127.0.0.1:{service.port}{service.ready}"),
    }  # fmt: skip


def grafana() -> Json:
    return {
        **common("grafana", 512),
        "environment": {
            "GF_SECURITY_ADMIN_PASSWORD": "${GRAFANA_PASSWORD:?is missing in .env: python3 infra/env.py}"
        },
        "volumes": [
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/var/lib/grafana/dashboards:ro",
            "grafana:/var/lib/grafana",
        ],
        "ports": [f"127.0.0.1:{GRAFANA_PORT}:{GRAFANA_PORT}"],
        "healthcheck": health("CMD", "wget", "-qO-", f"http://127.0.0.1:{GRAFANA_PORT}/api/health"),
    }
