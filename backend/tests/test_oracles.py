"""The oracles: clean on what a real small service left behind, and each finds what was planted for it."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from rasoi import app
from rasoi.embedded.postgres import ADMIN
from rasoi.orders import api as orders_api
from rasoi.payments import day_repository, days
from rasoi.platform.database import Database, prepare
from rasoi.settings import Settings, load
from rasoi.staff.api import now_and_business_day
from tests import oracles
from tests.faults.service import COOK, MANAGER, SECRET, WAITER, Service, guest
from tests.razorpay_simulator.process import KEY_SECRET, WEBHOOK_SECRET, Simulator
from tests.support import Cluster

Json = dict[str, Any]


async def eventually(look: Any, seconds: float = 10) -> Any:
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, "it did not come"
        await asyncio.sleep(0.02)
    return found


@dataclass
class Evening:
    """A service in which everything that the oracles look at happens at least once."""

    service: Service
    simulator: Simulator

    async def play(self) -> None:
        shift = await self.shift_begins()
        await self.courses_paid_in_cash()
        await self.online_paid_twice()
        await self.cancelled_by_the_kitchen()
        await self.taken_back()
        await self.made_cheaper()
        await self.moved()
        await self.never_paid()
        await self.paid_and_rejected()
        await self.stock_by_hand()
        counts = {"counts": [{"denomination_paise": 50000, "quantity": 2}]}
        await self.service.do(WAITER, "POST", f"/api/shifts/{shift['id']}/count", json=counts)

    async def shift_begins(self) -> Json:
        """The waiter takes what comes into a drawer, and something is taken out of it."""
        begun = {"drawer": "Main drawer", "float_paise": 200000}
        shift: Json = await self.service.do(WAITER, "POST", "/api/shifts", json=begun)
        moved = {"kind": "out", "amount_paise": 5000, "reason": "Small purchase"}
        await self.service.do(WAITER, "POST", f"/api/shifts/{shift['id']}/movements", json=moved)
        return shift

    async def ticketed(self, order: Json) -> None:
        await eventually(lambda: self.service.tickets(order))

    async def courses_paid_in_cash(self) -> None:
        s = self.service
        lines = [s.line(0, 2), s.line(10, 1), s.line(15, 3, course=2, allergies=["milk"])]
        order = await s.order(
            WAITER, *lines, table_id=s.tables[0]["id"], held_courses=[2], allergies=["nuts"]
        )
        await self.ticketed(order)
        assert (await s.act("fire", order_id=order["id"]))["applied"]
        await s.cook(order, "start", "bump", "recall", "bump", "serve")
        await s.order(WAITER, s.line(5), table_id=s.tables[0]["id"], bill_id=order["bill_id"])
        await s.cash(order)

    async def online_paid_twice(self) -> None:
        s, me = self.service, guest()
        order = await s.order(me, s.line(1), s.line(11, 2))
        checkout = await s.do(
            me, "POST", "/api/payments/create-razorpay-order", json={"order_id": order["id"]}
        )
        self.simulator.pay(checkout["action"]["options"]["order_id"], "late", "card")
        reply = self.simulator.pay(checkout["action"]["options"]["order_id"])
        paid = await s.do(
            me, "POST", "/api/payments/verify-razorpay", json={"payment_id": checkout["payment_id"], **reply}
        )
        assert paid["status"] == "completed"
        failed = next(
            p["id"] for p in self.simulator.books()["payments"] if p["id"] != reply["razorpay_payment_id"]
        )
        self.simulator.late(failed)
        await self.ticketed(order)
        await s.cook(order)
        given_back = {"amount_paise": 1000, "reason": "cold"}
        await s.do(MANAGER, "POST", f"/api/payments/{paid['id']}/refund", json=given_back)

    async def cancelled_by_the_kitchen(self) -> None:
        s = self.service
        order = await s.order(WAITER, s.line(3, 2), table_id=s.tables[1]["id"])
        await self.ticketed(order)
        await s.cook(order, "start")
        await s.cash(order)
        assert (await s.ask(WAITER, "POST", f"/api/orders/{order['id']}/cancel", json={})).status_code == 202

        async def asked() -> bool:
            return any(ticket["cancel_requested"] for ticket in await s.tickets(order))

        await eventually(asked)
        assert (await s.act("accept_cancel", order_id=order["id"]))["applied"]

    async def taken_back(self) -> None:
        """Before it is begun, while it cooks, when it is served, and after it was paid beforehand."""
        s, why = self.service, {"reason": "Took too long", "quantity": 1}

        async def void(who: Any, order: Json, at: int, **more: Any) -> Json:
            path = f"/api/orders/{order['id']}/lines/{order['lines'][at]['id']}/void"
            after: Json = await s.do(who, "POST", path, json=why | more)
            return after

        order = await s.order(WAITER, s.line(3, 4), s.line(15, 3), table_id=s.tables[4]["id"])
        await void(WAITER, order, 1)
        await self.ticketed(order)
        await s.cook(order, "start")
        await void(MANAGER, order, 0)
        await s.cook(order, "bump", "serve")
        await void(MANAGER, order, 0)
        await void(MANAGER, order, 1, quantity=2)
        await s.cash(order)
        paid = await s.order(WAITER, s.line(4, 3))
        await s.cash(paid)
        await self.ticketed(paid)
        await void(WAITER, paid, 0)

    async def made_cheaper(self) -> None:
        """A line, some on the house, a void between, and the whole bill."""
        s, why = self.service, {"reason": "Goodwill"}
        order = await s.order(WAITER, s.line(3, 4), s.line(15, 3), table_id=s.tables[5]["id"])
        lines = [f"/api/orders/{order['id']}/lines/{line['id']}" for line in order["lines"]]
        await s.do(MANAGER, "POST", f"{lines[0]}/discount", json=why | {"percent_bp": 1250})
        await s.do(MANAGER, "POST", f"{lines[0]}/complimentary", json=why | {"quantity": 1})
        await s.do(WAITER, "POST", f"{lines[0]}/void", json={"reason": "Took too long", "quantity": 1})
        bill = f"/api/bills/{order['bill_id']}/discounts"
        given = await s.do(MANAGER, "POST", bill, json=why | {"amount_paise": 3333})
        [mistake] = given["orders"][0]["lines"][1]["discounts"]
        await s.do(WAITER, "DELETE", f"{bill}/{mistake['id']}")
        await s.do(MANAGER, "POST", bill, json=why | {"percent_bp": 1000})
        await self.ticketed(order)
        await s.cook(order)
        await s.cash(order)

    async def moved(self) -> None:
        """A party that goes to another table while its food is made, and orders there."""
        s = self.service
        old, new = s.tables[6], s.tables[7]
        me = await s.sit(old)
        order = await s.order(WAITER, s.line(3), table_id=old["id"])
        await self.ticketed(order)
        await s.do(WAITER, "POST", f"/api/tables/{old['id']}/move", json={"table_id": new["id"]})
        assert (await s.order(me, s.line(3)))["table"]["id"] == new["id"]

    async def never_paid(self) -> None:
        s, me = self.service, guest()
        order = await s.order(me, s.line(2))
        await s.do(me, "POST", f"/api/orders/{order['id']}/cancel", json={})
        await s.order(guest(), s.line(2))  # still waits

    async def paid_and_rejected(self) -> None:
        s = self.service
        await s.do(MANAGER, "PATCH", "/api/staff/outlet", json={"approve_first_order": True})
        me = await s.sit(s.tables[2])
        order = await s.order(me, s.line(4))
        assert order["status"] == "placed"
        await s.cash(order)
        await s.do(WAITER, "POST", f"/api/orders/{order['id']}/reject", json={"reason": "closing"})
        other = await s.order(await s.sit(s.tables[3]), s.line(4))
        await s.do(WAITER, "POST", f"/api/orders/{other['id']}/approve")

    async def stock_by_hand(self) -> None:
        s = self.service
        items = (await s.do(MANAGER, "GET", "/api/inventory/stock?limit=200"))["items"]
        counted = next(i for i in items if i["kind"] == "counted")
        about = {"stock_id": counted["id"], "quantity_milli": 1000, "reason": "dropped"}
        for kind in ("receipts", "waste", "counts"):
            await s.do(MANAGER, "POST", f"/api/inventory/{kind}", json=about)
        await s.do(
            COOK, "PUT", f"/api/menu/items/{s.dishes[9]['id']}/availability", json={"available": False}
        )


async def deliver(simulator: Simulator, http: httpx.AsyncClient) -> None:
    """The simulator's webhooks, which can't reach an application without a port."""
    for told in simulator.call("GET", "/_simulator/webhooks")[1]["items"]:
        body = msgspec.json.encode(told["body"])
        signature = hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256").hex()
        headers = {
            "Content-Type": "application/json",
            "X-Razorpay-Signature": signature,
            "x-razorpay-event-id": told["id"],
        }
        assert (
            await http.post("/api/payments/webhook/razorpay", content=body, headers=headers)
        ).status_code == 200


async def keep_today(db: Database) -> None:
    """The report of the evening, at rest. To close it, its loose ends would have to be settled first."""
    async with db.transaction("payments") as tx:
        _, today = await now_and_business_day(tx, 1)
        figures = await orders_api.day_figures(tx, 1, today)
        await day_repository.add(tx, await days._report(tx, MANAGER, today, figures, []), MANAGER.id)


async def fill(settings: Settings, url: str, simulator: Simulator) -> list[str]:
    """Play the evening on a database. Returns the violations."""
    async with app.platform(settings, url, None) as platform:
        transport = httpx.ASGITransport(app=platform.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.url) as http:
            await Evening(await Service(http).open(), simulator).play()
            await deliver(simulator, http)
            violations = await oracles.at_rest(platform.ctx.db, simulator.books, 15)
            for log in ("orders", "payments", "kitchen", "inventory"):
                assert await platform.ctx.db.fetchval(f"SELECT count(*) FROM {log}.outbox"), log
            await keep_today(platform.ctx.db)
            return violations


@dataclass(frozen=True)
class Served:
    database: str
    books: oracles.Books
    violations: list[str]


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A database, and the provider's books, after the evening."""
    directory: Path = tmp_path_factory.mktemp("evening")
    simulator = Simulator(directory / "books.sqlite").start()
    settings = load({"RASOI_DATA": str(directory), "SECRET_KEY": SECRET})
    settings = replace(
        settings,
        simulator_port=simulator.port,
        simulator_key_secret=KEY_SECRET,
        razorpay_webhook_secrets=(WEBHOOK_SECRET,),
    )
    name = asyncio.run(cluster.create())
    try:
        violations = asyncio.run(fill(settings, cluster.url(name), simulator))
        yield Served(name, simulator.books(), violations)
    finally:
        simulator.stop()
        asyncio.run(cluster.drop(name))


