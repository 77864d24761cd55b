"""Locks the Python packages by hash, for every platform, without index addresses.

Three files: what runs the platform's services, what builds its package, and all that a clone is run, tested and
checked with.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1] / "backend"
RUNTIME, BUILD, DEVELOPMENT = "requirements.lock", "requirements-build.lock", "requirements-dev.lock"
OPTIONS = [
    *("--universal", "--python-version=3.11", "--upgrade", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--quiet"),
]


def compile_lock(target: str, *sources: str, given: str | None = None) -> None:
    """Write one lock file from these sources. Raises CalledProcessError."""
    command = ["uv", "pip", "compile", *sources, f"--output-file={target}", *OPTIONS]
    subprocess.run(command, cwd=BACKEND, input=given, text=True, check=True)


def main() -> int:
    """The later files are held to the versions of the first, so that what is tested is what runs."""
    build = tomllib.loads((BACKEND / "pyproject.toml").read_text())["build-system"]["requires"]
    compile_lock(RUNTIME, "pyproject.toml")
    compile_lock(BUILD, "-", "--constraint", RUNTIME, given="\n".join(build))
    compile_lock(DEVELOPMENT, "pyproject.toml", "--extra=embedded", "--extra=dev", "--constraint", RUNTIME)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
