"""What the simulator does against the shop: returns, low balance, fees, parts, QR codes, broken answers, bad webhooks."""

from __future__ import annotations

import base64
import hmac
import socket
import time
from typing import Any

import pytest
import razorpay
import requests

from tests.razorpay_simulator.conftest import Receiver
from tests.razorpay_simulator.process import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, Simulator
from tests.razorpay_simulator.test_api import TIMEOUT, order


def events(simulator: Simulator, name: str) -> list[dict[str, Any]]:
    rows = simulator.call("GET", "/_simulator/webhooks")[1]["items"]
    return [row["body"]["payload"] for row in rows if row["event"] == name]


def test_what_was_not_captured_is_returned_and_stands_as_refunded(
    client: razorpay.Client, simulator: Simulator
) -> None:
    paid = simulator.pay(order(client, payment_capture=0)["id"], "authorized", "card")["razorpay_payment_id"]
    simulator.give_back(paid)
    payment = client.payment.fetch(paid, timeout=TIMEOUT)
    assert (payment["status"], payment["captured"], payment["amount_refunded"]) == ("refunded", False, 12345)
    assert [r["status"] for r in client.payment.fetch_multiple_refund(paid, timeout=TIMEOUT)["items"]] == [
        "processed"
    ]
    assert events(simulator, "refund.processed")[0]["payment"]["entity"]["captured"] is False
    with pytest.raises(razorpay.errors.BadRequestError):
        client.payment.capture(paid, 12345, {"currency": "INR", "amount": 12345}, timeout=TIMEOUT)
    assert simulator.call("POST", "/_simulator/return", {"payment_id": paid})[0] == 400


def test_late_payments_are_returned_where_that_is_the_mood(
    client: razorpay.Client, simulator: Simulator
) -> None:
    paid = simulator.pay(order(client)["id"], "late")["razorpay_payment_id"]
    simulator.moods(returns=True)
    simulator.late(paid)
    assert client.payment.fetch(paid, timeout=TIMEOUT)["status"] == "refunded"
    assert client.order.all(timeout=TIMEOUT)["items"][0]["status"] == "attempted"


def test_a_refund_needs_a_balance(client: razorpay.Client, simulator: Simulator) -> None:
    paid = simulator.pay(order(client)["id"])["razorpay_payment_id"]
    simulator.moods(balance=1000)
    with pytest.raises(razorpay.errors.BadRequestError, match="enough balance"):
        client.payment.refund(paid, {"amount": 1001}, timeout=TIMEOUT)
    assert client.payment.refund(paid, {"amount": 1000}, timeout=TIMEOUT)["status"] == "processed"
    simulator.pay(order(client, "r2")["id"])  # what comes in can be refunded from
    assert client.payment.refund(paid, {"amount": 5000}, timeout=TIMEOUT)["status"] == "processed"


def test_a_request_whose_sender_left_before_its_end_does_nothing(
    client: razorpay.Client, simulator: Simulator
) -> None:
    paid = simulator.pay(order(client)["id"])["razorpay_payment_id"]
    host, port = simulator.url.removeprefix("http://").split(":")
    login = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
    head = f"POST /v1/payments/{paid}/refund HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n"
    for sent in ("", '{"amount": 10'):  # an empty body would mean all of it
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(
                f"{head}Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{sent}".encode()
            )
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1000) == b""
    assert client.payment.fetch(paid, timeout=TIMEOUT)["amount_refunded"] == 0


def test_a_fee_has_gst_and_may_be_the_customers(client: razorpay.Client, simulator: Simulator) -> None:
    mine = simulator.pay(order(client, amount=10000)["id"], method="card")["razorpay_payment_id"]
    payment = client.payment.fetch(mine, timeout=TIMEOUT)
    assert (payment["amount"], payment["fee"], payment["tax"]) == (10000, 236, 36)
    made = order(client, "r2", 10000)
    theirs = simulator.pay(made["id"], method="card", fee_bearer="customer")["razorpay_payment_id"]
    payment = client.payment.fetch(theirs, timeout=TIMEOUT)
    assert (payment["amount"], payment["fee"], payment["tax"]) == (10236, 236, 36)
    paid = client.order.fetch(made["id"], timeout=TIMEOUT)
    assert (paid["status"], paid["amount_paid"], paid["amount_due"]) == ("paid", 10000, 0)
    with pytest.raises(razorpay.errors.BadRequestError, match="greater than"):
        client.payment.refund(theirs, {"amount": 10001}, timeout=TIMEOUT)
    assert client.payment.refund(theirs, {"amount": 10000}, timeout=TIMEOUT)["amount"] == 10000
    assert client.payment.fetch(theirs, timeout=TIMEOUT)["refund_status"] == "full"


