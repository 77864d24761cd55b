"""SQL of documents, a function per question. `conn` is a Database or a Tx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from rasoi.orders.document_schemas import Document
from rasoi.orders.documents import Ground


async def begin_documents(
    tx: Any, outlet_id: int, kinds: Sequence[str], tax_classes: Sequence[tuple[str, int]]
) -> Ground:
    """What documents of these kinds are made of; their series stay locked. `tax_classes`: code and version."""
    found = await tx.fetchval(
        "SELECT orders.begin_documents($1, $2, $3, $4)",
        outlet_id,
        kinds,
        [code for code, _ in tax_classes],
        [version for _, version in tax_classes],
    )
    return msgspec.convert(found, Ground)


async def bodies_of_bill(conn: Any, outlet_id: int, bill_id: UUID) -> list[Document]:
    """A bill's documents, oldest first."""
    rows = await conn.fetch("SELECT * FROM orders.read_documents($1, $2) AS body", outlet_id, bill_id)
    return [msgspec.json.decode(row["body"], type=Document) for row in rows]


async def by_token(conn: Any, token: str) -> Document | None:
    """The document behind a link."""
    body = await conn.fetchval("SELECT body FROM orders.document WHERE token = $1", token)
    return None if body is None else msgspec.json.decode(body, type=Document)


async def by_id(conn: Any, outlet_id: int, document_id: UUID) -> Document | None:
    """A document of an outlet."""
    sql = "SELECT body FROM orders.document WHERE outlet_id = $1 AND id = $2"
    body = await conn.fetchval(sql, outlet_id, document_id)
    return None if body is None else msgspec.json.decode(body, type=Document)


async def notes_on(conn: Any, outlet_id: int, document_id: UUID) -> list[tuple[str, str]]:
    """The number and the link's token of each credit note on a document."""
    rows = await conn.fetch(
        """SELECT n.number, n.token FROM orders.document d
        JOIN orders.document n ON n.outlet_id = d.outlet_id AND n.bill_id = d.bill_id AND n.corrects = d.id
        WHERE d.outlet_id = $1 AND d.id = $2 ORDER BY n.issued_at, n.sequence""",
        outlet_id,
        document_id,
    )
    return [(row["number"], row["token"]) for row in rows]


async def find(
    conn: Any,
    outlet_id: int,
    *,
    first: date | None,
    last: date | None,
    kind: str | None,
    text: str | None,
    bill_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[Any]:
    """Documents, newest first. `text` is a part of the number, of the buyer's name or of the buyer's GSTIN."""
    return await conn.fetch(  # type: ignore[no-any-return]
        """SELECT id, kind, number, issued_at, issued_on, business_day, total_paise, taxable_paise, token, bill_id, corrects,
          buyer_name
        FROM orders.document WHERE outlet_id = $1 AND ($2::date IS NULL OR issued_on >= $2)
          AND ($3::date IS NULL OR issued_on <= $3) AND ($4::text IS NULL OR kind = $4)
          AND ($5::text IS NULL OR strpos(lower(number), lower($5)) > 0 OR strpos(lower(buyer_name), lower($5)) > 0
               OR strpos(lower(buyer_gstin), lower($5)) > 0)
          AND ($6::uuid IS NULL OR bill_id = $6) AND ($7::uuid IS NULL OR id < $7) ORDER BY id DESC LIMIT $8""",
        *(outlet_id, first, last, kind, text, bill_id, before, limit),
    )


async def named(conn: Any, outlet_id: int, document_id: UUID) -> Any | None:
    """A document's number and its link's token."""
    sql = "SELECT number, token FROM orders.document WHERE outlet_id = $1 AND id = $2"
    return await conn.fetchrow(sql, outlet_id, document_id)
