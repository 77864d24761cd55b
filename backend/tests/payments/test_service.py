"""Paying, in the ordinary way and in all others, against the simulator, under the room's own database role."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from rasoi.contracts.orders import BillClosed
from rasoi.orders import service as orders_service
from rasoi.payments import handlers, reconciliation, webhooks
from rasoi.payments.refunds import refund_excess
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.events import new_event
from tests.orders.conftest import KULFI_1, OTHER_TABLE, TABLE, guest
from tests.payments.conftest import Till, staff


async def ledger_equals_books(till: Till) -> None:
    """Promise 1: every capture and refund in our ledger stands in the provider's books, and the other way round."""
    books = till.simulator.books()
    attempts = await till.owner.fetch("SELECT * FROM payments.attempt WHERE provider = 'razorpay'")
    ours = {
        a["provider_payment_id"]: (a["amount_paise"], a["refunded_paise"])
        for a in attempts
        if a["status"] == "captured"
    }
    theirs = {p["id"]: (p["amount"], p["amount_refunded"]) for p in books["payments"] if p["captured"]}
    returned = {
        p["id"] for p in books["payments"] if not p["captured"]
    }  # never ours, nor what went back of it
    assert ours == theirs
    refunds = await till.owner.fetch(
        "SELECT * FROM payments.refund WHERE status = 'processed' AND method <> 'cash'"
    )
    mine = dict[str, int]()
    for refund in refunds:
        name = refund["provider_refund_id"]
        mine[name] = mine.get(name, 0) + refund["amount_paise"]
    done = [r for r in books["refunds"] if r["status"] == "processed" and r["payment_id"] not in returned]
    assert mine == {r["id"]: r["amount"] for r in done}


async def books_add_up(till: Till) -> None:
    """The ledger in itself: versions without gaps, bills and days that equal the sums of their rows."""
    for subject, versions in (await till.versions()).items():
        assert versions == list(range(1, len(versions) + 1)), subject
    day = await till.owner.fetchrow("SELECT sum(captured_paise) c, sum(refunded_paise) r FROM payments.daily")
    captured = await till.owner.fetchval(
        "SELECT sum(amount_paise) FROM payments.attempt WHERE status = 'captured'"
    )
    refunded = await till.owner.fetchval(
        "SELECT sum(amount_paise) FROM payments.refund WHERE status = 'processed'"
    )
    assert (day["c"] or 0, day["r"] or 0) == (captured or 0, refunded or 0)
    for bill in await till.owner.fetch("SELECT * FROM orders.bill"):
        paid = await till.owner.fetchval(
            """SELECT sum(a.amount_paise) FROM payments.attempt a JOIN payments.payment p ON p.id = a.payment_id
            WHERE p.bill_id = $1 AND a.on_bill""",
            bill["id"],
        )
        assert bill["paid_paise"] == (paid or 0)


@pytest.fixture
async def oracle(till: Till) -> Any:
    """Run these checks at the end of a test."""
    yield
    await ledger_equals_books(till)
    await books_add_up(till)


pytestmark = pytest.mark.usefixtures("oracle")


