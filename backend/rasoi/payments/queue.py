"""SQL of what waits for the workers: webhooks to process, refunds to send, payments and attempts to look up."""

from __future__ import annotations

from datetime import datetime
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
    age_s: float


async def add_webhook(conn: Any, provider: str, event_id: str, headers: dict[str, str], body: bytes) -> bool:
    """Keep a verified webhook as it came. False when we have it already."""
    sql = """INSERT INTO payments.webhook (provider, event_id, headers, body) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING true"""
    return bool(await conn.fetchval(sql, provider, event_id, headers, body))


async def has_other_body(conn: Any, provider: str, event_id: str, body: bytes) -> bool:
    """Whether the one that we keep under this id tells something else."""
    sql = "SELECT body <> $3 FROM payments.webhook WHERE provider = $1 AND event_id = $2"
    return bool(await conn.fetchval(sql, provider, event_id, body))


async def claim_webhooks(conn: Any, limit: int = 20) -> list[StoredWebhook]:
    """Webhooks whose time has come, ours for a minute."""
    rows = await conn.fetch(
        """UPDATE payments.webhook w SET tries = tries + 1, next_try_at = now() + interval '60 seconds'
        FROM (SELECT provider, event_id FROM payments.webhook WHERE next_try_at <= now()
              ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
        WHERE w.provider = due.provider AND w.event_id = due.event_id
        RETURNING w.provider, w.event_id, w.body, w.tries, w.received_at,
          extract(epoch FROM now() - w.received_at)::float8 AS age_s""",
        limit,
    )
    return [
        StoredWebhook(row["provider"], row["event_id"], row["body"], row["tries"], row["age_s"])
        for row in sorted(rows, key=lambda r: r["received_at"])
    ]


async def finish_webhook(
    conn: Any,
    each: StoredWebhook,
    state: str,
    outcome: str,
    again_s: float | None,
    event: str | None,
    subject: str | None,
    outlet_id: int | None,
) -> None:
    """Note what became of it; `again_s` seconds from now it is tried again. One that a person has dismissed meanwhile
    stays so, unless it was applied."""
    sql = """UPDATE payments.webhook SET state = $3, outcome = $4, next_try_at = now() + make_interval(secs => $5),
      event = $6, subject = $7, outlet_id = coalesce($8, outlet_id) WHERE provider = $1 AND event_id = $2
      AND (state <> 'dismissed' OR $3 = 'applied')"""
    await conn.execute(sql, each.provider, each.event_id, state, outcome, again_s, event, subject, outlet_id)


async def wake_waiting(conn: Any, provider: str, subject: str) -> None:
    """What waited for this payment of the provider's is tried now."""
    sql = "UPDATE payments.webhook SET next_try_at = now() WHERE provider = $1 AND subject = $2 AND state = 'waiting'"
    await conn.execute(sql, provider, subject)


class OpenWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that waits, or is parked for a person."""

    provider: str
    event_id: str
    event: str | None
    subject: str | None
    state: str
    outcome: str | None
    tries: int
    received_at: datetime
    next_try_at: datetime | None


# whose task a row is: its outlet's; the first outlet's where it can be tied to none of `$2`, all outlets in order
WHOSE = "CASE WHEN outlet_id = ANY ($2::int[]) THEN outlet_id ELSE ($2::int[])[1] END"
FOR_OUTLET = f"{WHOSE} = $1"

OPEN = f"""SELECT {", ".join(OpenWebhook.__struct_fields__)} FROM payments.webhook WHERE state IN ('waiting', 'parked')"""
NEWEST = "ORDER BY received_at DESC LIMIT 200"


async def open_webhooks(conn: Any, outlet_id: int, outlets: list[int]) -> list[OpenWebhook]:
    """What waits or is parked and is the outlet's task, newest first."""
    rows = await conn.fetch(f"{OPEN} AND {FOR_OUTLET} {NEWEST}", outlet_id, outlets)
    return [OpenWebhook(**dict(row)) for row in rows]


