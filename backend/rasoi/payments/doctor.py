"""`rasoi payments doctor`: what our books of some payments say against the provider's, and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from rasoi.orders import api as orders
from rasoi.payments import disputes, queue
from rasoi.payments import repository as db
from rasoi.payments.capture import expire, record_and_capture
from rasoi.payments.comparison import (
    DISPUTE_DAYS,
    Difference,
    compare_disputes,
    compare_payments,
    differences,
)
from rasoi.payments.comparison_db import known_attempts
from rasoi.payments.domain import OPEN, Mismatch, ProviderPayment, RefundTooLarge, difference
from rasoi.payments.ledger import Ledger
from rasoi.payments.providers import (
    GuardedCalls,
    OutcomeUnknown,
    ProviderDispute,
    Providers,
    RequestRejected,
    calls_to,
)
from rasoi.payments.repository import Ref
from rasoi.platform.context import Context
from rasoi.staff.api import outlet as read_outlet

SLOW_REFUND = timedelta(days=1)
OVERDUE = timedelta(minutes=10)


class Finding(msgspec.Struct, frozen=True):
    """What differs, and what to do."""

    about: str
    what: str
    advice: str


async def examine(ctx: Context, refs: list[Ref], *, heal: bool) -> AsyncIterator[Finding]:
    """The findings of each payment. With `heal` what can be put right by asking the provider again is, and only what is
    left is told."""
    disputed = _Disputes(ctx)
    for ref in refs:
        if heal:
            await _heal(ctx, ref, disputed)
        ledger = await db.load(ctx.db, ref)
        if ledger is None:
            continue
        try:
            async for finding in _against_provider(ctx, ledger):
                yield finding
            for found in await disputed.unheard_of(ledger):
                what = f"{found.id}: dispute {found.status}, ₹{found.deducted_paise / 100:.2f} taken back there, not known here"
                yield Finding(_name(ledger), what, "run again with --heal")
        except (OutcomeUnknown, RequestRejected) as error:
            yield Finding(_name(ledger), f"the provider could not be asked: {error}", "try again later")
        for finding in [*_within(ledger), *await _against_bill(ctx, ledger)]:
            yield finding


async def _heal(ctx: Context, ref: Ref, disputed: _Disputes) -> None:
    """Feed what the provider says through the ledger, and end what is overdue."""
    ledger = await db.load(ctx.db, ref)
    if ledger is None:
        return
    try:
        for found, calls in await _found(ctx, ledger):
            try:
                await record_and_capture(ctx, ref, ledger.row.amount_paise, found, calls)
            except (Mismatch, RefundTooLarge):
                continue  # told as a finding
        await disputed.take_in(await db.load(ctx.db, ref) or ledger)
    except (OutcomeUnknown, RequestRejected):
        return  # told as a finding
    async with ctx.db.transaction("payments") as tx:
        await expire(tx, ref)


async def _found(ctx: Context, ledger: Ledger) -> list[tuple[ProviderPayment, GuardedCalls]]:
    row = ledger.row
    if row.provider is None or row.provider_order_id is None or row.provider not in ctx.get(Providers).names:
        return []
    calls = calls_to(ctx, row.provider, "reconciler")
    return [(found, calls) for found in await calls.payments_of(row.provider_order_id)]


def _name(ledger: Ledger) -> str:
    return f"payment {ledger.row.id} (₹{ledger.row.amount_paise / 100:.2f}, {ledger.row.status})"


async def _against_provider(ctx: Context, ledger: Ledger) -> AsyncIterator[Finding]:
    theirs = {found.id: found for found, _ in await _found(ctx, ledger)}
    known = await known_attempts(ctx.db, ledger.row.provider or "", list(theirs))
    for found in theirs.values():
        ours = known[found.id][2] if found.id in known else None
        if what := difference(found, ours):
            yield Finding(_name(ledger), f"{found.id}: {what}", "run again with --heal")
    for attempt in ledger.attempts:
        held = attempt.status == "captured" and attempt.provider == ledger.row.provider
        if held and attempt.provider_payment_id not in theirs:
            what = f"{attempt.provider_payment_id} is captured here and unknown to the provider"
            yield Finding(_name(ledger), what, "compare with the provider's dashboard; ask its support")


def _within(ledger: Ledger) -> list[Finding]:
    """What our own ledger says is not at its end."""
    name, findings = _name(ledger), []
    for attempt in ledger.attempts:
        if attempt.refundable_paise and not attempt.on_bill:
            what = f"₹{attempt.refundable_paise / 100:.2f} captured, on no bill and not given back"
            findings.append(Finding(name, what, "refund it on the manager's payments page"))
    for refund in ledger.refunds:
        late = refund.settled_at is None and ledger.now - refund.created_at > SLOW_REFUND
        if late:
            what = f"refund of ₹{refund.amount_paise / 100:.2f} is {refund.status} since {refund.created_at:%d %b %H:%M}"
            findings.append(
                Finding(name, f"{what}: {refund.error or 'no error'}", "see the manager's refunds")
            )
    row = ledger.row
    if row.status in OPEN and row.expires_at is not None and ledger.now - row.expires_at > OVERDUE:
        findings.append(
            Finding(name, f"should have ended at {row.expires_at:%H:%M}", "run again with --heal")
        )
    return findings


class _Disputes:
    """Those of the last months, read once for all payments that are looked at."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._read: dict[str, list[ProviderDispute]] = {}

    async def unheard_of(self, ledger: Ledger) -> list[ProviderDispute]:
        provider = ledger.row.provider
        theirs = {each.provider_payment_id for each in ledger.attempts if each.provider == provider}
        if provider is None or not theirs or provider not in self._ctx.get(Providers).names:
            return []
        if provider not in self._read:
            self._read[provider] = await self._all(provider, ledger.now)
        found = [each for each in self._read[provider] if each.payment_id in theirs]
        return await disputes.unheard_of(self._ctx, provider, found)

    async def take_in(self, ledger: Ledger) -> None:
        if found := await self.unheard_of(ledger):
            provider = ledger.row.provider or ""
            calls = calls_to(self._ctx, provider, "reconciler")
            await compare_disputes(self._ctx, provider, found, calls)

    async def _all(self, provider: str, now: datetime) -> list[ProviderDispute]:
        calls, skip, more = calls_to(self._ctx, provider, "reconciler"), 0, True
        listed = list[ProviderDispute]()
        while more:
            first, last = now - timedelta(days=DISPUTE_DAYS), now + timedelta(minutes=1)
            found, more = await calls.disputes_between(first, last, skip)
            skip += max(1, len(found))
            listed += found
        return listed


