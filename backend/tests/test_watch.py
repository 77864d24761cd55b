"""Alert rules with their tests and runbook; and a real Prometheus, asked what every panel of the dashboards asks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from rasoi.embedded.postgres import free_port
from rasoi.platform.metrics import method_of
from rasoi.settings import REPOSITORY
from tests.support import Platform, run_rasoi

sys.path.append(str(REPOSITORY / "infra"))
import dashboards
import queries
from panels import DASHBOARDS

WATCH = REPOSITORY / "prometheus"
RULES = sorted((WATCH / "rules").glob("*.yml"))
needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="no prometheus here; on Debian: apt-get install prometheus"
)


def alerts() -> list[dict[str, Any]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def faults(rules: list[dict[str, Any]], tests: list[dict[str, Any]], runbook: str) -> list[str]:
    """What an alert lacks: a severity, a section that it names and that says what to do, a test of it firing and not."""
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL))
    found = []
    for rule in rules:
        name = rule["alert"]
        if rule["labels"]["severity"] not in ("page", "warn"):
            found.append(f"{name}: no severity")
        if rule["annotations"]["runbook"] != f"prometheus/RUNBOOK.md#{name.lower()}":
            found.append(f"{name}: names no section")
        if not all(
            part in sections.get(name, "") for part in ("**Means**", "**Look**", "**Do**")
        ) and not re.search(r"\*\*Means\*\* the same", sections.get(name, "")):
            found.append(f"{name}: no runbook")
        checks = [each for test in tests if test["name"] == name for each in test["promql_expr_test"]]
        fired = [name in str(each["exp_samples"]) for each in checks]
        if True not in fired or False not in fired:
            found.append(f"{name}: not tested firing and not firing")
    return found


def promtool_tests() -> list[dict[str, Any]]:
    return [
        test for path in (WATCH / "tests").glob("*.yml") for test in yaml.safe_load(path.read_text())["tests"]
    ]


def test_every_alert_has_a_severity_a_runbook_and_tests() -> None:
    rules, tests, runbook = alerts(), promtool_tests(), (WATCH / "RUNBOOK.md").read_text()
    assert len(rules) > 25
    assert faults(rules, tests, runbook) == []
    planted = {**rules[0], "alert": "Planted"}
    assert len(faults([planted], tests, runbook)) == 3


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here; on Debian: apt-get install prometheus"
)
def test_promtool_sees_a_changed_rule(tmp_path: Path) -> None:
    shutil.copytree(WATCH, tmp_path, dirs_exist_ok=True)
    rules = tmp_path / "rules" / "alerts.yml"
    rules.write_text(
        rules.read_text()
        .replace('lateness="red"}) > 0', 'lateness="red"})')
        .replace("_parked_keys) > 0", "_parked_keys) > 1")
    )
    done = subprocess.run(
        ["promtool", "test", "rules", *sorted((tmp_path / "tests").glob("[ek]*.yml"))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and {"TicketsRed", "EventsParked"} <= set(
        re.findall(r"\w+", done.stdout + done.stderr)
    )


def test_the_dashboards_are_whole_and_committed() -> None:
    for path, text in dashboards.documents().items():
        assert path.read_text() == text, f"{path.name} is stale: make generated"
        if path.suffix != ".json":
            continue  # the page of all queries
        made = json.loads(text)
        assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])
        for panel in made["panels"]:
            assert (
                panel["description"].endswith(".")
                and panel["targets"]
                and panel["fieldConfig"]["defaults"]["unit"]
            )


def test_a_made_up_method_is_no_label() -> None:
    assert [method_of(each) for each in ("GET", "BREW", "DELETE")] == ["GET", "other", "DELETE"]


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`prometheus(target)`: a Prometheus with our rules that asks `target` every second; its URL."""
    started: list[subprocess.Popen[bytes]] = []

    def start(target: str) -> str:
        config, address = tmp_path / "prometheus.yml", f"127.0.0.1:{free_port()}"
        scrape = {
            "job_name": "rasoi",
            "static_configs": [{"targets": [target], "labels": {"service": "rasoi"}}],
        }
        every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        made = {"global": every, "rule_files": [str(WATCH / "rules" / "*.yml")], "scrape_configs": [scrape]}
        config.write_text(json.dumps(made))
        argv = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                f"--web.listen-address={address}", "--log.level=warn"]  # fmt: skip
        started.append(subprocess.Popen(argv, cwd=tmp_path))
        return f"http://{address}"

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def told(url: str, path: str) -> Any:
    with urlopen(url + path, timeout=5) as answer:
        return json.load(answer)["data"]


def empty(url: str, *, kafka: bool = False) -> list[str]:
    """Panels whose query brings nothing back, and recording rules that record nothing."""
    found = [
        f"{each.dashboard}: {each.panel.title}: {each.expr}"
        for each in queries.answers(url)
        if not each.values and (kafka or not each.panel.stack)
    ]
    for group in told(url, "/api/v1/rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok" or rule.get("lastError"):
                found.append(f"{rule['name']}: {rule.get('lastError', rule['health'])}")
            if rule["type"] == "recording" and not queries.ask(url, rule["name"]):
                found.append(f"{rule['name']} records nothing")
    return found


def within(seconds: float, faults_now: Callable[[], list[str]]) -> None:
    """Wait until there are no faults."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            missing = faults_now()
        except OSError as away:
            missing = [repr(away)]
        if not missing:
            return
        assert time.monotonic() < deadline, "\n".join(missing)
        time.sleep(0.3)


@pytest.mark.slow
@needs_prometheus
def test_every_panel_has_data_after_a_rush(
    platform_process: Callable[..., Platform], prometheus: Callable[[str], str], tmp_path: Path
) -> None:
    platform = platform_process()
    url = prometheus(platform.url.removeprefix("http://"))
    within(15, lambda: [] if queries.ask(url, 'up{job="rasoi"} == 1') else ["nothing is asked"])
    rush = run_rasoi(
        "rush",
        "--url",
        platform.url,
        "--orders",
        "20",
        "--rate",
        "5",
        "--json",
        environ={},
        log=tmp_path / "rush.log",
    )
    try:
        assert rush.wait(60) == 0, (tmp_path / "rush.log").read_text()
    finally:
        rush.kill()
    within(15, lambda: empty(url))
    placed = queries.ask(url, 'sum(rasoi_order_placements_total{outcome="placed"})')
    assert placed == [({}, 20.0)]
    assert queries.ask(url, "sum(rasoi_leader)") == [({}, 1.0)]
    paging = queries.ask(url, 'ALERTS{alertstate="firing", severity="page"}')
    assert paging == []
    assert {panel.title for board in DASHBOARDS for panel in board.panels if panel.stack} == {
        "Consumer lag",
        "Consumer lag by room",
    }