async def all_open_webhooks(conn: Any) -> list[OpenWebhook]:
    """The same of all outlets."""
    return [OpenWebhook(**dict(row)) for row in await conn.fetch(f"{OPEN} {NEWEST}")]


async def has_webhook(conn: Any, outlet_id: int, outlets: list[int], event_id: str) -> bool:
    """Is this webhook the outlet's?"""
    sql = f"SELECT EXISTS (SELECT FROM payments.webhook WHERE event_id = $3 AND {FOR_OUTLET})"
    return await conn.fetchval(sql, outlet_id, outlets, event_id)  # type: ignore[no-any-return]


async def replay_webhooks(conn: Any, state: str | None, event_id: str | None) -> list[StoredWebhook]:
    """Those of a state, or the one named, due at once and ours for a minute."""
    rows = await conn.fetch(
        """UPDATE payments.webhook SET state = 'waiting', tries = tries + 1, next_try_at = now() + interval '60 seconds'
        WHERE CASE WHEN $2::text IS NOT NULL THEN event_id = $2 ELSE state = $1 END
        RETURNING provider, event_id, body, tries, received_at, extract(epoch FROM now() - received_at)::float8 AS age_s""",
        state,
        event_id,
    )
    return [
        StoredWebhook(row["provider"], row["event_id"], row["body"], row["tries"], row["age_s"])
        for row in sorted(rows, key=lambda r: r["received_at"])
    ]


async def dismiss_webhook(
    conn: Any, outlet_id: int, outlets: list[int], event_id: str, said: str
) -> OpenWebhook | None:
    """End one of the outlet's that waits or is parked; returns it as it was."""
    row = await conn.fetchrow(
        f"""UPDATE payments.webhook w SET state = 'dismissed', outcome = $4, next_try_at = NULL
        FROM ({OPEN} AND event_id = $3 AND {FOR_OUTLET} FOR UPDATE) AS before
        WHERE w.provider = before.provider AND w.event_id = before.event_id
        RETURNING {", ".join(f"before.{name}" for name in OpenWebhook.__struct_fields__)}""",
        *(outlet_id, outlets, event_id, said),
    )
    return OpenWebhook(**dict(row)) if row else None


async def outlet_of_webhook(conn: Any, outlets: list[int], event_id: str) -> int | None:
    """Whose task it is; None when there is no such webhook."""
    sql = f"SELECT {WHOSE} AS whose FROM payments.webhook WHERE event_id = $1 ORDER BY whose LIMIT 1"
    return await conn.fetchval(sql, event_id, outlets)  # type: ignore[no-any-return]


async def prune_webhooks(conn: Any, days: int) -> None:
    """Forget what is long done."""
    sql = """DELETE FROM payments.webhook
    WHERE state IN ('applied', 'superseded', 'dismissed') AND received_at < now() - make_interval(days => $1)"""
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
    provider_refund_id: str | None
    age_s: float


async def claim_refunds(conn: Any, limit: int = 20) -> list[DueRefund]:
    """Refunds whose time has come, ours until their next try, which comes later each time."""
    rows = await conn.fetch(
        """UPDATE payments.refund r SET tries = tries + 1,
          next_try_at = now() + least(interval '6 hours', interval '4 seconds' * power(2, least(r.tries, 13)))
        FROM (SELECT x.outlet_id, x.id, a.provider, a.provider_payment_id FROM payments.refund x
              JOIN payments.attempt a ON a.outlet_id = x.outlet_id AND a.id = x.attempt_id
              WHERE x.next_try_at <= now() AND a.provider_payment_id IS NOT NULL
              ORDER BY x.next_try_at LIMIT $1 FOR UPDATE OF x SKIP LOCKED) due
        WHERE r.outlet_id = due.outlet_id AND r.id = due.id
        RETURNING r.outlet_id, r.payment_id, r.id, r.status, r.tries, r.amount_paise, due.provider,
          due.provider_payment_id, r.provider_refund_id, extract(epoch FROM now() - r.created_at)::float8 AS age_s""",
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
            r["provider_refund_id"],
            r["age_s"],
        )
        for r in rows
    ]


