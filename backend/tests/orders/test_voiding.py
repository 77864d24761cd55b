"""Taking back parts of lines on PostgreSQL, under the orders room's own role, beside the kitchen's and inventory's tables."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.orders import api, schemas, service, voiding
from rasoi.orders.domain import BillIsClosed, IllegalChange
from rasoi.orders.issuing import readable_document
from rasoi.orders.voids import NotSoMany
from rasoi.platform.auth import Principal
from rasoi.platform.idempotency import IdempotencyKey, KeyReused, body_hash
from rasoi.platform.rights import NotPermitted
from rasoi.staff.api import LiftRefused
from tests.lifts import lift
from tests.orders.conftest import COLA_1, HOT, KULFI_1, NAAN_1, Desk, guest, line, waiter

REASON = "Took too long"
OPEN_TICKETS = """SELECT kitchen.open_tickets(array_agg(outlet_id), array_agg(data::jsonb), array_agg(clock_timestamp()),
  array_agg(''::text), array_agg(event_id), array_agg(''::text))
FROM orders.outbox WHERE subject = $1 AND aggregate_version = 1"""


def manager() -> Principal:
    return msgspec.structs.replace(waiter(), role="manager", name="Meera")


async def void(
    desk: Desk,
    order: Any,
    quantity: int = 1,
    *,
    who: Principal | None = None,
    at: int = 0,
    key: str = "",
    reason: str = REASON,
    note: str | None = None,
    approval: str | None = None,
) -> Any:
    """Take back so many of the order's line number `at`; the order as it was answered."""
    request = schemas.VoidRequest(quantity=quantity, reason=reason, note=note)
    used = IdempotencyKey(key or str(uuid4()), "POST void", body_hash(msgspec.json.encode(request)))
    line_id = UUID(order["lines"][at]["id"])
    by = who or waiter()
    answer = await voiding.void_line(desk.ctx, by, UUID(order["id"]), line_id, request, used, approval)
    return msgspec.json.decode(answer.content)


async def cooked(desk: Desk, order: Any, state: str) -> None:
    """The kitchen has the order, and is so far with all of it."""
    await desk.owner.execute(OPEN_TICKETS, order["id"])
    await desk.owner.execute("UPDATE kitchen.ticket_item SET state = $1", state)


async def bill_of(desk: Desk, order: Any) -> Any:
    return await service.bill_view(desk.ctx, waiter(), UUID(order["bill_id"]))


async def reserved(desk: Desk) -> tuple[int, int]:
    """What is reserved of the kulfi: by its level, and by the reservations that are live."""
    level = await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock")
    sql = "SELECT coalesce(sum(quantity_milli), 0)::int FROM inventory.reservation WHERE state = 'reserved'"
    return level, await desk.owner.fetchval(sql)


async def test_a_part_leaves_the_totals_and_stays_in_the_history(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(NAAN_1, 3, (HOT,)), line(COLA_1))
    after = await void(desk, order, 2, note="she said mild")
    assert (after["lines"][0]["quantity"], after["lines"][0]["status"]) == (1, "active")
    assert after["totals"] == {
        "subtotal_paise": 11000,
        "discount_paise": 0,
        "taxable_paise": 11000,
        "taxes": [{"name": n, "rate_bp": 250, "paise": 275} for n in ("CGST", "SGST")],
        "total_paise": 11550,
    }
    [told] = after["voids"]
    assert (told["quantity"], told["total_paise"], told["begun"]) == (2, 10500, False)
    assert (told["reason"], told["note"], told["by"]) == (REASON, "she said mild", "Asha")
    bill = await bill_of(desk, order)
    assert (bill.totals.total_paise, bill.due_paise, bill.totals.round_off_paise) == (11600, 11600, 50)
    _, row = await service.readable_order(desk.ctx, who, UUID(order["id"]))
    assert msgspec.json.decode(msgspec.json.encode(await service._view(desk.ctx, waiter(), row.id))) == after
    [seen] = (await service._view(desk.ctx, who, row.id)).voids
    assert (seen.reason, seen.quantity, seen.note, seen.by) == (REASON, 2, None, None)
    assert [kind for kind, _, _ in await desk.log()][1:] == [
        "rasoi.order.line_voided.v1",
        "rasoi.bill.changed.v1",
    ]
    [entry] = await desk.owner.fetch("SELECT * FROM staff.audit WHERE action = 'order.void_line'")
    assert entry["actor_name"] == "Asha" and entry["detail"]["amount_paise"] == 10500


