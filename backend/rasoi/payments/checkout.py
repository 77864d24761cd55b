"""Paying online: the provider's order, what the browser does with it, and what the browser brings back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from litestar import Response

from rasoi.orders import api as orders
from rasoi.payments import repository as db
from rasoi.payments import schemas
from rasoi.payments.capture import lock, record_and_capture
from rasoi.payments.domain import LEAST_ONLINE_PAISE, OPEN, Mismatch, RefundTooLarge
from rasoi.payments.due import DueChanged, NothingDue, due_of, ensure_open, new_payment
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import PAYMENTS
from rasoi.payments.providers import OutcomeUnknown, Provider, RequestRejected, calls_to, provider_named
from rasoi.payments.reading import readable
from rasoi.payments.repository import Ref
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, claim, store
from rasoi.platform.problems import BadRequest, Conflict, Problem, Unavailable
from rasoi.staff.api import Outlet
from rasoi.staff.api import outlet as read_outlet

log = structlog.get_logger(__name__)
FIRST_POLL = timedelta(seconds=30)


class PaymentOver(Conflict):
    slug, title = "payment-expired", "The time to pay is over"


class BadSignature(BadRequest):
    slug, title = "bad-signature", "The payment's signature is not valid"


class NotConfirmed(Conflict):
    slug, title = "payment-mismatch", "This payment is not for that bill"


class ProviderAway(Unavailable):
    slug, title = "payment-provider-away", "The payment provider does not answer"

    def __init__(self) -> None:
        super().__init__(
            "Please try again in a moment; you are not charged twice.", headers={"Retry-After": "3"}
        )


class ProviderRefused(Conflict):
    slug, title = "payment-refused", "The payment provider refused"


async def _ready_for_checkout(tx: Tx, due: orders.DueBill, outlet: Outlet, provider: str) -> Ledger:
    """The open payment, not begun at another provider, with time enough left to pay it."""
    if due.due_paise < LEAST_ONLINE_PAISE:
        raise NothingDue("There is nothing due that can be paid online.", due_paise=due.due_paise)
    ledger = await ensure_open(tx, due)
    if ledger.row.provider not in (None, provider):
        ledger.close_unpaid("cancelled")
        await db.save(tx, ledger)
        tx.on_commit(PAYMENTS.labels("none", "cancelled", "provider changed").inc)
        ledger = await new_payment(tx, due, ledger.row.expires_at)
    left = (ledger.row.expires_at or ledger.now) - ledger.now
    patience = timedelta(seconds=outlet.payment_timeout_s)
    if due.awaiting_order_ids and left <= timedelta(0):
        raise PaymentOver("The order's time to be paid is over; please order again.")
    if not due.awaiting_order_ids and left < patience / 2:
        ledger.extend(ledger.now + patience)
        await db.save(tx, ledger)
    return ledger


async def start_checkout(
    ctx: Context, principal: Principal, request: schemas.DueRequest, key: IdempotencyKey, provider_name: str
) -> Response[bytes]:
    """Commit the intent, ask the provider for its order, then commit its answer."""
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    async with ctx.db.transaction("payments") as tx:
        if stored := await claim(tx, principal, key):
            return stored.response()
        provider = provider_named(ctx, provider_name)
        ledger = await _ready_for_checkout(tx, await due_of(tx, principal, request), outlet, provider.name)
        if ledger.row.provider_order_id:
            return await _answer(tx, principal, key, _checkout(ctx, ledger, provider, outlet))
        await store(tx, principal, key, None, None)
    row = ledger.row
    try:
        provider_order_id = await calls_to(ctx, provider.name, "guests").create(
            receipt=row.id.hex,
            amount_paise=row.amount_paise,
            currency=row.currency,
            notes={"outlet": str(row.outlet_id), "payment": str(row.id)},
        )
        async with ctx.db.transaction("payments") as tx:
            _, ledger = await lock(tx, Ref(row.outlet_id, row.id))
            if ledger.row.status not in OPEN:
                raise DueChanged("The amount due has changed meanwhile; please look again.")
            if ledger.row.provider_order_id is None:
                poll_at = min(ledger.now + FIRST_POLL, ledger.row.expires_at or ledger.now + FIRST_POLL)
                ledger.process(provider.name, provider_order_id, poll_at)
                await db.save(tx, ledger)
            return await _answer(tx, principal, key, _checkout(ctx, ledger, provider, outlet))
    except OutcomeUnknown:
        await _release(ctx, principal, key)
        raise ProviderAway() from None
    except RequestRejected as error:
        await _release(ctx, principal, key)
        raise ProviderRefused(str(error)) from None
    except Conflict:
        await _release(ctx, principal, key)
        raise


async def _release(ctx: Context, principal: Principal, key: IdempotencyKey) -> None:
    await db.forget_intent(ctx.db, principal.outlet_id, principal.key, key.route, key.value)


def _checkout(ctx: Context, ledger: Ledger, provider: Provider, outlet: Outlet) -> schemas.Checkout:
    row = ledger.row
    callback_url = f"{ctx.settings.url}/api/payments/callback/{row.outlet_id}/{row.id}"
    return schemas.Checkout(
        payment_id=row.id,
        provider=provider.name,
        amount_paise=row.amount_paise,
        currency=row.currency,
        name=outlet.name,
        simulated=provider.simulated,
        expires_at=row.expires_at,
        action=provider.checkout_action(row.provider_order_id or "", callback_url),
    )


async def _answer(
    tx: Tx, principal: Principal, key: IdempotencyKey, checkout: schemas.Checkout
) -> Response[bytes]:
    body = msgspec.json.encode(checkout)
    await store(tx, principal, key, 200, body)
    return Response(body, status_code=200, media_type="application/json")


async def verify_checkout(
    ctx: Context, principal: Principal, payment_id: UUID, reply: Mapping[str, str]
) -> schemas.Payment:
    """The browser says that it paid: proof over our own order id, then the provider's word, then the ledger."""
    found = await readable(ctx, principal, payment_id)
    await orders.require_seated(ctx.db, principal)
    return schemas.payment_view(await _verify(ctx, found, reply), staff=principal.kind == "staff")


