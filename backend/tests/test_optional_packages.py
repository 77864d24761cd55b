"""What a server's process holds: nothing of what it never uses, and no room but its own."""

from __future__ import annotations

import subprocess
import sys

from rasoi.settings import REPOSITORY

ALL_ROOMS = """
import sys
from rasoi.optional_packages import UNUSED, hide_optional_packages
with hide_optional_packages():
    import rasoi.app
print(*(name for name in UNUSED if name in sys.modules))
import aiohttp, cryptography.exceptions, opentelemetry.sdk, requests, rich  # whoever wants them has them
"""
ONE_ROOM = """
import sys
from rasoi import hosting
from rasoi.optional_packages import hide_optional_packages
with hide_optional_packages():
    from rasoi import serve
    hosting.room("kitchen")
loaded = {name.split(".")[1] for name in sys.modules if name.endswith(".routes") and name.startswith("rasoi.")}
print(*sorted(loaded), *(name for name in ("rasoi.app", "rasoi.embedded", "rasoi.realtime") if name in sys.modules))
"""


def printed(program: str) -> list[str]:
    """The words that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY / "backend", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_server_imports_nothing_that_it_never_uses() -> None:
    assert printed(ALL_ROOMS) == []


def test_a_room_of_its_own_brings_no_other_but_the_staff() -> None:
    assert printed(ONE_ROOM) == ["kitchen", "staff"]
