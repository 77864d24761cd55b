"""The simulator's API, through the real SDK wherever the SDK can say it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import razorpay
import requests

from tests.razorpay_simulator.conftest import Receiver
from tests.razorpay_simulator.process import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, Simulator

TIMEOUT = 5


def order(client: razorpay.Client, receipt: str = "r1", amount: int = 12345, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.order.create(
        {"amount": amount, "currency": "INR", "receipt": receipt, **more}, timeout=TIMEOUT
    )
    return made


def test_order_has_razorpays_shape(client: razorpay.Client) -> None:
    made = order(client, notes={"outlet": "1"})
    assert made["id"].startswith("order_")
    assert len(made["id"]) == len("order_") + 14
    assert (made["entity"], made["amount_due"], made["amount_paid"], made["status"], made["attempts"]) == (
        "order",
        12345,
        0,
        "created",
        0,
    )
    assert made["notes"] == {"outlet": "1"}
    assert client.order.fetch(made["id"], timeout=TIMEOUT) == made
    assert order(client, "r2")["notes"] == []


def test_receipt_is_unique_in_both_modes(client: razorpay.Client) -> None:
    made = order(client)
    with pytest.raises(razorpay.errors.BadRequestError, match="Order receipt should be unique"):
        order(client)
    assert order(client, unique_receipt=True) == made
    with pytest.raises(razorpay.errors.BadRequestError, match="unique"):
        order(client, amount=999, unique_receipt=True)
    found = client.order.all({"receipt": "r1"}, timeout=TIMEOUT)
    assert [o["id"] for o in found["items"]] == [made["id"]]
    assert client.order.all({"receipt": "r"}, timeout=TIMEOUT)["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 99, "currency": "INR"},
        {"amount": 1.5, "currency": "INR"},
        {"amount": True, "currency": "INR"},
        {"amount": 100},
        {"amount": 100, "currency": "INR", "receipt": "x" * 41},
        {"amount": 100, "currency": "INR", "notes": {"a": "x" * 257}},
        {"amount": 100, "currency": "INR", "notes": {str(n): "" for n in range(16)}},
    ],
)
def test_bad_orders_are_refused_as_razorpay_does(
    client: razorpay.Client, simulator: Simulator, body: dict[str, Any]
) -> None:
    with pytest.raises(razorpay.errors.BadRequestError):
        client.order.create(body, timeout=TIMEOUT)
    error = simulator.call("POST", "/v1/orders", body)[1]["error"]
    assert set(error) == {"code", "description", "field", "source", "step", "reason", "metadata"}


def test_strangers_are_turned_away(simulator: Simulator) -> None:
    status, answer = simulator.call("GET", "/v1/orders", auth=False)
    assert (status, answer["error"]["description"]) == (401, "Authentication failed")
    stranger = razorpay.Client(auth=(KEY_ID, "wrong"), base_url=simulator.url)
    with pytest.raises(razorpay.errors.BadRequestError):
        stranger.order.all(timeout=TIMEOUT)


@pytest.mark.parametrize(
    ("method", "path", "raw", "status"),
    [
        ("POST", "/v1/orders", b"{", 400),
        ("POST", "/v1/orders", b"[]", 400),
        ("POST", "/v1/orders", b"\xff\xfe", 400),
        ("PUT", "/v1/orders", b"", 405),
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/orders/order_none", None, 400),
        ("GET", "/v1/orders?count=x", None, 400),
        ("POST", "/_simulator/pay", b'{"order_id": 3}', 400),
        ("POST", "/_simulator/faults", b'{"calls": [{"nonsense": 1}]}', 400),
    ],
)
def test_nonsense_is_a_clean_refusal(
    simulator: Simulator, method: str, path: str, raw: bytes | None, status: int
) -> None:
    found, answer = simulator.call(method, path, raw=raw)
    assert found == status
    assert answer["error"]["description"]


def test_success_is_captured_and_signed(client: razorpay.Client, simulator: Simulator) -> None:
    made = order(client)
    reply = simulator.pay(made["id"], method="card")
    assert client.utility.verify_payment_signature(reply)
    payment = client.payment.fetch(reply["razorpay_payment_id"], timeout=TIMEOUT)
    assert (payment["status"], payment["captured"], payment["order_id"], payment["method"]) == (
        "captured",
        True,
        made["id"],
        "card",
    )
    assert client.order.fetch(made["id"], timeout=TIMEOUT)["status"] == "paid"
    assert client.order.payments(made["id"], timeout=TIMEOUT)["count"] == 1
    assert simulator.pay(made["id"])["error"]["description"] == "Payment already done for this order."


def test_manual_capture_is_exact_and_once(client: razorpay.Client, simulator: Simulator) -> None:
    made = order(client, payment_capture=0)
    payment_id = simulator.pay(made["id"])["razorpay_payment_id"]
    assert client.payment.fetch(payment_id, timeout=TIMEOUT)["status"] == "authorized"
    with pytest.raises(razorpay.errors.BadRequestError, match="equal to the amount authorized"):
        client.payment.capture(payment_id, 1, data={"currency": "INR"}, timeout=TIMEOUT)
    captured = client.payment.capture(payment_id, 12345, data={"currency": "INR"}, timeout=TIMEOUT)
    assert captured["status"] == "captured"
    with pytest.raises(razorpay.errors.BadRequestError, match="already been captured"):
        client.payment.capture(payment_id, 12345, data={"currency": "INR"}, timeout=TIMEOUT)


def test_a_upi_retry_keeps_the_payments_id(
    client: razorpay.Client, simulator: Simulator, receiver: Receiver
) -> None:
    made = order(client)
    failed = simulator.pay(made["id"], "failure")
    assert failed["error"]["metadata"] == {
        "payment_id": failed["razorpay_payment_id"],
        "order_id": made["id"],
    }
    assert client.order.fetch(made["id"], timeout=TIMEOUT)["status"] == "attempted"
    assert simulator.pay(made["id"])["razorpay_payment_id"] == failed["razorpay_payment_id"]
    other = order(client, "r2")
    first, second = simulator.pay(other["id"], "failure", "card"), simulator.pay(other["id"], method="card")
    assert first["razorpay_payment_id"] != second["razorpay_payment_id"]


def test_a_failed_payment_may_be_authorised_late_beside_another(
    client: razorpay.Client, simulator: Simulator
) -> None:
    made = order(client)
    late = simulator.pay(made["id"], "late", "card")["razorpay_payment_id"]
    simulator.pay(made["id"], method="netbanking")
    simulator.late(late)
    statuses = [p["status"] for p in client.order.payments(made["id"], timeout=TIMEOUT)["items"]]
    assert statuses == ["captured", "captured"]


def test_refunds_never_exceed_and_are_once_per_key(client: razorpay.Client, simulator: Simulator) -> None:
    payment_id = simulator.pay(order(client)["id"])["razorpay_payment_id"]
    key = {"X-Refund-Idempotency": "0123456789abc"}
    first = client.payment.refund(payment_id, {"amount": 5000}, headers=dict(key), timeout=TIMEOUT)
    again = client.payment.refund(payment_id, {"amount": 5000}, headers=dict(key), timeout=TIMEOUT)
    assert first["id"] == again["id"]
    assert first["status"] == "processed"
    with pytest.raises(razorpay.errors.BadRequestError, match="Different request body"):
        client.payment.refund(payment_id, {"amount": 1000}, headers=dict(key), timeout=TIMEOUT)
    with pytest.raises(razorpay.errors.BadRequestError, match="greater than"):
        client.payment.refund(payment_id, {"amount": 7346}, timeout=TIMEOUT)
    assert client.payment.fetch(payment_id, timeout=TIMEOUT)["refund_status"] == "partial"
    rest = client.payment.refund(payment_id, {}, timeout=TIMEOUT)  # without an amount: everything
    assert rest["amount"] == 7345
    assert client.refund.fetch(rest["id"], timeout=TIMEOUT)["payment_id"] == payment_id
    payment = client.payment.fetch(payment_id, timeout=TIMEOUT)
    assert (payment["status"], payment["refund_status"], payment["amount_refunded"]) == (
        "refunded",
        "full",
        12345,
    )
    assert client.order.all({"receipt": "r1"}, timeout=TIMEOUT)["items"][0]["status"] == "paid"


def test_a_refund_may_stay_pending_and_fail(client: razorpay.Client, simulator: Simulator) -> None:
    payment_id = simulator.pay(order(client)["id"])["razorpay_payment_id"]
    simulator.moods(refunds="pending")
    refund = client.payment.refund(payment_id, {"amount": 12345}, timeout=TIMEOUT)
    assert refund["status"] == "pending"
    assert (
        simulator.call("POST", f"/_simulator/refunds/{refund['id']}", {"status": "failed"})[1]["status"]
        == "failed"
    )
    assert client.payment.fetch(payment_id, timeout=TIMEOUT)["amount_refunded"] == 0


def test_webhooks_are_signed_and_repeated_until_taken(
    client: razorpay.Client, simulator: Simulator, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    simulator.pay(order(client)["id"])
    receiver.wait(lambda got: len({event_id for event_id, *_ in got}) == 3 and len(got) == 4)
    events = [json.loads(body)["event"] for *_, body in receiver.got]
    assert set(events) == {"payment.authorized", "payment.captured", "order.paid"}
    for _, signature, body in receiver.got:
        assert client.utility.verify_webhook_signature(body.decode(), signature, WEBHOOK_SECRET)
    paid = next(json.loads(body) for *_, body in receiver.got if b"order.paid" in body)
    assert paid["contains"] == ["payment", "order"]
    assert paid["payload"]["payment"]["entity"]["notes"] == []


def test_webhooks_may_be_doubled_held_and_lost(
    client: razorpay.Client, simulator: Simulator, receiver: Receiver
) -> None:
    simulator.faults(webhooks={"duplicate": 3, "reorder": True})
    simulator.pay(order(client)["id"])
    receiver.wait(lambda got: len(got) == 6 and len({event_id for event_id, *_ in got}) == 3)
    simulator.faults(webhooks={"drop": 1})
    simulator.pay(order(client, "r2")["id"], "failure")
    simulator.pay(order(client, "r3")["id"], "failure")
    receiver.wait(lambda got: len(got) == 7)


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("refuse", False),
        ("hang", False),
        ("bad_gateway", False),
        ("too_many", False),
        ("cut_after", True),
        ("hang_after", True),
    ],
)
def test_faults_break_the_next_call_only(
    client: razorpay.Client, simulator: Simulator, kind: str, done: bool
) -> None:
    simulator.fault("POST /v1/orders", kind, seconds=1)
    with pytest.raises(
        (requests.RequestException, razorpay.errors.ServerError, razorpay.errors.BadRequestError)
    ):
        client.order.create({"amount": 100, "currency": "INR", "receipt": "f"}, timeout=0.5)
    assert bool(simulator.books()["orders"]) is done
    assert order(client, "after")["status"] == "created"


def test_the_books_survive_a_crash(client: razorpay.Client, simulator: Simulator, receiver: Receiver) -> None:
    receiver.statuses = [503] * 3
    simulator.pay(order(client)["id"])
    receiver.wait(lambda got: len(got) >= 3)
    before = simulator.books()
    simulator.kill()
    receiver.got.clear()
    simulator.start()
    assert simulator.books() == before
    receiver.wait(
        lambda got: {json.loads(body)["event"] for *_, body in got} >= {"payment.captured", "order.paid"}
    )
    assert len(simulator.requests("POST /v1/orders")) == 1


def test_the_page_and_its_parts_are_served_with_a_strict_policy(simulator: Simulator) -> None:
    for path in ("/", "/checkout", "/checkout.js", "/checkout/frame.js", "/checkout/frame.css"):
        status, body = simulator.call("GET", path, auth=False)
        assert status == 200
        assert body
    assert KEY_SECRET.encode() not in simulator.call("GET", "/checkout.js", auth=False)[1]


def test_who_asks_for_the_controls_is_known_by_the_connection_only(simulator: Simulator) -> None:
    forwarded: dict[str, Any] = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert simulator.call("GET", "/_simulator/books", auth=False, **forwarded)[0] == 200, (
        "this machine, whatever is said"
    )
