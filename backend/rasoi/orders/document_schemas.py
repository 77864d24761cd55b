"""What a document says, as it is frozen at its issue, and how lists of documents look over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.contracts.orders import TaxState
from rasoi.orders.schemas import LINE, BillDocument, Buyer, DocumentKind

Gstin = Annotated[str, Meta(pattern=r"^[0-9A-Z]{15}\Z")]


class BuyerRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Who the document is for. A GSTIN needs the buyer's name and address with it."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=LINE)]
    gstin: Gstin | None = None
    address: Annotated[str, Meta(min_length=1, max_length=300, pattern=LINE)] | None = None


class DocumentSeller(msgspec.Struct, frozen=True):
    """Who sells, as of the issue."""

    name: str
    legal_name: str | None
    address: str | None
    gstin: str | None
    state_code: str | None
    fssai: str | None
    phone: str | None


class TaxSum(msgspec.Struct, frozen=True):
    """One tax at one rate over all lines."""

    name: str
    rate_bp: int
    taxable_paise: int
    paise: int


class NamedDiscount(msgspec.Struct, frozen=True):
    """What made a line cheaper, before tax."""

    name: str
    paise: int


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True):
    """`rate_paise` is the price of one as sold; `inclusive` says that it contains the tax. On a credit note, quantity
    and rate are left out: an amount is credited."""

    line_id: UUID
    order_id: UUID
    order: str
    name: str
    variant: str | None
    modifiers: list[str]
    hsn: str
    quantity: int | None
    unit: str
    rate_paise: int | None
    inclusive: bool
    discount_paise: int
    discounts: list[NamedDiscount] = []  # not in the earliest documents
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int


class DocumentPayment(msgspec.Struct, frozen=True):
    method: str
    paise: int
    at: datetime


class Corrected(msgspec.Struct, frozen=True):
    """The document that a credit note corrects."""

    id: UUID
    number: str
    issued_on: date


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document, whole. `issued_at` is in the outlet's zone; sums are before the round-off, `total_paise` after it."""

    id: UUID
    kind: DocumentKind
    title: str
    number: str
    outlet_id: int
    gstin: str
    financial_year: int
    sequence: int
    issued_at: datetime
    issued_on: date
    timezone: str
    business_day: date
    bill_id: UUID
    corrects: Corrected | None
    declaration: str | None
    seller: DocumentSeller
    buyer: Buyer | None
    place_of_supply: str | None
    order_type: str
    table: str | None
    covers: int | None
    cashier: str | None
    lines: list[DocumentLine]
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxSum]
    round_off_paise: int
    total_paise: int
    total_words: str
    payments: list[DocumentPayment]


class ListedDocument(BillDocument, kw_only=True):
    """A row of the managers' list."""

    issued_on: date
    business_day: date
    bill_id: UUID
    corrects: UUID | None
    taxable_paise: int
    buyer: str | None


class Documents(msgspec.Struct):
    items: list[ListedDocument]
    next: UUID | None


class Reprint(msgspec.Struct):
    """Where to print it again: the page says that it is a duplicate."""

    url: str
