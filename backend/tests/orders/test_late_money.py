"""Money that comes when it is late: the order comes back where that is still right, else the money goes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.orders import api
from rasoi.orders.pricing import rounded
from tests.orders.conftest import COLA_1, KULFI_1, TABLE, Desk, guest, line


async def expire(desk: Desk, order: dict[str, Any]) -> None:
    async with desk.ctx.db.transaction("orders") as tx:
        await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))


async def capture(desk: Desk, order: dict[str, Any], paise: int) -> api.Fulfilment:
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        return await api.apply_capture(tx, due, paise, uuid4())


async def state(desk: Desk, order: dict[str, Any]) -> tuple[str, str, int]:
    """The order's status, its bill's, and the stock reserved for everybody."""
    row = await desk.owner.fetchrow(
        """SELECT o.status, b.status AS bill, (SELECT reserved_milli FROM inventory.stock) AS reserved
        FROM orders.orders o JOIN orders.bill b ON b.id = o.bill_id WHERE o.id = $1""",
        order["id"],
    )
    return row["status"], row["bill"], row["reserved"]


async def late_order(desk: Desk, **more: Any) -> tuple[dict[str, Any], int]:
    """An expired takeaway of three kulfis, and what it came to."""
    _, order = await desk.place(guest(None), line(KULFI_1, 3), **more)
    await expire(desk, order)
    assert await state(desk, order) == ("expired", "voided", 0)
    return order, rounded(order["totals"]["total_paise"])


async def test_yesterdays_order_does_not_come_back(desk: Desk) -> None:
    order, paise = await late_order(desk)
    await desk.owner.execute("UPDATE orders.orders SET business_day = business_day - 1")
    assert not (await capture(desk, order, paise)).ok
    assert await state(desk, order) == ("expired", "voided", 0)
    await desk.owner.execute("UPDATE orders.orders SET business_day = business_day + 1")
    assert (await capture(desk, order, paise)).ok, "the same on its own day"
    assert await state(desk, order) == ("confirmed", "closed", 3000)


@pytest.mark.parametrize(("late_s", "ok"), [(890, True), (910, False)])
async def test_it_comes_back_within_the_outlets_grace_only(desk: Desk, late_s: int, ok: bool) -> None:
    order, paise = await late_order(desk)
    await desk.owner.execute(
        "UPDATE orders.orders SET expires_at = now() - make_interval(secs => $1)", float(late_s)
    )
    assert (await capture(desk, order, paise)).ok == ok
    assert (await state(desk, order))[0] == ("confirmed" if ok else "expired")


async def test_money_that_the_bill_holds_already_counts_in_a_late_capture(desk: Desk) -> None:
    """6300 expired with 100 of it paid: 6200 bring it back, 6199 don't, and of 6300 the bill keeps 6200."""
    _, order = await desk.place(guest(None), line(COLA_1))
    assert (await capture(desk, order, 100)).ok
    await expire(desk, order)
    refused = await capture(desk, order, 6199)
    assert (refused.ok, refused.reason) == (False, "less than the expired order comes to")
    assert (await state(desk, order))[0] == "expired"
    done = await capture(desk, order, 6300)
    assert (done.ok, done.excess_paise) == (True, 100)
    row = await desk.owner.fetchrow("SELECT status, total_paise, paid_paise, refunded_paise FROM orders.bill")
    assert tuple(row) == ("closed", 6300, 6400, 100)
    assert (await state(desk, order))[0] == "confirmed"


async def test_money_given_back_is_held_no_more(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1))
    assert (await capture(desk, order, 300)).ok
    async with desk.ctx.db.transaction("orders") as tx:
        await api.apply_refund(tx, 1, UUID(order["bill_id"]), 300)
    done = await capture(desk, order, 6400)
    assert (done.ok, done.excess_paise) == (True, 100)


async def test_no_expired_order_comes_back_for_money_that_the_bill_is_owed_anyway(desk: Desk) -> None:
    who = guest()
    _, served = await desk.place(who, line(COLA_1))
    await desk.setting(dine_in_payment="prepaid")
    _, order = await desk.place(who, line(KULFI_1))
    await expire(desk, order)
    assert (await capture(desk, served, 6300)).ok
    assert await state(desk, order) == ("expired", "voided", 0)


async def test_an_order_whose_stock_is_gone_does_not_come_back_and_reserves_none(desk: Desk) -> None:
    await desk.setting(dine_in_payment="prepaid")
    who = guest()
    _, order = await desk.place(who, line(KULFI_1, 2), line(KULFI_1, 2), table_id=TABLE)
    paise = rounded(order["totals"]["total_paise"])
    await expire(desk, order)
    await desk.owner.execute("UPDATE inventory.stock SET on_hand_milli = 3000")
    refused = await capture(desk, order, paise)
    assert not refused.ok and "no longer" in (refused.reason or "")
    assert await state(desk, order) == ("expired", "voided", 0)
    await desk.owner.execute("UPDATE inventory.stock SET on_hand_milli = 4000")
    assert (await capture(desk, order, paise)).ok
    assert await state(desk, order) == ("confirmed", "closed", 4000)
