"""What the database holds of money whoever writes it: refunds add up to their attempt's sum and to their payment's."""

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
