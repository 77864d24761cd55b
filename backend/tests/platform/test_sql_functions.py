"""SQL functions follow their files, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from rasoi.platform import migrate
from rasoi.platform.migrate import Applied, MigrationError
from rasoi.platform.rooms import Room
from tests.support import Cluster

TABLES = (migrate.PROJECT / "migrations" / "20261121000001_platform" / "migration.sql").read_text() + (
    "CALL platform.create_room('kitchen'); CREATE TABLE kitchen.pan (size int); INSERT INTO kitchen.pan VALUES (5);"
)
FRY = "CREATE OR REPLACE FUNCTION kitchen.fry(p int) RETURNS int LANGUAGE sql AS $$ SELECT p + 1 $$;\n"
# `a` comes before what it needs
TWICE = "CREATE OR REPLACE FUNCTION kitchen.a_twice(p int) RETURNS int LANGUAGE sql AS $$ SELECT 2 * kitchen.fry(p) $$;\n"
SEEN = "SELECT oid::int, xmin::text FROM pg_proc WHERE oid::regproc::text = $1"


@pytest.fixture
async def url(bare_cluster: Cluster) -> AsyncIterator[str]:
    name = await bare_cluster.create("template1")
    yield bare_cluster.url(name)
    await bare_cluster.drop(name)


@pytest.fixture
async def conn(url: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(url)
    yield conn
    await conn.close()


class Project:
    """A folder as backend/prisma is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.migration("1_tables", TABLES)

    def migration(self, name: str, sql: str) -> None:
        (self.root / "migrations" / name).mkdir(parents=True)
        (self.root / "migrations" / name / "migration.sql").write_text(sql)

    def function(self, name: str, sql: str, room: str = "kitchen") -> None:
        path = self.root / "functions" / room / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)

    def remove(self, name: str) -> None:
        (self.root / "functions" / "kitchen" / f"{name}.sql").unlink()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.function("fry", FRY)
    project.function("a_twice", TWICE)
    return project


async def update(conn: asyncpg.Connection, project: Project) -> list[str]:
    return (await migrate.update(conn, project.root)).functions


async def test_they_are_made_whatever_their_order_and_then_left_alone(
    conn: asyncpg.Connection, project: Project
) -> None:
    assert await migrate.update(conn, project.root) == Applied(
        ["1_tables"], ["+kitchen.a_twice", "+kitchen.fry"]
    )
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 10
    assert await migrate.update(conn, project.root) == Applied([], [])


async def test_a_changed_body_is_replaced_in_place_and_no_other_is_touched(
    conn: asyncpg.Connection, project: Project
) -> None:
    await update(conn, project)
    fry, twice = await conn.fetchrow(SEEN, "kitchen.fry"), await conn.fetchrow(SEEN, "kitchen.a_twice")
    project.function("fry", FRY.replace("p + 1", "p + 2"))
    assert await update(conn, project) == ["+kitchen.fry"]
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 12
    again = await conn.fetchrow(SEEN, "kitchen.fry")
    assert again["oid"] == fry["oid"] and again["xmin"] != fry["xmin"]
    assert await conn.fetchrow(SEEN, "kitchen.a_twice") == twice


@pytest.mark.parametrize(
    ("old", "new", "call"),
    [
        ("fry(p int)", "fry(p int, q int DEFAULT 0)", "kitchen.fry(4, 1)"),
        ("RETURNS int", "RETURNS bigint", "kitchen.fry(4)"),
        ("LANGUAGE sql", "IMMUTABLE LANGUAGE sql", "kitchen.fry(4)"),
    ],
)
async def test_another_head_leaves_no_second_function(
    conn: asyncpg.Connection, project: Project, old: str, new: str, call: str
) -> None:
    await update(conn, project)
    project.function("fry", FRY.replace(old, new))
    assert await update(conn, project) == ["+kitchen.fry"]
    assert await conn.fetchval(f"SELECT {call}") == 5
    assert await conn.fetchval("SELECT count(*) FROM pg_proc WHERE proname = 'fry'") == 1


