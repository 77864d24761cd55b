"""From rows to wire shapes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from rasoi.orders import document_schemas, schemas
from rasoi.orders.domain import counter_order, late_due
from rasoi.orders.pricing import PricedOrder, sum_taxes
from rasoi.orders.rows import BillRow, DiscountRow, OrderRow, SittingRow, VoidRow
from rasoi.orders.seating_repository import SessionRow
from rasoi.orders.states import TERMINATED
from rasoi.staff.api import Outlet

NAMED_FROM_PAISE = 50_000_00


def lines_of(order: PricedOrder | OrderRow, *, by_guest: bool) -> list[schemas.Line]:
    """The lines of an order, placed or only priced."""
    if not any(line.discounts for line in order.lines):
        return msgspec.convert(order.lines, list[schemas.Line], from_attributes=True)
    bare = [replace(line, discounts=()) for line in order.lines]
    lines = msgspec.convert(bare, list[schemas.Line], from_attributes=True)
    return [
        replace(line, discounts=[_discount(each, by_guest) for each in row.discounts])
        for line, row in zip(lines, order.lines, strict=True)
    ]


def _discount(row: DiscountRow, by_guest: bool) -> schemas.Discount:
    told = schemas.Discount(id=row.id, kind=row.kind, name=row.name, paise=row.paise)
    if by_guest:
        return told
    return replace(
        told, reason=row.reason, note=row.note, by=row.by_name, approved_by=row.approved_by, at=row.at
    )


def totals_of(order: PricedOrder | OrderRow) -> schemas.Totals:
    """The sums of an order, placed or only priced."""
    return msgspec.convert(order, schemas.Totals, from_attributes=True)


def order_view(order: OrderRow, bill: BillRow, *, by_guest: bool) -> schemas.Order:
    """An order as guests and staff read it."""
    return schemas.Order(
        **_same(order, schemas.OrderFacts),
        table=_named_table(order),
        payment_status=bill.payment_status,
        lines=lines_of(order, by_guest=by_guest),
        voids=[_void(void, by_guest) for void in order.voids],
        totals=totals_of(order),
        progress=msgspec.convert(order.progress, list[schemas.TicketProgress], from_attributes=True),
    )


def _void(void: VoidRow, by_guest: bool) -> schemas.Void:
    return schemas.Void(
        id=void.id,
        line_id=void.line_id,
        quantity=void.quantity,
        reason=void.reason,
        note=None if by_guest else void.note,
        by=None if by_guest else void.by_name,
        begun=void.begun,
        at=void.at,
        taxable_paise=void.taxable_paise,
        taxes=void.taxes,
        total_paise=void.total_paise,
    )


def listed_order(
    order: OrderRow, bill: BillRow, missing: list[schemas.Missing], *, by_guest: bool
) -> schemas.ListedOrder:
    """The same in a list; `missing` is told where the counter asks."""
    view = order_view(order, bill, by_guest=by_guest)
    return schemas.ListedOrder(**msgspec.structs.asdict(view), missing=missing)


def _same(row: OrderRow | BillRow, facts: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in facts.__struct_fields__}


def _named_table(row: OrderRow | BillRow) -> schemas.NamedTable | None:
    return schemas.NamedTable(row.table_id, row.table_name or "") if row.table_id else None


def bill_view(
    bill: BillRow, orders: list[OrderRow], outlet: Outlet, today: date | None, *, by_guest: bool
) -> schemas.BillView:
    """A bill with its orders, its taxes added up and its one round-off. `today` is the business day, where an order of it
    expired unpaid."""
    late = counter_order(bill, orders, today) if today else None
    owed = [order for order in orders if order.status not in TERMINATED]
    return schemas.BillView(
        **_same(bill, schemas.BillFacts),
        table=_named_table(bill),
        orders=[order_view(order, bill, by_guest=by_guest) for order in orders],
        allergies=sorted(set().union(*map(_allergies_of, owed))),
        totals=schemas.BillTotals(
            taxable_paise=sum(order.taxable_paise for order in owed),
            taxes=sum_taxes(tax for order in owed for tax in order.taxes),
            round_off_paise=bill.total_paise - bill.net_paise,
            total_paise=bill.total_paise,
        ),
        due_paise=bill.due_paise,
        counter_due_paise=late_due(bill, late) if late else 0,
        payment_status=bill.payment_status,
        seller=bill.documents[0].seller if bill.documents else seller_of(outlet),
        buyer=bill.buyer,
        buyer_required=buyer_required(bill, sum(order.taxable_paise for order in owed), outlet),
        documents=[
            schemas.BillDocument(
                id=document.id,
                kind=document.kind,
                number=document.number,
                issued_at=document.issued_at,
                total_paise=document.total_paise,
                url=document_url(document.token),
            )
            for document in bill.documents
        ],
        attention=_attention(bill.attention, bill.attention_since),
    )


def _allergies_of(order: OrderRow) -> set[str]:
    """All that it says, of the party and of who eats its lines."""
    return set(order.allergies).union(*(line.allergies for line in order.lines))


def buyer_required(bill: BillRow, taxable_paise: int, outlet: Outlet) -> bool:
    """Rule 46(e) of the CGST Rules: a tax invoice from ₹50,000 names its buyer with the address."""
    named = bill.buyer is not None and bill.buyer.address is not None
    regular = outlet.gst_regime == "regular"
    return bill.status == "open" and regular and not named and taxable_paise >= NAMED_FROM_PAISE


def seller_of(outlet: Outlet) -> schemas.Seller:
    """Who sells, as the settings say today."""
    gstin = outlet.gstin if outlet.gst_regime != "none" else None
    return schemas.Seller(outlet.name, outlet.legal_name, gstin, outlet.fssai, outlet.address)


def document_url(token: str) -> str:
    """The page of a document."""
    return f"/documents/{token}"


def listed_document(row: Any) -> document_schemas.ListedDocument:
    """A row of the list of documents."""
    return document_schemas.ListedDocument(
        id=row["id"],
        kind=row["kind"],
        number=row["number"],
        issued_at=row["issued_at"],
        total_paise=row["total_paise"],
        url=document_url(row["token"]),
        issued_on=row["issued_on"],
        business_day=row["business_day"],
        bill_id=row["bill_id"],
        corrects=row["corrects"],
        taxable_paise=row["taxable_paise"],
        buyer=row["buyer_name"],
    )


def _attention(reason: str | None, since: datetime | None) -> schemas.Attention | None:
    return schemas.Attention(reason, since) if reason and since else None


def joiners_of(waiting: Iterable[SessionRow]) -> list[schemas.Joiner]:
    return [schemas.Joiner(each.id, each.created_at) for each in waiting]


def sitting_view(row: SittingRow, waiting: Iterable[SessionRow]) -> schemas.Sitting:
    """A party at a table, with those who want to join it."""
    same = {name: getattr(row, name) for name in schemas.Sitting.__struct_fields__ if hasattr(row, name)}
    return schemas.Sitting(
        **same, table=schemas.NamedTable(row.table_id, row.table_name), waiting=joiners_of(waiting)
    )


def table_view(row: Any, open_bills: list[BillRow], sitting: schemas.Sitting | None) -> schemas.Table:
    """A table of the floor plan: what happens there, and who waits."""
    bills = [msgspec.convert(bill, schemas.TableBill, from_attributes=True) for bill in open_bills]
    calling = next((bill for bill in open_bills if bill.attention), None)
    attention = _attention(calling.attention, calling.attention_since) if calling else None
    waiting = attention is not None or row["to_approve"] > 0 or bool(sitting and sitting.waiting)
    return schemas.Table(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        area=row["area"],
        seats=row["seats"],
        state="attention" if waiting else "occupied" if sitting else "free",
        sitting=sitting,
        bill=next((bill for bill in bills if bill.payment == "pay_later"), None),
        bills=bills,
        paid=row["paid"] and not bills,
        attention=attention,
        to_approve=row["to_approve"],
        ready=row["ready"],
    )
