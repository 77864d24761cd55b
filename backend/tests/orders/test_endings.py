"""However an order ends before it is cooked, its stock is for sale again and everybody is shown that it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.contracts.kitchen import (
    CancelAccepted,
    CancelRefused,
    TicketChanged,
    TicketItemState,
    TicketOpened,
    TicketState,
)
from rasoi.orders import handlers, placing, service
from rasoi.platform.events import new_event
from tests.orders.conftest import COLA_1, HOT, KULFI_1, MILD, NAAN_1, Desk, guest, line, waiter


async def reserved(desk: Desk) -> int:
    return await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock")  # type: ignore[no-any-return]


async def status(desk: Desk, order: dict[str, Any]) -> str:
    return await desk.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", order["id"])  # type: ignore[no-any-return]


async def answer(
    desk: Desk,
    order: dict[str, Any],
    cls: type[CancelAccepted] | type[CancelRefused],
    reason: str | None = None,
) -> None:
    """The answer to a wish to cancel, handed in as its reader does."""
    data = cls(order_id=UUID(order["id"]), reason=reason)
    event = new_event(data, subject=order["id"], outlet_id=1, version=1)
    handle: Any = handlers.cancel_accepted if cls is CancelAccepted else handlers.cancel_refused
    async with desk.ctx.db.transaction("orders") as tx:
        await handle(desk.ctx, tx, event, data)


async def test_an_order_that_nobody_approves_expires_and_its_stock_is_for_sale_again(desk: Desk) -> None:
    await desk.setting(approve_first_order=True)
    _, order = await desk.place(guest(), line(KULFI_1, 3))
    assert (order["status"], await reserved(desk)) == ("placed", 3000)
    await service.expire_unapproved(desk.ctx)
    assert (await status(desk, order), await reserved(desk)) == ("placed", 3000), "its time is not over"
    await desk.owner.execute("UPDATE orders.orders SET expires_at = now() - interval '1 second'")
    await service.expire_unapproved(desk.ctx)
    assert (await status(desk, order), await reserved(desk)) == ("expired", 0)
    assert await desk.owner.fetchval("SELECT status FROM orders.bill") == "voided"
    assert [kind for kind, _, _ in await desk.log()][1:] == [
        "rasoi.order.cancelled.v1",
        "rasoi.bill.voided.v1",
    ]


async def test_an_order_that_was_approved_in_time_does_not_expire(desk: Desk) -> None:
    await desk.setting(approve_first_order=True)
    _, order = await desk.place(guest(), line(KULFI_1))
    await service.approve(desk.ctx, waiter(), UUID(order["id"]))
    row = await desk.owner.fetchrow("SELECT status, expires_at, confirmed_at FROM orders.orders")
    assert (row["status"], row["expires_at"]) == ("confirmed", None) and row["confirmed_at"]
    await service.expire_unapproved(desk.ctx)
    assert (await status(desk, order), await reserved(desk)) == ("confirmed", 1000)


async def test_a_rejected_orders_stock_is_for_sale_again(desk: Desk) -> None:
    await desk.setting(approve_first_order=True)
    _, order = await desk.place(guest(), line(KULFI_1, 2))
    await service.reject(desk.ctx, waiter(), UUID(order["id"]), "nobody sits there")
    assert (await status(desk, order), await reserved(desk)) == ("rejected", 0)


async def test_when_the_kitchen_accepts_a_cancellation_the_stock_is_for_sale_again(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(KULFI_1, 3))
    await service.cancel(desk.ctx, who, UUID(order["id"]), "changed our minds")
    assert (await status(desk, order), await reserved(desk)) == ("confirmed", 3000)
    await answer(desk, order, CancelAccepted)
    assert (await status(desk, order), await reserved(desk)) == ("cancelled", 0)
    row = await desk.owner.fetchrow("SELECT reason, cancel_requested FROM orders.orders")
    assert tuple(row) == ("changed our minds", False)
    await answer(desk, order, CancelAccepted)
    assert [kind for kind, _, _ in await desk.log()].count("rasoi.order.cancelled.v1") == 1


@pytest.mark.parametrize("cls", [CancelAccepted, CancelRefused])
async def test_whoever_decided_says_why(desk: Desk, cls: type[CancelAccepted] | type[CancelRefused]) -> None:
    who = guest()
    _, order = await desk.place(who, line(KULFI_1, 3))
    await service.cancel(desk.ctx, who, UUID(order["id"]), "changed our minds")
    await answer(desk, order, cls, "it is on the table")
    assert await desk.owner.fetchval("SELECT reason FROM orders.orders") == "it is on the table"


async def test_when_the_kitchen_refuses_the_order_goes_on(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(KULFI_1, 3))
    await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    await answer(desk, order, CancelRefused)
    assert (await status(desk, order), await reserved(desk)) == ("confirmed", 3000)
    assert not await desk.owner.fetchval("SELECT cancel_requested FROM orders.orders")
    assert (await desk.log())[-1][0] == "rasoi.order.cancel_refused.v1"
    await answer(desk, order, CancelRefused)
    assert [kind for kind, _, _ in await desk.log()].count("rasoi.order.cancel_refused.v1") == 1


@pytest.mark.parametrize("change", ["available = false", "active = false", "stock_out = true"])
async def test_a_modifier_that_is_not_to_be_had_is_refused_by_name(desk: Desk, change: str) -> None:
    await desk.place(guest(), line(NAAN_1, 1, (HOT,)))
    await desk.owner.execute(f"UPDATE menu.modifier SET {change} WHERE id = $1", HOT)
    with pytest.raises(placing.SoldOut, match="Hot") as refused:
        await desk.place(guest(), line(NAAN_1, 1, (HOT,)), line(COLA_1), expected=5250 + 6300)
    assert [item["name"] for item in refused.value.extensions["items"]] == ["Hot"]
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 1
    assert (await desk.place(guest(), line(NAAN_1, 1, (MILD,))))[0] == 201


def ticket_of(order: dict[str, Any], state: str, version: int = 2, id: UUID | None = None) -> TicketState:
    """A ticket of an order, with one item."""
    item = TicketItemState(id=uuid4(), line_id=uuid4(), name="x", quantity=1, state=state)
    return TicketState(
        id=id or uuid4(),
        number=1,
        station="drinks",
        order_id=UUID(order["id"]),
        order_number=order["number"],
        type="dine_in",
        state=state,
        placed_at=datetime.now(UTC),
        version=version,
        items=[item],
    )


async def changed(desk: Desk, tx: Any, ticket: TicketState) -> None:
    """An item of the ticket moved to the ticket's state."""
    items = [item.id for item in ticket.items]
    data = TicketChanged(sequence=1, hash=0, ticket=ticket, action="x", changed_items=items, by=None)
    event = new_event(data, subject="1:drinks", outlet_id=1, version=ticket.version)
    await handlers.apply_ticket(desk.ctx, tx, event, data)


