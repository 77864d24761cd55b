"""The provider's books held against ours, page by page, so that no lost webhook stays unknown for long.

Every minute the last quarter of an hour is compared, and every hour all of the last days; what differs is looked up and
booked in the ordinary way. Refunds are compared by the day on which they were made as well: their payments may be older.
Disputes are listed by the day on which they began, and may be lost months later.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import pairwise

import structlog

from rasoi.payments import comparison_db as books
from rasoi.payments import disputes, tasks
from rasoi.payments import repository as db
from rasoi.payments.domain import Mismatch, ProviderPayment, RefundTooLarge, difference
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import DIFFERENCES
from rasoi.payments.providers import (
    GuardedCalls,
    OutcomeUnknown,
    ProviderDispute,
    ProviderRefund,
    Providers,
    ProviderUnavailable,
    RequestRejected,
    calls_to,
)
from rasoi.payments.refund_booking import NotKnownYet
from rasoi.payments.refunds import record_refund
from rasoi.payments.repository import Ref
from rasoi.platform.context import Context
from rasoi.platform.jobs import for_each

log = structlog.get_logger(__name__)
DAYS = 7
DISPUTE_DAYS = 180  # through all rounds of a chargeback
WHOLE_S, PAUSE_S, RECENT_S = 3600.0, 60.0, 900.0


async def compare_books(ctx: Context) -> None:
    """The next page of each provider's books."""
    pages = await books.due_pages(ctx.db, ctx.get(Providers).names, DAYS)
    await for_each(pages, partial(compare_page, ctx), "page of the provider's books")


async def compare_page(ctx: Context, page: books.Pass) -> None:
    """Compare one page and note how far the pass has come. The trouble of one row is no trouble of the others."""
    calls = calls_to(ctx, page.provider, "reconciler")
    try:
        count, more = await COMPARED_LISTS[page.list](ctx, page, calls)
    except (OutcomeUnknown, RequestRejected) as error:
        log.warning(
            "the provider's books could not be read",
            provider=page.provider,
            list=page.list,
            reason=str(error),
        )
        if page.list != "disputes" or isinstance(error, ProviderUnavailable):
            return
        count, more = 0, False  # not every account may list them: what moves money goes on being compared
    if more:
        await books.page_done(ctx.db, page.provider, page.list, page.skip + max(count, 1))
    elif following := NEXT_LIST.get(page.list):
        await books.page_done(ctx.db, page.provider, following, 0)
    else:
        await books.pass_done(ctx.db, page.provider, DAYS, WHOLE_S, PAUSE_S, RECENT_S)


async def _payments_page(ctx: Context, page: books.Pass, calls: GuardedCalls) -> tuple[int, bool]:
    found, more = await calls.payments_between(page.first_at, page.last_at, page.skip)
    await compare_payments(ctx, page.provider, found, calls)
    return len(found), more


async def _refunds_page(ctx: Context, page: books.Pass, calls: GuardedCalls) -> tuple[int, bool]:
    found, more = await calls.refunds_between(page.first_at, page.last_at, page.skip)
    await compare_refunds(ctx, page.provider, found, calls)
    return len(found), more


async def _disputes_page(ctx: Context, page: books.Pass, calls: GuardedCalls) -> tuple[int, bool]:
    first_at = page.last_at - timedelta(days=DISPUTE_DAYS) if page.whole else page.first_at
    found, more = await calls.disputes_between(first_at, page.last_at, page.skip)
    await compare_disputes(ctx, page.provider, found, calls)
    return len(found), more


COMPARED_LISTS = {"payments": _payments_page, "refunds": _refunds_page, "disputes": _disputes_page}
"""In the order of a pass; each returns how many there were on the page, and whether more follow."""
NEXT_LIST = dict(pairwise(COMPARED_LISTS))


class Difference:
    """A payment of the provider's that ours don't agree with; `ref` is our payment, where there is one."""

    def __init__(self, found: ProviderPayment, what: str, ref: Ref | None, due_paise: int) -> None:
        self.found, self.what, self.ref, self.due_paise = found, what, ref, due_paise

    def __repr__(self) -> str:
        return f"{self.found.id} ({self.what})"


async def differences(ctx: Context, provider: str, found: list[ProviderPayment]) -> list[Difference]:
    """Where ours don't say the same of these payments of the provider's."""
    known = await books.known_attempts(ctx.db, provider, [each.id for each in found])
    others = [each.order_id for each in found if each.id not in known]
    orders = await books.payments_of_orders(ctx.db, provider, others)
    differing = []
    for each in found:
        mine = known.get(each.id)
        if what := difference(each, mine[2] if mine else None):
            ref, due_paise = mine[:2] if mine else orders.get(each.order_id, (None, 0))
            differing.append(Difference(each, what, ref, due_paise))
    return differing


async def compare_payments(
    ctx: Context, provider: str, found: list[ProviderPayment], calls: GuardedCalls
) -> None:
    """Book what ours lack of these payments."""
    await for_each(
        await differences(ctx, provider, found),
        partial(settle, ctx, provider, calls),
        "difference to the provider's books",
    )


async def settle(ctx: Context, provider: str, calls: GuardedCalls, each: Difference) -> None:
    """Book it; money that fits no payment of ours becomes a task."""
    if each.ref is None:
        await tasks.note_unmatched(ctx.db, provider, each.found, "no payment of ours has its order")
        return
    log.warning("the provider's books differ", payment=str(each.ref.id), what=each.what)
    DIFFERENCES.labels("payments").inc()
    await tasks.record_or_note(ctx, provider, each.ref, each.due_paise, each.found, calls)


async def compare_refunds(
    ctx: Context, provider: str, found: list[ProviderRefund], calls: GuardedCalls
) -> None:
    """Book refunds that ours lack, or have in another state."""
    booked = await books.booked_refunds(ctx.db, provider, [each.id for each in found])
    differing = [
        each
        for each in found
        if each.status != booked.get(each.id) and (each.id in booked or each.status != "failed")
    ]

    async def book(each: ProviderRefund) -> None:
        ref = await db.by_provider_payment(ctx.db, provider, each.payment_id)
        if ref is None:
            return  # its payment is compared by itself, where it is ours
        try:
            ledger: Ledger | None = await record_refund(ctx, ref, each)
        except (NotKnownYet, Mismatch, RefundTooLarge):
            due_paise = await db.amount_of(ctx.db, ref)
            payment = await calls.lookup(each.payment_id)
            ledger = await tasks.record_or_note(ctx, provider, ref, due_paise, payment, calls)
        if ledger is not None and ledger.has_changed:
            DIFFERENCES.labels("refunds").inc()

    await for_each(differing, book, "refund in the provider's books")


async def compare_disputes(
    ctx: Context, provider: str, found: list[ProviderDispute], calls: GuardedCalls
) -> None:
    """Take in disputes of which ours say something else, as their webhooks would be."""

    async def settle_dispute(each: ProviderDispute) -> None:
        if await disputes.settle(ctx, provider, calls, each):
            log.warning("the provider's books differ", payment=each.payment_id, what=f"dispute {each.status}")
            DIFFERENCES.labels("disputes").inc()

    unheard = await disputes.unheard_of(ctx, provider, found)
    await for_each(unheard, settle_dispute, "dispute in the provider's books")