async def test_a_removed_file_drops_its_function(conn: asyncpg.Connection, project: Project) -> None:
    await update(conn, project)
    project.remove("a_twice")
    assert await update(conn, project) == ["-kitchen.a_twice"]
    assert await conn.fetchval("SELECT to_regproc('kitchen.a_twice')") is None
    assert await update(conn, project) == []


async def test_what_a_hand_changed_is_put_right(conn: asyncpg.Connection, project: Project) -> None:
    await update(conn, project)
    await conn.execute(FRY.replace("p + 1", "p - 1"))
    assert await update(conn, project) == ["+kitchen.fry"]
    await conn.execute("DROP FUNCTION kitchen.fry")
    assert await update(conn, project) == ["+kitchen.fry"]
    await conn.execute(FRY.replace("p int", "p text").replace("p + 1", "1"))
    assert await update(conn, project) == ["+kitchen.fry"]
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 10
    assert await conn.fetchval("SELECT count(*) FROM pg_proc WHERE proname = 'fry'") == 1


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (FRY.replace("SELECT p + 1", "SELECT p +"), "syntax error"),
        (
            FRY.replace("SELECT p + 1", "SELECT size FROM kitchen.nowhere"),
            'relation "kitchen.nowhere" does not exist',
        ),
        (FRY.replace("$$;", ""), "unterminated dollar-quoted string"),
        (
            FRY.replace("LANGUAGE sql AS $$", "LANGUAGE plpgsql AS $$ BEGIN x :="),
            '"x" is not a known variable',
        ),
        (
            FRY.replace("kitchen.fry", "kitchen.bake"),
            "has to begin with CREATE OR REPLACE FUNCTION kitchen.fry",
        ),
        (
            FRY.replace("CREATE OR REPLACE", "CREATE"),
            "has to begin with CREATE OR REPLACE FUNCTION kitchen.fry",
        ),
    ],
)
async def test_a_broken_one_rolls_back_everything_and_names_its_file(
    conn: asyncpg.Connection, project: Project, sql: str, why: str
) -> None:
    await update(conn, project)
    project.migration("2_more", "CREATE TABLE kitchen.pot (size int)")
    project.function("a_twice", TWICE.replace("2 *", "3 *"))
    project.function("fry", sql)
    with pytest.raises(MigrationError) as failure:
        await update(conn, project)
    assert str(failure.value).startswith("functions/kitchen/fry.sql") and why in str(failure.value)
    assert "\n" not in str(failure.value)
    assert await conn.fetchval("SELECT to_regclass('kitchen.pot')") is None
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 10
    project.function("fry", FRY)
    assert await migrate.update(conn, project.root) == Applied(["2_more"], ["+kitchen.a_twice"])


async def test_a_function_that_needs_what_has_gone_is_named(
    conn: asyncpg.Connection, project: Project
) -> None:
    await update(conn, project)
    project.remove("fry")
    with pytest.raises(
        MigrationError, match=r"functions/kitchen/a_twice\.sql: function kitchen\.fry\(integer\)"
    ):
        await update(conn, project)
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 10


async def test_bodies_are_checked_under_their_own_search_path(
    conn: asyncpg.Connection, project: Project
) -> None:
    sql = FRY.replace("AS $$ SELECT p + 1", "SET search_path = kitchen, pg_temp AS $$ SELECT size FROM pan")
    project.function("fry", sql)
    await update(conn, project)
    assert await conn.fetchval("SELECT kitchen.fry(1)") == 5
    assert await conn.fetchval("SHOW search_path") == '"$user", public'


