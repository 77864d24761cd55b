"""SQL of the payments room, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from rasoi.payments import statistics_repository
from rasoi.payments.domain import AttemptRow, PaymentRow, RefundRow
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import CAPTURED, REFUNDED
from rasoi.staff.api import now_and_business_day

R = TypeVar("R", PaymentRow, AttemptRow, RefundRow)


class Ref(msgspec.Struct, frozen=True):
    """Where a payment is."""

    outlet_id: int
    id: UUID


class LedgerRead(msgspec.Struct):
    """What payments.read_ledger returns."""

    row: PaymentRow
    attempts: list[AttemptRow]
    refunds: list[RefundRow]
    now: datetime
    today: date
    captured_day: date | None


def _rows(cls: type[R], records: Iterable[Any]) -> list[R]:
    fields = cls.__struct_fields__
    return [cls(**{name: record[name] for name in fields}) for record in records]


async def bill_of(conn: Any, ref: Ref) -> UUID | None:
    """The bill that a payment is for."""
    sql = "SELECT bill_id FROM payments.payment WHERE outlet_id = $1 AND id = $2"
    return await conn.fetchval(sql, ref.outlet_id, ref.id)  # type: ignore[no-any-return]


async def amount_of(conn: Any, ref: Ref) -> int:
    """What was asked for."""
    sql = "SELECT amount_paise FROM payments.payment WHERE outlet_id = $1 AND id = $2"
    return await conn.fetchval(sql, ref.outlet_id, ref.id)  # type: ignore[no-any-return]


async def by_provider_order(conn: Any, provider: str, order_id: str) -> Ref | None:
    """The payment that a provider's order was made for."""
    sql = "SELECT outlet_id, id FROM payments.payment WHERE provider = $1 AND provider_order_id = $2"
    row = await conn.fetchrow(sql, provider, order_id)
    return Ref(row["outlet_id"], row["id"]) if row else None


async def by_provider_payment(conn: Any, provider: str, payment_id: str) -> Ref | None:
    """The payment that a provider's payment is an attempt of."""
    sql = (
        "SELECT outlet_id, payment_id FROM payments.attempt WHERE provider = $1 AND provider_payment_id = $2"
    )
    row = await conn.fetchrow(sql, provider, payment_id)
    return Ref(row["outlet_id"], row["payment_id"]) if row else None


async def payment_of_refund(conn: Any, outlet_id: int, refund_id: UUID) -> Ref | None:
    """The payment that a refund gives back of."""
    sql = "SELECT payment_id FROM payments.refund WHERE outlet_id = $1 AND id = $2"
    found = await conn.fetchval(sql, outlet_id, refund_id)
    return Ref(outlet_id, found) if found else None


async def find_refunds(
    conn: Any,
    outlet_id: int,
    *,
    statuses: Iterable[str] | None = None,
    day: date | None = None,
    before: UUID | None,
    limit: int,
) -> list[tuple[RefundRow, UUID]]:
    """Refunds with their bills, newest first; those of a day are the ones that the day's totals count."""
    rows = await conn.fetch(
        """SELECT r.*, p.bill_id FROM payments.refund r
        JOIN payments.payment p ON p.outlet_id = r.outlet_id AND p.id = r.payment_id
        WHERE r.outlet_id = $1 AND ($2::text[] IS NULL OR r.status = ANY ($2)) AND ($3::date IS NULL OR r.business_day = $3)
          AND ($4::uuid IS NULL OR r.id < $4) ORDER BY r.id DESC LIMIT $5""",
        outlet_id,
        None if statuses is None else list(statuses),
        day,
        before,
        limit,
    )
    return list(zip(_rows(RefundRow, rows), [row["bill_id"] for row in rows], strict=True))


async def open_payment(conn: Any, outlet_id: int, bill_id: UUID) -> Ref | None:
    """The bill's payment that may still be paid in the ordinary way."""
    sql = "SELECT id FROM payments.payment WHERE outlet_id = $1 AND bill_id = $2 AND status IN ('pending', 'processing')"
    found = await conn.fetchval(sql, outlet_id, bill_id)
    return Ref(outlet_id, found) if found else None


