"""What a guest's bank asks back, whoever tells of it: a task for a person, and what a lost one took is booked."""

from __future__ import annotations

from rasoi.payments import repository as db
from rasoi.payments import tasks
from rasoi.payments.capture import lock
from rasoi.payments.domain import Mismatch
from rasoi.payments.providers import GuardedCalls, ProviderDispute, RequestRejected
from rasoi.payments.refund_booking import NotKnownYet, book_dispute
from rasoi.payments.repository import Ref
from rasoi.payments.tasks import ENDS, UNBOOKED
from rasoi.platform.context import Context


async def take_in(ctx: Context, provider: str, found: ProviderDispute, ref: Ref | None) -> bool:
    """Note it for a person, who answers it, after booking what a lost one took of our payment `ref`. Returns whether it
    was news. Raises NotKnownYet or Mismatch."""
    beyond_paise, is_booked = 0, False
    if found.status == "lost":
        if ref is None:
            raise NotKnownYet(f"no payment of ours is {found.payment_id}")
        beyond_paise, is_booked = await _book(ctx, ref, found)
    outlet_id = ref.outlet_id if ref else None
    return await tasks.note_dispute(ctx.db, provider, found, outlet_id, beyond_paise) or is_booked


async def _book(ctx: Context, ref: Ref, found: ProviderDispute) -> tuple[int, bool]:
    """In a transaction of its own; returns what our books can't hold of it, and whether they changed."""
    async with ctx.db.transaction("payments") as tx:
        _, ledger = await lock(tx, ref)
        beyond_paise = await book_dispute(tx, ledger, found)
        await db.save(tx, ledger)
        await db.add_to_day(tx, ledger)
    return beyond_paise, ledger.has_changed


async def unheard_of(ctx: Context, provider: str, found: list[ProviderDispute]) -> list[ProviderDispute]:
    """Those of which ours say something else, or nothing. Forward only: what has ended stays as it ended."""
    if not found:
        return []
    noted = await tasks.noted_disputes(ctx.db, provider, [each.id for each in found])
    return [each for each in found if noted.get(each.id) not in (each.status, *ENDS)]


async def settle(ctx: Context, provider: str, calls: GuardedCalls, found: ProviderDispute) -> bool:
    """Take in one that the provider's books tell of; returns whether it was news. What can't be booked is a task, and tried
    again in the next round."""
    ref = await _payment_of(ctx, provider, calls, found)
    try:
        return await take_in(ctx, provider, found, ref)
    except (NotKnownYet, Mismatch) as error:
        outlet_id = ref.outlet_id if ref else None
        await tasks.note_unbooked_dispute(ctx.db, provider, found, outlet_id, str(error))
        return False


async def _payment_of(ctx: Context, provider: str, calls: GuardedCalls, found: ProviderDispute) -> Ref | None:
    """Our payment that it is about. One that we don't know of is looked up, once: its capture may be unheard of as well."""
    ref = await db.by_provider_payment(ctx.db, provider, found.payment_id)
    if ref is not None or await tasks.noted_disputes(ctx.db, provider, [found.id]) == {found.id: UNBOOKED}:
        return ref
    try:
        payment = await calls.lookup(found.payment_id)
    except RequestRejected:
        return None
    ref = await db.by_provider_order(ctx.db, provider, payment.order_id)
    if ref is not None:
        await tasks.record_or_note(ctx, provider, ref, await db.amount_of(ctx.db, ref), payment, calls)
    return ref
