"""What a provider may say that is out of order, impossible, unreadable or not for us: no money moves by it that is not
there, one row's trouble is no other's, and a person sees what our books can't hold."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import msgspec
import pytest

from rasoi.payments import queue, webhooks
from tests import oracles
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.test_provider_by_itself import begun, compare
from tests.payments.test_service import books_add_up, ledger_equals_books
from tests.payments.world import World

Json = dict[str, Any]


def told(till: Till, event: str) -> Json:
    """The latest webhook of this kind that the provider has sent."""
    bodies = [msgspec.json.decode(body) for _, body in till.sent_webhooks()]
    return next(body for body in reversed(bodies) if body["event"] == event)


async def tell(till: Till, body: Json, event_id: str) -> None:
    """A genuine one, that is signed; and the round of workers after it."""
    assert (await till.webhook(msgspec.json.encode(body), event_id)).status_code == 200
    await till.work()


async def open_webhooks(till: Till) -> list[Json]:
    return (await till.call(staff(), "GET", "/webhooks")).json()["items"]  # type: ignore[no-any-return]


async def tasks(till: Till) -> list[Json]:
    return (await till.call(staff(), "GET", "/unmatched")).json()["items"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["payment.failed", "payment.captured", "order.paid"]))
)
async def test_failed_after_captured_takes_nothing_back(till: Till, order: tuple[str, ...]) -> None:
    """A try that was repeated within the bank's app: one payment id, told as failed and as captured."""
    _, placed, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    bodies = {event: told(till, event) for event in ("payment.captured", "order.paid")}
    failed = msgspec.json.decode(msgspec.json.encode(bodies["payment.captured"]))
    failed["event"] = "payment.failed"
    failed["payload"]["payment"]["entity"] |= {"status": "failed", "captured": False}
    for n, event in enumerate((*order, *order)):
        await tell(till, bodies.get(event, failed), f"{event} {n % 3}")
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["captured_paise"], payment["refunds"]) == ("completed", 6300, [])
    assert await till.status(placed) == "confirmed"
    assert await open_webhooks(till) == []
    await books_add_up(till)
    await ledger_equals_books(till)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 6300.5},
        {"amount": "6300"},
        {"amount": True},
        {"amount": -6300},
        {"amount": 10**30},
        {"amount": None},
        {"amount_refunded": 0.5},
        {"id": "pay_\x00"},
        {"id": None},
        {"order_id": "order_\x00"},
        {"currency": None},
        {"created_at": 10**30},
        {"method": ["upi"]},
        {"error_description": "\x00"},
    ],
    ids=str,
)
async def test_what_can_not_be_read_is_parked_and_stops_no_other(till: Till, wrong: Json) -> None:
    """Amounts are whole paise; text can be kept. The next webhook of the round is worked on all the same."""
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    body = told(till, "payment.captured")
    odd = msgspec.json.decode(msgspec.json.encode(body))
    odd["payload"]["payment"]["entity"] |= wrong
    assert (await till.webhook(msgspec.json.encode(odd), "odd")).status_code == 200
    await till.work()
    (parked,) = await open_webhooks(till)
    assert (parked["event_id"], parked["state"]) == ("odd", "parked")
    assert (await till.payment(checkout["payment_id"]))["captured_paise"] == 0
    await tell(till, body, "even")
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"


async def test_what_can_not_be_applied_is_dismissed_by_a_person_who_says_why(till: Till) -> None:
    """Both what can't be read and what waits for a payment that is another shop's; and only these."""
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    body = told(till, "payment.captured")
    elsewhere = msgspec.json.decode(msgspec.json.encode(body))
    elsewhere["payload"]["payment"]["entity"]["order_id"] = "order_elsewhere"
    await tell(till, elsewhere, "elsewhere")
    await till.webhook(b"[]", "unreadable")
    await till.work()
    assert {each["event_id"]: each["state"] for each in await open_webhooks(till)} == {
        "elsewhere": "waiting",
        "unreadable": "parked",
    }
    for reason in ("", " ", "x" * 201, None):
        refused = await till.call(staff(), "POST", "/webhooks/unreadable/dismiss", {"reason": reason})
        assert refused.status_code in (400, 422), refused.text
    for role in ("waiter", "kitchen"):
        refused = await till.call(staff(role), "POST", "/webhooks/unreadable/dismiss", {"reason": "no"})
        assert refused.status_code == 403
    assert len(await open_webhooks(till)) == 2
    said = {"reason": "a test button in the dashboard"}
    for event_id in ("unreadable", "elsewhere"):
        answer = await till.call(staff(), "POST", f"/webhooks/{event_id}/dismiss", said)
        assert answer.status_code == 200, answer.text
        again = await till.call(staff(), "POST", f"/webhooks/{event_id}/dismiss", said)
        assert (again.status_code, again.json()["type"]) == (404, "/problems/no-open-webhook")
    assert await open_webhooks(till) == []
    kept = await till.owner.fetch("SELECT * FROM staff.audit WHERE action = 'webhook.dismiss' ORDER BY id")
    assert [each["subject"] for each in kept] == ["unreadable", "elsewhere"]
    assert kept[0]["actor_name"] == "Ravi the manager"
    assert (kept[0]["detail"]["reason"], kept[0]["detail"]["state"]) == (said["reason"], "parked")
    assert kept[0]["detail"]["outcome"].startswith("unreadable")
    await till.make_retries_due()
    await till.work()
    await till.webhook(b"[]", "unreadable")  # the provider tells it again
    await till.work()
    assert await open_webhooks(till) == [], "nobody tries it again by itself"
    await tell(till, body, "whole")
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    done = await till.call(staff(), "POST", "/webhooks/whole/dismiss", said)
    assert done.status_code == 404, "what was applied stays so"


