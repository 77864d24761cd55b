"""HTTP of the offers room."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from rasoi.offers import repository, service
from rasoi.offers.domain import Terms
from rasoi.offers.schemas import OfferChange, Offers, OfferView
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.roles import permit

TAGS = ["offers"]
MANAGE = permit("manage_offers")
made = {201: ResponseSpec(OfferView, generate_examples=False)}
changed = {200: ResponseSpec(OfferView, generate_examples=False)}


@get("/api/offers", guards=[MANAGE], tags=TAGS)
async def list_offers(
    ctx: Context, principal: Principal, cursor: UUID | None = None, limit: Limit = 50
) -> Offers:
    """The outlet's offers, newest first, with those that are over."""
    read = partial(repository.newest, ctx.db, principal.outlet_id, cursor)
    rows, following = await read_page(limit, read)
    now = await service.local_now(ctx.db, principal.outlet_id)
    return Offers([service.view(row, now) for row in rows], following)


@post("/api/offers", guards=[MANAGE], tags=TAGS, responses=made)
async def make_offer(
    data: JSONBody[Terms], principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Make an offer, which holds from now on or from its first day."""
    return await service.make(ctx, principal, data, key)


@put("/api/offers/{offer_id:uuid}", guards=[MANAGE], tags=TAGS, responses=changed)
async def change_offer(
    data: JSONBody[OfferChange], offer_id: UUID, principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Change an offer's terms. What was ordered already keeps what it was given. 409 where somebody else was faster."""
    return await service.change(ctx, principal, offer_id, data, key)


@post("/api/offers/{offer_id:uuid}/pause", guards=[MANAGE], tags=TAGS, status_code=200, responses=changed)
async def pause_offer(
    offer_id: UUID, principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Give it no more until it is resumed."""
    return await service.pause(ctx, principal, offer_id, key)


@post("/api/offers/{offer_id:uuid}/resume", guards=[MANAGE], tags=TAGS, status_code=200, responses=changed)
async def resume_offer(
    offer_id: UUID, principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """Give it again."""
    return await service.resume(ctx, principal, offer_id, key)


@post("/api/offers/{offer_id:uuid}/end", guards=[MANAGE], tags=TAGS, status_code=200, responses=changed)
async def end_offer(
    offer_id: UUID, principal: Principal, ctx: Context, key: IdempotencyKey
) -> Response[bytes]:
    """End it for good."""
    return await service.end(ctx, principal, offer_id, key)


ROUTES = (list_offers, make_offer, change_offer, pause_offer, resume_offer, end_offer)
