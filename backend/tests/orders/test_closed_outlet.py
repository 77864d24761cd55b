"""A closed outlet takes no guests and no orders, also not those that were on their way when it closed."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rasoi.orders import api
from rasoi.orders import repository as db
from rasoi.orders.batcher import PlacementBatcher
from rasoi.orders.reinstating import CannotReinstate, require_reinstatable
from rasoi.orders.service import lock_bill
from rasoi.staff import outlets
from rasoi.staff.api import OutletClosed, UnfinishedWork, invalidate_outlet
from rasoi.staff.domain import OutletInUse
from tests.conftest import AsRoom
from tests.orders import test_seating
from tests.orders.conftest import TABLE, Desk, guest, line, waiter
from tests.orders.test_late_money import capture, late_order, state
from tests.orders.test_seating import BILLED, Floor

floor = test_seating.floor
CLOSE = "UPDATE staff.outlet SET closed_at = now(), version = version + 1 WHERE id = 1"
REOPEN = "UPDATE staff.outlet SET closed_at = NULL, version = version + 1 WHERE id = 1"


async def close(desk: Desk, sql: str = CLOSE) -> None:
    """As another process does it, whose event has not come yet."""
    await desk.owner.execute(sql)
    invalidate_outlet(desk.ctx.db, 1, 0)  # five seconds later


async def test_no_new_session_and_no_party(floor: Floor) -> None:
    code = await floor.code()
    await close(floor.desk)
    for body in ({"table_code": code}, {}, {"outlet_id": 1}):
        answer = await floor.ask(None, "POST", "/api/sessions", body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/outlet-closed"), body
        assert answer.json()["detail"] == "Test has closed, and takes no orders."
    seated = await floor.ask(waiter(), "POST", f"/api/tables/{TABLE}/seat", {"covers": 2})
    assert (seated.status_code, seated.json()["type"]) == (409, "/problems/outlet-closed")
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.sitting") == 0
    await close(floor.desk, REOPEN)
    assert (await floor.scan(code))[1] == "seated"


async def test_a_takeaway_is_of_the_outlet_that_is_named(floor: Floor) -> None:
    await floor.desk.owner.execute("INSERT INTO staff.outlet (id, name) VALUES (2, 'The other house')")
    named = await floor.do(None, "POST", "/api/sessions", {"outlet_id": 2})
    assert named["outlet"]["name"] == "The other house"
    assert floor.tokens.read(named["token"]).outlet_id == 2
    assert (await floor.do(None, "POST", "/api/sessions", {}))["outlet"]["id"] == 1
    await close(floor.desk)
    assert (await floor.do(None, "POST", "/api/sessions", {}))["outlet"]["id"] == 2
    assert (await floor.ask(None, "POST", "/api/sessions", {"outlet_id": 99})).status_code == 404
    assert (await floor.ask(None, "POST", "/api/sessions", {"outlet_id": 2**31})).status_code == 422


@pytest.mark.parametrize("who", ["guest", "waiter"])
async def test_no_order(floor: Floor, who: str) -> None:
    caller = guest(None) if who == "guest" else waiter()
    takeaway = BILLED | {"type": "takeaway"}
    quote = await floor.do(caller, "POST", "/api/orders/quote", takeaway)
    await close(floor.desk)
    body = takeaway | {"expected_total_paise": quote["totals"]["total_paise"]}
    for path, given in (("/api/orders", body), ("/api/orders/quote", takeaway)):
        for _ in range(2):  # as it was known, and as it is
            answer = await floor.ask(caller, "POST", path, given)
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/outlet-closed"), path
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 0
    await close(floor.desk, REOPEN)
    assert (await floor.ask(caller, "POST", "/api/orders", body)).status_code == 201


async def test_what_was_placed_before_is_answered_again(desk: Desk) -> None:
    who = guest(None)
    _, first = await desk.place(who, line(), key="k", expected=6300)
    await close(desk)
    assert await desk.place(who, line(), key="k", expected=6300) == (201, first)
    with pytest.raises(OutletClosed):
        await desk.place(who, line(), key="another", expected=6300)


async def test_closed_between_the_check_and_the_number(desk: Desk) -> None:
    """The version was right when it was read."""
    who = guest(None)
    batcher, tasks = await desk.queue(desk.place(who, line(), expected=6300))
    placement = batcher.queue[0][0]
    await desk.owner.execute(
        "UPDATE staff.outlet SET closed_at = now() WHERE id = 1"
    )  # its version as it was
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await db.place_all(desk.ctx.db, [placement])
    PlacementBatcher._start_batches(batcher)
    with pytest.raises(OutletClosed):
        await tasks[0]
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 0


async def shut(desk: Desk, as_room: AsRoom) -> str:
    """Close it as an owner does, under the staff room's role."""
    async with (await as_room("staff")).transaction("staff") as tx:
        try:
            await outlets.shut(tx, 1, UnfinishedWork(api.unfinished))
        except OutletInUse as refused:
            return str(refused)
    return "closed"


