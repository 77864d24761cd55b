"""Tables, their QR codes, and the guests who scan them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from uuid_utils.compat import uuid7

from rasoi.orders import repository as db
from rasoi.platform.auth import LONGEST_S, Principal
from rasoi.platform.context import Context
from rasoi.platform.problems import NotFound
from rasoi.platform.rate_limit import network

SESSION_S = LONGEST_S


class UnknownTable(NotFound):
    slug, title = "unknown-table", "There is no such table"


def qr_code(secret: str, outlet_id: int, table_id: UUID, generation: int) -> str:
    """The opaque code in a table's QR: can't be guessed, and is revoked by the next generation."""
    mac = hmac.digest(secret.encode(), f"table|{outlet_id}|{table_id}|{generation}".encode(), "sha256")
    return b32encode(mac[:15]).decode().lower()


@lru_cache(maxsize=4096)
def network_tag(key: str, address: str) -> bytes:
    """Stands for the network of a guest's address in the database, which does not name it."""
    return hmac.digest(key.encode(), network(address).encode(), "sha256")[:8]


def qr_hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def table_url(ctx: Context, outlet_id: int, table_id: UUID, generation: int) -> str:
    """What the QR at a table says."""
    return f"{ctx.settings.url}/order?table={qr_code(ctx.settings.table_code_key, outlet_id, table_id, generation)}"


async def ensure_tables(ctx: Context, outlet_id: int, wanted: Sequence[tuple[str, str, str, int]]) -> None:
    """Add or change tables, given as (code, name, area, seats); new ones get their QR."""
    async with ctx.db.transaction("orders") as tx:
        for sort, (code, name, area, seats) in enumerate(wanted):
            table_id, generation = await db.save_table(tx, outlet_id, code, name, area, seats, sort)
            opaque = qr_code(ctx.settings.table_code_key, outlet_id, table_id, generation)
            await db.set_qr(tx, outlet_id, table_id, generation, qr_hash(opaque))


def new_guest(outlet_id: int, table_id: UUID | None) -> Principal:
    session = uuid7()
    return Principal(
        kind="guest", id=session, outlet_id=outlet_id, role="guest", session_id=session, table_id=table_id
    )