async def paid_of_bill(conn: Any, outlet_id: int, bill_id: UUID) -> list[Ref]:
    """The bill's payments that hold money, newest first."""
    sql = """SELECT id FROM payments.payment WHERE outlet_id = $1 AND bill_id = $2 AND captured_paise > refunded_paise
    ORDER BY id DESC"""
    return [Ref(outlet_id, row["id"]) for row in await conn.fetch(sql, outlet_id, bill_id)]


async def load(
    conn: Any, ref: Ref, *, lock: bool = False, captured_at: datetime | None = None
) -> Ledger | None:
    """A payment with its attempts and refunds; locked until the transaction ends when `lock`. With the business day of
    `captured_at`, the provider's time of a capture."""
    sql = "SELECT payments.read_ledger($1, $2, $3, $4)"
    found = await conn.fetchval(sql, ref.outlet_id, ref.id, lock, captured_at)
    if found is None:
        return None
    read = msgspec.convert(found, LedgerRead)
    ledger = Ledger(read.row, read.attempts, read.refunds, read.now, read.today, read.captured_day)
    ledger.stored = msgspec.structs.astuple(read.row)
    return ledger


async def _ledgers(conn: Any, outlet_id: int, rows: list[Any]) -> list[Ledger]:
    """The ledgers of these payment rows, with three queries however many they are."""
    ids = [row["id"] for row in rows]
    below = "WHERE outlet_id = $1 AND payment_id = ANY ($2) ORDER BY id"
    attempts = _rows(AttemptRow, await conn.fetch(f"SELECT * FROM payments.attempt {below}", outlet_id, ids))
    refunds = _rows(RefundRow, await conn.fetch(f"SELECT * FROM payments.refund {below}", outlet_id, ids))
    now, today = await now_and_business_day(conn, outlet_id)
    return [
        Ledger(
            row,
            [a for a in attempts if a.payment_id == row.id],
            [r for r in refunds if r.payment_id == row.id],
            now,
            today,
        )
        for row in _rows(PaymentRow, rows)
    ]


# what was captured on a day, as the totals count it; what was never captured is of the day on which it was asked for
OF_DAY = """id IN (
  SELECT payment_id FROM payments.attempt WHERE outlet_id = $1 AND business_day = $2 UNION
  SELECT id FROM payments.payment WHERE outlet_id = $1 AND business_day = $2 AND captured_paise = 0)"""


async def find(
    conn: Any,
    outlet_id: int,
    *,
    day: date | None,
    status: str | None,
    method: str | None,
    bill_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[Ledger]:
    """Payments, newest first."""
    rows = await conn.fetch(
        f"""SELECT * FROM payments.payment WHERE outlet_id = $1 AND {"$2::date IS NULL" if day is None else OF_DAY}
        AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR method = $4) AND ($5::uuid IS NULL OR bill_id = $5)
        AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7""",
        *(outlet_id, day, status, method, bill_id, before, limit),
    )
    return await _ledgers(conn, outlet_id, rows)


def _upsert(table: str, cls: type[Any], fixed: set[str]) -> str:
    """INSERT … ON CONFLICT DO UPDATE of a whole row; `fixed` columns never change."""
    names = cls.__struct_fields__
    places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in fixed)
    insert = f"INSERT INTO payments.{table} ({', '.join(names)}) VALUES ({places})"
    return f"{insert} ON CONFLICT (outlet_id, id) DO UPDATE SET {changes}"


SAVE_PAYMENT = _upsert(
    "payment",
    PaymentRow,
    {"outlet_id", "id", "bill_id", "amount_paise", "currency", "created_at"},
)
SAVE_ATTEMPT = _upsert("attempt", AttemptRow, {"outlet_id", "id", "payment_id", "provider", "created_at"})
SAVE_REFUND = _upsert("refund", RefundRow, {"outlet_id", "id", "payment_id", "attempt_id", "created_at"})


