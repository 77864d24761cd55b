"""Placing orders: priced from the menu in memory, written by one call, answered once per key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Response

from rasoi.menu.api import MenuSnapshot
from rasoi.menu.api import snapshot as menu_snapshot
from rasoi.orders import repository as db
from rasoi.orders import schemas, views
from rasoi.orders.batcher import PlacementBatcher
from rasoi.orders.domain import BillFull, TooManyOrders, TooMuchHeld, needs_word, payment_of
from rasoi.orders.giving_way import give_way
from rasoi.orders.held import HeldByOutlet
from rasoi.orders.metrics import PLACEMENTS
from rasoi.orders.offering import price_with_offers
from rasoi.orders.placement import Placement, build
from rasoi.orders.pricing import rounded
from rasoi.orders.seating_repository import session_state
from rasoi.orders.service import UnknownBill, readable_bill
from rasoi.orders.sessions import MAY_ORDER, refusal, require_seated
from rasoi.orders.tables import UnknownTable, network_tag
from rasoi.platform import tracing
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.idempotency import IdempotencyKey, KeyReused, Stored, claim
from rasoi.platform.problems import Busy, Conflict, Problem, Unprocessable
from rasoi.staff.api import Outlet, OutletClosed, invalidate_outlet, require_open
from rasoi.staff.api import outlet as read_outlet

MOST_TRIES = 16  # of one order, where others' unpaid ones give way to it one by one


class PriceChanged(Conflict):
    slug, title = "price-changed", "The price has changed"


class SoldOut(Conflict):
    slug, title = "sold-out", "Sold out"


class Snapshots(HeldByOutlet[tuple[Outlet, MenuSnapshot]]):
    """The outlets' settings and menus."""

    async def read(self, ctx: Context, outlet_id: int) -> tuple[Outlet, MenuSnapshot]:
        return await read_outlet(ctx.db, outlet_id), await menu_snapshot(ctx.db, outlet_id)


async def _open_outlet(ctx: Context, outlet_id: int) -> tuple[Outlet, MenuSnapshot]:
    """The settings and the menu of an outlet that takes orders. Raises OutletClosed."""
    known = await ctx.get(Snapshots).of(ctx, outlet_id)
    if known[0].closed_at is None:
        return known
    require_open(await read_outlet(ctx.db, outlet_id))
    ctx.get(Snapshots).drop(outlet_id)
    return await ctx.get(Snapshots).of(ctx, outlet_id)


async def quote(ctx: Context, principal: Principal, request: schemas.QuoteRequest) -> schemas.Quote:
    """What the cart would cost, with every tax line."""
    await require_seated(ctx.db, principal)
    outlet, menu = await _open_outlet(ctx, principal.outlet_id)
    priced = await price_with_offers(ctx, outlet, menu, request.lines, request.type)
    previous = 0
    bill_id = request.bill_id
    by_guest = principal.role == "guest"
    confirmed_by_waiter = needs_word(outlet, request.type, by_guest, priced.lines, priced.total_paise)
    if bill_id is not None and payment_of(outlet, request.type, by_guest) == "pay_later":
        read = await readable_bill(ctx, principal, bill_id)
        previous = read.bill.net_paise
    net = previous + priced.total_paise
    bill = schemas.QuotedBill(previous, rounded(net) - net, rounded(net))
    return schemas.Quote(
        views.lines_of(priced, by_guest=True), views.totals_of(priced), bill, confirmed_by_waiter
    )


async def place(
    ctx: Context,
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    address: str | None = None,
) -> Response[bytes]:
    """Place an order, from the guest's `address`. What was placed with this key before is answered again, whatever has
    changed since: the key is looked up before anything is refused, and for what is placed by the placing itself."""
    try:
        return await _place(ctx, principal, request, key, address)
    except Problem as refusal:
        async with ctx.db.transaction("orders") as tx:
            stored = await claim(tx, principal, key)
        if stored is None:
            if isinstance(refusal, PriceChanged):
                PLACEMENTS.labels("price_changed").inc()
            raise
        PLACEMENTS.labels("replayed").inc()
        return stored.response()


