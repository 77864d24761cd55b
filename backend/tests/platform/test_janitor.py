from datetime import timedelta

from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.janitor import keep_partitions, prune
from rasoi.platform.rooms import Room
from rasoi.settings import Settings

RECORD = """INSERT INTO orders.idempotency (outlet_id, principal, route, key, body_hash, created_at)
VALUES (1, 'p', 'r', $1, '', now() - $2::interval)"""
HANDLED = (
    "INSERT INTO orders.inbox (log, event_id, handled_at) VALUES ('kitchen', uuidv7(), now() - $1::interval)"
)


async def test_only_what_can_not_be_asked_again_is_forgotten(database: Database, settings: Settings) -> None:
    for hours in (1, 71, 73):
        await database.execute(RECORD, str(hours), timedelta(hours=hours))
    for days in (1, 13, 15):
        await database.execute(HANDLED, timedelta(days=days))
    await prune(Room("orders")).run(Context(settings, database))
    kept = await database.fetch("SELECT key FROM orders.idempotency ORDER BY key")
    assert [row["key"] for row in kept] == ["1", "71"]
    assert await database.fetchval("SELECT count(*) FROM orders.inbox") == 2


async def test_the_logs_have_their_months(database: Database, settings: Settings) -> None:
    await keep_partitions(Context(settings, database))
    found = await database.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'orders.outbox'::regclass AND inhrelid::regclass::text LIKE '%\\_y%'"
    )
    assert found >= 3
