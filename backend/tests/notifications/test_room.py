"""Messages from event to screen, under the room's own database role."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi import notifications
from rasoi.contracts import inventory, orders, payments
from rasoi.contracts.notifications import NotificationChanged
from rasoi.notifications import handlers
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import Contract, Event, new_event
from rasoi.platform.local import LocalTransport
from rasoi.platform.wake import LogWakeSignals
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.notifications.test_domain import BILL, ORDER, PAYMENT, STOCK
from tests.support import asgi_transport


@dataclass
class Desk:
    """A client of the room, and the events that reach it."""

    ctx: Context
    client: httpx.AsyncClient

    async def tell(self, payload: Contract, outlet_id: int = 1) -> Event:
        event = new_event(payload, subject="x", outlet_id=outlet_id, version=1)
        await self.handle(event, payload)
        return event

    async def handle(self, event: Event, payload: Contract) -> None:
        async with self.ctx.db.transaction("notifications") as tx:
            await notifications.ROOM.handlers[type(payload)](self.ctx, tx, event, payload)

    def headers(self, role: str, session: UUID | None = None, outlet_id: int = 1) -> dict[str, str]:
        kind = "guest" if role == "guest" else "staff"
        who = Principal(kind=kind, id=uuid7(), outlet_id=outlet_id, role=role, session_id=session or uuid7())
        return {"Authorization": f"Bearer {self.ctx.get(Tokens).issue(who, 60)}"}

    async def page(self, role: str, session: UUID | None = None, query: str = "", outlet_id: int = 1) -> Any:
        answer = await self.client.get(
            f"/api/notifications{query}", headers=self.headers(role, session, outlet_id)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def kinds(self, role: str, session: UUID | None = None) -> list[str]:
        return [item["kind"] for item in (await self.page(role, session))["items"]]

    async def report(
        self, message: Any, what: str, role: str, session: UUID | None = None, outlet_id: int = 1
    ) -> Any:
        headers = self.headers(role, session, outlet_id)
        return await self.client.post(f"/api/notifications/{message}/{what}", headers=headers)


@pytest.fixture
async def desk(as_room: AsRoom, settings: Settings) -> AsyncIterator[Desk]:
    ctx = Context(settings, await as_room("notifications"))
    ctx.register(Tokens(settings.secret_key))
    app = http.application(ctx, notifications.ROOM.routes, version="0")
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url="http://rasoi.test") as client:
        yield Desk(ctx, client)


def placed(session: UUID | None, bill: UUID, number: int = 12) -> orders.OrderPlaced:
    order = ORDER | {"order_id": uuid7(), "bill_id": bill, "session_id": session, "number": number}
    return orders.OrderPlaced(**order, status="confirmed")


async def test_a_guest_sees_their_own_only(desk: Desk) -> None:
    asha, binod, stranger, table, other = (uuid7() for _ in range(5))
    await desk.tell(placed(asha, table, 1))
    await desk.tell(placed(binod, table, 2))
    await desk.tell(placed(None, table, 3))
    await desk.tell(placed(stranger, other, 4))
    for session, numbers in ((asha, [3, 1]), (binod, [3, 2]), (stranger, [4]), (uuid7(), [])):
        items = (await desk.page("guest", session))["items"]
        assert [item["text"] for item in items] == [f"Order {n} is with the kitchen." for n in numbers]
    assert (await desk.page("guest", asha, outlet_id=2))["items"] == []
    assert await desk.kinds("waiter") == []


async def test_a_receipt_finds_its_guests_also_when_it_comes_first(desk: Desk) -> None:
    session, joined, bill = uuid7(), uuid7(), uuid7()
    await desk.tell(payments.PaymentCompleted(**PAYMENT | {"bill_id": bill}, method="cash"))
    assert await desk.kinds("guest", session) == []
    await desk.tell(placed(session, bill))
    assert await desk.kinds("guest", session) == ["order_received", "payment_received"]
    await desk.tell(orders.BillClosed(**BILL | {"bill_id": bill}, session_ids=[session, joined]))
    assert await desk.kinds("guest", joined) == ["payment_received"]


async def test_what_staff_hear(desk: Desk) -> None:
    ready = ORDER | {"status": "ready", "path": ["preparing", "ready"]}
    await desk.tell(orders.OrderProgressed(**ready))
    await desk.tell(
        orders.BillChanged(**BILL, attention="help", attention_since=datetime(2026, 11, 21, tzinfo=UTC))
    )
    await desk.tell(inventory.StockLow(**STOCK))
    for role in ("waiter", "kitchen", "manager", "owner"):
        assert await desk.kinds(role) == ["stock_low", "attention_help", "pick_up"]
    assert (await desk.page("owner", outlet_id=2))["items"] == []


async def test_an_event_that_comes_again_is_told_once(desk: Desk) -> None:
    payload = placed(uuid7(), uuid7())
    event = await desk.tell(payload)
    await asyncio.gather(*(desk.handle(event, payload) for _ in range(3)))
    call = BILL | {"attention": "cash", "attention_since": datetime(2026, 11, 21, tzinfo=UTC)}
    for paid in range(3):
        await desk.tell(orders.BillChanged(**call | {"paid_paise": paid}))
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM notifications.message") == 2
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM notifications.outbox") == 2


async def test_delivery(desk: Desk) -> None:
    session = uuid7()
    await desk.tell(placed(session, uuid7()))
    message = (await desk.page("guest", session))["items"][0]
    assert (message["state"], message["version"]) == ("sent", 1)
    for what in ("delivered", "delivered", "read", "delivered", "read"):
        answer = await desk.report(message["id"], what, "guest", session)
        assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["version"]) == ("read", 3)
    rows = await desk.ctx.db.fetch("SELECT * FROM notifications.outbox ORDER BY id")
    assert [(row["aggregate_version"], row["data"]["state"]) for row in rows] == [
        (1, "sent"),
        (2, "delivered"),
        (3, "read"),
    ]
    assert {(row["type"], row["subject"]) for row in rows} == {
        (NotificationChanged.event_type, message["id"])
    }
    assert rows[0]["data"]["session_id"] == str(session)  # other phones of the table leave it alone
    assert "customer_name" not in rows[0]["data"]


async def test_many_screens_report_at_once(desk: Desk) -> None:
    await desk.tell(inventory.StockLow(**STOCK))
    message = (await desk.page("waiter"))["items"][0]["id"]
    answers = await asyncio.gather(
        *(desk.report(message, what, "waiter") for what in ("delivered", "read") for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {200}
    versions = await desk.ctx.db.fetch("SELECT aggregate_version AS v FROM notifications.outbox ORDER BY id")
    assert [row["v"] for row in versions] == list(range(1, len(versions) + 1))
    assert (await desk.report(message, "read", "owner")).json()["state"] == "read"


async def test_nobody_reports_what_is_not_theirs(desk: Desk) -> None:
    session = uuid7()
    await desk.tell(placed(session, uuid7()))
    await desk.tell(inventory.StockLow(**STOCK))
    theirs = (await desk.page("guest", session))["items"][0]["id"]
    staffs = (await desk.page("waiter"))["items"][0]["id"]
    attempts = [
        (theirs, "guest", uuid7(), 1),
        (theirs, "guest", session, 2),
        (theirs, "owner", None, 1),
        (staffs, "guest", session, 1),
        (staffs, "owner", None, 2),
        (uuid7(), "owner", None, 1),
    ]
    for message, role, who, outlet in attempts:
        assert (await desk.report(message, "read", role, who, outlet)).status_code == 404
    assert await desk.ctx.db.fetchval("SELECT count(*) FROM notifications.message WHERE state <> 'sent'") == 0
    assert (await desk.client.get("/api/notifications")).status_code == 401
    assert (await desk.client.post(f"/api/notifications/{staffs}/read")).status_code == 401


async def test_pages_and_reading_on(desk: Desk) -> None:
    for _ in range(5):
        await desk.tell(inventory.StockLow(**STOCK))
    everything = [item["id"] for item in (await desk.page("waiter"))["items"]]
    assert everything == sorted(everything, reverse=True)
    first = await desk.page("waiter", query="?limit=2")
    second = await desk.page("waiter", query=f"?limit=3&cursor={first['next']}")
    assert [item["id"] for item in first["items"] + second["items"]] == everything
    assert second["next"] is None
    later = await desk.page("waiter", query=f"?after={everything[0]}")
    assert [item["id"] for item in later["items"]] == everything, "the last 5 s come again, by the same ids"
    sql = "UPDATE notifications.message SET id = $1 WHERE id = $2"
    await desk.ctx.db.execute(
        sql, UUID(int=(UUID(everything[4]).int >> 80) - 6_000 << 80), UUID(everything[4])
    )
    later = await desk.page("waiter", query=f"?after={everything[3]}")
    assert [item["id"] for item in later["items"]] == everything[:4]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?limit=x", "?after=x", "?cursor=1"])
async def test_unreadable_queries(desk: Desk, query: str) -> None:
    answer = await desk.client.get(f"/api/notifications{query}", headers=desk.headers("waiter"))
    assert answer.status_code in (400, 422)


async def test_lists_are_cheap_however_many_messages_there_are(desk: Desk) -> None:
    """The plans read as many rows as they show."""
    session, bill = uuid7(), uuid7()
    await desk.tell(placed(session, bill))
    await desk.ctx.db.execute(
        """INSERT INTO notifications.message (outlet_id, id, cause, audience, kind, title, text, bill_id, state, sent_at)
        SELECT 1 + n % 3, uuidv7(), n::text, CASE n % 2 WHEN 0 THEN 'staff' ELSE 'guest' END, 'k', 't', 't', uuidv7(),
          'sent', now()
        FROM generate_series(1, 30000) n"""
    )
    await desk.ctx.db.execute("ANALYZE notifications.message")
    for where, index in (
        ("audience = 'staff' AND id < uuidv7() ORDER BY id DESC LIMIT 50", "message_staff_idx"),
        (
            f"audience = 'guest' AND bill_id = ANY (ARRAY['{bill}'::uuid]) ORDER BY id DESC LIMIT 50",
            "message_guest_idx",
        ),
    ):
        plan = await desk.ctx.db.fetch(
            f"EXPLAIN SELECT * FROM notifications.message WHERE outlet_id = 1 AND {where}"
        )
        assert index in "\n".join(row[0] for row in plan)


async def test_through_the_logs(desk: Desk, database: Database, database_url: str) -> None:
    """What the orders room writes arrives, in order and once, by the room's own reader."""
    session, bill, wake_signals = uuid7(), uuid7(), LogWakeSignals()
    database.on_written = wake_signals
    transport = LocalTransport(desk.ctx, [notifications.ROOM], database_url, wake_signals)
    await transport.start()
    for number in range(1, 6):
        async with database.transaction("orders") as tx:
            tx.emit(placed(session, bill, number), subject=f"order {number}", outlet_id=1, version=1)
    for _ in range(200):
        if len(found := await desk.kinds("guest", session)) == 5:
            break
        await asyncio.sleep(0.02)
    await transport.stop()
    assert found == ["order_received"] * 5
    causes = await database.fetchval("SELECT count(DISTINCT causation_id) FROM notifications.outbox")
    assert causes == 5, "each message names the event that it tells of"


async def test_old_messages_are_dropped(desk: Desk) -> None:
    for _ in range(2):
        await desk.tell(placed(uuid7(), uuid7()))
    for table in ("message", "bill_session"):
        await desk.ctx.db.execute(
            f"""UPDATE notifications.{table} SET created_at = now() - interval '91 days'
            WHERE ctid = (SELECT ctid FROM notifications.{table} LIMIT 1)"""
        )
    await handlers.prune(desk.ctx)
    for table in ("message", "bill_session"):
        assert await desk.ctx.db.fetchval(f"SELECT count(*) FROM notifications.{table}") == 1
