"""Use-cases of bills and orders. Each opens one transaction, applies the rules, and commits state with its events."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from uuid_utils.compat import uuid7

from rasoi.contracts import orders as contracts
from rasoi.menu.api import MenuSnapshot
from rasoi.menu.api import snapshot as menu_snapshot
from rasoi.orders import repository as db
from rasoi.orders import schemas, views
from rasoi.orders.domain import AT_KITCHEN, Bill, IllegalChange, OrderRow, invoice_series
from rasoi.orders.pricing import CartLine, PricedOrder, price, rounded
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.idempotency import IdempotencyKey, KeyReused, Stored
from rasoi.platform.problems import Busy, Conflict, NotFound, Unprocessable
from rasoi.staff.api import Outlet, audit
from rasoi.staff.api import outlet as read_outlet

SESSION_S = 12 * 3600


class PriceChanged(Conflict):
    slug, title = "price-changed", "The price has changed"


class SoldOut(Conflict):
    slug, title = "sold-out", "Sold out"


class UnknownBill(NotFound):
    slug, title = "unknown-bill", "There is no such open bill"


class UnknownOrder(NotFound):
    slug, title = "unknown-order", "There is no such order"


class UnknownTable(NotFound):
    slug, title = "unknown-table", "There is no such table"


class Snapshots:
    """The outlets' menus and settings, held in memory and dropped when they change."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Outlet, MenuSnapshot]] = {}

    async def of(self, ctx: Context, outlet_id: int) -> tuple[Outlet, MenuSnapshot]:
        kept = self._kept.get(outlet_id)
        if kept is None:
            kept = (await read_outlet(ctx.db, outlet_id), await menu_snapshot(ctx.db, outlet_id))
            self._kept[outlet_id] = kept
        return kept

    def drop(self, outlet_id: int) -> None:
        self._kept.pop(outlet_id, None)


def qr_code(secret: str, outlet_id: int, table_id: UUID, generation: int) -> str:
    """The opaque code in a table's QR: can't be guessed, and is revoked by the next generation."""
    mac = hmac.digest(secret.encode(), f"table|{outlet_id}|{table_id}|{generation}".encode(), "sha256")
    return b32encode(mac[:15]).decode().lower()


def qr_hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def table_url(ctx: Context, outlet_id: int, table_id: UUID, generation: int) -> str:
    """What the QR at a table says."""
    return (
        f"{ctx.settings.url}/order?table={qr_code(ctx.settings.secret_key, outlet_id, table_id, generation)}"
    )


def cart_of(lines: Sequence[schemas.LineRequest]) -> list[CartLine]:
    return [
        CartLine(
            variant_id=x.variant_id, quantity=x.quantity, modifiers=x.modifiers, note=x.note, course=x.course
        )
        for x in lines
    ]


async def quote(ctx: Context, principal: Principal, request: schemas.QuoteRequest) -> schemas.Quote:
    """What the cart would cost, with every tax line."""
    outlet, menu = await ctx.get(Snapshots).of(ctx, principal.outlet_id)
    priced = price(cart_of(request.lines), menu, taxed=outlet.gst_regime == "regular")
    previous = 0
    bill_id = request.bill_id
    if bill_id is not None:
        read = await readable_bill(ctx, principal, bill_id)
        previous = read.bill.net_paise
    net = previous + priced.total_paise
    bill = schemas.QuotedBill(previous, rounded(net) - net, rounded(net))
    return schemas.Quote([views.quoted_line(line) for line in priced.lines], views.totals_of(priced), bill)


