"""A till: the payments room under its own role, over HTTP, with the real SDK against the real simulator."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.embedded.postgres import ADMIN
from rasoi.payments import ROOM, reconciliation, refunds, webhooks
from rasoi.payments.providers import Providers
from rasoi.payments.providers.razorpay import Razorpay
from rasoi.payments.workers import WorkerSignals
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import Event, bind, decode, reset
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.orders.conftest import COLA_1, Desk, desk, guest, line  # noqa: F401 - desk is a fixture
from tests.payments.world import World
from tests.razorpay_simulator.process import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, Simulator
from tests.support import Cluster, asgi_transport

HANDLERS = {cls.event_type: handler for cls, handler in ROOM.handlers.items()}
OLD_SECRET = "the webhook secret from before the rotation"


def staff(role: str = "manager") -> Principal:
    return Principal(
        kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name=f"Ravi the {role}"
    )


@dataclass
class Till:
    """What guests, staff, the provider and the workers do, one at a time or all at once."""

    ctx: Context
    desk: Desk
    owner: Database
    simulator: Simulator
    http: httpx.AsyncClient
    handled: int = 0
    delivered: set[str] = field(default_factory=set)

    async def call(
        self, who: Principal | None, method: str, path: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid7())} if method == "POST" else {}
        if who is not None:
            headers["Authorization"] = "Bearer " + self.ctx.get(Tokens).issue(who, 3600)
        return await self.http.request(method, f"/api/payments{path}", json=body, headers=headers)

    async def order(
        self, who: Principal, quantity: int = 1, *, variant: UUID = COLA_1, **more: Any
    ) -> dict[str, Any]:
        """A placed order, with its events heard."""
        status, order = await self.desk.place(who, line(variant, quantity), **more)
        assert status == 201
        await self.handle_events()
        return order  # type: ignore[no-any-return]

    async def handle_events(self) -> None:
        """Handle the events of orders that were not handled yet, until there are no new ones."""
        while rows := await self.owner.fetch(
            "SELECT * FROM orders.outbox WHERE id > $1 ORDER BY id", self.handled
        ):
            for row in rows:
                self.handled = row["id"]
                if handler := HANDLERS.get(row["type"]):
                    await self._handle(handler, row)

    async def _handle(self, handler: Any, row: Any) -> None:
        event = Event(
            id=row["event_id"],
            type=row["type"],
            source="/rooms/orders",
            subject=row["subject"],
            time=row["created_at"],
            outletid=row["outlet_id"],
            aggregateversion=row["aggregate_version"],
            correlationid=row["correlation_id"],
            data=msgspec.Raw(msgspec.json.encode(row["data"])),
        )
        tokens = bind(event)
        async with self.ctx.db.transaction("payments") as tx:
            await handler(self.ctx, tx, event, decode(event))
        reset(tokens)

    async def checkout(self, who: Principal, order: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        answer = await self.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]}, key)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def verify(self, who: Principal, checkout: dict[str, Any], reply: dict[str, Any]) -> httpx.Response:
        return await self.call(
            who, "POST", "/verify-razorpay", {"payment_id": checkout["payment_id"], **reply}
        )

    async def buy(self, who: Principal, order: dict[str, Any], method: str = "upi") -> dict[str, Any]:
        """Pay an order online in the ordinary way; returns the payment."""
        checkout = await self.checkout(who, order)
        answer = await self.verify(
            who, checkout, self.simulator.pay(checkout["action"]["options"]["order_id"], method=method)
        )
        assert answer.status_code == 200, answer.text
        await self.handle_events()
        return answer.json()  # type: ignore[no-any-return]

    async def webhook(self, body: bytes, event_id: str, secret: str = WEBHOOK_SECRET) -> httpx.Response:
        signature = hmac.digest(secret.encode(), body, "sha256").hex()
        headers = {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id}
        return await self.http.post("/api/payments/webhook/razorpay", content=body, headers=headers)

    def sent_webhooks(self) -> list[tuple[str, bytes]]:
        """The simulator's webhooks: (event id, body), oldest first."""
        rows = self.simulator.call("GET", "/_simulator/webhooks")[1]["items"]
        return [(row["id"], msgspec.json.encode(row["body"])) for row in rows]

    async def deliver(self) -> None:
        """Let every webhook that was not delivered yet arrive, and be processed."""
        for event_id, body in self.sent_webhooks():
            if event_id not in self.delivered:
                self.delivered.add(event_id)
                assert (await self.webhook(body, event_id)).status_code == 200
        await self.work()

    async def work(self) -> None:
        """One round of the workers."""
        self.ctx.get(WorkerSignals).webhooks.set()
        await webhooks.process_webhooks(self.ctx)
        self.ctx.get(WorkerSignals).attempts.set()
        await reconciliation.finish_attempts(self.ctx)
        await self.handle_events()
        self.ctx.get(WorkerSignals).refunds.set()
        await refunds.send_refunds(self.ctx)
        await self.handle_events()

    async def reconcile(self) -> None:
        self.ctx.get(WorkerSignals).attempts.set()
        await reconciliation.finish_attempts(self.ctx)
        await reconciliation.reconcile(self.ctx)
        await self.handle_events()

    async def pass_deadlines(self) -> None:
        """Time passes: everything that waits for its time is due."""
        await self.owner.execute(
            "UPDATE payments.payment SET expires_at = now() - interval '1 second' WHERE status IN ('pending', 'processing')"
        )
        await self.owner.execute(
            "UPDATE payments.payment SET poll_at = now() - interval '1 second' WHERE poll_at IS NOT NULL"
        )
        await self.make_retries_due()

    async def make_retries_due(self) -> None:
        """Retries are due, but no payment's time is over."""
        for table, column in (("refund", "next_try_at"), ("webhook", "next_try_at"), ("attempt", "poll_at")):
            await self.owner.execute(
                f"UPDATE payments.{table} SET {column} = now() - interval '1 second' WHERE {column} IS NOT NULL"
            )

    async def payment(self, payment_id: Any) -> dict[str, Any]:
        answer = await self.call(staff(), "GET", f"/{payment_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def payments(self) -> list[dict[str, Any]]:
        return (await self.call(staff(), "GET", "?limit=200")).json()["items"]  # type: ignore[no-any-return]

    async def status(self, order: dict[str, Any]) -> str:
        return await self.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", UUID(order["id"]))  # type: ignore[no-any-return]

    async def bill(self, order: dict[str, Any]) -> Any:
        return await self.owner.fetchrow("SELECT * FROM orders.bill WHERE id = $1", UUID(order["bill_id"]))

    async def versions(self) -> dict[str, list[int]]:
        rows = await self.owner.fetch("SELECT subject, aggregate_version FROM payments.outbox ORDER BY id")
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(row["subject"], []).append(row["aggregate_version"])
        return found

    async def everything(self) -> Any:
        """All that the room holds, for comparing."""
        tables = ("payment", "attempt", "refund", "daily", "hourly", "webhook", "outbox")
        found = {t: [dict(r) for r in await self.owner.fetch(f"SELECT * FROM payments.{t}")] for t in tables}
        return {t: sorted(map(repr, rows)) for t, rows in found.items()}


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = Simulator(tmp_path_factory.mktemp("provider") / "books.sqlite").start()
    yield running
    running.stop()


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """With empty books and no faults."""
    assert running_simulator.call("DELETE", "/_simulator/books")[0] == 200
    return running_simulator


@pytest.fixture
async def till(
    desk: Desk,  # noqa: F811
    simulator: Simulator,
    database: Database,
    as_room: AsRoom,
    settings: Settings,
) -> AsyncIterator[Till]:
    ctx = Context(settings, await as_room("payments"))
    provider = Razorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secrets=(WEBHOOK_SECRET, OLD_SECRET),
        checkout_script=f"{simulator.url}/checkout.js",
        base_url=simulator.url,
        simulated=True,
        timeout=(2.0, 1.5),
    )
    ctx.register(Providers([provider]))
    ctx.register(Tokens("a secret of the tests, long enough for it"))
    assert ROOM.start is not None and ROOM.stop is not None
    await ROOM.start(ctx)
    app = http.application(ctx, ROOM.routes, version="test")
    transport = asgi_transport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Till(ctx, desk, database, simulator, client)
    await ROOM.stop(ctx)
    await asyncio.sleep(0)


@pytest.fixture
async def world(till: Till, database: Database) -> World:
    await till.desk.setting(late_grace_s=600, dine_in_payment="pay_later", takeaway_payment="prepaid")
    await database.execute(
        """INSERT INTO inventory.movement (outlet_id, stock_id, kind, quantity_milli)
        SELECT outlet_id, id, 'receipt', on_hand_milli FROM inventory.stock"""
    )
    return World(till, database)


@pytest.fixture
async def admin(cluster: Cluster, database_url: str) -> AsyncIterator[Database]:
    """The test's database under a superuser, who may change what nobody else may."""
    opened = await Database.connect(cluster.url(urlsplit(database_url).path.strip("/"), ADMIN))
    yield opened
    await opened.close()
