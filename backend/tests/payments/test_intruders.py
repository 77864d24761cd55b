"""Forged, altered and replayed webhooks; foreign guests; the wrong roles; nonsense. Nothing changes, nothing is a 5xx."""

from __future__ import annotations

import hmac
import random
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from tests.orders.conftest import OTHER_TABLE, guest
from tests.payments.conftest import OLD_SECRET, Till, staff
from tests.razorpay_simulator.process import WEBHOOK_SECRET

PATH = "/api/payments/webhook/razorpay"


async def webhook_of_a_payment(till: Till) -> tuple[dict[str, Any], bytes]:
    """A checkout that was paid, and the webhook that says so, not yet delivered."""
    who = guest(None)
    checkout = await till.checkout(who, await till.order(who))
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    return checkout, next(body for _, body in till.sent_webhooks() if b'"payment.captured"' in body)


async def test_an_altered_webhook_changes_nothing(till: Till) -> None:
    _, body = await webhook_of_a_payment(till)
    signature = hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256").hex()
    before, dice = await till.everything(), random.Random(7)
    for _ in range(150):
        altered, signed = bytearray(body), signature
        if dice.random() < 0.8:
            at = dice.randrange(len(altered))
            match dice.randrange(3):
                case 0:
                    altered[at] ^= 1 << dice.randrange(8)
                case 1:
                    del altered[at]
                case _:
                    altered.insert(at, dice.randrange(256))
        else:
            at = dice.randrange(len(signed))
            signed = signed[:at] + dice.choice("0123456789abcdefXYZ ")[: dice.randrange(2)] + signed[at + 1 :]
        if bytes(altered) == body and signed == signature:
            continue
        headers = {"X-Razorpay-Signature": signed, "x-razorpay-event-id": str(dice.random())}
        answer = await till.http.post(PATH, content=bytes(altered), headers=headers)
        assert answer.status_code in (400, 401), answer.text
    await till.work()
    assert await till.everything() == before


@pytest.mark.parametrize(
    "signature", [b"", b"\xff\xfe", "é".encode(), b"0" * 64, b"0" * 5000, b"=?utf-8?", b"null"]
)
async def test_a_bad_signature_is_a_clean_refusal(till: Till, signature: bytes) -> None:
    answer = await till.http.post(PATH, content=b"{}", headers=[(b"X-Razorpay-Signature", signature)])
    assert answer.status_code in (400, 401)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await till.http.post(PATH, content=b"{}")).json()["type"] == "/problems/no-signature"


async def test_the_secret_from_before_a_rotation_is_still_good(till: Till) -> None:
    checkout, body = await webhook_of_a_payment(till)
    assert (await till.webhook(body, "e1", OLD_SECRET)).status_code == 200
    assert (await till.webhook(body, "e2", "another")).status_code == 401
    await till.work()
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"


async def test_a_replay_changes_nothing_more(till: Till) -> None:
    checkout, body = await webhook_of_a_payment(till)
    await till.webhook(body, "e1")
    await till.work()
    before = await till.everything()
    for _ in range(5):
        assert (await till.webhook(body, "e1")).status_code == 200
    await till.work()
    assert await till.everything() == before
    await till.webhook(body, "under another id")
    await till.webhook(body, "")
    await till.work()
    after = await till.everything()
    assert {k: v for k, v in after.items() if k != "webhook"} == {
        k: v for k, v in before.items() if k != "webhook"
    }
    assert (await till.payment(checkout["payment_id"]))["captured_paise"] == 6300


async def test_signed_but_of_another_amount_the_providers_own_word_counts(till: Till) -> None:
    _, body = await webhook_of_a_payment(till)
    assert (await till.webhook(body.replace(b'"amount":6300', b'"amount":1'), "small")).status_code == 200
    await till.work()
    (payment,) = await till.payments()
    assert (payment["status"], payment["captured_paise"]) == ("completed", 6300)
    assert [r["path"] for r in till.simulator.requests("GET /v1/payments/")], "it was asked"


