"""The command line as a person meets it: in a process, by its output and exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rasoi import cli
from rasoi.embedded import AlreadyRunning


def rasoi(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rasoi.cli", *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[1],
    )


def test_help_names_every_command_and_imports_little() -> None:
    done = rasoi("--help")
    assert done.returncode == 0
    for command in "run migrate init people keys settings import events rebuild documents rush openapi asyncapi problems".split():
        assert re.search(rf"^    {command}\s", done.stdout, re.MULTILINE), command
    code = "import sys, rasoi.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert not {"asyncpg", "litestar", "rich", "psutil", "rasoi.app"} & set(loaded)


def test_settings_as_json() -> None:
    done = rasoi("settings", "--json", PORT="81")
    rows = {row["name"]: row["value"] for row in json.loads(done.stdout)}
    assert rows["PORT"] == "81"


def test_settings_as_a_table() -> None:
    done = rasoi("settings")
    assert "RASOI_DATA" in done.stdout
    assert "where data stay" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ", "status", "line"),
    [
        (
            ["run"],
            {"RASOI_PROT": "1"},
            2,
            "rasoi: unknown setting RASOI_PROT; `rasoi settings` lists all of them",
        ),
        (["run"], {"PORT": "x"}, 2, "rasoi: PORT must be a whole number from 0 to 65535, not 'x'"),
        (["import", "menu", "/no/file"], {}, 1, "rasoi: there is no file /no/file"),
    ],
)
def test_expected_faults_are_one_line(
    arguments: list[str], environ: dict[str, str], status: int, line: str
) -> None:
    done = rasoi(*arguments, **environ)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (status, "", line)


def test_an_unknown_command_is_a_usage_fault() -> None:
    done = rasoi("cook")
    assert done.returncode == 2
    assert "invalid choice: 'cook'" in done.stderr


def test_faults_deep_inside_are_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_: object) -> None:
        raise AlreadyRunning("a platform already runs on\n/data (process 7)")

    monkeypatch.setattr(cli, "show_settings", busy)
    monkeypatch.setattr(os, "environ", {})
    assert cli.main(["settings"]) == 1
    assert capsys.readouterr().err == "rasoi: a platform already runs on /data (process 7)\n"
    with pytest.raises(AlreadyRunning):
        cli.main(["--debug", "settings"])


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(cli, "show_settings", broken)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(KeyError):
        cli.main(["settings"])
