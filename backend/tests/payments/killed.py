"""The payments room's work in a process of its own, which is killed at a chosen point around an outbound call.

python -m tests.payments.killed DATABASE_URL SIMULATOR_URL POINT WORK [PRINCIPAL ORDER KEY]
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any
from uuid import UUID

import msgspec

from rasoi.payments import ROOM, checkout, comparison, reconciliation, refunds, schemas, tasks, webhooks
from rasoi.payments import repository as db
from rasoi.payments.providers import Providers
from rasoi.payments.providers.razorpay import Razorpay
from rasoi.payments.workers import WorkerSignals
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.idempotency import IdempotencyKey, body_hash
from rasoi.settings import load
from tests.razorpay_simulator.process import KEY_ID, KEY_SECRET, WEBHOOK_SECRET

CALLS = ("create", "capture", "refund", "lookup", "payments_of", "refunds_of", "disputes_between")
POINTS = (
    *(f"{when} {call}" for call in CALLS for when in ("before", "after")),
    "while booking",
    "before a task",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal(Razorpay):
    """Ends the process before or after one of its calls: nothing was asked, or nobody hears the answer."""

    point = ""


def _mortal(name: str) -> Any:
    call = getattr(Razorpay, name)

    async def wrapped(self: Mortal, *given: Any, **more: Any) -> Any:
        if self.point == f"before {name}":
            die()
        found = await call(self, *given, **more)
        if self.point == f"after {name}":
            die()
        return found

    return wrapped


for _name in CALLS:
    setattr(Mortal, _name, _mortal(_name))


def die_while_booking() -> None:
    """All is written, and nothing committed."""
    save = db.save

    async def fatal(tx: Any, ledger: Any) -> None:
        changed = bool(ledger.events)
        await save(tx, ledger)
        if changed:
            die()

    db.save = fatal


def die_before_a_task() -> None:
    """All is booked, and no person told."""

    async def fatal(
        conn: Any, provider: str, found: Any, outlet_id: int | None, beyond_paise: int = 0
    ) -> bool:
        die()
        return False

    tasks.note_dispute = fatal


async def work(ctx: Context, name: str, *about: str) -> None:
    signals = ctx.get(WorkerSignals)
    if name == "checkout":
        request = schemas.DueRequest(order_id=UUID(about[1]))
        asked = msgspec.json.encode({"order_id": about[1]})
        key = IdempotencyKey(about[2], "POST /api/payments/create-razorpay-order", body_hash(asked))
        await checkout.start_checkout(
            ctx, msgspec.json.decode(about[0], type=Principal), request, key, "razorpay"
        )
    elif name == "webhooks":
        signals.webhooks.set()
        await webhooks.process_webhooks(ctx)
        signals.attempts.set()
        await reconciliation.finish_attempts(ctx)
    elif name == "reconcile":
        await reconciliation.reconcile(ctx)
    elif name == "compare":
        while True:
            await comparison.compare_books(ctx)
    elif name == "refunds":
        signals.refunds.set()
        await refunds.send_refunds(ctx)


async def main(database_url: str, simulator_url: str, point: str, name: str, *about: str) -> None:
    assert point in POINTS
    Mortal.point = point
    if point == "while booking":
        die_while_booking()
    if point == "before a task":
        die_before_a_task()
    ctx = Context(load({}), await Database.connect(database_url, role="rasoi_payments", size=4))
    provider = Mortal(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secrets=(WEBHOOK_SECRET,),
        checkout_script="",
        base_url=simulator_url,
        simulated=True,
    )
    ctx.register(Providers([provider]))
    assert ROOM.start is not None
    await ROOM.start(ctx)
    await work(ctx, name, *about)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
