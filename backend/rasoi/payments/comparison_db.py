"""SQL of the comparison with the providers' books: how far it has come, and what ours say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from rasoi.payments.domain import KnownAttempt
from rasoi.payments.repository import Ref


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a pass through a provider's books. `whole` passes go back over all the days that are compared."""

    provider: str
    list: str
    whole: bool
    first_at: datetime
    last_at: datetime
    skip: int


BEGIN = """INSERT INTO payments.comparison AS c (provider, list, whole, first_at, last_at)
SELECT p, 'payments', true, now() - make_interval(days => $2), now() FROM unnest($1::text[]) p
ON CONFLICT (provider) DO NOTHING"""
DUE = """UPDATE payments.comparison SET next_at = now() + interval '10 seconds' WHERE provider = ANY ($1) AND next_at <= now()
RETURNING provider, list, whole, first_at, last_at, skip"""
END_PAGE = """UPDATE payments.comparison SET list = $2, skip = $3, next_at = now() WHERE provider = $1"""
END_ROUND = """UPDATE payments.comparison c SET list = 'payments', skip = 0, last_at = now(),
  whole_at = CASE WHEN c.whole THEN now() ELSE c.whole_at END,
  whole = NOT c.whole AND coalesce(c.whole_at, '-infinity') < now() - make_interval(secs => $3),
  first_at = CASE WHEN NOT c.whole AND coalesce(c.whole_at, '-infinity') < now() - make_interval(secs => $3)
    THEN now() - make_interval(days => $2) ELSE now() - make_interval(secs => $5) END,
  next_at = now() + make_interval(secs => $4)
WHERE provider = $1"""


async def due_pages(conn: Any, providers: Sequence[str], days: int) -> list[Pass]:
    """The pages whose time has come, ours for some seconds; a provider's first pass is over all the days."""
    await conn.execute(BEGIN, list(providers), days)
    return [Pass(**dict(row)) for row in await conn.fetch(DUE, list(providers))]


async def page_done(conn: Any, provider: str, following: str, skip: int) -> None:
    await conn.execute(END_PAGE, provider, following, skip)


async def pass_done(
    conn: Any, provider: str, days: int, whole_s: float, pause_s: float, recent_s: float
) -> None:
    """Begin the next one: over the last minutes, or over all the days when the last such is `whole_s` seconds old."""
    await conn.execute(END_ROUND, provider, days, whole_s, pause_s, recent_s)


async def known_attempts(
    conn: Any, provider: str, payment_ids: Sequence[str]
) -> dict[str, tuple[Ref, int, KnownAttempt]]:
    """Of these payments of the provider's: ours, what was due, and what our books say."""
    rows = await conn.fetch(
        """SELECT a.provider_payment_id, a.outlet_id, a.payment_id, p.amount_paise AS due_paise, a.amount_paise, a.status,
          (SELECT coalesce(sum(r.amount_paise), 0)::bigint FROM payments.refund r
           WHERE r.outlet_id = a.outlet_id AND r.attempt_id = a.id AND r.provider_refund_id IS NOT NULL
             AND r.handed_by IS NULL AND r.status IN ('pending', 'processed')) AS refunded_paise
        FROM payments.attempt a JOIN payments.payment p ON p.outlet_id = a.outlet_id AND p.id = a.payment_id
        WHERE a.provider = $1 AND a.provider_payment_id = ANY ($2)""",
        provider,
        list(payment_ids),
    )
    return {
        row["provider_payment_id"]: (
            Ref(row["outlet_id"], row["payment_id"]),
            row["due_paise"],
            KnownAttempt(
                status=row["status"], amount_paise=row["amount_paise"], refunded_paise=row["refunded_paise"]
            ),
        )
        for row in rows
    }


async def payments_of_orders(
    conn: Any, provider: str, order_ids: Sequence[str]
) -> dict[str, tuple[Ref, int]]:
    """Of these orders of the provider's: our payments, and what was due."""
    rows = await conn.fetch(
        """SELECT provider_order_id, outlet_id, id, amount_paise FROM payments.payment
        WHERE provider = $1 AND provider_order_id = ANY ($2)""",
        provider,
        list(order_ids),
    )
    return {row["provider_order_id"]: (Ref(row["outlet_id"], row["id"]), row["amount_paise"]) for row in rows}


async def booked_refunds(conn: Any, provider: str, refund_ids: Sequence[str]) -> dict[str, str]:
    """Of these refunds of the provider's: the status that ours have, in the provider's words."""
    rows = await conn.fetch(
        """SELECT r.provider_refund_id, CASE WHEN r.handed_by IS NOT NULL OR r.status = 'to_hand_out' THEN 'failed'
          ELSE r.status END AS status FROM payments.refund r
        JOIN payments.attempt a ON a.outlet_id = r.outlet_id AND a.id = r.attempt_id
        WHERE a.provider = $1 AND r.provider_refund_id = ANY ($2)""",
        provider,
        list(refund_ids),
    )
    return {row["provider_refund_id"]: row["status"] for row in rows}


async def compared_s(conn: Any) -> dict[str, float]:
    """For how many seconds each provider's books have not been compared as a whole."""
    sql = """SELECT provider, extract(epoch FROM now() - coalesce(whole_at, last_at))::float8 AS age_s
    FROM payments.comparison"""
    return {row["provider"]: row["age_s"] for row in await conn.fetch(sql)}
