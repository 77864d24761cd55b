"""All that `make check` proves, one line each; the output of what failed follows at the end."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"
SCREENS = ROOT / "kds_frontend"
CODE = ["rasoi", "razorpay_simulator", "tests", "bench", "prisma/check.py", "../infra"]


def tool(*command: str | Path, cwd: Path = BACKEND) -> str:
    """Run a tool; its output where it fails, nothing where it is content."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return (done.stdout.strip() or f"exit status {done.returncode}") if done.returncode else ""


def node(script: str, *arguments: str) -> str:
    """Run a script of the screens' packages with the wheel's Node."""
    return tool("node", SCREENS / "node_modules" / script, *arguments, cwd=SCREENS)


def unchanged(committed: Path, made: str, remedy: str) -> str:
    """The differences between a committed generated file and what is generated now."""
    before = committed.read_text() if committed.exists() else ""
    changes = list(
        difflib.unified_diff(before.splitlines(), made.splitlines(), "committed", "generated", n=1)
    )
    shown = "\n".join(line.rstrip() for line in changes[:40])
    return f"{committed.relative_to(ROOT)} is stale ({remedy}):\n{shown}" if changes else ""


def description(kind: str) -> Callable[[], str]:
    """Whether the committed OpenAPI or AsyncAPI is what the code says."""

    def check() -> str:
        done = subprocess.run(["rasoi", kind], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip()
        return unchanged(BACKEND / f"{kind}.json", done.stdout, "make generated")

    return check


def client() -> str:
    """Whether the screens' client is generated from the committed OpenAPI."""
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "schema.d.ts"
        failed = node(
            "openapi-typescript/bin/cli.js",
            str(BACKEND / "openapi.json"),
            "-o",
            str(made),
        )
        committed = SCREENS / "src" / "lib" / "api" / "schema.d.ts"
        return failed or unchanged(committed, made.read_text(), "make generated")


def present(paths: list[str]) -> list[str]:
    return [path for path in paths if (BACKEND / path).exists()]


CHECKS: dict[str, Callable[[], str]] = {
    "ruff": lambda: tool("ruff", "check", "--config", "pyproject.toml", *present(CODE)),
    "ruff format": lambda: tool("ruff", "format", "--check", "--config", "pyproject.toml", *present(CODE)),
    "mypy": lambda: tool("mypy", *present(["rasoi", "razorpay_simulator"])),
    "import rules": lambda: tool("lint-imports"),
    "OpenAPI is current": description("openapi"),
    "AsyncAPI is current": description("asyncapi"),
    "the screens' client is current": client,
    "svelte-check": lambda: node(
        "svelte-check/bin/svelte-check",
        "--tsconfig",
        "./tsconfig.json",
        "--fail-on-warnings",
    ),
    "Prisma and migrations agree": lambda: tool(sys.executable, "prisma/check.py"),
}


def tidy() -> int:
    """Put right what can be put right without judgement."""
    fixed = tool(
        "ruff",
        "check",
        "--fix",
        "--quiet",
        "--config",
        "pyproject.toml",
        *present(CODE),
    )
    print(fixed + tool("ruff", "format", "--config", "pyproject.toml", *present(CODE)))
    return 0


def main() -> int:
    os.environ["NO_COLOR"] = "1"
    failures = {}
    for name, check in CHECKS.items():
        began = time.monotonic()
        output = check()
        print(
            f"{'FAIL' if output else 'ok  '}  {name} ({time.monotonic() - began:.1f} s)",
            flush=True,
        )
        if output:
            failures[name] = output
    for name, output in failures.items():
        print(f"\n── {name}\n{output}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(tidy() if "--tidy" in sys.argv else main())
