"""A prepaid order is a bill of its own: its money, its time and its end concern no other order, also at a table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.orders import api, placing, schemas, service
from rasoi.orders.pricing import rounded
from rasoi.orders.service import UnknownBill
from rasoi.staff.api import invalidate_outlet
from tests.orders.conftest import COLA_1, KULFI_1, TABLE, Desk, guest, line, waiter


async def expire(desk: Desk, order: dict[str, Any]) -> None:
    async with desk.ctx.db.transaction("orders") as tx:
        await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))


async def capture(desk: Desk, order: dict[str, Any], paise: int | None = None) -> api.Fulfilment:
    """Money for the order's bill: the whole of what the order comes to, when not said."""
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        return await api.apply_capture(tx, due, owed(order) if paise is None else paise, uuid4())


def owed(order: dict[str, Any]) -> int:
    return rounded(order["totals"]["total_paise"])


async def status(desk: Desk, order: dict[str, Any]) -> str:
    return await desk.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", order["id"])  # type: ignore[no-any-return]


async def bill(desk: Desk, order: dict[str, Any]) -> Any:
    return await desk.owner.fetchrow("SELECT * FROM orders.bill WHERE id = $1", UUID(order["bill_id"]))


@pytest.fixture
async def prepaid(desk: Desk) -> Desk:
    """What guests order at a table is paid beforehand too; what staff order is not."""
    await desk.setting(dine_in_payment="prepaid")
    return desk


@pytest.mark.parametrize("at_table", [True, False], ids=["at a table", "takeaway"])
async def test_each_prepaid_order_has_its_own_bill_whatever_bill_is_named(
    prepaid: Desk, at_table: bool
) -> None:
    who = guest() if at_table else guest(None)
    _, first = await prepaid.place(who, line(COLA_1))
    _, second = await prepaid.place(who, line(KULFI_1), bill_id=UUID(first["bill_id"]))
    assert first["bill_id"] != second["bill_id"]
    assert [(await bill(prepaid, order))["total_paise"] for order in (first, second)] == [6300, 10400]
    assert (await capture(prepaid, second)).ok
    assert (await status(prepaid, first), await status(prepaid, second)) == ("awaiting_payment", "confirmed")
    await expire(prepaid, first)
    assert (await status(prepaid, first), await status(prepaid, second)) == ("expired", "confirmed")
    assert (await bill(prepaid, second))["refunded_paise"] == 0


async def test_late_money_brings_its_own_order_back_and_no_other(desk: Desk) -> None:
    """A cola's money came late, and a feast that had expired as well was cooked with it."""
    who = guest(None)
    _, small = await desk.place(who, line(COLA_1))
    _, feast = await desk.place(who, line(KULFI_1, 5), bill_id=UUID(small["bill_id"]))
    await expire(desk, small)
    await expire(desk, feast)
    assert (await capture(desk, small)).ok
    assert (await status(desk, small), await status(desk, feast)) == ("confirmed", "expired")
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0


@pytest.mark.parametrize("missing", [1, 100, 6299])
async def test_late_money_that_is_too_little_brings_nothing_back(desk: Desk, missing: int) -> None:
    _, order = await desk.place(guest(None), line(COLA_1))
    await expire(desk, order)
    assert not (await capture(desk, order, 6300 - missing)).ok
    assert (await status(desk, order), (await bill(desk, order))["paid_paise"]) == ("expired", 0)


async def test_late_money_does_not_mind_the_tables_other_bills(prepaid: Desk) -> None:
    who = guest()
    _, order = await prepaid.place(who, line(COLA_1))
    _, second = await prepaid.place(who, line(COLA_1))
    await expire(prepaid, order)
    await expire(prepaid, second)
    assert (await bill(prepaid, order))["status"] == "voided"
    _, others = await prepaid.place(waiter(), line(COLA_1), table_id=TABLE)
    assert (await capture(prepaid, order)).ok
    assert (await status(prepaid, order), (await bill(prepaid, order))["status"]) == ("confirmed", "closed")
    assert (await bill(prepaid, others))["paid_paise"] == 0


async def test_a_table_has_one_open_bill_to_be_paid_later_beside_the_prepaid_ones(prepaid: Desk) -> None:
    orders = [(await prepaid.place(who, line(COLA_1), table_id=TABLE))[1] for who in [guest(), waiter()] * 2]
    bills = [order["bill_id"] for order in orders]
    assert len(set(bills)) == 3 and bills[1] == bills[3]
    kinds = [(await bill(prepaid, order))["payment"] for order in orders]
    assert kinds == ["prepaid", "pay_later"] * 2
    assert await prepaid.owner.fetchval("SELECT count(*) FROM orders.bill WHERE table_id = $1", TABLE) == 3


