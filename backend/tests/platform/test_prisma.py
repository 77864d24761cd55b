"""Each of the proofs about the tables fails on a planted difference."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from prisma import check
from rasoi.embedded.postgres import ADMIN, Postgres
from rasoi.platform import migrate

installed = pytest.mark.skipif(
    not (check.HERE / "node_modules").is_dir(), reason="Prisma's tools are installed by make check"
)
MIGRATION = """CREATE SCHEMA kitchen;
CREATE TABLE kitchen.pan (id integer PRIMARY KEY, size integer NOT NULL CHECK (size > 0));
"""
SCHEMA = """datasource db {
  provider = "postgresql"
  schemas  = ["kitchen"]
}

model Pan {
  id   Int @id
  size Int

  @@map("pan")
  @@schema("kitchen")
}
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with check.scratch() as postgres:
        yield postgres


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of the same layout, with the same tools."""
    for name in ("schema-engine.cjs", "prisma.config.ts", "package.json"):
        shutil.copy(check.HERE / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(check.HERE / "node_modules")
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "main.prisma").write_text(SCHEMA)
    folder = tmp_path / "migrations" / "1_pan"
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text(MIGRATION)
    shutil.copy(check.HERE / "migrations" / "migration_lock.toml", tmp_path / "migrations")
    return tmp_path


def plant(project: Path, old: str, new: str) -> None:
    path = project / "migrations" / "1_pan" / "migration.sql"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@installed
def test_prismas_diff(postgres: Postgres, project: Path) -> None:
    check.same_as_prismas_schema(postgres, project)
    plant(project, "size integer", "size bigint")
    with pytest.raises(check.Differs, match='ALTER COLUMN "size"'):
        check.same_as_prismas_schema(postgres, project)
    check.no_shadow_left(postgres, project)


@installed
@pytest.mark.parametrize("engine", ["process.exit(0)", "process.exit(1)"])
def test_a_broken_engine_is_no_proof(postgres: Postgres, project: Path, engine: str) -> None:
    (project / "schema-engine.cjs").write_text(f"#!/usr/bin/env node\n{engine}\n")
    with pytest.raises(check.Differs):
        check.same_as_prismas_schema(postgres, project)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size > 0", "size > 1"),
        (" CHECK (size > 0)", ""),
        ("CREATE TABLE", "CREATE FUNCTION kitchen.fry() RETURNS int LANGUAGE sql RETURN 1; CREATE TABLE"),
        ("size > 0));", "size > 0)); CREATE INDEX ON kitchen.pan (size) WHERE size > 3;"),
    ],
)
def test_what_only_the_dump_sees(postgres: Postgres, project: Path, old: str, new: str) -> None:
    (project / "schema.sql").write_text(check.dump(postgres, project))
    check.same_as_committed(postgres, project)
    plant(project, old, new)
    with pytest.raises(check.Differs, match=r"schema\.sql is not what the migrations and functions make"):
        check.same_as_committed(postgres, project)


FRY = "CREATE OR REPLACE FUNCTION kitchen.fry() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;"


@pytest.mark.parametrize("planted", [FRY.replace("SELECT 1", "SELECT 2"), None])
def test_the_dump_sees_the_functions_files(postgres: Postgres, project: Path, planted: str | None) -> None:
    shutil.copytree(
        check.HERE / "migrations" / "20261121000001_platform", project / "migrations" / "0_platform"
    )
    function = project / "functions" / "kitchen" / "fry.sql"
    function.parent.mkdir(parents=True)
    function.write_text(FRY)
    (project / "schema.sql").write_text(check.dump(postgres, project))
    check.same_as_committed(postgres, project)
    if planted:
        function.write_text(planted)
    else:
        function.unlink()
    with pytest.raises(check.Differs, match=r"schema\.sql is not what the migrations and functions make"):
        check.same_as_committed(postgres, project)


def test_a_missing_dump_is_a_difference(postgres: Postgres, project: Path) -> None:
    with pytest.raises(check.Differs):
        check.same_as_committed(postgres, project)


async def _admin(postgres: Postgres, sql: str) -> None:
    conn = await asyncpg.connect(postgres.url(ADMIN, "postgres"))
    await conn.execute(sql)
    await conn.close()


def test_a_shadow_database_left_behind(postgres: Postgres, project: Path) -> None:
    check.no_shadow_left(postgres, project)
    asyncio.run(_admin(postgres, f"CREATE DATABASE {check.SHADOW}_1"))
    try:
        with pytest.raises(check.Differs, match="shadow database"):
            check.no_shadow_left(postgres, project)
    finally:
        asyncio.run(_admin(postgres, f"DROP DATABASE {check.SHADOW}_1"))


@installed
def test_prisma_and_rasoi_migrate_agree(postgres: Postgres, project: Path) -> None:
    """Either may apply the migrations, and the other then finds nothing to do."""

    async def ours(database: str) -> list[str]:
        conn = await asyncpg.connect(postgres.url(database=database))
        try:
            return await migrate.migrate(conn, project / "migrations")
        finally:
            await conn.close()

    for database in ("by_us", "by_prisma"):
        asyncio.run(_admin(postgres, f"CREATE DATABASE {database} OWNER rasoi"))
    assert asyncio.run(ours("by_us")) == ["1_pan"]
    url = postgres.tcp_url("by_us")
    assert "up to date" in check.prisma_cli(project, url, "migrate", "status").stdout
    assert "No pending migrations" in check.prisma_cli(project, url, "migrate", "deploy").stdout

    url = postgres.tcp_url("by_prisma").replace("//postgres:", "//rasoi:")
    asyncio.run(_admin(postgres, "ALTER ROLE rasoi PASSWORD '{}'".format(url.split(":")[2].split("@")[0])))
    deployed = check.prisma_cli(project, url, "migrate", "deploy")
    assert "successfully applied" in deployed.stdout, deployed.stderr
    assert asyncio.run(ours("by_prisma")) == []