async def test_a_prepaid_order_is_paid_online_and_goes_to_the_kitchen(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    assert order["status"] == "awaiting_payment"
    (asked,) = await till.payments()
    assert (asked["status"], asked["amount_paise"], asked["order_id"]) == ("pending", 6300, order["id"])
    checkout = await till.checkout(who, order)
    assert checkout["payment_id"] == asked["id"]
    assert (checkout["amount_paise"], checkout["currency"], checkout["simulated"], checkout["name"]) == (
        6300,
        "INR",
        True,
        "Test",
    )
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"], method="card")
    paid = (await till.verify(who, checkout, reply)).json()
    assert (paid["status"], paid["method"], paid["captured_paise"]) == ("completed", "card", 6300)
    assert await till.status(order) == "confirmed"
    assert (await till.bill(order))["status"] == "closed"
    again = await till.verify(who, checkout, reply)
    assert again.json() == paid
    before = await till.everything()
    await till.deliver()
    after = await till.everything()
    assert {k: v for k, v in after.items() if k != "webhook"} == {
        k: v for k, v in before.items() if k != "webhook"
    }
    assert {row["state"] for row in await till.owner.fetch("SELECT state FROM payments.webhook")} == {
        "superseded"
    }
    types = [r["type"] for r in await till.owner.fetch("SELECT type FROM payments.outbox ORDER BY id")]
    assert types == [f"rasoi.payment.{what}.v1" for what in ("requested", "changed", "completed")]


async def test_what_is_booked_already_waits_for_no_lock(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"], method="card")
    await till.verify(who, checkout, reply)
    for event_id, body in till.sent_webhooks():
        assert (await till.webhook(body, event_id)).status_code == 200
    await till.handle_events()
    async with till.owner.transaction("orders") as tx:
        await tx.execute("SELECT FROM orders.bill FOR UPDATE")
        await tx.execute("SELECT FROM payments.payment FOR UPDATE")
        till.ctx.get(WorkerSignals).webhooks.set()
        await webhooks.process_webhooks(till.ctx)
        bill = await till.owner.fetchval("SELECT id FROM orders.bill")
        sql = "SELECT data FROM orders.outbox WHERE type = 'rasoi.bill.closed.v1'"
        closed = msgspec.convert(await till.owner.fetchval(sql), BillClosed)
        event = new_event(closed, subject=str(bill), outlet_id=1, version=9)
        async with till.ctx.db.transaction("payments") as own:
            await handlers.on_bill(till.ctx, own, event, closed)
    states = await till.owner.fetch("SELECT DISTINCT state FROM payments.webhook")
    assert [row["state"] for row in states] == ["superseded"]


async def test_the_webhook_alone_completes_it_when_the_browser_is_gone(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    for event_id, body in reversed(till.sent_webhooks()):  # in any order, and more than once
        for _ in range(3):
            assert (await till.webhook(body, event_id)).status_code == 200
    await till.work()
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    assert await till.status(order) == "confirmed"
    assert await till.owner.fetchval("SELECT count(*) FROM payments.webhook") == 3


async def test_the_janitor_finds_it_when_browser_and_webhook_are_lost(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    await till.pass_deadlines()
    await till.reconcile()
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    assert await till.status(order) == "confirmed"


async def test_nobody_pays_and_the_order_expires_with_its_stock_back(till: Till) -> None:
    who = guest(None)
    order = await till.order(who, variant=KULFI_1, quantity=5)
    await till.checkout(who, order)
    assert await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 5000
    await till.reconcile()
    assert await till.status(order) == "awaiting_payment", "its time is not over yet"
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    assert await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0
    (payment,) = await till.payments()
    assert payment["status"] == "expired"
    assert (await till.bill(order))["status"] == "voided"
    answer = await till.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-due")


async def test_a_late_capture_is_fulfilled_when_it_still_can_be(till: Till) -> None:
    who = guest(None)
    order = await till.order(who, variant=KULFI_1)
    checkout = await till.checkout(who, order)
    late = till.simulator.pay(checkout["action"]["options"]["order_id"], "late")["razorpay_payment_id"]
    await till.deliver()
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    assert (await till.payment(checkout["payment_id"]))["status"] == "failed"
    till.simulator.late(late)
    await till.deliver()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], [a["status"] for a in payment["attempts"]]) == ("completed", ["captured"])
    assert await till.status(order) == "confirmed"
    assert await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 1000


async def test_a_late_capture_is_refunded_when_the_food_is_gone(till: Till) -> None:
    who = guest(None)
    order = await till.order(who, variant=KULFI_1, quantity=5)
    checkout = await till.checkout(who, order)
    late = till.simulator.pay(checkout["action"]["options"]["order_id"], "late")["razorpay_payment_id"]
    await till.pass_deadlines()
    await till.reconcile()
    await till.order(guest(None), variant=KULFI_1, quantity=4)
    till.simulator.late(late)  # its webhook is lost: the reconciler still looks
    await till.owner.execute(
        "UPDATE payments.payment SET poll_at = now() WHERE id = $1", UUID(checkout["payment_id"])
    )
    await till.reconcile()
    await till.work()
    payment = await till.payment(checkout["payment_id"])
    assert payment["status"] in ("failed", "expired")
    assert (payment["captured_paise"], payment["refunded_paise"]) == (
        payment["amount_paise"],
        payment["amount_paise"],
    )
    assert [r["status"] for r in payment["refunds"]] == ["processed"]
    assert await till.status(order) == "expired"


async def test_a_second_capture_is_refunded(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    late = till.simulator.pay(checkout["action"]["options"]["order_id"], "late", "card")[
        "razorpay_payment_id"
    ]
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"], method="upi")
    assert (await till.verify(who, checkout, reply)).json()["status"] == "completed"
    till.simulator.late(late)
    await till.deliver()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["captured_paise"], payment["refunded_paise"], payment["method"]) == (12600, 6300, "upi")
    assert [(r["status"], r["amount_paise"]) for r in payment["refunds"]] == [("processed", 6300)]
    assert (await till.bill(order))["paid_paise"] == 6300


async def test_cash_and_an_online_payment_under_way_do_not_both_stay(till: Till) -> None:
    who = guest()
    order = await till.order(who, 2)
    checkout = await till.checkout(who, order)
    asked = {"bill_id": order["bill_id"], "amount_paise": 12600, "tendered_paise": 20000}
    cash = await till.call(staff("waiter"), "POST", "/confirm-cash", asked)
    assert cash.status_code == 201
    (attempt,) = cash.json()["attempts"]
    assert (attempt["change_paise"], attempt["waiter"]["name"], attempt["provider"]) == (
        7400,
        "Ravi the waiter",
        "counter",
    )
    await till.handle_events()
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    await till.pass_deadlines()
    await till.reconcile()  # no webhook came
    await till.work()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["method"], payment["captured_paise"], payment["refunded_paise"]) == ("cash", 25200, 12600)
    shown = (await till.call(who, "GET", f"/{payment['id']}")).json()
    assert all(a["waiter"] is None for a in shown["attempts"])


async def test_cash_must_be_what_is_due(till: Till) -> None:
    order = await till.order(guest())
    asked = {"order_id": order["id"], "amount_paise": 6200, "tendered_paise": 7000}
    wrong = await till.call(staff("waiter"), "POST", "/confirm-cash", asked)
    assert (wrong.status_code, wrong.json()["type"], wrong.json()["due_paise"]) == (
        409,
        "/problems/due-changed",
        6300,
    )
    short = await till.call(
        staff("waiter"), "POST", "/confirm-cash", asked | {"amount_paise": 6300, "tendered_paise": 6299}
    )
    assert short.status_code == 422
    assert await till.payments() == []
    right = asked | {"amount_paise": 6300}
    answers = await asyncio.gather(
        *(till.call(waiter, "POST", "/confirm-cash", right, "one") for waiter in [staff("waiter")] * 20)
    )
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    assert len(await till.payments()) == 1
    done = await till.call(staff("waiter"), "POST", "/confirm-cash", right)
    assert (done.status_code, done.json()["due_paise"]) == (409, 0)


async def test_what_changed_meanwhile_is_asked_for_anew(till: Till) -> None:
    who = guest()
    first = await till.order(who)
    before = await till.checkout(who, first)
    await till.order(who)
    after = await till.checkout(who, first)
    assert (before["amount_paise"], after["amount_paise"]) == (6300, 12600)
    assert (await till.payment(before["payment_id"]))["status"] == "cancelled"
    reply = till.simulator.pay(
        before["action"]["options"]["order_id"]
    )  # the old window was still open: the money is not lost
    assert (await till.verify(who, before, reply)).json()["status"] == "completed"
    await till.handle_events()
    assert (await till.payment(after["payment_id"]))["status"] == "cancelled"
    rest = await till.checkout(who, first)
    assert rest["amount_paise"] == 6300
    reply = till.simulator.pay(rest["action"]["options"]["order_id"])
    assert (await till.verify(who, rest, reply)).json()["status"] == "completed"
    assert (await till.bill(first))["status"] == "closed"


async def test_trying_again_uses_the_same_order_at_the_provider(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order, "a")
    assert await till.checkout(who, order, "a") == checkout
    till.simulator.pay(checkout["action"]["options"]["order_id"], "failure")
    await till.deliver()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["attempts"][0]["status"]) == ("processing", "failed")
    assert await till.checkout(who, order, "b") == checkout
    reply = till.simulator.pay(
        checkout["action"]["options"]["order_id"]
    )  # UPI again: the same payment id, now captured
    assert (await till.verify(who, checkout, reply)).json()["status"] == "completed"
    assert len(till.simulator.requests("POST /v1/orders")) == 1


