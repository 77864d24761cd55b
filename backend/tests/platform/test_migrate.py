"""Migrations, roles and partitions against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from rasoi.kitchen.repository import PART, SAVE
from rasoi.platform import migrate
from rasoi.platform.database import Database
from rasoi.platform.migrate import MigrationError
from rasoi.platform.rooms import Room
from tests.conftest import AsRoom
from tests.support import Cluster

OUTBOX = """CREATE SCHEMA kitchen; CREATE TABLE kitchen.outbox (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(), id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(), data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE kitchen.outbox_default PARTITION OF kitchen.outbox DEFAULT;"""


@pytest.fixture
async def empty(bare_cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    name = await bare_cluster.create("template1")
    conn = await asyncpg.connect(bare_cluster.url(name))
    yield conn
    await conn.close()
    await bare_cluster.drop(name)


def write(directory: Path, name: str, sql: str) -> Path:
    path = directory / "migrations" / name / "migration.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql)
    return path


async def test_applies_in_order_once_and_keeps_prismas_record(
    empty: asyncpg.Connection, tmp_path: Path
) -> None:
    second = write(tmp_path, "2_rows", "INSERT INTO thing VALUES (1); INSERT INTO thing VALUES (2)")
    write(tmp_path, "1_table", "CREATE TABLE thing (id int)")
    assert await migrate.migrate(empty, tmp_path / "migrations") == ["1_table", "2_rows"]
    assert await migrate.migrate(empty, tmp_path / "migrations") == []
    assert await empty.fetchval("SELECT count(*) FROM thing") == 2
    row = await empty.fetchrow("SELECT * FROM _prisma_migrations WHERE migration_name = '2_rows'")
    assert row["checksum"] == hashlib.sha256(second.read_bytes()).hexdigest()
    assert row["finished_at"] is not None
    assert (row["applied_steps_count"], row["logs"], row["rolled_back_at"]) == (1, None, None)


async def test_a_failing_migration_leaves_nothing(empty: asyncpg.Connection, tmp_path: Path) -> None:
    write(tmp_path, "1_good", "CREATE TABLE good (id int)")
    write(tmp_path, "2_bad", "CREATE TABLE half (id int); SELECT * FROM nowhere")
    with pytest.raises(MigrationError, match="2_bad failed: .*nowhere"):
        await migrate.migrate(empty, tmp_path / "migrations")
    assert await empty.fetchval("SELECT to_regclass('good')") is None
    assert await empty.fetchval("SELECT to_regclass('half')") is None
    write(tmp_path, "2_bad", "CREATE TABLE half (id int)")
    assert await migrate.migrate(empty, tmp_path / "migrations") == ["1_good", "2_bad"]


async def test_refuses_a_changed_or_unknown_migration(empty: asyncpg.Connection, tmp_path: Path) -> None:
    path = write(tmp_path, "1_table", "CREATE TABLE thing (id int)")
    await migrate.migrate(empty, tmp_path / "migrations")
    path.write_text("CREATE TABLE thing (id bigint)")
    with pytest.raises(MigrationError, match="1_table was changed"):
        await migrate.migrate(empty, tmp_path / "migrations")
    path.unlink()
    with pytest.raises(MigrationError, match="1_table, which this version does not know"):
        await migrate.migrate(empty, tmp_path / "migrations")


async def test_refuses_what_prisma_left_unfinished(empty: asyncpg.Connection, tmp_path: Path) -> None:
    write(tmp_path, "1_table", "CREATE TABLE thing (id int)")
    await migrate.migrate(empty, tmp_path / "migrations")
    await empty.execute("UPDATE _prisma_migrations SET finished_at = NULL")
    with pytest.raises(MigrationError, match="not finished"):
        await migrate.migrate(empty, tmp_path / "migrations")


async def test_two_at_once_apply_once(bare_cluster: Cluster, tmp_path: Path) -> None:
    write(tmp_path, "1_table", "SELECT pg_sleep(0.2); CREATE TABLE thing (id int)")
    url = bare_cluster.url(name := await bare_cluster.create("template1"))
    results = await asyncio.gather(*(migrate.prepare(url, [], project=tmp_path) for _ in range(3)))
    assert sorted(each.migrations for each in results) == [[], [], ["1_table"]]
    await bare_cluster.drop(name)


async def test_a_room_reaches_its_own_tables_and_others_logs_only(as_room: AsRoom) -> None:
    kitchen = await as_room("kitchen")
    assert await kitchen.fetchval("SELECT current_user") == "rasoi_kitchen"
    await kitchen.execute("INSERT INTO kitchen.inbox (log, event_id) VALUES ('orders', uuidv7())")
    assert await kitchen.fetchval("SELECT count(*) FROM orders.outbox") == 0
    for forbidden in (
        "SELECT count(*) FROM orders.inbox",
        "INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)"
        " VALUES (uuidv7(), 't', 's', 1, 1, 'c', '{}')",
        "CREATE TABLE kitchen.mine (id int)",
        "DROP TABLE kitchen.inbox",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await kitchen.execute(forbidden)


async def test_grants_follow_the_declarations(empty: asyncpg.Connection) -> None:
    await empty.execute(OUTBOX)
    await empty.execute(
        """CREATE FUNCTION kitchen.look(int) RETURNS int LANGUAGE sql SECURITY DEFINER
        SET search_path = kitchen, pg_temp RETURN $1; REVOKE ALL ON FUNCTION kitchen.look FROM PUBLIC"""
    )
    may = "SELECT has_function_privilege('rasoi_orders', 'kitchen.look(int)', 'EXECUTE')"
    await migrate.apply_roles(
        empty, [Room("kitchen", functions={"kitchen.look(integer)": ("orders",)}), Room("orders")]
    )
    assert await empty.fetchval(may)
    await migrate.apply_roles(empty, [Room("kitchen"), Room("orders")])
    assert not await empty.fetchval(may)
    with pytest.raises(MigrationError, match="grants a function that does not exist"):
        await migrate.apply_roles(empty, [Room("kitchen", functions={"kitchen.gone(integer)": ("kitchen",)})])


@pytest.mark.parametrize(
    ("change", "right"),
    [
        (
            "CREATE TABLE kitchen.later (id int)",
            "has_table_privilege('rasoi_kitchen', 'kitchen.later', 'INSERT')",
        ),
        (
            "DROP FUNCTION kitchen.look; CREATE FUNCTION kitchen.look(int) RETURNS int LANGUAGE sql RETURN 2;"
            "REVOKE ALL ON FUNCTION kitchen.look FROM PUBLIC",
            "has_function_privilege('rasoi_orders', 'kitchen.look(int)', 'EXECUTE')",
        ),
        (
            "REVOKE SELECT ON kitchen.outbox FROM rasoi_orders",
            "has_table_privilege('rasoi_orders', 'kitchen.outbox', 'SELECT')",
        ),
        (
            "GRANT SELECT ON kitchen.own TO rasoi_orders",
            "NOT has_table_privilege('rasoi_orders', 'kitchen.own', 'SELECT')",
        ),
    ],
)
async def test_what_changed_is_put_right_at_the_next_start(
    empty: asyncpg.Connection, change: str, right: str
) -> None:
    await empty.execute(OUTBOX + "CREATE TABLE kitchen.own (id int);")
    await empty.execute("CREATE FUNCTION kitchen.look(int) RETURNS int LANGUAGE sql RETURN 1")
    rooms = [Room("kitchen", functions={"kitchen.look(integer)": ("orders",)}), Room("orders")]
    assert await migrate.apply_roles(empty, rooms)
    assert not await migrate.apply_roles(empty, rooms)
    await empty.execute(change)
    assert await migrate.apply_roles(empty, rooms)
    assert await empty.fetchval(f"SELECT {right}")
    assert not await migrate.apply_roles(empty, rooms)


async def test_partitions_are_made_ahead_and_dropped_when_old(empty: asyncpg.Connection) -> None:
    await empty.execute(OUTBOX)
    await empty.execute(
        "INSERT INTO kitchen.outbox (created_at) VALUES ('2026-11-30 23:59+00'), ('2026-12-01 00:00+00')"
    )
    made = await migrate.ensure_partitions(empty, today=date(2026, 11, 21))
    assert made == [f"+kitchen.outbox_y{month}" for month in ("2026m11", "2026m12", "2027m01")]
    assert await migrate.ensure_partitions(empty, today=date(2026, 11, 21)) == []
    held = await empty.fetch("SELECT id, tableoid::regclass::text AS name FROM kitchen.outbox ORDER BY id")
    assert [(row["id"], row["name"]) for row in held] == [
        (1, "kitchen.outbox_y2026m11"),
        (2, "kitchen.outbox_y2026m12"),
    ]
    assert (
        await empty.fetchval("INSERT INTO kitchen.outbox (created_at) VALUES ('2027-01-05') RETURNING id")
        == 3
    )
    done = await migrate.ensure_partitions(empty, today=date(2028, 1, 1), months=12)
    assert [each for each in done if each.startswith("-")] == [
        "-kitchen.outbox_y2026m11",
        "-kitchen.outbox_y2026m12",
    ]


async def plan_of(database: Database, statement: str) -> str:
    """The plan that PostgreSQL keeps for a statement of ours."""
    values = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", statement))))
    async with database.pool.acquire() as conn:
        await conn.execute(f"PREPARE asked AS {statement}")
        plan = await conn.fetch(f"EXPLAIN (COSTS OFF) EXECUTE asked ({values})")
        await conn.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in plan)


@pytest.mark.parametrize(
    "statement", [SAVE, PART, "SELECT FROM kitchen.ticket_item WHERE outlet_id = $1 AND ticket_id = $2"]
)
async def test_rows_of_a_new_table_are_found_by_their_whole_key(as_room: AsRoom, statement: str) -> None:
    plan = await plan_of(await as_room("kitchen"), statement)
    assert "Index Cond" in plan
    assert not re.search(r"(Seq Scan|Hash|Merge) ", plan), plan
    assert not re.search(r"Index Cond: \(outlet_id = \$1\)$", plan, re.MULTILINE), plan


async def test_a_table_of_one_row_is_not_read_whole(database: Database, as_room: AsRoom) -> None:
    await database.execute("INSERT INTO kitchen.board (outlet_id, station, name) VALUES (1, 'hot', 'Hot')")
    await database.execute("ANALYZE kitchen.board")
    asked = "SELECT FROM kitchen.board WHERE outlet_id = $1 AND station = $2"
    assert "Seq Scan" not in await plan_of(await as_room("kitchen"), asked)


async def test_what_an_analyze_found_is_kept(empty: asyncpg.Connection, tmp_path: Path) -> None:
    write(tmp_path, "1_tables", "CREATE TABLE seen (outlet_id int); CREATE TABLE unseen (outlet_id int)")
    (tmp_path / "functions").mkdir()
    await migrate.update(empty, tmp_path)
    await empty.execute("INSERT INTO seen SELECT generate_series(1, 7); ANALYZE seen")
    await migrate.update(empty, tmp_path)
    known = await empty.fetch(
        "SELECT tablename, n_distinct FROM pg_stats WHERE attname = 'outlet_id' ORDER BY 1"
    )
    assert [tuple(row) for row in known] == [("seen", -1), ("unseen", 1)]


async def test_each_test_has_its_own_database(database: Database) -> None:
    await database.execute("INSERT INTO kitchen.inbox (log, event_id) VALUES ('orders', uuidv7())")
    assert await database.fetchval("SELECT count(*) FROM kitchen.inbox") == 1
