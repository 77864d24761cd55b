"""Importing only what a server uses: several libraries import optional packages wherever these are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = (
    "aiohttp",  # by engineio, for its client
    "cryptography",  # by jwt, for signatures other than our HS256, and by redis, for OCSP
    "greenlet",  # by structlog, for its old thread-local context
    "opentelemetry.sdk",  # by redis, for metrics of its own
    "requests",  # by engineio, for its client
    "rich",  # by structlog, for coloured traces
)


@contextmanager
def hide_optional_packages() -> Iterator[None]:
    """Inside, libraries find the unused packages missing and do without, as each of them is made to; afterwards
    anybody may import them."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: import raises ModuleNotFoundError
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
