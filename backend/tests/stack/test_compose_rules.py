"""What was wrong with the containers once, and must not come back; all of it is seen in the generated files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from rasoi.payments import build_providers
from rasoi.room_list import NAMES
from rasoi.settings import REPOSITORY, SettingsError, load
from tests.stack.test_compose import filled

TEXT = (REPOSITORY / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "rasoi"}
IN_ROOMS = {name: OURS[name] for name in OURS if name.rpartition("-")[0] in NAMES or name in NAMES}
DOCKERFILE = (REPOSITORY / "backend" / "Dockerfile").read_text()
EXAMPLE = (REPOSITORY / ".env.example").read_text()
# what an image declares as a volume; docker makes a nameless one for each that is not given
DECLARED = {
    "postgres": ["/var/lib/postgresql"],
    "redis": ["/data"],
    "kafka-1": ["/etc/kafka/secrets", "/mnt/shared/config", "/var/lib/kafka/data"],
    "prometheus": ["/prometheus"],
    "grafana": ["/var/lib/grafana"],
}


def environment(name: str, **environ: str) -> dict[str, str]:
    return {key: filled(value, environ) for key, value in SERVICES[name]["environment"].items()}


def test_the_image_is_built_once() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrate"]
    assert len(OURS) == len(NAMES) + 1 + 4, "two of orders, and migrate, migrate-daily, simulator, tools"


def test_the_gateway_resolves_names_at_run_time_and_waits_for_nobody() -> None:
    for name in ("containers.conf", "containers-tls.conf"):
        text = (REPOSITORY / "nginx" / name).read_text()
        assert "resolver 127.0.0.11 valid=2s" in text
        servers = re.findall(r"^ +server [\w-]+:\d+.*;$", text, re.MULTILINE)
        assert len(servers) > 2 * len(NAMES)
        assert all(line.endswith(" resolve;") for line in servers)
    assert "depends_on" not in SERVICES["nginx"]
    assert SERVICES["nginx"]["healthcheck"]["test"][-1].endswith("/health/ready"), "which asks a room"


def test_with_keys_no_simulator_is_reached() -> None:
    keys = {"RAZORPAY_KEY_ID": "rzp_live_1", "RAZORPAY_KEY_SECRET": "s", "RAZORPAY_WEBHOOK_SECRETS": "w"}
    real = load(environment("payments", **keys) | {"SECRET_KEY": "x" * 32})
    real_provider: Any = build_providers(real).first.provider
    assert real_provider._base_url is None, "Razorpay's own"
    assert SERVICES["simulator"]["profiles"] == ["simulator"]
    assert "RAZORPAY_KEY_SECRET" not in SERVICES["simulator"]["environment"]
    started = subprocess.run(
        [sys.executable, "-m", "rasoi.cli", "simulator"], cwd=REPOSITORY / "backend", capture_output=True, text=True,
        env=environment("simulator", **keys) | {"SECRET_KEY": "x" * 32, "PATH": "/bin"},
    )  # fmt: skip
    assert started.returncode == 2
    assert "no simulator is started" in started.stderr


@pytest.mark.parametrize(
    ("public_url", "simulator"),
    [("", "http://localhost:8102"), ("http://192.168.1.20:8080", "http://192.168.1.20:8102")],
)
def test_the_simulators_address_follows_the_public_one(public_url: str, simulator: str) -> None:
    given = {"PUBLIC_URL": public_url} if public_url else {}
    settings = load(environment("payments", **given) | {"SECRET_KEY": "x" * 32})
    assert settings.checkout_origin == simulator
    provider: Any = build_providers(settings).first.provider
    assert provider._base_url == "http://simulator:8102"


def test_half_a_key_is_refused_where_money_is() -> None:
    with pytest.raises(SettingsError, match="go together"):
        build_providers(load({"RAZORPAY_KEY_ID": "rzp_test_1"}))


def test_each_service_has_its_own_secrets_only() -> None:
    assert set(IN_ROOMS) == {*NAMES, "orders-1", "orders-2"} - {"orders"}
    for name, service in IN_ROOMS.items():
        room, given = name.split("-")[0], service["environment"]
        assert given["DATABASE_URL"] == f"postgresql://rasoi_{room}@postgres/rasoi"
        assert given["DATABASE_PASSWORD"].startswith("${DATABASE_PASSWORD_" + room.upper() + ":?")
        assert ("RAZORPAY_KEY_SECRET" in given) == (room == "payments")
        assert not [key for key in given if key.startswith("DATABASE_PASSWORD_")]
    assert "DATABASE_PASSWORD" not in SERVICES["simulator"]["environment"]
    holders = [name for name, service in SERVICES.items() if "POSTGRES_PASSWORD" in str(service)]
    assert holders == ["postgres"], "nothing of ours is the superuser"


def test_what_cannot_be_migrated_is_not_tried_for_ever() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("migrate", "staff"):
        assert SERVICES[name]["environment"]["DEMO"] == "${DEMO:-0}"


def test_a_starved_machine_has_time_and_an_end_is_waited_for() -> None:
    for name, service in SERVICES.items():
        if check := service.get("healthcheck"):
            seconds = {
                key: int(check[key].removesuffix("s")) for key in ("start_period", "interval", "timeout")
            }
            assert seconds["start_period"] >= 180, name
            assert seconds["interval"] * check["retries"] >= 90, name
        if service["image"] == "rasoi" or name.startswith(("postgres", "kafka")):
            assert int(service["stop_grace_period"].removesuffix("s")) >= 30, name


def test_rooms_wait_for_every_broker_that_there_is() -> None:
    after = IN_ROOMS["kitchen"]["depends_on"]
    assert after["kafka-1"] == {"condition": "service_healthy"}
    assert after["kafka-2"] == after["kafka-3"] == {"condition": "service_healthy", "required": False}
    assert after["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", DECLARED)
def test_no_volume_is_nameless(name: str) -> None:
    service = SERVICES[name]
    targets = [volume.split(":")[1] for volume in service.get("volumes", [])]
    targets += [mount.split(":")[0] for mount in service.get("tmpfs", [])]
    assert set(DECLARED[name]) <= set(targets)


def test_images_are_those_of_their_digests() -> None:
    others = {service["image"] for service in SERVICES.values()} - {"rasoi"}
    bases = re.findall(r"^ARG \w+_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    assert len(others) == 6
    assert len(bases) == 2
    for image in [*others, *bases]:
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${NODE_IMAGE}", "${PYTHON_IMAGE}"}


def test_every_setting_of_compose_is_explained_and_no_other() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", TEXT)) - {"KAFKA_BOOTSTRAP", "KAFKA_REPLICAS", "KAFKA_VOTERS", "KAFKA_MIN_INSYNC",
                                                     "KAFKA_CLUSTER_ID"}  # fmt: skip
    explained = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    assert explained - {"COMPOSE_PROFILES"} == wanted


def test_secrets_are_made_up_and_kept_from_others(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE)
    script = "import env, pathlib, sys; sys.exit(env.main(pathlib.Path('.')))"
    path = {"PYTHONPATH": str(REPOSITORY / "infra")}
    runs = [
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=path, capture_output=True).returncode
        for _ in range(2)
    ]
    assert runs == [0, 1], "the second leaves it as it is"
    made = tmp_path / ".env"
    assert made.stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in made.read_text().splitlines() if line and line[0] != "#")
    secrets = [
        values[name]
        for name in values
        if name.endswith(("_KEY", "PASSWORD")) or name.startswith("DATABASE_PASSWORD")
    ]
    assert len(secrets) == len(set(secrets)) == 4 + len(NAMES)
    assert all(len(secret) > 32 for secret in secrets)
    ignored = subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=REPOSITORY)
    assert ignored.returncode == 0
