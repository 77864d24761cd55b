"""The offers room's use-cases; each owns its transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from rasoi.contracts.offers import OfferChanged, OfferMade, OfferState
from rasoi.menu.api import snapshot as menu_snapshot
from rasoi.offers import repository
from rasoi.offers.domain import (
    BadOffer,
    OfferEnded,
    Terms,
    TooManyOffers,
    UnknownOffer,
    require_sense,
    state_of,
)
from rasoi.offers.repository import OfferRow
from rasoi.offers.schemas import OfferChange, OfferView
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict
from rasoi.staff.api import audit, now_and_business_day
from rasoi.staff.api import outlet as read_outlet

MOST = 50  # of one outlet that have not ended: each is looked at whenever an order is priced


class OfferIsAnother(Conflict):
    slug, title = "offer-is-another", "Somebody else has changed this offer"


async def make(ctx: Context, who: Principal, terms: Terms, key: IdempotencyKey) -> Response[bytes]:
    """A new offer, which holds from now on; once per key. Raises BadOffer, TooManyOffers."""

    async def work(tx: Tx) -> tuple[int, OfferView]:
        await _require_possible(tx, who.outlet_id, terms)
        if await repository.lock_offers(tx, who.outlet_id) >= MOST:
            raise TooManyOffers(f"There are {MOST} already; end one that is not needed.")
        row = await repository.add(tx, who.outlet_id, uuid7(), terms)
        _announce(tx, who.outlet_id, row, OfferMade)
        await audit(tx, who, "offer.made", f"offer:{row.id}", {"offer": terms.name})
        return 201, view(row, await local_now(tx, who.outlet_id))

    return await idempotent(ctx, "offers", who, key, work)


async def change(
    ctx: Context, who: Principal, offer_id: UUID, given: OfferChange, key: IdempotencyKey
) -> Response[bytes]:
    """Other terms for what is ordered from now on. Raises UnknownOffer, OfferEnded, OfferIsAnother, BadOffer."""

    async def work(tx: Tx) -> tuple[int, OfferView]:
        await _require_possible(tx, who.outlet_id, given.terms)
        before = await _locked(tx, who.outlet_id, offer_id)
        if before.version != given.version:
            raise OfferIsAnother("Please look at it again before you change it.", version=before.version)
        detail: dict[str, object] = {"offer": before.terms.name}
        detail["changed"] = [
            n for n in Terms.__struct_fields__ if getattr(before.terms, n) != getattr(given.terms, n)
        ]
        after = replace(before, terms=given.terms)
        return 200, await _save(tx, who, (before, after), "changed", detail)

    return await idempotent(ctx, "offers", who, key, work)


async def pause(ctx: Context, who: Principal, offer_id: UUID, key: IdempotencyKey) -> Response[bytes]:
    """It is given no more until it is resumed. Raises UnknownOffer, OfferEnded."""
    return await _switch(ctx, who, offer_id, key, "paused", lambda row, now: replace(row, paused=True))


async def resume(ctx: Context, who: Principal, offer_id: UUID, key: IdempotencyKey) -> Response[bytes]:
    """It is given again. Raises UnknownOffer, OfferEnded."""
    return await _switch(ctx, who, offer_id, key, "resumed", lambda row, now: replace(row, paused=False))


async def end(ctx: Context, who: Principal, offer_id: UUID, key: IdempotencyKey) -> Response[bytes]:
    """It is over for good; what was ordered keeps it. Raises UnknownOffer, OfferEnded."""
    return await _switch(ctx, who, offer_id, key, "ended", lambda row, now: replace(row, ended_at=now))


async def local_now(conn: Database | Tx, outlet_id: int) -> datetime:
    """The database's time by the outlet's clock."""
    now, _ = await now_and_business_day(conn, outlet_id)
    return now.astimezone(ZoneInfo((await read_outlet(conn, outlet_id)).timezone))


def view(row: OfferRow, now: datetime) -> OfferView:
    """The offer at this moment of its outlet's clock."""
    return OfferView(
        id=row.id,
        terms=row.terms,
        state=state_of(row.terms, now, paused=row.paused, ended=row.ended_at is not None),
        version=row.version,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


async def _switch(
    ctx: Context,
    who: Principal,
    offer_id: UUID,
    key: IdempotencyKey,
    action: str,
    changed: Callable[[OfferRow, datetime], OfferRow],
) -> Response[bytes]:
    """Saying the same twice changes nothing more."""

    async def work(tx: Tx) -> tuple[int, OfferView]:
        before = await _locked(tx, who.outlet_id, offer_id)
        now, _ = await now_and_business_day(tx, who.outlet_id)
        both = before, changed(before, now)
        return 200, await _save(tx, who, both, action, {"offer": before.terms.name})

    return await idempotent(ctx, "offers", who, key, work)


async def _locked(tx: Tx, outlet_id: int, offer_id: UUID) -> OfferRow:
    row = await repository.lock(tx, outlet_id, offer_id)
    if row is None:
        raise UnknownOffer()
    if row.ended_at is not None:
        raise OfferEnded("Make a new one in its place.")
    return row


async def _save(
    tx: Tx,
    who: Principal,
    both: tuple[OfferRow, OfferRow],
    action: str,
    detail: dict[str, object],
) -> OfferView:
    before, after = both
    if after != before:
        after = replace(after, version=before.version + 1)
        await repository.save(tx, who.outlet_id, after)
        _announce(tx, who.outlet_id, after, OfferChanged)
        await audit(tx, who, f"offer.{action}", f"offer:{after.id}", detail)
    return view(after, await local_now(tx, who.outlet_id))


def _announce(tx: Tx, outlet_id: int, row: OfferRow, event: type[OfferState]) -> None:
    state = event(
        offer_id=row.id,
        name=row.terms.name,
        kind=row.terms.kind,
        paused=row.paused,
        ended=row.ended_at is not None,
    )
    tx.emit(state, subject=str(row.id), outlet_id=outlet_id, version=row.version)


async def _require_possible(tx: Tx, outlet_id: int, terms: Terms) -> None:
    """Raises BadOffer, also for what is not on the outlet's menu."""
    require_sense(terms)
    if not terms.category_ids and not terms.item_ids:
        return
    menu = await menu_snapshot(tx, outlet_id)
    items = {variant.item_id for variant in menu.variants.values()}
    categories = {variant.category_id for variant in menu.variants.values()}
    if set(terms.item_ids) - items or set(terms.category_ids) - categories:
        raise BadOffer("The menu has no such dish or category, or nothing in it.")