async def test_orders_under_way_keep_it_open(desk: Desk, as_room: AsRoom) -> None:
    await desk.place(guest(None), line())
    assert await shut(desk, as_room) == "Test still has 1 open bill, 1 order under way. Finish them first."
    await desk.place(guest(), line())
    said = "Test still has 1 table with guests, 2 open bills, 2 orders under way. Finish them first."
    assert await shut(desk, as_room) == said


@pytest.mark.parametrize("round_", range(12))
async def test_either_it_closes_or_the_order_is_placed(desk: Desk, as_room: AsRoom, round_: int) -> None:
    """Side by side, at moments that differ: never a placed order in a closed outlet."""
    who = [guest(None) for _ in range(5)]
    await desk.place(guest(None), line(), expected=6300)
    await desk.owner.execute("UPDATE orders.orders SET status = 'cancelled'")
    await desk.owner.execute("UPDATE orders.bill SET status = 'voided'")

    async def later() -> str:
        await asyncio.sleep(round_ * 0.001)
        return await shut(desk, as_room)

    placed, said = await asyncio.gather(
        asyncio.gather(*(desk.place(each, line(), expected=6300) for each in who), return_exceptions=True),
        later(),
    )
    live = await desk.owner.fetchval("SELECT count(*) FROM orders.orders WHERE status <> 'cancelled'")
    assert live == sum(not isinstance(each, BaseException) for each in placed)
    assert (said == "closed") == (live == 0), (said, live)
    assert all(isinstance(each, tuple | OutletClosed) for each in placed), placed


@pytest.mark.parametrize("round_", range(6))
async def test_either_it_closes_or_the_party_sits(floor: Floor, as_room: AsRoom, round_: int) -> None:
    code = await floor.code()

    async def later() -> str:
        await asyncio.sleep(round_ * 0.002)
        return await shut(floor.desk, as_room)

    scanned, said = await asyncio.gather(
        floor.ask(None, "POST", "/api/sessions", {"table_code": code}), later()
    )
    assert (scanned.status_code, said == "closed") in ((201, False), (409, True)), (scanned.text, said)


async def test_money_that_comes_late_goes_back(desk: Desk) -> None:
    order, paise = await late_order(desk)
    await close(desk)
    assert not (await capture(desk, order, paise)).ok
    assert await state(desk, order) == ("expired", "voided", 0)


async def test_cash_brings_no_order_back(desk: Desk) -> None:
    order, _ = await late_order(desk)
    await close(desk)

    async def bring_back() -> Any:
        async with desk.ctx.db.transaction("orders") as tx:
            bill = await lock_bill(tx, 1, UUID(order["bill_id"]))
            await require_reinstatable(tx, bill, bill.orders[0])

    with pytest.raises(CannotReinstate, match="closed"):
        await bring_back()
    await close(desk, REOPEN)
    await bring_back()
