"""Proves that Prisma's schema, the migrations with the functions, and the committed schema.sql describe the same database.

`python check.py` checks; `python check.py --write` writes schema.sql anew. Needs node_modules here (`npm ci`).
"""

from __future__ import annotations

import asyncio
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from rasoi.embedded import ChildFailed, Embedded
from rasoi.embedded.postgres import ADMIN, Postgres, binaries
from rasoi.platform import migrate
from rasoi.settings import load

HERE = Path(__file__).resolve().parent
EMPTY = "This is an empty migration"
SHADOW = "prisma_migrate_shadow_db"


class Differs(Exception):
    """A proof that failed, with what to do about it."""


@contextmanager
def scratch() -> Iterator[Postgres]:
    """A PostgreSQL that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="rasoi-prisma-", ignore_cleanup_errors=True) as directory:
        settings = load({"RASOI_DATA": directory})
        with Embedded(settings, {"fsync": "off", "autovacuum": "off"}) as embedded:
            assert embedded.postgres is not None
            yield embedded.postgres


def prisma_cli(prisma: Path, database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Prisma's CLI on the project in `prisma`, with the engine that lies there."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    tool = HERE / "node_modules" / "prisma" / "build" / "index.js"
    if node is None or not tool.exists():
        raise Differs("Prisma is not installed here: run `make check`, or `npm ci` in backend/prisma")
    environ = {
        "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": os.environ.get("HOME", "/"),
        "DATABASE_URL": database_url,
        "PRISMA_SCHEMA_ENGINE_BINARY": str(prisma / "schema-engine.cjs"),
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
    }
    return subprocess.run(
        [node, tool, *arguments], cwd=prisma, env=environ, capture_output=True, text=True, timeout=300
    )


def same_as_prismas_schema(postgres: Postgres, prisma: Path) -> None:
    """Prisma's diff from the migrations to the schema says in words that it is empty; silence is a failure."""
    diff = ("migrate", "diff", "--from-migrations", "migrations", "--to-schema", "schema", "--script")
    done = prisma_cli(prisma, postgres.tcp_url("postgres"), *diff)
    if done.returncode or EMPTY not in done.stdout:
        said = done.stdout.strip() or done.stderr.strip() or "(nothing, which is what a broken engine says)"
        raise Differs(f"from the migrations to prisma/schema/*.prisma, Prisma would still do this:\n{said}")


def dump(postgres: Postgres, prisma: Path) -> str:
    """What `pg_dump` says of a database that has just been migrated."""

    async def fresh() -> None:
        admin = await asyncpg.connect(postgres.url(ADMIN, "postgres"))
        await admin.execute("DROP DATABASE IF EXISTS dumped WITH (FORCE)")
        await admin.execute("CREATE DATABASE dumped OWNER rasoi")
        await admin.close()
        conn = await asyncpg.connect(postgres.url(database="dumped"))
        await migrate.update(conn, prisma)
        await conn.close()

    asyncio.run(fresh())
    done = subprocess.run(
        [
            binaries() / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--restrict-key=rasoi",
            "--exclude-table=public._prisma_migrations",
            postgres.url(database="dumped"),
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Differs(f"pg_dump failed: {done.stderr.strip()}")
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("-- Dumped", "\\", "--\n"))]
    return "\n".join(lines).strip() + "\n"


def same_as_committed(postgres: Postgres, prisma: Path) -> None:
    """The dump equals schema.sql, which alone sees CHECKs, partial indexes, partitions and functions."""
    committed = prisma / "schema.sql"
    before = committed.read_text() if committed.exists() else ""
    changes = list(
        difflib.unified_diff(
            before.splitlines(),
            dump(postgres, prisma).splitlines(),
            "schema.sql",
            "the migrations and functions",
            lineterm="",
            n=2,
        )
    )
    if changes:
        shown = "\n".join(changes[:60])
        raise Differs(
            f"schema.sql is not what the migrations and functions make (python backend/prisma/check.py --write):\n{shown}"
        )


def no_shadow_left(postgres: Postgres, _: Path) -> None:
    """Prisma's shadow database is gone."""

    async def names() -> list[str]:
        conn = await asyncpg.connect(postgres.url(ADMIN, "postgres"))
        rows = await conn.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", SHADOW)
        await conn.close()
        return [row["datname"] for row in rows]

    if left := asyncio.run(names()):
        raise Differs(f"Prisma left a shadow database behind: {', '.join(left)}")


PROOFS: dict[str, Callable[[Postgres, Path], None]] = {
    "Prisma's diff from migrations to schema is empty": same_as_prismas_schema,
    "pg_dump equals schema.sql": same_as_committed,
    "no shadow database is left": no_shadow_left,
}


def main(arguments: list[str]) -> int:
    failed = 0
    with scratch() as postgres:
        if "--write" in arguments:
            (HERE / "schema.sql").write_text(dump(postgres, HERE))
            return 0
        for name, proof in PROOFS.items():
            try:
                proof(postgres, HERE)
                print(f"ok    {name}")
            except Differs as difference:
                failed += 1
                print(f"FAIL  {name}\n{difference}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (migrate.MigrationError, ChildFailed) as error:
        sys.exit(f"prisma check: {error}")