async def test_duplicates_of_create_make_one_order(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    body = {"order_id": order["id"]}
    answers = await asyncio.gather(
        *(till.call(who, "POST", "/create-razorpay-order", body, f"k{n % 4}") for n in range(20))
    )
    assert {a.status_code for a in answers} <= {200, 409}
    assert all("retry-after" in a.headers for a in answers if a.status_code == 409)
    assert len({a.content for a in answers if a.status_code == 200}) == 1
    assert len(till.simulator.books()["orders"]) == 1


@pytest.mark.parametrize("kind", ["hang_after", "cut_after", "hang", "bad_gateway", "too_many"])
async def test_an_unclear_create_is_looked_up_and_may_be_repeated(till: Till, kind: str) -> None:
    who = guest(None)
    order = await till.order(who)
    till.simulator.fault("POST /v1/orders", kind, seconds=3)
    answer = await till.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]}, "k")
    if kind.endswith("after"):
        assert answer.status_code == 200, "it was done, and found by its receipt"
    else:
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/payment-provider-away")
        assert "retry-after" in answer.headers
    checkout = await till.checkout(who, order, "k")
    assert len(till.simulator.books()["orders"]) == 1
    assert checkout["action"]["options"]["order_id"] == till.simulator.books()["orders"][0]["id"]