async def _against_bill(ctx: Context, ledger: Ledger) -> list[Finding]:
    row = ledger.row
    due = await orders.due(ctx.db, row.outlet_id, bill_id=row.bill_id)
    paid, refunded = await db.sums_of_bill(ctx.db, row.outlet_id, row.bill_id)
    if (due.paid_paise, due.refunded_paise) == (paid, refunded):
        return []
    what = (
        f"bill {row.bill_id} ({due.label}) counts ₹{due.paid_paise / 100:.2f} paid and ₹{due.refunded_paise / 100:.2f}"
        f" refunded, its payments ₹{paid / 100:.2f} and ₹{refunded / 100:.2f}"
    )
    return [Finding(_name(ledger), what, "this is a fault of ours: keep the database's backup and report it")]


async def examine_day(ctx: Context, outlet_id: int, day: date, *, heal: bool) -> AsyncIterator[Finding]:
    """The provider's books of an outlet's business day: what ours lack altogether."""
    outlet = await read_outlet(ctx.db, outlet_id)
    first = datetime.combine(day, time(), ZoneInfo(outlet.timezone)) + timedelta(
        minutes=outlet.day_cutoff_minutes
    )
    for name in ctx.get(Providers).names:
        about = f"{name}'s books of {day}"
        try:
            for each in await _differing(ctx, name, first, first + timedelta(days=1), heal=heal):
                advice = (
                    "run again with --heal"
                    if each.ref
                    else "see the manager's payments page: unmatched money"
                )
                yield Finding(about, f"{each.found.id}: {each.what}", advice)
        except (OutcomeUnknown, RequestRejected) as error:
            yield Finding(about, f"could not be read: {error}", "try again later")


async def _differing(
    ctx: Context, provider: str, first: datetime, last: datetime, *, heal: bool
) -> list[Difference]:
    calls, skip, more = calls_to(ctx, provider, "reconciler"), 0, True
    differing: list[Difference] = []
    while more:
        found, more = await calls.payments_between(first, last, skip)
        skip += max(1, len(found))
        if heal:
            await compare_payments(ctx, provider, found, calls)
        differing += await differences(ctx, provider, found)
    return differing


async def stuck_webhooks(ctx: Context) -> list[Finding]:
    return [
        Finding(
            f"webhook {each.event_id} ({each.event or 'unreadable'})",
            f"{each.state} since {each.received_at:%d %b %H:%M}: {each.outcome or 'not worked on yet'}",
            "rasoi payments webhooks replay " + each.event_id,
        )
        for each in await queue.all_open_webhooks(ctx.db)
    ]
