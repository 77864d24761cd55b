"""What the offers room takes and answers over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.offers.domain import State, Terms


class OfferChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other terms in place of those of this version."""

    version: Annotated[int, Meta(ge=1, le=2**53)]
    terms: Terms


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer with its state now. A running one may still wait for its day or hour; one that is over stays so."""

    id: UUID
    terms: Terms
    state: State
    version: int
    created_at: datetime
    ended_at: datetime | None


class Offers(msgspec.Struct):
    items: list[OfferView]
    next: UUID | None
