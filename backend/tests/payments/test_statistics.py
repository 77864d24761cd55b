"""The day's figures: list, totals and file agree, across the cut-off; roll-ups are what the ledger says."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rasoi.payments import statistics_repository
from rasoi.payments.statistics_cli import report
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff
from tests.payments.test_ledger import processing, seen

FIGURES = ("captured_count", "captured_paise", "refunded_count", "refunded_paise", "failed_count")


async def cash(till: Till, order: dict[str, Any], paise: int = 6300) -> dict[str, Any]:
    body = {"order_id": order["id"], "amount_paise": paise, "tendered_paise": paise}
    answer = await till.call(staff("waiter"), "POST", "/confirm-cash", body)
    assert answer.status_code == 201, answer.text
    await till.handle_events()
    return answer.json()  # type: ignore[no-any-return]


async def stats(till: Till, query: str = "") -> Any:
    answer = await till.call(staff(), "GET", f"/stats/daily{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def some_day(till: Till) -> date:
    """Cash, two online methods, a failed try, a refund. Returns the business day."""
    who = guest(None)
    await cash(till, await till.order(guest()))
    payment = await till.buy(who, await till.order(who), "wallet")
    other = guest(None)
    order = await till.order(other)
    checkout = await till.checkout(other, order)
    provider_order = checkout["action"]["options"]["order_id"]
    till.simulator.pay(provider_order, "failure")
    await till.deliver()
    await till.verify(other, checkout, till.simulator.pay(provider_order))
    await till.call(staff(), "POST", f"/{payment['id']}/refund", {"amount_paise": 300, "reason": "late"})
    await till.work()
    await till.deliver()
    day = await till.owner.fetchval("SELECT staff.business_day(1)")
    assert isinstance(day, date)
    return day


async def listed(till: Till, day: date) -> dict[str, list[int]]:
    """The totals of a day as its list of payments has them: method to [captures, paise]."""
    items = (await till.call(staff(), "GET", f"?business_day={day}&limit=200")).json()["items"]
    found: dict[str, list[int]] = {}
    for attempt in (attempt for item in items for attempt in item["attempts"]):
        if attempt["status"] == "captured" and attempt["business_day"] == str(day):
            sums = found.setdefault(attempt["method"], [0, 0])
            sums[0] += 1
            sums[1] += attempt["amount_paise"]
    return found


async def totals(till: Till, day: date) -> dict[str, list[int]]:
    (shown,) = (await stats(till, f"?from={day}&to={day}"))["days"]
    return {
        m["method"]: [m["captured_count"], m["captured_paise"]]
        for m in shown["methods"]
        if m["captured_count"]
    }


async def test_each_method_has_gross_refunds_net_average_counts_and_failed_tries(till: Till) -> None:
    day = await some_day(till)
    found = await stats(till, f"?from={day}&to={day}")
    by_method = {m.pop("method"): m for m in found["days"][0]["methods"]}
    assert by_method["wallet"] == {
        "captured_count": 1,
        "captured_paise": 6300,
        "refunded_count": 1,
        "refunded_paise": 300,
        "failed_count": 0,
        "net_paise": 6000,
        "average_paise": 6300,
    }
    assert sum(m["failed_count"] for m in by_method.values()) == 1
    assert found["total"] == found["days"][0]["total"] and found["total"]["captured_paise"] == 18_900
    assert {m["method"] for m in found["methods"]} == set(by_method)


async def test_hours_add_up_to_their_day_and_come_when_asked_for(till: Till) -> None:
    day = await some_day(till)
    (plain,) = (await stats(till, f"?from={day}&to={day}"))["days"]
    (shown,) = (await stats(till, f"?from={day}&to={day}&hours=true"))["days"]
    assert plain["hours"] == [] and shown["hours"]
    for figure in FIGURES:
        assert sum(hour[figure] for hour in shown["hours"]) == shown["total"][figure]
    now = await till.owner.fetchval("SELECT extract(hour FROM now() AT TIME ZONE 'Asia/Kolkata')::int")
    assert {hour["hour"] for hour in shown["hours"]} <= {now, (now - 1) % 24}


async def test_the_file_says_the_same(till: Till) -> None:
    day = await some_day(till)
    for query, more in (
        (f"?from={day}&to={day}&format=csv", []),
        (f"?from={day}&to={day}&format=csv&hours=true", ["hour"]),
    ):
        answer = await till.call(staff(), "GET", f"/stats/daily{query}")
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert set(more) <= set(rows[0])
        assert sum(float(row["gross"]) for row in rows) == 189.0
        assert sum(float(row["refunds"]) for row in rows) == 3.0
        assert sum(int(row["failed_tries"]) for row in rows) == 1


async def test_list_and_totals_agree_for_a_payment_asked_for_before_the_cut_off(till: Till) -> None:
    """Asked for on one business day, captured on the next: its money is the next day's, in the list as in the totals."""
    who = guest()
    order = await till.order(who)
    checkout = await till.checkout(who, order)
    today = await till.owner.fetchval("SELECT staff.business_day(1)")
    before = today - timedelta(days=1)
    await till.owner.execute(
        "UPDATE payments.payment SET business_day = business_day - 1, created_at = created_at - interval '1 hour'"
    )
    assert len((await till.call(staff(), "GET", f"?business_day={before}")).json()["items"]) == 1, (
        "as long as it is open"
    )
    await till.verify(who, checkout, till.simulator.pay(checkout["action"]["options"]["order_id"]))
    for day in (before, today):
        assert await listed(till, day) == await totals(till, day)
    assert await listed(till, today) and not await listed(till, before)
    assert (await till.call(staff(), "GET", f"?business_day={before}")).json()["items"] == []
    (payment,) = (await till.call(staff(), "GET", f"?business_day={today}")).json()["items"]
    assert payment["business_day"] == str(today)


