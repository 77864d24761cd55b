"""What a guest may join, as the database says it: with the bridge's real question, under the bridge's own role."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.realtime.bridge import Bridge
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.realtime.conftest import Rig, Serve, principal

BILL = """INSERT INTO orders.bill (outlet_id, id, type, session_ids, business_day)
VALUES ($1, $2, 'dine_in', $3, current_date)"""
ORDER = """INSERT INTO orders.orders (outlet_id, id, bill_id, number, type, status, business_day, payment, placed_by,
  subtotal_paise, taxable_paise, taxes, total_paise, menu_version, placed_at)
VALUES ($1, $2, $3, $4, 'dine_in', 'confirmed', current_date, 'pay_later', 'guest', 1, 1, '[]', 1, 1, now())"""


@pytest.fixture
async def rig(serve: Serve, as_room: AsRoom, settings: Settings) -> Rig:
    rig = await serve()
    real = Bridge(Context(settings, await as_room("realtime")), rig.tokens, "build")
    rig.bridge.may_see = real.may_see
    return rig


async def placed(database: Database, number: int, *sessions: UUID, outlet_id: int = 1) -> tuple[str, str]:
    """The channels of an order, and of its bill, which these sessions share."""
    bill, order = uuid4(), uuid4()
    await database.execute(BILL, outlet_id, bill, list(sessions))
    await database.execute(ORDER, outlet_id, order, bill, number)
    return f"order:{order}", f"bill:{bill}"


async def test_a_guest_joins_the_own_bill_and_orders_and_nobody_elses(rig: Rig, database: Database) -> None:
    me, beside_me, stranger = principal("guest"), principal("guest"), principal("guest")
    ours = await placed(database, 1, beside_me.session_id, me.session_id)
    theirs = await placed(database, 2, stranger.session_id)
    nobodys = await placed(database, 3)
    elsewhere = await placed(database, 4, me.session_id, outlet_id=2)
    client = await rig.connect(me)
    for channel in ours:
        assert await client.join(channel) == {"ok": True}
    for channel in (*theirs, *nobodys, *elsewhere, f"order:{uuid4()}", f"bill:{uuid4()}"):
        assert await client.join(channel) == {"ok": False, "reason": "not allowed"}, channel
    order, bill = (channel.partition(":")[2] for channel in ours)
    for channel in (f"order:{bill}", f"bill:{order}"):
        assert not (await client.join(channel))["ok"], "an id of one kind opens no channel of the other"
