"""A small outlet: a naan with a choice of spice, a cola, a kulfi of which five portions are counted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.orders import placing, schemas, tables
from rasoi.orders.batcher import PlacementBatcher
from rasoi.orders.offering import OfferSnapshots
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.idempotency import IdempotencyKey, body_hash
from rasoi.settings import Settings
from tests.conftest import AsRoom

NAAN, COLA, KULFI = (UUID(int=n) for n in (1, 2, 3))
NAAN_1, COLA_1, KULFI_1 = (UUID(int=n) for n in (11, 12, 13))
SPICE, MILD, HOT = (UUID(int=n) for n in (21, 22, 23))
TABLE, OTHER_TABLE = UUID(int=31), UUID(int=32)
SEED = f"""
INSERT INTO staff.outlet (id, name, gst_regime, gstin, state_code) VALUES (1, 'Test', 'regular', '29ABCDE1234F1Z5', '29');
INSERT INTO menu.outlet_menu (outlet_id, version) VALUES (1, 1);
INSERT INTO menu.tax_class (outlet_id, code, version, name, inclusive, components) VALUES
  (1, 'food', 1, 'Food', false, '[{{"name":"CGST","rate_bp":250}},{{"name":"SGST","rate_bp":250}}]');
INSERT INTO menu.station (outlet_id, code, name) VALUES (1, 'tandoor', 'Tandoor'), (1, 'drinks', 'Drinks');
INSERT INTO menu.category (outlet_id, id, code, name) VALUES (1, '{UUID(int=41)}', 'all', 'All');
INSERT INTO menu.item (outlet_id, id, code, category_id, name, diet, station, tax_code) VALUES
  (1, '{NAAN}', 'naan', '{UUID(int=41)}', 'Naan', 'veg', 'tandoor', 'food'),
  (1, '{COLA}', 'cola', '{UUID(int=41)}', 'Cola', 'veg', 'drinks', 'food'),
  (1, '{KULFI}', 'kulfi', '{UUID(int=41)}', 'Kulfi', 'veg', 'drinks', 'food');
INSERT INTO menu.variant (outlet_id, id, item_id, code, name, price_paise) VALUES
  (1, '{NAAN_1}', '{NAAN}', 'one', 'Regular', 4500), (1, '{COLA_1}', '{COLA}', 'one', 'Regular', 6000),
  (1, '{KULFI_1}', '{KULFI}', 'one', 'Regular', 9900);
INSERT INTO menu.modifier_group (outlet_id, id, code, name, min, max) VALUES (1, '{SPICE}', 'spice', 'Spice', 1, 1);
INSERT INTO menu.modifier (outlet_id, id, group_id, code, name, price_paise) VALUES
  (1, '{MILD}', '{SPICE}', 'mild', 'Mild', 0), (1, '{HOT}', '{SPICE}', 'hot', 'Hot', 500);
INSERT INTO menu.item_modifier_group (outlet_id, item_id, group_id) VALUES (1, '{NAAN}', '{SPICE}');
INSERT INTO inventory.stock (outlet_id, id, code, name, kind, unit, on_hand_milli) VALUES
  (1, '{UUID(int=51)}', 'kulfi', 'Kulfi', 'counted', 'portion', 5000);
INSERT INTO inventory.recipe (outlet_id, source_id, stock_id, kind, item_id, quantity_milli) VALUES
  (1, '{KULFI_1}', '{UUID(int=51)}', 'counted', '{KULFI}', 1000);
INSERT INTO orders.dining_table (outlet_id, id, code, name, qr_hash) VALUES
  (1, '{TABLE}', 't1', 'Table 1', 'a'), (1, '{OTHER_TABLE}', 't2', 'Table 2', 'b');
