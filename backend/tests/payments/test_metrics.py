"""What the payments room counts, by what happens; each counter is seen to move, and to move by the right amount."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from rasoi.payments import comparison, metrics, workers
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff

Moved = Callable[..., float]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def moved() -> Moved:
    """By how much a counter has moved since the test began."""
    before = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }

    def difference(name: str, **labels: str) -> float:
        return value(name, **labels) - before.get((name, tuple(sorted(labels.items()))), 0.0)

    return difference


async def test_a_payment_and_its_refund(till: Till, moved: Moved) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who), "wallet")
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"})
    await till.work()
    await till.deliver()  # the webhooks tell the same again
    assert moved("rasoi_payments_total", method="wallet", outcome="completed", reason="") == 1
    assert moved("rasoi_captured_paise_total", method="wallet") == 6300
    assert moved("rasoi_refunds_total", method="wallet", outcome="processed") == 1
    assert moved("rasoi_refunded_paise_total", method="wallet") == 2000
    assert moved("rasoi_provider_seconds_count", outcome="ok") >= 3


async def test_cash_and_cash_given_back(till: Till, moved: Moved) -> None:
    order = await till.order(guest())
    asked = {"order_id": order["id"], "amount_paise": 6300, "tendered_paise": 7000}
    payment = (await till.call(staff("waiter"), "POST", "/confirm-cash", asked)).json()
    asked = {"amount_paise": 300, "reason": "late"}
    refund = (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).json()
    assert moved("rasoi_refunded_paise_total", method="cash") == 0
    await till.call(staff("waiter"), "POST", f"/refunds/{refund['id']}/hand-out", {})
    assert moved("rasoi_payments_total", method="cash", outcome="completed", reason="") == 1
    assert moved("rasoi_captured_paise_total", method="cash") == 6300
    assert moved("rasoi_refunds_total", method="cash", outcome="processed") == 1
    assert moved("rasoi_refunded_paise_total", method="cash") == 300


async def test_a_failed_try_and_a_payment_that_is_never_made(till: Till, moved: Moved) -> None:
    who = guest(None)
    checkout = await till.checkout(who, await till.order(who))
    till.simulator.pay(checkout["action"]["options"]["order_id"], "failure", "card")
    await till.deliver()
    await till.deliver()
    assert moved("rasoi_payments_total", method="card", outcome="failed", reason="payment_failed") == 1
    await till.pass_deadlines()
    await till.reconcile()
    assert moved("rasoi_payments_total", method="none", outcome="failed", reason="not paid in time") == 1
    await till.order(who)
    await till.pass_deadlines()
    await till.reconcile()
    assert moved("rasoi_payments_total", method="none", outcome="expired", reason="not paid in time") == 1


async def test_money_that_can_not_be_used(till: Till, moved: Moved) -> None:
    who = guest(None)
    checkout = await till.checkout(who, await till.order(who))
    provider_order = checkout["action"]["options"]["order_id"]
    late = till.simulator.pay(provider_order, "late", "card")["razorpay_payment_id"]
    await till.verify(who, checkout, till.simulator.pay(provider_order))
    till.simulator.late(late)
    await till.deliver()
    assert moved("rasoi_payments_total", method="card", outcome="unusable", reason="it was paid already") == 1


async def test_another_amount_due_cancels_the_payment(till: Till, moved: Moved) -> None:
    who = guest()
    order = await till.order(who)
    await till.checkout(who, order)
    await till.order(who, bill_id=order["bill_id"])
    await till.checkout(who, order)
    assert moved("rasoi_payments_total", method="none", outcome="cancelled", reason="amount changed") == 1


async def test_refunds_that_fail_are_refused_or_stay_unknown(till: Till, moved: Moved) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    path = f"/{payment['id']}/refund"
    till.simulator.moods(refunds="failed")
    await till.call(staff(), "POST", path, {"amount_paise": 1000, "reason": "cold"})
    await till.work()
    assert moved("rasoi_refunds_total", method="upi", outcome="to_hand_out") == 1
    till.simulator.moods(balance=0)
    await till.call(staff(), "POST", path, {"amount_paise": 2000, "reason": "no balance"})
    await till.work()
    assert moved("rasoi_provider_seconds_count", outcome="refused") == 1
    till.simulator.moods(balance=None)
    till.simulator.moods(refunds="pending")
    till.simulator.fault("POST /v1/payments/", "bad_gateway")
    await till.call(staff(), "POST", path, {"amount_paise": 1000, "reason": "cold"})
    await till.work()
    assert moved("rasoi_provider_seconds_count", outcome="unknown") == 1
    await till.make_retries_due()
    await till.work()
    assert moved("rasoi_refunds_total", method="upi", outcome="pending") == 2, (
        "this one, and the one before it"
    )


async def test_every_outcome_of_a_webhook(till: Till, moved: Moved) -> None:
    who = guest(None)
    checkout = await till.checkout(who, await till.order(who))
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    (body,) = (body for _, body in till.sent_webhooks() if b'"payment.captured"' in body)
    nobodys = body.replace(checkout["action"]["options"]["order_id"].encode(), b"order_nobodys")
    sent: list[tuple[str, bytes, Any]] = [
        ("applied", body, {}),
        ("superseded", body, {}),
        ("superseded", b'{"event":"payment.downtime.started"}', {}),
        ("waiting", nobodys, {}),
        ("parked", b'{"event":"payment.captured","payload":{}}', {}),
        ("parked", body.replace(b'"currency":"INR"', b'"currency":"USD"'), {}),
        ("forged", body, {"secret": "another secret"}),
    ]
    for n, (outcome, what, more) in enumerate(sent):
        before = moved("rasoi_payment_webhooks_total", outcome=outcome)
        await till.webhook(what, f"event {n}", **more)
        await till.work()
        assert moved("rasoi_payment_webhooks_total", outcome=outcome) == before + 1, (n, outcome)
    await till.webhook(body, "event 0")
    assert moved("rasoi_payment_webhooks_total", outcome="repeated") == 1
    await till.http.post("/api/payments/webhook/razorpay", content=body)
    assert moved("rasoi_payment_webhooks_total", outcome="unsigned") == 1
    await till.work()
    assert moved("rasoi_payment_webhooks_total", outcome="applied") == 1


async def test_what_waits_is_reported_with_its_age(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    payment = await till.buy(who, order)
    (event_id, body), *_ = till.sent_webhooks()
    await till.webhook(body, event_id)
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 1000, "reason": "cold"})
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 50, "reason": "a little"})
    await till.owner.execute("UPDATE payments.webhook SET received_at = now() - interval '90 seconds'")
    await till.owner.execute("UPDATE payments.refund SET created_at = now() - interval '50 seconds'")
    await till.owner.execute("UPDATE payments.attempt SET on_bill = false")
    await till.owner.execute(
        """INSERT INTO payments.unmatched (provider, provider_payment_id, provider_order_id, amount_paise, currency, reason)
        VALUES ('razorpay', 'pay_x', '', 100, 'INR', 'planted')"""
    )
    await till.owner.execute(
        """INSERT INTO payments.webhook (provider, event_id, headers, body, state, next_try_at)
        VALUES ('razorpay', 'early', '{}', '', 'waiting', now() + interval '1 day'),
          ('razorpay', 'odd', '{}', '', 'parked', NULL)"""
    )
    await comparison.compare_books(till.ctx)
    await workers.count_waiting(till.ctx)
    ((_, waiting), (_, oldest), (_, unsettled)) = (
        gauge.parts[""] for gauge in (metrics.WAITING, metrics.OLDEST, metrics.UNSETTLED)
    )
    kinds = (
        *("webhooks", "waiting webhooks", "parked webhooks", "unmatched money"),
        *("refunds", "pending refunds", "refunds to hand out"),
    )
    assert waiting == {(kind,): 0 if kind == "pending refunds" else 1 for kind in kinds}
    assert 0 <= metrics.COMPARED.parts[""][1]["razorpay",] < 10
    assert 90 <= oldest["webhooks",] < 100 and 50 <= oldest["refunds",] < 60
    assert unsettled == {(): 1}
    await till.owner.execute("UPDATE payments.attempt SET on_bill = true")
    await till.owner.execute("DELETE FROM payments.unmatched")
    (task,) = (await till.call(staff(), "GET", "/refund-tasks?status=to_hand_out")).json()["items"]
    await till.call(staff(), "POST", f"/refunds/{task['id']}/hand-out", {})
    await till.owner.execute("DELETE FROM payments.webhook WHERE event_id IN ('early', 'odd')")
    await till.work()
    await workers.count_waiting(till.ctx)
    assert metrics.WAITING.parts[""][1] == {(kind,): 0 for kind in kinds}
    assert metrics.OLDEST.parts[""][1] == {(kind,): 0 for kind in kinds}
    assert metrics.UNSETTLED.parts[""][1] == {(): 0}


def test_reasons_without_end_are_one_label() -> None:
    assert metrics.reason_of("insufficient_funds") == "insufficient_funds"
    assert metrics.reason_of("a reason of tomorrow") == metrics.reason_of(None) == "other"


def test_reasons_are_few() -> None:
    """Those of Razorpay that say what a guest or the restaurant can do; the rest is other."""
    known = [
        *("payment_failed", "payment_cancelled", "payment_timed_out", "payment_declined"),
        *("insufficient_funds", "authentication_failed", "incorrect_otp", "incorrect_pin"),
        *("bank_technical_error", "gateway_technical_error", "card_expired", "invalid_vpa"),
        *("payment_risk_check_failed", "server_error"),
    ]
    assert [metrics.reason_of(reason) for reason in known] == known
    assert {metrics.reason_of(reason) for reason in (None, "", "made up")} == {"other"}


def test_what_may_come_of_a_webhook_is_there_before_the_first() -> None:
    for outcome in ("applied", "superseded", "waiting", "parked", "forged", "unsigned"):
        assert REGISTRY.get_sample_value("rasoi_payment_webhooks_total", {"outcome": outcome}) is not None
