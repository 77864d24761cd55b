"""From rows to wire shapes, and from a priced cart to what orders.place writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import LineState, TaxState
from rasoi.orders import schemas
from rasoi.orders.domain import DEAD, BillRow, LineRow, OrderRow
from rasoi.orders.pricing import PricedLine, PricedOrder, Tax, sum_taxes
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.events import correlation_id, traceparent
from rasoi.staff.api import Outlet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # stands where the database will write its own time
LINE_FIELDS = tuple(f for f in schemas.Line.__struct_fields__ if f != "status")
EVENT_LINE_FIELDS = tuple(f for f in LineState.__struct_fields__ if f != "status")


def _taxes(taxes: Any) -> list[TaxState]:
    return [TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=tax.paise) for tax in taxes]


def quoted_line(line: PricedLine) -> schemas.Line:
    """A line that is priced and not yet ordered."""
    return msgspec.convert({f: getattr(line, f) for f in LINE_FIELDS}, schemas.Line, from_attributes=True)


def event_line(line: PricedLine) -> dict[str, Any]:
    """A line as order events carry it."""
    return {f: getattr(line, f) for f in EVENT_LINE_FIELDS}


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
    owed = [order for order in orders if order.status not in DEAD]
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


def order_to_place(
    ctx: Context,
    principal: Principal,
    request: schemas.PlaceRequest,
    key: str,
    route: str,
    table: tuple[UUID | None, str | None],
    outlet: Outlet,
    menu_version: int,
    priced: PricedOrder,
) -> msgspec.Raw:
    """The argument of orders.place, with the answer and the event but for what only the database knows."""
    order_id = uuid7()
    payment = outlet.takeaway_payment if request.type == "takeaway" else outlet.dine_in_payment
    if principal.role != "guest":
        payment = "pay_later" if request.type == "dine_in" else payment
    session = principal.session_id if principal.role == "guest" else None
    answer = schemas.Order(
        id=order_id, number=0, token=None, bill_id=order_id, outlet_id=principal.outlet_id, type=request.type, status="",
        table=schemas.NamedTable(table[0], table[1] or "") if table[0] else None,
        customer_name=request.customer_name, note=request.note, business_day=EPOCH.date(), placed_at=EPOCH, confirmed_at=None,
        ready_at=None, served_at=None, completed_at=None, payment=payment, payment_status="unpaid", expires_at=None,
        cancel_requested=False, reason=None, lines=[quoted_line(line) for line in priced.lines], totals=totals_of(priced),
        progress=[], version=1,
    )  # fmt: skip
    event = {
        "order_id": order_id, "session_id": session, "type": request.type, "table_id": table[0], "table": table[1],
        "note": request.note, "payment": payment, "total_paise": priced.total_paise, "held_courses": request.held_courses,
        "cancel_requested": False, "reason": None, "lines": [event_line(line) for line in priced.lines],
    }  # fmt: skip
    return msgspec.Raw(
        msgspec.json.encode(
            {
                "outlet_id": principal.outlet_id, "order_id": order_id, "principal": principal.key, "route": route, "key": key,
                "menu_version": menu_version, "type": request.type, "bill_id": request.bill_id, "table_id": table[0],
                "table_name": table[1], "session_id": session, "customer_name": request.customer_name, "note": request.note,
                "approve": outlet.approve_first_order and principal.role == "guest" and request.type == "dine_in",
                "payment": payment, "timeout_s": outlet.payment_timeout_s, "subtotal_paise": priced.subtotal_paise,
                "discount_paise": priced.discount_paise, "taxable_paise": priced.taxable_paise, "taxes": priced.taxes,
                "total_paise": priced.total_paise, "held_courses": request.held_courses, "lines": priced.lines,
                "correlation_id": correlation_id.get(), "traceparent": traceparent.get(), "answer": answer, "event": event,
            }
        )
    )  # fmt: skip
