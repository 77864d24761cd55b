"""What the database holds of money whoever writes it: refunds add up to their attempt's sum and to their payment's; a ledger
is read whole and alone; the days' roll-ups are added to in one order, and are what the ledger says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rasoi.platform.database import Database

PAYMENT, OTHER = UUID(int=1), UUID(int=2)
FIRST, SECOND, OTHERS = (UUID(int=n) for n in (11, 12, 13))
SEED = f"""
INSERT INTO payments.payment (outlet_id, id, bill_id, amount_paise, business_day, captured_paise, refunded_paise) VALUES
  (1, '{PAYMENT}', uuidv7(), 1000, '2026-11-21', 2000, 500), (1, '{OTHER}', uuidv7(), 1000, '2026-11-21', 1000, 70);
INSERT INTO payments.attempt (outlet_id, id, payment_id, provider, provider_payment_id, status, amount_paise, refunded_paise,
  business_day, captured_at) VALUES
  (1, '{FIRST}', '{PAYMENT}', 'razorpay', 'pay_1', 'captured', 1000, 300, '2026-11-21', now()),
  (1, '{SECOND}', '{PAYMENT}', 'razorpay', 'pay_2', 'captured', 1000, 200, '2026-11-21', now()),
  (1, '{OTHERS}', '{OTHER}', 'razorpay', 'pay_3', 'captured', 1000, 70, '2026-11-21', now());