async def save(tx: Any, ledger: Ledger) -> None:
    """Write what changed, and queue its events."""
    row = msgspec.structs.astuple(ledger.row)
    if row != ledger.stored:
        await tx.execute(SAVE_PAYMENT, *row)
        ledger.stored = row
    for attempt in ledger.changed_attempts.values():
        await tx.execute(SAVE_ATTEMPT, *msgspec.structs.astuple(attempt))
    for refund in ledger.changed_refunds.values():
        await tx.execute(SAVE_REFUND, *msgspec.structs.astuple(refund))
    for change in ledger.events:
        tx.emit(
            change.payload, subject=str(ledger.row.id), outlet_id=ledger.row.outlet_id, version=change.version
        )
    ledger.events.clear()
    ledger.changed_attempts.clear()
    ledger.changed_refunds.clear()


async def add_to_day(tx: Any, ledger: Ledger) -> None:
    """Add to the days' totals: the last statement of a transaction, since everybody's captures meet in these rows."""
    if ledger.totals:
        await statistics_repository.add_to_day(tx, ledger.row.outlet_id, ledger.totals)
    for total in ledger.totals:
        tx.on_commit(CAPTURED.labels(total.method).inc, total.captured_paise)
        tx.on_commit(REFUNDED.labels(total.method).inc, total.refunded_paise)
    ledger.totals = []


async def sums_of_bill(conn: Any, outlet_id: int, bill_id: UUID) -> tuple[int, int]:
    """What the bill's payments say was put on it, and given back of that."""
    row = await conn.fetchrow(
        """SELECT
          (SELECT coalesce(sum(a.amount_paise), 0)::bigint FROM payments.payment p
           JOIN payments.attempt a ON a.outlet_id = p.outlet_id AND a.payment_id = p.id AND a.on_bill
           WHERE p.outlet_id = $1 AND p.bill_id = $2) AS paid,
          (SELECT coalesce(sum(r.amount_paise), 0)::bigint FROM payments.payment p
           JOIN payments.refund r ON r.outlet_id = p.outlet_id AND r.payment_id = p.id AND r.on_bill
           WHERE p.outlet_id = $1 AND p.bill_id = $2) AS refunded""",
        outlet_id,
        bill_id,
    )
    return row["paid"], row["refunded"]


async def refs_named(conn: Any, bill_id: UUID | None, payment: str | None, day: date | None) -> list[Ref]:
    """The payments of a bill, the one with this id (ours or the provider's), or those of a business day."""
    rows = await conn.fetch(
        """SELECT outlet_id, id FROM payments.payment p WHERE bill_id = $1 OR id::text = $2 OR business_day = $3
        OR EXISTS (SELECT FROM payments.attempt a WHERE a.outlet_id = p.outlet_id AND a.payment_id = p.id
          AND a.provider_payment_id = $2) OR provider_order_id = $2 ORDER BY id""",
        bill_id,
        payment,
        day,
    )
    return [Ref(row["outlet_id"], row["id"]) for row in rows]


async def outlets(conn: Any) -> list[int]:
    """All outlets that ever had a payment."""
    sql = "SELECT DISTINCT outlet_id FROM payments.payment ORDER BY 1"
    return [row["outlet_id"] for row in await conn.fetch(sql)]


async def outlets_of_day(conn: Any, day: date) -> list[int]:
    """The outlets with payments on this business day."""
    sql = "SELECT DISTINCT outlet_id FROM payments.payment WHERE business_day = $1 ORDER BY 1"
    return [row["outlet_id"] for row in await conn.fetch(sql, day)]


async def forget_intent(conn: Any, outlet_id: int, principal: str, route: str, key: str) -> None:
    """The outcome of an intent is that nothing was done: its key may be used again."""
    sql = "DELETE FROM payments.idempotency WHERE (outlet_id, principal, route, key) = ($1, $2, $3, $4) AND status IS NULL"
    await conn.execute(sql, outlet_id, principal, route, key)


async def forget_old_intents(conn: Any, seconds: int) -> None:
    """Intents that a crash left open. Doing them again is safe: the receipt finds what was done."""
    sql = "DELETE FROM payments.idempotency WHERE status IS NULL AND created_at < now() - make_interval(secs => $1)"
    await conn.execute(sql, seconds)