async def test_no_later_order_is_added_to_a_prepaid_bill(prepaid: Desk) -> None:
    _, order = await prepaid.place(guest(), line(COLA_1))
    await prepaid.setting(dine_in_payment="pay_later")
    with pytest.raises(UnknownBill):
        await prepaid.place(waiter(), line(COLA_1), table_id=TABLE, bill_id=UUID(order["bill_id"]))
    _, later = await prepaid.place(waiter(), line(COLA_1), table_id=TABLE)
    assert later["bill_id"] != order["bill_id"]


async def test_the_quote_of_a_prepaid_order_is_of_it_alone(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1))
    asked = schemas.QuoteRequest(type="dine_in", lines=[line(KULFI_1)], bill_id=UUID(order["bill_id"]))
    assert (await placing.quote(desk.ctx, who, asked)).bill == schemas.QuotedBill(6300, 4, 16700)
    await desk.setting(dine_in_payment="prepaid")
    invalidate_outlet(desk.ctx.db, 1, 0)
    assert (await placing.quote(desk.ctx, who, asked)).bill == schemas.QuotedBill(0, 4, 10400)


@pytest.mark.parametrize("end", ["placed", "expired", "rejected", "cancelled"])
async def test_money_for_what_staff_did_not_let_through_goes_back(prepaid: Desk, end: str) -> None:
    await prepaid.setting(approve_first_order=True)
    who = guest()
    _, order = await prepaid.place(who, line(COLA_1))
    assert order["status"] == "placed"
    if end == "expired":
        await prepaid.owner.execute("UPDATE orders.orders SET expires_at = now() - interval '1 second'")
        await service.expire_unapproved(prepaid.ctx)
    elif end == "rejected":
        await service.reject(prepaid.ctx, waiter(), UUID(order["id"]), "nobody sits there")
    elif end == "cancelled":
        await service.cancel(prepaid.ctx, who, UUID(order["id"]), None)
    assert not (await capture(prepaid, order)).ok
    row = await bill(prepaid, order)
    assert (await status(prepaid, order), row["paid_paise"], row["refunded_paise"]) == (end, 0, 0)


async def test_what_was_let_through_and_expired_unpaid_comes_back(prepaid: Desk) -> None:
    await prepaid.setting(approve_first_order=True)
    _, order = await prepaid.place(guest(), line(COLA_1))
    await service.approve(prepaid.ctx, waiter(), UUID(order["id"]))
    await expire(prepaid, order)
    assert (await capture(prepaid, order)).ok
    assert await status(prepaid, order) == "confirmed"


async def test_approval_begins_the_time_to_pay(prepaid: Desk) -> None:
    await prepaid.setting(approve_first_order=True, payment_timeout_s=30)
    _, order = await prepaid.place(guest(), line(COLA_1))
    await prepaid.owner.execute("UPDATE orders.orders SET expires_at = now() + interval '4 seconds'")
    approved = await service.approve(prepaid.ctx, waiter(), UUID(order["id"]))
    assert approved.status == "awaiting_payment" and approved.expires_at is not None
    now: datetime = await prepaid.owner.fetchval("SELECT now()")
    assert 29 < (approved.expires_at - now).total_seconds() <= 30


async def test_a_prepaid_order_of_nothing_needs_no_money_once_it_is_approved(prepaid: Desk) -> None:
    await prepaid.setting(approve_first_order=True)
    await prepaid.owner.execute("UPDATE menu.variant SET price_paise = 30")
    await prepaid.owner.execute("UPDATE menu.outlet_menu SET version = version + 1")
    _, order = await prepaid.place(guest(), line(COLA_1))
    assert order["status"] == "placed"
    assert (await service.approve(prepaid.ctx, waiter(), UUID(order["id"]))).status == "confirmed"


@pytest.mark.parametrize(("paise", "excess"), [(6300, 0), (12600, 6300), (6301, 1)])
async def test_what_is_due_stays_paid_and_only_the_rest_goes_back(
    desk: Desk, paise: int, excess: int
) -> None:
    """One of two orders was cancelled while a window over both was open."""
    who = guest()
    _, first = await desk.place(who, line(COLA_1))
    _, second = await desk.place(who, line(COLA_1))
    async with service.locked_bill(desk.ctx, 1, UUID(first["bill_id"])) as (_, locked):
        locked.terminate(locked.order(UUID(second["id"])), "cancelled")
    done = await capture(desk, first, paise)
    assert (done.ok, done.excess_paise) == (True, excess)
    row = await bill(desk, first)
    assert (row["status"], row["paid_paise"], row["refunded_paise"]) == ("closed", paise, excess)
    assert not (await capture(desk, first, 100)).ok, "nothing is due any more"


async def test_money_for_an_open_bill_on_which_nothing_is_due_goes_back(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1))
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = total_paise")
    await desk.owner.execute("UPDATE orders.orders SET status = 'placed'")
    done = await capture(desk, order, 6300)
    assert (done.ok, done.reason) == (False, "nothing is due")