async def place(
    ctx: Context, principal: Principal, request: schemas.PlaceRequest, key: IdempotencyKey
) -> Response[bytes]:
    """Place an order. A stale snapshot of the menu is reloaded and tried once more."""
    table = await _table_of(ctx, principal, request)
    for _ in range(2):
        outcome, body = await _try_place(ctx, principal, request, key, table)
        if outcome == "placed":
            return Response(body.encode(), status_code=201, media_type="application/json")
        if outcome == "replayed":
            return Stored(201, body.encode()).response()
        if outcome == "reused":
            raise KeyReused("The same key came with another body; use a new key for a new request.")
        if outcome == "no_bill":
            raise UnknownBill("That bill is closed or not yours; start a new one.")
        ctx.get(Snapshots).drop(principal.outlet_id)
    raise Busy("The menu is being changed; please try again.")


async def _table_of(
    ctx: Context, principal: Principal, request: schemas.PlaceRequest
) -> tuple[UUID | None, str | None]:
    """Where the order is for: a guest's own table, or the one that staff names."""
    if request.type == "takeaway":
        if request.table_id:
            raise Unprocessable("A takeaway order has no table.")
        return None, None
    table_id = principal.table_id if principal.role == "guest" else request.table_id
    if principal.role == "guest" and request.table_id not in (None, principal.table_id):
        raise UnknownTable("This is not your table.")
    if table_id is None:
        if request.bill_id:
            return None, None
        raise Unprocessable("An order to eat here needs a table: scan the QR code, or choose a table.")
    found = await db.table(ctx.db, principal.outlet_id, table_id)
    if found is None:
        raise UnknownTable("This table is not in use.")
    return table_id, found["name"]


async def _try_place(
    ctx: Context,
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    table: tuple[UUID | None, str | None],
) -> tuple[str, str]:
    outlet, menu = await ctx.get(Snapshots).of(ctx, principal.outlet_id)
    priced = price(cart_of(request.lines), menu, taxed=outlet.gst_regime == "regular")
    if priced.total_paise != request.expected_total_paise:
        await _replay_or_refuse(ctx, principal, key, priced)
    sources, item_ids, modifier_ids = _sources(priced)
    order = views.order_to_place(
        ctx, principal, request, key.value, key.route, table, outlet, menu.version, priced
    )
    outcome, body = await db.place(ctx.db, order, key.body_hash, sources, item_ids, modifier_ids)
    if outcome == "sold_out":
        raise sold_out(msgspec.json.decode(body), menu)
    return outcome, body


async def _replay_or_refuse(
    ctx: Context, principal: Principal, key: IdempotencyKey, priced: PricedOrder
) -> None:
    """Another price than the guest saw; but an order placed before the change is still answered as it was."""
    sql = "SELECT true FROM orders.idempotency WHERE (outlet_id, principal, route, key) = ($1, $2, $3, $4)"
    if await ctx.db.fetchval(sql, principal.outlet_id, principal.key, key.route, key.value):
        return
    raise PriceChanged(
        "The price is not what you saw; please look at the new total.", total_paise=priced.total_paise
    )


def _sources(priced: PricedOrder) -> tuple[list[tuple[UUID, UUID, int]], list[UUID], list[UUID]]:
    """What stock is drawn by (line, variant or modifier, quantity), and what must be available."""
    lines = sorted(priced.lines, key=lambda line: line.item_id)
    sources = [
        (line.id, source, line.quantity)
        for line in lines
        for source in (line.variant_id, *(m.id for m in line.modifiers))
    ]
    modifiers = sorted({m.id for line in lines for m in line.modifiers})
    return sources, sorted({line.item_id for line in lines}), modifiers


def sold_out(found: list[dict[str, Any]], menu: MenuSnapshot) -> SoldOut:
    """The refusal in words, whether the menu named items (86) or the stock its sources (too few portions)."""
    items, said = [], []
    for each in found:
        source = UUID(each["source_id"]) if "source_id" in each else None
        variant = menu.variants.get(source) if source else None
        modifier = menu.modifiers.get(source) if source else None
        name = variant.name if variant else modifier.name if modifier else each.get("name", "something")
        left = each.get("available", 0)
        item_id = str(variant.item_id) if variant else each.get("item_id")
        items.append({"item_id": item_id, "name": name, "available": left})
        said.append(f"{name} (only {left} left)" if left else name)
    return SoldOut(f"Just sold out: {', '.join(said)}.", items=items)


