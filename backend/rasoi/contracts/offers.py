"""Events of the offers room. Subject: the offer's id."""

from __future__ import annotations

from uuid import UUID

from rasoi.platform.events import Contract, contract


class OfferState(Contract, frozen=True, kw_only=True):
    """An offer after the change."""

    offer_id: UUID
    name: str
    kind: str
    paused: bool = False
    ended: bool = False


@contract("rasoi.offer.made.v1", "offers")
class OfferMade(OfferState, frozen=True, kw_only=True):
    """A new offer."""


@contract("rasoi.offer.changed.v1", "offers")
class OfferChanged(OfferState, frozen=True, kw_only=True):
    """Its terms are others, or it was paused, resumed or ended."""
