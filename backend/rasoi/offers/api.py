"""What other rooms may ask of offers: those of an outlet as one immutable snapshot, and what they take off a cart."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import msgspec

from rasoi.offers.domain import Applied, Offer, Portions, evaluate
from rasoi.platform.database import Database, Tx

__all__ = ["Applied", "Offer", "OfferSnapshot", "Portions", "evaluate", "snapshot"]


class OfferSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The offers that are neither paused nor ended, as they were at `read_at` of the database's clock and `clock` seconds of
    this process's own, which goes on from there."""

    offers: list[Offer]
    read_at: datetime
    clock: float

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.clock

    @property
    def now(self) -> datetime:
        """The database's time, with no question asked."""
        return self.read_at + timedelta(seconds=self.age_s)


async def snapshot(conn: Database | Tx, outlet_id: int) -> OfferSnapshot:
    """The outlet's offers as they are now."""
    clock = time.monotonic()
    found = await conn.fetchval("SELECT offers.read_snapshot($1)", outlet_id)
    return msgspec.convert(found | {"clock": clock}, OfferSnapshot)
