"""Structured logs on standard error, every line with the correlation and trace ids of what caused it."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from rasoi.platform.events import correlation_id, traceparent
from rasoi.platform.sparing_log import SparingFilter
from rasoi.settings import Settings


def configure(settings: Settings) -> None:
    """Set the form and the least level of all log lines, those of libraries included."""
    least = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _correlate,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log_format == "json":
        rendering: list[Any] = [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    else:
        rendering = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
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


def _json(line: Any, **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()
