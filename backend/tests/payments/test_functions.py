"""What the database holds of money whoever writes it: refunds add up to their attempt's sum and to their payment's, and the
days' roll-ups are added to row by row in one order."""

from __future__ import annotations

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
