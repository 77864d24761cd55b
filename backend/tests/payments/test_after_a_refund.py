"""After a refund: the bill stays settled, cash is a task until a named person has handed it out, and what the provider
refuses comes to an end all the same."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from rasoi.platform.auth import Tokens
from tests.lifts import is_used, lift
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.test_service import books_add_up, ledger_equals_books

Json = dict[str, Any]


async def refunded(till: Till, payment: Json, paise: int, reason: str = "cold") -> Json:
    answer = await till.call(
        staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": paise, "reason": reason}
    )
    assert answer.status_code == 202, answer.text
    await till.work()
    return answer.json()  # type: ignore[no-any-return]


async def queue(till: Till, state: str, role: str = "waiter") -> list[Json]:
    answer = await till.call(staff(role), "GET", f"/refund-tasks?status={state}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]  # type: ignore[no-any-return]


async def paid_in_cash(till: Till) -> tuple[Json, Json]:
    order = await till.order(guest())
    asked = {"order_id": order["id"], "amount_paise": 6300, "tendered_paise": 6300}
    payment = (await till.call(staff("waiter"), "POST", "/confirm-cash", asked)).json()
    await till.handle_events()
    return order, payment


@pytest.mark.parametrize(("paise", "status"), [(2000, "partly_refunded"), (6300, "refunded")])
async def test_a_closed_bill_stays_closed_and_owes_nothing(till: Till, paise: int, status: str) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    documents = "SELECT number FROM orders.document WHERE kind <> 'credit_note'"
    numbers = await till.owner.fetch(documents)
    await refunded(till, payment, paise)
    rows = await till.owner.fetch(
        "SELECT data FROM orders.outbox WHERE type = 'rasoi.bill.changed.v1' ORDER BY id"
    )
    told = rows[-1]["data"]
    assert (told["status"], told["payment_status"], told["due_paise"]) == ("closed", status, 0)
    bill = await till.bill(order)
    assert (bill["status"], bill["refunded_paise"]) == ("closed", paise)
    assert len(numbers) == 1 and await till.owner.fetch(documents) == numbers
    assert await till.owner.fetchval("SELECT count(*) FROM orders.document WHERE kind = 'credit_note'") == 1
    answer = await till.call(who, "POST", "/create-razorpay-order", {"order_id": order["id"]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-due")


async def test_an_open_bills_money_is_due_again(till: Till) -> None:
    who = guest()
    first = await till.order(who, 2)
    checkout = await till.checkout(who, first)
    await till.order(who)  # the bill stays open: more is due than was paid
    reply = till.simulator.pay(checkout["action"]["options"]["order_id"])
    payment = (await till.verify(who, checkout, reply)).json()
    await till.handle_events()
    await refunded(till, payment, 2000)
    bill = await till.bill(first)
    due = bill["total_paise"] - bill["paid_paise"] + bill["refunded_paise"]
    assert (bill["status"], due) == ("open", 6300 + 2000)
    again = await till.checkout(who, first)
    assert again["amount_paise"] == due


async def test_cash_is_a_task_until_a_named_person_has_handed_it_out_once(till: Till) -> None:
    order, payment = await paid_in_cash(till)
    asked = await refunded(till, payment, 2500, "a hair in it")
    assert (asked["status"], asked["settled_at"], asked["method"]) == ("to_hand_out", None, "cash")
    (task,) = await queue(till, "to_hand_out")
    assert (task["id"], task["amount_paise"], task["reason"]) == (asked["id"], 2500, "a hair in it")
    assert (task["requested_by"], task["bill_id"], task["label"]) == (
        "Ravi the manager",
        order["bill_id"],
        "Table 1",
    )
    assert await queue(till, "under_way") == []
    stats = (await till.call(staff(), "GET", "/stats/daily")).json()["days"][-1]["total"]
    assert stats["refunded_paise"] == 0, "it is still in the drawer"
    path = f"/refunds/{task['id']}/hand-out"
    waiters = [staff("waiter") for _ in range(10)]
    answers = await asyncio.gather(*(till.call(waiter, "POST", path, {}) for waiter in waiters))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    done = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (done["status"], done["handed_by"], done["method"]) == ("processed", "Ravi the waiter", "cash")
    assert done["settled_at"] and done["business_day"]
    refusal = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refusal["type"], refusal["handed_by"]) == ("/problems/not-to-hand-out", "Ravi the waiter")
    assert await queue(till, "to_hand_out") == []
    stats = (await till.call(staff(), "GET", "/stats/daily")).json()["days"][-1]["total"]
    assert stats["refunded_paise"] == 2500
    rows = await till.owner.fetch("SELECT action FROM staff.audit WHERE action LIKE 'payment.refund%'")
    assert {row["action"] for row in rows} == {"payment.refund", "payment.refund_handed_out"}
    await books_add_up(till)


async def test_guests_hand_out_nothing_and_read_no_names(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    task = await refunded(till, payment, 50, "what the manager wrote")
    assert (await till.call(who, "POST", f"/refunds/{task['id']}/hand-out", {})).status_code == 403
    assert (await till.call(who, "GET", "/refund-tasks?status=to_hand_out")).status_code == 403
    (shown,) = (await till.call(who, "GET", f"/{payment['id']}")).json()["refunds"]
    assert (shown["requested_by"], shown["error"], shown["reason"]) == (None, None, "")
    assert (shown["status"], shown["method"]) == ("to_hand_out", "upi")
    assert (await till.call(staff(), "POST", f"/refunds/{UUID(int=1)}/hand-out", {})).status_code == 404


async def test_less_than_a_rupee_is_a_task_and_never_asked_of_the_provider(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    task = await refunded(till, payment, 99)
    assert till.simulator.requests("POST /v1/payments/") == []
    done = await till.call(staff("waiter"), "POST", f"/refunds/{task['id']}/hand-out", {})
    assert done.json()["method"] == "cash"
    daily = await till.owner.fetch(
        "SELECT method, refunded_paise FROM payments.daily WHERE refunded_paise > 0"
    )
    assert [(row["method"], row["refunded_paise"]) for row in daily] == [("cash", 99)]


async def test_a_low_balance_is_tried_again_until_money_came_in(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.moods(balance=100)
    await refunded(till, payment, 2000)
    for _ in range(3):
        (waiting,) = await queue(till, "under_way")
        assert waiting["status"] in ("requested", "unknown")
        assert "balance" in waiting["error"] and waiting["next_try_at"] and waiting["tries"] >= 1
        await till.make_retries_due()
        await till.work()
    pauses = await till.owner.fetchval(
        "SELECT next_try_at - now() > interval '10 seconds' FROM payments.refund"
    )
    assert pauses, "later each time"
    await till.buy(who, await till.order(who))
    await till.make_retries_due()
    await till.work()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "processed"
    assert len(till.simulator.books()["refunds"]) == 1
    await ledger_equals_books(till)


async def test_what_is_refused_for_days_is_paid_out_another_way(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.moods(balance=0)
    await refunded(till, payment, 2000)
    await till.owner.execute("UPDATE payments.refund SET created_at = now() - interval '6 days'")
    await till.make_retries_due()
    await till.work()
    (task,) = await queue(till, "to_hand_out")
    assert "balance" in task["error"]
    body = {"method": "netbanking", "reference": "UTR 12345"}
    done = (await till.call(staff(), "POST", f"/refunds/{task['id']}/hand-out", body)).json()
    assert (done["method"], done["reference"], done["handed_by"]) == (
        "netbanking",
        "UTR 12345",
        "Ravi the manager",
    )
    assert (await till.payment(payment["id"]))["refunded_paise"] == 2000
    await books_add_up(till)


async def test_a_promise_shrinks_to_what_the_owner_left(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"})
    paid = payment["attempts"][0]["provider_payment_id"]
    till.simulator.refund_in_dashboard(paid, 5000)  # nothing tells of it; 1300 are left there
    await till.work()
    refunds = {r["amount_paise"]: r["status"] for r in (await till.payment(payment["id"]))["refunds"]}
    assert refunds == {5000: "processed", 1300: "requested"}, "the promise shrinks to what is left"
    await till.make_retries_due()
    await till.work()
    refunds = {r["amount_paise"]: r["status"] for r in (await till.payment(payment["id"]))["refunds"]}
    assert refunds == {5000: "processed", 1300: "processed"}
    assert (await till.bill({"bill_id": payment["bill_id"]}))["refunded_paise"] == 6300
    await ledger_equals_books(till)


@pytest.mark.parametrize(
    ("promised", "given", "expected"),
    [
        ([2000], 6300, [2000, 4300]),
        ([2000, 1500], 6300, [1500, 2000, 2800]),
        ([2000, 50], 6300, [50, 2000, 4250]),
        ([2000, 1500], 6000, [300, 2000, 4000]),
        ([2000, 1500, 2800], 6300, [1500, 2000, 2800]),
    ],
)
async def test_one_refund_of_the_owners_keeps_every_promise_that_it_leaves_no_money_for(
    till: Till, promised: list[int], given: int, expected: list[int]
) -> None:
    """Those are kept by it, whole, and one that it leaves a part for shrinks."""
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    for paise in promised:
        asked = {"amount_paise": paise, "reason": "cold"}
        assert (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).status_code == 202
    till.simulator.refund_in_dashboard(payment["attempts"][0]["provider_payment_id"], given)
    for _ in range(4):
        await till.deliver()
        await till.make_retries_due()
    payment = await till.payment(payment["id"])
    assert sorted(r["amount_paise"] for r in payment["refunds"]) == expected
    assert payment["refunded_paise"] == 6300
    assert {r["status"] for r in payment["refunds"]} == {"processed"}
    assert (await till.bill({"bill_id": payment["bill_id"]}))["refunded_paise"] == 6300
    await ledger_equals_books(till)
    assert (await till.call(staff(), "GET", "/webhooks")).json()["items"] == []


async def test_what_failed_at_the_bank_may_be_given_back_by_the_owner_after_all(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.moods(refunds="failed")
    await refunded(till, payment, 6300)
    await till.deliver()
    assert len(await queue(till, "to_hand_out", "manager")) == 1
    till.simulator.moods(refunds="processed")
    till.simulator.refund_in_dashboard(payment["attempts"][0]["provider_payment_id"], 6300)
    await till.deliver()
    (refund,) = (await till.payment(payment["id"]))["refunds"]
    assert (refund["status"], refund["amount_paise"], refund["handed_by"]) == ("processed", 6300, None)
    await ledger_equals_books(till)


async def test_the_owner_was_quicker_in_the_dashboard(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 6300, "reason": "cold"})
    till.simulator.refund_in_dashboard(payment["attempts"][0]["provider_payment_id"])
    await till.work()
    (refund,) = (await till.payment(payment["id"]))["refunds"]
    assert (refund["status"], refund["reason"]) == ("processed", "cold")
    await till.deliver()
    assert len((await till.payment(payment["id"]))["refunds"]) == 1
    await ledger_equals_books(till)


async def test_a_refund_that_the_bank_sends_back_is_a_task(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    till.simulator.moods(refunds="failed")
    await refunded(till, payment, 6300)
    await till.deliver()
    payment = await till.payment(payment["id"])
    assert (payment["refunds"][0]["status"], payment["refunded_paise"]) == ("to_hand_out", 6300)
    assert (await till.bill(order))["refunded_paise"] == 6300, "the promise stands"
    (task,) = await queue(till, "to_hand_out", "manager")
    await till.call(staff("waiter"), "POST", f"/refunds/{task['id']}/hand-out", {})
    await till.deliver()
    refund = (await till.payment(payment["id"]))["refunds"][0]
    assert (refund["status"], refund["method"], refund["handed_by"]) == (
        "processed",
        "cash",
        "Ravi the waiter",
    )
    await books_add_up(till)


async def test_a_role_gives_back_of_one_payment_up_to_its_limit_in_all(till: Till) -> None:
    _, payment = await paid_in_cash(till)
    path, waiter = f"/{payment['id']}/refund", staff("waiter")

    async def ask(paise: int) -> Json:
        answer = await till.call(waiter, "POST", path, {"amount_paise": paise, "reason": "cold"})
        return {"status": answer.status_code} | answer.json() if answer.status_code != 202 else {}

    assert (await ask(1))["type"] == "/problems/not-permitted"
    refund = {"allowed": True, "limit_paise": 2500}
    till.ctx.get(Tokens).rights.take(1, 1, {"waiter": {"refund": refund}})
    refused = await ask(2501)
    assert (refused["status"], refused["type"]) == (403, "/problems/above-limit")
    assert (refused["permission"], refused["limit_paise"], refused["amount_paise"]) == ("refund", 2500, 2501)
    assert await ask(2000) == {}
    assert (await ask(501))["amount_paise"] == 2501, "in parts it is not more"
    assert await ask(500) == {}
    await refunded(till, payment, 1000)
    await books_add_up(till)


async def test_a_refund_above_the_limit_is_lifted_once_and_says_by_whom(till: Till) -> None:
    _, payment = await paid_in_cash(till)
    path, waiter = f"/{payment['id']}/refund", staff("waiter")

    async def ask(paise: int, key: str, approval: str | None = None, who: Any = waiter) -> Any:
        headers = {"Idempotency-Key": key, "Authorization": "Bearer " + till.ctx.get(Tokens).issue(who, 3600)}
        if approval is not None:
            headers["Manager-Approval"] = approval
        body = {"amount_paise": paise, "reason": "cold"}
        return await till.http.post(f"/api/payments{path}", json=body, headers=headers)

    token = await lift(till.owner, waiter, "refund", payment["id"], 2000)
    refused = await ask(2000, "made up", "made up")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/approval-not-valid")
    assert (await ask(2001, "more", token)).status_code == 403
    assert (await ask(2000, "other", token, staff("waiter"))).status_code == 403
    assert not await is_used(till.owner)
    first, second = await asyncio.gather(ask(2000, "one", token), ask(2000, "two", token))
    assert sorted((first.status_code, second.status_code)) == [202, 403]
    key = "one" if first.status_code == 202 else "two"
    again = await ask(2000, key, token)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    [refund] = (await till.payment(payment["id"]))["refunds"]
    assert (refund["requested_by"], refund["approved_by"]) == ("Ravi the waiter", "Binod")
    detail = await till.owner.fetchval("SELECT detail FROM staff.audit WHERE action = 'payment.refund'")
    assert detail["approved_by"] == "Binod" and detail["amount_paise"] == 2000
    await books_add_up(till)


async def test_a_refund_that_can_not_be_does_not_use_the_approval_up(till: Till) -> None:
    _, payment = await paid_in_cash(till)
    waiter = staff("waiter")
    token = await lift(till.owner, waiter, "refund", payment["id"], 999_00)
    headers = {
        "Manager-Approval": token,
        "Authorization": "Bearer " + till.ctx.get(Tokens).issue(waiter, 3600),
    }
    for paise, status in ((6301, 409), (6300, 202)):
        body = {"amount_paise": paise, "reason": "cold"}
        path = f"/api/payments/{payment['id']}/refund"
        answer = await till.http.post(path, json=body, headers=headers | {"Idempotency-Key": str(paise)})
        assert answer.status_code == status, answer.text
        assert await is_used(till.owner) == (status == 202)