@asynccontextmanager
async def changing(
    ctx: Context,
    outlet_id: int,
    bill_id: UUID | None = None,
    *,
    order_id: UUID | None = None,
    tx: Tx | None = None,
) -> AsyncIterator[tuple[Tx, Bill]]:
    """Lock a bill, named by itself or by an order on it, let the caller change it, then write rows and events."""
    if tx is None:
        async with ctx.db.transaction("orders") as own:
            async with changing(ctx, outlet_id, bill_id, order_id=order_id, tx=own) as both:
                yield both
        return
    bill = await load(tx, outlet_id, bill_id, order_id=order_id)
    yield tx, bill
    await settle(tx, bill)


async def load(tx: Any, outlet_id: int, bill_id: UUID | None = None, *, order_id: UUID | None = None) -> Bill:
    """The bill, locked until the transaction ends."""
    read = await db.read_bill(tx, outlet_id, bill_id, order_id=order_id, lock=True)
    if read is None:
        raise UnknownOrder() if order_id else UnknownBill()
    return Bill(read.bill, read.orders, read.now)


async def settle(tx: Any, bill: Bill) -> None:
    """Close or void what has come to its end, and write everything that changed."""
    number = None
    if bill.row.status == "open" and bill.settled:
        series = invoice_series(bill.row.business_day, bill.row.outlet_id)
        number = f"{series}/{await db.next_invoice(tx, bill.row.outlet_id, series):06d}"
    bill.finish(number)
    if bill.changes:
        await db.save_bill(tx, bill)


async def readable_bill(ctx: Context, principal: Principal, bill_id: UUID) -> db.BillRead:
    """A bill of the caller's outlet; a guest's own only. Anything else does not exist for them."""
    return _readable(principal, await db.read_bill(ctx.db, principal.outlet_id, bill_id), UnknownBill())


async def readable_order(ctx: Context, principal: Principal, order_id: UUID) -> tuple[db.BillRead, OrderRow]:
    """An order with its bill, under the same rule."""
    found = await db.read_bill(ctx.db, principal.outlet_id, order_id=order_id)
    read = _readable(principal, found, UnknownOrder())
    return read, next(order for order in read.orders if order.id == order_id)


def _readable(principal: Principal, read: db.BillRead | None, unknown: NotFound) -> db.BillRead:
    if read is None or (principal.role == "guest" and principal.session_id not in read.bill.session_ids):
        raise unknown
    return read


async def cancel(
    ctx: Context, principal: Principal, order_id: UUID, reason: str | None
) -> tuple[int, schemas.Order]:
    """Cancel at once while nothing is made of it; afterwards ask the kitchen (202)."""
    read, _ = await readable_order(ctx, principal, order_id)
    async with changing(ctx, principal.outlet_id, read.bill.id) as (tx, bill):
        order = bill.order(order_id)
        if order.status in AT_KITCHEN - {"served"}:
            status = 202
            if not order.cancel_requested:
                order.cancel_requested, order.reason = True, reason
                bill.tell(order, contracts.OrderCancelRequested)
        else:
            status = 200
            bill.kill(order, "cancelled", reason or f"by {principal.role}")
            await db.release_stock(tx, principal.outlet_id, order_id)
            _tell_if_overpaid(bill)
        if principal.kind == "staff":
            await audit(
                tx, principal, "order.cancel", str(order_id), {"reason": reason, "number": order.number}
            )
    return status, await _view(ctx, principal, order_id)


