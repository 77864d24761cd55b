"""A provider that hangs, trickles or is dead: guests are told soon, cash and webhooks go on, and it comes back by itself."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest

from rasoi.payments import webhooks
from rasoi.payments.providers import OutcomeUnknown, Providers, ProviderUnavailable, RequestRejected
from rasoi.payments.providers.guard import FAILURES, LANES, Guard, Lane, LaneName
from rasoi.payments.providers.razorpay import Razorpay
from rasoi.payments.workers import WorkerSignals
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.fakepay import FakePay
from tests.razorpay_simulator.process import BACKEND, KEY_ID, KEY_SECRET, Simulator

DEADLINE_S = 1.0
SHORT = {name: Lane(places=4, deadline_s=DEADLINE_S, wait_s=0.5) for name in LANES}


def razorpay(simulator: Simulator) -> Razorpay:
    return Razorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secrets=("s",),
        checkout_script="x",
        base_url=simulator.url,
        timeout=(20.0, 500.0),
    )


def put_behind(till: Till, lanes: Mapping[LaneName, Lane] = LANES) -> Guard:
    """The till's provider, behind these limits."""
    guard = Guard(till.ctx.get(Providers).first.provider, lanes, first_pause_s=0.1)
    till.ctx.register(Providers([guard]))
    return guard


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for what comes in its own time; a loaded machine may take long over it."""
    async with asyncio.timeout(60):
        while not (await found if isinstance(found := true(), Awaitable) else found):
            await asyncio.sleep(0.05)


@pytest.fixture
def direct(simulator: Simulator) -> Iterator[Guard]:
    """Razorpay's own reads would wait for minutes: only the deadline ends a call."""
    guard = Guard(razorpay(simulator), SHORT, failures=1000)
    yield guard
    guard.provider.close()


def sdk_threads() -> int:
    return sum(thread.name == "razorpay" for thread in threading.enumerate())


@pytest.mark.parametrize("kind", ["trickle", "hang"])
async def test_a_deadline_is_for_the_whole_call_and_leaves_no_thread(direct: Guard, kind: str) -> None:
    fault(direct, "GET /v1/orders", kind, seconds=600, times=9)
    answers = await asyncio.gather(
        *(direct.call("guests", direct.provider.ping) for _ in range(4)), return_exceptions=True
    )
    assert [repr(answer) for answer in answers] == ["OutcomeUnknown('no answer within 1 s')"] * 4
    await until(lambda: sdk_threads() == 0)
    clear(direct)
    await direct.provider.ping()


def fault(guard: Guard, match: str, kind: str, **more: Any) -> None:
    simulator_of(guard).fault(match, kind, **more)


def clear(guard: Guard) -> None:
    assert simulator_of(guard).call("DELETE", "/_simulator/faults")[0] == 200


def simulator_of(guard: Guard) -> Simulator:
    assert isinstance(guard.provider, Razorpay)
    found = Simulator()
    found.port = int((guard.provider._base_url or "").rpartition(":")[2])
    return found


async def test_a_full_lane_refuses_soon_and_is_no_others_trouble() -> None:
    lanes = {name: Lane(places=4, deadline_s=20, wait_s=0.05) for name in LANES}
    guard, asked, answer = Guard(FakePay(), lanes), 0, asyncio.Event()

    async def hang() -> None:
        nonlocal asked
        asked += 1
        await answer.wait()

    hanging = [asyncio.create_task(guard.call("reconciler", hang)) for _ in range(4)]
    await until(lambda: asked == 4)
    await guard.call("guests", guard.provider.ping)
    with pytest.raises(ProviderUnavailable):
        await guard.call("reconciler", hang)
    assert asked == 4
    answer.set()
    await asyncio.gather(*hanging)
    await guard.call("reconciler", hang)


async def test_a_process_ends_while_a_call_trickles(simulator: Simulator) -> None:
    simulator.fault("GET /v1/orders", "trickle", seconds=600, times=2)
    script = f"""
import asyncio
from rasoi.payments.providers.razorpay import Razorpay
from tests.razorpay_simulator.process import Simulator
async def asked(times):
    while len(await asyncio.to_thread(Simulator(port={simulator.port}).requests, "GET /v1/orders")) < times:
        await asyncio.sleep(0.05)
async def main():
    provider = Razorpay(key_id={KEY_ID!r}, key_secret={KEY_SECRET!r}, webhook_secrets=(), checkout_script="", simulated=True,
                        base_url={simulator.url!r}, timeout=(100.0, 500.0))
    task = asyncio.create_task(provider.ping())
    await asked(1)
    provider.close()
    print(type((await asyncio.gather(task, return_exceptions=True))[0]).__name__)
    asyncio.create_task(provider.ping())
    await asked(2)
asyncio.run(main())
"""
    argv = [sys.executable, "-c", script]
    done = await asyncio.to_thread(
        subprocess.run, argv, cwd=BACKEND, capture_output=True, text=True, timeout=100, check=True
    )
    assert "OutcomeUnknown" in done.stdout.splitlines(), done.stdout