"""
REFUND = """INSERT INTO payments.refund (outlet_id, id, payment_id, attempt_id, amount_paise, status, reason, automatic, on_bill)
VALUES (1, uuidv7(), $1, $2, $3, $4, 'a test', false, false)"""
RIGHT = [
    (PAYMENT, FIRST, 100, "pending"),
    (PAYMENT, FIRST, 200, "to_hand_out"),
    (PAYMENT, SECOND, 200, "unknown"),
    (OTHER, OTHERS, 70, "pending"),
]


@pytest.fixture
async def db(database: Database) -> Database:
    """Two payments whose refunds add up."""
    await database.execute(SEED)
    async with database.transaction("payments") as tx:
        for row in RIGHT:
            await tx.execute(REFUND, *row)
    return database


async def test_what_adds_up_is_taken(db: Database) -> None:
    assert await db.fetchval("SELECT count(*) FROM payments.refund") == len(RIGHT)
    async with db.transaction("payments") as tx:
        await tx.execute(REFUND, PAYMENT, SECOND, 50, "requested")
        await tx.execute("UPDATE payments.attempt SET refunded_paise = 250 WHERE id = $1", SECOND)
        await tx.execute("UPDATE payments.payment SET refunded_paise = 550 WHERE id = $1", PAYMENT)
    assert await db.fetchval("SELECT count(*) FROM payments.refund") == len(RIGHT) + 1


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (REFUND, (PAYMENT, FIRST, 1, "requested")),
        ("UPDATE payments.refund SET amount_paise = amount_paise - 1 WHERE attempt_id = $1", (SECOND,)),
    ],
    ids=["one more", "one less"],
)
async def test_a_refund_alone_is_refused(db: Database, sql: str, values: tuple[Any, ...]) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="do not add up"):
        await db.execute(sql, *values)


@pytest.mark.parametrize(("table", "id"), [("attempt", FIRST), ("payment", PAYMENT)])
async def test_one_sum_of_two_is_refused(db: Database, table: str, id: UUID) -> None:
    async def refund() -> None:
        async with db.transaction("payments") as tx:
            await tx.execute(REFUND, PAYMENT, FIRST, 10, "requested")
            await tx.execute(
                f"UPDATE payments.{table} SET refunded_paise = refunded_paise + 10 WHERE id = $1", id
            )

    with pytest.raises(asyncpg.CheckViolationError, match="do not add up"):
        await refund()


def total(day: int, hour: int, method: str, paise: int) -> dict[str, Any]:
    """`paise` captured in one payment, by card in two, half of it refunded, and one try that failed; `hour` is of UTC."""
    counts = {"captured_count": 1 + (method == "card"), "refunded_count": 1, "failed_count": 1}
    sums = {"captured_paise": paise, "refunded_paise": paise // 2}
    day_of_it = f"2026-11-{day:02}"
    return {"day": day_of_it, "at": f"{day_of_it}T{hour:02}:00:00Z", "method": method} | counts | sums


# backwards, and the larger sums and counts first, so that no other order looks like the right one
TOTALS = [
    total(22, 6, "upi", 100),
    total(22, 6, "card", 900),
    total(22, 5, "upi", 200),
    total(22, 5, "card", 800),
    total(21, 6, "upi", 300),
    total(21, 6, "card", 700),
    total(21, 5, "upi", 400),
    total(21, 5, "card", 600),
]
SUMS = "captured_count, captured_paise, refunded_count, refunded_paise, failed_count"


@pytest.fixture
async def days(database: Database) -> Database:
    """An outlet in Kolkata, where nothing was paid yet."""
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Rasoi')")
    return database


async def test_the_days_are_added_to_row_by_row_in_one_order(days: Database) -> None:
    await days.execute("SELECT payments.add_to_day(1, $1)", TOTALS)
    hourly = await days.fetch("SELECT business_day, hour, method FROM payments.hourly ORDER BY ctid")
    daily = await days.fetch("SELECT business_day, method FROM payments.daily ORDER BY ctid")
    assert len(hourly) == 8 and len(daily) == 4
    assert list(map(tuple, hourly)) == sorted(map(tuple, hourly))
    assert list(map(tuple, daily)) == sorted(map(tuple, daily))


async def test_what_is_added_to_a_day_counts_each_time(days: Database) -> None:
    for _ in range(3):
        await days.execute("SELECT payments.add_to_day(1, $1)", TOTALS)
    hour = await days.fetchrow(
        f"SELECT {SUMS} FROM payments.hourly WHERE business_day = '2026-11-22' AND hour = 10 AND method = 'card'"
    )
    day = await days.fetchrow(
        f"SELECT {SUMS} FROM payments.daily WHERE business_day = '2026-11-22' AND method = 'card'"
    )
    assert hour is not None and tuple(hour) == (6, 2400, 3, 1200, 3), "5:00 UTC is half past ten in Kolkata"
    assert day is not None and tuple(day) == (12, 5100, 6, 2550, 6)


LEDGER = "SELECT payments.read_ledger($1, $2, $3, $4)"


@pytest.fixture
async def books(db: Database) -> Database:
    """The two payments, in an outlet whose day begins at four in the morning."""
    await db.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Rasoi'), (2, 'Other')")
    return db


async def test_a_ledger_has_its_own_attempts_and_refunds(books: Database) -> None:
    for payment, attempts, refunds in ((PAYMENT, [FIRST, SECOND], 3), (OTHER, [OTHERS], 1)):
        ledger = await books.fetchval(LEDGER, 1, payment, False, None)
        assert ledger["row"]["id"] == str(payment)
        assert [each["id"] for each in ledger["attempts"]] == [str(id) for id in attempts]
        assert len(ledger["refunds"]) == refunds
        assert {each["payment_id"] for each in ledger["refunds"]} == {str(payment)}
        ids = [each["id"] for each in ledger["refunds"]]
        assert ids == sorted(ids)
    assert await books.fetchval(LEDGER, 2, PAYMENT, False, None) is None
    assert await books.fetchval(LEDGER, 1, UUID(int=3), True, None) is None


@pytest.mark.parametrize(
    ("at", "day"),
    [(None, None), ("2026-11-20T22:29:59Z", "2026-11-20"), ("2026-11-20T22:30:00Z", "2026-11-21")],
)
async def test_a_ledger_has_the_business_day_of_the_moment_asked_for(
    books: Database, at: str | None, day: str | None
) -> None:
    moment = datetime.fromisoformat(at) if at else None
    assert (await books.fetchval(LEDGER, 1, PAYMENT, False, moment))["captured_day"] == day


async def test_a_ledger_is_locked_where_that_is_asked_for(books: Database) -> None:
    async def read(lock: bool) -> Any:
        async with books.transaction("payments") as tx:
            await tx.execute("SET LOCAL lock_timeout = '100ms'")
            return await tx.fetchval(LEDGER, 1, PAYMENT, lock, None)

    async with books.transaction("payments") as tx:
        await tx.fetchval(LEDGER, 1, PAYMENT, False, None)
        assert await read(lock=True) is not None
        await tx.fetchval(LEDGER, 1, PAYMENT, True, None)
        assert await read(lock=False) is not None
        with pytest.raises(asyncpg.LockNotAvailableError):
            await read(lock=True)


DAY = date(2026, 11, 21)
PLANTED = f"""
UPDATE payments.attempt SET captured_at = '2026-11-21T05:00Z', method = 'upi' WHERE id = '{FIRST}';
UPDATE payments.attempt SET captured_at = '2026-11-21T06:00Z' WHERE id = '{SECOND}';
UPDATE payments.attempt SET business_day = '2026-11-22', captured_at = '2026-11-22T05:00Z' WHERE id = '{OTHERS}';
UPDATE payments.refund SET status = 'processed', business_day = '2026-11-21', settled_at = '2026-11-21T06:10Z', method = 'cash'
WHERE attempt_id = '{FIRST}' AND amount_paise = 200;
INSERT INTO payments.attempt (outlet_id, id, payment_id, provider, provider_payment_id, status, amount_paise, method,
  business_day, failed_at, failed_day) VALUES
  (1, uuidv7(), '{PAYMENT}', 'razorpay', 'pay_4', 'authorized', 1000, 'upi', '2026-11-21', NULL, NULL),
  (1, uuidv7(), '{PAYMENT}', 'razorpay', 'pay_5', 'failed', 1000, 'upi', NULL, '2026-11-21T05:20Z', '2026-11-21'),
  (1, uuidv7(), '{PAYMENT}', 'razorpay', 'pay_6', 'failed', 1000, 'upi', NULL, '2026-11-20T05:20Z', '2026-11-20');
