"""What the provider holds or says and our books can't: a task for a person, in the list of unmatched money."""

from __future__ import annotations

from typing import Any

from rasoi.payments.capture import record_and_capture
from rasoi.payments.domain import Mismatch, ProviderPayment, RefundTooLarge
from rasoi.payments.ledger import Ledger
from rasoi.payments.providers import GuardedCalls, ProviderDispute
from rasoi.payments.queue import FOR_OUTLET
from rasoi.payments.repository import Ref
from rasoi.platform.context import Context

NOTE = """INSERT INTO payments.unmatched AS u
  (provider, provider_payment_id, provider_order_id, amount_paise, currency, reason, outlet_id)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"""
# forward only: what is told of a dispute after its end is old news
OVER = ("won", "closed")  # and nothing was taken
ENDS = (*OVER, "lost")
DISPUTE = f"""INSERT INTO payments.unmatched AS u
  (provider, provider_payment_id, provider_order_id, amount_paise, currency, reason, outlet_id, settled_at, settled_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN now() END, CASE WHEN $8 THEN 'the provider' END)
ON CONFLICT (provider, provider_payment_id) DO UPDATE SET reason = excluded.reason, amount_paise = excluded.amount_paise,
  settled_at = excluded.settled_at, settled_by = excluded.settled_by, seen_at = now()
WHERE u.reason <> excluded.reason AND u.reason !~ '^Dispute ({"|".join(ENDS)}) ' RETURNING true"""
UNBOOKED = "unbooked"
NOTED = """SELECT provider_payment_id, coalesce(substring(reason FROM '^Dispute (\\w+) '), $3) FROM payments.unmatched
WHERE provider = $1 AND provider_payment_id = ANY ($2)"""


async def record_or_note(
    ctx: Context, provider: str, ref: Ref, due_paise: int, found: ProviderPayment, calls: GuardedCalls
) -> Ledger | None:
    """Record what the provider has just answered, and capture it. What our books can't hold is noted for a person."""
    try:
        return await record_and_capture(ctx, ref, due_paise, found, calls)
    except (Mismatch, RefundTooLarge) as error:
        await note_misfit(ctx.db, provider, found, error, ref.outlet_id)
        return None


async def note_misfit(
    conn: Any, provider: str, found: ProviderPayment, error: Exception, outlet_id: int
) -> None:
    """A payment of ours that our books can't hold as the provider has it."""
    if isinstance(error, RefundTooLarge):
        back, paid = found.refunded_paise / 100, found.amount_paise / 100
        reason = f"₹{back:.2f} of ₹{paid:.2f} went back at the provider, more than our books have left to give back"
        await _note(conn, provider, found, reason, outlet_id)
    else:
        await note_unmatched(conn, provider, found, str(error), outlet_id)


async def note_unmatched(
    conn: Any, provider: str, found: ProviderPayment, reason: str, outlet_id: int | None = None
) -> None:
    """Money at the provider that fits no payment of ours; settled once it has gone back whole. It is the outlet's whose
    payment it was taken for, or that our notes on it name."""
    if found.status == "captured" and found.refunded_paise < found.amount_paise:
        await _note(conn, provider, found, reason, outlet_id or found.outlet_id)
        return
    sql = """UPDATE payments.unmatched SET settled_at = now(), settled_by = 'the provider'
    WHERE provider = $1 AND provider_payment_id = $2 AND settled_at IS NULL"""
    await conn.execute(sql, provider, found.id)


async def _note(conn: Any, provider: str, found: ProviderPayment, reason: str, outlet_id: int | None) -> None:
    args = (provider, found.id, found.order_id, found.amount_paise, found.currency, reason, outlet_id)
    await conn.execute(NOTE, *args)


async def note_dispute(
    conn: Any, provider: str, found: ProviderDispute, outlet_id: int | None, beyond_paise: int = 0
) -> bool:
    """A guest's bank wants money back: the owner answers it at the provider, in time. Of what a lost one took our books
    can't hold `beyond_paise`. Returns whether it was news."""
    reason = f"Dispute {found.status} over {found.payment_id}: answer it in the provider's dashboard"
    if found.status == "lost":
        reason = f"Dispute lost over {found.payment_id}: the money was taken back, and is booked as refunded"
        if beyond_paise:
            reason += f"; ₹{beyond_paise / 100:.2f} of it had gone back before, and are lost beside it"
    return await _note_dispute(conn, provider, found, reason, outlet_id)


async def note_unbooked_dispute(
    conn: Any, provider: str, found: ProviderDispute, outlet_id: int | None, why: str
) -> None:
    """One that was lost, and that our books can't take in: not an end, so that it may still be booked."""
    reason = f"A lost dispute over {found.payment_id} is not booked here: {why}"
    await _note_dispute(conn, provider, found, reason, outlet_id)


async def _note_dispute(
    conn: Any, provider: str, found: ProviderDispute, reason: str, outlet_id: int | None
) -> bool:
    args = (provider, found.id, found.payment_id, found.amount_paise, found.currency, reason, outlet_id)
    return bool(await conn.fetchval(DISPUTE, *args, found.status in OVER))


async def noted_disputes(conn: Any, provider: str, dispute_ids: list[str]) -> dict[str, str]:
    """Of these disputes: the state in which a person has, or had, a task about it; UNBOOKED where it could not be booked."""
    return {row[0]: row[1] for row in await conn.fetch(NOTED, provider, dispute_ids, UNBOOKED)}


async def is_noted(conn: Any, provider: str, payment_id: str) -> bool:
    """Whether a person has, or had, a task about it."""
    sql = "SELECT EXISTS (SELECT FROM payments.unmatched WHERE provider = $1 AND provider_payment_id = $2)"
    return bool(await conn.fetchval(sql, provider, payment_id))


async def unmatched(conn: Any, outlet_id: int, outlets: list[int]) -> list[Any]:
    """What is the outlet's task, and nobody has dealt with yet."""
    sql = f"""SELECT * FROM payments.unmatched WHERE settled_at IS NULL AND {FOR_OUTLET}
    ORDER BY seen_at DESC LIMIT 200"""
    return await conn.fetch(sql, outlet_id, outlets)  # type: ignore[no-any-return]


async def settle_unmatched(
    conn: Any, outlet_id: int, outlets: list[int], provider: str, payment_id: str, by: str
) -> bool:
    """A person of the outlet has dealt with it."""
    sql = f"""UPDATE payments.unmatched SET settled_at = now(), settled_by = $5
    WHERE provider = $3 AND provider_payment_id = $4 AND settled_at IS NULL AND {FOR_OUTLET} RETURNING true"""
    return bool(await conn.fetchval(sql, outlet_id, outlets, provider, payment_id, by))
