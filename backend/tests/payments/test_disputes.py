"""Disputes whose webhooks are lost: the round finds them in the provider's list, and books a lost one as its webhook would,
once, whoever comes first."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from rasoi.orders import documents_cli, verifying
from rasoi.payments import comparison
from rasoi.payments import tasks as people_tasks
from rasoi.payments.comparison_db import Pass
from tests import oracles
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.test_hostile_provider import day_total, open_webhooks, tasks, tell, told
from tests.payments.test_provider_by_itself import begun, compare, states

Json = dict[str, Any]


async def bought(till: Till) -> tuple[Json, str]:
    """A payment of ₹63, and what the provider calls it."""
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    return payment, payment["attempts"][0]["provider_payment_id"]


def lose_webhooks(till: Till) -> None:
    """Those sent so far never arrive."""
    till.delivered.update(event_id for event_id, _ in till.sent_webhooks())


async def page(till: Till, *, whole: bool = True, skip: int = 0) -> Pass:
    """The list of disputes of a pass that begins now."""
    times = await till.owner.fetchrow("SELECT now() - interval '15 minutes', now() + interval '5 seconds'")
    return Pass(
        provider="razorpay", list="disputes", whole=whole, first_at=times[0], last_at=times[1], skip=skip
    )


async def booked(till: Till, payment: Json) -> list[tuple[int, str]]:
    return [(each["amount_paise"], each["status"]) for each in (await till.payment(payment["id"]))["refunds"]]


async def kinds(till: Till, payment: Json) -> set[str]:
    """What the API says of its refunds, to staff and in the day's list."""
    day = await till.call(staff(), "GET", f"/refunds?business_day={payment['business_day']}")
    listed = [*(await till.payment(payment["id"]))["refunds"], *day.json()["items"]]
    return {each["kind"] for each in listed}


async def notes(till: Till) -> list[Json]:
    rows = await till.owner.fetch(
        "SELECT * FROM orders.document WHERE kind = 'credit_note' ORDER BY sequence"
    )
    return [dict(row) for row in rows]


@pytest.mark.parametrize("paise", [6300, 2000])
async def test_a_lost_dispute_whose_webhook_is_lost_is_found_by_the_round(till: Till, paise: int) -> None:
    payment, paid = await bought(till)
    dispute = till.simulator.dispute(paid, "under_review", "lost", paise=paise)
    lose_webhooks(till)
    began = "UPDATE entity SET doc = json_set(doc, '$.created_at', unixepoch() - 100 * 86400) WHERE kind = 'dispute'"
    with till.simulator.changed_books(began):
        await compare(till)
        assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []
    assert await booked(till, payment) == [(paise, "processed")]
    assert await kinds(till, payment) == {"dispute"}
    assert await till.owner.fetchval("SELECT reference FROM payments.refund") == dispute["id"]
    assert await day_total(till) == (6300, paise)
    bill = await till.owner.fetchrow("SELECT status, paid_paise, refunded_paise FROM orders.bill")
    assert tuple(bill) == ("closed", 6300, paise)
    (task,) = await tasks(till)
    assert (task["provider_payment_id"], task["amount_paise"]) == (dispute["id"], paise)
    assert "lost" in task["reason"] and "booked" in task["reason"]


@pytest.mark.parametrize("first", ["webhook", "round", "both"])
async def test_webhook_and_round_book_it_once(till: Till, first: str) -> None:
    payment, paid = await bought(till)
    till.simulator.dispute(paid, "under_review", "lost")
    lose_webhooks(till)
    body = told(till, "payment.dispute.lost")
    if first == "webhook":
        await tell(till, body, "lost")
        await compare(till)
    elif first == "round":
        await compare(till)
        await tell(till, body, "lost")
    else:
        await till.webhook(msgspec.json.encode(body), "lost")
        read = await page(till)
        rounds = [comparison.compare_page(till.ctx, read) for _ in range(3)]
        await asyncio.gather(*rounds, till.work())
    state = await till.owner.fetchval("SELECT state FROM payments.webhook WHERE event_id = 'lost'")
    assert state == {"webhook": "applied", "round": "superseded"}.get(first, state)
    assert set(await states(till)) <= {"applied", "superseded"}
    await compare(till)
    assert await booked(till, payment) == [(6300, "processed")]
    assert await day_total(till) == (6300, 6300)
    assert len(await notes(till)) == len(await tasks(till)) == 1


