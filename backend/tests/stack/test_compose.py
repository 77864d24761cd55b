"""The containers are the plan's: same services, commands and ports; any other docker-compose.yml is told."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rasoi.embedded.kafka import HOME
from rasoi.settings import REPOSITORY, load
from rasoi.stack import compose, generated
from rasoi.stack.plan import plan

CHECKED: list[str | Path] = [
    Path(sys.executable).with_name("check-jsonschema"),
    "--builtin-schema",
    "vendor.compose-spec",
]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return dict(yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text()))


VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?+])([^${}]*))?\}")


def filled(text: Any, environ: Mapping[str, str] | None = None) -> str:
    """A value as compose fills it in where nothing but this is set."""

    def value(found: re.Match[str]) -> str:
        given, how, other = (environ or {}).get(found[1], ""), found[2] or "", found[3] or ""
        if how.endswith("+"):
            return other if given else ""
        return given or ("" if how.endswith("?") else other)

    filled = str(text)
    while VARIABLE.search(filled):  # from the innermost outwards
        filled = VARIABLE.sub(value, filled)
    return filled


def test_committed_files_are_made_from_the_plan() -> None:
    stale = [path.name for path, text in generated.files().items() if path.read_text() != text]
    assert stale == [], "make generated"


@pytest.mark.parametrize(
    "changed", [plan({"payments": 2}), plan(first_port=9100), plan(simulated=True).without(("menu",))]
)
def test_another_plan_is_another_file(changed: Any) -> None:
    assert compose.render(changed) != (REPOSITORY / "docker-compose.yml").read_text()


def test_each_replica_has_the_native_command_and_port(committed: dict[str, Any]) -> None:
    services = committed["services"]
    for room in plan().rooms:
        for name, _, port in room.instances():
            assert services[name]["command"] == ["rasoi", *room.command]
            assert services[name]["environment"]["PORT"] == str(port)
            assert "ports" not in services[name], "only the gateway is reached from outside"
    assert filled(services["nginx"]["ports"]) == "['8080:8080']"
    assert services["simulator"]["environment"]["SIMULATOR_PORT"] == str(plan()["simulator"].port)


def test_every_service_is_confined_and_watched(committed: dict[str, Any]) -> None:
    for name, service in committed["services"].items():
        assert service["user"] not in ("root", "0"), name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "healthcheck" in service or name in ("migrate", "migrate-daily", "tools"), name
        assert service["logging"]["options"]["max-size"], "logs are rotated"
        for volume in service.get("volumes", []):
            source = filled(volume).split(":")[0]
            assert source in committed["volumes"] or (REPOSITORY / source).exists(), source


def test_the_environment_is_one_that_services_take(committed: dict[str, Any]) -> None:
    given = {name: filled(value) for name, value in committed["services"]["payments"]["environment"].items()}
    settings = load(given | {"SECRET_KEY": "x" * 32, "DATABASE_PASSWORD": "a/b:c@d"})
    assert (settings.events, settings.kafka_bootstrap, settings.port) == ("kafka", "kafka-1:8100", 8150)
    assert settings.url == "http://localhost:8080"
    assert settings.database_url == "postgresql://rasoi_payments:a%2Fb%3Ac%40d@postgres/rasoi"


def test_three_brokers_keep_two_copies_in_step(committed: dict[str, Any]) -> None:
    lines = (REPOSITORY / "infra" / "three-brokers.env").read_text().splitlines()
    chosen = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    services = committed["services"]
    assert [n for n, s in services.items() if "three-brokers" in s.get("profiles", [])] == [
        "kafka-2",
        "kafka-3",
    ]
    assert chosen["COMPOSE_PROFILES"] == "${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}three-brokers"
    assert (chosen["KAFKA_REPLICAS"], chosen["KAFKA_MIN_INSYNC"]) == ("3", "2")
    assert chosen["KAFKA_VOTERS"].count("@") == chosen["KAFKA_BOOTSTRAP"].count(":") == 3
    for n in (1, 2, 3):
        assert services[f"kafka-{n}"]["environment"]["KAFKA_NODE_ID"] == str(n)
        assert "KAFKA_MIN_INSYNC" in services[f"kafka-{n}"]["environment"]["KAFKA_MIN_INSYNC_REPLICAS"]


def test_kafka_is_of_the_native_stacks_version(committed: dict[str, Any]) -> None:
    version = committed["services"]["kafka-1"]["image"].split(":")[1].split("@")[0]
    assert f"<version>{version}</version>" in (HOME / "pom.xml").read_text()


def test_grafana_asks_prometheus_where_it_is() -> None:
    source = yaml.safe_load((REPOSITORY / "grafana/provisioning/datasources/prometheus.yml").read_text())
    assert source["datasources"][0]["url"] == f"http://prometheus:{plan()['prometheus'].port}"


def test_the_schema_tells_a_planted_fault(committed: dict[str, Any], tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.yml", tmp_path / "wrong.yml"
    right.write_text(yaml.safe_dump(committed))
    committed["services"]["nginx"]["helthcheck"] = committed["services"]["nginx"]["healthcheck"]
    wrong.write_text(yaml.safe_dump(committed))
    statuses = [subprocess.run([*CHECKED, path], capture_output=True).returncode for path in (right, wrong)]
    del committed["services"]["nginx"]["helthcheck"]
    assert statuses == [0, 1]
