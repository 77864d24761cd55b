"""From rows to wire shapes, and from a priced cart to what orders.place_all writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import TaxState
from rasoi.orders import schemas
from rasoi.orders.domain import TERMINATED, BillRow, LineRow, OrderRow
from rasoi.orders.pricing import PricedLine, PricedOrder, Tax, sum_taxes
from rasoi.orders.repository import Placement
from rasoi.platform.auth import Principal
from rasoi.platform.events import correlation_id, traceparent
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.staff.api import Outlet

LINE_FIELDS = tuple(f for f in schemas.Line.__struct_fields__ if f != "status")


def _taxes(taxes: Any) -> list[TaxState]:
    return [TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=tax.paise) for tax in taxes]


def quoted_line(line: PricedLine) -> schemas.Line:
    """A line that is priced and not yet ordered."""
    return msgspec.convert({f: getattr(line, f) for f in LINE_FIELDS}, schemas.Line, from_attributes=True)


def line_view(line: LineRow) -> schemas.Line:
    return schemas.Line(status=line.status, **{f: getattr(line, f) for f in LINE_FIELDS})


def totals_of(order: PricedOrder | OrderRow) -> schemas.Totals:
    """The sums of an order, placed or only priced."""
    return schemas.Totals(
        order.subtotal_paise,
        order.discount_paise,
        order.taxable_paise,
        _taxes(order.taxes),
        order.total_paise,
    )


def order_view(order: OrderRow, bill: BillRow) -> schemas.Order:
    """An order as guests and staff read it."""
    same = (
        "id number token bill_id outlet_id type status customer_name note business_day placed_at confirmed_at ready_at served_at "
        "completed_at payment expires_at cancel_requested reason version"
    ).split()
    return schemas.Order(
        **{f: getattr(order, f) for f in same},
        table=schemas.NamedTable(order.table_id, order.table_name or "") if order.table_id else None,
        payment_status=bill.payment_status,
        lines=[line_view(line) for line in order.lines],
        totals=totals_of(order),
        progress=[schemas.TicketProgress(p.station, p.ticket_id, p.state) for p in order.progress],
    )


def bill_view(bill: BillRow, orders: list[OrderRow], outlet: Outlet) -> schemas.BillView:
    """A bill with its orders, its taxes added up and its one round-off."""
    owed = [order for order in orders if order.status not in TERMINATED]
    taxes = sum_taxes(Tax(t.name, t.rate_bp, t.paise) for order in owed for t in order.taxes)
    taxable = sum(order.taxable_paise for order in owed)
    attention = (
        schemas.Attention(bill.attention, bill.attention_since)
        if bill.attention and bill.attention_since
        else None
    )
    same = (
        "id type status business_day paid_paise refunded_paise due_paise payment_status "
        "invoice_number opened_at closed_at version"
    ).split()
    return schemas.BillView(
        **{f: getattr(bill, f) for f in same},
        table=schemas.NamedTable(bill.table_id, bill.table_name or "") if bill.table_id else None,
        orders=[order_view(order, bill) for order in orders],
        totals=schemas.BillTotals(
            taxable, _taxes(taxes), bill.total_paise - bill.net_paise, bill.total_paise
        ),
        seller=schemas.Seller(outlet.name, outlet.legal_name, outlet.gstin, outlet.fssai, outlet.address),
        attention=attention,
    )


def table_view(row: Any) -> schemas.Table:
    """A table of the floor plan: what happens there, and who waits."""
    bill = None
    if row["bill_id"]:
        held = row["paid_paise"] - row["refunded_paise"]
        due = max(0, row["total_paise"] - held)
        status = "unpaid" if held == 0 else "partly_paid" if due else "paid"
        bill = schemas.TableBill(row["bill_id"], row["total_paise"], due, status, row["opened_at"])
    attention = schemas.Attention(row["attention"], row["attention_since"]) if row["attention"] else None
    waiting = attention is not None or row["to_approve"] > 0
    return schemas.Table(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        area=row["area"],
        seats=row["seats"],
        state="attention" if waiting else "occupied" if bill or row["live"] else "free",
        bill=bill,
        attention=attention,
        to_approve=row["to_approve"],
        ready=row["ready"],
    )


def placement(
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    table: tuple[UUID | None, str | None],
    outlet: Outlet,
    menu_version: int,
    priced: PricedOrder,
) -> Placement:
    """What orders.place_all writes, with the answer and the event but for what only the database knows."""
    order_id, outlet_id = uuid7(), principal.outlet_id
    payment = outlet.takeaway_payment if request.type == "takeaway" else outlet.dine_in_payment
    if principal.role != "guest":
        payment = "pay_later" if request.type == "dine_in" else payment
    session = principal.session_id if principal.role == "guest" else None
    approve = outlet.approve_first_order and principal.role == "guest" and request.type == "dine_in"
    taxes = _text(priced.taxes)
    row = (
        outlet_id, order_id, request.bill_id, uuid7(), uuid7(), session, principal.key, key.route, key.value, key.body_hash,
        correlation_id.get(), traceparent.get(), outlet.version, menu_version, request.type, *table,
        request.customer_name, request.note, payment, approve, outlet.payment_timeout_s, priced.subtotal_paise,
        priced.discount_paise, priced.taxable_paise, taxes, priced.total_paise, request.held_courses,
        _answer(order_id, outlet_id, request, payment, priced),
        _event(order_id, session, request, payment, priced),
    )  # fmt: skip
    scope = (outlet_id, principal.key, key.route, key.value)
    sources, item_ids, modifier_ids = _sources(priced)
    lines = [_line_row(outlet_id, order_id, line) for line in priced.lines]
    table_of = (outlet_id, table[0] or order_id)
    return Placement(row, lines, sources, menu_version, item_ids, modifier_ids, scope, table_of)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _answer(
    order_id: UUID, outlet_id: int, request: schemas.PlaceRequest, payment: str, priced: PricedOrder
) -> str:
    """schemas.Order without what the database puts before it."""
    return _text(
        {
            "id": order_id, "outlet_id": outlet_id, "type": request.type, "customer_name": request.customer_name,
            "note": request.note, "ready_at": None, "served_at": None, "completed_at": None, "payment": payment,
            "cancel_requested": False, "reason": None, "lines": [_answer_line(line) for line in priced.lines],
            "totals": totals_of(priced), "progress": [], "version": 1,
        }
    )[1:]  # fmt: skip


def _event(
    order_id: UUID, session: UUID | None, request: schemas.PlaceRequest, payment: str, priced: PricedOrder
) -> str:
    """contracts.OrderPlaced without what the database puts before it."""
    return _text(
        {
            "order_id": order_id, "session_id": session, "type": request.type, "note": request.note, "payment": payment,
            "total_paise": priced.total_paise, "held_courses": request.held_courses, "cancel_requested": False,
            "reason": None, "lines": [_event_line(line) for line in priced.lines],
        }
    )[1:]  # fmt: skip


def _answer_line(x: PricedLine) -> dict[str, Any]:
    """schemas.Line; written out, since placing is the hottest path."""
    return {
        "id": x.id, "item_id": x.item_id, "variant_id": x.variant_id, "name": x.name, "variant": x.variant,
        "quantity": x.quantity, "modifiers": x.modifiers, "note": x.note, "course": x.course, "station": x.station,
        "unit_price_paise": x.unit_price_paise, "taxable_paise": x.taxable_paise, "taxes": x.taxes,
        "total_paise": x.total_paise, "status": "active",
    }  # fmt: skip


def _event_line(x: PricedLine) -> dict[str, Any]:
    """contracts.LineState."""
    return {
        "id": x.id, "item_id": x.item_id, "variant_id": x.variant_id, "name": x.name, "variant": x.variant,
        "quantity": x.quantity, "modifiers": x.modifiers, "allergens": x.allergens, "note": x.note, "course": x.course,
        "station": x.station, "unit_price_paise": x.unit_price_paise, "taxable_paise": x.taxable_paise,
        "total_paise": x.total_paise, "status": "active",
    }  # fmt: skip


def _line_row(outlet_id: int, order_id: UUID, x: PricedLine) -> tuple[Any, ...]:
    """orders.placement_line but for its first field."""
    return (
        outlet_id, order_id, x.id, x.position, x.item_id, x.variant_id, x.name, x.variant, x.quantity, _text(x.modifiers),
        x.allergens, x.note, x.course, x.station, x.unit_price_paise, x.discount_paise, x.taxable_paise, x.tax_class,
        x.tax_version, _text(x.taxes), x.total_paise,
    )  # fmt: skip


def _sources(priced: PricedOrder) -> tuple[list[tuple[UUID, UUID, int]], list[UUID], list[UUID]]:
    """What stock is drawn by (line, variant or modifier, quantity), and what must be available."""
    sources = [
        (line.id, source, line.quantity)
        for line in priced.lines
        for source in (line.variant_id, *(m.id for m in line.modifiers))
    ]
    modifiers = list({m.id for line in priced.lines for m in line.modifiers})
    return sources, list({line.item_id for line in priced.lines}), modifiers
