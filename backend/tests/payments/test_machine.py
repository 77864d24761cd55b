"""Orders, bills, payments, refunds, late captures, dashboard refunds, lost disputes and cancellations in any order, against
the simulator's books: after every step, at rest, every promise holds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from rasoi.orders import service as orders_service
from rasoi.platform.database import Database
from rasoi.platform.problems import Problem
from tests.orders.conftest import COLA_1, KULFI_1, TABLE, guest
from tests.payments.conftest import Till, staff
from tests.payments.world import PROMISES, World

T = TypeVar("T")
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "4"))
STEPS = int(os.environ.get("MACHINE_STEPS", "12"))
METHODS = st.sampled_from(["upi", "card"])
AT_ONCE = ("again", "browser", "cancel", "cash", "janitor", "kitchen", "webhooks")


class Money(RuleBasedStateMachine):
    """Each rule is something that a guest, a waiter, a manager, a bank or the owner does."""

    world: World
    admin: Database
    loop: asyncio.AbstractEventLoop

    placed = Bundle("placed")
    opened = Bundle("opened")
    steps = 0
    slow = Bundle("slow")
    paid = Bundle("paid")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    @property
    def till(self) -> Till:
        return self.world.till

    @initialize()
    def first_day(self) -> None:
        """Examples know nothing of each other, so that a failing one is small and fails again."""
        self.till.simulator.call("DELETE", "/_simulator/faults")
        self.run(self.world.fresh(self.admin))
        tenders = {"tenders": ["card_machine", "house_upi", "voucher"], "upi_address": "rasoi@okbank"}
        self.run(self.till.desk.setting(**tenders))

    # guests

    @rule(target=placed, quantity=st.integers(1, 3), at_table=st.booleans(), counted=st.booleans())
    def place(self, quantity: int, at_table: bool, counted: bool) -> Any:
        who = guest(TABLE) if at_table else guest(None)

        async def work() -> Any:
            status, order = await self.world.clients.place(who, KULFI_1 if counted else COLA_1, quantity)
            await self.world.pump()
            return (who, order) if status == 201 else None

        try:
            return self.run(work())
        except Problem:
            return None  # sold out

    @rule(target=opened, order=placed)
    def checkout(self, order: Any) -> Any:
        if order is None:
            return None
        asked = {"order_id": order[1]["id"]}
        status, told = self.run(self.world.clients.post(order[0], "/create-razorpay-order", asked))
        return (order[0], told) if status == 200 else None

    @rule(target=paid, checkout=opened, method=METHODS, tell=st.booleans())
    def pay(self, checkout: Any, method: str, tell: bool) -> Any:
        """With or without the browser's word of it."""
        if checkout is None:
            return None
        reply = self.till.simulator.pay(checkout[1]["action"]["options"]["order_id"], method=method)
        if "razorpay_signature" not in reply:
            return None
        if tell:
            self.run(self.till.verify(checkout[0], checkout[1], reply))
        return reply["razorpay_payment_id"]

    @rule(target=paid, checkout=opened, discount=st.booleans())
    def pay_another_amount(self, checkout: Any, discount: bool) -> Any:
        if checkout is None:
            return None
        more: Any = {"discount": 500} if discount else {"fee_bearer": "customer"}
        order_id = checkout[1]["action"]["options"]["order_id"]
        return self.till.simulator.pay(order_id, method="card", **more).get("razorpay_payment_id")

    @rule(target=slow, checkout=opened, outcome=st.sampled_from(["late", "pending", "authorized"]))
    def pay_slowly(self, checkout: Any, outcome: str) -> Any:
        if checkout is None:
            return None
        order_id = checkout[1]["action"]["options"]["order_id"]
        return self.till.simulator.pay(order_id, outcome, "card").get("razorpay_payment_id")

    @rule(payment=consumes(slow), returns=st.booleans())
    def the_bank_answers(self, payment: Any, returns: bool) -> None:
        if payment is None:
            return
        self.till.simulator.moods(returns=returns)
        self.till.simulator.call("POST", "/_simulator/late", {"payment_id": payment})
        self.till.simulator.moods(returns=False)

    # staff

    @rule(order=placed, tender=st.sampled_from(["cash", "card_machine", "house_upi", "voucher"]))
    def pay_at_the_table(self, order: Any, tender: str) -> None:
        if order is None:
            return

        async def work() -> None:
            bill = await self.till.bill(order[1])
            due = max(1, bill["total_paise"] - bill["paid_paise"] + bill["refunded_paise"])
            asked = {"order_id": order[1]["id"], "amount_paise": due}
            if tender == "cash":
                await self.world.clients.post(
                    staff("waiter"), "/confirm-cash", asked | {"tendered_paise": due}
                )
            else:
                how = {"tender": tender, "reference": uuid4().hex}
                await self.world.clients.post(staff("waiter"), "/confirm-tender", asked | how)

        self.run(work())

    @rule(order=placed)
    def cancel(self, order: Any) -> None:
        if order is None:
            return

        self.run(self._cancel(order))

    async def _cancel(self, order: Any) -> None:
        with suppress(Problem):
            await orders_service.cancel(self.till.desk.ctx, order[0], UUID(order[1]["id"]), None)

    @rule(share=st.sampled_from([1, 2, 3]))
    def refund(self, share: int) -> None:
        async def work() -> None:
            for payment in await self.till.payments():
                left = payment["captured_paise"] - payment["refunded_paise"]
                if left > 300:
                    asked = {"amount_paise": left // share, "reason": "cold"}
                    await self.world.clients.post(staff(), f"/{payment['id']}/refund", asked)
                    return

        self.run(work())

    @rule()
    def hand_out(self) -> None:
        async def work() -> None:
            answer = await self.till.call(staff(), "GET", "/refund-tasks?status=to_hand_out")
            for task in answer.json()["items"]:
                path, waiter = f"/refunds/{task['id']}/hand-out", staff("waiter")
                statuses = [(await self.world.clients.post(waiter, path, {}))[0] for _ in range(2)]
                assert statuses == [200, 409], "once"

        self.run(work())

    @rule(share=st.sampled_from([1, 2]))
    def serve(self, share: int) -> None:
        """Bills that are paid close, with their documents."""
        self.run(self.world.serve(share))

    @rule(checkout=opened, order=placed, what=st.sets(st.sampled_from(AT_ONCE), min_size=2))
    def at_once(self, checkout: Any, order: Any, what: set[str]) -> None:
        """Nobody waits for anybody: what one does overtakes what another has begun."""
        if checkout is None or order is None:
            return
        reply = self.till.simulator.pay(checkout[1]["action"]["options"]["order_id"], method="upi")
        bill = {"order_id": order[1]["id"]}

        async def all_of_it() -> None:
            amount = (await self.till.bill(order[1]))["total_paise"]
            cash = bill | {"amount_paise": amount, "tendered_paise": amount}
            works: dict[str, Coroutine[Any, Any, Any]] = {
                "browser": self.till.verify(checkout[0], checkout[1], reply),
                "webhooks": self._webhooks(),
                "cash": self.till.call(staff("waiter"), "POST", "/confirm-cash", cash),
                "cancel": self._cancel(order),
                "janitor": self.till.reconcile(),
                "again": self.till.call(order[0], "POST", "/create-razorpay-order", bill),
                "kitchen": self.world.serve(1),
            }
            for name in works.keys() - what:
                works.pop(name).close()
            await asyncio.gather(*works.values())

        if "razorpay_signature" in reply:
            self.run(all_of_it())

    # the owner, the provider, time

    @rule(payment=paid, share=st.sampled_from([1, 2]))
    def refund_in_the_dashboard(self, payment: Any, share: int) -> None:
        entity = next((p for p in self.till.simulator.books()["payments"] if p["id"] == payment), None)
        left = entity["amount"] - entity["amount_refunded"] if entity and entity["captured"] else 0
        if left >= 200:
            asked = {"payment_id": payment, "amount": left // share}
            self.till.simulator.call("POST", "/_simulator/refund", asked)

    @rule(payment=paid, share=st.sampled_from([1, 2]))
    def a_dispute_is_lost(self, payment: Any, share: int) -> None:
        entity = next((p for p in self.till.simulator.books()["payments"] if p["id"] == payment), None)
        if entity and entity["captured"] and entity["amount"] >= 200:
            self.till.simulator.dispute(payment, "lost", paise=entity["amount"] // share)

    @rule(refunds=st.sampled_from(["processed", "pending", "failed"]), low=st.booleans())
    def the_provider_is_in_a_mood(self, refunds: str, low: bool) -> None:
        self.till.simulator.moods(refunds=refunds, balance=0 if low else None)

    @rule(seed=st.integers(0, 3))
    def webhooks_arrive(self, seed: int) -> None:
        """A part of them, newest first, each of them twice."""
        self.run(self._webhooks(seed))

    async def _webhooks(self, lost: int = -1) -> None:
        sent = [each for each in self.till.sent_webhooks() if each[0] not in self.till.delivered]
        for n, (event_id, body) in enumerate(reversed(sent)):
            self.till.delivered.add(event_id)
            if n % 4 != lost:
                await self.till.webhook(body, event_id)
                await self.till.webhook(body, event_id)

    @rule()
    def time_is_over(self) -> None:
        async def work() -> None:
            await self.till.pass_deadlines()
            await self.till.reconcile()

        self.run(work())

    @invariant()
    def every_promise_holds(self) -> None:
        self.run(self.world.rest())
        assert self.run(self.world.violations()) == []
        Money.steps += 1


@pytest.mark.timeout(120 * EXAMPLES)
async def test_every_promise_holds_after_every_step(world: World, admin: Database) -> None:
    Money.world, Money.admin, Money.loop, Money.steps = world, admin, asyncio.get_running_loop(), 0
    how = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize="MACHINE_EXAMPLES" not in os.environ,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Money, settings=how)
    assert Money.steps > EXAMPLES
    assert {world.evaluated[oracle] for oracle in PROMISES.values()} == {Money.steps}
