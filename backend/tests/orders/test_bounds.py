"""No answer grows without end: a bill holds so many orders, and a page of orders or bills so many lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from rasoi.orders import routes
from rasoi.orders.domain import BillFull
from rasoi.platform import paging
from tests.orders.conftest import COLA_1, TABLE, Desk, guest, line, waiter


async def order(desk: Desk, lines: int = 1, **named: Any) -> dict[str, Any]:
    _, placed = await desk.place(waiter(), *(line(COLA_1) for _ in range(lines)), **named)
    return placed  # type: ignore[no-any-return]


async def test_a_bill_holds_a_hundred_orders(desk: Desk) -> None:
    first = await order(desk, table_id=TABLE)
    bill = UUID(first["bill_id"])
    for _ in range(99):
        assert (await order(desk, table_id=TABLE))["bill_id"] == first["bill_id"]
    ways: list[dict[str, Any]] = [{"table_id": TABLE}, {"table_id": TABLE, "bill_id": bill}]
    for named in ways:
        with pytest.raises(BillFull):
            await order(desk, **named)
    whole = await routes.get_bill.fn(desk.ctx, waiter(), bill)
    assert len(whole.orders) == 100
    await desk.owner.execute("UPDATE orders.bill SET status = 'closed' WHERE id = $1", bill)
    assert (await order(desk, table_id=TABLE))["bill_id"] != first["bill_id"]


async def test_a_table_has_a_hundred_prepaid_bills_open(desk: Desk) -> None:
    """Each unpaid order there is a bill of its own, and the floor plan shows all of a table's."""
    most = {"table_orders": 1000, "phone_orders": 1000, "address_orders": 1000}
    await desk.setting(dine_in_payment="prepaid", guest_limits=most)
    who = guest()
    for _ in range(100):
        _, last = await desk.place(who, line(COLA_1))
    with pytest.raises(BillFull):
        await desk.place(who, line(COLA_1))
    await order(desk, table_id=TABLE)  # of staff's, on the bill that the table shares
    with pytest.raises(BillFull):
        await desk.place(who, line(COLA_1))
    await desk.place(guest(None), line(COLA_1))
    await desk.owner.execute("UPDATE orders.bill SET status = 'closed' WHERE id = $1", UUID(last["bill_id"]))
    await desk.place(who, line(COLA_1))


async def test_a_page_ends_where_it_is_heavy_enough(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "HEAVIEST", 5)
    placed = [await order(desk, lines, type="takeaway") for lines in (2, 4, 1, 6, 2, 2)]

    async def pages(handler: Any, limit: int) -> list[list[str]]:
        found, cursor = [], None
        while True:
            page = await handler.fn(desk.ctx, waiter(), cursor=cursor, limit=limit)
            found.append([str(each.id) for each in page.items])
            if (cursor := page.next) is None:
                return found

    for handler, name in ((routes.list_orders, "id"), (routes.list_bills, "bill_id")):
        first, second, third, fourth, fifth, sixth = (each[name] for each in placed)
        assert await pages(handler, 200) == [[sixth, fifth], [fourth], [third, second], [first]]
        assert await pages(handler, 1) == [[each[name]] for each in reversed(placed)]


async def test_the_largest_page_is_some_hundreds_of_kilobytes(desk: Desk) -> None:
    """Twenty orders as large as they may be are two answers."""
    for _ in range(20):
        await order(desk, 60, type="takeaway")
    whole = await routes.list_orders.fn(desk.ctx, waiter(), limit=200)
    assert sum(len(each.lines) for each in whole.items) == 960
    assert whole.next == whole.items[-1].id
