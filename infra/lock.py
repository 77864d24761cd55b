"""Locks the Python packages by hash, for every platform, without index addresses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1] / "backend"
COMMAND = [
    *(
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--output-file=requirements.lock",
        "--extra=dev",
    ),
    *("--universal", "--python-version=3.11", "--upgrade", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"),
]

if __name__ == "__main__":
    sys.exit(subprocess.run(COMMAND, cwd=BACKEND).returncode)