async def _place(
    ctx: Context,
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    address: str | None,
) -> Response[bytes]:
    """A stale snapshot of menu or settings is reloaded and tried once more, and so is what others held unpaid."""
    table_id = await _table_of(ctx, principal, request)
    tag = network_tag(ctx.settings.network_key, address) if address else None
    stale = 0
    for _ in range(MOST_TRIES):
        outcome, body, placement = await _try_place(ctx, principal, request, key, table_id, tag)
        if outcome == "placed":
            return Response(body, status_code=201, media_type="application/json")
        if outcome == "replayed":
            return Stored(201, body).response()
        if outcome == "sold_out":
            lacking = msgspec.json.decode(body)
            if not await give_way(ctx, placement, lacking):
                raise sold_out(lacking, (await ctx.get(Snapshots).of(ctx, principal.outlet_id))[1])
        elif outcome != "stale":
            raise await _refusal(ctx, principal, outcome)
        else:
            ctx.get(Snapshots).drop(principal.outlet_id)
            invalidate_outlet(ctx.db, principal.outlet_id, 0)
            stale += 1
            if stale == 2:
                break
    raise Busy("The menu or the settings are being changed; please try again.")


async def _refusal(ctx: Context, principal: Principal, outcome: str) -> Problem:
    """Why orders.place_all did not place it."""
    if outcome == "reused":
        return KeyReused("The same key came with another body; use a new key for a new request.")
    if outcome == "no_table":
        return UnknownTable("This table is not in use.")
    if outcome == "unseated":
        return await _unseated(ctx, principal)
    if outcome == "full":
        return BillFull(
            "So many orders are open here that no more can be added. Once they are paid, you can order again."
        )
    if outcome == "held":
        return TooMuchHeld(
            "Too much is kept for you unpaid already. Please pay for that first, or ask a waiter."
        )
    if outcome == "too_many":
        return TooManyOrders("Please wait until some of them are made, or ask a waiter: they order for you.")
    return unknown_bill()


async def _table_of(ctx: Context, principal: Principal, request: schemas.PlaceRequest) -> UUID | None:
    """Where the order is for: a guest's own table, or the one that staff name, by itself or by its bill."""
    if request.type == "takeaway":
        if request.table_id:
            raise Unprocessable("A takeaway order has no table.")
        return None
    table_id = principal.table_id if principal.role == "guest" else request.table_id
    if principal.role == "guest" and request.table_id not in (None, principal.table_id):
        raise UnknownTable("This is not your table.")
    if table_id is None and request.bill_id is not None:
        table_id = await db.table_of_bill(ctx.db, principal.outlet_id, request.bill_id)
        if table_id is None:
            raise unknown_bill()
    if table_id is None:
        raise Unprocessable("An order to eat here needs a table: scan the QR code, or choose a table.")
    return table_id


def unknown_bill() -> UnknownBill:
    return UnknownBill("That bill is closed, paid beforehand or not yours; start a new one.")


async def _unseated(ctx: Context, principal: Principal) -> Problem:
    """Why the guest may not order; who was let in just now may try again."""
    state = await session_state(ctx.db, principal.outlet_id, principal.session_id)
    return Busy("Please try again.") if state in MAY_ORDER else refusal(state)


@tracing.spanned("place order")
async def _try_place(
    ctx: Context,
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    table_id: UUID | None,
    network: bytes | None,
) -> tuple[str, bytes, Placement]:
    outlet, menu = await _open_outlet(ctx, principal.outlet_id)
    priced = await price_with_offers(ctx, outlet, menu, request.lines, request.type)
    if priced.total_paise != request.expected_total_paise:
        raise PriceChanged(
            "The price is not what you saw; please look at the new total.", total_paise=priced.total_paise
        )
    placement = build(principal, request, key, table_id, outlet, menu.version, priced, network)
    try:
        outcome, body = await ctx.get(PlacementBatcher).place(placement)
    except asyncpg.ObjectNotInPrerequisiteStateError:
        raise OutletClosed("The restaurant has closed, and takes no orders.") from None
    PLACEMENTS.labels(outcome).inc()
    return outcome, body, placement


def sold_out(found: list[dict[str, Any]], menu: MenuSnapshot) -> SoldOut:
    """The refusal in words, whether the menu named items (86) or the stock its sources (too few portions)."""
    items, names = [], []
    for each in found:
        source = UUID(each["source_id"]) if "source_id" in each else None
        variant = menu.variants.get(source) if source else None
        modifier = menu.modifiers.get(source) if source else None
        name = variant.name if variant else modifier.name if modifier else each.get("name", "something")
        left = each.get("available", 0)
        item_id = str(variant.item_id) if variant else each.get("item_id")
        items.append({"item_id": item_id, "name": name, "available": left})
        names.append(f"{name} (only {left} left)" if left else name)
    return SoldOut(f"Just sold out: {', '.join(names)}.", items=items)