@pytest.mark.parametrize("kind", ["hang_after", "cut_after", "hang", "bad_gateway"])
async def test_an_unclear_capture_is_looked_up_before_it_is_repeated(till: Till, kind: str) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"], "authorized")
    till.simulator.fault("POST /v1/payments/", kind, seconds=3)
    answer = await till.verify(who, checkout, reply)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == ("completed" if kind.endswith("after") else "processing")
    await till.make_retries_due()
    await till.reconcile()
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    captures = [r for r in till.simulator.requests("POST /v1/payments/") if r["path"].endswith("/capture")]
    assert sum(r["status"] == 200 for r in captures) == 1


async def test_a_capture_that_stays_unknown_keeps_the_order(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"], "authorized")
    reply = till.simulator.books()["payments"][0]
    till.simulator.fault("POST /v1/payments/", "cut_after")
    till.simulator.fault("GET /v1/payments/", "bad_gateway", times=1)
    for event_id, body in till.sent_webhooks():
        await till.webhook(body, event_id)
    await till.work()
    await till.pass_deadlines()
    await till.reconcile()
    await till.make_retries_due()
    await till.reconcile()
    assert await till.status(order) == "confirmed"
    assert reply["status"] == "authorized"


@pytest.mark.parametrize("kind", ["hang_after", "cut_after", "hang", "bad_gateway", "too_many"])
async def test_an_unclear_refund_happens_once(till: Till, kind: str) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    till.simulator.fault("POST /v1/payments/", kind, seconds=3)
    answer = await till.call(
        staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"}
    )
    assert (answer.status_code, answer.json()["status"]) == (202, "requested")
    await till.work()
    (refund,) = (await till.payment(payment["id"]))["refunds"]
    assert refund["status"] == "unknown"
    asked = await till.call(
        staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 4301, "reason": "too much"}
    )
    assert (asked.status_code, asked.json()["refundable_paise"]) == (409, 4300)
    await till.make_retries_due()
    await till.work()
    (refund,) = (await till.payment(payment["id"]))["refunds"]
    assert refund["status"] == "processed"
    assert [r["amount"] for r in till.simulator.books()["refunds"]] == [2000]