def test_an_offer_pays_an_order_with_less(client: razorpay.Client, simulator: Simulator) -> None:
    made = order(client, amount=10000)
    simulator.pay(made["id"], method="card", discount=500)
    paid = client.order.fetch(made["id"], timeout=TIMEOUT)
    assert (paid["status"], paid["amount_paid"], paid["amount_due"]) == ("paid", 9500, 0)


def test_an_order_may_be_paid_in_parts_where_it_says_so(
    client: razorpay.Client, simulator: Simulator
) -> None:
    whole = order(client, amount=10000)
    assert "error" in simulator.pay(whole["id"], amount=4000)
    made = order(client, "r2", 10000, partial_payment=True)
    simulator.pay(made["id"], method="card", amount=4000)
    assert client.order.fetch(made["id"], timeout=TIMEOUT)["status"] == "attempted"
    assert "error" in simulator.pay(made["id"], method="card", amount=6001)
    simulator.pay(made["id"], method="card")
    paid = client.order.fetch(made["id"], timeout=TIMEOUT)
    assert (paid["status"], paid["amount_paid"], paid["amount_due"], paid["attempts"]) == (
        "paid",
        10000,
        0,
        2,
    )
    assert len(events(simulator, "order.paid")) == 1


def test_an_order_has_a_most(client: razorpay.Client) -> None:
    assert order(client, amount=50_000_000)["amount"] == 50_000_000
    with pytest.raises(razorpay.errors.BadRequestError, match="exceeds maximum"):
        order(client, "r2", 50_000_001)


def test_lists_are_of_a_time_in_pages(client: razorpay.Client, simulator: Simulator) -> None:
    now = int(time.time())
    paid = [
        simulator.pay(order(client, f"r{n}")["id"], method="card")["razorpay_payment_id"] for n in range(12)
    ]
    assert len(client.payment.all(timeout=TIMEOUT)["items"]) == 10
    page = client.payment.all({"count": 5, "skip": 10, "from": now - 60, "to": now + 60}, timeout=TIMEOUT)
    assert [each["id"] for each in page["items"]] == [paid[1], paid[0]]
    assert client.payment.all({"from": now + 60}, timeout=TIMEOUT)["items"] == []
    assert client.payment.all({"to": now - 60}, timeout=TIMEOUT)["items"] == []
    simulator.refund_in_dashboard(paid[0], 100)
    assert [r["amount"] for r in client.refund.all({"from": now - 60}, timeout=TIMEOUT)["items"]] == [100]
    assert client.refund.all({"from": now + 60}, timeout=TIMEOUT)["items"] == []
    made = [simulator.dispute(paid[0], paise=100 + n) for n in range(3)]
    lost = simulator.dispute(paid[1], "lost", paise=400)
    page = client.dispute.all({"count": 2, "skip": 1, "from": now - 60, "to": now + 60}, timeout=TIMEOUT)
    assert page["items"] == [made[2], made[1]], "as they stand, the newest first"
    assert client.dispute.all({"count": 1}, timeout=TIMEOUT)["items"] == [lost]
    assert (lost["status"], lost["amount_deducted"]) == ("lost", 400)
    assert client.dispute.all({"from": now + 60}, timeout=TIMEOUT)["items"] == []
    assert client.dispute.all({"to": now - 60}, timeout=TIMEOUT)["items"] == []
    assert client.dispute.fetch(lost["id"], timeout=TIMEOUT) == lost


def test_a_qr_code_is_credited_once_and_closed(client: razorpay.Client, simulator: Simulator) -> None:
    asked = {"type": "upi_qr", "usage": "single_use", "fixed_amount": True, "payment_amount": 6300}
    made = client.qrcode.create(asked | {"close_by": int(time.time()) + 300}, timeout=TIMEOUT)
    assert (made["status"], made["payment_amount"], made["id"][:3]) == ("active", 6300, "qr_")
    status, paid = simulator.call("POST", f"/_simulator/qr_codes/{made['id']}/pay", {"amount": 1})
    assert (status, paid["amount"], paid["order_id"], paid["captured"]) == (200, 6300, None, True)
    (told,) = events(simulator, "qr_code.credited")
    assert told["qr_code"]["entity"]["payments_amount_received"] == 6300
    assert told["payment"]["entity"]["id"] == paid["id"]
    found = client.qrcode.fetch(made["id"], timeout=TIMEOUT)
    assert (found["status"], found["close_reason"]) == ("closed", "paid")
    assert simulator.call("POST", f"/_simulator/qr_codes/{made['id']}/pay", {})[0] == 400
    mine = client.qrcode.fetch_all_payments(made["id"], timeout=TIMEOUT)["items"]
    assert [each["id"] for each in mine] == [paid["id"]]
    other = client.qrcode.create(asked, timeout=TIMEOUT)
    assert client.qrcode.close(other["id"], timeout=TIMEOUT)["close_reason"] == "on_demand"
    assert len(events(simulator, "qr_code.closed")) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"type": "bharat_qr"}, {"usage": "twice"}, {"payment_amount": 99}, {"close_by": 60}, {"close_by": 8000}],
)
def test_wrong_qr_codes_are_refused(client: razorpay.Client, wrong: dict[str, Any]) -> None:
    fine: dict[str, Any] = {
        "type": "upi_qr",
        "usage": "single_use",
        "fixed_amount": True,
        "payment_amount": 6300,
    }
    asked = fine | wrong
    if "close_by" in wrong:
        asked["close_by"] += int(time.time())
    with pytest.raises(razorpay.errors.BadRequestError):
        client.qrcode.create(asked, timeout=TIMEOUT)