async def test_a_lost_dispute_makes_one_credit_note_of_what_it_took(till: Till) -> None:
    """Of the right amount, in the chain, and `rasoi documents verify` finds nothing wrong."""
    payment, paid = await bought(till)
    (before,) = [each async for each in verifying.verify(till.owner)]
    till.simulator.dispute(paid, "lost", paise=2100)
    body = told(till, "payment.dispute.lost")
    await till.deliver()
    await tell(till, body, "told again")
    await compare(till)
    (note,) = await notes(till)
    (original,) = await till.owner.fetch("SELECT * FROM orders.document WHERE kind <> 'credit_note'")
    assert (note["total_paise"], note["bill_id"]) == (2100, original["bill_id"])
    checked = {each.series.kind: each async for each in verifying.verify(till.owner)}
    assert checked.keys() == {before.series.kind, "credit_note"}
    assert [(each.count, each.fault) for each in checked.values()] == [(1, None), (1, None)]
    assert await documents_cli.report(till.owner, None, None) == 0
    till.simulator.dispute(paid, "lost", paise=4200)
    lose_webhooks(till)
    await compare(till)
    totals = [each["total_paise"] for each in await notes(till)]
    assert totals == [2100, 4200], "another dispute is another note"
    assert await documents_cli.report(till.owner, None, None) == 0
    assert (await till.payment(payment["id"]))["refunded_paise"] == 6300


async def test_an_open_dispute_whose_webhook_is_lost_is_a_task_until_it_is_won(till: Till) -> None:
    payment, paid = await bought(till)
    dispute = till.simulator.dispute(paid)
    await comparison.compare_page(till.ctx, await page(till, whole=False))
    (task,) = await tasks(till)
    assert (task["provider_payment_id"], "open" in task["reason"]) == (dispute["id"], True)
    till.simulator.call("POST", f"/_simulator/disputes/{dispute['id']}", {"status": "won"})
    lose_webhooks(till)
    await comparison.compare_page(till.ctx, await page(till))
    assert await tasks(till) == []
    await tell(till, told(till, "payment.dispute.created"), "late")
    assert await tasks(till) == [] and (await states(till))["superseded"] >= 1
    assert await booked(till, payment) == []


async def test_the_payment_of_a_lost_dispute_is_looked_up_where_it_is_not_known(till: Till) -> None:
    """All that was told of it is lost, and it is older than what is compared."""
    _, _, checkout, provider_order = await begun(till)
    paid = till.simulator.pay(provider_order)["razorpay_payment_id"]
    till.simulator.dispute(paid, "lost")
    lose_webhooks(till)
    await comparison.compare_page(till.ctx, await page(till))
    after = await till.payment(checkout["payment_id"])
    assert (after["captured_paise"], after["refunded_paise"]) == (6300, 6300)
    assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []


async def test_a_lost_dispute_of_no_payment_of_ours_is_a_task_and_looked_up_once(till: Till) -> None:
    """The account may serve another shop; and what turns out to be ours after all is booked."""
    _, _, checkout, provider_order = await begun(till)
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = 'order_elsewhere'")
    paid = till.simulator.pay(provider_order)["razorpay_payment_id"]
    till.simulator.dispute(paid, "lost")
    for _ in range(3):
        await comparison.compare_page(till.ctx, await page(till))
    (task,) = await tasks(till)
    assert "not booked" in task["reason"] and paid in task["reason"]
    assert len(till.simulator.requests(f"GET /v1/payments/{paid}")) == 1
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = $1", provider_order)
    await till.deliver()
    await till.make_retries_due()
    await till.work()
    await comparison.compare_page(till.ctx, await page(till))
    assert (await till.payment(checkout["payment_id"]))["refunded_paise"] == 6300
    assert ["booked as refunded" in each["reason"] for each in await tasks(till)] == [True]
    assert await open_webhooks(till) == []


