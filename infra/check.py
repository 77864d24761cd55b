"""All that `make check` proves, one line each; the output of what failed follows at the end."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import dashboards

from rasoi.room_list import NAMES, WITHOUT_TABLES

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"
SCREENS = ROOT / "kds_frontend"
WATCH = ROOT / "prometheus"
NO_ROOMS = {"rasoi.app", "rasoi.serve", "rasoi.platform", "rasoi.contracts"}
CODE = ["rasoi", "razorpay_simulator", "tests", "bench", "faults", "mutants", "prisma/check.py", "../infra"]


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


def description(kind: str, path: Path | None = None) -> Callable[[], str]:
    """Whether what `rasoi <kind>` prints is what was committed."""

    def check() -> str:
        done = subprocess.run(["rasoi", kind], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip()
        return unchanged(path or BACKEND / f"{kind}.json", done.stdout, "make generated")

    return check


def containers() -> str:
    """Whether docker-compose.yml and what belongs to it are what the stack's plan says."""
    done = subprocess.run(
        [sys.executable, "-m", "rasoi.stack.generated"], cwd=BACKEND, capture_output=True, text=True
    )
    if done.returncode:
        return done.stderr.strip()
    made = json.loads(done.stdout).items()
    return "\n".join(filter(None, (unchanged(Path(path), text, "make generated") for path, text in made)))


def client() -> str:
    """Whether the screens' client is generated from the committed OpenAPI."""
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "schema.d.ts"
        failed = node(
            "openapi-typescript/bin/cli.js",
            "--default-non-nullable",
            "false",
            str(BACKEND / "openapi.json"),
            "-o",
            str(made),
        )
        committed = SCREENS / "src" / "lib" / "api" / "schema.d.ts"
        return failed or unchanged(committed, made.read_text(), "make generated")


def boards() -> str:
    """Whether Grafana's dashboards are what infra/panels.py says."""
    stale = [unchanged(path, text, "make generated") for path, text in dashboards.documents().items()]
    known = {path.name for path in dashboards.documents()}
    strange = [path.name for path in dashboards.TARGET.glob("*.json") if path.name not in known]
    return "\n".join([*filter(None, stale), *(f"{name}: no dashboard of ours" for name in strange)])


def alert_rules() -> str:
    """Whether Prometheus reads the rules, and every alert fires when it should and only then."""
    if shutil.which("promtool") is None:
        print("      promtool is not here: alert rules are not tested. On Debian: apt-get install prometheus")
        return ""
    rules = sorted((WATCH / "rules").glob("*.yml"))
    tests = sorted((WATCH / "tests").glob("*.yml"))
    return tool("promtool", "check", "rules", *rules) or tool("promtool", "test", "rules", *tests)


def gateway() -> str:
    """Whether nginx takes the containers' configuration, once their names are this machine and its port a socket."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        print("      nginx is not here: its configuration is not tested. On Debian: apt-get install nginx")
        return ""
    with tempfile.TemporaryDirectory() as directory:
        text = (ROOT / "nginx" / "containers.conf").read_text().replace("/tmp/", f"{directory}/")  # noqa: S108
        text = re.sub(r"\bserver [\w-]+:", "server 127.0.0.1:", text)
        text = text.replace(" resolve;", ";")  # since 1.27.3 only
        path = Path(directory) / "nginx.conf"
        path.write_text(re.sub(r"listen \d+", f"listen unix:{directory}/gateway", text))
        return tool(program, "-t", "-q", "-p", directory, "-c", path, "-e", "stderr")


def rooms() -> str:
    """Whether the import rules and the Prisma schema name the rooms of rasoi/room_list.py, and no other."""
    packages = {f"rasoi.{name}" for name in NAMES}
    rules = tomllib.loads((BACKEND / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    independent, layered, forbidden = rules[:3]
    layer = next(each for each in layered["layers"] if " : rasoi.menu" in each)
    beside = {each for each in forbidden["forbidden_modules"] if each.count(".") == 1} - NO_ROOMS
    datasource = (BACKEND / "prisma" / "schema" / "main.prisma").read_text()
    schemas = set(re.findall(r'"(\w+)"', datasource.split("schemas", 1)[1])) - {"platform"}
    named = {
        "the rule of independence in pyproject.toml": set(independent["modules"]),
        "the rule of layers in pyproject.toml": set(layer.split(" : ")),
        "the rule about the rush in pyproject.toml": beside,
        "prisma/schema/main.prisma": {f"rasoi.{each}" for each in [*schemas, *WITHOUT_TABLES]},
    }
    return "\n".join(
        f"{where}: {' '.join(sorted(found ^ packages))} differs from rasoi/room_list.py"
        for where, found in named.items()
        if found != packages
    )


def present(paths: list[str]) -> list[str]:
    return [path for path in paths if (BACKEND / path).exists()]


CHECKS: dict[str, Callable[[], str]] = {
    "ruff": lambda: tool("ruff", "check", "--config", "pyproject.toml", *present(CODE)),
    "ruff format": lambda: tool("ruff", "format", "--check", "--config", "pyproject.toml", *present(CODE)),
    "mypy": lambda: tool(
        "mypy", *present(["rasoi", "razorpay_simulator", "bench", "faults", "mutants", "tests"])
    ),
    "rooms are the list's": rooms,
    "import rules": lambda: tool("lint-imports"),
    "OpenAPI is current": description("openapi"),
    "AsyncAPI is current": description("asyncapi"),
    "the table of problems is current": description("problems", ROOT / "docs" / "problems.md"),
    "old events are still read": lambda: tool(sys.executable, "-m", "tests.contracts.samples"),
    "the screens' client is current": client,
    "the containers are the stack's": containers,
    "docker-compose.yml keeps to its schema": lambda: tool(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"
    ),
    "nginx takes its configuration": gateway,
    "the CI workflow keeps to its schema": lambda: tool(
        "check-jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        ROOT / ".github" / "workflows" / "ci.yml",
    ),
    "hadolint": lambda: tool(
        "hadolint",
        ROOT / "backend" / "Dockerfile",
        ROOT / "infra" / "containers" / "stand-ins" / "Dockerfile",
    ),
    "svelte-check": lambda: node(
        "svelte-check/bin/svelte-check",
        "--tsconfig",
        "./tsconfig.json",
        "--fail-on-warnings",
    ),
    "prettier": lambda: node("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."),
    "eslint": lambda: node("eslint/bin/eslint.js", "."),
    "no page is too heavy": lambda: tool("node", "sizes.ts", cwd=SCREENS),
    "dashboards are current": boards,
    "alert rules": alert_rules,
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
    print(node("prettier/bin/prettier.cjs", "--write", "--log-level", "warn", "."))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=CHECKS, metavar="NAME", help=", ".join(CHECKS))
    only = parser.parse_args().only
    os.environ["NO_COLOR"] = "1"
    failures = {}
    for name, check in CHECKS.items():
        if only and name not in only:
            continue
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
