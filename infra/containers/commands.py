"""Running other programs: quietly, with the last lines of what they said where they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

LAST_LINES = 25


class Failed(Exception):
    """A program failed, or what is needed is not here; the text is for a person."""


def run(
    *argv: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float = 600,
    given: str | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """The finished program, with all that it said in `stdout`. Raises Failed, unless told not to."""
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(
            command, env=None if env is None else dict(env), cwd=cwd, timeout=seconds, input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command[:4])} … did not end in {seconds:.0f} s") from None
    if check and done.returncode:
        raise Failed(f"{' '.join(command[:6])} …: exit status {done.returncode}\n{last_lines(done.stdout)}")
    return done


def last_lines(text: str) -> str:
    return "\n".join(line[:300] for line in text.strip().splitlines()[-LAST_LINES:])
