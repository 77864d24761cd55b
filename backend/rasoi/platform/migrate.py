"""Brings a database up to date: Prisma's folders of SQL, the SQL functions, the rooms' roles and grants, the logs'
partitions."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
from uuid_utils.compat import uuid7

from rasoi.platform.rooms import Room
from rasoi.platform.sql_functions import MigrationError as MigrationError
from rasoi.platform.sql_functions import apply_functions

PROJECT = Path(__file__).resolve().parents[2] / "prisma"
LOCK = 7_265_736_969  # any number, but the same in every process
OLDEST_SERVER = 18
# as Prisma makes it, so that its `migrate status` and `migrate deploy` agree with us
TABLE = """CREATE TABLE IF NOT EXISTS public._prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)"""
APPLIED = """SELECT migration_name, checksum, finished_at FROM public._prisma_migrations
WHERE rolled_back_at IS NULL ORDER BY migration_name"""
RECORD = """INSERT INTO public._prisma_migrations
  (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
VALUES ($1, $2, clock_timestamp(), $3, now(), 1)"""
MISSING_ROLES = """SELECT name FROM unnest($1::text[]) name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)"""
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)"
NOTE = """SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"""
RIGHTS = """WITH n AS (SELECT oid, nspacl FROM pg_namespace WHERE nspname = ANY($1))
SELECT md5(string_agg(entry, ' ' ORDER BY entry)) FROM (
  SELECT concat('schema ', oid, nspacl) FROM n
  UNION ALL SELECT concat('table ', c.oid, c.relacl) FROM pg_class c JOIN n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S', 'v') AND NOT c.relispartition
  UNION ALL SELECT concat('function ', p.oid, p.proacl) FROM pg_proc p JOIN n ON n.oid = p.pronamespace) e (entry)"""
PARTITIONS = """SELECT n.nspname AS room, coalesce(array_agg(c.relname) FILTER (WHERE c.oid IS NOT NULL), '{}') AS names
FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
LEFT JOIN pg_inherits i ON i.inhparent = p.oid LEFT JOIN pg_class c ON c.oid = i.inhrelid
WHERE p.relname = 'outbox' AND p.relkind = 'p' GROUP BY n.nspname ORDER BY n.nspname"""
# an index's first column, the outlet, finds nothing by itself; until a table is first analyzed PostgreSQL thinks it would
FEW_OUTLETS = """SELECT pg_restore_attribute_stats('schemaname', n.nspname::text, 'relname', c.relname::text,
  'attname', a.attname::text, 'inherited', false, 'version', 180000, 'null_frac', 0::real, 'avg_width', 4,
  'n_distinct', 1::real)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'outlet_id' AND a.atttypid = 'integer'::regtype