async def test_a_changed_type_is_made_anew_with_the_functions_that_take_it(
    conn: asyncpg.Connection, project: Project
) -> None:
    take = "CREATE OR REPLACE FUNCTION kitchen.take(p kitchen.z[]) RETURNS int LANGUAGE sql AS $$ SELECT p[1].size $$;"
    project.function("z", "CREATE TYPE kitchen.z AS (size int);")
    project.function("take", take)
    await update(conn, project)
    assert await conn.fetchval("SELECT kitchen.take(ARRAY[ROW(7)::kitchen.z])") == 7
    fry = await conn.fetchrow(SEEN, "kitchen.fry")
    project.function("z", "CREATE TYPE kitchen.z AS (name text, size int);")
    assert await update(conn, project) == ["+kitchen.take", "+kitchen.z"]
    assert await conn.fetchval("SELECT kitchen.take(ARRAY[ROW('a', 8)::kitchen.z])") == 8
    assert await conn.fetchrow(SEEN, "kitchen.fry") == fry
    assert await update(conn, project) == []
    project.remove("take")
    project.remove("z")
    assert await update(conn, project) == ["-kitchen.take", "-kitchen.z"]
    assert await conn.fetchval("SELECT to_regtype('kitchen.z')") is None


async def test_nothing_that_tables_need_is_dropped_with_a_function(
    conn: asyncpg.Connection, project: Project
) -> None:
    await update(conn, project)
    await conn.execute("ALTER TABLE kitchen.pan ALTER size SET DEFAULT kitchen.fry(1)")
    project.function("fry", FRY.replace("fry(p int)", "fry(p int, q int DEFAULT 0)"))
    with pytest.raises(MigrationError, match=r"functions/kitchen/fry\.sql: cannot drop function"):
        await update(conn, project)


@pytest.mark.parametrize("head", ["LANGUAGE plpgsql", "COST 7 LANGUAGE plpgsql"])
async def test_a_trigger_stands_with_its_function(
    conn: asyncpg.Connection, project: Project, head: str
) -> None:
    sql = """CREATE OR REPLACE FUNCTION kitchen.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no %', TG_TABLE_NAME; END $$;
      CREATE OR REPLACE TRIGGER pan_fixed BEFORE UPDATE ON kitchen.pan FOR EACH ROW EXECUTE FUNCTION kitchen.refuse();"""
    project.function("refuse", sql)
    await update(conn, project)
    project.function("refuse", sql.replace("'no %'", "'never %'").replace("LANGUAGE plpgsql", head))
    assert await update(conn, project) == ["+kitchen.refuse"]
    with pytest.raises(asyncpg.RaiseError, match="never pan"):
        await conn.execute("UPDATE kitchen.pan SET size = 6")
    await conn.execute("DROP TRIGGER pan_fixed ON kitchen.pan")
    assert await update(conn, project) == ["+kitchen.refuse"]
    project.remove("refuse")
    assert await update(conn, project) == ["-kitchen.refuse"]
    await conn.execute("UPDATE kitchen.pan SET size = 6")


async def test_an_older_database_that_has_the_function_by_another_way(
    conn: asyncpg.Connection, project: Project
) -> None:
    await conn.execute(TABLES + FRY.replace("RETURNS int", "RETURNS text").replace("p + 1", "'old'"))
    (project.root / "migrations" / "1_tables" / "migration.sql").write_text("SELECT 1")
    assert await update(conn, project) == ["+kitchen.a_twice", "+kitchen.fry"]
    assert await conn.fetchval("SELECT kitchen.a_twice(4)") == 10


async def test_grants_follow_a_function_made_anew(
    url: str, conn: asyncpg.Connection, project: Project
) -> None:
    rooms = [Room("kitchen", functions={"kitchen.fry(integer)": ("orders",)}), Room("orders")]
    may = "SELECT has_function_privilege('rasoi_orders', 'kitchen.fry(int)', 'EXECUTE')"
    assert await migrate.prepare(url, rooms, project=project.root) == Applied(
        ["1_tables"], ["+kitchen.a_twice", "+kitchen.fry"]
    )
    assert await conn.fetchval(may)
    assert not await conn.fetchval(may.replace("fry", "a_twice")), "nobody else may call what is not granted"
    project.function("fry", FRY.replace("RETURNS int", "RETURNS bigint"))
    await migrate.prepare(url, rooms, project=project.root)
    assert await conn.fetchval(may)


async def test_two_processes_at_once_apply_once(url: str, project: Project) -> None:
    done = await asyncio.gather(*(migrate.prepare(url, [], project=project.root) for _ in range(3)))
    assert sorted(len(each.functions) for each in done) == [0, 0, 2]