async def test_twenty_refunds_at_once_never_exceed(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    body = {"amount_paise": 1000, "reason": "cold"}
    boss = staff()
    answers = await asyncio.gather(
        *(till.call(boss, "POST", f"/{payment['id']}/refund", body) for _ in range(20))
    )
    assert sorted(a.status_code for a in answers) == [202] * 6 + [409] * 14
    await till.work()
    await till.deliver()
    payment = await till.payment(payment["id"])
    assert payment["refunded_paise"] == 6000
    assert [r["status"] for r in payment["refunds"]] == ["processed"] * 6


async def test_one_key_is_one_refund(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    body = {"amount_paise": 1000, "reason": "cold"}
    boss = staff()
    answers = await asyncio.gather(
        *(till.call(boss, "POST", f"/{payment['id']}/refund", body, "k") for _ in range(20))
    )
    assert {a.status_code for a in answers} == {202}
    assert len({a.content for a in answers}) == 1
    await till.work()
    assert (await till.payment(payment["id"]))["refunded_paise"] == 1000


async def test_a_refund_is_pending_until_the_provider_says_more(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.moods(refunds="pending")
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 6300, "reason": "cold"})
    await till.work()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "pending"
    till.simulator.settle_refund(till.simulator.books()["refunds"][0]["id"])
    await till.deliver()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "processed"


async def test_a_refund_at_the_providers_dashboard_is_written_down(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    provider_id = payment["attempts"][0]["provider_payment_id"]
    till.simulator.call("POST", f"/v1/payments/{provider_id}/refund", {"amount": 1300})
    await till.deliver()
    payment = await till.payment(payment["id"])
    assert [(r["amount_paise"], r["status"]) for r in payment["refunds"]] == [(1300, "processed")]
    assert (await till.bill(order))["refunded_paise"] == 1300


async def test_an_order_that_is_cancelled_after_payment_is_refunded(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    async with orders_service.locked_bill(till.desk.ctx, 1, UUID(order["bill_id"])) as (_, bill):
        bill.terminate(bill.order(UUID(order["id"])), "cancelled", "the kitchen accepted")
        bill.record_bill_event()
    await till.handle_events()
    await till.work()
    payment = await till.payment(payment["id"])
    assert (payment["status"], payment["refunded_paise"]) == ("completed", 6300)
    assert [(r["status"], r["amount_paise"]) for r in payment["refunds"]] == [("processed", 6300)]
    assert (await till.bill(order))["refunded_paise"] == 6300


async def test_cash_beyond_the_total_is_to_be_handed_out(till: Till) -> None:
    order = await till.order(guest(), 2)
    asked = {"bill_id": order["bill_id"], "amount_paise": 12600, "tendered_paise": 12600}
    payment = (await till.call(staff("waiter"), "POST", "/confirm-cash", asked)).json()
    await till.handle_events()
    await till.owner.execute("UPDATE orders.bill SET net_paise = 6300, total_paise = 6300")
    async with till.ctx.db.transaction("payments") as tx:
        await refund_excess(tx, 1, UUID(order["bill_id"]))
    await till.work()
    (refund,) = (await till.payment(payment["id"]))["refunds"]
    assert (refund["amount_paise"], refund["status"], refund["method"]) == (6300, "to_hand_out", "cash")
    done = await till.call(staff("waiter"), "POST", f"/refunds/{refund['id']}/hand-out", {})
    assert (done.status_code, done.json()["status"]) == (200, "processed")
    path = f"/{payment['id']}/refund"
    rest = await till.call(staff(), "POST", path, {"amount_paise": 6301, "reason": "more"})
    assert (rest.status_code, rest.json()["refundable_paise"]) == (409, 6300)


async def test_the_day_by_method(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who), "wallet")
    order = await till.order(guest(OTHER_TABLE))
    await till.call(
        staff("waiter"),
        "POST",
        "/confirm-cash",
        {"order_id": order["id"], "amount_paise": 6300, "tendered_paise": 6300},
    )
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 300, "reason": "late"})
    await till.work()
    stats = (await till.call(staff(), "GET", "/stats/daily")).json()
    assert (stats["timezone"], len(stats["days"])) == ("Asia/Kolkata", 7)
    today = stats["days"][-1]
    shown = {
        m["method"]: (m["captured_count"], m["captured_paise"], m["refunded_paise"], m["net_paise"])
        for m in today["methods"]
    }
    assert shown == {"cash": (1, 6300, 0, 6300), "wallet": (1, 6300, 300, 6000)}
    assert today["total"] == {
        "captured_count": 2,
        "captured_paise": 12600,
        "refunded_count": 1,
        "refunded_paise": 300,
        "failed_count": 0,
        "net_paise": 12300,
        "average_paise": 6300,
    }
    for query in (
        "?from=2026-01-02&to=2026-01-01",
        "?from=2020-01-01&to=2026-01-01",
        "?from=yesterday",
        "?to=0001-01-01&from=0001-01-02",
    ):
        assert (await till.call(staff(), "GET", f"/stats/daily{query}")).status_code in (400, 422)
    assert (await till.call(staff(), "GET", "/stats/daily?to=0001-01-01")).status_code == 200


