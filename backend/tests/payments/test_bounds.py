"""What money must never do: be taken twice, taken beyond what is due, or given back beyond what is left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from rasoi.payments import reconciliation
from rasoi.payments.domain import PaymentRow, RefundTooLarge
from rasoi.payments.ledger import Ledger
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def captures(till: Till) -> list[dict[str, Any]]:
    return [r for r in till.simulator.requests("POST /v1/payments/") if r["path"].endswith("/capture")]


async def test_a_late_capture_takes_no_more_than_is_still_due(till: Till) -> None:
    """Two windows were left open, over 63 and over 126; both are paid. Of the second, the 63 that are due stay."""
    who = guest()
    order = await till.order(who)
    small = await till.checkout(who, order)
    await till.order(who, bill_id=order["bill_id"])
    large = await till.checkout(who, order)
    assert (small["amount_paise"], large["amount_paise"]) == (6300, 12600)
    for window, paid in ((small, "completed"), (large, "completed")):
        reply = till.simulator.pay(window["action"]["options"]["order_id"])
        assert (await till.verify(who, window, reply)).json()["status"] == paid
    late = await till.payment(large["payment_id"])
    assert (late["captured_paise"], late["refunded_paise"]) == (12600, 6300)
    bill = await till.bill(order)
    assert (bill["total_paise"], bill["paid_paise"], bill["refunded_paise"]) == (12600, 18900, 6300)
    sql = "SELECT on_bill FROM payments.attempt WHERE amount_paise = 12600"
    assert await till.owner.fetchval(sql) is True


@pytest.mark.parametrize("seen_by", ["webhook", "browser", "reconciler"])
async def test_a_second_authorisation_of_a_completed_payment_is_never_captured(
    till: Till, seen_by: str
) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    provider_order = checkout["action"]["options"]["order_id"]
    second = till.simulator.pay(provider_order, "authorized", "card")
    till.simulator.pay(provider_order, "authorized", "wallet")
    first = next(p["id"] for p in till.simulator.books()["payments"] if p["method"] == "wallet")
    for event_id, body in till.sent_webhooks():
        if first.encode() in body:
            till.delivered.add(event_id)
            await till.webhook(body, event_id)
    await till.work()
    assert [c["path"].split("/")[3] for c in captures(till)] == [first]
    if seen_by == "webhook":
        await till.deliver()
    elif seen_by == "browser":
        assert (await till.verify(who, checkout, second)).json()["status"] == "completed"
    else:
        await till.owner.execute("UPDATE payments.payment SET poll_at = now()")
        await reconciliation.reconcile(till.ctx)
    payment = await till.payment(checkout["payment_id"])
    statuses = {a["provider_payment_id"]: a["status"] for a in payment["attempts"]}
    assert statuses == {first: "captured", second["razorpay_payment_id"]: "authorized"}
    assert [c["path"].split("/")[3] for c in captures(till)] == [first]
    assert payment["captured_paise"] == 6300


def paid_ledger(paise: int) -> Ledger:
    row = PaymentRow(
        outlet_id=1,
        id=uuid4(),
        bill_id=uuid4(),
        order_id=None,
        amount_paise=paise,
        business_day=date(2026, 11, 21),
        created_at=NOW,
        expires_at=NOW,
    )
    ledger = Ledger(row, [], [], NOW, row.business_day)
    ledger.begin()
    ledger.fulfil(ledger.take("cash", uuid4(), "Asha", tendered_paise=paise))
    return ledger


@pytest.mark.parametrize("way", ["attempt_with", "request_refund"])
def test_a_refund_is_bound_by_what_is_left(way: str) -> None:
    ledger = paid_ledger(10_000)
    (attempt,) = ledger.attempts
    ledger.request_refund(attempt, 6_000, "cold")

    def ask(paise: int) -> None:
        if way == "attempt_with":
            ledger.attempt_with(paise)
        else:
            ledger.request_refund(attempt, paise, "cold")

    for paise in (4_001, 10_000):
        before = ledger.row.version
        with pytest.raises(RefundTooLarge) as refused:
            ask(paise)
        assert refused.value.extensions["refundable_paise"] == 4_000
        assert (ledger.row.refunded_paise, ledger.row.version) == (6_000, before)
    ask(4_000)


@pytest.mark.parametrize("paise", [0, -1])
def test_a_refund_gives_something(paise: int) -> None:
    ledger = paid_ledger(10_000)
    with pytest.raises(RefundTooLarge):
        ledger.request_refund(ledger.attempts[0], paise, "cold")
    assert ledger.refunds == []


async def test_the_second_refund_over_http_is_bound_by_what_is_left(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    path = f"/{payment['id']}/refund"
    first = await till.call(staff(), "POST", path, {"amount_paise": 6000, "reason": "cold"})
    assert first.status_code == 202
    for paise in (301, 6300):
        refused = await till.call(staff(), "POST", path, {"amount_paise": paise, "reason": "more"})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/refund-too-large")
        assert refused.json()["refundable_paise"] == 300
    assert (
        await till.call(staff(), "POST", path, {"amount_paise": 300, "reason": "rest"})
    ).status_code == 202