async def test_signed_but_of_another_order_or_kind_changes_no_money(till: Till) -> None:
    _, body = await webhook_of_a_payment(till)
    before = await till.everything()
    altered = {
        "currency": body.replace(b'"currency":"INR"', b'"currency":"USD"'),
        "order": body.replace(b'"order_id":"order_', b'"order_id":"order_x'),
        "unknown": body.replace(b'"payment.captured"', b'"payment.downtime.started"'),
        "empty": b"{}",
        "list": b"[]",
        "none": b"",
        "bytes": b"\xff\xfe\x00",
        "no payload": b'{"event":"payment.captured"}',
        "odd payload": b'{"event":"refund.processed","payload":{"refund":{"entity":[]}}}',
        "odd state": body.replace(b'"status":"captured"', b'"status":"vanished"'),
    }
    for name, sent in altered.items():
        assert sent != body
        assert (await till.webhook(sent, name)).status_code == 200, name
    await till.work()
    after = await till.everything()
    assert {k: v for k, v in after.items() if k != "webhook"} == {
        k: v for k, v in before.items() if k != "webhook"
    }
    outcomes = {
        r["event_id"]: r["outcome"]
        for r in await till.owner.fetch("SELECT event_id, outcome FROM payments.webhook")
    }
    assert outcomes["currency"].startswith("mismatch")
    assert "order_x" in outcomes["order"] and "nothing that matters" in outcomes["unknown"]
    assert outcomes["bytes"].startswith("unreadable")
    assert None not in outcomes.values()


async def test_a_browser_can_not_talk_itself_into_a_payment(till: Till) -> None:
    who, other = guest(None), guest(None)
    first, second = await till.order(who), await till.order(other)
    mine, theirs = await till.checkout(who, first), await till.checkout(other, second)
    reply = till.simulator.pay(mine["action"]["options"]["order_id"])
    forged = [
        reply | {"razorpay_signature": "0" * 64},
        reply | {"razorpay_signature": "é"},
        reply | {"razorpay_payment_id": "pay_00000000000000"},
        reply | {"razorpay_order_id": theirs["action"]["options"]["order_id"]},
    ]
    for each in forged:
        answer = await till.verify(who, mine, each)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-signature")
    assert (await till.verify(other, theirs, reply)).status_code == 400
    assert (await till.verify(other, mine, reply)).status_code == 404
    assert (await till.payment(mine["payment_id"]))["captured_paise"] == 0
    assert (await till.verify(who, mine, reply)).json()["status"] == "completed"


async def test_what_is_anothers_does_not_exist(till: Till) -> None:
    who, stranger = guest(None), guest(OTHER_TABLE)
    await till.desk.sit(stranger)
    order = await till.order(who)
    payment = await till.buy(who, order)
    assert (await till.call(who, "GET", f"/{payment['id']}")).status_code == 200
    for found in (payment["id"], uuid4()):
        answer = await till.call(stranger, "GET", f"/{found}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-payment")
    for name, value in (("order_id", order["id"]), ("bill_id", order["bill_id"]), ("order_id", str(uuid4()))):
        assert (await till.call(stranger, "POST", "/create-razorpay-order", {name: value})).status_code == 404
    elsewhere = msgspec.structs.replace(staff(), outlet_id=2)
    assert (await till.call(elsewhere, "GET", f"/{payment['id']}")).status_code == 404
    body = {"amount_paise": 100, "reason": "x"}
    assert (await till.call(elsewhere, "POST", f"/{payment['id']}/refund", body)).status_code == 404


ROUTES: list[tuple[str, str, dict[str, object] | None, set[str]]] = [
    ("POST", "/create-razorpay-order", {}, {"guest", "waiter", "manager", "owner"}),
    ("POST", "/verify-razorpay", {}, {"guest", "waiter", "manager", "owner"}),
    ("POST", "/confirm-cash", {}, {"waiter", "manager", "owner"}),
    ("POST", f"/{uuid4()}/refund", {}, {"manager", "owner"}),
    ("GET", f"/{uuid4()}", None, {"guest", "waiter", "manager", "owner"}),
    ("GET", "", None, {"waiter", "manager", "owner"}),
    ("GET", "/stats/daily", None, {"manager", "owner"}),
    ("GET", "/refunds", None, {"manager", "owner"}),
]


