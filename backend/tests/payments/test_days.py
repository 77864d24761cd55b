"""Closing a business day on PostgreSQL, over HTTP: what stands against it, what its report says, and that it stays so."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi.payments import repository
from rasoi.payments.days import has_begun
from rasoi.platform.auth import Principal, Tokens
from tests import oracles
from tests.orders.conftest import TABLE, guest
from tests.payments.conftest import Till, staff
from tests.payments.test_shifts import begin, count, give_back, sell

Json = dict[str, Any]


async def ask(till: Till, who: Principal, method: str, path: str = "", body: Any = None) -> httpx.Response:
    headers = {"Authorization": "Bearer " + till.ctx.get(Tokens).issue(who, 3600)}
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid7())
    return await till.http.request(method, f"/api/days{path}", json=body, headers=headers)


async def today(till: Till) -> date:
    return await till.owner.fetchval("SELECT staff.business_day(1)")  # type: ignore[no-any-return]


async def close(till: Till, day: date | None = None, who: Principal | None = None) -> httpx.Response:
    day = day or await today(till)
    return await ask(till, who or staff(), "POST", "/close", {"business_day": str(day)})


async def finish(till: Till) -> None:
    """The kitchen and the tables are done."""
    await till.owner.execute(
        "UPDATE orders.orders SET status = 'completed' WHERE status IN ('confirmed', 'served')"
    )
    await till.owner.execute(
        "UPDATE orders.sitting SET ended_at = now(), ending = 'cleared' WHERE ended_at IS NULL"
    )


async def a_day(till: Till) -> Json:
    """A sale in cash of a shift, another without, and a part of the first given back; all settled."""
    ravi = staff("waiter")
    shift = await begin(till, ravi)
    paid = await sell(till, ravi)
    await sell(till, staff("waiter"))
    await give_back(till, ravi, paid, 1000)
    await count(till, ravi, shift, (100000 + paid["amount_paise"]) // 100 - 11)
    await finish(till)
    return paid


def kind_of(answer: httpx.Response) -> str:
    return answer.json()["type"].rpartition("/")[2]  # type: ignore[no-any-return]


async def test_the_report_says_what_the_day_came_to(till: Till) -> None:
    paid = await a_day(till)
    day, paise = await today(till), paid["amount_paise"]
    report = (await close(till)).json()
    assert (report["number"], report["business_day"], report["sales_paise"]) == (
        1,
        str(day),
        2 * paise - 1000,
    )
    assert report["tenders"] == [
        {
            "method": "cash",
            "captured_count": 2,
            "captured_paise": 2 * paise,
            "refunded_count": 1,
            "refunded_paise": 1000,
        }
    ]
    [shift] = report["shifts"]
    assert (shift["difference_paise"], report["difference_paise"]) == (-100, -100)
    assert (report["cash_without_shift_paise"], report["orders"]) == (paise, 2)
    kinds = {each["kind"]: each for each in report["documents"]}
    assert (kinds["credit_note"]["count"], kinds["credit_note"]["total_paise"]) == (1, 1000)
    sold = next(each for kind, each in kinds.items() if kind != "credit_note")
    assert (sold["count"], sold["total_paise"]) == (2, 2 * paise)
    assert sold["first_number"] != sold["last_number"]
    assert sum(tax["paise"] for tax in report["taxes"]) > 0
    again = (await ask(till, staff(), "GET", f"/{report['id']}")).json()
    assert again == report
    assert await oracles.closed_days_stay(till.owner) == []


async def test_what_is_not_settled_is_named_and_blocks(till: Till) -> None:
    ravi = staff("waiter")
    await begin(till, ravi)
    order = await till.order(guest(TABLE), 1)
    found = (await ask(till, staff(), "GET", "/open")).json()
    assert found["ready"] is False
    named = {check["name"]: check for check in found["checks"]}
    assert set(named) >= {"open_bills", "open_orders", "open_shifts"}
    assert named["open_bills"]["items"][0]["id"] == order["bill_id"]
    assert named["open_shifts"]["items"][0]["label"] == "Main drawer, Ravi the waiter"
    refused = await close(till)
    assert (refused.status_code, kind_of(refused)) == (409, "day-not-settled")
    assert await today(till) == date.fromisoformat(found["business_day"])  # nothing was locked
    assert (await close(till, who=staff("waiter"))).status_code == 403


async def test_a_refund_that_waits_is_told_and_falls_on_a_later_day(till: Till) -> None:
    paid = await sell(till, staff("waiter"))
    await till.call(staff(), "POST", f"/{paid['id']}/refund", {"amount_paise": 500, "reason": "cold"})
    await finish(till)
    report = (await close(till)).json()
    assert [check["name"] for check in report["left_over"]] == ["refunds_to_hand_out"]
    assert report["tenders"][0]["refunded_paise"] == 0
    task = (await till.call(staff(), "GET", "/refund-tasks?status=to_hand_out")).json()["items"][0]
    assert (await till.call(staff(), "POST", f"/refunds/{task['id']}/hand-out", {})).status_code == 200
    refunded = await till.owner.fetchval("SELECT business_day FROM payments.refund")
    assert refunded == date.fromisoformat(report["business_day"]) + timedelta(days=1)
    assert await oracles.closed_days_stay(till.owner) == []


async def test_nothing_is_booked_onto_a_locked_day(till: Till) -> None:
    """Sales, credit notes, refunds and what the provider captured on the day and tells of later fall on the day that it is."""
    paid = await a_day(till)
    me = guest(None)
    order = await till.order(me, 1)
    checkout = await till.checkout(me, order)
    day = await today(till)
    await till.owner.execute("UPDATE orders.orders SET status = 'expired' WHERE status = 'awaiting_payment'")
    await till.owner.execute("UPDATE orders.bill SET status = 'voided' WHERE status = 'open'")
    before = datetime.now(UTC)
    assert (await close(till, day)).status_code == 201
    after = day + timedelta(days=1)
    assert await today(till) == after
    # captured before the lock by the provider's clock, told after it
    till.simulator.pay(checkout["action"]["options"]["order_id"])
    await till.owner.execute("UPDATE payments.payment SET created_at = created_at - interval '1 hour'")
    async with till.ctx.db.transaction("payments") as tx:
        ref = repository.Ref(1, UUID(checkout["payment_id"]))
        ledger = await repository.load(tx, ref, captured_at=before)
        assert ledger is not None and ledger.captured_day == after
    await till.deliver()
    await give_back(till, staff("waiter"), paid, 500)
    await sell(till, staff("waiter"))
    for table in ("payments.attempt", "payments.refund", "orders.document", "orders.orders"):
        column = (
            "placed_at" if table == "orders.orders" else "issued_at" if "document" in table else "created_at"
        )
        late = await till.owner.fetch(f"SELECT business_day FROM {table} WHERE {column} > $1", before)
        assert late and {row["business_day"] for row in late} <= {after, None}, table
    assert await till.owner.fetchval("SELECT count(*) FROM payments.attempt WHERE provider = 'razorpay'") == 1
    assert await oracles.closed_days_stay(till.owner) == []
    assert await oracles.statistics_agree(till.owner) == []


async def test_whoever_was_about_to_book_waits_or_begins_anew(till: Till) -> None:
    """A transaction that asked for the day before the lock, and books after it."""
    day = await today(till)
    await finish(till)
    async with till.ctx.db.transaction("payments") as tx:
        await tx.execute("SELECT staff.hold_days(1, ARRAY[$1::date])", day)
        closing = asyncio.create_task(close(till, day))
        await asyncio.sleep(0.3)
        assert not closing.done()
    assert (await closing).status_code == 201
    with pytest.raises(asyncpg.SerializationError):
        await till.owner.execute("SELECT staff.hold_days(1, ARRAY[$1::date])", day)
    with pytest.raises(asyncpg.SerializationError):
        await till.owner.execute("SELECT orders.next_numbers(ARRAY[1], ARRAY[$1::date])", day)
    total = {"day": str(day), "at": "2026-01-01T00:00:00Z", "method": "cash", "captured_count": 1}
    with pytest.raises(asyncpg.SerializationError):
        await till.owner.execute("SELECT payments.add_to_day(1, $1)", [total])


async def test_a_day_is_closed_once_and_not_before_it_has_begun(till: Till) -> None:
    day = await today(till)
    answers = await asyncio.gather(*(close(till, day) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {kind_of(answer) for answer in answers if answer.status_code == 409} == {"another-day"}
    early = await close(till)
    assert (kind_of(early), early.json()["detail"]) == ("another-day", "This day has not begun yet.")
    assert (await ask(till, staff(), "GET", "/open")).json()["ready"] is False
    assert kind_of(await ask(till, staff(), "GET", f"/{uuid7()}")) == "day-not-closed"


async def test_numbers_have_no_gaps_and_reports_never_change(till: Till) -> None:
    day = await today(till)
    await till.owner.execute(
        "UPDATE staff.outlet SET locked_through = $1, locked_at = now()", day - timedelta(days=5)
    )
    await till.owner.execute(
        """INSERT INTO payments.daily (outlet_id, business_day, method) SELECT 1, $1::date - n, 'cash'
        FROM generate_series(1, 2) n""",
        day,
    )
    assert (await close(till, day)).status_code == 409  # the days before come first
    numbers = [(await close(till, day - timedelta(days=n))).json()["number"] for n in (2, 1, 0)]
    assert numbers == [1, 2, 3]
    listed = (await ask(till, staff(), "GET")).json()["items"]
    assert [each["number"] for each in listed] == [3, 2, 1]
    for sql in ("UPDATE payments.day_close SET number = 9", "DELETE FROM payments.day_close"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await till.owner.execute(sql)


def test_a_day_begins_with_its_cut_off() -> None:
    at = datetime(2026, 12, 1, 22, 29, tzinfo=UTC)  # 03:59 in India
    assert has_begun(date(2026, 12, 1), at, "Asia/Kolkata", 240)
    assert not has_begun(date(2026, 12, 2), at, "Asia/Kolkata", 240)
    assert has_begun(date(2026, 12, 2), at + timedelta(minutes=1), "Asia/Kolkata", 240)
