"""What `rasoi stack` refuses, at once and in one line, before anything is started."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rasoi.cli import main
from rasoi.embedded import Embedded
from rasoi.embedded.postgres import free_port
from rasoi.settings import load


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {
        "RASOI_DATA": str(tmp_path),
        "STACK_PORTS": "30100",
        "PORT": str(free_port()),
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """The exit status, and the one line."""
    status = main(["stack", *argv])
    text = capsys.readouterr().err.strip()
    assert len(text.splitlines()) == 1, text
    return status, text


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize(
    ("argv", "status", "text"),
    [
        (["status"], 1, "rasoi stack up"),
        (["restart", "orders"], 1, "rasoi stack up"),
        (["up", "--replicas", "cellar=2"], 2, "cellar"),
        (["up", "--without", "oven"], 2, "oven"),
        (["logs", "oven"], 2, "oven"),
    ],
)
def test_what_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], status: int, text: str
) -> None:
    told = said(capsys, *argv)
    assert told[0] == status and text in told[1]


def test_a_taken_port_is_named(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        environ.setenv("PORT", str(port := other.getsockname()[1]))
        status, text = said(capsys, "up")
        assert status == 2 and f"port {port} for the gateway" in text
    with socket.create_server(("127.0.0.1", 30143)):
        status, text = said(capsys, "up", "--replicas", "orders=4")
        assert status == 2 and "30143 for orders-4" in text and "STACK_PORTS" in text


@pytest.mark.usefixtures("environ")
def test_a_second_stack_on_the_same_data_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Embedded(load({"RASOI_DATA": str(tmp_path / "stack")}))
    first.take()
    try:
        status, text = said(capsys, "up")
        assert status == 1 and "already runs" in text
    finally:
        first.stop()


def test_a_missing_program_is_named(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environ.setenv("PATH", "/nowhere")
    environ.setattr("rasoi.stack.deployment.SBIN", "/nowhere")
    status, text = said(capsys, "up")
    assert status == 1 and "apt-get install nginx" in text