async def test_a_webhook_that_is_dismissed_while_it_is_worked_on_stays_so(till: Till) -> None:
    await till.webhook(b"[]", "odd")
    (each,) = await queue.claim_webhooks(till.ctx.db)
    await till.owner.execute("UPDATE payments.webhook SET state = 'parked', next_try_at = NULL")
    answer = await till.call(staff(), "POST", "/webhooks/odd/dismiss", {"reason": "nothing"})
    assert answer.status_code == 200
    await webhooks.process_webhook(till.ctx, each)
    assert await open_webhooks(till) == []
    replayed = await till.call(staff(), "POST", "/webhooks/odd/replay")
    assert replayed.json() == {"state": "parked"}, "a wrong dismissal is taken back by trying it again"


async def test_an_entity_of_the_books_that_can_not_be_read_hides_no_other(till: Till) -> None:
    _, _, odd_one, strange = await begun(till)
    till.simulator.pay(strange)
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    odd = f"""UPDATE entity SET doc = json_set(doc, '$.amount', 6300.5)
    WHERE kind = 'payment' AND json_extract(doc, '$.order_id') = '{strange}'"""
    with till.simulator.changed_books(odd):
        await compare(till)
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    assert (await till.payment(odd_one["payment_id"]))["captured_paise"] == 0


async def test_an_event_id_that_comes_with_another_body_is_another_webhook(till: Till) -> None:
    """The id stands in a header that nobody signed: it can't keep a genuine one out."""
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order)
    paid = told(till, "payment.captured")
    await tell(till, paid | {"event": "payment.downtime.started"}, "one")
    await tell(till, paid, "one")
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    before = await till.everything()
    await tell(till, paid, "one")
    assert await till.everything() == before, "a replay of either changes nothing more"


async def test_more_refunded_than_captured_is_a_task_whoever_tells_of_it(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    other = await till.buy(who, await till.order(who))
    paid, others = (each["attempts"][0]["provider_payment_id"] for each in (payment, other))
    till.simulator.refund_in_dashboard(paid, 1000)
    till.simulator.refund_in_dashboard(others, 1000)
    told(till, "refund.processed")
    more = f"""UPDATE entity SET doc = json_set(doc, '$.amount', 9000) WHERE kind = 'refund'
    AND json_extract(doc, '$.payment_id') = '{paid}'"""
    with till.simulator.changed_books(more):
        await compare(till)
        await compare(till)
        (task,) = await tasks(till)
        assert task["provider_payment_id"] == paid and "more" in task["reason"]
        assert (await till.payment(other["id"]))["refunded_paise"] == 1000, "the other row is booked"
        assert (await till.payment(payment["id"]))["refunded_paise"] == 0
        assert await till.ctx.db.fetchval("SELECT count(*) FROM payments.unmatched") == 1
        assert (await till.call(staff(), "POST", f"/unmatched/razorpay/{paid}/settle")).status_code == 200
        await compare(till)
        assert await tasks(till) == [], "who has dealt with it is not asked again"


async def test_a_parked_webhook_ends_once_its_trouble_is_a_task(till: Till) -> None:
    _, _, _, provider_order = await begun(till)
    till.simulator.pay(provider_order, method="card", currency="USD")
    await till.deliver()
    assert {each["state"] for each in await open_webhooks(till)} == {"parked"}
    await till.pass_deadlines()
    await till.reconcile()
    (task,) = await tasks(till)
    await till.call(staff(), "POST", f"/unmatched/razorpay/{task['provider_payment_id']}/settle")
    for each in await open_webhooks(till):
        answer = await till.call(staff(), "POST", f"/webhooks/{each['event_id']}/replay")
        assert answer.json()["state"] == "superseded"
    assert await open_webhooks(till) == []


async def test_a_try_that_can_not_be_booked_is_asked_about_less_and_less_often(till: Till) -> None:
    """Its webhook says INR, the provider's own word says USD: a task, and no call every few seconds for ever."""
    _, _, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order, method="card", discount=100)
    odd = "UPDATE entity SET doc = json_set(doc, '$.currency', 'USD') WHERE kind = 'payment'"
    paid = told(till, "payment.captured")
    with till.simulator.changed_books(odd):
        await tell(till, paid, "one")
        assert len(await tasks(till)) == 1
    due = "SELECT extract(epoch FROM poll_at - now()) FROM payments.attempt"
    assert await till.owner.fetchval(due) > 5
    await till.owner.execute(
        "UPDATE payments.attempt SET created_at = now() - interval '1 day', poll_at = now() - interval '1 second'"
    )
    with till.simulator.changed_books(odd):
        await till.work()
    assert await till.owner.fetchval(due) > 3600
    assert (await till.payment(checkout["payment_id"]))["captured_paise"] == 0