async def test_every_route_lets_in_whom_it_should(till: Till) -> None:
    for method, path, body, roles in ROUTES:
        assert (await till.call(None, method, path, body)).status_code == 401
        for role in ("guest", "waiter", "kitchen", "manager", "owner"):
            who = guest() if role == "guest" else staff(role)
            status = (await till.call(who, method, path, body)).status_code
            assert (status != 403) == (role in roles), (method, path, role, status)
            assert status < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/create-razorpay-order", {}),
        ("/create-razorpay-order", {"order_id": str(uuid4()), "bill_id": str(uuid4())}),
        ("/create-razorpay-order", {"order_id": "x"}),
        ("/create-razorpay-order", {"bill_id": str(uuid4()), "amount_paise": 1}),
        ("/confirm-cash", {"bill_id": str(uuid4()), "amount_paise": 0, "tendered_paise": 0}),
        ("/confirm-cash", {"bill_id": str(uuid4()), "amount_paise": 1.5, "tendered_paise": 2}),
        ("/confirm-cash", {"bill_id": str(uuid4()), "amount_paise": 10**30, "tendered_paise": 10**30}),
        ("/confirm-cash", {"bill_id": str(uuid4()), "amount_paise": -1, "tendered_paise": True}),
        ("/confirm-cash", {"bill_id": str(uuid4()), "amount_paise": 100, "tendered_paise": 100}),
        (f"/{uuid4()}/refund", {"amount_paise": 100, "reason": ""}),
        (f"/{uuid4()}/refund", {"amount_paise": 100, "reason": "x\u0000y"}),
        (f"/{uuid4()}/refund", {"amount_paise": 100, "reason": "x" * 201}),
        (
            "/verify-razorpay",
            {
                "payment_id": str(uuid4()),
                "razorpay_payment_id": "",
                "razorpay_order_id": "",
                "razorpay_signature": "",
            },
        ),
        ("/verify-razorpay", None),
        ("/confirm-cash", []),
    ],
)
async def test_nonsense_is_refused(till: Till, path: str, body: Any) -> None:
    answer = await till.call(staff("owner"), "POST", path, body)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_reason_with_a_null_byte_is_refused_before_the_database_sees_it(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    answer = await till.call(
        staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 100, "reason": "x\u0000y"}
    )
    assert answer.status_code == 422


async def test_the_database_itself_refuses_too_many_refunds(till: Till) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    for table in ("payment", "attempt"):
        with pytest.raises(asyncpg.CheckViolationError):
            await till.ctx.db.execute(f"UPDATE payments.{table} SET refunded_paise = 6301")
    insert = """INSERT INTO payments.refund (outlet_id, id, payment_id, attempt_id, amount_paise, reason, automatic, on_bill)
    SELECT 1, uuidv7(), payment_id, id, 100, 'by hand', false, true FROM payments.attempt"""
    with pytest.raises(asyncpg.CheckViolationError, match="do not add up"):
        await till.ctx.db.execute(insert)
    with pytest.raises(asyncpg.UniqueViolationError):
        await till.ctx.db.execute(
            """INSERT INTO payments.payment (outlet_id, id, bill_id, amount_paise, business_day)
            SELECT 1, uuidv7(), uuidv4(), 1, '2026-01-01'::date FROM payments.payment
            UNION ALL SELECT 1, uuidv7(), $1, 1, '2026-01-01'::date UNION ALL SELECT 1, uuidv7(), $1, 1, '2026-01-01'::date""",
            uuid4(),
        )
    assert (await till.payment(payment["id"]))["refunded_paise"] == 0


@pytest.mark.parametrize("how", ["ended", "renewed"])
async def test_a_visit_that_is_over_reads_its_payments_and_starts_none(till: Till, how: str) -> None:
    who = guest(OTHER_TABLE)
    order = await till.order(who)
    window = await till.checkout(who, order)
    reply = till.simulator.pay(window["action"]["options"]["order_id"])
    if how == "ended":
        await till.owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'walk_out'")
    else:
        await till.owner.execute("UPDATE orders.dining_table SET qr_generation = 2")
    refused = [
        await till.verify(who, window, reply),
        *[
            await till.call(who, "POST", path, {name: order[key]})
            for path in ("/create-razorpay-order", "/checkout")
            for name, key in (("order_id", "id"), ("bill_id", "bill_id"))
        ],
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scan-again"), answer.text
        assert answer.json()["state"] == how
    assert (await till.call(who, "GET", f"/{window['payment_id']}")).status_code == 200
    await till.deliver()
    assert (await till.bill(order))["paid_paise"] == 6300, "what was paid counts all the same"
