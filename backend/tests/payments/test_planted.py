"""Each promise that the machine holds after each step is seen to fail: a row is changed behind the platform's back, in the
database or in the provider's books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rasoi.payments.providers import provider_named
from rasoi.platform.database import Database
from tests.orders.conftest import COLA_1, KULFI_1, TABLE, guest
from tests.payments.conftest import staff
from tests.payments.world import PROMISES, World, restore, rows_of

# a row changed behind the platform's back; after "books:" it is one of the provider's
BOOKS = "books:"
PLANTED = [
    ("ledger_equals_books", "UPDATE payments.attempt SET provider_payment_id = 'pay_x' WHERE provider <> 'counter'"),
    ("ledger_equals_books", "UPDATE payments.refund SET provider_refund_id = 'rfnd_x' WHERE provider_refund_id IS NOT NULL"),
    ("ledger_equals_books", "UPDATE payments.payment SET provider_order_id = 'order_x' WHERE provider_order_id IS NOT NULL"),
    ("ledger_equals_books", BOOKS + "UPDATE entity SET doc = json_set(doc, '$.amount_refunded', 1) WHERE kind = 'payment'"),
    ("ledger_equals_books", BOOKS + "UPDATE entity SET doc = json_set(doc, '$.captured', json('false')) WHERE kind = 'payment'"),
    ("ledger_equals_books", BOOKS + "DELETE FROM entity WHERE kind = 'refund'"),
    ("ledger_equals_books", "UPDATE payments.refund SET reference = 'x' WHERE reference LIKE 'disp%'"),
    ("ledger_equals_books", BOOKS + "UPDATE entity SET doc = json_set(doc, '$.amount_deducted', 400) WHERE kind = 'dispute'"),
    ("one_effective_capture", "UPDATE payments.attempt SET on_bill = false WHERE provider = 'counter'"),
    ("refunds_within_captures", "UPDATE payments.refund SET amount_paise = 10000000"),
    ("refunds_within_captures", "DELETE FROM payments.refund"),
    ("tickets_match_orders", "DELETE FROM kitchen.ticket_item"),
    ("tickets_match_orders", "UPDATE orders.orders SET status = 'expired'"),
    ("captures_are_used", """UPDATE payments.refund SET status = 'pending', business_day = NULL, next_try_at = NULL
     WHERE method <> 'cash'"""),
    ("captures_are_used", "UPDATE payments.webhook SET state = 'parked' WHERE event = 'payment.captured'"),
    ("stock_adds_up", "UPDATE inventory.stock SET on_hand_milli = -1"),
    ("stock_adds_up", "DELETE FROM inventory.movement"),
    ("transitions_are_legal", """UPDATE orders.outbox
     SET data = data::jsonb || '{"path": ["placed", "served"], "status": "served"}' WHERE type LIKE '%order.placed%'"""),
    ("transitions_are_legal", """UPDATE payments.outbox SET data = data::jsonb || '{"refund_status": "processed"}'
     WHERE type LIKE '%refund_changed%'"""),
    ("one_key_one_answer", "DELETE FROM payments.idempotency"),
    ("one_key_one_answer", "DELETE FROM orders.idempotency"),
    ("one_key_one_answer", """UPDATE payments.idempotency
     SET body = replace(convert_from(body, 'UTF8'), 'completed', 'failed')::bytea"""),
    ("acknowledged_is_durable", "DELETE FROM orders.orders WHERE payment = 'prepaid'"),
    ("acknowledged_is_durable", "DELETE FROM payments.payment WHERE provider_order_id IS NULL"),
    ("acknowledged_is_durable", "UPDATE payments.refund SET amount_paise = amount_paise - 1"),
    ("forged_changes_nothing", "UPDATE payments.webhook SET body = set_byte(body, 5, 0)"),
    ("forged_changes_nothing", """INSERT INTO payments.webhook (provider, event_id, headers, body, state, next_try_at)
     VALUES ('razorpay', 'x', '{}', '{}', 'applied', NULL)"""),
    ("prepaid_is_paid", "UPDATE orders.bill SET paid_paise = 0, refunded_paise = 0 WHERE payment = 'prepaid'"),
    ("prepaid_is_paid", """UPDATE orders.orders SET bill_id = (
     SELECT bill_id FROM orders.orders WHERE payment = 'prepaid' LIMIT 1)"""),
    ("documents_hold", "UPDATE orders.document_series SET last_number = last_number + 1"),
    ("documents_hold", "DELETE FROM reports.document"),
    ("statistics_agree", "UPDATE payments.daily SET captured_paise = captured_paise + 1"),
    ("statistics_agree", "UPDATE payments.hourly SET refunded_count = refunded_count + 1"),
    ("statistics_agree", "UPDATE payments.refund SET business_day = business_day - 1"),
]  # fmt: skip


async def a_day(world: World) -> None:
    """What the oracles look at, once each: paid online and in cash, given back by hand, by platform, owner and a guest's bank."""
    till, clients, me, table = world.till, world.clients, guest(None), guest(TABLE)
    _, order = await clients.place(me, COLA_1, 2)
    await world.pump()
    _, checkout = await clients.post(me, "/create-razorpay-order", {"order_id": order["id"]})
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    assert (await till.verify(me, checkout, reply)).status_code == 200
    _, eaten = await clients.place(table, KULFI_1, 1)
    await world.pump()
    due = (await till.bill(eaten))["total_paise"]
    cash = {"order_id": eaten["id"], "amount_paise": due, "tendered_paise": due}
    _, in_cash = await clients.post(staff("waiter"), "/confirm-cash", cash)
    await world.serve(1)
    _, refund = await clients.post(
        staff(), f"/{in_cash['id']}/refund", {"amount_paise": 500, "reason": "cold"}
    )
    await clients.post(staff("waiter"), f"/refunds/{refund['id']}/hand-out", {})
    till.simulator.refund_in_dashboard(reply["razorpay_payment_id"], 1000)
    till.simulator.dispute(reply["razorpay_payment_id"], "lost", paise=500)
    await till.deliver()
    await world.rest()


@asynccontextmanager
async def planted(world: World, admin: Database, what: str) -> AsyncIterator[None]:
    """With this fault, in the database or in the provider's books."""
    if what.startswith(BOOKS):
        with world.till.simulator.changed_books(what.removeprefix(BOOKS)):
            yield
        return
    rows = await rows_of(admin)
    async with admin.transaction("payments") as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        assert not (await tx.execute(what)).endswith(" 0"), "nothing to change"
    yield
    await restore(admin, rows)


@pytest.mark.parametrize("oracle", PROMISES.values())
async def test_a_planted_violation_is_found(world: World, admin: Database, oracle: str) -> None:
    await a_day(world)
    assert await world.violations() == []
    for what in [sql for name, sql in PLANTED if name == oracle]:
        async with planted(world, admin, what):
            found = await world.violations()
        assert any(each.startswith(oracle + ": ") for each in found), what
    assert await world.violations() == []


async def test_a_key_that_anybody_could_sign_with_is_found(world: World) -> None:
    """What no row shows: a webhook that somebody else signed is believed."""
    await a_day(world)
    provider = provider_named(world.till.ctx, "razorpay")
    provider._webhook_secrets += ("somebody else's secret",)  # type: ignore[attr-defined]
    assert (
        "forged_changes_nothing: a webhook that was signed by another is answered 200"
        in await world.violations()
    )


def test_something_is_planted_for_every_promise() -> None:
    assert {oracle for oracle, _ in PLANTED} == set(PROMISES.values())
