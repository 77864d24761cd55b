"""Log lines: one form, with the correlation id, for our own and the libraries'."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from rasoi.platform import observability
from rasoi.platform.events import correlation_id
from rasoi.settings import load


@pytest.fixture(autouse=True)
def restored() -> object:
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


def test_json_lines_carry_the_correlation_id(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_FORMAT": "json"}))
    token = correlation_id.set("abc-1")
    structlog.get_logger().info("order placed", paise=100)
    logging.getLogger("some.library").warning("went %s", "wrong")
    correlation_id.reset(token)
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["paise"], ours["level"], ours["correlation_id"]) == (
        "order placed",
        100,
        "info",
        "abc-1",
    )
    assert (theirs["event"], theirs["correlation_id"]) == ("went wrong", "abc-1")
    assert ours["timestamp"].endswith("Z")


def test_the_least_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_LEVEL": "warning"}))
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert "quiet" not in (said := capsys.readouterr().err)
    assert "loud" in said


def test_a_fault_keeps_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_FORMAT": "json"}))
    try:
        raise ValueError("burnt")
    except ValueError:
        structlog.get_logger().exception("cooking failed")
    line = json.loads(capsys.readouterr().err)
    assert line["exception"][0]["exc_value"] == "burnt"


FORGED = "x\n2026-11-30T00:00:00Z [info     ] a manager signed in\r\x1b[2J\u202ekcab\u2028"


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_value_forges_a_line(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_FORMAT": form}))
    structlog.get_logger().info("unhandled", path=FORGED, more=[FORGED], number=1)
    logging.getLogger("some.library").warning("bad path %s", FORGED)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2
    assert [sign for sign in "\r\x1b\u202e\u2028" if sign in said] == []


def test_nor_does_an_exceptions_text(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_FORMAT": "text"}))
    try:
        raise ValueError(FORGED)
    except ValueError:
        structlog.get_logger().exception("failed")
    first, *trace = capsys.readouterr().err.splitlines()
    assert "failed" in first
    assert all(line.startswith("  | ") for line in trace)