async def test_many_guests_at_a_hung_provider_are_told_soon_and_cash_goes_on(till: Till) -> None:
    put_behind(till, SHORT)
    who = guest(None)
    orders = [await till.order(who) for _ in range(12)]
    till.simulator.fault("POST /v1/orders", "hang", seconds=60, times=1000)
    till.simulator.fault("GET /v1/orders", "hang", seconds=60, times=1000)

    async def ask(order: dict[str, Any]) -> tuple[int, str]:
        answer = await till.call(who, "POST", "/checkout", {"order_id": order["id"]})
        return answer.status_code, answer.json()["type"]

    asked = await asyncio.gather(*(ask(order) for order in orders))
    assert set(asked) == {(503, "/problems/payment-provider-away")}
    most = FAILURES + SHORT["guests"].places - 1
    assert len(till.simulator.requests("POST /v1/orders")) <= most, "those under way when it was turned off"
    online = (await till.call(who, "GET", "/online")).json()
    assert online == {"provider": "razorpay", "available": False}
    requests = len(till.simulator.requests("POST /v1/orders"))
    assert (await ask(orders[0]))[0] == 503
    assert len(till.simulator.requests("POST /v1/orders")) == requests, "nothing is asked while it is off"
    cash = {"order_id": orders[0]["id"], "amount_paise": 6300, "tendered_paise": 6300}
    assert (await till.call(staff("waiter"), "POST", "/confirm-cash", cash)).status_code == 201


async def test_it_comes_back_by_itself(till: Till) -> None:
    guard = put_behind(till)
    who = guest(None)
    order = await till.order(who)
    till.simulator.fault("POST /v1/orders", "bad_gateway", times=1000)
    till.simulator.fault("GET /v1/orders", "bad_gateway", times=1000)
    for n in range(3):
        answer = await till.call(who, "POST", "/checkout", {"order_id": order["id"]}, f"k{n}")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/payment-provider-away")
    assert not guard.available
    probed = len(till.simulator.requests("GET /v1/orders"))
    await until(lambda: len(till.simulator.requests("GET /v1/orders")) >= probed + 3)
    assert not guard.available, "a probe that fails turns nothing on"
    assert till.simulator.call("DELETE", "/_simulator/faults")[0] == 200
    await until(lambda: guard.available)
    assert (await till.call(who, "GET", "/online")).json()["available"]
    assert (await till.buy(who, order))["status"] == "completed"


async def test_a_captured_webhook_needs_no_answer_of_the_provider(till: Till) -> None:
    """It is applied at once, though authorised ones before it wait for a provider that hangs."""
    waiting = []
    for _ in range(3):
        who = guest(None)
        order = await till.order(who)
        checkout = await till.checkout(who, order)
        till.simulator.pay(checkout["action"]["options"]["order_id"], "authorized")
        waiting.append(order)
    who = guest(None)
    paid = await till.order(who)
    checkout = await till.checkout(who, paid)
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    put_behind(till, SHORT)
    till.simulator.fault("GET /v1/", "hang", seconds=60, times=1000)
    for event_id, body in till.sent_webhooks():
        await till.webhook(body, event_id)
    asked = len(till.simulator.requests())
    till.ctx.get(WorkerSignals).webhooks.set()
    await webhooks.process_webhooks(till.ctx)
    assert len(till.simulator.requests()) == asked
    assert await till.status(paid) == "confirmed"
    assert [await till.status(order) for order in waiting] == ["awaiting_payment"] * 3
    await till.make_retries_due()
    await till.reconcile()
    assert [await till.status(order) for order in waiting] == ["awaiting_payment"] * 3
    assert till.simulator.call("DELETE", "/_simulator/faults")[0] == 200

    async def confirmed() -> bool:
        await till.make_retries_due()
        await till.reconcile()
        return [await till.status(order) for order in waiting] == ["confirmed"] * 3

    await until(confirmed)


async def test_refunds_wait_while_it_is_away_and_nothing_was_asked(till: Till) -> None:
    guard = put_behind(till)
    who = guest(None)
    payment = await till.buy(who, await till.order(who))
    guard.available = False
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 1000, "reason": "cold"})
    await till.work()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "requested"
    guard.available = True
    await till.make_retries_due()
    await till.work()
    assert (await till.payment(payment["id"]))["refunds"][0]["status"] == "processed"


class Unsteady(FakePay):
    """Fails as it is told."""

    answers: list[Exception | None]

    async def ping(self) -> None:
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error


async def test_only_failures_in_a_row_turn_it_off_and_a_clear_no_is_an_answer() -> None:
    unsteady = Unsteady()
    guard = Guard(unsteady, SHORT, failures=3, first_pause_s=60)
    lost, no = OutcomeUnknown("lost"), RequestRejected("no")
    unsteady.answers = [lost, lost, None, lost, lost, no, lost, lost]
    for _ in range(8):
        await asyncio.gather(guard.call("guests", unsteady.ping), return_exceptions=True)
    assert guard.available
    unsteady.answers = [lost]
    with pytest.raises(OutcomeUnknown):
        await guard.call("guests", unsteady.ping)
    assert not guard.available
    with pytest.raises(ProviderUnavailable):
        await guard.call("guests", unsteady.ping)
    guard.close()
