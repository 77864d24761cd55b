"""What the provider does by itself: returns, dashboard refunds, webhooks in any order or none, other amounts."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from rasoi.payments import comparison, workers
from rasoi.payments.comparison_db import Pass
from rasoi.platform.auth import Principal
from tests.orders.conftest import KULFI_1, guest
from tests.payments.conftest import Till, staff
from tests.payments.test_service import books_add_up, ledger_equals_books


async def begun(till: Till, **more: Any) -> tuple[Principal, dict[str, Any], dict[str, Any], str]:
    """A guest, the order, the checkout, and the provider's order."""
    who = guest(None)
    order = await till.order(who, **more)
    checkout = await till.checkout(who, order)
    return who, order, checkout, checkout["action"]["options"]["order_id"]


async def states(till: Till) -> dict[str, int]:
    rows = await till.owner.fetch("SELECT state, count(*) AS n FROM payments.webhook GROUP BY 1")
    return {row["state"]: row["n"] for row in rows}


async def compare(till: Till) -> None:
    """A whole pass through the provider's books."""
    await till.owner.execute("DELETE FROM payments.comparison")
    for _ in range(20):
        await comparison.compare_books(till.ctx)
        await till.owner.execute("UPDATE payments.comparison SET next_at = now() WHERE whole_at IS NULL")
    assert (
        await till.owner.fetchval("SELECT count(*) FROM payments.comparison WHERE whole_at IS NOT NULL") == 1
    )
    await till.work()


async def test_money_that_was_returned_uncaptured_is_never_ours(till: Till) -> None:
    who, order, checkout, provider_order = await begun(till, variant=KULFI_1)
    reply = till.simulator.pay(provider_order, "authorized", "card")
    till.simulator.give_back(reply["razorpay_payment_id"])
    answer = await till.verify(who, checkout, reply)
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")
    await till.deliver()
    await till.reconcile()
    payment = await till.payment(checkout["payment_id"])
    assert [a["status"] for a in payment["attempts"]] == ["returned"]
    assert (payment["captured_paise"], payment["refunded_paise"], payment["refunds"]) == (0, 0, [])
    assert await till.status(order) == "awaiting_payment"
    assert (await till.bill(order))["paid_paise"] == 0
    assert set(await states(till)) <= {"applied", "superseded"}
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    assert await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0
    await ledger_equals_books(till)


async def test_a_late_payment_that_the_provider_returns_leaves_its_order_expired(till: Till) -> None:
    _, order, checkout, provider_order = await begun(till)
    late = till.simulator.pay(provider_order, "late")["razorpay_payment_id"]
    await till.deliver()
    await till.pass_deadlines()
    await till.reconcile()
    till.simulator.moods(returns=True)
    till.simulator.late(late)
    await till.deliver()
    assert await till.status(order) == "expired"
    payment = await till.payment(checkout["payment_id"])
    assert (payment["attempts"][0]["status"], payment["captured_paise"]) == ("returned", 0)
    assert await till.owner.fetchval("SELECT count(*) FROM orders.document") == 0


@pytest.mark.parametrize("part", [None, 2000])
async def test_webhooks_of_a_payment_and_its_refund_mean_the_same_in_any_order(
    till: Till, part: int | None
) -> None:
    ends = set()
    for turn in range(6):
        _, order, checkout, provider_order = await begun(till)
        paid = till.simulator.pay(provider_order, method="card")["razorpay_payment_id"]
        till.simulator.refund_in_dashboard(paid, part)
        sent = [each for each in till.sent_webhooks() if each[0] not in till.delivered]
        told = [
            each for each in sent if b'"payment.authorized"' not in each[1] and b'"order.paid"' not in each[1]
        ]
        assert len(told) == 3
        for event_id, body in list(permutations(told))[turn]:
            till.delivered.add(event_id)
            assert (await till.webhook(body, event_id)).status_code == 200
            await till.work()
            await till.make_retries_due()
            await till.work()
        till.delivered.update(event_id for event_id, _ in sent)
        payment = await till.payment(checkout["payment_id"])
        ends.add(
            (
                payment["captured_paise"],
                payment["refunded_paise"],
                (await till.bill(order))["refunded_paise"] > 0,
            )
        )
        assert [r["status"] for r in payment["refunds"]] == ["processed"]
    assert {end[:2] for end in ends} == {(6300, part or 6300)}
    assert set(await states(till)) <= {"applied", "superseded"}
    await ledger_equals_books(till)
    await books_add_up(till)


