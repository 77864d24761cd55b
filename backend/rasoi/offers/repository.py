"""SQL of the offers room, a function per question."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from rasoi.offers.domain import Terms


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of offers.offer, without its outlet."""

    id: UUID
    terms: Terms
    paused: bool
    ended_at: datetime | None
    version: int
    created_at: datetime


COLUMNS = "id, terms, paused, ended_at, version, created_at"


def _row(found: Any) -> OfferRow:
    return OfferRow(**dict(found) | {"terms": msgspec.convert(found["terms"], Terms)})


async def lock_offers(tx: Any, outlet_id: int) -> int:
    """How many offers have not ended; who else makes one there waits for the transaction's end."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('offers.offer', $1))", outlet_id)
    sql = "SELECT count(*) FROM offers.offer WHERE outlet_id = $1 AND ended_at IS NULL"
    return await tx.fetchval(sql, outlet_id)  # type: ignore[no-any-return]


async def add(tx: Any, outlet_id: int, offer_id: UUID, terms: Terms) -> OfferRow:
    """Write a new offer down."""
    sql = f"INSERT INTO offers.offer (outlet_id, id, terms) VALUES ($1, $2, $3) RETURNING {COLUMNS}"
    return _row(await tx.fetchrow(sql, outlet_id, offer_id, terms))


async def lock(tx: Any, outlet_id: int, offer_id: UUID) -> OfferRow | None:
    """The offer, which nobody else changes before the transaction ends."""
    sql = f"SELECT {COLUMNS} FROM offers.offer WHERE outlet_id = $1 AND id = $2 FOR UPDATE"
    found = await tx.fetchrow(sql, outlet_id, offer_id)
    return None if found is None else _row(found)


async def save(tx: Any, outlet_id: int, row: OfferRow) -> None:
    """Write the offer as it is now."""
    await tx.execute(
        """UPDATE offers.offer SET terms = $3, paused = $4, ended_at = $5, version = $6
        WHERE outlet_id = $1 AND id = $2""",
        *(outlet_id, row.id, row.terms, row.paused, row.ended_at, row.version),
    )


async def newest(conn: Any, outlet_id: int, before: UUID | None, limit: int) -> list[OfferRow]:
    """An outlet's offers, newest first."""
    rows = await conn.fetch(
        f"""SELECT {COLUMNS} FROM offers.offer
        WHERE outlet_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3""",
        *(outlet_id, before, limit),
    )
    return [_row(row) for row in rows]
