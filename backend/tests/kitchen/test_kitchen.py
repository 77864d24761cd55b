"""The kitchen on a real PostgreSQL, under its own role: events in, actions, boards, and its log out."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from rasoi.contracts import kitchen as contract
from rasoi.contracts.kitchen import STATES, TicketOpened
from rasoi.contracts.menu import MenuRepublished
from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.kitchen import ROOM, handlers, repository, service
from rasoi.kitchen.schemas import Action
from rasoi.platform.event_log import LogEntry
from rasoi.platform.events import Event, decode, new_event
from rasoi.platform.inbox import Inbox
from tests.kitchen.conftest import AT, OUTLET, Rig, again, bill, check, line, order

ANOTHER = """INSERT INTO kitchen.ticket
SELECT (jsonb_populate_record(t, jsonb_build_object('id', uuidv7(), 'number', 99))).* FROM kitchen.ticket t"""


async def test_a_confirmed_order_opens_one_ticket_per_course_and_station(rig: Rig) -> None:
    placed = order(
        OrderPlaced,
        line("Naan", "tandoor"),
        line("Dal", "curry"),
        line("Gone", "drinks", status="voided"),
        line("Kebab", "tandoor", course=2),
        line("Roti", "tandoor"),
        held_courses=[2],
    )
    await rig.handle(placed)
    row, tickets = await rig.board("tandoor")
    assert [(t.course, t.state, [i.name for i in t.items]) for t in tickets] == [
        (1, "queued", ["Naan", "Roti"]),
        (2, "held", ["Kebab"]),
    ]
    one = tickets[0]
    assert (one.number, one.order_number, one.table, one.note, one.version) == (
        1,
        12,
        "Table 4",
        "no onions",
        1,
    )
    assert one.items[0].modifiers == ["Extra butter"]
    assert one.items[0].allergens == ["gluten"]
    assert one.other_stations == [contract.StationState(station="curry", state="queued")]
    assert (row.sequence, one.fired_at is None, tickets[1].fired_at) == (2, False, None)
    assert rig.woken == [{"kitchen"}]
    assert [type(data) for _, _, data in await rig.log()] == [TicketOpened] * 3
    assert await repository.board(rig.db, OUTLET, "drinks", None) is None
    await check(rig)


async def test_an_order_that_may_not_be_cooked_has_no_tickets(rig: Rig) -> None:
    placed = order(OrderPlaced, status="awaiting_payment")
    await rig.handle(placed)
    await rig.handle(again(OrderCancelled, placed, status="expired"))
    assert await rig.log() == []
    await rig.handle(again(OrderConfirmed, placed, status="confirmed", payment_status="paid"))
    _, tickets = await rig.board("curry")
    assert [t.paid for t in tickets] == [True]


async def test_an_order_confirmed_twice_has_its_tickets_once(rig: Rig) -> None:
    placed = order()
    await rig.handle(placed)
    await rig.handle(again(OrderConfirmed, placed))
    assert len(await rig.log()) == 2
    with pytest.raises(asyncpg.UniqueViolationError):
        await rig.db.execute(ANOTHER)


async def test_a_ticket_goes_all_the_way_and_back(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    for action, state in [
        ("start", "cooking"),
        ("bump", "ready"),
        ("recall", "cooking"),
        ("bump", "ready"),
        ("serve", "served"),
    ]:
        result = await rig.act(action, ticket_id=one.id)
        assert (result.applied, result.ticket and result.ticket.state) == (True, state)
        await check(rig)
    assert [t.state for t in await repository.recent(rig.db, OUTLET, "tandoor", None, 10)] == ["served"]
    assert await repository.ready(rig.db, OUTLET, None, 10) == []
    _, [dal] = await rig.board("curry")
    assert dal.other_stations == [contract.StationState(station="tandoor", state="served")]
    stations = {s.code: s.open_tickets for s in await repository.stations(rig.db, OUTLET)}
    assert stations == {"curry": 1, "tandoor": 0}


async def test_an_item_is_bumped_alone(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    first = await rig.act("bump", item_id=one.items[0].id)
    assert first.ticket is not None
    assert (first.ticket.state, [i.state for i in first.ticket.items]) == ("cooking", ["ready", "queued"])
    second = await rig.act("bump", ticket_id=one.id, item_id=one.items[1].id)
    assert second.ticket is not None
    assert second.ticket.state == "ready"
    assert [t.id for t in await repository.ready(rig.db, OUTLET, None, 10)] == [one.id]


async def test_an_action_is_applied_once_however_often_it_comes(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    action_id = uuid4()
    first = await rig.act("start", ticket_id=one.id, action_id=action_id)
    await rig.act("bump", ticket_id=one.id)
    events = len(await rig.log())
    repeated = await rig.act("start", ticket_id=one.id, action_id=action_id)
    assert (first.applied, repeated.applied, repeated.reason) == (True, True, None)
    assert repeated.ticket is not None
    assert repeated.ticket.state == "ready"
    assert len(await rig.log()) == events


async def test_twenty_cooks_bump_the_same_ticket_and_one_does(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    results = await asyncio.gather(*(rig.act("bump", ticket_id=one.id) for _ in range(20)))
    assert sorted(r.applied for r in results) == [False] * 19 + [True]
    assert {r.reason for r in results} == {None, "not-possible-now"}
    await check(rig)


async def test_what_is_not_possible_is_answered_with_a_reason(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    answers = [
        await rig.act("serve", ticket_id=one.id),
        await rig.act("bump", ticket_id=uuid4()),
        await rig.act("bump"),
        await rig.act("bump", order_id=one.order_id),
        await rig.act("accept_cancel", order_id=one.order_id),
        await rig.act("fire", order_id=one.order_id),
        await rig.act("unrush", order_id=one.order_id),
        await rig.act("acknowledge", ticket_id=one.id),
    ]
    assert [a.applied for a in answers] == [False] * 8
    assert [a.reason for a in answers] == [
        "not-possible-now",
        "unknown-ticket",
        "unknown-ticket",
        "not-possible-now",
        "no-cancellation-asked",
        "not-possible-now",
        "already-so",
        "not-possible-now",
    ]
    assert len(await rig.log()) == 2


async def test_a_batch_from_an_offline_screen_is_applied_in_order(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    batch = [Action(action_id=uuid4(), action=name, ticket_id=one.id) for name in ("start", "bump", "serve")]
    batch.append(Action(action_id=uuid4(), action="rush", order_id=one.order_id))
    results = await service.act(rig.ctx, rig.cook, batch)
    assert [r.applied for r in results] == [True] * 4
    assert (await rig.board("curry"))[1][0].rush
    await check(rig)


async def test_another_outlets_ticket_is_unknown(rig: Rig) -> None:
    await rig.handle(order())
    _, [one] = await rig.board("tandoor")
    stranger = msgspec.structs.replace(rig.cook, outlet_id=2)
    result = await rig.act("bump", ticket_id=one.id, principal=stranger)
    assert (result.applied, result.reason, result.ticket) == (False, "unknown-ticket", None)


async def test_a_waiter_serves_fires_and_rushes_only(rig: Rig) -> None:
    await rig.handle(order(OrderPlaced, line("Kulfi", "desserts", course=2), held_courses=[2]))
    _, [one] = await rig.board("desserts")
    waiter = msgspec.structs.replace(rig.cook, role="waiter")
    assert (await rig.act("rush", order_id=one.order_id, principal=waiter)).applied
    assert (await rig.act("fire", order_id=one.order_id, principal=waiter)).applied
    with pytest.raises(service.ActionNotAllowed):
        await rig.act("bump", ticket_id=one.id, principal=waiter)
    await rig.act("bump", ticket_id=one.id)
    assert (await rig.act("serve", order_id=one.order_id, principal=waiter)).applied
    await check(rig)


async def test_a_cancelled_order_is_struck_through_until_seen(rig: Rig) -> None:
    placed = order()
    await rig.handle(placed)
    _, [one] = await rig.board("tandoor")
    await rig.act("start", item_id=one.items[0].id)
    await rig.handle(again(OrderCancelled, placed, status="cancelled"))
    _, [shown] = await rig.board("tandoor")
    assert (shown.state, {i.state for i in shown.items}) == ("voided", {"voided"})
    await check(rig)
    assert (await rig.act("acknowledge", ticket_id=one.id)).applied
    assert (await rig.board("tandoor"))[1] == []
    assert (await rig.board("tandoor"))[0].hash == 0
    await check(rig)


async def test_tickets_follow_their_bill(rig: Rig) -> None:
    placed = order()
    await rig.handle(placed)
    await rig.handle(bill(placed, "paid"))
    assert (await rig.board("tandoor"))[1][0].paid
    await rig.handle(bill(placed, "partly_paid"))
    assert not (await rig.board("tandoor"))[1][0].paid
    await rig.handle(bill(placed, "partly_paid"))
    await check(rig)


async def test_a_payment_heard_before_its_order_counts(rig: Rig) -> None:
    placed = order()
    await rig.handle(bill(placed, "paid"), at=AT + timedelta(seconds=2))
    await rig.handle(placed, at=AT)
    assert (await rig.board("tandoor"))[1][0].paid


async def test_a_payment_older_than_the_order_does_not_pay_it(rig: Rig) -> None:
    placed = order(OrderPlaced, payment_status="partly_paid")
    await rig.handle(bill(placed, "paid"), at=AT)
    await rig.handle(placed, at=AT + timedelta(seconds=2))
    assert not (await rig.board("tandoor"))[1][0].paid


async def test_parallel_orders_leave_no_gap_and_no_deadlock(rig: Rig) -> None:
    stations = [("tandoor", "curry"), ("curry", "tandoor"), ("tandoor",), ("curry", "drinks")]
    orders = [order(OrderPlaced, *(line("Dish", s) for s in stations[i % 4])) for i in range(40)]
    await asyncio.gather(*(rig.handle(each) for each in orders))
    _, tickets = await rig.board("tandoor")
    assert sorted(t.number for t in tickets) == list(range(1, 31))
    await check(rig)


async def test_a_transaction_that_holds_an_outlet_does_not_wait_for_another(rig: Rig) -> None:
    async def opened(tx: Any, outlet_id: int) -> None:
        event: Event = new_event(order(), subject="any", outlet_id=outlet_id, version=1)
        await repository.open_tickets(tx, event)

    async with rig.db.transaction("kitchen") as one:
        await opened(one, 1)
        async with rig.db.transaction("kitchen") as two:
            await opened(two, 2)
            with pytest.raises(asyncpg.LockNotAvailableError):
                await opened(two, 1)
    assert len((await rig.board("tandoor"))[1]) == 1


async def test_a_known_hash_spares_the_tickets(rig: Rig) -> None:
    await rig.handle(order())
    row, _ = await rig.board("tandoor")
    known = await repository.board(rig.db, OUTLET, "tandoor", row.hash)
    assert known is not None
    assert (known.tickets, known.sequence) == (None, 1)


async def test_the_menu_names_the_boards(rig: Rig) -> None:
    await rig.handle(order())
    menu = new_event(MenuRepublished(menu_version=2), subject="outlet:1", outlet_id=OUTLET, version=1)
    stations = [{"code": "tandoor", "name": "The Tandoor"}, {"code": "chinese", "name": "Chinese"}]
    menu = msgspec.structs.replace(
        menu, data=msgspec.Raw(msgspec.json.encode({"menu_version": 2, "stations": stations}))
    )
    async with rig.db.transaction("kitchen") as tx:
        await ROOM.handlers[MenuRepublished](rig.ctx, tx, menu, decode(menu))
    found = [(s.code, s.name, s.open_tickets) for s in await repository.stations(rig.db, OUTLET)]
    assert found == [("chinese", "Chinese", 0), ("curry", "Curry", 1), ("tandoor", "The Tandoor", 1)]


async def test_the_tables_know_the_same_states_as_the_rules(rig: Rig) -> None:
    await rig.handle(order())
    for table in ("ticket", "ticket_item"):
        text = await rig.db.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", f"{table}_state"
        )
        assert {part for part in text.split("'") if part.isalpha() and part != "text"} == set(STATES)


async def test_old_actions_and_bills_are_forgotten(rig: Rig) -> None:
    placed = order()
    await rig.handle(placed)
    await rig.handle(bill(placed, "paid"), at=AT - timedelta(days=300))
    _, [one] = await rig.board("tandoor")
    await rig.act("start", ticket_id=one.id)
    await repository.prune(rig.db)
    assert await rig.db.fetchval("SELECT count(*) FROM kitchen.bill") == 0
    assert await rig.db.fetchval("SELECT count(*) FROM kitchen.action") == 1


async def test_a_batch_in_one_statement_does_what_the_handlers_do(rig: Rig) -> None:
    """Confirmed, not yet confirmed, and one that comes twice, with its inbox; a second time nothing happens."""
    confirmed, waiting, later = (
        order(OrderPlaced),
        order(OrderPlaced, status="awaiting_payment"),
        order(OrderConfirmed),
    )
    events = [
        new_event(each, subject=str(each.order_id), outlet_id=OUTLET, version=1)
        for each in (confirmed, waiting, later)
    ]
    assert ROOM.batch_handler is not None
    contracts, work = ROOM.batch_handler
    assert all(ROOM.handlers[each] is handlers.on_order for each in contracts)
    for _ in range(2):
        await work(rig.ctx, [*events, events[0]])
        log = await rig.log()
        assert [data.ticket.order_id for _, _, data in log] == [confirmed.order_id] * 2 + [later.order_id] * 2
    seen = await rig.db.fetch("SELECT event_id FROM kitchen.inbox WHERE log = 'orders'")
    assert {row["event_id"] for row in seen} == {each.id for each in events}
    rows = await rig.db.fetch("SELECT causation_id, correlation_id FROM kitchen.outbox ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (str(each.id), each.correlationid) for each in (events[0], events[0], events[2], events[2])
    ]
    await check(rig)


async def test_a_batch_of_several_outlets_numbers_each_board_by_itself(rig: Rig) -> None:
    """Also where part of the batch was handled before a crash."""
    assert ROOM.batch_handler is not None
    _, work = ROOM.batch_handler
    outlets = [1, 2, 1, 1, 2, 1]
    placed = [
        order(
            OrderPlaced,
            line("Naan", "tandoor"),
            line("Kulfi", "desserts", course=3),
            line("Dal", "curry"),
            line("Roti", "tandoor", course=2),
            held_courses=[2],
        )
        for _ in outlets
    ]
    events = [
        new_event(each, subject=str(each.order_id), outlet_id=outlet, version=1)
        for each, outlet in zip(placed, outlets, strict=True)
    ]
    await work(rig.ctx, events[1:3])
    await work(rig.ctx, events)
    expected = {1: [2, 0, 3, 5], 2: [1, 4]}  # in the order of handling
    for outlet, orders in expected.items():
        for station, courses in (("tandoor", [1, 2]), ("curry", [1]), ("desserts", [3])):
            row, tickets = await rig.board(station, outlet)
            opened = [(placed[n].order_id, course) for n in orders for course in courses]
            assert [(t.order_id, t.course) for t in sorted(tickets, key=lambda t: t.number)] == opened
            assert sorted(t.number for t in tickets) == list(range(1, len(opened) + 1))
            assert row.sequence == len(opened)
            assert {t.state for t in tickets if t.course == 2} <= {"held"}
            assert all(len(t.other_stations) == (1 if t.course == 1 else 0) for t in tickets)
    subjects = [subject for subject, _, _ in await rig.log()]
    assert {subject: subjects.count(subject) for subject in subjects} == {
        f"{outlet}:{station}": count * (2 if station == "tandoor" else 1)
        for outlet, count in ((1, 4), (2, 2))
        for station in ("tandoor", "curry", "desserts")
    }
    await check(rig)


async def test_where_the_one_statement_fails_the_handlers_go_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise asyncpg.LockNotAvailableError("another is at the board")

    assert ROOM.batch_handler is not None
    inbox = Inbox(rig.ctx, dataclasses.replace(ROOM, batch_handler=(ROOM.batch_handler[0], broken)), "orders")
    event = new_event(placed := order(OrderPlaced), subject="any", outlet_id=OUTLET, version=1)
    await inbox.handle([LogEntry(1, event)])
    assert [data.ticket.order_id for _, _, data in await rig.log()] == [placed.order_id] * 2


async def test_what_is_ready_is_oldest_first_recall_newest_first_and_voided_tickets_count_as_done(
    rig: Rig,
) -> None:
    placed = [
        order(OrderPlaced, line("Naan", "tandoor"), placed_at=AT + timedelta(minutes=n)) for n in range(4)
    ]
    for each in placed:
        await rig.handle(each)
    first, second, third, fourth = (await rig.board("tandoor"))[1]
    for ticket in (second, first):
        await rig.act("bump", ticket_id=ticket.id)
    await rig.handle(again(OrderCancelled, placed[2], status="cancelled"))
    assert [ticket.id for ticket in await repository.ready(rig.db, OUTLET, None, 9)] == [first.id, second.id]
    recent = await repository.recent(rig.db, OUTLET, "tandoor", None, 9)
    assert [ticket.id for ticket in recent] == [first.id, second.id]
    assert [ticket.id for ticket in (await rig.board("tandoor"))[1]] == [third.id, fourth.id]
    (station,) = await repository.stations(rig.db, OUTLET)
    assert (station.open_tickets, station.oldest_at) == (1, AT + timedelta(minutes=3))