"""


def guest(table: UUID | None = TABLE) -> Principal:
    return tables.new_guest(1, table)


def waiter() -> Principal:
    return Principal(kind="staff", id=uuid7(), outlet_id=1, role="waiter", session_id=uuid7(), name="Asha")


def line(variant: UUID = COLA_1, quantity: int = 1, modifiers: tuple[UUID, ...] = ()) -> schemas.LineRequest:
    return schemas.LineRequest(variant_id=variant, quantity=quantity, modifiers=list(modifiers))


class HeldBatcher(PlacementBatcher):
    """Writes nothing by itself."""

    def _start_batches(self) -> None: ...


@dataclass
class Desk:
    """Places orders as the routes do, under the room's own role."""

    ctx: Context
    owner: Database

    async def sit(self, who: Principal) -> None:
        """A guest at a table belongs to its sitting, let in like everybody; one who was there before stays who that was."""
        if who.role != "guest" or who.table_id is None:
            return
        await self.owner.execute(
            """INSERT INTO orders.sitting (outlet_id, table_id, table_name, opened_by)
            SELECT 1, id, name, 'guest' FROM orders.dining_table WHERE id = $1
              AND NOT EXISTS (SELECT FROM orders.guest_session WHERE id = $2)
            ON CONFLICT (outlet_id, table_id) WHERE ended_at IS NULL DO NOTHING""",
            who.table_id,
            who.session_id,
        )
        await self.owner.execute(  # a statement of its own, which sees the sitting that another has just opened
            """INSERT INTO orders.guest_session (outlet_id, id, table_id, sitting_id, qr_generation)
            SELECT 1, $2, t.id, s.id, t.qr_generation FROM orders.dining_table t
            JOIN orders.sitting s ON s.table_id = t.id AND s.ended_at IS NULL WHERE t.id = $1 ON CONFLICT DO NOTHING""",
            who.table_id,
            who.session_id,
        )

    async def place(
        self,
        who: Principal,
        *lines: schemas.LineRequest,
        key: str = "",
        expected: int | None = None,
        address: str | None = None,
        **more: Any,
    ) -> Any:
        """The answer as (status, decoded body)."""
        await self.sit(who)
        kind = more.pop("type", "dine_in" if who.table_id or more.get("table_id") else "takeaway")
        if expected is None:
            asked = schemas.QuoteRequest(type=kind, lines=list(lines))
            expected = (await placing.quote(self.ctx, who, asked)).totals.total_paise
        request = schemas.PlaceRequest(type=kind, lines=list(lines), expected_total_paise=expected, **more)
        used = IdempotencyKey(
            key or str(uuid7()), "POST /api/orders", body_hash(msgspec.json.encode(request))
        )
        response = await placing.place(self.ctx, who, request, used, address)
        return response.status_code, msgspec.json.decode(response.content)

    async def queue(self, *wanted: Coroutine[Any, Any, Any]) -> tuple[HeldBatcher, list[asyncio.Task[Any]]]:
        """Begin these `place`s, one after the other, up to where they would be written."""
        before, batcher = self.ctx.get(PlacementBatcher), HeldBatcher(self.ctx.db)
        self.ctx.register(batcher, PlacementBatcher)
        tasks = []
        for number, each in enumerate(wanted, 1):
            tasks.append(asyncio.create_task(each))
            while len(batcher.queue) < number and not tasks[-1].done():
                await asyncio.sleep(0)
        self.ctx.register(before, PlacementBatcher)  # for who must try again
        return batcher, tasks

    async def place_together(self, *wanted: Coroutine[Any, Any, Any]) -> list[Any]:
        """What came of these `place`s, as one batch in this order; a refusal is among the answers."""
        batcher, tasks = await self.queue(*wanted)
        PlacementBatcher._start_batches(batcher)
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def setting(self, **values: Any) -> None:
        for name, value in values.items():
            await self.owner.execute(f"UPDATE staff.outlet SET {name} = $1, version = version + 1", value)
        self.ctx.get(placing.Snapshots).drop(1)

    async def log(self) -> list[tuple[str, str, int]]:
        rows = await self.owner.fetch(
            "SELECT type, subject, aggregate_version FROM orders.outbox ORDER BY id"
        )
        return [(row["type"], row["subject"], row["aggregate_version"]) for row in rows]


@pytest.fixture
async def desk(database: Database, as_room: AsRoom, settings: Settings) -> Desk:
    await database.execute(SEED)
    ctx = Context(settings, await as_room("orders"))
    ctx.register(placing.Snapshots())
    ctx.register(OfferSnapshots())
    ctx.register(Tokens(settings.secret_key))
    ctx.register(PlacementBatcher(ctx.db))
    return Desk(ctx, database)
