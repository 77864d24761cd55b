"""SQL functions are source: `prisma/functions/<room>/<name>.sql` holds one function, or a composite type that functions
take, and a database follows the files' text. Migrations hold tables only and can't call these functions, since they run
before them.

A function whose head (all before its body) is as before is replaced in place, so that its callers notice nothing; with
another head it is dropped and made anew. A type is always made anew, with the functions that take it. A trigger stands
in the file of its function. The bodies are checked when all are there, so the files need no order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

BEGINS = re.compile(
    r"(?:\s|--[^\n]*\n)*CREATE (?:OR REPLACE (?P<function>FUNCTION)|TYPE) (?P<name>\w+\.\w+)\b"
)
RECORDED = "SELECT name, kind, head, text, definition FROM platform.sql_source"
FORGET = "DELETE FROM platform.sql_source WHERE name = ANY ($1)"
RECORD = """INSERT INTO platform.sql_source AS s (name, kind, head, text, definition)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (name) DO UPDATE SET (kind, head, text, definition, applied_at) =
  (excluded.kind, excluded.head, excluded.text, excluded.definition, clock_timestamp())"""
# what the database has under these names, whoever made it: a function with its triggers, or a type
DEFINITIONS = """SELECT n.nspname || '.' || p.proname AS name, md5(string_agg(concat(pg_get_functiondef(p.oid), (
    SELECT string_agg(pg_get_triggerdef(g.oid), ';' ORDER BY g.oid) FROM pg_trigger g
    WHERE g.tgfoid = p.oid AND NOT g.tgisinternal AND g.tgparentid = 0)), ';' ORDER BY p.oid)) AS definition
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname || '.' || p.proname = ANY ($1) GROUP BY 1
UNION ALL
SELECT n.nspname || '.' || c.relname, md5(string_agg(
  a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relkind = 'c' AND n.nspname || '.' || c.relname = ANY ($1) GROUP BY 1"""
# the statements that drop what is under a name; nothing else that hangs on it goes with it
DROPS = """WITH target AS (
  SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname || '.' || p.proname = $1
  UNION
  SELECT d.objid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
    AND d.classid = 'pg_proc'::regclass
  WHERE n.nspname || '.' || t.typname = $1)
SELECT format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::regclass)
FROM target JOIN pg_trigger g ON g.tgfoid = target.oid WHERE NOT g.tgisinternal AND g.tgparentid = 0
UNION ALL
SELECT format('DROP ROUTINE %s', oid::regprocedure) FROM target
UNION ALL
SELECT format('DROP TYPE %I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'c' AND n.nspname || '.' || c.relname = $1"""
REVOKES = """SELECT format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname || '.' || p.proname = ANY ($1)"""
VALIDATORS = """SELECT n.nspname || '.' || p.proname AS name, format('SELECT %s(%s)', l.lanvalidator::regproc, p.oid) AS validate,
  coalesce((SELECT substr(s, length('search_path=') + 1) FROM unnest(p.proconfig) s WHERE starts_with(s, 'search_path=')),
    current_setting('search_path')) AS path
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname || '.' || p.proname = ANY ($1)"""


class MigrationError(Exception):
    """The database cannot be brought up to date; the text is one line."""


@dataclass(frozen=True)
class Source:
    """One file: what it makes, and hashes of its head and of all of it."""

    name: str
    kind: str
    sql: str
    head: str
    text: str


def sources(directory: Path) -> list[Source]:
    """All files, types first."""
    return sorted(
        map(_source, directory.glob("*/*.sql")), key=lambda source: (source.kind != "type", source.name)
    )


def _source(path: Path) -> Source:
    name, sql = f"{path.parent.name}.{path.stem}", path.read_text()
    begins = BEGINS.match(sql)
    if begins is None or begins["name"] != name:
        raise MigrationError(
            f"{_file(name)} has to begin with CREATE OR REPLACE FUNCTION {name}, or with CREATE TYPE {name}"
        )
    if not begins["function"]:
        return Source(name, "type", sql, head=_hash(sql), text=_hash(sql))
    return Source(
        name, "function", sql, head=_hash(sql[begins.start("function") :].split(" AS $")[0]), text=_hash(sql)
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file(name: str) -> str:
    return f"functions/{name.replace('.', '/')}.sql"


async def apply_functions(conn: asyncpg.Connection, directory: Path) -> list[str]:
    """Make the database's functions what the files say, all or none. Returns the names of what was made or dropped."""
    found = sources(directory)
    async with conn.transaction():
        if await conn.fetchval("SELECT to_regclass('platform.sql_source')") is None:
            if found:
                raise MigrationError(
                    "there are functions, but no migration makes the table platform.sql_source"
                )
            return []
        recorded = {row["name"]: row for row in await conn.fetch(RECORDED)}
        names = [source.name for source in found]
        definitions = await _definitions(conn, names)
        changed = _changed(found, recorded, definitions)
        gone = sorted(recorded.keys() - set(names))
        if not changed and not gone:
            return []
        await _drop(conn, [*gone, *(each.name for each in changed if _is_new(each, recorded, definitions))])
        await conn.execute(FORGET, gone)
        made = _changed(found, recorded, await _definitions(conn, names))  # with what the drops took along
        await _create(conn, made)
        await _validate(conn, names)
        await _record(conn, made)
    return sorted([*(f"+{each.name}" for each in made), *(f"-{name}" for name in gone)])


def _changed(
    found: Iterable[Source], recorded: Mapping[str, asyncpg.Record], definitions: Mapping[str, str]
) -> list[Source]:
    """Those whose text is another than last time, or whose function in the database is."""
    return [
        each
        for each in found
        if (record := recorded.get(each.name)) is None
        or (record["text"], record["definition"]) != (each.text, definitions.get(each.name))
    ]


def _is_new(source: Source, recorded: Mapping[str, asyncpg.Record], definitions: Mapping[str, str]) -> bool:
    """It can't replace in place what is there now."""
    record = recorded.get(source.name)
    return (
        record is None
        or source.kind == "type"
        or (record["kind"], record["head"]) != (source.kind, source.head)
        or record["definition"] != definitions.get(source.name)
    )


async def _definitions(conn: asyncpg.Connection, names: Sequence[str]) -> dict[str, str]:
    return {row["name"]: row["definition"] for row in await conn.fetch(DEFINITIONS, names)}


async def _drop(conn: asyncpg.Connection, names: Iterable[str]) -> None:
    for name in names:
        for row in await conn.fetch(DROPS, name):
            await _execute(conn, name, row[0])


async def _create(conn: asyncpg.Connection, made: Sequence[Source]) -> None:
    await conn.execute("SET LOCAL check_function_bodies = off")
    for source in made:
        await _execute(conn, source.name, source.sql)
    for row in await conn.fetch(REVOKES, [source.name for source in made]):
        await conn.execute(row[0])


async def _validate(conn: asyncpg.Connection, names: Sequence[str]) -> None:
    """Check every body, as PostgreSQL does at a function's creation: one may need what has changed in another."""
    before = await conn.fetchval("SELECT current_setting('search_path')")
    await conn.execute("SET LOCAL check_function_bodies = on")
    for row in await conn.fetch(VALIDATORS, names):
        await conn.execute("SELECT set_config('search_path', $1, true)", row["path"])
        await _execute(conn, row["name"], row["validate"])
    await conn.execute("SELECT set_config('search_path', $1, true)", before)


async def _record(conn: asyncpg.Connection, made: Sequence[Source]) -> None:
    definitions = await _definitions(conn, [each.name for each in made])
    rows = [(each.name, each.kind, each.head, each.text, definitions[each.name]) for each in made]
    await conn.execute(RECORD, *map(list, zip(*rows, strict=True)) if rows else [[]] * 5)


async def _execute(conn: asyncpg.Connection, name: str, sql: str) -> None:
    try:
        await conn.execute(sql)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{_file(name)}: {str(error).splitlines()[0]}") from error