async def test_refunds_of_a_day_are_listed(till: Till) -> None:
    day = await some_day(till)
    found = (await till.call(staff(), "GET", f"/refunds?business_day={day}")).json()["items"]
    assert [(r["amount_paise"], r["business_day"]) for r in found] == [(300, str(day))]
    assert (await till.call(staff(), "GET", f"/refunds?business_day={day - timedelta(days=1)}")).json()[
        "items"
    ] == []


async def test_roll_ups_are_what_the_ledger_says_and_are_repaired_where_not(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    day = await some_day(till)
    assert await statistics_repository.wrong_totals(till.owner, 1, day) == []
    kept = {
        t: await till.owner.fetch(f"SELECT * FROM payments.{t} ORDER BY 1, 2, 3, 4")
        for t in ("daily", "hourly")
    }
    assert await report(till.ctx.db, None, check=True) == 0
    for damage in (
        "UPDATE payments.daily SET captured_paise = captured_paise + 1 WHERE method = 'cash'",
        "DELETE FROM payments.hourly WHERE method = 'wallet'",
        "UPDATE payments.daily SET failed_count = 7",
        "INSERT INTO payments.daily (outlet_id, business_day, method, captured_count) VALUES (1, '2026-10-01', 'cash', 1)",
        """INSERT INTO payments.hourly (outlet_id, business_day, hour, method, refunded_paise)
        VALUES (1, '2026-10-01', 3, 'cash', 1)""",
    ):
        await till.owner.execute(damage)
        capsys.readouterr()
        assert await report(till.ctx.db, None, check=True) == 1
        assert "the ledger says" in capsys.readouterr().out
        assert await report(till.ctx.db, None, check=False) == 0
        assert await report(till.ctx.db, None, check=True) == 0
        for table, rows in kept.items():
            assert await till.owner.fetch(f"SELECT * FROM payments.{table} ORDER BY 1, 2, 3, 4") == rows, (
                damage
            )


async def test_one_day_can_be_repaired_alone(till: Till) -> None:
    day = await some_day(till)
    await till.owner.execute("UPDATE payments.daily SET captured_count = captured_count + 1")
    assert await report(till.ctx.db, day - timedelta(days=1), check=True) == 0
    assert await report(till.ctx.db, day, check=True) == 1


NOW = datetime(2026, 11, 29, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("captured_at", "day_then", "at", "day"),
    [
        (NOW - timedelta(minutes=20), date(2026, 11, 28), NOW - timedelta(minutes=20), date(2026, 11, 28)),
        (NOW - timedelta(days=3), date(2026, 11, 25), NOW, date(2026, 11, 29)),
        (NOW + timedelta(minutes=2), date(2026, 11, 29), NOW, date(2026, 11, 29)),
        (None, None, NOW, date(2026, 11, 29)),
    ],
    ids=["the provider's time", "before we asked", "not yet", "not told"],
)
def test_a_captures_day_is_that_of_the_providers_time(
    captured_at: datetime | None, day_then: date | None, at: datetime, day: date
) -> None:

    ledger = processing()
    ledger.row.created_at = NOW - timedelta(minutes=40)
    ledger.now, ledger.today, ledger.captured_day = NOW, date(2026, 11, 29), day_then
    found = seen("captured", captured_at=captured_at)
    attempt = ledger.observe(found)
    assert attempt and (attempt.captured_at, attempt.business_day) == (at, day)
    assert [(total.day, total.at) for total in ledger.totals] == [(day, at)]
    assert ledger.row.business_day == day


@pytest.mark.parametrize("earlier", ["authorized", "failed"])
def test_what_was_captured_later_than_it_was_paid_is_of_the_day_on_which_we_hear_of_it(earlier: str) -> None:
    ledger = processing()
    ledger.row.created_at = NOW - timedelta(days=3)
    ledger.now, ledger.today, ledger.captured_day = NOW, date(2026, 11, 29), date(2026, 11, 26)
    paid_at = NOW - timedelta(days=3)
    ledger.observe(seen(earlier, captured_at=paid_at))
    attempt = ledger.observe(seen("captured", captured_at=paid_at))
    assert attempt and (attempt.captured_at, attempt.business_day) == (NOW, date(2026, 11, 29))