async def test_a_webhook_whose_order_is_not_known_yet_waits_and_is_seen(till: Till) -> None:
    _, order, checkout, provider_order = await begun(till)
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = 'order_elsewhere'")
    paid = till.simulator.pay(provider_order)["razorpay_payment_id"]
    till.simulator.refund_in_dashboard(paid, 1000)
    await till.deliver()
    assert set(await states(till)) == {"waiting"}
    shown = await till.call(staff(), "GET", "/webhooks")
    assert {each["subject"] for each in shown.json()["items"]} == {paid}
    assert all(each["outcome"] for each in shown.json()["items"])
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = $1", provider_order)
    await till.make_retries_due()
    await till.work()
    await till.make_retries_due()
    await till.work()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["refunded_paise"]) == ("completed", 1000)
    assert set(await states(till)) <= {"applied", "superseded"}
    assert await till.status(order) == "confirmed"


async def test_a_webhook_that_waited_for_days_is_parked_and_not_forgotten(till: Till) -> None:
    _, _, _, provider_order = await begun(till)
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = 'order_elsewhere'")
    till.simulator.pay(provider_order)
    await till.deliver()
    await till.owner.execute("UPDATE payments.webhook SET received_at = now() - interval '4 days'")
    await till.make_retries_due()
    await till.work()
    assert set(await states(till)) == {"parked"}
    await till.owner.execute("UPDATE payments.webhook SET received_at = now() - interval '400 days'")
    await workers.prune(till.ctx)
    assert set(await states(till)) == {"parked"}


@pytest.mark.parametrize("part", [None, 1300])
async def test_a_dashboard_refund_whose_webhooks_are_lost_is_found_by_comparing(
    till: Till, part: int | None
) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    till.simulator.refund_in_dashboard(payment["attempts"][0]["provider_payment_id"], part)
    await compare(till)
    payment = await till.payment(payment["id"])
    assert [(r["amount_paise"], r["status"]) for r in payment["refunds"]] == [(part or 6300, "processed")]
    assert (await till.bill(order))["refunded_paise"] == (part or 6300)
    await ledger_equals_books(till)


async def test_a_refund_of_an_old_payment_is_found_by_its_own_day(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    provider_id = payment["attempts"][0]["provider_payment_id"]
    till.simulator.refund_in_dashboard(provider_id, 1300)
    till.simulator.faults(calls=[{"match": "GET /v1/payments", "kind": "bad_gateway", "times": 1}])
    page = Pass(
        provider="razorpay",
        list="refunds",
        whole=True,
        first_at=await till.owner.fetchval("SELECT now() - interval '1 day'"),
        last_at=await till.owner.fetchval("SELECT now()"),
        skip=0,
    )
    await comparison.compare_page(till.ctx, page)
    assert (await till.payment(payment["id"]))["refunded_paise"] == 1300


async def test_captures_whose_webhooks_are_lost_are_found_when_nobody_polls_any_more(till: Till) -> None:
    _, order, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    await till.owner.execute("UPDATE payments.payment SET poll_at = NULL")
    await compare(till)
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    assert await till.status(order) == "confirmed"


async def test_books_of_many_pages_are_read_whole_and_the_trouble_of_one_row_hides_no_other(
    till: Till,
) -> None:
    ids = []
    for n in range(130):
        made = till.simulator.call(
            "POST", "/v1/orders", {"amount": 100 + n, "currency": "INR", "receipt": f"another shop {n}"}
        )[1]
        ids.append(till.simulator.pay(made["id"], method="card")["razorpay_payment_id"])
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    await till.owner.execute("UPDATE payments.payment SET poll_at = NULL")
    await till.owner.execute(
        "ALTER TABLE payments.unmatched ADD CONSTRAINT planted CHECK (amount_paise <> 150) NOT VALID"
    )
    await compare(till)
    await till.owner.execute("ALTER TABLE payments.unmatched DROP CONSTRAINT planted")
    found = {r[0] for r in await till.owner.fetch("SELECT provider_payment_id FROM payments.unmatched")}
    assert len(found) == 129 and found <= set(ids)
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    tasks = (await till.call(staff(), "GET", "/unmatched")).json()["items"]
    assert len(tasks) == 129
    for each in ids:
        till.simulator.refund_in_dashboard(each)
    await compare(till)
    assert (await till.call(staff(), "GET", "/unmatched")).json()["items"] == []


async def test_a_fee_borne_by_the_customer_pays_what_the_order_received(till: Till) -> None:
    who, order, checkout, provider_order = await begun(till)
    reply = till.simulator.pay(provider_order, method="card", fee_bearer="customer")
    (theirs,) = till.simulator.books()["payments"]
    assert theirs["amount"] > 6300
    await till.deliver()
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["captured_paise"], payment["refunds"]) == ("completed", 6300, [])
    assert await till.status(order) == "confirmed"
    assert (await till.verify(who, checkout, reply)).json()["status"] == "completed"