class PaymentToPoll(msgspec.Struct, frozen=True):
    """A payment to ask the provider about, or whose time is over."""

    ref: Ref
    amount_paise: int
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
        RETURNING p.outlet_id, p.id, p.amount_paise, p.provider, p.provider_order_id,
          p.status IN ('pending', 'processing') AND p.expires_at <= now() AS overdue,
          p.status IN ('pending', 'processing') AND p.expires_at <= now() - interval '10 minutes' AS long_overdue""",
        limit,
    )
    return [
        PaymentToPoll(
            Ref(r["outlet_id"], r["id"]),
            r["amount_paise"],
            r["provider"],
            r["provider_order_id"],
            bool(r["overdue"]),
            bool(r["long_overdue"]),
        )
        for r in rows
    ]


class AttemptToPoll(msgspec.Struct, frozen=True):
    """An attempt that stopped half way. `due_paise` is what was asked for."""

    ref: Ref
    due_paise: int
    provider: str
    provider_payment_id: str


async def claim_attempts(conn: Any, limit: int = 50) -> list[AttemptToPoll]:
    """Attempts that stopped half way. Ours for some seconds, and the longer the older they are."""
    rows = await conn.fetch(
        """UPDATE payments.attempt a
        SET poll_at = now() + least(interval '6 hours', greatest(interval '15 seconds', (now() - a.created_at) / 8))
        FROM (SELECT x.outlet_id, x.id, p.amount_paise FROM payments.attempt x
              JOIN payments.payment p ON p.outlet_id = x.outlet_id AND p.id = x.payment_id
              WHERE x.poll_at <= now() ORDER BY x.poll_at LIMIT $1 FOR UPDATE OF x SKIP LOCKED) due
        WHERE a.outlet_id = due.outlet_id AND a.id = due.id
        RETURNING a.outlet_id, a.payment_id, due.amount_paise, a.provider, a.provider_payment_id""",
        limit,
    )
    return [
        AttemptToPoll(
            Ref(r["outlet_id"], r["payment_id"]), r["amount_paise"], r["provider"], r["provider_payment_id"]
        )
        for r in rows
    ]


async def waiting(conn: Any) -> list[Any]:
    """How many of each kind wait, and for how long the oldest has."""
    return await conn.fetch(  # type: ignore[no-any-return]
        """SELECT CASE state WHEN 'received' THEN 'webhooks' ELSE state || ' webhooks' END AS work,
          count(w.state)::float8 AS count, coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 AS oldest_s
        FROM unnest(ARRAY['received', 'waiting', 'parked']) state
        LEFT JOIN (SELECT state, received_at FROM payments.webhook WHERE state IN ('received', 'waiting', 'parked')) w
          USING (state) GROUP BY state
        UNION ALL SELECT 'unmatched money', count(*), coalesce(extract(epoch FROM now() - min(seen_at)), 0)
        FROM payments.unmatched WHERE settled_at IS NULL
        UNION ALL SELECT work, count(r.status), coalesce(extract(epoch FROM now() - min(created_at)), 0)
        FROM (VALUES ('refunds', 'requested'), ('refunds', 'unknown'), ('pending refunds', 'pending'),
          ('refunds to hand out', 'to_hand_out')) AS kinds (work, status)
        LEFT JOIN (SELECT status, created_at FROM payments.refund WHERE status <> 'processed') r
          USING (status) GROUP BY work"""
    )


async def unsettled(conn: Any) -> float:
    """Attempts whose captured money is neither on the bill nor promised back. Ids are times, so this reads few rows."""
    return await conn.fetchval(  # type: ignore[no-any-return]
        """SELECT count(*)::float8 FROM payments.attempt WHERE id > uuidv7(interval '-3 days')
        AND status = 'captured' AND NOT on_bill AND refunded_paise < amount_paise"""
    )
