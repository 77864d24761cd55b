"""`rasoi payments`: what the doctor finds, what it heals, and webhooks that are applied again."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from rasoi import cli
from rasoi.payments import commands
from rasoi.platform.context import Context
from tests.orders.conftest import guest
from tests.payments.conftest import Till

Doctor = Callable[..., Any]


@pytest.fixture
def run(till: Till, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """A command's status and what it printed, within this test's room."""

    async def work(*argv: str) -> tuple[int, str]:
        given = cli.parser().parse_args(["payments", *argv])
        step = commands.doctor_command if given.action == "doctor" else commands.webhooks_command
        status = await step(till.ctx, given)
        return status, capsys.readouterr().out

    return work


async def paid_but_unheard_of(till: Till) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order that was paid at the provider, of which nothing arrived here."""
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    return order, checkout


async def test_what_is_in_order_finds_nothing(till: Till, run: Doctor) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    for named in (
        ("--payment", payment["id"]),
        ("--bill", payment["bill_id"]),
        ("--day", payment["business_day"]),
    ):
        status, text = await run("doctor", *named)
        assert (status, text) == (0, "1 payments looked at, 0 findings.\n"), named


async def test_a_capture_that_was_never_heard_of_is_found_and_healed(till: Till, run: Doctor) -> None:
    order, checkout = await paid_but_unheard_of(till)
    payment_id = checkout["payment_id"]
    status, text = await run("doctor", "--payment", payment_id)
    assert status == 1 and "captured, unknown here" in text and "--heal" in text
    assert await till.status(order) == "awaiting_payment", "looking changes nothing"
    by_provider = till.simulator.books()["orders"][0]["id"]
    assert (await run("doctor", "--payment", by_provider))[0] == 1
    status, text = await run("doctor", "--payment", payment_id, "--heal")
    assert (status, text) == (0, "1 payments looked at, 0 findings.\n")
    assert await till.status(order) == "confirmed"


async def test_a_dashboard_refund_is_found_by_bill_and_by_day(till: Till, run: Doctor) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.refund_in_dashboard(payment["attempts"][0]["provider_payment_id"], 1300)
    for named in (("--bill", payment["bill_id"]), ("--day", payment["business_day"])):
        status, text = await run("doctor", *named)
        assert status == 1 and "₹13.00 refunded there, ₹0.00 here" in text, named
    assert (await till.payment(payment["id"]))["refunded_paise"] == 0
    assert (await run("doctor", "--day", payment["business_day"], "--heal"))[0] == 0
    assert (await till.payment(payment["id"]))["refunded_paise"] == 1300


async def test_a_lost_dispute_is_found_and_healed(till: Till, run: Doctor) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.dispute(payment["attempts"][0]["provider_payment_id"], "lost", paise=1300)
    for named in (
        ("--payment", payment["id"]),
        ("--bill", payment["bill_id"]),
        ("--day", payment["business_day"]),
    ):
        status, text = await run("doctor", *named)
        assert status == 1 and "dispute lost, ₹13.00 taken back there" in text and "--heal" in text, named
        assert text.endswith("1 payments looked at, 1 findings.\n")
    assert (await till.payment(payment["id"]))["refunded_paise"] == 0, "looking changes nothing"
    status, text = await run("doctor", "--day", payment["business_day"], "--heal")
    assert status == 0 and text.endswith("1 payments looked at, 0 findings.\n")
    assert (await till.payment(payment["id"]))["refunded_paise"] == 1300
    assert (await run("doctor", "--payment", payment["id"]))[0] == 0


async def test_what_no_asking_heals_is_told_with_what_to_do(till: Till, run: Doctor) -> None:
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    till.simulator.call("DELETE", "/_simulator/books")
    status, text = await run("doctor", "--payment", payment["id"], "--heal")
    assert status == 1 and "could not be asked" in text
    await till.owner.execute("UPDATE orders.bill SET paid_paise = 1 WHERE id = $1", UUID(payment["bill_id"]))
    await till.owner.execute("UPDATE payments.attempt SET on_bill = false")
    status, text = await run("doctor", "--payment", payment["id"])
    assert status == 1
    assert "counts ₹0.01 paid" in text and "captured, on no bill and not given back" in text
    stranger = till.simulator.call("POST", "/v1/orders", {"amount": 500, "currency": "INR"})[1]["id"]
    till.simulator.pay(stranger, method="card")
    status, text = await run("doctor", "--day", payment["business_day"])
    assert status == 1 and "captured, unknown here" in text and "unmatched money" in text