@pytest.mark.parametrize("way", ["webhook", "browser", "reconciler"])
async def test_an_offer_that_lowers_the_amount_freezes_nothing(till: Till, way: str) -> None:
    who, order, checkout, provider_order = await begun(till, variant=KULFI_1)
    reply = till.simulator.pay(provider_order, method="card", discount=500)
    if way == "webhook":
        await till.deliver()
    elif way == "browser":
        assert (await till.verify(who, checkout, reply)).status_code == 200
    else:
        await till.owner.execute("UPDATE payments.payment SET poll_at = now() - interval '1 second'")
        await till.reconcile()
    await till.work()
    payment = await till.payment(checkout["payment_id"])
    assert payment["captured_paise"] == payment["refunded_paise"] == payment["amount_paise"] - 500
    assert payment["status"] == "cancelled"
    assert await till.status(order) == "awaiting_payment", "it can be paid again within its time"
    again = await till.checkout(who, order)
    assert again["amount_paise"] == checkout["amount_paise"]
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    assert await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0
    await ledger_equals_books(till)


async def test_another_currency_is_a_task_and_freezes_nothing(till: Till) -> None:
    _, order, _, provider_order = await begun(till)
    till.simulator.pay(provider_order, method="card", currency="USD")
    await till.deliver()
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "expired"
    (task,) = (await till.call(staff(), "GET", "/unmatched")).json()["items"]
    assert (task["currency"], task["provider_order_id"]) == ("USD", provider_order)
    done = await till.call(staff(), "POST", f"/unmatched/razorpay/{task['provider_payment_id']}/settle")
    assert done.status_code == 200
    assert (await till.call(staff(), "GET", "/unmatched")).json()["items"] == []
    again = await till.call(staff(), "POST", f"/unmatched/razorpay/{task['provider_payment_id']}/settle")
    assert again.status_code == 404


async def test_the_trouble_of_one_row_stops_no_round(till: Till) -> None:
    made = [await begun(till) for _ in range(3)]
    broken = UUID(made[1][2]["payment_id"])
    await till.owner.execute(
        "UPDATE payments.payment SET amount_paise = 6400 WHERE id = $1", broken
    )  # its order's amount is another one now: nothing about it can be settled
    await till.owner.execute("UPDATE orders.bill SET version = -7 WHERE id = $1", UUID(made[1][1]["bill_id"]))
    await till.pass_deadlines()
    await till.reconcile()
    assert [await till.status(each[1]) for each in (made[0], made[2])] == ["expired", "expired"]


async def test_a_capture_that_nobody_can_tell_of_keeps_its_order_only_so_long(till: Till) -> None:
    who, order, checkout, provider_order = await begun(till)
    reply = till.simulator.pay(provider_order, "authorized", "card")
    till.simulator.fault("POST /v1/payments/", "bad_gateway", times=9)
    till.simulator.fault("GET /v1/payments/", "bad_gateway", times=1)
    await till.verify(who, checkout, reply)
    till.simulator.faults(calls=[{"match": "GET /v1/", "kind": "bad_gateway", "times": 50}])
    await till.owner.execute(
        "UPDATE payments.payment SET expires_at = now() - interval '11 minutes', poll_at = now() - interval '1 second'"
    )
    await till.reconcile()
    assert await till.status(order) == "expired"
