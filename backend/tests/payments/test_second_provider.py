"""Another provider takes a payment from its creation to its refund, beside Razorpay, without a line of product code."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rasoi.payments.providers import Providers
from rasoi.platform.auth import Principal
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.fakepay import FakePay, sign


@pytest.fixture
def fakepay(till: Till) -> FakePay:
    """Registered behind Razorpay, which stays the one that is used when none is named."""
    provider = FakePay()
    till.ctx.register(Providers([till.ctx.get(Providers).first, provider]))
    return provider


async def start(till: Till, who: Principal, order: dict[str, Any], **more: str) -> dict[str, Any]:
    answer = await till.call(who, "POST", "/checkout", {"order_id": order["id"], **more})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def deliver(till: Till, fakepay: FakePay, signature: str | None = None) -> list[httpx.Response]:
    """Let its webhooks arrive, and be processed."""
    answers = []
    for body in fakepay.events:
        headers = {"fake-signature": signature or sign(body)}
        answers.append(await till.http.post("/api/payments/webhook/fakepay", content=body, headers=headers))
    fakepay.events.clear()
    await till.work()
    return answers


async def test_from_creation_by_webhooks_to_captured_and_refunded(till: Till, fakepay: FakePay) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await start(till, who, order, provider="fakepay")
    assert (checkout["provider"], checkout["amount_paise"]) == ("fakepay", 6300)
    assert checkout["action"] == {"kind": "redirect", "url": "https://pay.example/session-1", "options": {}}
    fakepay.pay("session-1")
    assert [answer.status_code for answer in await deliver(till, fakepay)] == [200]
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["method"], payment["captured_paise"]) == ("completed", "wallet", 6300)
    assert await till.status(order) == "confirmed"
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"})
    await till.work()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "pending"
    fakepay.finish_refunds()
    await deliver(till, fakepay)
    payment = await till.payment(payment["id"])
    assert (payment["refunds"][0]["status"], payment["refunded_paise"]) == ("processed", 2000)
    for table in ("payment", "attempt", "webhook"):
        rows = await till.owner.fetch(f"SELECT DISTINCT provider FROM payments.{table}")
        assert [row["provider"] for row in rows] == ["fakepay"], table
    assert till.simulator.requests("POST") == []


async def test_the_browsers_reply_is_proved_by_the_payments_own_provider(
    till: Till, fakepay: FakePay
) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await start(till, who, order, provider="fakepay")
    reply = fakepay.pay("session-1")
    body = {"payment_id": checkout["payment_id"], "reply": reply | {"proof": "0" * 64}}
    assert (await till.call(who, "POST", "/verify", body)).status_code == 400
    body["reply"] = reply
    assert (await till.call(who, "POST", "/verify", body)).json()["status"] == "completed"


async def test_the_reconciler_asks_the_payments_own_provider(till: Till, fakepay: FakePay) -> None:
    who = guest(None)
    order = await till.order(who)
    await start(till, who, order, provider="fakepay")
    fakepay.pay("session-1")
    await till.pass_deadlines()
    await till.reconcile()
    assert await till.status(order) == "confirmed"
    assert till.simulator.requests("GET") == []


async def test_equal_ids_of_two_providers_are_two_payments(till: Till, fakepay: FakePay) -> None:
    who = guest(None)
    first, second = await till.order(who), await till.order(who, 2)
    theirs = await till.buy(who, first)
    checkout = await start(till, who, second, provider="fakepay")
    order_id = await till.owner.fetchval(
        "SELECT provider_order_id FROM payments.payment WHERE captured_paise > 0"
    )
    fakepay.orders[order_id] = fakepay.orders.pop("session-1")
    await till.owner.execute(
        "UPDATE payments.payment SET provider_order_id = $1 WHERE id = $2::text::uuid",
        order_id,
        checkout["payment_id"],
    )
    fakepay.pay(order_id, payment_id=theirs["attempts"][0]["provider_payment_id"])
    await deliver(till, fakepay)
    assert (await till.payment(checkout["payment_id"]))["captured_paise"] == 12600
    assert (await till.payment(theirs["id"]))["captured_paise"] == 6300


async def test_another_provider_for_the_same_amount_is_another_payment(till: Till, fakepay: FakePay) -> None:
    """The window at the first stays open: what is paid there as well goes back."""
    who = guest(None)
    order = await till.order(who)
    first = await start(till, who, order)
    assert (first["provider"], first["action"]["kind"]) == ("razorpay", "razorpay")
    second = await start(till, who, order, provider="fakepay")
    assert second["payment_id"] != first["payment_id"]
    assert (await till.payment(first["payment_id"]))["status"] == "cancelled"
    fakepay.pay("session-1")
    await deliver(till, fakepay)
    till.simulator.pay(first["action"]["options"]["order_id"])
    await till.deliver()
    assert (await till.payment(second["payment_id"]))["status"] == "completed"
    late = await till.payment(first["payment_id"])
    assert (late["captured_paise"], late["refunded_paise"]) == (6300, 6300)


async def test_a_provider_that_is_not_here(till: Till, fakepay: FakePay) -> None:
    order = await till.order(guest(None))
    answer = await till.call(staff(), "POST", "/checkout", {"order_id": order["id"], "provider": "nopay"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-payment-provider")
    answer = await till.http.post(
        "/api/payments/webhook/nopay", content=b"{}", headers={"fake-signature": "x"}
    )
    assert answer.status_code == 404
    fakepay.orders["session-1"] = ("receipt", 6300, "INR")
    fakepay.pay("session-1")
    assert [answer.status_code for answer in await deliver(till, fakepay, signature="0" * 64)] == [401]
    assert await till.owner.fetchval("SELECT count(*) FROM payments.webhook") == 0


async def test_all_providers_are_closed_with_the_room(till: Till, fakepay: FakePay) -> None:
    till.ctx.get(Providers).close()
    assert fakepay.closed


async def test_a_checkout_is_answered_as_before_also_when_its_provider_is_gone(
    till: Till, fakepay: FakePay
) -> None:
    who = guest(None)
    order = await till.order(who)
    body = {"order_id": order["id"], "provider": "fakepay"}
    first = await till.call(who, "POST", "/checkout", body, "key")
    assert first.status_code == 200, first.text
    till.ctx.register(Providers([till.ctx.get(Providers).first]))
    again = await till.call(who, "POST", "/checkout", body, "key")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await till.call(who, "POST", "/checkout", body, "another key")).status_code == 404