async def test_two_tabs_pay_at_once_and_one_goes_back(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    replies = [till.simulator.pay(checkout["action"]["options"]["order_id"], method="card") for _ in range(3)]
    captured = [each for each in replies if "razorpay_signature" in each]
    answers = await asyncio.gather(*(till.verify(who, checkout, each) for each in captured * 2))
    assert {each.status_code for each in answers} == {200}
    await till.deliver()
    payment = await till.payment(checkout["payment_id"])
    assert payment["captured_paise"] - payment["refunded_paise"] == 6300
    assert (await till.bill(order))["paid_paise"] == 6300
    await till.deliver()
    await books_add_up(till)
    await ledger_equals_books(till)


@pytest.mark.parametrize("steps", [1, 3, 5, 8, 12, 17, 23, 30, 40, 60])
async def test_a_round_that_is_ended_anywhere_is_taken_up_again(world: World, steps: int) -> None:
    """What SIGTERM does to the workers: they are cancelled between two of their steps."""
    till = world.till
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    _, order, checkout, provider_order = await begun(till)
    till.simulator.pay(provider_order, "authorized", "card")
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"})
    for event_id, body in till.sent_webhooks():
        await till.webhook(body, event_id)
    for _ in range(3):
        round_ = asyncio.create_task(till.work())
        for _ in range(steps):
            await asyncio.sleep(0.002)
        round_.cancel()
        await asyncio.gather(round_, return_exceptions=True)
        await till.make_retries_due()
    await world.rest()
    assert await world.violations() == []
    assert await till.status(order) == "confirmed"
    assert (await till.payment(checkout["payment_id"]))["captured_paise"] == 6300
    assert (await till.payment(payment["id"]))["refunded_paise"] == 2000


def dispute(payment: str, status: str, event: str) -> Json:
    entity = {"id": "disp_1", "entity": "dispute", "payment_id": payment, "amount": 6300, "currency": "INR"}
    entity |= {"status": status, "reason_code": "goods_not_received", "respond_by": 1_800_000_000}
    return {"entity": "event", "event": event, "payload": {"dispute": {"entity": entity}}}


async def test_a_dispute_is_a_task_until_it_is_won(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    paid = payment["attempts"][0]["provider_payment_id"]
    await tell(till, dispute(paid, "open", "payment.dispute.created"), "1")
    (task,) = await tasks(till)
    assert (task["provider_payment_id"], task["amount_paise"]) == ("disp_1", 6300)
    assert paid in task["reason"] and "open" in task["reason"]
    await tell(till, dispute(paid, "won", "payment.dispute.won"), "2")
    assert await tasks(till) == []
    await tell(till, dispute(paid, "open", "payment.dispute.created"), "3")
    assert await tasks(till) == [], "what comes late takes nothing back"
    assert (await till.payment(payment["id"]))["refunded_paise"] == 0


async def test_a_lost_dispute_is_a_task_again_after_it_was_dealt_with(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    paid = payment["attempts"][0]["provider_payment_id"]
    await tell(till, dispute(paid, "open", "payment.dispute.created"), "1")
    assert (await till.call(staff(), "POST", "/unmatched/razorpay/disp_1/settle")).status_code == 200
    await tell(till, dispute(paid, "lost", "payment.dispute.lost"), "2")
    (task,) = await tasks(till)
    assert "lost" in task["reason"]
    await tell(till, dispute(paid, "under_review", "payment.dispute.under_review"), "3")
    assert "lost" in (await tasks(till))[0]["reason"]
    assert (await till.payment(payment["id"]))["refunded_paise"] == 6300


async def day_total(till: Till) -> tuple[int, int]:
    """What today's statistics say came in and went back."""
    row = await till.owner.fetchrow(
        "SELECT sum(captured_paise)::int, sum(refunded_paise)::int FROM payments.daily"
    )
    return tuple(row)


@pytest.mark.parametrize("paise", [6300, 2000])
async def test_what_a_lost_dispute_took_is_booked_as_given_back(till: Till, paise: int) -> None:
    """As a refund that the provider made: in the ledger and the day, with a credit note; the bill stays closed and paid."""
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    paid = payment["attempts"][0]["provider_payment_id"]
    await till.owner.execute("UPDATE orders.orders SET status = 'completed'")
    await till.owner.execute("UPDATE orders.bill SET status = 'closed', closed_at = now()")
    dispute = till.simulator.dispute(paid, "under_review", "lost", paise=paise)
    await till.deliver()
    await tell(till, told(till, "payment.dispute.lost"), "told again")
    after = await till.payment(payment["id"])
    (refund,) = after["refunds"]
    assert (after["refunded_paise"], refund["amount_paise"], refund["status"]) == (paise, paise, "processed")
    assert "dispute" in refund["reason"]
    assert await till.owner.fetchval("SELECT reference FROM payments.refund") == dispute["id"]
    assert await day_total(till) == (6300, paise)
    bill = await till.bill(order)
    assert (bill["status"], bill["paid_paise"], bill["refunded_paise"]) == ("closed", 6300, paise)
    (task,) = await tasks(till)
    assert "lost" in task["reason"] and "booked" in task["reason"] and "before" not in task["reason"]
    await compare(till)
    assert (await till.payment(payment["id"]))["refunded_paise"] == paise, "the books say nothing of it"
    assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []
    if paise < 6300:
        more = {"amount_paise": 6300 - paise + 1, "reason": "more than is left"}
        refused = await till.call(staff(), "POST", f"/{payment['id']}/refund", more)
        assert refused.status_code == 409


async def test_a_lost_dispute_of_money_that_had_gone_back_is_lost_beside_it(till: Till) -> None:
    """The guest got it twice: our books hold what there was, and a person is told of the rest."""
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    paid = payment["attempts"][0]["provider_payment_id"]
    till.simulator.refund_in_dashboard(paid, 5000)
    await till.deliver()
    till.simulator.dispute(paid, "lost")
    await till.deliver()
    assert (await till.payment(payment["id"]))["refunded_paise"] == 6300
    (task,) = await tasks(till)
    assert "₹50.00 of it had gone back before" in task["reason"]
    assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []


async def test_a_lost_dispute_keeps_what_was_promised_and_not_paid_out(till: Till) -> None:
    """The same money can't go twice."""
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    paid = payment["attempts"][0]["provider_payment_id"]
    asked = {"amount_paise": 6300, "reason": "never came"}
    assert (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).status_code == 202
    await till.owner.execute("UPDATE payments.refund SET next_try_at = now() + interval '1 hour'")
    till.simulator.dispute(paid, "lost")
    await till.deliver()
    await till.make_retries_due()
    await till.work()
    after = await till.payment(payment["id"])
    assert [(each["amount_paise"], each["status"]) for each in after["refunds"]] == [(6300, "processed")]
    assert till.simulator.requests("POST /v1/payments") == [], "and is asked for no more"
    assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []


async def test_a_lost_dispute_of_a_payment_that_is_not_known_waits(till: Till) -> None:
    """Also one in another currency books nothing."""
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    body = dispute(reply["razorpay_payment_id"], "lost", "payment.dispute.lost")
    await tell(till, body, "early")
    (waiting,) = await open_webhooks(till)
    assert (waiting["event_id"], waiting["state"]) == ("early", "waiting")
    await till.deliver()
    await till.make_retries_due()
    await till.work()
    assert await open_webhooks(till) == []
    assert (await till.payment(checkout["payment_id"]))["refunded_paise"] == 6300
    body["payload"]["dispute"]["entity"] |= {"id": "disp_2", "currency": "USD"}
    await tell(till, body, "dollars")
    assert [each["event_id"] for each in await open_webhooks(till)] == ["dollars"]