WHERE c.relkind = 'r' AND NOT EXISTS (
  SELECT FROM pg_stats s WHERE (s.schemaname, s.tablename, s.attname) = (n.nspname, c.relname, a.attname))"""
# rows that fell into the default partition move into the month's own table before it joins
NEW_PARTITION = """CREATE TABLE {room}.{name} (LIKE {room}.outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
WITH moved AS (
  DELETE FROM {room}.outbox_default WHERE created_at >= '{start}+00' AND created_at < '{end}+00' RETURNING *)
INSERT INTO {room}.{name} SELECT * FROM moved;
ALTER TABLE {room}.outbox ATTACH PARTITION {room}.{name} FOR VALUES FROM ('{start}+00') TO ('{end}+00')"""


@dataclass(frozen=True)
class Migration:
    """One folder of Prisma Migrate."""

    name: str
    sql: str
    checksum: str


@dataclass(frozen=True)
class Applied:
    """The names of migrations, and of functions with a plus (made) or a minus (dropped)."""

    migrations: list[str]
    functions: list[str]


def migrations(directory: Path) -> list[Migration]:
    """All migrations in the order of their names."""
    found = []
    for path in sorted(directory.glob("*/migration.sql")):
        content = path.read_bytes()
        found.append(Migration(path.parent.name, content.decode(), hashlib.sha256(content).hexdigest()))
    return found


@asynccontextmanager
async def _alone(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """One process at a time; another waits here and then finds nothing to do."""
    await conn.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        yield
    finally:
        await conn.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def prepare(url: str, rooms: Iterable[Room], *, months: int = 13, project: Path = PROJECT) -> Applied:
    """Everything a platform needs before it starts, safe against a second process. Returns what was applied."""
    conn = await _connect(url)
    try:
        async with _alone(conn):
            async with conn.transaction():
                applied = await update(conn, project)
                await apply_roles(conn, rooms)
            await ensure_partitions(conn, months=months)
        return applied
    finally:
        await conn.close()


async def update(conn: asyncpg.Connection, project: Path = PROJECT) -> Applied:
    """The tables by the migrations, then the functions by their files: all in one transaction, or nothing."""
    async with conn.transaction():
        applied = Applied(
            await migrate(conn, project / "migrations"), await apply_functions(conn, project / "functions")
        )
        await conn.execute(FEW_OUTLETS)
        return applied


async def _connect(url: str) -> asyncpg.Connection:
    try:
        conn = await asyncpg.connect(url, timeout=10)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        why = str(error).splitlines() or ["no answer"]
        raise MigrationError(f"the database cannot be reached: {why[0]}") from error
    if (major := conn.get_server_version().major) < OLDEST_SERVER:
        await conn.close()
        raise MigrationError(f"PostgreSQL {OLDEST_SERVER} or later is needed, and this one is {major}")
    return conn


async def migrate(conn: asyncpg.Connection, directory: Path) -> list[str]:
    """Apply the migrations that the database lacks, all or none. Returns their names."""
    async with conn.transaction():
        if await conn.fetchval("SELECT to_regclass('public._prisma_migrations')") is None:
            await conn.execute(TABLE)
        known = {row["migration_name"]: row for row in await conn.fetch(APPLIED)}
        todo = _missing(migrations(directory), known)
        for migration in todo:
            try:
                await conn.execute(migration.sql)
            except asyncpg.PostgresError as error:
                why = str(error).splitlines()[0]
                raise MigrationError(f"migration {migration.name} failed: {why}") from error
            await conn.execute(RECORD, str(uuid7()), migration.checksum, migration.name)
    return [migration.name for migration in todo]


def _missing(found: Sequence[Migration], known: dict[str, Any]) -> list[Migration]:
    """What is not applied yet. Refuses a database whose history differs from ours."""
    for name, row in known.items():
        if row["finished_at"] is None:
            raise MigrationError(
                f"migration {name} was begun by Prisma and not finished; resolve it there first"
            )
    for unknown in sorted(known.keys() - {migration.name for migration in found}):
        raise MigrationError(f"the database has migration {unknown}, which this version does not know")
    for migration in found:
        row = known.get(migration.name)
        if row is not None and row["checksum"] != migration.checksum:
            raise MigrationError(f"migration {migration.name} was changed after it had been applied")
    return [migration for migration in found if migration.name not in known]


async def apply_roles(conn: asyncpg.Connection, rooms: Iterable[Room]) -> bool:
    """Make `rasoi_<room>` roles with exactly the declared rights. Returns whether anything had to be done."""
    rooms = list(rooms)
    names = [room.name for room in rooms]
    missing = await conn.fetch(MISSING_ROLES, [f"rasoi_{name}" for name in names])
    schemas = {row["nspname"] for row in await conn.fetch(SCHEMAS, names)}
    script = _grants(rooms, schemas)
    if not missing and await conn.fetchval(NOTE) == await _mark(conn, script, names):
        return False
    for row in missing:
        await _create_role(conn, row["name"])
    database = await conn.fetchval("SELECT quote_ident(current_database())")
    try:
        async with conn.transaction():
            await conn.execute(script)
            await conn.execute(f"COMMENT ON DATABASE {database} IS '{await _mark(conn, script, names)}'")
    except asyncpg.UndefinedFunctionError as error:
        raise MigrationError(
            f"a room grants a function that does not exist: {str(error).splitlines()[0]}"
        ) from error
    return True


async def _mark(conn: asyncpg.Connection, script: str, names: list[str]) -> str:
    """Stands for the declared and the actual rights: as long as both stay, there is nothing to do."""
    actual = await conn.fetchval(RIGHTS, names)
    return "rights " + hashlib.sha256(f"{script}\n{actual}".encode()).hexdigest()


async def _create_role(conn: asyncpg.Connection, name: str) -> None:
    """A role without login, which its maker may take on. Another database's migration may make it meanwhile."""
    try:
        async with conn.transaction():
            await conn.execute(f"CREATE ROLE {name} NOLOGIN")
            await conn.execute(f"GRANT {name} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass


def _grants(rooms: Sequence[Room], schemas: set[str]) -> str:
    """The whole of the rooms' rights in this database as one script, beginning from none."""
    roles = ", ".join(f"rasoi_{room.name}" for room in rooms)
    names = ", ".join(sorted(schemas))
    lines = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {names} FROM {roles}",
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {names} FROM {roles}",
        f"GRANT USAGE ON SCHEMA {names} TO {roles}",
        *(f"GRANT SELECT ON {schema}.outbox TO {roles}" for schema in sorted(schemas)),
    ]
    for room in rooms:
        if room.name in schemas:
            lines += [
                f"GRANT {right} IN SCHEMA {room.name} TO rasoi_{room.name}"
                for right in (
                    "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES",
                    "USAGE, SELECT ON ALL SEQUENCES",
                    "EXECUTE ON ALL FUNCTIONS",
                )
            ]
        for signature, callers in sorted(room.functions.items()):
            granted = roles if "*" in callers else ", ".join(f"rasoi_{caller}" for caller in callers)
            lines.append(f"GRANT EXECUTE ON FUNCTION {signature} TO {granted}")
    return ";\n".join(lines) if schemas else "SELECT 1"


def _month(day: date, ahead: int) -> date:
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def _partition(month: date) -> str:
    return f"outbox_y{month:%Y}m{month:%m}"


async def ensure_partitions(
    conn: asyncpg.Connection, *, months: int = 13, today: date | None = None
) -> list[str]:
    """Give every log its partitions for this and the next two months, and drop those past keeping."""
    today = today or datetime.now(UTC).date()
    oldest = _partition(_month(today, -months))
    done = []
    for row in await conn.fetch(PARTITIONS):
        room, names = row["room"], set(row["names"])
        for ahead in range(3):
            start, end = _month(today, ahead), _month(today, ahead + 1)
            if (name := _partition(start)) not in names:
                async with conn.transaction():
                    await conn.execute(NEW_PARTITION.format(room=room, name=name, start=start, end=end))
                done.append(f"+{room}.{name}")
        for name in sorted(each for each in names if each.startswith("outbox_y") and each < oldest):
            await conn.execute(f"DROP TABLE {room}.{name}")
            done.append(f"-{room}.{name}")
    return done
