"""Cash at the counter for a prepaid order: it waits longer, and comes back after its time where it still can."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasoi.orders import service as orders_service
from rasoi.orders.routes import list_orders
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from tests.orders.conftest import COLA_1, HOT, KULFI, KULFI_1, NAAN_1, guest, line
from tests.payments.conftest import Till, staff
from tests.support import asgi_transport

Listed = Callable[..., Coroutine[Any, Any, dict[str, list[str]]]]

PAISE = 31200  # three kulfis with their tax, rounded


@pytest.fixture
async def counter(till: Till) -> Till:
    """A till at which a prepaid order waits 600 s for its money, and 1,800 s for cash."""
    await till.desk.setting(payment_timeout_s=600, counter_timeout_s=1800, takeaway_payment="prepaid")
    return till


async def ask_cash(till: Till, who: Principal, order: dict[str, Any]) -> None:
    await orders_service.call_waiter(till.desk.ctx, who, UUID(order["bill_id"]), "cash")
    await till.handle_events()


async def left_s(till: Till, order: dict[str, Any]) -> tuple[float, float]:
    """How long the order waits still, and the payment that asks for it."""
    row = await till.owner.fetchrow(
        """SELECT extract(epoch FROM o.expires_at - now())::float8 AS order_s, extract(epoch FROM p.expires_at - now())::float8
          AS payment_s FROM orders.orders o JOIN payments.payment p ON p.bill_id = o.bill_id WHERE o.id = $1""",
        UUID(order["id"]),
    )
    return row["order_s"], row["payment_s"]


async def pass_time(till: Till, seconds: float) -> None:
    """All that waits for its time waits this much less."""
    for table, columns in (
        ("orders.orders", ("expires_at",)),
        ("payments.payment", ("expires_at", "poll_at")),
    ):
        for column in columns:
            sql = f"UPDATE {table} SET {column} = {column} - make_interval(secs => $1)"
            await till.owner.execute(sql, seconds)
    await till.reconcile()


async def expired(till: Till, *lines: Any) -> dict[str, Any]:
    """A takeaway that nobody has paid in time."""
    status, order = await till.desk.place(guest(None), *(lines or (line(KULFI_1, 3),)))
    assert status == 201
    await till.handle_events()
    await pass_time(till, 601)
    assert await till.status(order) == "expired"
    return order  # type: ignore[no-any-return]


async def take(till: Till, order: dict[str, Any], paise: int = PAISE, **how: Any) -> httpx.Response:
    body = {"bill_id": order["bill_id"], "amount_paise": paise, "tendered_paise": paise}
    answer = await till.call(how.get("who") or staff("waiter"), "POST", "/confirm-cash", body, how.get("key"))
    await till.handle_events()
    return answer


async def reserved(till: Till) -> int:
    return await till.owner.fetchval("SELECT reserved_milli FROM inventory.stock")  # type: ignore[no-any-return]


async def taken(till: Till) -> tuple[int, int]:
    """What was captured for all, and what of it went back."""
    row = await till.owner.fetchrow(
        "SELECT coalesce(sum(captured_paise), 0)::int AS a, coalesce(sum(refunded_paise), 0)::int AS b FROM payments.payment"
    )
    return row["a"], row["b"]


# waiting


async def test_it_does_not_expire_in_the_queue(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    assert 590 < min(await left_s(counter, order)) <= 600
    await ask_cash(counter, who, order)
    assert all(1790 < left <= 1800 for left in await left_s(counter, order))
    await pass_time(counter, 1700)
    assert await counter.status(order) == "awaiting_payment"
    paid = await take(counter, order, 6300)
    assert paid.status_code == 201, paid.text
    assert await counter.status(order) == "confirmed"


async def test_asking_again_gives_no_more_time(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    await ask_cash(counter, who, order)
    await pass_time(counter, 1700)
    await orders_service.call_waiter(counter.desk.ctx, staff("waiter"), UUID(order["bill_id"]), None)
    await ask_cash(counter, who, order)
    assert (await left_s(counter, order))[0] <= 100
    await pass_time(counter, 101)
    assert await counter.status(order) == "expired"


async def test_a_shorter_setting_takes_no_time_away(counter: Till) -> None:
    await counter.desk.setting(counter_timeout_s=60)
    who = guest(None)
    order = await counter.order(who)
    await ask_cash(counter, who, order)
    assert 590 < (await left_s(counter, order))[0] <= 600


async def test_its_payment_waits_too_where_its_time_ends_before_the_news_comes(counter: Till) -> None:
    """The order's longer time is heard by an event; the payment's own time may be over before."""
    who = guest(None)
    order = await counter.order(who)
    await counter.owner.execute("UPDATE payments.payment SET expires_at = now() + interval '1 second'")
    await orders_service.call_waiter(counter.desk.ctx, who, UUID(order["bill_id"]), "cash")
    await counter.owner.execute(
        "UPDATE payments.payment SET expires_at = now() - interval '1 second', poll_at = now()"
    )
    await counter.reconcile()
    assert await counter.status(order) == "awaiting_payment"
    assert min(await left_s(counter, order)) > 1790


async def test_a_call_for_help_gives_no_time(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    await orders_service.call_waiter(counter.desk.ctx, who, UUID(order["bill_id"]), "help")
    await counter.handle_events()
    assert (await left_s(counter, order))[0] <= 600


async def test_who_asked_before_the_approval_has_the_time_from_it_on(counter: Till) -> None:
    await counter.desk.setting(dine_in_payment="prepaid", approve_first_order=True)
    who = guest()
    order = await counter.order(who)
    await ask_cash(counter, who, order)
    await counter.owner.execute("UPDATE orders.orders SET expires_at = now() + interval '4 seconds'")
    approved = await orders_service.approve(counter.desk.ctx, staff("waiter"), UUID(order["id"]))
    await counter.handle_events()
    assert approved.cash_asked_at is not None
    assert 1790 < min(await left_s(counter, order)) <= 1800


async def test_the_guest_may_pay_online_all_the_same(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    await ask_cash(counter, who, order)
    await pass_time(counter, 700)
    assert (await counter.buy(who, order))["status"] == "completed"
    assert await counter.status(order) == "confirmed"


# after its time


async def test_cash_brings_it_back_on_its_own_bill(counter: Till) -> None:
    order = await expired(counter)
    view = await orders_service.bill_view(counter.desk.ctx, staff("waiter"), UUID(order["bill_id"]))
    assert (view.status, view.due_paise, view.counter_due_paise) == ("voided", 0, PAISE)
    assert await reserved(counter) == 0
    paid = await take(counter, order)
    assert paid.status_code == 201, paid.text
    assert await counter.status(order) == "confirmed"
    row = await counter.bill(order)
    assert (row["status"], row["total_paise"], row["paid_paise"]) == ("closed", PAISE, PAISE)
    assert (await reserved(counter), await taken(counter)) == (3000, (PAISE, 0))
    confirmed = await counter.owner.fetchval(
        "SELECT data->>'payment_status' FROM orders.outbox WHERE type = 'rasoi.order.confirmed.v1'"
    )
    assert confirmed == "paid", "the kitchen's ticket is a paid one from the start"
    view = await orders_service.bill_view(counter.desk.ctx, staff("waiter"), UUID(order["bill_id"]))
    assert (view.counter_due_paise, len(view.documents)) == (0, 1)


async def test_no_grace_limits_it_but_the_day_does(counter: Till) -> None:
    await counter.desk.setting(late_grace_s=0)
    order = await expired(counter)
    await counter.owner.execute("UPDATE orders.orders SET business_day = business_day - 1")
    view = await orders_service.bill_view(counter.desk.ctx, staff("waiter"), UUID(order["bill_id"]))
    assert view.counter_due_paise == 0
    refused = await take(counter, order)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-expired")
    assert "day" in refused.json()["detail"]
    await counter.owner.execute("UPDATE orders.orders SET business_day = business_day + 1")
    assert (await take(counter, order)).status_code == 201


async def test_stock_that_is_gone_refuses_it_and_nothing_is_taken(counter: Till) -> None:
    order = await expired(counter)
    await counter.owner.execute("UPDATE inventory.stock SET on_hand_milli = 2000")
    before = await counter.everything()
    refused = await take(counter, order)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-expired")
    assert refused.json()["items"] == [{"item_id": str(KULFI), "name": "Kulfi", "available": 2}]
    assert "Kulfi (only 2 left)" in refused.json()["detail"]
    assert await counter.everything() == before and await reserved(counter) == 0
    assert (await counter.status(order), (await counter.bill(order))["status"]) == ("expired", "voided")
    await counter.owner.execute("UPDATE inventory.stock SET on_hand_milli = 3000")
    assert (await take(counter, order)).status_code == 201


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ("menu.item SET available = false", "menu.item SET available = true"),
        ("menu.item SET active = false", "menu.item SET active = true"),
        ("menu.variant SET active = false", "menu.variant SET active = true"),
        ("menu.modifier SET available = false", "menu.modifier SET available = true"),
        ("menu.modifier SET active = false", "menu.modifier SET active = true"),
    ],
)
async def test_what_the_menu_has_no_more_refuses_it(counter: Till, off: str, on: str) -> None:
    order = await expired(counter, line(KULFI_1), line(NAAN_1, 1, (HOT,)))
    paise = 15600
    await counter.owner.execute(f"UPDATE {off}")
    refused = await take(counter, order, paise)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-expired"), refused.text
    named = {item["name"] for item in refused.json()["items"]}
    assert named == ({"Hot"} if "modifier" in off else {"Kulfi", "Naan"})
    assert (await reserved(counter), await taken(counter)) == (0, (0, 0))
    await counter.owner.execute(f"UPDATE {on}")
    assert (await take(counter, order, paise)).status_code == 201


async def test_another_amount_or_too_little_tendered_takes_nothing(counter: Till) -> None:
    order = await expired(counter)
    refused = await take(counter, order, PAISE - 100)
    assert (refused.status_code, refused.json()["due_paise"]) == (409, PAISE)
    body = {"bill_id": order["bill_id"], "amount_paise": PAISE, "tendered_paise": PAISE - 1}
    assert (await counter.call(staff("waiter"), "POST", "/confirm-cash", body)).status_code == 422
    assert (await reserved(counter), await taken(counter)) == (0, (0, 0))


@pytest.mark.parametrize("how", ["unapproved", "rejected", "cancelled", "left"])
async def test_what_was_refused_or_left_is_not_brought_back(counter: Till, how: str) -> None:
    await counter.desk.setting(
        dine_in_payment="prepaid", approve_first_order=how in ("unapproved", "rejected")
    )
    who = guest()
    order = await counter.order(who, variant=KULFI_1, quantity=3)
    ctx, waiter = counter.desk.ctx, staff("waiter")
    if how == "unapproved":
        await counter.owner.execute("UPDATE orders.orders SET expires_at = now() - interval '1 second'")
        await orders_service.expire_unapproved(ctx)
    elif how == "rejected":
        await orders_service.reject(ctx, waiter, UUID(order["id"]), None)
    elif how == "cancelled":
        await orders_service.cancel(ctx, who, UUID(order["id"]), None)
    else:
        await pass_time(counter, 601)
        await counter.owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'cleared'")
    view = await orders_service.bill_view(ctx, waiter, UUID(order["bill_id"]))
    assert view.counter_due_paise == 0
    refused = await take(counter, order)
    assert refused.status_code == 409, refused.text
    assert (await reserved(counter), await taken(counter)) == (0, (0, 0))
    assert await counter.status(order) == ("expired" if how in ("unapproved", "left") else how)


async def test_at_a_table_it_comes_back_while_its_party_sits_there(counter: Till) -> None:
    await counter.desk.setting(dine_in_payment="prepaid")
    who = guest()
    order = await counter.order(who, variant=KULFI_1, quantity=3)
    await pass_time(counter, 601)
    assert await counter.status(order) == "expired"
    assert (await take(counter, order)).status_code == 201
    assert await counter.status(order) == "confirmed"


# twice, at once


async def test_a_double_tap_has_one_answer_and_one_effect(counter: Till) -> None:
    order = await expired(counter)
    key, waiter = str(uuid4()), staff("waiter")
    answers = await asyncio.gather(*(take(counter, order, who=waiter, key=key) for _ in range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await taken(counter) == (PAISE, 0)


async def test_two_tills_at_once_take_it_once(counter: Till) -> None:
    order = await expired(counter)
    answers = await asyncio.gather(*(take(counter, order) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
    assert (await taken(counter), await reserved(counter)) == ((PAISE, 0), 3000)


async def test_two_orders_for_the_last_portions_one_comes_back(counter: Till) -> None:
    first, second = await expired(counter), await expired(counter)
    answers = await asyncio.gather(take(counter, first), take(counter, second))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await taken(counter), await reserved(counter)) == ((PAISE, 0), 3000)


@pytest.mark.parametrize("cash_first", [True, False, None])
async def test_a_late_online_payment_and_cash_one_of_them_counts(
    counter: Till, cash_first: bool | None
) -> None:
    """Its money is tied to its bill: what comes second goes back, or is not taken at all."""
    who = guest(None)
    order = await counter.order(who, variant=KULFI_1, quantity=3)
    checkout = await counter.checkout(who, order)
    await pass_time(counter, 601)
    assert await counter.status(order) == "expired"
    reply = counter.simulator.pay(checkout["action"]["options"]["order_id"])
    acts = [take(counter, order), counter.verify(who, checkout, reply)]
    if cash_first is None:
        cash, _ = await asyncio.gather(*acts)
    elif cash_first:
        cash, _ = await acts[0], await acts[1]
    else:
        _, cash = await acts[1], await acts[0]
    await counter.handle_events()
    await counter.work()
    captured, back = await taken(counter)
    assert captured - back == PAISE, "its bill's money, once"
    assert cash.status_code == (201 if captured == 2 * PAISE else 409)
    assert cash_first is None or (cash.status_code == 201) == cash_first
    row = await counter.bill(order)
    assert (row["status"], row["paid_paise"] - row["refunded_paise"]) == ("closed", PAISE)
    assert (await counter.status(order), await reserved(counter)) == ("confirmed", 3000)


STEPS = st.lists(
    st.sampled_from(["ask", "cash", "online", "late", "time", "86", "back on", "less stock", "stock"]),
    min_size=3,
    max_size=8,
)


async def test_in_any_order_money_and_food_agree(counter: Till) -> None:
    """What is held for the order is its total when it is cooked, and nothing when it is not; so is its stock."""
    loop = asyncio.get_running_loop()

    async def play(steps: list[str]) -> None:
        await counter.owner.execute("UPDATE inventory.stock SET on_hand_milli = reserved_milli + 5000")
        await counter.owner.execute("UPDATE menu.item SET available = true")
        who = guest(None)
        order = await counter.order(who, variant=KULFI_1, quantity=3)
        checkout = await counter.checkout(who, order)
        for step in steps:
            if step == "ask" and (await counter.bill(order))["status"] == "open":
                await ask_cash(counter, who, order)
            elif step == "cash":
                await take(counter, order)
            elif step in ("online", "late"):
                reply = counter.simulator.pay(checkout["action"]["options"]["order_id"])
                if step == "online" and "razorpay_signature" in reply:
                    await counter.verify(who, checkout, reply)
                else:
                    await counter.deliver()
            elif step == "time":
                await pass_time(counter, 1000)
            elif step in ("86", "back on"):
                sql = "UPDATE menu.item SET available = $1 WHERE id = $2"
                await counter.owner.execute(sql, step == "back on", KULFI)
            else:
                sql = "UPDATE inventory.stock SET on_hand_milli = reserved_milli + $1"
                await counter.owner.execute(sql, 2000 if step == "less stock" else 5000)
        await counter.handle_events()
        await counter.work()
        cooked = await counter.status(order) == "confirmed"
        row = await counter.bill(order)
        held = row["paid_paise"] - row["refunded_paise"]
        open_ = await counter.status(order) == "awaiting_payment"
        assert held == (PAISE if cooked else 0)
        stock = await counter.owner.fetchval(
            "SELECT coalesce(sum(quantity_milli), 0)::int FROM inventory.reservation WHERE order_id = $1 AND state = 'reserved'",
            UUID(order["id"]),
        )
        assert stock == (3000 if cooked or open_ else 0)
        ledger = await counter.owner.fetchval(
            "SELECT coalesce(sum(captured_paise - refunded_paise), 0)::int FROM payments.payment WHERE bill_id = $1",
            row["id"],
        )
        assert ledger == held

    @settings(
        max_examples=12,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(STEPS)
    def run(steps: list[str]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result(120)

    await asyncio.to_thread(run)


@pytest.fixture
async def listed(counter: Till) -> AsyncIterator[Listed]:
    """What the list names, and what is missing of each."""
    ctx = counter.desk.ctx
    ctx.register(Tokens(ctx.settings.secret_key))
    app = http.application(ctx, [list_orders], version="test")
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url="http://test") as client:

        async def read(status: str = "counter") -> dict[str, list[str]]:
            token = ctx.get(Tokens).issue(staff("waiter"), 60)
            answer = await client.get(
                "/api/orders", params={"status": status}, headers={"Authorization": f"Bearer {token}"}
            )
            return {
                order["id"]: [f"{each['available']} {each['name']}" for each in order["missing"]]
                for order in answer.json()["items"]
            }

        yield read


async def test_the_counters_list_has_what_may_still_be_paid(counter: Till, listed: Listed) -> None:
    order, other = await expired(counter), await expired(counter, line(COLA_1))
    await take(counter, other, 6300)
    assert await listed() == {order["id"]: []}
    await counter.owner.execute("UPDATE orders.orders SET business_day = business_day - 1")
    assert await listed() == {}


async def test_the_counters_list_has_nothing_of_a_party_that_left(counter: Till, listed: Listed) -> None:
    await counter.desk.setting(dine_in_payment="prepaid")
    order = await counter.order(guest(), variant=KULFI_1, quantity=3)
    await pass_time(counter, 601)
    assert await listed() == {order["id"]: []}
    await counter.owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'cleared'")
    assert await listed() == {}


async def test_the_counters_list_says_what_cash_could_not_bring_back(counter: Till, listed: Listed) -> None:
    """Each order by itself: what would be too little for two of them is enough for either."""
    await counter.owner.execute("UPDATE inventory.stock SET on_hand_milli = 5000")
    three = await expired(counter)
    hot = await expired(counter, line(KULFI_1, 2), line(NAAN_1, 1, (HOT,)))
    assert await listed() == {three["id"]: [], hot["id"]: []}
    await counter.owner.execute("UPDATE inventory.stock SET on_hand_milli = 2000")
    await counter.owner.execute("UPDATE menu.modifier SET available = false")
    assert await listed() == {three["id"]: ["2 Kulfi"], hot["id"]: ["0 Hot"]}
    for order, paise in ((three, PAISE), (hot, 26000)):
        refused = await take(counter, order, paise)
        assert refused.status_code == 409, "cash says the same"
        said = [f"{each['available']} {each['name']}" for each in refused.json()["items"]]
        assert said == (await listed())[order["id"]]
    await counter.owner.execute("UPDATE menu.item SET available = false")
    assert await listed() == {three["id"]: ["0 Kulfi"], hot["id"]: ["0 Kulfi", "0 Naan", "0 Hot"]}
    found = await listed("expired")
    assert found == {three["id"]: [], hot["id"]: []}, "nobody asks elsewhere"