async def test_a_payment_that_should_have_ended_is_ended(till: Till, run: Doctor) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    await till.owner.execute("UPDATE payments.payment SET expires_at = now() - interval '11 minutes'")
    status, text = await run("doctor", "--payment", checkout["payment_id"])
    assert status == 1 and "should have ended" in text
    assert (await run("doctor", "--payment", checkout["payment_id"], "--heal"))[0] == 0
    assert await till.status(order) == "expired"


async def test_webhooks_are_replayed_by_state_and_by_id(till: Till, run: Doctor) -> None:
    order, _ = await paid_but_unheard_of(till)
    real = till.simulator.books()["orders"][0]["id"]
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = 'order_elsewhere'")
    await till.deliver()
    status, text = await run("webhooks", "replay", "--state", "waiting")
    assert status == 1 and text.endswith("3 webhooks replayed, 3 of them still wait or are parked.\n")
    assert "1/3" in text and "3/3" in text
    found, text = await run(
        "doctor", "--day", str(await till.owner.fetchval("SELECT business_day FROM payments.payment"))
    )
    assert found == 1 and "rasoi payments webhooks replay" in text
    await till.owner.execute("UPDATE payments.payment SET provider_order_id = $1", real)
    (event_id, *_) = [event_id for event_id, body in till.sent_webhooks() if b'"payment.captured"' in body]
    assert (await run("webhooks", "replay", event_id))[0] == 0
    assert await till.status(order) == "confirmed"
    status, text = await run("webhooks", "replay", "--state", "waiting")
    assert (status, text.splitlines()[-1]) == (0, "2 webhooks replayed, 0 of them still wait or are parked.")
    again = await run("webhooks", "replay", "--state", "applied")
    assert again[0] == 0 and (await till.bill(order))["paid_paise"] == 6300


async def test_a_webhook_is_dismissed_by_name_and_with_a_reason(till: Till, run: Doctor) -> None:
    await till.webhook(b"[]", "odd")
    await till.work()
    dismiss = ("webhooks", "dismiss", "odd", "--by", "Meera", "--reason", "a test of the provider's")
    status, text = await run(*dismiss)
    assert status == 0 and "odd was parked (unreadable" in text
    row = await till.owner.fetchrow("SELECT * FROM payments.webhook")
    assert (row["state"], row["outcome"]) == ("dismissed", "dismissed by Meera: a test of the provider's")
    kept = await till.owner.fetchrow("SELECT * FROM staff.audit WHERE action = 'webhook.dismiss'")
    assert (kept["subject"], kept["detail"]["by"], kept["detail"]["state"]) == ("odd", "Meera", "parked")
    with pytest.raises(commands.NotFound, match="waits no more"):
        await run(*dismiss)
    with pytest.raises(commands.NotFound, match="there is no webhook"):
        await run("webhooks", "dismiss", "none", "--by", "Meera", "--reason", "gone")
    assert (await run("webhooks", "replay", "odd"))[0] == 1, "by its id it is tried again"


async def test_what_does_not_exist_is_one_line(
    till: Till, run: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for argv in (["doctor", "--payment", "pay_none"], ["webhooks", "replay", "none"]):
        with pytest.raises(commands.NotFound, match="there is no"):
            await run(*argv)

    @asynccontextmanager
    async def opened(settings: Any, url: str) -> AsyncIterator[Context]:
        yield till.ctx

    def none(settings: Any, given: argparse.Namespace, open_context: Any) -> int:
        raise commands.NotFound("there is no payment of pay_none")

    monkeypatch.setattr(commands, "main", none)
    assert cli.main(["payments", "doctor", "--payment", "pay_none"]) == 1


def test_the_help_says_what_the_commands_do(capsys: pytest.CaptureFixture[str]) -> None:
    for argv, words in (
        (["payments", "--help"], "doctor"),
        (["payments", "doctor", "--help"], "--heal"),
        (["payments", "webhooks", "replay", "--help"], "--state"),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(argv)
        assert ended.value.code == 0
        assert words in capsys.readouterr().out
    for argv in (
        ["payments", "doctor"],
        ["payments", "doctor", "--day", "yesterday"],
        ["payments", "webhooks", "replay"],
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(argv)
        assert ended.value.code == 2
