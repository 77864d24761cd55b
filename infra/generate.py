"""Writes the committed files that are made from the code: OpenAPI, AsyncAPI, the client, schema.sql, dashboards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dashboards

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"
SCREENS = ROOT / "kds_frontend"


def main() -> int:
    for kind in ("openapi", "asyncapi"):
        made = subprocess.run(["rasoi", kind], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        (BACKEND / f"{kind}.json").write_bytes(made.stdout)
    made = subprocess.run(["rasoi", "problems"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    (ROOT / "docs" / "problems.md").write_bytes(made.stdout)
    target = SCREENS / "src" / "lib" / "api" / "schema.d.ts"
    tool = SCREENS / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    subprocess.run(
        ["node", tool, BACKEND / "openapi.json", "--default-non-nullable", "false", "-o", target],
        cwd=SCREENS,
        check=True,
    )
    subprocess.run([sys.executable, "-m", "rasoi.stack.generated", "--write"], cwd=BACKEND, check=True)
    subprocess.run([sys.executable, "prisma/check.py", "--write"], cwd=BACKEND, check=True)
    return dashboards.main()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"generate: {error}")
