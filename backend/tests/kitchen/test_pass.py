"""The pass: what stands there, what is let go, taken back and closed with the day, on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rasoi.contracts.kitchen import CancelRefused, HandedOver, TicketChanged, TicketState
from rasoi.contracts.orders import BillClosed, OrderPlaced
from rasoi.kitchen import day, repository, service
from rasoi.platform.database import Database
from tests.kitchen.conftest import OUTLET, Rig, bill, check, line, order


async def at_pass(rig: Rig, known: int | None = None) -> tuple[repository.PassRow, list[TicketState]]:
    row = await repository.at_pass(rig.db, OUTLET, known)
    return row, msgspec.json.decode(row.tickets or "[]", type=list[TicketState])


async def bumped(rig: Rig, *lines: Any, **more: Any) -> OrderPlaced:
    placed: OrderPlaced = order(OrderPlaced, *lines, **more)
    await rig.handle(placed)
    for each in (await at_pass(rig))[1]:
        if each.order_id == placed.order_id and each.state == "queued":
            assert (await rig.act("bump", ticket_id=each.id)).applied
    return placed


async def test_the_pass_shows_all_stations_of_its_outlet_and_proves_it(rig: Rig) -> None:
    empty, none = await at_pass(rig)
    assert (empty.sequence, empty.hash, none) == (0, 0, [])
    first = order(OrderPlaced, line("Naan", "tandoor"), line("Dal", "curry"))
    await rig.handle(first)
    await rig.handle(order(OrderPlaced, line("Tea", "drinks")), outlet_id=2)
    second = await bumped(rig, line("Roti", "tandoor"), number=13)
    row, tickets = await at_pass(rig)
    assert [(t.order_number, t.station, t.state) for t in tickets] == [
        (12, "curry", "queued"), (12, "tandoor", "queued"), (13, "tandoor", "ready"),
    ]  # fmt: skip
    assert row.sequences == {"curry": 1, "tandoor": 4} and row.sequence == 5
    assert msgspec.json.decode(row.stations) == [
        {"code": "curry", "name": "Curry"}, {"code": "tandoor", "name": "Tandoor"},
    ]  # fmt: skip
    same, _ = await at_pass(rig, row.hash)
    assert (same.tickets, same.hash, same.sequence) == (None, row.hash, 5)
    await rig.act("serve", order_id=second.order_id)
    assert {t.order_number for t in (await at_pass(rig))[1]} == {12}
    await check(rig)


async def test_handing_over_serves_what_is_ready_and_tells_the_floor(rig: Rig) -> None:
    placed = await bumped(
        rig, line("Naan", "tandoor"), line("Dal", "curry"), line("Kulfi", "cold", course=2), held_courses=[2]
    )
    assert (await rig.act("hand_over", order_id=placed.order_id)).applied
    [(subject, version, told)] = [each for each in await rig.log() if isinstance(each[2], HandedOver)]
    assert (subject, version) == (str(placed.order_id), 1)
    assert (told.order_number, told.table, told.complete, told.by) == (12, "Table 4", False, rig.cook.id)
    assert len(told.ticket_ids) == 2
    assert [(t.course, t.state) for t in (await at_pass(rig))[1]] == [(2, "held")]
    nothing = await rig.act("hand_over", order_id=placed.order_id)
    assert (nothing.applied, nothing.reason) == (False, "not-possible-now")
    await rig.act("fire", order_id=placed.order_id)
    await rig.act("bump", ticket_id=(await rig.board("cold"))[1][0].id)
    await rig.act("hand_over", order_id=placed.order_id)
    all_told = [(v, data.complete) for _, v, data in await rig.log() if isinstance(data, HandedOver)]
    assert all_told == [(1, False), (2, True)]
    await check(rig)


async def test_what_was_served_is_taken_back_until_its_bill_is_closed(rig: Rig) -> None:
    placed = await bumped(rig, line("Naan", "tandoor"))
    [one] = (await at_pass(rig))[1]
    for _ in range(2):
        assert (await rig.act("serve", ticket_id=one.id)).applied
        back = await rig.act("unserve", ticket_id=one.id)
        assert back.applied and back.ticket and (back.ticket.state, back.ticket.served_at) == ("ready", None)
    assert [t.id for t in await repository.ready(rig.db, OUTLET, None, 10)] == [one.id]
    assert [d.action for _, _, d in await rig.log() if isinstance(d, TicketChanged)][-2:] == [
        "serve",
        "unserve",
    ]
    await rig.act("serve", order_id=placed.order_id)
    await rig.handle(bill(placed, "paid"))
    assert (await rig.act("unserve", order_id=placed.order_id)).applied
    await rig.act("serve", order_id=placed.order_id)
    closed = BillClosed(**(msgspec.structs.asdict(bill(placed, "paid")) | {"status": "closed"}))
    await rig.handle(closed)
    for named in ({"order_id": placed.order_id}, {"ticket_id": one.id}, {"item_id": one.items[0].id}):
        refused = await rig.act("unserve", **named)
        assert (refused.applied, refused.reason) == (False, "bill-closed")
        assert refused.detail == "Its bill is closed: what was served stays served"
    await check(rig)


async def test_what_was_served_hours_ago_stays_served(rig: Rig, database: Database) -> None:
    placed = await bumped(rig, line("Naan", "tandoor"))
    await rig.act("serve", order_id=placed.order_id)
    await database.execute("UPDATE kitchen.ticket SET served_at = now() - interval '2 hours 1 second'")
    refused = await rig.act("unserve", order_id=placed.order_id)
    assert (refused.applied, refused.reason) == (False, "too-long-ago")


async def test_the_newest_of_many_ready_tickets_is_on_a_page(rig: Rig) -> None:
    for number in range(5):
        await bumped(rig, line("Naan", "tandoor"), number=number)
    seen: list[int] = []
    after = None
    while page := await repository.ready(rig.db, OUTLET, after, 2):
        seen += [ticket.order_number for ticket in page]
        after = page[-1].id
    assert seen == [0, 1, 2, 3, 4]
    seen, after = [], None
    while page := await repository.recent(rig.db, OUTLET, "tandoor", after, 2):
        seen += [ticket.order_number for ticket in page]
        after = page[-1].id
    assert seen == [4, 3, 2, 1, 0]


async def test_a_list_goes_on_from_a_ticket_that_has_left_it(rig: Rig) -> None:
    for number in range(3):
        await bumped(rig, line("Naan", "tandoor"), number=number)
    _, second = await repository.ready(rig.db, OUTLET, None, 2)
    await rig.act("serve", ticket_id=second.id)
    assert [t.order_number for t in await repository.ready(rig.db, OUTLET, second.id, 9)] == [2]
    newest = (await repository.recent(rig.db, OUTLET, "tandoor", None, 1))[0]
    await rig.act("recall", ticket_id=newest.id)
    rest = await repository.recent(rig.db, OUTLET, "tandoor", newest.id, 9)
    assert [t.order_number for t in rest] == [1, 0], "from the top, not from nowhere"


AGE = """UPDATE kitchen.ticket SET placed_at = placed_at - $1::interval, fired_at = fired_at - $1::interval,
ready_at = ready_at - $1::interval, served_at = served_at - $1::interval"""


@pytest.fixture
async def outlet(rig: Rig, database: Database) -> None:
    await database.execute(f"INSERT INTO staff.outlet (id, name) VALUES ({OUTLET}, 'Rasoi')")


@pytest.fixture
async def old_day(rig: Rig, database: Database, outlet: None) -> list[OrderPlaced]:
    """Orders of the day before yesterday, in every state that can be left over."""
    now = await database.fetchval("SELECT now()")
    queued, cooking, ready, voided, held = [
        order(OrderPlaced, line("Naan", "tandoor"), number=n, placed_at=now) for n in range(4)
    ] + [order(OrderPlaced, line("Kulfi", "cold", course=2), number=4, placed_at=now, held_courses=[2])]
    for each in (queued, cooking, ready, voided, held):
        await rig.handle(each)
    by_order = {t.order_id: t.id for t in (await at_pass(rig))[1]}
    await rig.act("start", ticket_id=by_order[cooking.order_id])
    await rig.act("bump", ticket_id=by_order[ready.order_id])
    await rig.act("start", ticket_id=by_order[voided.order_id])
    async with rig.db.transaction("kitchen") as tx:
        await service.change_order(
            tx, OUTLET, [voided.order_id], lambda work, id: work.kitchen.void_order(id)
        )
    await database.execute(AGE, timedelta(days=2))
    return [queued, cooking, ready, voided, held]


async def test_what_past_days_left_is_closed_with_an_event_and_an_entry(
    rig: Rig, database: Database, old_day: list[OrderPlaced]
) -> None:
    today = order(
        OrderPlaced, line("Roti", "tandoor"), number=50, placed_at=await database.fetchval("SELECT now()")
    )
    await rig.handle(today)
    before = len(await rig.log())
    await day.close_past_days(rig.ctx)
    assert [t.order_number for t in (await at_pass(rig))[1]] == [50]
    assert await repository.ready(rig.db, OUTLET, None, 10) == []
    assert [t.order_number for t in (await rig.board("tandoor"))[1]] == [50]
    assert (await rig.board("cold"))[1] == []
    closed = [data for _, _, data in (await rig.log())[before:]]
    assert {data.action for data in closed} == {"close"} and len(closed) == 5
    assert {data.ticket.order_id for data in closed} == {each.order_id for each in old_day}
    row = await database.fetchrow("SELECT actor_id, action, subject, detail FROM staff.audit")
    assert tuple(row) == (
        None, "kitchen.close_day", "1", {"orders": 5, "queued": 1, "cooking": 1, "ready": 1, "held": 1},
    )  # fmt: skip
    assert await repository.recent(rig.db, OUTLET, "tandoor", None, 10) == [], (
        "nothing to recall of past days"
    )
    await check(rig)
    await day.close_past_days(rig.ctx)
    assert len(await rig.log()) == before + 5
    assert await database.fetchval("SELECT count(*) FROM staff.audit") == 1


async def test_what_somebody_works_on_is_not_closed(
    rig: Rig, database: Database, old_day: list[OrderPlaced]
) -> None:
    """Placed before the cut-off and bumped after it."""
    _, cooking, *_ = old_day
    tickets = {t.order_id: t.id for t in (await at_pass(rig))[1]}
    await rig.act("bump", ticket_id=tickets[cooking.order_id])
    await day.close_past_days(rig.ctx)
    assert [t.order_id for t in (await at_pass(rig))[1]] == [cooking.order_id]


async def test_a_wish_to_cancel_is_answered_with_the_day(rig: Rig, database: Database, outlet: None) -> None:
    placed = await bumped(rig, line("Naan", "tandoor"))
    async with rig.db.transaction("kitchen") as tx:
        await service.change_order(
            tx, OUTLET, [placed.order_id], lambda work, id: work.kitchen.request_cancel(id)
        )
    await database.execute(AGE, timedelta(days=2))
    await day.close_past_days(rig.ctx)
    assert [type(data) for _, _, data in await rig.log()].count(CancelRefused) == 1
    assert (await at_pass(rig))[1] == []
    await check(rig)
