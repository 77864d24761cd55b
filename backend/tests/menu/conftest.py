"""A small menu under the room's own role."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rasoi.menu import api
from rasoi.menu.importer import import_menu
from rasoi.menu.menu_cache import MenuCache
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.menu.test_menu_file import GOOD

OUTLET = "INSERT INTO staff.outlet (id, name, gst_regime, state_code) VALUES (1, 'Test', 'none', '29')"


@pytest.fixture
async def menu(as_room: AsRoom, database: Database) -> Database:
    """The room's database with GOOD imported."""
    await database.execute(OUTLET)
    db = await as_room("menu")
    assert (await import_menu(db, 1, GOOD)).faults == []
    return db


@pytest.fixture
def ctx(menu: Database, settings: Settings) -> Context:
    ctx = Context(settings, menu)
    ctx.register(MenuCache())
    return ctx


def staff_member(role: str = "waiter", outlet_id: int = 1) -> Principal:
    return Principal(
        kind="staff", id=uuid7(), outlet_id=outlet_id, role=role, session_id=uuid7(), name="Asha"
    )


async def log(db: Database) -> list[tuple[str, int, Any]]:
    """The room's events: (short type, version, data)."""
    rows = await db.fetch("SELECT type, aggregate_version, data FROM menu.outbox ORDER BY id")
    return [(row["type"].split(".")[2], row["aggregate_version"], row["data"]) for row in rows]


async def item(db: Database, name: str) -> UUID:
    snapshot = await api.snapshot(db, 1)
    return next(v.item_id for v in snapshot.variants.values() if v.name == name)
