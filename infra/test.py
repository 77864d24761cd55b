"""All tests: pytest, then the screens' own. Arguments go to pytest, which then runs alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCREENS = ROOT / "kds_frontend"


def main(arguments: list[str]) -> int:
    failed = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT / "backend").returncode
    if not arguments:
        runner = SCREENS / "node_modules" / "vitest" / "vitest.mjs"
        failed |= subprocess.run(["node", runner, "run"], cwd=SCREENS, stdin=subprocess.DEVNULL).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
