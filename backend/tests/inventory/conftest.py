"""Stock under the room's own role, with the oracle of its promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rasoi.inventory import service
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.settings import Settings
from tests.conftest import AsRoom

LAMB, ONION, BOTTLE = (UUID(int=n) for n in (1, 2, 3))
RAAN, PLATTER, COLA, CURRY = (UUID(int=n) for n in (11, 12, 13, 14))
RAAN_ITEM, PLATTER_ITEM, COLA_ITEM, CURRY_ITEM = (UUID(int=n) for n in (21, 22, 23, 24))
SEED = f"""
INSERT INTO inventory.stock (outlet_id, id, code, name, kind, unit, reorder_level_milli, on_hand_milli) VALUES
  (1, '{LAMB}', 'lamb', 'Leg of lamb', 'counted', 'portion', 2000, 5000),
  (1, '{ONION}', 'onion', 'Onion', 'estimated', 'kg', 500, 1000),
  (1, '{BOTTLE}', 'bottle', 'Cola', 'counted', 'bottle', 0, 100000);
INSERT INTO inventory.movement (outlet_id, stock_id, kind, quantity_milli)
  SELECT outlet_id, id, 'count', on_hand_milli FROM inventory.stock;
INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, item_id, quantity_milli) VALUES
  (1, '{RAAN}', '{LAMB}', 'counted', '{RAAN_ITEM}', 1000), (1, '{RAAN}', '{ONION}', 'estimated', '{RAAN_ITEM}', 100),
  (1, '{PLATTER}', '{LAMB}', 'counted', '{PLATTER_ITEM}', 2000), (1, '{PLATTER}', '{BOTTLE}', 'counted', '{PLATTER_ITEM}', 1000),
  (1, '{COLA}', '{BOTTLE}', 'counted', '{COLA_ITEM}', 1000), (1, '{CURRY}', '{ONION}', 'estimated', '{CURRY_ITEM}', 300);
"""


async def reserve(
    db: Database, order: UUID, lines: Sequence[UUID], sources: Sequence[UUID], quantities: Sequence[int]
) -> list[dict[str, Any]]:
    """Reserve in outlet 1, as placing does; returns what is sold out."""
    refused = await db.fetchval(
        "SELECT inventory.reserve(1, $1, $2, $3, $4)", order, lines, sources, quantities
    )
    return refused["sold_out"] if refused else []


class Store:
    """Does what orders, the kitchen and managers do, and reads what came of it."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.db = ctx.db

    async def reserve(self, order: UUID, *wanted: tuple[UUID, int], lines: list[UUID] | None = None) -> Any:
        """Reserve (source, quantity), a line each; returns what is sold out."""
        lines = lines or [uuid7() for _ in wanted]
        sources, quantities = zip(*wanted, strict=True)
        return await reserve(self.db, order, lines, sources, quantities)

    async def release(self, order: UUID) -> None:
        await self.db.execute("SELECT inventory.release(1, $1)", order)

    async def consume_reservations(self) -> None:
        await service.consume_reservations(self.ctx)

    async def level(self, stock: UUID) -> tuple[int, int]:
        """(on hand, reserved) in thousandths."""
        row = await self.db.fetchrow(
            "SELECT on_hand_milli, reserved_milli FROM inventory.stock WHERE id = $1", stock
        )
        return row["on_hand_milli"], row["reserved_milli"]

    async def log(self) -> list[tuple[str, int, Any]]:
        rows = await self.db.fetch("SELECT type, aggregate_version, data FROM inventory.outbox ORDER BY id")
        return [(row["type"].split(".")[2], row["aggregate_version"], row["data"]) for row in rows]

    async def kinds(self) -> list[str]:
        return [kind for kind, _, _ in await self.log()]

    async def check(self) -> None:
        """The promises: movements add up, reservations add up, versions have no gap."""
        wrong = await self.db.fetch(
            """SELECT code FROM inventory.stock s
            WHERE on_hand_milli <> (SELECT coalesce(sum(quantity_milli), 0) FROM inventory.movement m WHERE m.stock_id = s.id)
            OR reserved_milli <> (SELECT coalesce(sum(quantity_milli), 0) FROM inventory.reservation r
              WHERE r.stock_id = s.id AND r.state = 'reserved')
            OR version <> (SELECT count(*) FROM inventory.outbox o WHERE o.subject = s.id::text)
            OR version <> (SELECT coalesce(max(aggregate_version), 0) FROM inventory.outbox o WHERE o.subject = s.id::text)"""
        )
        assert [row["code"] for row in wrong] == []


@pytest.fixture
async def store(as_room: AsRoom, database: Database, settings: Settings) -> Store:
    await database.execute(SEED)
    return Store(Context(settings, await as_room("inventory")))