async def test_many_disputes_are_read_in_pages_and_the_trouble_of_one_hides_no_other(till: Till) -> None:
    payment, paid = await bought(till)
    other, lost = await bought(till)
    till.simulator.dispute(lost, "lost", paise=1300)  # the oldest: on the second page
    made = [till.simulator.dispute(paid, paise=100 + n)["id"] for n in range(120)]
    lose_webhooks(till)
    await till.owner.execute(
        "ALTER TABLE payments.unmatched ADD CONSTRAINT planted CHECK (amount_paise <> 150) NOT VALID"
    )
    await compare(till)
    await till.owner.execute("ALTER TABLE payments.unmatched DROP CONSTRAINT planted")
    assert await booked(till, other) == [(1300, "processed")]
    assert len(await till.owner.fetch("SELECT FROM payments.unmatched")) == 120
    asked = [each["path"] for each in till.simulator.requests("GET /v1/disputes")]
    assert all("count=100" in path for path in asked) and any("skip=100" in path for path in asked)
    await compare(till)
    noted = {row[0] for row in await till.owner.fetch("SELECT provider_payment_id FROM payments.unmatched")}
    assert noted >= set(made) and len(noted) == 121, "what failed is tried again"
    assert await booked(till, payment) == []


async def test_what_cannot_be_booked_or_listed_stops_no_round(till: Till) -> None:
    """Another currency is a task; an account that may not list disputes has its payments compared all the same."""
    payment, paid = await bought(till)
    till.simulator.dispute(paid, "lost")
    dollars = "UPDATE entity SET doc = json_set(doc, '$.currency', 'USD') WHERE kind = 'dispute'"
    with till.simulator.changed_books(dollars):
        await compare(till)
        (task,) = await tasks(till)
        assert "not booked here" in task["reason"] and "USD" in task["reason"]
        assert await booked(till, payment) == []
    till.simulator.faults(
        calls=[
            {"match": "GET /v1/disputes", "kind": kind, "times": 5} for kind in ("too_many", "bad_gateway")
        ]
    )
    await compare(till)
    assert await booked(till, payment) == []
    till.simulator.call("DELETE", "/_simulator/faults")
    await compare(till)
    assert await booked(till, payment) == [(6300, "processed")]


async def test_a_round_that_ends_between_booking_and_telling_is_made_good_by_the_next(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, paid = await bought(till)
    till.simulator.refund_in_dashboard(paid, 5000)
    await till.deliver()
    till.simulator.dispute(paid, "lost")
    lose_webhooks(till)

    async def broken(*_: Any) -> bool:
        raise ConnectionError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(people_tasks, "note_dispute", broken)
        await compare(till)
    assert await tasks(till) == []
    await compare(till)
    assert await booked(till, payment) == [(5000, "processed"), (1300, "processed")]
    (task,) = await tasks(till)
    assert "₹50.00 of it had gone back before" in task["reason"]


@pytest.mark.parametrize("told_by", ["webhook", "round"])
async def test_the_guest_is_told_what_came_back_from_their_bank(till: Till, told_by: str) -> None:
    """And not of money that the house gave back; also where the dispute took what was promised."""
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    paid = payment["attempts"][0]["provider_payment_id"]
    asked = {"amount_paise": 2000, "reason": "cold"}
    assert (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).status_code == 202
    await till.work()
    assert await kinds(till, payment) == {"refund"}
    assert (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).status_code == 202
    till.simulator.dispute(paid, "lost", paise=4300)
    await (till.deliver() if told_by == "webhook" else comparison.compare_page(till.ctx, await page(till)))
    answer = await till.call(who, "GET", f"/{payment['id']}")
    assert answer.status_code == 200, answer.text
    told_of = [(each["kind"], each["amount_paise"], each["status"]) for each in answer.json()["refunds"]]
    assert told_of == [
        ("refund", 2000, "processed"),
        ("dispute", 2000, "processed"),
        ("dispute", 2300, "processed"),
    ]
    sql = """SELECT data->>'refund_paise', data->>'refund_status' FROM payments.outbox
    WHERE type = 'rasoi.payment.refund_changed.v1' AND data->>'refund_kind' = 'dispute' ORDER BY id"""
    changes = [tuple(row) for row in await till.owner.fetch(sql)]
    assert [paise for paise, status in changes if status == "processed"] == ["2000", "2300"]
    assert ("2300", "requested") in changes, "no refund of ours is announced for it"
    assert "cold" not in answer.text, "what a manager wrote stays with the staff"
