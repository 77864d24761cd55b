"""Structured logs on standard error, every line with the correlation and trace ids of what caused it."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import msgspec
import structlog

from rasoi.platform.events import correlation_id, traceparent
from rasoi.platform.plain_text import LINE_SIGNS, REFUSED
from rasoi.platform.sparing_log import SparingFilter
from rasoi.settings import Settings

UNSAFE = re.compile(f"{REFUSED.pattern}|[{LINE_SIGNS}]")


def configure(settings: Settings) -> None:
    """Set the form and the least level of all log lines, those of libraries included."""
    least = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _correlate,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shared.append(_in_one_line)
    if settings.log_format == "json":
        rendering: list[Any] = [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    else:
        rendering = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_indented_traceback)
        ]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.getLogger("uvicorn.error").addFilter(SparingFilter())  # what it says of bad requests
    # libraries say what went wrong, not what they do
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)


def _correlate(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the ids that run from a request through its events to their handlers."""
    if found := correlation_id.get():
        line.setdefault("correlation_id", found)
    if trace := traceparent.get():
        line.setdefault("trace_id", trace[3:35])
    return line


def _in_one_line(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever a value holds, it forges no other line and turns no writing."""
    for name, value in line.items():
        if name in ("exc_info", "_record", "_from_structlog"):
            continue
        text = value if isinstance(value, str) else repr(value) if not isinstance(value, int | float) else ""
        if UNSAFE.search(text):
            line[name] = UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return line


def _indented_traceback(file: TextIO, error: Any) -> None:
    """A trace has lines of its own; each is marked, so that what is in it looks like no line of the log."""
    text = "".join(traceback.format_exception(*error)).rstrip("\n")
    safe = (
        UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), line)
        for line in text.split("\n")
    )
    file.write("\n" + "\n".join(f"  | {line}" for line in safe))


def _json(line: Any, **_: Any) -> str:
    text = msgspec.json.encode(line, enc_hook=str).decode()
    return UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text)