async def test_browser_webhook_cash_and_janitor_at_once_settle_it_once(till: Till) -> None:
    who = guest()
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    for event_id, body in till.sent_webhooks():
        await till.webhook(body, event_id)
    await till.owner.execute("UPDATE payments.payment SET poll_at = now() - interval '1 second'")
    till.ctx.get(WorkerSignals).webhooks.set()
    asked = {"bill_id": order["bill_id"], "amount_paise": 6300, "tendered_paise": 6300}
    await asyncio.gather(
        *(till.verify(who, checkout, reply) for _ in range(3)),
        *(till.call(staff("waiter"), "POST", "/confirm-cash", asked) for _ in range(3)),
        *(webhooks.process_webhooks(till.ctx) for _ in range(2)),
        *(reconciliation.reconcile(till.ctx) for _ in range(2)),
    )
    await till.handle_events()
    await till.make_retries_due()
    await till.work()
    payments = [p for p in await till.payments() if p["captured_paise"]]
    assert sum(p["captured_paise"] - p["refunded_paise"] for p in payments) == 6300
    bill = await till.bill(order)
    assert (bill["paid_paise"], bill["status"]) == (6300, "closed")
    assert len([a for p in payments for a in p["attempts"] if a["status"] == "captured"]) <= 2


async def test_an_intent_that_a_crash_left_open_is_taken_up_again(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    await till.checkout(who, order, "k")
    await till.owner.execute(
        "UPDATE payments.idempotency SET status = NULL, body = NULL, created_at = now() - interval '31 seconds'"
    )
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = NULL")
    busy = await till.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]}, "k")
    assert busy.status_code == 409
    assert "retry-after" in busy.headers
    await till.reconcile()
    checkout = await till.checkout(who, order, "k")
    assert [o["id"] for o in till.simulator.books()["orders"]] == [checkout["action"]["options"]["order_id"]]