async def serve(desk: Desk, order: dict[str, Any]) -> None:
    """The kitchen's tickets of an order are all served."""
    async with desk.ctx.db.transaction("orders") as tx:
        await changed(desk, tx, ticket_of(order, "served"))


async def opened(desk: Desk, tx: Any, ticket: TicketState) -> None:
    data = TicketOpened(sequence=1, hash=0, ticket=ticket, action="open", changed_items=[], by=None)
    event = new_event(data, subject="1:drinks", outlet_id=1, version=ticket.version)
    await handlers.record_ticket(desk.ctx, tx, event, data)


@pytest.mark.parametrize("asked", [False, True])
async def test_an_order_is_as_far_as_all_its_tickets_that_one_transaction_tells_of(
    desk: Desk, asked: bool
) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1), line(NAAN_1, 1, (MILD,)))
    if asked:
        await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    first, second = uuid4(), uuid4()
    async with desk.ctx.db.transaction("orders") as tx:
        await opened(desk, tx, ticket_of(order, "queued", 1, first))
        await opened(desk, tx, ticket_of(order, "queued", 1, second))
        if asked:
            refused = CancelRefused(order_id=UUID(order["id"]))
            event = new_event(refused, subject=order["id"], outlet_id=1, version=1)
            await handlers.cancel_refused(desk.ctx, tx, event, refused)
        await changed(desk, tx, ticket_of(order, "served", 2, first))
        await changed(desk, tx, ticket_of(order, "queued", 1, first))  # told again, and late
    assert await status(desk, order) == "preparing", "the second has not begun"
    rows = await desk.owner.fetch("SELECT ticket_id, state, version FROM orders.ticket_progress")
    assert {tuple(row) for row in rows} == {(first, "served", 2), (second, "queued", 1)}
    async with desk.ctx.db.transaction("orders") as tx:
        await changed(desk, tx, ticket_of(order, "served", 2, second))
    assert await status(desk, order) == "served"


async def test_a_table_is_free_again_when_a_free_dish_was_served(desk: Desk) -> None:
    await desk.owner.execute("UPDATE menu.variant SET price_paise = 0 WHERE id = $1", COLA_1)
    _, order = await desk.place(guest(), line(COLA_1))
    assert (order["status"], order["totals"]["total_paise"]) == ("confirmed", 0)
    assert await desk.owner.fetchval("SELECT status FROM orders.bill") == "open"
    await serve(desk, order)
    assert await desk.owner.fetchval("SELECT status FROM orders.bill") == "closed"
    paper = await desk.owner.fetchrow("SELECT number, total_paise FROM orders.document")
    assert paper["number"].endswith("/000001") and paper["total_paise"] == 0
    assert await status(desk, order) == "completed"
    _, other = await desk.place(guest(), line(COLA_1))
    assert other["bill_id"] != order["bill_id"], "the next party has a bill of its own"


async def test_a_prepaid_order_of_nothing_is_cooked_at_once_and_its_bill_closes(desk: Desk) -> None:
    await desk.owner.execute("UPDATE menu.variant SET price_paise = 30 WHERE id = $1", COLA_1)
    _, order = await desk.place(guest(None), line(COLA_1))
    assert (order["payment"], order["status"], order["expires_at"]) == ("prepaid", "confirmed", None)
    await serve(desk, order)
    bill = await service.bill_view(desk.ctx, waiter(), UUID(order["bill_id"]))
    assert (bill.status, bill.payment_status, bill.totals.round_off_paise) == ("closed", "paid", -32)
