"""Issuing documents: in the transaction that settles a bill, or that gives money of a settled one back."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from rasoi.contracts import orders as contracts
from rasoi.orders import crediting, document_repository, documents
from rasoi.orders import repository as db
from rasoi.orders.document_repository import begin_documents, bodies_of_bill
from rasoi.orders.document_schemas import Document, Reprint
from rasoi.orders.documents import DocumentRow, Ground, Place
from rasoi.orders.domain import Bill
from rasoi.orders.rows import IssuedDocument, VoidRow
from rasoi.orders.schemas import Seller
from rasoi.orders.states import TERMINATED
from rasoi.orders.views import document_url
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.problems import NotFound
from rasoi.staff.api import audit

TOKEN_BYTES = 16


class UnknownDocument(NotFound):
    slug, title = "unknown-document", "There is no such document"


async def issue_sale(tx: Any, bill: Bill) -> None:
    """A settled bill's documents: the next numbers, under their series' locks. Saved with the bill."""
    lines = documents.sold_lines(bill.orders)
    classes = [(line.tax_class, line.tax_version) for _, line in lines]
    ground = await begin_documents(tx, bill.row.outlet_id, documents.kinds_for(lines), classes)
    made = documents.sale_documents(bill.row, lines, ground, [uuid7() for _ in ground.places])
    _add(bill, ground, made)


async def issue_credit(tx: Any, bill: Bill, line_ids: Collection[UUID] = ()) -> None:
    """Credit notes for what a locked closed bill's documents say beyond the money held: of these lines first, else of
    the orders that were cancelled and the lines that were taken back since. Nothing where no such money went back. A locked
    bill has one credit at a time."""
    known = await bodies_of_bill(tx, bill.row.outlet_id, bill.row.id)
    paise = crediting.to_credit(known, bill.row.held_paise)
    if not paise:
        return
    gone = {line.id for order in bill.orders if order.status in TERMINATED for line in order.lines}
    gone |= {void.line_id for order in bill.orders for void in order.voids if _is_later(bill, void)}
    for credit in crediting.taken_back(known, paise, set(line_ids) or gone):
        ground = await begin_documents(tx, bill.row.outlet_id, ["credit_note"], [])
        (place,) = ground.places
        note = documents.credit_note(
            bill.row, credit.original, credit.lines, credit.round_off_paise, place, ground.outlet, uuid7()
        )
        _add(bill, ground, [note])
        await db.save_bill(tx, bill)


def _is_later(bill: Bill, void: VoidRow) -> bool:
    """Whether it was taken back after the documents were issued."""
    return bill.row.closed_at is not None and void.at > bill.row.closed_at


def _add(bill: Bill, ground: Ground, made: Sequence[Document]) -> None:
    """Hand the documents to the bill, to be saved with it, and their events."""
    for document in made:
        place = next(place for place in ground.places if place.kind == document.kind)
        row = DocumentRow.of(document, place.previous_hash, secrets.token_urlsafe(TOKEN_BYTES))
        bill.add_document(_short(document, row.token), row, _event(document, place, row))


def _short(document: Document, token: str) -> IssuedDocument:
    seller = document.seller
    return IssuedDocument(
        id=document.id,
        kind=document.kind,
        number=document.number,
        token=token,
        issued_at=document.issued_at,
        total_paise=document.total_paise,
        seller=Seller(seller.name, seller.legal_name, seller.gstin, seller.fssai, seller.address),
    )


def _event(document: Document, place: Place, row: DocumentRow) -> contracts.DocumentIssued:
    return contracts.DocumentIssued(
        document_id=document.id,
        bill_id=document.bill_id,
        kind=document.kind,
        number=document.number,
        financial_year=document.financial_year,
        sequence=document.sequence,
        issued_at=place.issued_at,
        business_day=document.business_day,
        corrects=document.corrects.id if document.corrects else None,
        taxable_paise=document.taxable_paise,
        taxes=[
            contracts.TaxState(name=tax.name, rate_bp=tax.rate_bp, paise=tax.paise) for tax in document.taxes
        ],
        round_off_paise=document.round_off_paise,
        total_paise=document.total_paise,
        hash=row.hash_hex,
    )


async def readable_document(ctx: Context, principal: Principal, document_id: UUID) -> Document:
    """A document of the caller's outlet."""
    found = await document_repository.by_id(ctx.db, principal.outlet_id, document_id)
    if found is None:
        raise UnknownDocument()
    return found


async def reprint(ctx: Context, principal: Principal, document_id: UUID) -> Reprint:
    """The link to a duplicate. Who asked for it is kept."""
    async with ctx.db.transaction("orders") as tx:
        found = await document_repository.named(tx, principal.outlet_id, document_id)
        if found is None:
            raise UnknownDocument()
        await audit(tx, principal, "document.reprint", str(document_id), {"number": found["number"]})
    return Reprint(f"{document_url(found['token'])}?copy=duplicate")