async def approve(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    """A waiter lets a table's first order through."""
    async with changing(ctx, principal.outlet_id, order_id=order_id) as (_, bill):
        order = bill.order(order_id)
        if order.payment == "prepaid" and bill.row.due_paise:
            bill.move(order, "awaiting_payment", event=contracts.OrderProgressed)
        elif order.status != "placed":
            raise IllegalChange("This order does not wait for approval.")
        else:
            bill.move(order, "confirmed", event=contracts.OrderConfirmed)
    return await _view(ctx, principal, order_id)


async def reject(ctx: Context, principal: Principal, order_id: UUID, reason: str | None) -> schemas.Order:
    """A waiter turns it down."""
    async with changing(ctx, principal.outlet_id, order_id=order_id) as (tx, bill):
        bill.kill(bill.order(order_id), "rejected", reason)
        await db.release_stock(tx, principal.outlet_id, order_id)
        _tell_if_overpaid(bill)
        await audit(tx, principal, "order.reject", str(order_id), {"reason": reason})
    return await _view(ctx, principal, order_id)


async def call_waiter(
    ctx: Context, principal: Principal, bill_id: UUID, reason: str | None
) -> schemas.BillView:
    """Guests want a waiter; `reason` None clears it."""
    await readable_bill(ctx, principal, bill_id)
    async with changing(ctx, principal.outlet_id, bill_id) as (_, bill):
        if bill.row.status != "open":
            raise IllegalChange("This bill is closed.")
        if bill.row.attention != reason:
            bill.row.attention = reason
            bill.row.attention_since = bill.now if reason else None
            bill.tell_bill()
    return await bill_view(ctx, principal, bill_id)


async def expire_unapproved(ctx: Context) -> None:
    """Orders that nobody approved in time free their stock."""
    for outlet_id, bill_id, order_id in await db.overdue(ctx.db):
        async with changing(ctx, outlet_id, bill_id) as (tx, bill):
            if bill.order(order_id).status == "placed":
                bill.kill(bill.order(order_id), "expired", "not approved in time")
                await db.release_stock(tx, outlet_id, order_id)
                _tell_if_overpaid(bill)


def _tell_if_overpaid(bill: Bill) -> None:
    if bill.row.payment_status == "overpaid":
        bill.tell_bill()


async def _view(ctx: Context, principal: Principal, order_id: UUID) -> schemas.Order:
    read, order = await readable_order(ctx, principal, order_id)
    return views.order_view(order, read.bill)


async def bill_view(ctx: Context, principal: Principal, bill_id: UUID) -> schemas.BillView:
    """The bill as its guests and the staff read it."""
    read = await readable_bill(ctx, principal, bill_id)
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    return views.bill_view(read.bill, read.orders, outlet)


async def rotate_table_code(ctx: Context, principal: Principal, table_id: UUID) -> schemas.TableCode:
    """A new QR code for a table; the old one stops working."""
    async with ctx.db.transaction("orders") as tx:
        row = await db.table(tx, principal.outlet_id, table_id)
        if row is None:
            raise UnknownTable()
        generation = row["qr_generation"] + 1
        code = qr_code(ctx.settings.secret_key, principal.outlet_id, table_id, generation)
        await db.set_qr(tx, principal.outlet_id, table_id, generation, qr_hash(code))
        await audit(tx, principal, "table.new_code", str(table_id), {"table": row["name"]})
    return schemas.TableCode(row["name"], table_url(ctx, principal.outlet_id, table_id, generation))


async def ensure_tables(ctx: Context, outlet_id: int, wanted: Sequence[tuple[str, str, str, int]]) -> None:
    """Add or change tables, given as (code, name, area, seats); new ones get their QR."""
    async with ctx.db.transaction("orders") as tx:
        for sort, (code, name, area, seats) in enumerate(wanted):
            table_id, generation = await db.save_table(tx, outlet_id, code, name, area, seats, sort)
            opaque = qr_code(ctx.settings.secret_key, outlet_id, table_id, generation)
            await db.set_qr(tx, outlet_id, table_id, generation, qr_hash(opaque))


def new_guest(outlet_id: int, table_id: UUID | None) -> Principal:
    session = uuid7()
    return Principal(
        kind="guest", id=session, outlet_id=outlet_id, role="guest", session_id=session, table_id=table_id
    )