"""
# hour of the outlet's clock, method: captured, paise, refunded, paise, failed
HOURS = [(10, "upi", 1, 1000, 0, 0, 1), (11, "card", 1, 1000, 0, 0, 0), (11, "cash", 0, 0, 1, 200, 0)]


@pytest.fixture
async def day(books: Database) -> Database:
    """A day of two captures, a refund and a failed try, beside what does not count or is of another day."""
    await books.execute(PLANTED)
    return books


async def rolled_up(database: Database, table: str, of: str) -> list[tuple[Any, ...]]:
    sql = f"SELECT {of}, {SUMS} FROM payments.{table} WHERE outlet_id = 1 AND business_day = $1 ORDER BY {of}"
    return [tuple(row) for row in await database.fetch(sql, DAY)]


async def test_a_day_is_what_its_ledger_says(day: Database) -> None:
    found = await day.fetch("SELECT * FROM payments.recomputed(1, $1) ORDER BY hour, method", DAY)
    assert [tuple(row)[2:] for row in found] == HOURS
    assert {(row["outlet_id"], row["business_day"]) for row in found} == {(1, DAY)}
    assert await day.fetch("SELECT * FROM payments.recomputed(2, $1)", DAY) == []


async def test_a_day_is_repaired_and_no_other(day: Database) -> None:
    wrong = total(21, 5, "upi", 7) | {"failed_count": 4}
    for outlet, each in ((1, wrong), (1, total(22, 5, "upi", 7)), (2, wrong)):
        await day.execute("SELECT payments.add_to_day($1, $2)", outlet, [each])
    others = "SELECT sum(captured_paise), count(*) FROM payments.{} WHERE outlet_id = 2 OR business_day <> $1"
    await day.execute("SELECT payments.repair_day(1, $1)", DAY)
    assert await rolled_up(day, "hourly", "hour, method") == HOURS
    by_day = [(method, *sums) for _, method, *sums in HOURS]
    assert await rolled_up(day, "daily", "method") == sorted(by_day)
    for table in ("hourly", "daily"):
        row = await day.fetchrow(others.format(table), DAY)
        assert row is not None and tuple(row) == (14, 2)
    assert await day.fetch("SELECT * FROM payments.wrong_totals(1, $1)", DAY) == []


async def test_wrong_totals_are_found_of_the_day_and_of_its_hours(day: Database) -> None:
    await day.execute("SELECT payments.repair_day(1, $1)", DAY)
    await day.execute("UPDATE payments.daily SET failed_count = 9 WHERE method = 'upi'")
    await day.execute("DELETE FROM payments.hourly WHERE method = 'cash'")
    await day.execute("SELECT payments.add_to_day(1, $1)", [total(21, 15, "wallet", 40)])
    found = await day.fetch("SELECT * FROM payments.wrong_totals(1, $1)", DAY)
    nothing = [0, 0, 0, 0, 0]
    assert [tuple(row)[2:] for row in found] == [
        (11, "cash", nothing, [0, 0, 1, 200, 0]),
        (None, "upi", [1, 1000, 0, 0, 9], [1, 1000, 0, 0, 1]),
        (None, "wallet", [1, 40, 1, 20, 1], nothing),
        (20, "wallet", [1, 40, 1, 20, 1], nothing),
    ]
    assert {tuple(row)[:2] for row in found} == {(1, DAY)}
