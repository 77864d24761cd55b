"""SQL of what waits for the workers: webhooks to process, refunds to send, payments and attempts to look up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from rasoi.payments.repository import Ref


class StoredWebhook(msgspec.Struct, frozen=True):
    """A webhook to process."""

    provider: str
    event_id: str
    body: bytes
    tries: int


async def add_webhook(conn: Any, provider: str, event_id: str, headers: dict[str, str], body: bytes) -> bool:
    """Keep a verified webhook as it came. False when we have it already."""
    sql = """INSERT INTO payments.webhook (provider, event_id, headers, body) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING true"""
    return bool(await conn.fetchval(sql, provider, event_id, headers, body))


async def claim_webhooks(conn: Any, limit: int = 20) -> list[StoredWebhook]:
    """Webhooks whose time has come, ours for a minute."""
    rows = await conn.fetch(
        """UPDATE payments.webhook w SET tries = tries + 1, next_try_at = now() + interval '60 seconds'
        FROM (SELECT provider, event_id FROM payments.webhook WHERE next_try_at <= now()
              ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
        WHERE w.provider = due.provider AND w.event_id = due.event_id
        RETURNING w.provider, w.event_id, w.body, w.tries, w.received_at""",
        limit,
    )
    return [
        StoredWebhook(row["provider"], row["event_id"], row["body"], row["tries"])
        for row in sorted(rows, key=lambda r: r["received_at"])
    ]


async def finish_webhook(
    conn: Any, provider: str, event_id: str, outcome: str, again_s: float | None = None
) -> None:
    """Note what became of it; `again_s` seconds from now it is tried again."""
    sql = """UPDATE payments.webhook SET outcome = $3, next_try_at = now() + make_interval(secs => $4)
    WHERE provider = $1 AND event_id = $2"""
    await conn.execute(sql, provider, event_id, outcome, again_s)


async def prune_webhooks(conn: Any, days: int) -> None:
    """Forget what is long done."""
    sql = "DELETE FROM payments.webhook WHERE next_try_at IS NULL AND received_at < now() - make_interval(days => $1)"
    await conn.execute(sql, days)


class DueRefund(msgspec.Struct, frozen=True):
    """A refund that a provider is to be asked for, or about. `tries` counts this one."""

    ref: Ref
    id: UUID
    status: str
    tries: int
    amount_paise: int
    provider: str
    provider_payment_id: str


async def claim_refunds(conn: Any, limit: int = 20) -> list[DueRefund]:
    """Refunds whose time has come, ours until their next try, which comes later each time."""
    rows = await conn.fetch(
        """UPDATE payments.refund r SET tries = tries + 1,
          next_try_at = now() + least(interval '1 hour', interval '4 seconds' * power(2, least(r.tries, 10)))
        FROM (SELECT x.outlet_id, x.id, a.provider, a.provider_payment_id FROM payments.refund x
              JOIN payments.attempt a ON a.outlet_id = x.outlet_id AND a.id = x.attempt_id
              WHERE x.next_try_at <= now() AND a.provider_payment_id IS NOT NULL
              ORDER BY x.next_try_at LIMIT $1 FOR UPDATE OF x SKIP LOCKED) due
        WHERE r.outlet_id = due.outlet_id AND r.id = due.id
        RETURNING r.outlet_id, r.payment_id, r.id, r.status, r.tries, r.amount_paise, due.provider,
          due.provider_payment_id""",
        limit,
    )
    return [
        DueRefund(
            Ref(r["outlet_id"], r["payment_id"]),
            r["id"],
            r["status"],
            r["tries"],
            r["amount_paise"],
            r["provider"],
            r["provider_payment_id"],
        )
        for r in rows
    ]


class PaymentToPoll(msgspec.Struct, frozen=True):
    """A payment to ask the provider about, or whose time is over."""

    ref: Ref
    provider: str | None
    provider_order_id: str | None
    overdue: bool
    long_overdue: bool


async def claim_payments(conn: Any, limit: int = 50) -> list[PaymentToPoll]:
    """Payments to look up, each less often than before, and open ones past their time. Ours for some seconds."""
    rows = await conn.fetch(
        """UPDATE payments.payment p SET poll_count = p.poll_count + 1, poll_at = CASE
            WHEN p.status IN ('pending', 'processing')
              THEN least(now() + interval '20 seconds' * power(2, least(p.poll_count, 4)),
                         greatest(p.expires_at, now() + interval '3 seconds'))
            WHEN p.poll_count < 16 THEN now() + interval '30 seconds' * power(2, least(p.poll_count, 10)) END
        FROM (SELECT outlet_id, id FROM payments.payment WHERE poll_at <= now()
              ORDER BY poll_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
        WHERE p.outlet_id = due.outlet_id AND p.id = due.id
        RETURNING p.outlet_id, p.id, p.provider, p.provider_order_id,
          p.status IN ('pending', 'processing') AND p.expires_at <= now() AS overdue,
          p.status IN ('pending', 'processing') AND p.expires_at <= now() - interval '10 minutes' AS long_overdue""",
        limit,
    )
    return [
        PaymentToPoll(
            Ref(r["outlet_id"], r["id"]),
            r["provider"],
            r["provider_order_id"],
            bool(r["overdue"]),
            bool(r["long_overdue"]),
        )
        for r in rows
    ]


class AttemptToPoll(msgspec.Struct, frozen=True):
    """An attempt that stopped half way."""

    ref: Ref
    provider: str
    provider_payment_id: str


async def claim_attempts(conn: Any, limit: int = 50) -> list[AttemptToPoll]:
    """Attempts that stopped half way. Ours for some seconds."""
    rows = await conn.fetch(
        """UPDATE payments.attempt a SET poll_at = now() + interval '15 seconds'
        FROM (SELECT outlet_id, id FROM payments.attempt WHERE poll_at <= now()
              ORDER BY poll_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
        WHERE a.outlet_id = due.outlet_id AND a.id = due.id
        RETURNING a.outlet_id, a.payment_id, a.provider, a.provider_payment_id""",
        limit,
    )
    return [
        AttemptToPoll(Ref(r["outlet_id"], r["payment_id"]), r["provider"], r["provider_payment_id"])
        for r in rows
    ]


async def waiting(conn: Any) -> list[Any]:
    """How many webhooks and refunds wait, and for how long the oldest has."""
    return await conn.fetch(  # type: ignore[no-any-return]
        """SELECT 'webhooks' AS work, count(*)::float8 AS count,
          coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 AS oldest_s
        FROM payments.webhook WHERE next_try_at IS NOT NULL
        UNION ALL SELECT 'refunds', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)
        FROM payments.refund WHERE next_try_at IS NOT NULL"""
    )


async def unsettled(conn: Any) -> float:
    """Attempts whose captured money is neither on the bill nor promised back. Ids are times, so this reads few rows."""
    return await conn.fetchval(  # type: ignore[no-any-return]
        """SELECT count(*)::float8 FROM payments.attempt WHERE id > uuidv7(interval '-3 days')
        AND status = 'captured' AND NOT on_bill AND refunded_paise < amount_paise"""
    )
