"""Placing, approving, cancelling and following orders, on PostgreSQL under the room's own role."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.orders import api, placing, schemas, service, tables
from rasoi.orders.domain import IllegalChange
from rasoi.orders.pricing import BadLine, rounded
from rasoi.platform.idempotency import KeyReused
from rasoi.platform.problems import Unprocessable
from rasoi.staff.api import invalidate_outlet
from tests.orders.conftest import (
    COLA_1,
    HOT,
    KULFI,
    KULFI_1,
    NAAN_1,
    OTHER_TABLE,
    TABLE,
    Desk,
    guest,
    line,
    waiter,
)


async def test_an_order_is_written_whole_and_answered_as_it_can_be_read(desk: Desk) -> None:
    who = guest()
    status, order = await desk.place(who, line(NAAN_1, 2, (HOT,)), line(COLA_1), note="no onions")
    assert status == 201
    assert (order["number"], order["status"], order["type"], order["table"]["name"]) == (
        1,
        "confirmed",
        "dine_in",
        "Table 1",
    )
    assert order["totals"]["total_paise"] == 10000 + 6000 + 2 * (250 + 150)
    read, row = await service.readable_order(desk.ctx, who, msgspec.convert(order["id"], type=UUID))
    from rasoi.orders.views import order_view

    again = msgspec.json.decode(msgspec.json.encode(order_view(row, read.bill, by_guest=True)))
    moments = {"placed_at", "confirmed_at"}
    assert {k: v for k, v in again.items() if k not in moments} == {
        k: v for k, v in order.items() if k not in moments
    }
    assert await desk.log() == [("rasoi.order.placed.v1", order["id"], 1)]


async def test_numbers_have_no_gaps_and_one_table_has_one_open_bill(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.place(guest(), line()) for _ in range(20)))
    assert sorted(order["number"] for _, order in answers) == list(range(1, 21))
    assert len({order["bill_id"] for _, order in answers}) == 1
    _, other = await desk.place(guest(OTHER_TABLE), line())
    assert other["bill_id"] != answers[0][1]["bill_id"]
    bill = await desk.owner.fetchrow(
        "SELECT net_paise, total_paise, cardinality(session_ids) AS guests FROM orders.bill WHERE table_id = $1",
        TABLE,
    )
    assert (bill["net_paise"], bill["total_paise"], bill["guests"]) == (20 * 6300, 20 * 6300, 20)


async def test_twenty_duplicates_are_one_order_with_one_answer(desk: Desk) -> None:
    who = guest()
    answers = await asyncio.gather(*(desk.place(who, line(KULFI_1), key="same") for _ in range(20)))
    assert {status for status, _ in answers} == {201}
    assert len({msgspec.json.encode(order, order="sorted") for _, order in answers}) == 1
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 1
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 1000
    with pytest.raises(KeyReused):
        await desk.place(who, line(KULFI_1, 2), key="same")


async def test_fifty_race_for_five_portions_and_five_win(desk: Desk) -> None:
    async def attempt() -> str:
        try:
            await desk.place(guest(None), line(KULFI_1))
        except placing.SoldOut as refused:
            return f"{refused.detail} {refused.extensions['items'][0]['item_id']}"
        return "placed"

    outcomes = await asyncio.gather(*(attempt() for _ in range(50)))
    assert outcomes.count("placed") == 5
    assert outcomes.count(f"Just sold out: Kulfi. {KULFI}") == 45
    stock = await desk.owner.fetchrow("SELECT on_hand_milli, reserved_milli FROM inventory.stock")
    assert tuple(stock) == (5000, 5000)
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 5
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 5, (
        "a refused order leaves no bill"
    )
    assert await desk.owner.fetchval("SELECT last_number FROM orders.day_counter") == 5


async def test_another_price_than_the_guest_saw_is_refused_with_the_new_one(desk: Desk) -> None:
    with pytest.raises(placing.PriceChanged) as refused:
        await desk.place(guest(), line(), expected=6299)
    assert refused.value.extensions == {"total_paise": 6300}
    await desk.owner.execute("UPDATE menu.variant SET price_paise = 7000 WHERE id = $1", COLA_1)
    await desk.owner.execute("UPDATE menu.outlet_menu SET version = 2")
    with pytest.raises(placing.PriceChanged) as refused:
        await desk.place(guest(), line(), expected=6300)
    assert refused.value.extensions == {"total_paise": 7350}
    status, _ = await desk.place(guest(), line(), expected=7350)
    assert status == 201


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE menu.variant SET price_paise = 7000",
        "UPDATE menu.variant SET active = false",
        "UPDATE menu.item SET active = false",
        "UPDATE menu.item SET available = false",
        "UPDATE orders.dining_table SET active = false",
        "UPDATE orders.bill SET status = 'voided'",
        "UPDATE staff.outlet SET gst_regime = 'none', version = version + 1",
        "UPDATE inventory.stock SET on_hand_milli = 1000",
    ],
)
async def test_a_duplicate_is_answered_as_before_whatever_has_changed_since(desk: Desk, change: str) -> None:
    who = guest()
    paise = 2 * 9900 * 105 // 100
    _, first = await desk.place(who, line(KULFI_1, 2), key="k", expected=paise)
    await desk.owner.execute(change)
    await desk.owner.execute("UPDATE menu.outlet_menu SET version = 2")
    desk.ctx.get(placing.Snapshots).drop(1)
    invalidate_outlet(desk.ctx.db, 1, 0)
    assert (await desk.place(who, line(KULFI_1, 2), key="k", expected=paise)) == (201, first)
    with pytest.raises(KeyReused):
        await desk.place(who, line(KULFI_1, 1), key="k", expected=paise)
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 1


async def test_a_refused_request_leaves_its_key_free(desk: Desk) -> None:
    who = guest()
    with pytest.raises(BadLine):
        await desk.place(who, line(uuid4()), key="k", expected=6300)
    assert (await desk.place(who, line(), key="k", expected=6300))[0] == 201


async def test_an_86ed_item_is_refused_by_name(desk: Desk) -> None:
    await desk.owner.execute("UPDATE menu.item SET available = false WHERE id = $1", KULFI)
    with pytest.raises(placing.SoldOut, match="Kulfi"):
        await desk.place(guest(), line(COLA_1), line(KULFI_1))
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 0


async def test_nonsense_is_refused_with_a_reason_and_nothing_is_written(desk: Desk) -> None:
    for work in (
        desk.place(guest(), line(uuid4()), expected=0),
        desk.place(guest(), line(NAAN_1), expected=0),
        desk.place(guest(None), line(), type="takeaway", table_id=TABLE, expected=6300),
        desk.place(waiter(), line(), type="dine_in", expected=6300),
        desk.place(guest(), line(), table_id=OTHER_TABLE),
        desk.place(guest(), line(), bill_id=uuid4()),
        desk.place(waiter(), line(), table_id=uuid4()),
    ):
        with pytest.raises((BadLine, Unprocessable, tables.UnknownTable, service.UnknownBill)) as refused:
            await work
        assert refused.value.detail
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 0
    assert await desk.log() == []


async def test_a_guest_sees_the_bill_of_the_session_and_no_other(desk: Desk) -> None:
    mine, stranger = guest(), guest(OTHER_TABLE)
    _, order = await desk.place(mine, line())
    await desk.place(stranger, line())
    order_id = UUID(order["id"])
    with pytest.raises(service.UnknownOrder):
        await service.readable_order(desk.ctx, stranger, order_id)
    with pytest.raises(service.UnknownOrder):
        await service.cancel(desk.ctx, stranger, order_id, None)
    with pytest.raises(service.UnknownBill):
        await desk.place(stranger, line(), bill_id=UUID(order["bill_id"]))
    companion = guest()
    with pytest.raises(service.UnknownOrder):
        await service.readable_order(desk.ctx, companion, order_id)
    await desk.place(companion, line())
    assert await service.readable_order(desk.ctx, companion, order_id), "who ordered on the bill shares it"


async def test_a_tables_first_order_waits_for_approval_where_the_outlet_wants_it(desk: Desk) -> None:
    await desk.setting(approve_first_order=True)
    _, first = await desk.place(guest(), line())
    _, second = await desk.place(guest(), line())
    assert (first["status"], second["status"]) == ("placed", "placed")
    assert await desk.owner.fetchval("SELECT count(confirmed_at) FROM orders.orders") == 0
    approved = await service.approve(desk.ctx, waiter(), UUID(first["id"]))
    assert approved.status == "confirmed"
    _, third = await desk.place(guest(), line())
    assert third["status"] == "confirmed"
    rejected = await service.reject(desk.ctx, waiter(), UUID(second["id"]), "nobody sits there")
    assert rejected.status == "rejected"
    with pytest.raises(IllegalChange):
        await service.approve(desk.ctx, waiter(), UUID(second["id"]))


async def test_cancelling_frees_the_stock_and_voids_the_bill(desk: Desk) -> None:
    who = guest(None)
    _, order = await desk.place(who, line(KULFI_1, 2))
    assert order["status"] == "awaiting_payment" and order["expires_at"]
    status, cancelled = await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    assert (status, cancelled.status) == (200, "cancelled")
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0
    bill = await service.bill_view(desk.ctx, who, UUID(order["bill_id"]))
    assert (bill.status, bill.totals.total_paise) == ("voided", 0)
    with pytest.raises(IllegalChange):
        await service.cancel(desk.ctx, who, UUID(order["id"]), None)


async def test_once_the_kitchen_has_it_a_cancellation_is_a_question(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line())
    status, asked = await service.cancel(desk.ctx, who, UUID(order["id"]), "changed our minds")
    assert (status, asked.status, asked.cancel_requested) == (202, "confirmed", True)
    await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    log = await desk.log()
    assert [kind for kind, _, _ in log] == [
        "rasoi.order.placed.v1",
        "rasoi.order.cancel_requested.v1",
    ]
    assert (
        await desk.owner.fetchval(
            "SELECT data->>'asked_by' FROM orders.outbox WHERE type = 'rasoi.order.cancel_requested.v1'"
        )
        == "guest"
    )


async def test_a_capture_confirms_a_prepaid_order_and_closes_its_bill_with_consecutive_documents(
    desk: Desk, as_room: object
) -> None:
    numbers = []
    for _ in range(3):
        _, order = await desk.place(guest(None), line(COLA_1))
        async with desk.ctx.db.transaction("orders") as tx:
            due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
            assert due.due_paise == 6300 and len(due.awaiting_order_ids) == 1
            used = await api.apply_capture(tx, due, 6300, uuid4())
            assert used.ok and used.due == await api.lock_due(tx, 1, due.bill_id)
            assert not (await api.apply_capture(tx, due, 6300, uuid4())).ok, "a second one is to be refunded"
        row = await desk.owner.fetchrow(
            "SELECT status, paid_paise FROM orders.bill WHERE id = $1", due.bill_id
        )
        assert (row["status"], row["paid_paise"]) == ("closed", 6300)
        paper = await desk.owner.fetchval(
            "SELECT number FROM orders.document WHERE bill_id = $1", due.bill_id
        )
        numbers.append(int(paper.rsplit("/", 1)[1]))
        assert (
            await desk.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", order["id"])
            == "confirmed"
        )
    assert numbers == [1, 2, 3]


async def expire(desk: Desk, order: dict[str, str]) -> None:
    async with desk.ctx.db.transaction("orders") as tx:
        await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))


async def capture(desk: Desk, order: dict[str, str], paise: int) -> api.Fulfilment:
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        return await api.apply_capture(tx, due, paise, uuid4())


async def test_a_late_capture_brings_an_expired_order_back_while_its_food_is_to_be_had(desk: Desk) -> None:
    _, order = await desk.place(guest(None), line(KULFI_1, 3))
    paise = rounded(order["totals"]["total_paise"])
    await expire(desk, order)
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0
    assert (await capture(desk, order, paise)).ok
    row = await desk.owner.fetchrow(
        "SELECT o.status, b.status AS bill FROM orders.orders o JOIN orders.bill b ON b.id = o.bill_id"
    )
    assert tuple(row) == ("confirmed", "closed")
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 3000


async def test_a_late_capture_is_refused_when_the_food_is_gone_or_the_time_is_over(desk: Desk) -> None:
    _, order = await desk.place(guest(None), line(KULFI_1, 3))
    paise = rounded(order["totals"]["total_paise"])
    await expire(desk, order)
    _, other = await desk.place(guest(None), line(KULFI_1, 3))
    refused = await capture(desk, order, paise)
    assert not refused.ok and "no longer" in (refused.reason or "")
    assert (
        await desk.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", order["id"]) == "expired"
    )
    await expire(desk, other)
    await desk.owner.execute("UPDATE orders.orders SET expires_at = now() - interval '2 hours'")
    assert not (await capture(desk, order, paise)).ok
    assert await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock") == 0


async def test_the_quote_shows_what_the_bill_will_come_to(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(NAAN_1, 1, (HOT,)))
    asked = schemas.QuoteRequest(type="dine_in", lines=[line(KULFI_1)], bill_id=UUID(order["bill_id"]))
    quote = await placing.quote(desk.ctx, who, asked)
    assert quote.bill == schemas.QuotedBill(
        5250,
        rounded(5250 + quote.totals.total_paise) - 5250 - quote.totals.total_paise,
        rounded(5250 + quote.totals.total_paise),
    )


async def test_the_versions_of_a_bill_are_gapless(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line())
    bill_id = UUID(order["bill_id"])
    for reason in ("cash", None, "help", None, "cash"):
        await service.call_waiter(desk.ctx, who, bill_id, reason)
    versions = [version for kind, subject, version in await desk.log() if subject == str(bill_id)]
    assert versions == [1, 2, 3, 4, 5]


async def test_a_changed_setting_counts_at_once(desk: Desk) -> None:
    """Also before the event about it has come."""
    await desk.setting(takeaway_payment="pay_later")
    assert (await desk.place(guest(None), line(COLA_1)))[1]["status"] == "confirmed"
    await desk.owner.execute("UPDATE staff.outlet SET takeaway_payment = 'prepaid', version = version + 1")
    assert (await desk.place(guest(None), line(COLA_1)))[1]["status"] == "awaiting_payment"


async def test_a_table_that_was_refused_its_first_order_has_no_bill(desk: Desk) -> None:
    await desk.owner.execute("UPDATE inventory.stock SET on_hand_milli = 1000")
    with pytest.raises(placing.SoldOut, match="only 1 left"):
        await desk.place(guest(), line(KULFI_1, quantity=2))
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 0
    _, order = await desk.place(guest(), line(KULFI_1))
    assert (order["number"], order["payment_status"]) == (1, "unpaid")


async def test_a_further_order_tells_that_part_of_the_bill_is_paid(desk: Desk) -> None:
    who = guest()
    _, first = await desk.place(who, line())
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(first["bill_id"]))
        await api.apply_capture(tx, due, 100, uuid4())
    _, second = await desk.place(who, line())
    assert (second["bill_id"], second["payment_status"]) == (first["bill_id"], "partly_paid")


async def test_only_what_changes_counted_stock_wakes_who_listens_to_it(desk: Desk) -> None:
    written: list[set[str]] = []
    desk.ctx.db.on_written = written.append
    await desk.place(guest(), line(COLA_1))
    await desk.place(guest(), line(COLA_1), line(KULFI_1))
    assert written == [{"orders"}, {"orders", "inventory"}]
