"""Razorpay's official SDK for Node works against the simulator: what it sends, reads and verifies is not ours."""

from __future__ import annotations

import hmac
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.razorpay_simulator.process import BACKEND, KEY_ID, KEY_SECRET, Simulator

SCREENS = BACKEND.parent / "kds_frontend"
SCRIPT = Path(__file__).with_name("sdk.mjs")

pytestmark = pytest.mark.skipif(
    not (SCREENS / "node_modules" / "razorpay").is_dir(), reason="the screens' packages are not installed"
)


def sdk(simulator: Simulator, step: str, subject: Any, amount: Any = "") -> Any:
    argv = [
        "node",
        str(SCRIPT),
        str(SCREENS),
        simulator.url,
        KEY_ID,
        KEY_SECRET,
        step,
        str(subject),
        str(amount),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_the_order_to_the_refund(simulator: Simulator) -> None:
    made = sdk(simulator, "order", "receipt one", 6300)
    assert (made["entity"], made["amount"], made["notes"]) == ("order", 6300, {"outlet": "1"})
    again = sdk(simulator, "order", "receipt one", 6300)
    assert again["refused"] == 400 and "unique" in again["error"]["description"]
    paid = simulator.pay(made["id"], method="card")["razorpay_payment_id"]
    (found,) = sdk(simulator, "found", made["id"])["items"]
    assert (found["id"], found["status"], found["captured"]) == (paid, "captured", True)
    refund = sdk(simulator, "refund", paid, 2000)
    assert (refund["entity"], refund["amount"], refund["status"]) == ("refund", 2000, "processed")
    too_much = sdk(simulator, "refund", paid, 4301)
    assert too_much["refused"] == 400 and "greater" in too_much["error"]["description"]
    listed = sdk(simulator, "payments", int(time.time()) - 60)["items"]
    assert [(each["id"], each["amount_refunded"]) for each in listed] == [(paid, 2000)]
    assert sdk(simulator, "payments", int(time.time()) + 60)["items"] == []


def test_its_qr_codes_and_its_check_of_a_signature(simulator: Simulator) -> None:
    code = sdk(simulator, "qr", "table 4", 6300)
    assert (code["entity"], code["status"], code["payment_amount"]) == ("qr_code", "active", 6300)
    body = '{"event":"payment.captured"}'
    signature = hmac.digest(KEY_SECRET.encode(), body.encode(), "sha256").hex()
    assert sdk(simulator, "webhook", body, signature) == {"valid": True}
    assert sdk(simulator, "webhook", body, "0" * 64) == {"valid": False}


def test_a_wrong_key_is_turned_away(simulator: Simulator) -> None:
    argv = ["node", str(SCRIPT), str(SCREENS), simulator.url, KEY_ID, "wrong", "payments", "0"]
    answer = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout)
    assert answer["refused"] == 401
