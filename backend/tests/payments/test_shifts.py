"""Shifts on PostgreSQL, over HTTP: whose cash it is, what a drawer must hold, and who may say that it is right."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Principal, Tokens
from tests import oracles
from tests.orders.conftest import TABLE, guest
from tests.payments.conftest import Till, staff

Json = dict[str, Any]
STEP = st.tuples(st.sampled_from(["sell", "back", "in", "out", "count"]), st.integers(1, 3))


async def ask(
    till: Till, who: Principal, method: str, path: str = "", body: Any = None, key: str | None = None
) -> httpx.Response:
    headers = {"Authorization": "Bearer " + till.ctx.get(Tokens).issue(who, 3600)}
    if method == "POST":
        headers["Idempotency-Key"] = key or str(uuid7())
    return await till.http.request(method, f"/api/shifts{path}", json=body, headers=headers)


async def begin(till: Till, who: Principal, drawer: str = "Main drawer", paise: int = 100000) -> Json:
    answer = await ask(till, who, "POST", "", {"drawer": drawer, "float_paise": paise})
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def count(till: Till, who: Principal, shift: Json, rupees: int, **more: Any) -> httpx.Response:
    counts = [{"denomination_paise": 100, "quantity": rupees}]
    return await ask(till, who, "POST", f"/{shift['id']}/count", {"counts": counts} | more)


async def sell(till: Till, who: Principal) -> Json:
    """A cola that a guest pays in cash; ₹63."""
    order = await till.order(guest(TABLE), 1)
    paise = (await till.bill(order))["total_paise"]
    body = {"bill_id": order["bill_id"], "amount_paise": paise, "tendered_paise": paise}
    answer = await till.call(who, "POST", "/confirm-cash", body)
    assert answer.status_code == 201, answer.text
    await till.handle_events()
    return answer.json()  # type: ignore[no-any-return]


async def give_back(till: Till, who: Principal, paid: Json, paise: int, method: str = "cash") -> None:
    answer = await till.call(
        staff(), "POST", f"/{paid['id']}/refund", {"amount_paise": paise, "reason": "cold"}
    )
    refund = answer.json()["id"]
    answer = await till.call(who, "POST", f"/refunds/{refund}/hand-out", {"method": method})
    assert answer.status_code == 200, answer.text


async def move(till: Till, who: Principal, shift: Json, kind: str, paise: int) -> httpx.Response:
    body = {"kind": kind, "amount_paise": paise, "reason": "Small purchase"}
    return await ask(till, who, "POST", f"/{shift['id']}/movements", body)


async def test_a_drawer_holds_what_came_and_went(till: Till) -> None:
    ravi, other = staff("waiter"), staff("waiter")
    shift = await begin(till, ravi)
    paid = await sell(till, ravi)
    await sell(till, other)  # another's, without a shift
    await give_back(till, ravi, paid, 1000)
    await give_back(till, ravi, paid, 500, "upi")  # not out of the drawer
    assert (await move(till, ravi, shift, "in", 5000)).status_code == 201
    assert (await move(till, ravi, shift, "out", 2000)).status_code == 201
    must = 100000 + paid["amount_paise"] - 1000 + 5000 - 2000
    over = (await count(till, ravi, shift, must // 100)).json()
    assert (over["status"], over["expected_paise"], over["difference_paise"]) == ("closed", must, 0)
    assert over["sums"] == {
        "taken_paise": paid["amount_paise"],
        "refunded_paise": 1000,
        "in_paise": 5000,
        "out_paise": 2000,
    }
    assert (over["closed_by_name"], [each["kind"] for each in over["movements"]]) == (
        ravi.name,
        ["in", "out"],
    )
    assert await oracles.shifts_add_up(till.owner) == []
    events = await till.owner.fetch(
        "SELECT data->>'status' AS s FROM payments.outbox WHERE subject = $1 ORDER BY id", shift["id"]
    )
    assert [row["s"] for row in events] == ["open", "closed"]


async def test_nobody_is_told_what_must_be_there_before_the_count(till: Till) -> None:
    ravi = staff("waiter")
    await begin(till, ravi)
    await sell(till, ravi)
    own = (await ask(till, ravi, "GET", "/own")).json()["shift"]
    [listed] = (await ask(till, staff(), "GET", "?status=open")).json()["items"]
    for shown in (own, listed):
        assert (shown["expected_paise"], shown["sums"], shown["difference_paise"]) == (None, None, None)


async def test_a_large_difference_waits_for_another_manager(till: Till) -> None:
    meera = staff()
    shift = await begin(till, meera)
    counted = (await count(till, meera, shift, 899, note="the safe was shut")).json()
    assert (counted["status"], counted["difference_paise"]) == ("to_approve", -10100)
    refused = await ask(till, meera, "POST", f"/{shift['id']}/approve", {})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "own-difference")
    assert (await ask(till, staff("waiter"), "POST", f"/{shift['id']}/approve", {})).status_code == 403
    closed = (await ask(till, staff(), "POST", f"/{shift['id']}/approve", {})).json()
    assert (closed["status"], closed["note"]) == ("closed", "the safe was shut")
    again = await ask(till, staff(), "POST", f"/{shift['id']}/approve", {})
    assert again.json()["type"].rpartition("/")[2] == "nothing-to-approve"
    assert (await begin(till, staff("waiter")))["status"] == "open"  # the drawer is free since it was counted


async def test_a_counted_shift_takes_nothing_more(till: Till) -> None:
    ravi = staff("waiter")
    shift = await begin(till, ravi)
    await count(till, ravi, shift, 1000)
    for answer in (await count(till, ravi, shift, 1000), await move(till, ravi, shift, "in", 100)):
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "shift-is-over")
    await sell(till, ravi)
    assert await till.owner.fetchval("SELECT count(shift_id) FROM payments.attempt") == 0
    with pytest.raises(Exception, match="stays as it was written"):
        await till.owner.execute("DELETE FROM payments.cash_movement")


async def test_where_a_shift_is_needed_there_is_no_cash_without(till: Till) -> None:
    ravi, other = staff("waiter"), staff("waiter")
    await till.desk.setting(cash_needs_shift=True)
    order = await till.order(guest(TABLE), 1)
    paise = (await till.bill(order))["total_paise"]
    body = {"bill_id": order["bill_id"], "amount_paise": paise, "tendered_paise": paise}
    refused = await till.call(ravi, "POST", "/confirm-cash", body)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "no-open-shift")
    await begin(till, ravi)
    paid = await till.call(ravi, "POST", "/confirm-cash", body)
    assert paid.status_code == 201
    asked = {"amount_paise": 100, "reason": "cold"}
    refund = (await till.call(staff(), "POST", f"/{paid.json()['id']}/refund", asked)).json()["id"]
    refused = await till.call(other, "POST", f"/refunds/{refund}/hand-out", {})
    assert refused.json()["type"].rpartition("/")[2] == "no-open-shift"
    assert (
        await till.call(other, "POST", f"/refunds/{refund}/hand-out", {"method": "upi"})
    ).status_code == 200


async def test_one_drawer_has_one_shift_however_many_ask_at_once(till: Till) -> None:
    body = {"drawer": "Main drawer", "float_paise": 0}
    answers = await asyncio.gather(*(ask(till, staff("waiter"), "POST", "", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {a.json()["type"].rpartition("/")[2] for a in answers if a.status_code == 409} == {"drawer-taken"}
    ravi = staff("waiter")
    drawers = ("Second drawer", "Bar drawer")
    answers = await asyncio.gather(
        *(ask(till, ravi, "POST", "", {"drawer": drawer, "float_paise": 0}) for drawer in drawers)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    unknown = await ask(till, staff("waiter"), "POST", "", {"drawer": "My pocket", "float_paise": 0})
    assert unknown.json()["type"].rpartition("/")[2] == "unknown-drawer"


async def test_another_persons_shift_is_for_a_manager(till: Till) -> None:
    ravi = staff("waiter")
    shift = await begin(till, ravi)
    assert (await count(till, staff("waiter"), shift, 1000)).status_code == 403
    counted = (await count(till, staff(), shift, 1000)).json()
    assert (counted["person_name"], counted["closed_by_name"]) == (ravi.name, "Ravi the manager")
    unknown = await ask(till, staff(), "POST", f"/{uuid7()}/count", {"counts": []})
    assert unknown.json()["type"].rpartition("/")[2] == "unknown-shift"
    bad = {"kind": "in", "amount_paise": 1, "reason": "for fun"}
    answer = await ask(till, staff(), "POST", f"/{(await begin(till, ravi))['id']}/movements", bad)
    assert answer.json()["type"].rpartition("/")[2] == "unknown-cash-reason"


async def test_a_count_that_is_sent_again_counts_once(till: Till) -> None:
    ravi = staff("waiter")
    shift = await begin(till, ravi)
    body = {"counts": [{"denomination_paise": 50000, "quantity": 2}]}
    path = f"/{shift['id']}/count"
    answers = await asyncio.gather(*(ask(till, ravi, "POST", path, body, key="once") for _ in range(5)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert await till.owner.fetchval("SELECT count(*) FROM staff.audit WHERE action = 'shift.counted'") == 1


async def test_cash_taken_while_the_drawer_is_counted_is_in_one_shift_or_in_none(till: Till) -> None:
    ravi = staff("waiter")
    shift = await begin(till, ravi)
    orders = [await till.order(guest(None), 1) for _ in range(6)]

    async def pay(order: Json) -> None:
        paise = (await till.bill(order))["total_paise"]
        body = {"bill_id": order["bill_id"], "amount_paise": paise, "tendered_paise": paise}
        assert (await till.call(ravi, "POST", "/confirm-cash", body)).status_code == 201

    await asyncio.gather(*map(pay, orders[:3]), count(till, ravi, shift, 1000), *map(pay, orders[3:]))
    assert await oracles.shifts_add_up(till.owner) == []


@given(st.lists(STEP, max_size=10))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_shifts_add_up_whatever_is_done(till: Till, steps: list[tuple[str, int]]) -> None:
    await play(till, steps)


async def play(till: Till, steps: list[tuple[str, int]]) -> None:
    """One waiter's evening of several shifts."""
    ravi, shift, paid, held = staff("waiter"), None, None, 0
    for what, number in steps:
        if shift is None:
            shift, held = await begin(till, ravi, paise=number * 100), number * 100
        if what == "sell":
            paid = await sell(till, ravi)
            held += paid["amount_paise"]
        elif what == "back" and paid:
            await give_back(till, ravi, paid, number * 100)
            held -= number * 100
        elif what in ("in", "out"):
            await move(till, ravi, shift, what, number * 100)
            held += number * 100 if what == "in" else -number * 100
        elif what == "count":
            counted = (await count(till, ravi, shift, number)).json()
            assert (counted["expected_paise"], counted["counted_paise"]) == (held, number * 100)
            shift = None
    if shift is not None:
        assert (await count(till, ravi, shift, 0)).json()["expected_paise"] == held
    assert await oracles.shifts_add_up(till.owner) == []