async def test_nothing_left_of_an_order_cancels_it(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1), line(KULFI_1, 2))
    after = await void(desk, order)
    assert (after["status"], after["lines"][0]["quantity"], after["lines"][0]["status"]) == (
        "confirmed",
        0,
        "voided",
    )
    after = await void(desk, order, 2, at=1)
    assert (after["status"], after["totals"]["total_paise"], len(after["voids"])) == ("cancelled", 0, 2)
    bill = await bill_of(desk, order)
    assert (bill.status, bill.totals.total_paise) == ("voided", 0)
    assert await reserved(desk) == (0, 0)


@pytest.mark.parametrize(
    ("stage", "left"), [(None, 2000), ("queued", 2000), ("cooking", 3000), ("served", 3000)]
)
async def test_what_is_not_begun_is_for_sale_again(desk: Desk, stage: str | None, left: int) -> None:
    _, order = await desk.place(guest(), line(KULFI_1, 3))
    if stage:
        await cooked(desk, order, stage)
    await void(desk, order, who=manager())
    assert await reserved(desk) == (left, left)


async def test_as_much_is_for_sale_again_as_was_taken_back(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(KULFI_1, 5))
    await void(desk, order, 3)
    assert await reserved(desk) == (2000, 2000)


async def test_a_line_is_released_to_the_last_portion(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(KULFI_1, 3), line(COLA_1))
    for left in (2000, 1000, 0):
        await void(desk, order)
        assert await reserved(desk) == (left, left)
    assert await desk.owner.fetchval("SELECT state FROM inventory.reservation") == "released"


@pytest.mark.parametrize("stage", ["cooking", "ready", "served"])
async def test_what_is_begun_needs_a_manager(desk: Desk, stage: str) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    await cooked(desk, order, stage)
    with pytest.raises(NotPermitted) as refused:
        await void(desk, order)
    assert refused.value.extensions == {"permission": "void_begun"}
    [told] = (await void(desk, order, who=manager()))["voids"]
    assert (told["begun"], told["by"]) == (True, "Meera")


async def test_a_managers_pin_lets_a_waiter_take_back_what_is_begun_once(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2), line(KULFI_1))
    await cooked(desk, order, "ready")
    who, line_id = waiter(), order["lines"][0]["id"]
    token = await lift(desk.owner, who, "void_begun", line_id)
    with pytest.raises(LiftRefused):
        await void(desk, order, who=who, at=1, approval=token)
    [told] = (await void(desk, order, who=who, approval=token))["voids"]
    assert (told["begun"], told["by"]) == (True, "Asha")
    [entry] = await desk.owner.fetch("SELECT * FROM staff.audit WHERE action = 'order.void_line'")
    assert entry["actor_name"] == "Asha" and entry["detail"]["approved_by"]
    with pytest.raises(LiftRefused):
        await void(desk, order, who=who, approval=token)


@pytest.mark.parametrize("stage", ["held", "queued"])
async def test_what_waits_is_the_waiters_to_take_back(desk: Desk, stage: str) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    await cooked(desk, order, stage)
    assert (await void(desk, order))["voids"][0]["begun"] is False