async def test_a_provider_that_is_away_keeps_the_order_only_so_long(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    await till.checkout(who, order)
    till.simulator.fault("GET /v1/orders/", "bad_gateway", times=2)
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "awaiting_payment"
    await till.owner.execute(
        "UPDATE payments.payment SET expires_at = now() - interval '11 minutes', poll_at = now() - interval '1 second'"
    )
    await till.reconcile()
    assert await till.status(order) == "expired"


async def test_the_approved_order_asks_for_its_payment(till: Till) -> None:
    await till.desk.setting(approve_first_order=True, dine_in_payment="prepaid")
    who = guest()
    order = await till.order(who)
    assert (order["status"], await till.payments()) == ("placed", [])
    await orders_service.approve(till.desk.ctx, staff("waiter"), UUID(order["id"]))
    await till.handle_events()
    (payment,) = await till.payments()
    assert (payment["status"], payment["amount_paise"]) == ("pending", 6300)
    await orders_service.cancel(till.desk.ctx, who, UUID(order["id"]), None)
    await till.handle_events()
    assert (await till.payments())[0]["status"] == "cancelled"


async def test_nothing_is_paid_for_what_staff_have_not_let_through(till: Till) -> None:
    await till.desk.setting(approve_first_order=True, dine_in_payment="prepaid")
    who = guest()
    order = await till.order(who)
    refused = await till.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-approved")
    cash = {"order_id": order["id"], "amount_paise": 6300, "tendered_paise": 6300}
    refused = await till.call(staff("waiter"), "POST", "/confirm-cash", cash)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-approved")
    assert await till.payments() == []
    await orders_service.approve(till.desk.ctx, staff("waiter"), UUID(order["id"]))
    await till.handle_events()
    assert (await till.buy(who, order))["status"] == "completed"


async def test_approval_gives_the_whole_time_to_pay(till: Till) -> None:
    await till.desk.setting(approve_first_order=True, dine_in_payment="prepaid", payment_timeout_s=30)
    who = guest()
    order = await till.order(who)
    await till.owner.execute("UPDATE orders.orders SET expires_at = now() + interval '4 seconds'")
    await orders_service.approve(till.desk.ctx, staff("waiter"), UUID(order["id"]))
    await till.handle_events()
    left = "SELECT extract(epoch FROM expires_at - now())::float8 FROM payments.payment"
    assert 25 < await till.owner.fetchval(left) <= 30


async def test_a_small_late_payment_brings_back_its_own_order_only(till: Till) -> None:
    who = guest(None)
    small = await till.order(who)
    checkout = await till.checkout(who, small)
    feast = await till.order(who, variant=KULFI_1, quantity=5, bill_id=UUID(small["bill_id"]))
    await till.checkout(who, feast)
    await till.pass_deadlines()
    await till.reconcile()
    assert (await till.status(small), await till.status(feast)) == ("expired", "expired")
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    assert (await till.verify(who, checkout, reply)).json()["status"] == "completed"
    assert (await till.status(small), await till.status(feast)) == ("confirmed", "expired")


async def test_an_order_paid_in_full_waits_for_no_other(till: Till) -> None:
    await till.desk.setting(dine_in_payment="prepaid")
    who = guest()
    paid, unpaid = await till.order(who), await till.order(who, variant=KULFI_1)
    assert (await till.buy(who, paid))["status"] == "completed"
    assert (await till.status(paid), await till.status(unpaid)) == ("confirmed", "awaiting_payment")
    await till.pass_deadlines()
    await till.reconcile()
    await till.work()
    assert (await till.status(paid), await till.status(unpaid)) == ("confirmed", "expired")
    assert (await till.bill(paid))["refunded_paise"] == 0


async def test_money_that_comes_late_at_a_table_that_others_have_is_taken(till: Till) -> None:
    """It was answered 500, and stood in no ledger."""
    await till.desk.setting(dine_in_payment="prepaid")
    who = guest()
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    await till.order(who)
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    others = await till.order(staff("waiter"), table_id=TABLE)
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    answer = await till.verify(who, checkout, reply)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert await till.status(order) == "confirmed"
    assert (await till.bill(others))["paid_paise"] == 0


async def test_of_a_window_over_more_than_is_due_the_rest_goes_back(till: Till) -> None:
    """Two orders were on the bill when the window opened; one is cancelled while it is open."""
    who = guest()
    order, cancelled = await till.order(who), await till.order(who)
    checkout = await till.checkout(who, order)
    assert checkout["amount_paise"] == 12600
    async with orders_service.locked_bill(till.desk.ctx, 1, UUID(order["bill_id"])) as (_, bill):
        bill.terminate(bill.order(UUID(cancelled["id"])), "cancelled", "the kitchen accepted")
    await till.handle_events()
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    payment = (await till.verify(who, checkout, reply)).json()
    assert payment["status"] == "completed"
    await till.handle_events()
    await till.work()
    payment = await till.payment(payment["id"])
    assert (payment["captured_paise"], payment["refunded_paise"]) == (12600, 6300)
    assert [(r["amount_paise"], r["status"]) for r in payment["refunds"]] == [(6300, "processed")]
    row = await till.bill(order)
    assert (row["status"], row["paid_paise"] - row["refunded_paise"]) == ("closed", 6300)