async def _verify(ctx: Context, ledger: Ledger, reply: Mapping[str, str]) -> Ledger:
    row = ledger.row
    if row.provider is None or row.provider_order_id is None:
        raise BadSignature("This is not the payment that was started.")
    provider = provider_named(ctx, row.provider)
    provider_payment_id = provider.verify_checkout(row.provider_order_id, reply)
    if provider_payment_id is None:
        raise BadSignature("The signature does not fit.")
    try:
        calls = calls_to(ctx, provider.name, "guests")
        found = await calls.lookup(provider_payment_id)
        return await record_and_capture(ctx, Ref(row.outlet_id, row.id), row.amount_paise, found, calls)
    except OutcomeUnknown:
        raise ProviderAway() from None
    except (RequestRejected, Mismatch, RefundTooLarge) as error:
        raise NotConfirmed(str(error)) from None


async def take_callback(ctx: Context, outlet_id: int, payment_id: UUID, reply: Mapping[str, str]) -> str:
    """The checkout's reply as a form, from a browser within an app that can't hand it over itself. Returns where the guest
    goes on, whatever came of it: what is not known yet is heard by webhook, and the guest's page shows it."""
    ledger = await db.load(ctx.db, Ref(outlet_id, payment_id))
    if ledger is not None:
        try:
            await _verify(ctx, ledger, reply)
        except Problem as problem:
            log.warning("callback not confirmed", payment=str(payment_id), reason=problem.detail)
    return f"{ctx.settings.url}/order"


async def look(ctx: Context, principal: Principal, payment_id: UUID) -> schemas.Payment:
    """Ask the provider now what became of it: the window was closed, and a bank may still be at it."""
    ledger = await readable(ctx, principal, payment_id)
    row = ledger.row
    if row.status in OPEN and row.provider is not None and row.provider_order_id is not None:
        calls = calls_to(ctx, row.provider, "guests")
        try:
            for found in await calls.payments_of(row.provider_order_id):
                ledger = await record_and_capture(
                    ctx, Ref(row.outlet_id, row.id), row.amount_paise, found, calls
                )
        except OutcomeUnknown:
            raise ProviderAway() from None
        except (RequestRejected, Mismatch, RefundTooLarge) as error:
            raise NotConfirmed(str(error)) from None
    return schemas.payment_view(ledger, staff=principal.kind == "staff")
