"""Runs tests in forked children, one job a line on stdin: libraries are loaded once and PostgreSQL is shared.

A job names the tests and a time limit, and a module with its changed source or the text of a changed SQL function.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import asyncpg
import pytest

from mutants.calls import Calls

PRELOADED = (
    "hypothesis",
    "schemathesis.pytest",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "asyncpg",
    "redis.asyncio",
)
TEMPLATE = "mutant"
PLUGINS = (
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "_hypothesis_pytestplugin",
)  # looking for others takes a second
OPTIONS = ["-q", "-m", "not slow and not endurance", "-p", "no:cacheprovider"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # plugins that are loaded already
OPTIONS += [option for plugin in PLUGINS for option in ("-p", plugin)]
PR_SET_PDEATHSIG = 1


class ChangedModule(importlib.machinery.SourceFileLoader):
    """Loads one module from a changed source."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class ChangedFinder:
    """Finds the changed module before anybody else does."""

    def __init__(self, name: str, path: str, source: str) -> None:
        self.name = name
        self.loader = ChangedModule(name, path, source)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.loader.path, loader=self.loader)


class Failure:
    """Remembers the first test that failed."""

    def __init__(self) -> None:
        self.test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid


class Worker:
    """One PostgreSQL, and a child at a time."""

    def __init__(self) -> None:
        self.cluster = subprocess.Popen(
            [sys.executable, "-m", "mutants.cluster"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.cluster.stdout
        self.place = json.loads(self.cluster.stdout.readline())
        for name in (*self.place.pop("libraries"), *PLUGINS, "hypothesis", "redis.asyncio"):
            with suppress(ImportError):
                importlib.import_module(name)
        gc.freeze()  # children collect only what is theirs

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Do a job; says whether the tests passed, failed, took too long, or the fault was no valid code."""
        template = "rasoi"
        if sql := job.get("sql"):
            template = TEMPLATE
            try:
                asyncio.run(self.change_function(sql))
            except asyncpg.PostgresError as error:
                return {"outcome": "invalid", "by": str(error), "seconds": 0}
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="rasoi-mutant-") as directory:
            child = os.fork()
            if child == 0:
                self.be_child(job, template, Path(directory))
            outcome = wait_for(child, job["limit"])
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            found = Path(directory) / "found"
            asyncio.run(self.clear(child))
            return {
                "outcome": outcome,
                "seconds": time.monotonic() - began,
                **(json.loads(found.read_text()) if found.exists() else {}),
                **({"output": Path(directory, "output").read_text()[-4000:]} if job.get("calls") else {}),
            }

    def be_child(self, job: dict[str, Any], template: str, directory: Path) -> None:
        """Run the tests and end."""
        status = 3
        try:
            os.setsid()
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            output = os.open(directory / "output", os.O_CREAT | os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
            os.environ["TEST_CLUSTER"] = json.dumps({**self.place, "template": template})
            if source := job.get("source"):
                sys.meta_path.insert(0, ChangedFinder(job["module"], job["path"], source))
            plugins: list[Any] = [failure := Failure()]
            if job.get("calls"):
                plugins.append(calls := Calls())
            arguments = [*OPTIONS, *job["tests"]]
            status = int(pytest.main(arguments if job.get("calls") else ["-x", *arguments], plugins))
            found = {"by": failure.test, **({"calls": calls.by_test} if job.get("calls") else {})}
            (directory / "found").write_text(json.dumps(found))
        finally:
            os._exit(status)

    async def change_function(self, sql: str) -> None:
        """Make a database that holds the changed function, for the tests' own to be copied from."""
        await self.admin(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        await self.admin(f"CREATE DATABASE {TEMPLATE} TEMPLATE rasoi OWNER rasoi STRATEGY file_copy")
        conn = await asyncpg.connect(self.place["url"].format(user="rasoi", database=TEMPLATE))
        try:
            await conn.execute(sql)
        finally:
            await conn.close()

    async def clear(self, child: int) -> None:
        """Drop what a child that was ended left behind."""
        for row in await self.admin(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"test_{child}_%"
        ):
            await self.admin(f"DROP DATABASE {row['datname']} WITH (FORCE)")

    async def admin(self, sql: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.place["url"].format(user="postgres", database="postgres"))
        try:
            found: list[Any] = await conn.fetch(sql, *values)
            return found
        finally:
            await conn.close()


def wait_for(child: int, limit: float) -> str:
    """Wait for a child until its time is up; what came of its tests."""
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            match os.waitstatus_to_exitcode(status):
                case 0:
                    return "survived"
                case 5:
                    return "no tests"
                case _:
                    return "killed"
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def main() -> None:
    worker = Worker()
    for line in sys.stdin:
        print(json.dumps(worker.run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
