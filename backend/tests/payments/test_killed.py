"""kill -9 at every point around an outbound call: what was asked for comes to its end afterwards, once."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rasoi.platform.database import Database
from tests import oracles
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.test_provider_by_itself import compare
from tests.payments.test_service import books_add_up, ledger_equals_books
from tests.payments.world import World

BACKEND = Path(__file__).parents[2]
AROUND = ("before", "after")


async def killed(till: Till, database_url: str, point: str, name: str, *about: str) -> None:
    """The work is begun in another process, which does not survive it."""
    argv = [
        sys.executable,
        "-m",
        "tests.payments.killed",
        database_url,
        till.simulator.url,
        point,
        name,
        *about,
    ]
    process = await asyncio.create_subprocess_exec(*argv, cwd=BACKEND)
    assert await asyncio.wait_for(process.wait(), 90) == -signal.SIGKILL, "it was to be killed"


async def afterwards(till: Till, database: Database) -> None:
    """The next process does what is due."""
    world = World(till, database)
    await till.owner.execute("UPDATE payments.payment SET poll_at = now() WHERE poll_at IS NOT NULL")
    await till.make_retries_due()
    await till.reconcile()
    await world.rest(2)
    await ledger_equals_books(till)
    await books_add_up(till)


@pytest.mark.parametrize("when", AROUND)
async def test_around_making_the_order(till: Till, database: Database, database_url: str, when: str) -> None:
    who = guest(None)
    order = await till.order(who)
    principal = msgspec.json.encode(who).decode()
    await killed(till, database_url, f"{when} create", "checkout", principal, order["id"], "one key")
    assert len(till.simulator.books()["orders"]) == (0 if when == "before" else 1)
    await till.owner.execute("UPDATE payments.idempotency SET created_at = now() - interval '31 seconds'")
    await till.reconcile()
    checkout = await till.checkout(who, order, "one key")
    assert [each["id"] for each in till.simulator.books()["orders"]] == [
        checkout["action"]["options"]["order_id"]
    ]
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    await afterwards(till, database)
    assert await till.status(order) == "confirmed"


@pytest.mark.parametrize(
    "point", ["before capture", "after capture", "before lookup", "after lookup", "while booking"]
)
async def test_around_capturing(till: Till, database: Database, database_url: str, point: str) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"], "authorized", "card")
    for event_id, body in till.sent_webhooks():
        await till.webhook(body, event_id)
    await killed(till, database_url, point, "webhooks")
    await afterwards(till, database)
    payment = await till.payment(checkout["payment_id"])
    assert (payment["status"], payment["captured_paise"]) == ("completed", 6300)
    captures = [r for r in till.simulator.requests("POST /v1/payments/") if r["path"].endswith("/capture")]
    assert sum(r["status"] == 200 for r in captures) == 1


@pytest.mark.parametrize("when", AROUND)
async def test_around_looking_for_a_payment(
    till: Till, database: Database, database_url: str, when: str
) -> None:
    who = guest(None)
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    await till.owner.execute("UPDATE payments.payment SET poll_at = now() - interval '1 second'")
    await killed(till, database_url, f"{when} payments_of", "reconcile")
    await afterwards(till, database)
    assert await till.status(order) == "confirmed"
    assert (await till.bill(order))["paid_paise"] == 6300


@pytest.mark.parametrize("point", ["before refund", "after refund", "while booking"])
async def test_around_giving_back(till: Till, database: Database, database_url: str, point: str) -> None:
    who = guest(None)
    payment: dict[str, Any] = await till.buy(who, await till.order(who))
    asked = {"amount_paise": 2000, "reason": "cold"}
    assert (await till.call(staff(), "POST", f"/{payment['id']}/refund", asked)).status_code == 202
    await killed(till, database_url, point, "refunds")
    assert len(till.simulator.books()["refunds"]) == (0 if point == "before refund" else 1)
    await afterwards(till, database)
    assert [r["amount"] for r in till.simulator.books()["refunds"]] == [2000]
    assert [r["status"] for r in (await till.payment(payment["id"]))["refunds"]] == ["processed"]


@pytest.mark.parametrize("when", AROUND)
async def test_around_looking_for_a_refund(
    till: Till, database: Database, database_url: str, when: str
) -> None:
    who = guest(None)
    payment: dict[str, Any] = await till.buy(who, await till.order(who))
    till.simulator.fault("POST /v1/payments/", "cut_after")
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 2000, "reason": "cold"})
    await till.work()
    await till.make_retries_due()
    await killed(till, database_url, f"{when} refunds_of", "refunds")
    await afterwards(till, database)
    assert [r["amount"] for r in till.simulator.books()["refunds"]] == [2000]
    assert [r["status"] for r in (await till.payment(payment["id"]))["refunds"]] == ["processed"]


@pytest.mark.parametrize(
    "point", ["before disputes_between", "after disputes_between", "while booking", "before a task"]
)
async def test_around_finding_a_lost_dispute(
    till: Till, database: Database, database_url: str, point: str
) -> None:
    who = guest(None)
    payment: dict[str, Any] = await till.buy(who, await till.order(who))
    dispute = till.simulator.dispute(payment["attempts"][0]["provider_payment_id"], "lost", paise=2000)
    till.delivered.update(event_id for event_id, _ in till.sent_webhooks())
    await killed(till, database_url, point, "compare")
    assert await till.owner.fetchval("SELECT count(*) FROM payments.refund") == (point == "before a task")
    await compare(till)
    await World(till, database).rest(2)
    assert await oracles.ledger_equals_books(till.owner, till.simulator.books()) == []
    assert [r["amount_paise"] for r in (await till.payment(payment["id"]))["refunds"]] == [2000]
    task = (
        "SELECT count(*) FROM payments.unmatched WHERE provider_payment_id = $1 AND reason ~ '^Dispute lost'"
    )
    assert await till.owner.fetchval(task, dispute["id"]) == 1
    assert await till.owner.fetchval("SELECT sum(refunded_paise) FROM payments.daily") == 2000
