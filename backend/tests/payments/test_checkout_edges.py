"""The checkout's edges: browsers within apps, banks that take their time, and where real keys may go."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rasoi.payments.providers.razorpay import Razorpay, build
from rasoi.settings import SettingsError, load
from tests.orders.conftest import guest
from tests.payments.conftest import Till

REAL = {"RAZORPAY_KEY_ID": "rzp_live_1", "RAZORPAY_KEY_SECRET": "s", "RAZORPAY_WEBHOOK_SECRETS": "w"}


async def post_form(till: Till, url: str, reply: dict[str, Any]) -> httpx.Response:
    path = url.removeprefix(till.ctx.settings.url)
    assert path.startswith("/api/payments/callback/1/")
    return await till.http.post(path, data=reply)


async def test_the_callback_confirms_and_leads_to_the_guests_page(till: Till) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    options = checkout["action"]["options"]
    reply = till.simulator.pay(options["order_id"])
    answer = await post_form(till, options["callback_url"], reply)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{till.ctx.settings.url}/order")
    assert (await till.payment(checkout["payment_id"]))["status"] == "completed"
    assert await till.status(order) == "confirmed"


@pytest.mark.parametrize(
    "wrong", [{}, {"razorpay_signature": "0" * 64}, {"razorpay_payment_id": "pay_other"}]
)
async def test_a_forged_callback_changes_nothing_and_leads_on_as_well(
    till: Till, wrong: dict[str, str]
) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    options = checkout["action"]["options"]
    reply = till.simulator.pay(options["order_id"])
    before = await till.everything()
    answer = await post_form(till, options["callback_url"], reply | wrong if wrong else {"a": "b"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{till.ctx.settings.url}/order")
    assert await till.everything() == before
    nowhere = options["callback_url"].rsplit("/", 1)[0] + "/00000000-0000-0000-0000-000000000001"
    assert (await post_form(till, nowhere, reply)).status_code == 303


async def test_a_closed_window_is_asked_about_before_anybody_says_that_nothing_was_charged(
    till: Till,
) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    path = f"/{checkout['payment_id']}/look"
    nothing = (await till.call(who, "POST", path)).json()
    assert (nothing["awaits_bank"], nothing["attempts"]) == (False, [])
    pending = till.simulator.pay(checkout["action"]["options"]["order_id"], "pending", "upi")[
        "razorpay_payment_id"
    ]
    waits = (await till.call(who, "POST", path)).json()
    assert (waits["awaits_bank"], waits["status"]) == (True, "processing")
    assert (await till.payment(checkout["payment_id"]))["awaits_bank"] is True
    till.simulator.late(pending)
    done = (await till.call(who, "POST", path)).json()
    assert (done["awaits_bank"], done["status"]) == (False, "completed")
    assert (await till.call(guest(None), "POST", path)).status_code == 404, "another guest's"


async def test_a_try_that_failed_is_told_as_such(till: Till) -> None:
    who = guest(None)
    checkout = await till.checkout(who, await till.order(who))
    till.simulator.pay(checkout["action"]["options"]["order_id"], "failure", "card")
    payment = (await till.call(who, "POST", f"/{checkout['payment_id']}/look")).json()
    assert (payment["awaits_bank"], payment["attempts"][0]["status"]) == (False, "failed")
    till.simulator.fault("GET /v1/orders", "bad_gateway")
    assert (await till.call(who, "POST", f"/{checkout['payment_id']}/look")).status_code == 503


def test_real_keys_go_to_razorpay_and_its_certificate_is_checked() -> None:
    provider = build(load(REAL))
    assert (provider.simulated, provider._base_url) == (False, None)
    proxied = build(load(REAL | {"RAZORPAY_BASE_URL": "https://proxy.example"}))
    client: Any = proxied._calls._new_client()._make()
    assert proxied.simulated is False
    assert str(client.cert_path).endswith(".pem"), "a base address of its own is no simulator"


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"RAZORPAY_WEBHOOK_SECRETS": ""}, "RAZORPAY_WEBHOOK_SECRETS"),
        ({"RAZORPAY_KEY_SECRET": ""}, "go together"),
        ({"RAZORPAY_BASE_URL": "http://razorpay.example"}, "https://"),
        (
            {"RAZORPAY_BASE_URL": "https://sim:9100", "RAZORPAY_SIMULATOR_URL": "https://sim:9100"},
            "never go there",
        ),
        ({"RAZORPAY_BASE_URL": "https://in:9100", "SIMULATOR_BASE_URL": "https://in:9100"}, "never go there"),
    ],
)
def test_real_keys_are_refused_in_one_line_where_they_are_not_safe(given: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsError, match=word) as refused:
        build(load(REAL | given))
    assert "\n" not in str(refused.value)


def test_without_keys_the_simulator_stands_in() -> None:
    provider: Razorpay = build(load({"RAZORPAY_SIMULATOR_URL": "http://sim:9100"}))
    assert provider.simulated is True and provider._base_url == "http://sim:9100"