@pytest.mark.parametrize(
    ("kind", "status", "code", "done"),
    [
        ("in_flight", 409, "BAD_REQUEST_ERROR", 0),
        ("in_flight_after", 409, "BAD_REQUEST_ERROR", 1),
        ("gateway_error", 502, "GATEWAY_ERROR", 0),
        ("server_error", 500, "SERVER_ERROR", 0),
        ("too_many", 429, "BAD_REQUEST_ERROR", 0),
    ],
)
def test_errors_come_as_json(
    client: razorpay.Client, simulator: Simulator, kind: str, status: int, code: str, done: int
) -> None:
    paid = simulator.pay(order(client)["id"])["razorpay_payment_id"]
    simulator.fault("POST /v1/payments/", kind)
    found, body = simulator.call("POST", f"/v1/payments/{paid}/refund", {"amount": 500})
    assert (found, body["error"]["code"]) == (status, code)
    assert len(simulator.books()["refunds"]) == done


def test_half_an_answer_comes_and_then_nothing(client: razorpay.Client, simulator: Simulator) -> None:
    simulator.fault("POST /v1/orders", "half_closed", seconds=1.5)
    began = time.monotonic()
    with pytest.raises(requests.RequestException):
        order(client)
    assert time.monotonic() - began >= 1.4
    assert len(simulator.books()["orders"]) == 1


def test_random_faults_are_the_same_for_a_seed(client: razorpay.Client, simulator: Simulator) -> None:
    runs = []
    for seed in (7, 7, 8):
        asked = {"seed": seed, "share": 0.5, "match": "GET /v1/orders", "kinds": ["too_many", "server_error"]}
        simulator.faults(random=asked)
        runs.append([simulator.call("GET", "/v1/orders")[0] for _ in range(40)])
        assert simulator.call("GET", "/v1/refunds")[0] == 200, "only what matches"
    assert runs[0] == runs[1] != runs[2]
    assert {200, 429, 500} == set(runs[0])
    simulator.faults(random=None)
    assert {simulator.call("GET", "/v1/orders")[0] for _ in range(20)} == {200}
    assert simulator.call("POST", "/_simulator/faults", {"nonsense": 1})[0] == 400
    assert simulator.call("POST", "/_simulator/faults", {"random": {"share": 1}})[0] == 400


def signed_with(secret: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), body, "sha256").hex()


def test_webhooks_are_forged_and_signed_with_an_old_secret(
    client: razorpay.Client, simulator: Simulator, receiver: Receiver
) -> None:
    simulator.faults(webhooks={"forge": 1, "old_secret": "the old secret"})
    simulator.pay(order(client)["id"], "failure")
    receiver.wait(lambda got: len(got) == 2)
    (forged_id, forged, body), (event_id, signature, same) = receiver.got
    assert (forged_id, body) == (event_id, same)
    assert forged not in {signed_with(s, body) for s in (WEBHOOK_SECRET, "the old secret")}
    assert signature == signed_with("the old secret", body)


def test_webhooks_at_random_are_lost_doubled_and_forged(
    client: razorpay.Client, simulator: Simulator, receiver: Receiver
) -> None:
    simulator.faults(webhooks={"hold": True})
    for n in range(40):
        simulator.pay(order(client, f"r{n}")["id"], "failure")
    simulator.faults(webhooks={"seed": 5})
    receiver.wait(
        lambda got: (
            not [r for r in simulator.call("GET", "/_simulator/webhooks")[1]["items"] if not r["finished"]]
        )
    )
    genuine = [
        event_id
        for event_id, signature, body in receiver.got
        if signature == signed_with(WEBHOOK_SECRET, body)
    ]
    assert 25 <= len(set(genuine)) < 40, "some were lost"
    assert len(genuine) > len(set(genuine)), "some came twice"
    assert len(receiver.got) > len(genuine), "some were forged"
    order_of_making = [row["id"] for row in simulator.call("GET", "/_simulator/webhooks")[1]["items"]]
    assert genuine != [each for each in order_of_making if each in genuine]