@pytest.fixture
async def copy(served: Served, cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    """This test's own copy of it, under the superuser, with triggers and foreign keys asleep."""
    name = await cluster.create(served.database)
    conn = await asyncpg.connect(cluster.url(name, ADMIN))
    await prepare(conn)
    await conn.execute("SET session_replication_role = replica")
    yield conn
    await conn.close()
    await cluster.drop(name)


def test_a_real_service_keeps_every_promise(served: Served) -> None:
    assert served.violations == []
    assert len(served.books["payments"]) == 2
    assert len(served.books["refunds"]) == 2


EVENT = """INSERT INTO {log}.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
SELECT uuidv7(), type, subject, outlet_id, aggregate_version + 1, correlation_id, data::jsonb || '{data}' FROM {log}.outbox
WHERE id = (SELECT max(id) FROM {log}.outbox WHERE type LIKE '{type}')"""

# what only a superuser can do
UNFREEZE = "ALTER TABLE orders.document DISABLE TRIGGER USER, DROP CONSTRAINT document_hash_check;"
# each plants one fault; the words are what the report must say
PLANTED: list[tuple[str, str, str]] = [
    ("one_effective_capture", "more than one effective",
     "DROP INDEX payments.attempt_on_bill_key; UPDATE payments.attempt SET on_bill = true WHERE status = 'captured'"),
    ("one_effective_capture", "settled no bill", "UPDATE payments.attempt SET refunded_paise = 0 WHERE NOT on_bill"),
    ("one_effective_capture", "never captured", """UPDATE payments.attempt SET
     status = 'failed', captured_at = NULL, business_day = NULL WHERE on_bill AND refunded_paise = 0"""),
    ("refunds_within_captures", "more refunded than captured", "UPDATE payments.refund SET amount_paise = 10000000"),
    ("refunds_within_captures", "refunds don't add up", "UPDATE payments.refund SET amount_paise = amount_paise - 1"),
    ("refunds_within_captures", "differ from their attempts",
     "UPDATE payments.payment SET captured_paise = captured_paise + 1 WHERE status = 'completed'"),
    ("statistics_agree", "daily totals", "UPDATE payments.daily SET captured_paise = captured_paise + 1"),
    ("statistics_agree", "daily totals", "DELETE FROM payments.daily"),
    ("statistics_agree", "hours that do not add up", "UPDATE payments.hourly SET refunded_count = refunded_count + 1"),
    ("statistics_agree", "failed tries", "UPDATE payments.daily SET failed_count = failed_count + 1"),
    ("statistics_agree", "without their money",
     "UPDATE payments.payment SET business_day = business_day - 1 WHERE captured_paise > 0"),
    ("statistics_agree", "the lists of", "UPDATE payments.refund SET amount_paise = amount_paise + 1 WHERE status = 'processed'"),
    ("statistics_agree", "the lists of",
     "UPDATE payments.attempt SET business_day = business_day - 1 WHERE status = 'captured' AND method = 'cash'"),
    ("closed_days_stay", "not the statistics", "UPDATE payments.daily SET captured_paise = captured_paise + 1"),
    ("closed_days_stay", "documents or orders", "UPDATE orders.orders SET total_paise = total_paise + 1"),
    ("closed_days_stay", "shifts are not those", "UPDATE payments.shift SET counted_paise = counted_paise + 1"),
    ("closed_days_stay", "does not follow", """ALTER TABLE payments.day_close DISABLE TRIGGER ALL;
     UPDATE payments.day_close SET number = 2"""),
    ("tables_agree", "open bills that", "UPDATE orders.bill SET table_name = 'x'"),
    ("tables_agree", "orders under way", "UPDATE orders.orders SET table_id = uuidv7()"),
    ("tables_agree", "phones that", "UPDATE orders.guest_session SET table_id = uuidv7()"),
    ("tables_agree", "tickets that name", "UPDATE kitchen.ticket SET table_name = 'x'"),
    ("shifts_add_up", "do not expect", "UPDATE payments.shift SET expected_paise = expected_paise + 1"),
    ("shifts_add_up", "do not expect", "UPDATE payments.attempt SET shift_id = NULL"),
    ("shifts_add_up", "sum of their denominations", "UPDATE payments.shift SET counts = '[]'"),
    ("shifts_add_up", "no cash, or of another", "UPDATE payments.shift SET person_id = uuidv7()"),
    ("shifts_add_up", "no cash, or of another", "UPDATE payments.shift SET closed_at = opened_at"),
    ("tickets_match_orders", "no ticket has exactly once", "DELETE FROM kitchen.ticket_item"),
    ("tickets_match_orders", "no ticket has exactly once", "UPDATE kitchen.ticket_item SET quantity = quantity + 1"),
    ("tickets_match_orders", "no ticket has exactly once",
     """INSERT INTO kitchen.ticket_item SELECT outlet_id, uuidv7(), ticket_id, 9, line_id, name, variant, quantity,
     modifiers, note, allergens, state, acknowledged, allergies FROM kitchen.ticket_item"""),
    ("tickets_match_orders", "more voided than anybody took back", "UPDATE kitchen.ticket_item SET state = 'voided'"),
    ("sums_are_right", "are not what was ordered", "UPDATE orders.orders SET voids = '[]'"),
    ("sums_are_right", "are not what was ordered", """UPDATE orders.orders SET voids = jsonb_set(voids, '{0,taxable_paise}', '1')
     WHERE voids <> '[]'"""),
    ("sums_are_right", "not their taxable value and taxes, or of no line",
     "UPDATE orders.orders SET voids = jsonb_set(voids, '{0,total_paise}', '1') WHERE voids <> '[]'"),
    ("sums_are_right", "not their taxable value and taxes, or of no line",
     "UPDATE orders.orders SET voids = jsonb_set(voids, '{0,line_id}', to_jsonb(id)) WHERE voids <> '[]'"),
    ("sums_are_right", "at their price, less their discounts", "UPDATE orders.line SET discount_paise = 1 WHERE quantity > 0"),
    ("sums_are_right", "at their price, less their discounts",
     """UPDATE orders.line SET discounts = '[{"paise": 5}, {"paise": -5}]'"""),
    ("sums_are_right", "at their price, less their discounts", "UPDATE orders.line SET tax_inclusive = NOT tax_inclusive"),
    ("sums_are_right", "at their price, less their discounts",
     "UPDATE orders.line SET taxes = jsonb_set(taxes, '{0,paise}', '1') WHERE jsonb_array_length(taxes) > 0"),
    ("sums_are_right", "offers that their house never made",
     """UPDATE orders.line SET discounts = jsonb_build_array(jsonb_build_object('id', id, 'kind', 'offer', 'paise', 0))"""),
    ("sums_are_right", "nobody is named for",
     "UPDATE orders.line SET discounts = jsonb_set(discounts, '{0,by}', 'null') WHERE discounts <> '[]'"),
    ("sums_are_right", "not those of its lines", "UPDATE orders.orders SET taxes = '[]'"),
    ("tickets_match_orders", "nobody ordered there", "UPDATE kitchen.ticket_item SET line_id = uuidv7()"),
    ("tickets_match_orders", "guests' allergies", "UPDATE kitchen.ticket SET allergies = '{}'"),
    ("tickets_match_orders", "guests' allergies", "UPDATE kitchen.ticket_item SET allergies = '{}'"),
    ("tickets_match_orders", "guests' allergies", "UPDATE orders.line SET allergies = '{egg}'"),
    ("tickets_match_orders", "tickets without items", "DELETE FROM kitchen.ticket_item"),
    ("tickets_match_orders", "two tickets",
     """DROP INDEX kitchen.ticket_outlet_id_order_id_course_station_key, kitchen.ticket_outlet_id_station_number_key;
     UPDATE kitchen.ticket SET course = 1, station = 'x'"""),
    ("tickets_match_orders", "may not be cooked", "UPDATE orders.orders SET status = 'expired' WHERE status = 'confirmed'"),
    ("tickets_match_orders", "may not be cooked", "DELETE FROM orders.orders WHERE status = 'completed'"),
    ("tickets_match_orders", "live tickets of cancelled", """UPDATE kitchen.ticket SET state = 'queued', visible = true
     WHERE order_id IN (SELECT id FROM orders.orders WHERE status = 'cancelled')"""),
    ("tickets_match_orders", "not as far as", "UPDATE orders.orders SET status = 'ready' WHERE status = 'confirmed'"),
    ("captures_are_used", "without exactly one attempt", "UPDATE payments.attempt SET on_bill = false WHERE method = 'cash'"),
    ("captures_are_used", "hold more money", "UPDATE orders.bill SET total_paise = 0, net_paise = 0 WHERE paid_paise > 0"),
    ("captures_are_used", "wait for their payment", """UPDATE orders.bill SET paid_paise = total_paise
     WHERE id IN (SELECT bill_id FROM orders.orders WHERE status = 'awaiting_payment')"""),
    ("captures_are_used", "nobody sends", """UPDATE payments.refund SET status = 'pending', business_day = NULL,
     next_try_at = NULL WHERE method <> 'cash'"""),
    ("captures_are_used", "came to no end", "UPDATE payments.webhook SET state = 'parked'"),
    ("prepaid_is_paid", "without the money of their own", "UPDATE orders.bill SET paid_paise = 0, refunded_paise = 0"),
    ("prepaid_is_paid", "without the money of their own", "UPDATE orders.orders SET payment = 'prepaid'"),
    ("prepaid_is_paid", "that a prepaid order shares", """UPDATE orders.orders SET bill_id = (
     SELECT bill_id FROM orders.orders WHERE payment = 'prepaid' LIMIT 1)"""),
    ("prepaid_is_paid", "of the other kind", "UPDATE orders.bill SET payment = 'pay_later'"),
    ("stock_adds_up", "made negative", """UPDATE inventory.stock SET on_hand_milli = -5 WHERE kind = 'counted' AND NOT EXISTS (
     SELECT FROM inventory.movement WHERE stock_id = stock.id AND quantity_milli < 0)"""),
    ("stock_adds_up", "don't add up to what is on hand", "UPDATE inventory.stock SET on_hand_milli = on_hand_milli + 1"),
    ("stock_adds_up", "live reservations are not", "UPDATE inventory.reservation SET state = 'released', settled_at = now()"),
    ("stock_adds_up", "nobody will settle", "UPDATE inventory.reservation SET order_id = uuidv7() WHERE state = 'reserved'"),
    ("stock_adds_up", "not taken from stock", "UPDATE inventory.usage SET consumed_at = NULL"),
    ("stock_adds_up", "started and not used", "DELETE FROM inventory.usage"),
    ("stock_adds_up", "started and not used", "UPDATE inventory.usage SET kitchen_item_id = uuidv7()"),
    ("sums_are_right", "sum of their live orders", "UPDATE orders.bill SET net_paise = net_paise + 1"),
    ("sums_are_right", "not rounded", "UPDATE orders.bill SET total_paise = total_paise + 1"),
    ("sums_are_right", "payments are not what was paid", "UPDATE orders.bill SET paid_paise = paid_paise + 1"),
    ("sums_are_right", "refunds are not what",
     "UPDATE orders.bill SET refunded_paise = refunded_paise + 1 WHERE paid_paise > refunded_paise"),
    ("sums_are_right", "not the sum of their lines", "UPDATE orders.orders SET total_paise = total_paise + 1"),
    ("sums_are_right", "taxable value and taxes", "UPDATE orders.line SET taxable_paise = taxable_paise + 1"),
    ("sums_are_right", "orders without lines", "DELETE FROM orders.line"),
    ("sums_are_right", "bills without orders", "UPDATE orders.orders SET bill_id = uuidv7()"),
    ("sums_are_right", "order numbers have gaps", "DELETE FROM orders.orders WHERE number = 2"),
    ("sums_are_right", "order numbers have gaps", "UPDATE orders.day_counter SET last_number = last_number + 1"),
    ("documents_hold", "notes that credit more", f"""{UNFREEZE} UPDATE orders.document SET body = jsonb_set(
     body::jsonb, '{{lines}}', (SELECT jsonb_agg(l || '{{"taxable_paise": 99999999, "total_paise": 99999999}}')
     FROM jsonb_array_elements(body::jsonb->'lines') l))::text WHERE kind = 'credit_note'"""),
    ("documents_hold", "not the sales of the statistics", "UPDATE reports.document SET total_paise = total_paise + 1"),
    ("documents_hold", "not the sales of the statistics", "DELETE FROM reports.document WHERE kind = 'credit_note'"),
    ("documents_hold", "not the one that was issued",
     f"{UNFREEZE} UPDATE orders.document SET body = replace(body, '\"Rasoi', '\"Another')"),
    ("documents_hold", "were issued", "UPDATE orders.document_series SET last_number = last_number + 1"),
    ("documents_hold", "closed and has no document",
     f"{UNFREEZE} DELETE FROM orders.document; DELETE FROM orders.document_series"),
    ("documents_hold", "belongs to no bill", "UPDATE orders.bill SET id = uuidv7() WHERE status = 'closed'"),
    ("documents_hold", "are not the money held", "UPDATE orders.bill SET refunded_paise = paid_paise WHERE status = 'closed'"),
    ("documents_hold", "are not the money held",
     "UPDATE orders.bill SET (paid_paise, total_paise) = (paid_paise + 100, total_paise + 100) WHERE status = 'closed'"),
    ("boards_are_true", "ticket numbers have gaps",
     "UPDATE kitchen.board SET last_number = last_number + 1 WHERE last_number > 0"),
    ("boards_are_true", "another hash", "UPDATE kitchen.ticket SET version = version + 1 WHERE visible"),
    ("reports_are_true", "not what the orders are", "UPDATE reports.sale SET counted = NOT counted"),
    ("reports_are_true", "not what the orders are", "DELETE FROM reports.sale WHERE NOT counted"),
    ("reports_are_true", "not what the orders are", "UPDATE reports.sale SET taxable_paise = taxable_paise + 1"),
    ("reports_are_true", "sold as something else", "UPDATE reports.sale_line SET quantity = quantity + 1"),
    ("reports_are_true", "took another time", "UPDATE reports.preparation SET ready_at = ready_at + interval '1 s'"),
    ("reports_are_true", "took another time", "DELETE FROM reports.preparation WHERE ready_at IS NOT NULL"),
    ("events_are_consumed", "kitchen has not consumed", "DELETE FROM kitchen.inbox WHERE log = 'orders'"),
    ("events_are_consumed", "that orders has not", "INSERT INTO payments.inbox (log, event_id) VALUES ('orders', uuidv7())"),
    ("events_are_consumed", "inventory parked",
     "INSERT INTO inventory.parked (log, position, subject, event, reason) VALUES ('kitchen', 1, 's', '{}', 'it fails')"),
    ("versions_are_gapless", "don't follow", "DELETE FROM orders.outbox WHERE aggregate_version = 2"),
    ("versions_are_gapless", "don't follow", "DELETE FROM kitchen.outbox WHERE aggregate_version = 1"),
    ("versions_are_gapless", "don't follow", "UPDATE notifications.outbox SET subject = 'one'"),
    ("versions_are_gapless", "orders whose last event", "UPDATE orders.orders SET version = version + 1"),
    ("versions_are_gapless", "bills whose last event", "UPDATE orders.bill SET version = version + 1"),
    ("versions_are_gapless", "payments whose last event", "UPDATE payments.payment SET version = version + 1"),
    ("versions_are_gapless", "stock whose last event", "UPDATE inventory.stock SET version = version + 1"),
    ("versions_are_gapless", "boards whose last event", "UPDATE kitchen.board SET sequence = sequence + 1"),
    ("transitions_are_legal", "placed → served is not in the table",
     """UPDATE orders.outbox SET data = data::jsonb || '{"path": ["placed", "served"], "status": "served"}'
     WHERE type LIKE '%order.placed%'"""),
    ("transitions_are_legal", "goes on from",
     """UPDATE orders.outbox SET data = data::jsonb || '{"path": [], "status": "ready"}' WHERE type LIKE '%order.placed%'"""),
    ("transitions_are_legal", "the path ends as",
     """UPDATE payments.outbox SET data = data::jsonb || '{"status": "failed"}' WHERE type LIKE '%completed%'"""),
    ("transitions_are_legal", "completed → pending is not in the table",
     EVENT.format(log="payments", type="%completed%", data='{"path": ["completed", "pending"], "status": "pending"}')),
    ("transitions_are_legal", "refund", """UPDATE payments.outbox SET data = data::jsonb || '{"refund_status": "processed"}'
     WHERE type LIKE '%refund_changed%'"""),
    ("transitions_are_legal", "served → queued is not in the table", """INSERT INTO kitchen.outbox
     (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
     SELECT uuidv7(), type, subject, outlet_id, aggregate_version, correlation_id, replace(data::text, 'served', 'queued')::jsonb
     FROM kitchen.outbox WHERE data->>'action' = 'serve'"""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words", "sql"), PLANTED, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(PLANTED)]
)
async def test_an_oracle_finds_what_was_planted(
    copy: asyncpg.Connection, name: str, words: str, sql: str
) -> None:
    assert await oracles.ORACLES[name](copy) == []
    await copy.execute(sql)
    assert any(words in fault for fault in await oracles.ORACLES[name](copy))


def test_something_is_planted_for_every_question() -> None:
    told = {(name, words) for name, words, _ in PLANTED}
    assert {name for name, _ in told} == set(oracles.ORACLES)
    missing = [
        (oracle, meaning)
        for oracle, meaning, _ in oracles.QUESTIONS
        if not any(o == oracle and w in meaning for o, w in told)
    ]
    assert missing == []


def changed(books: oracles.Books, kind: str, **changes: Any) -> oracles.Books:
    """The books with their first document of a kind altered, or taken out when nothing is said."""
    first, *others = books[kind]
    return {**books, kind: [first | changes, *others] if changes else others}


async def test_the_ledger_is_compared_with_the_providers_books(
    served: Served, copy: asyncpg.Connection
) -> None:
    assert await oracles.ledger_equals_books(copy, served.books) == []
    payment, refund = served.books["payments"][0], served.books["refunds"][0]
    wrong = [
        changed(served.books, "payments"),
        changed(served.books, "payments", amount=payment["amount"] + 1),
        changed(served.books, "payments", captured=False),
        changed(served.books, "payments", amount_refunded=payment["amount_refunded"] + 1),
        changed(served.books, "payments", id="pay_unknown"),
        changed(served.books, "orders", amount=1),
        changed(served.books, "refunds"),
        changed(served.books, "refunds", status="failed"),
        changed(served.books, "refunds", amount=refund["amount"] + 1),
        {**served.books, "payments": [p | {"amount_refunded": 0} for p in served.books["payments"]]},
    ]
    for books in wrong:
        assert await oracles.ledger_equals_books(copy, books), books


async def test_at_rest_gives_up_after_its_time(copy: asyncpg.Connection, cluster: Cluster) -> None:
    database = await Database.connect(cluster.url(await copy.fetchval("SELECT current_database()")))
    assert await oracles.at_rest(database, seconds=5) == []
    await copy.execute("UPDATE orders.day_counter SET last_number = 99")
    assert len(await oracles.at_rest(database, seconds=0.2)) == 1
    await database.close()