async def test_one_key_takes_back_once_also_at_the_same_time(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 9))
    who = waiter()
    answers = await asyncio.gather(*(void(desk, order, who=who, key="one") for _ in range(20)))
    assert all(answer == answers[0] for answer in answers) and answers[0]["lines"][0]["quantity"] == 8
    with pytest.raises(KeyReused):
        await void(desk, order, 2, who=who, key="one")
    racing = await asyncio.gather(*(void(desk, order) for _ in range(9)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in racing) == ["IllegalChange", *["dict"] * 8]


async def test_what_is_refused_changes_nothing(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    before = await desk.log()
    for asked, refusal in (
        ({"quantity": 3}, NotSoMany),
        ({"reason": "Because"}, voiding.UnknownReason),
    ):
        with pytest.raises(refusal):
            await void(desk, order, **asked)
    with pytest.raises(voiding.UnknownLine):
        await void(desk, order | {"lines": [{"id": str(uuid4())}]})
    with pytest.raises(service.UnknownOrder):
        await void(desk, order, who=msgspec.structs.replace(waiter(), outlet_id=2))
    await desk.owner.execute("UPDATE orders.bill SET status = 'written_off'")
    with pytest.raises(IllegalChange):
        await void(desk, order)
    assert await desk.log() == before and await desk.owner.fetchval("SELECT voids FROM orders.orders") == []


async def pay(desk: Desk, order: Any, paise: int) -> Any:
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, order_id=UUID(order["id"]))
        return await api.apply_capture(tx, due, paise, uuid4(), method="cash")


async def test_a_closed_bill_names_the_refund(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    await pay(desk, order, 12600)
    with pytest.raises(BillIsClosed, match="refund"):
        await void(desk, order, who=manager())


async def test_a_part_paid_bill_is_settled_or_overpaid_by_what_is_taken_back(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 3))
    await pay(desk, order, 12600)
    await void(desk, order)
    bill = await bill_of(desk, order)
    assert (bill.status, bill.payment_status, len(bill.documents)) == ("closed", "paid", 1)
    document = await readable_document(desk.ctx, manager(), bill.documents[0].id)
    assert [(x.quantity, x.taxable_paise) for x in document.lines] == [(2, 12000)]
    _, other = await desk.place(guest(), line(COLA_1, 3))
    await pay(desk, other, 12700)
    await void(desk, other)
    told = await desk.owner.fetchval(
        "SELECT data FROM orders.outbox WHERE type = 'rasoi.bill.closed.v1' ORDER BY id DESC LIMIT 1"
    )
    assert (told["payment_status"], told["total_paise"]) == ("overpaid", 12600)


async def test_a_prepaid_order_at_the_kitchen_gets_a_credit_note_for_what_is_taken_back(desk: Desk) -> None:
    await desk.setting(takeaway_payment="prepaid")
    _, order = await desk.place(guest(None), line(NAAN_1, 2, (HOT,)), line(COLA_1))
    await pay(desk, order, 16800)
    bill = await bill_of(desk, order)
    assert (bill.status, bill.orders[0].status) == ("closed", "confirmed")
    await void(desk, order)
    assert (await bill_of(desk, order)).payment_status == "overpaid"
    async with desk.ctx.db.transaction("orders") as tx:
        await api.apply_refund(tx, 1, bill.id, 5200)
    bill = await bill_of(desk, order)
    assert (bill.payment_status, bill.documents[1].total_paise) == ("paid", 5200)
    note = await readable_document(desk.ctx, manager(), bill.documents[1].id)
    assert {each.name for each in note.lines} == {"Naan"}


async def test_a_served_order_of_which_nothing_is_left_ends_without_a_document(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    await cooked(desk, order, "served")
    await desk.owner.execute("UPDATE orders.orders SET status = 'served'")
    after = await void(desk, order, 2, who=manager())
    assert (after["status"], after["totals"]["taxes"]) == ("completed", [])
    bill = await bill_of(desk, order)
    assert (bill.status, bill.due_paise, bill.documents) == ("closed", 0, [])


async def test_an_order_that_waits_for_its_payment_comes_to_less(desk: Desk) -> None:
    await desk.setting(takeaway_payment="prepaid")
    _, order = await desk.place(guest(None), line(COLA_1, 2))
    assert order["status"] == "awaiting_payment"
    after = await void(desk, order)
    assert (after["status"], (await bill_of(desk, order)).due_paise) == ("awaiting_payment", 6300)


async def test_what_was_taken_back_is_not_taken_again_with_a_late_payment(desk: Desk) -> None:
    await desk.setting(takeaway_payment="prepaid")
    _, order = await desk.place(guest(None), line(KULFI_1, 2), line(COLA_1))
    await void(desk, order, 2)
    async with desk.ctx.db.transaction("orders") as tx:
        await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))
    assert (await pay(desk, order, 6300)).ok
    assert await reserved(desk) == (0, 0)


async def test_while_a_cancellation_waits_for_its_answer_nothing_is_taken_back(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1, 2))
    await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    with pytest.raises(IllegalChange, match="not answered"):
        await void(desk, order)
