"""HTTP of documents: the managers' list, a document, its page under its own link, and reprints."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from litestar import MediaType, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter, QueryParameter

from rasoi.orders import document_page, document_schemas, issuing, schemas, service, views
from rasoi.orders import document_repository as db
from rasoi.platform.auth import Principal, public
from rasoi.platform.context import Context
from rasoi.platform.paging import Limit, read_page
from rasoi.platform.rate_limit import limit as rate_limit
from rasoi.platform.roles import FLOOR, GUESTS_AND_FLOOR, permit

Kind = Literal["tax_invoice", "bill_of_supply", "receipt", "liquor_invoice", "credit_note"]
Search = Annotated[str | None, Parameter(min_length=1, max_length=60)]


@get("/api/documents", guards=[permit("see_money").and_scope("documents:read")])
async def list_documents(
    ctx: Context,
    principal: Principal,
    first: Annotated[date | None, QueryParameter(name="from")] = None,
    last: Annotated[date | None, QueryParameter(name="to")] = None,
    kind: Kind | None = None,
    q: Search = None,
    bill_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> document_schemas.Documents:
    """Documents by date of issue, newest first; `q` is a part of the number, or of the buyer's name or GSTIN."""
    find = partial(
        db.find,
        ctx.db,
        principal.outlet_id,
        first=first,
        last=last,
        kind=kind,
        text=q,
        bill_id=bill_id,
        before=cursor,
    )
    found, more = await read_page(limit, lambda most: find(limit=most))
    return document_schemas.Documents([views.listed_document(row) for row in found], more)


@get("/api/documents/{document_id:uuid}", guards=[FLOOR])
async def get_document(ctx: Context, principal: Principal, document_id: UUID) -> document_schemas.Document:
    """A document, whole, as it was issued."""
    return await issuing.readable_document(ctx, principal, document_id)


@post("/api/documents/{document_id:uuid}/reprint", guards=[permit("reprint")], status_code=201)
async def reprint_document(ctx: Context, principal: Principal, document_id: UUID) -> document_schemas.Reprint:
    """A copy that says duplicate; the audit log keeps who asked for it."""
    return await issuing.reprint(ctx, principal, document_id)


@put("/api/bills/{bill_id:uuid}/buyer", guards=[GUESTS_AND_FLOOR], status_code=200)
async def set_buyer(
    ctx: Context, principal: Principal, bill_id: UUID, data: JSONBody[document_schemas.BuyerRequest]
) -> schemas.BillView:
    """Who the bill's document is to be made out to, while the bill is open."""
    return await service.set_buyer(ctx, principal, bill_id, data)


MISSING = ResponseSpec(str, media_type=MediaType.HTML, generate_examples=False)


@get("/documents/{token:str}", guards=[public], media_type=MediaType.HTML, responses={404: MISSING})
async def document_page_of(
    ctx: Context, token: str, caller_address: str, copy: Literal["original", "duplicate"] = "original"
) -> Response[str]:
    """The document as a page to read, print or save; whoever has the link may see it."""
    await rate_limit(ctx, "document", caller_address, 600, 60)
    found = await db.by_token(ctx.db, token)
    if found is None:
        return Response(document_page.missing(), status_code=404, headers=document_page.HEADERS)
    notes = await db.notes_on(ctx.db, found.outlet_id, found.id)
    text = document_page.page(found, notes, duplicate=copy == "duplicate")
    return Response(text, headers=document_page.HEADERS)


ROUTES = (list_documents, get_document, reprint_document, set_buyer, document_page_of)
